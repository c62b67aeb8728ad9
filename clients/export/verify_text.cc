#include "clients/export/verify_text.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "clients/export/names.h"

namespace ch8::audit {
namespace {

constexpr char kBegin[] = R"(# How to check this export

It holds whole ledgers: every entry with its payload, the Merkle tree over them, and the signed
head.

| folder | ledger | entries |
|---|---|---|
)";

constexpr char kBody[] = R"(
What makes it proof comes from elsewhere: the keys, from an organization that you trust (`ch8 audit
trust`), and a head of these ledgers that *another* organization holds (`ch8 audit head`). `keys/`,
`policy.txt` and this file are conveniences; compare the keys before you rely on them.

    ch8-verify . --trust TRUST --head HEADS        checks everything below, and the books

The rest needs none of our programs. `$L` is a folder of the table, `$K` its key.

    L=@FOLDER@ K=keys/@KEY@.pem

## The files are whole: coreutils

    sha256sum --check --strict SHA256SUMS

## The head is signed: openssl

    sed '/^$/,$d' $L/checkpoint >/tmp/text
    sed -n 's/^— [^ ]* //p' $L/checkpoint | base64 -d | tail -c +5 >/tmp/signature
    openssl pkeyutl -verify -pubin -inkey $K -rawin -in /tmp/text -sigfile /tmp/signature

## The payloads lead to the signed root: Python

    python3 check.py $L

```python
import base64, hashlib, pathlib, sys

log = pathlib.Path(sys.argv[1])
origin, size, root = (log / "checkpoint").read_text().split("\n")[:3]
sha = lambda *parts: hashlib.sha256(b"".join(parts)).digest()

def name(n):
    """000, 999, x001/000: as C2SP names tiles."""
    text = f"{n % 1000:03}"
    while n >= 1000:
        n //= 1000
        text = f"x{n % 1000:03}/{text}"
    return text

leaves, log_id = [], None
for begin in range(0, int(size), 256):
    width = min(256, int(size) - begin)
    partial = f".p/{width}" if width < 256 else ""
    bundle = (log / "payloads" / (name(begin // 256) + partial)).read_bytes()
    assert bundle[:16] == b"ch8-payloads/v1\n"
    at = 16
    while at < len(bundle):
        head, salt = bundle[at:at + 18], bundle[at + 18:at + 50]
        length = int.from_bytes(bundle[at + 50:at + 54], "big")
        payload = bundle[at + 54:at + 54 + length]
        at += 54 + length
        log_id = log_id or sha(origin.encode(), b"\n", payload)
        leaves.append(sha(b"\0C8L1", head, sha(b"ch8-payload/v1\n", log_id, salt, payload)))
assert len(leaves) == int(size)

def tree(hashes):
    """RFC 6962, section 2.1."""
    if len(hashes) == 1: return hashes[0]
    left = 1 << (len(hashes) - 1).bit_length() - 1
    return sha(b"\1", tree(hashes[:left]), tree(hashes[left:]))

assert base64.b64encode(tree(leaves)).decode() == root, "another root than the signed one"
print(origin, size, "entries lead to", root)
```

## Signature, tiles and leaves: Go's checksum database code

    GO111MODULE=off GOPATH=/usr/share/gocode go run check.go "$VKEY" $L

with the `$VKEY` of `policy.txt` (and the Debian package golang-golang-x-mod-dev):

```go
package main

import (
	"fmt"
	"log"
	"os"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type dir string

func (d dir) read(t tlog.Tile, from, to string) []byte {
	name := strings.Replace(t.Path(), from, to, 1) // C2SP names no height.
	content, err := os.ReadFile(string(d) + "/" + name)
	check(err)
	return content
}
func (d dir) Height() int { return 8 }
func (d dir) ReadTiles(tiles []tlog.Tile) (contents [][]byte, err error) {
	for _, t := range tiles {
		contents = append(contents, d.read(t, "tile/8/", "tile/"))
	}
	return
}
func (d dir) SaveTiles([]tlog.Tile, [][]byte) {}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	verifier, err := note.NewVerifier(os.Args[1])
	check(err)
	d := dir(os.Args[2])
	message, err := os.ReadFile(string(d) + "/checkpoint")
	check(err)
	opened, err := note.Open(message, note.VerifierList(verifier))
	check(err)
	lines := strings.Split(opened.Text, "\n")
	var tree tlog.Tree
	_, err = fmt.Sscan(lines[1], &tree.N)
	check(err)
	tree.Hash, err = tlog.ParseHash(lines[2])
	check(err)
	tiles := tlog.TileHashReader(tree, d) // Checks the tiles against the root.
	index := int64(0)
	for n := int64(0); index < tree.N; n++ {
		t := tlog.Tile{H: 8, L: 0, N: n, W: 256}
		if tree.N-index < 256 {
			t.W = int(tree.N - index)
		}
		for leaves := d.read(t, "tile/8/0/", "tile/entries/"); len(leaves) > 0; index++ {
			length := 2 + int(leaves[0])<<8 + int(leaves[1])
			proof, err := tlog.ProveRecord(tree.N, index, tiles)
			check(err)
			check(tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(leaves[2:length])))
			leaves = leaves[length:]
		}
	}
	fmt.Println(lines[0], index, "leaves are under the signed root")
}
```

## The books balance: hledger

    hledger --file $L/journal.hledger check --strict ordereddates
    hledger --file $L/journal.hledger balance --flat

The journal is a view: that it is the log's, only `ch8-verify` says, which writes it anew.
)";

}  // namespace

std::string VerifyText(const std::vector<VerifiableLedger>& ledgers, const std::string& heading) {
  std::string text = absl::StrCat(heading, kBegin);
  for (const VerifiableLedger& ledger : ledgers) {
    absl::StrAppend(&text, "| `", FolderOf(ledger.origin), "` | ", ledger.origin, " | ",
                    ledger.size, " |\n");
  }
  const std::string& example = ledgers.back().origin;
  return text + absl::StrReplaceAll(
                    kBody, {{"@FOLDER@", FolderOf(example)}, {"@KEY@", FlatName(example)}});
}

}  // namespace ch8::audit
