#include "clients/export/verify_text.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "clients/export/names.h"

namespace ch8::audit {
namespace {

constexpr char kWhole[] = R"(# How to check this export

It holds whole ledgers: every entry with its payload, the Merkle tree over them, and the signed
head.
)";

constexpr char kSample[] = R"(# How to check this sample

It discloses a part of these ledgers, as the organization says all that is of

> @DISCLOSED@

with what that needs to be understood: the request of each entry, all of a transfer that any entry
is of, the entries that opened the accounts that it moves, and each ledger's genesis. The leaves of
all entries, the Merkle tree over them and the signed head are here in any case.

You can check, with no program of ours: that the disclosed payloads are what the organization signed
(Python), at their places among all leaves under the signed head (Go, openssl), that no step of a
transfer is twice in the whole log (Python), and what the disclosed postings add up to (hledger).

`ch8-verify` also says of which accounts and partners all is here, by what the ledger's seals
(`seals/`) commit to; that these are honest is for whole ledgers to show.

You cannot check: that nothing else in the ledgers is of what was asked for; any balance, or that no
account fell below its floor; whether the officers were in office. Whole ledgers show that.
)";

constexpr char kTable[] = R"(
| folder | ledger | entries | disclosed |
|---|---|---|---|
)";

constexpr char kBody[] = R"(
What makes it proof comes from elsewhere: the keys, from an organization that you trust (`ch8 audit
trust`), and a head of these ledgers that *another* organization holds (`ch8 audit head`). `keys/`,
`policy.txt` and this file are conveniences; compare the keys before you rely on them.

    ch8-verify . --trust TRUST --head HEADS

checks everything below, and authority and books as far as whole ledgers allow. The rest needs none
of our programs. `$L` is a folder of the table, `$K` the key of its head. A log whose key was
changed has its former keys in `keys/` too, each with the size up to which it is believed.

    L=@FOLDER@ K=@KEY@

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
size = int(size)
sha = lambda *parts: hashlib.sha256(b"".join(parts)).digest()

def name(n):
    """000, 999, x001/000: as C2SP names tiles."""
    text = f"{n % 1000:03}"
    while n >= 1000:
        n //= 1000
        text = f"x{n % 1000:03}/{text}"
    return text

leaves, disclosed = [], {}
for begin in range(0, size, 256):
    width = min(256, size - begin)
    file = name(begin // 256) + (f".p/{width}" if width < 256 else "")
    bundle = (log / "tile/entries" / file).read_bytes()
    leaves += [bundle[at + 2:at + 56] for at in range(0, len(bundle), 56)]
    whole, part = log / "payloads" / file, log / "disclosed" / file
    magic, head = (b"ch8-payloads/v1\n", 18) if whole.exists() else (b"ch8-disclosed/v1\n", 8)
    if not whole.exists() and not part.exists():
        continue  # Nothing of this bundle is disclosed.
    bundle = (whole if whole.exists() else part).read_bytes()
    assert bundle.startswith(magic)
    at, index = len(magic), begin
    while at < len(bundle):
        if head == 8:
            index = int.from_bytes(bundle[at:at + 8], "big")
        else:
            assert bundle[at:at + 18] == leaves[index][4:22], "another class or tag"
        salt, length = bundle[at + head:at + head + 32], bundle[at + head + 32:at + head + 36]
        at += head + 36 + int.from_bytes(length, "big")
        disclosed[index] = (salt, bundle[at - int.from_bytes(length, "big"):at])
        index += 1

assert len(leaves) == size
log_id = sha(origin.encode(), b"\n", disclosed[0][1])
for index, (salt, payload) in disclosed.items():
    commitment = sha(b"ch8-payload/v1\n", log_id, salt, payload)
    assert leaves[index][22:] == commitment, f"entry {index} is another than its leaf's"
tags = [leaf[6:22] for leaf in leaves if any(leaf[6:22])]
assert len(tags) == len(set(tags)), "a step of a transfer is there twice"

def tree(hashes):
    """RFC 6962, section 2.1."""
    if len(hashes) == 1: return hashes[0]
    left = 1 << (len(hashes) - 1).bit_length() - 1
    return sha(b"\1", tree(hashes[:left]), tree(hashes[left:]))

leaf_hashes = [sha(b"\0", leaf) for leaf in leaves]
assert base64.b64encode(tree(leaf_hashes)).decode() == root, "another root than the signed one"
print(origin, size, "entries lead to", root, "and", len(disclosed), "of them are disclosed")
```

## Signature, tiles and leaves: Go's checksum database code

    VKEY=$(sed -n "s|^log \(@ORIGIN@+.*\)|\1|p" policy.txt | sed -n @NUMBER@p)
    GO111MODULE=off GOPATH=/usr/share/gocode go run check.go "$VKEY" $L

(with the Debian package golang-golang-x-mod-dev):

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

The journal is a view: that it is the log's, only `ch8-verify` says, which writes it anew. Of a
ledger that is not disclosed whole it holds the disclosed postings alone, and says so at its top:
its sums are no balances.
)";

}  // namespace

std::string VerifyText(const VerifyParts& parts) {
  std::string text = parts.exercise ? "**EXERCISE EXERCISE EXERCISE: not real money.**\n\n" : "";
  if (parts.disclosed.empty()) {
    text += kWhole;
  } else {
    text += absl::StrReplaceAll(kSample, {{"@DISCLOSED@", parts.disclosed}});
  }
  text += kTable;
  for (const VerifiableLedger& ledger : parts.ledgers) {
    absl::StrAppend(
        &text, "| `", FolderOf(ledger.origin), "` | ", ledger.origin, " | ", ledger.size, " | ",
        ledger.disclosed == ledger.size ? "all" : absl::StrCat(ledger.disclosed), " |\n");
  }
  // The commands are shown for the ledger that tells the most.
  const VerifiableLedger& example =
      *std::max_element(parts.ledgers.begin(), parts.ledgers.end(),
                        [](const auto& a, const auto& b) { return a.disclosed < b.disclosed; });
  return text + absl::StrReplaceAll(kBody, {{"@FOLDER@", FolderOf(example.origin)},
                                            {"@KEY@", example.key_path},
                                            {"@NUMBER@", absl::StrCat(example.key_number)},
                                            {"@ORIGIN@", example.origin}});
}

}  // namespace ch8::audit
