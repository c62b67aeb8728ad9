#!/usr/bin/env python3
"""Recomputes the golden log with hashlib and struct alone, from the text of the format.

Writes golden_log.txt: what a log of one genesis and one commit of 599 entries stores and hashes to.
The C++ test builds the same log through the ledger and compares.
"""
import hashlib
import pathlib
import struct


def sha256(data):
    return hashlib.sha256(data).digest()


ORIGIN = b"un.example/ch8/finance"
GENESIS = b"genesis of the golden log"
LOG_ID = sha256(ORIGIN + b"\n" + GENESIS)
COUNT = 600


def entry(i):
    """(class, tag, request salt, row, payload) of entry i."""
    if i == 0:
        return 1, bytes(16), b"\x11" * 32, 0, GENESIS
    request, row = divmod(i - 1, 3)
    kind = [2, 3, 4, 5, 1][i % 5]
    tag = sha256(b"golden tag %d" % i)[:16] if kind == 3 else bytes(16)
    size = 30_000 if i % 97 == 0 else i % 50
    payload = b"golden entry %d " % i + b"x" * size
    return kind, tag, sha256(b"golden salt %d" % request), row, payload


def leaf(i):
    kind, tag, request_salt, row, payload = entry(i)
    salt = sha256(request_salt + struct.pack(">I", row))
    commit = sha256(b"ch8-payload/v1\n" + LOG_ID + salt + payload)
    return b"C8L1" + struct.pack(">H", kind) + tag + commit


def root(hashes):
    """RFC 6962 section 2.1, as it is written there."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return sha256(b"\x01" + root(hashes[:split]) + root(hashes[split:]))


def chunks(begin, end):
    """Packs entries begin..end-1 as one commit."""
    out, first, salts, body, count = [], begin, [], b"", 0

    def flush():
        head = b"C8K1" + struct.pack(">QBB", first, count, len(salts))
        out.append(head + b"".join(salts) + body)

    for i in range(begin, end):
        kind, tag, request_salt, row, payload = entry(i)
        tagged = tag != bytes(16)
        size = 9 + (16 if tagged else 0) + len(payload)
        new_salt = not salts or salts[-1] != request_salt
        total = 14 + 32 * len(salts) + (32 if new_salt else 0) + len(body) + size
        if count and (count == 64 or total > 65536):
            flush()
            first, salts, body, count = i, [], b"", 0
        if not salts or salts[-1] != request_salt:
            salts.append(request_salt)
        slot = (len(salts) - 1) | (0x80 if tagged else 0)
        body += struct.pack(">BHI", slot, kind, row) + (tag if tagged else b"")
        body += struct.pack(">H", len(payload)) + payload
        count += 1
    flush()
    return out


def main():
    hashes = [sha256(b"\x00" + leaf(i)) for i in range(COUNT)]
    stored = chunks(0, 1) + chunks(1, COUNT)
    lines = ["log_id %s" % LOG_ID.hex(), "leaf_3 %s" % leaf(3).hex()]
    lines += ["root_%d %s" % (n, root(hashes[:n]).hex()) for n in (1, 2, 257, 511, 512, COUNT)]
    lines += ["chunk_0 %s" % stored[0].hex(), "chunk_1 %s" % stored[1].hex()]
    lines += ["chunk_count %d" % len(stored), "chunks_sha256 %s" % sha256(b"".join(stored)).hex()]
    path = pathlib.Path(__file__).with_name("golden_log.txt")
    path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
