#!/usr/bin/env python3
"""Golden vectors of the frozen leaf format (ledger.md §1), made with hashlib and hmac alone.

Prints them; with --check FILE, compares them with FILE and fails on any difference.
One vector a line: kind, inputs, result. Byte strings are hex, "-" when empty.
"""
import hashlib
import hmac
import struct
import sys

CLASSES = (1, 2, 3, 4, 5)
STEPS = ("reserve", "answer", "terminal", "mirror", "settled")
ORIGINS = ("un.example/ch8/finance", "au.example/ch8/finance")
PAYLOADS = (b"", b"one payload", bytes(range(256)), b"\x00" * 300)


def sha256(data):
    return hashlib.sha256(data).digest()


def pattern(seed, size):
    return bytes((seed * 31 + i * 7) & 0xFF for i in range(size))


def leaf_bytes(entry_class, tag, commit):
    return b"C8L1" + struct.pack(">H", entry_class) + tag + commit


def tree_root(hashes):
    if not hashes:
        return sha256(b"")
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while 2 * split < len(hashes):
        split *= 2
    return sha256(b"\x01" + tree_root(hashes[:split]) + tree_root(hashes[split:]))


def show(field):
    return field.hex() or "-" if isinstance(field, bytes) else str(field)


def vectors():
    for origin in ORIGINS:
        for genesis in PAYLOADS[:3]:
            yield "log_id", origin, genesis, sha256(origin.encode() + b"\n" + genesis)
    for row in (0, 1, 255, 256, 65536, 2**32 - 1):
        salt = pattern(1, 32)
        yield "salt", salt, row, sha256(salt + struct.pack(">I", row))
    for seed, payload in enumerate(PAYLOADS):
        log_id, salt = pattern(seed + 2, 32), pattern(seed + 9, 32)
        commit = sha256(b"ch8-payload/v1\n" + log_id + salt + payload)
        yield "commit", log_id, salt, payload, commit
    for entry_class in CLASSES:
        for tag in (bytes(16), pattern(entry_class, 16)):
            commit = pattern(entry_class + 20, 32)
            leaf = leaf_bytes(entry_class, tag, commit)
            yield "leaf", entry_class, tag, commit, leaf, sha256(b"\x00" + leaf)
    for raw in (b"", b"L123456"):
        yield "raw", raw, sha256(b"\x00" + raw)
    for giver, here in (ORIGINS, ORIGINS[::-1], (ORIGINS[0], ORIGINS[0])):
        for step in STEPS:
            key = pattern(40, 16)
            message = f"{giver}\n{here}\n{step}".encode()
            yield "tag", key, giver, here, step, hmac.new(key, message, "sha256").digest()[:16]
    for size in (*range(20), 31, 32, 33, 100, 257):
        leaves = [sha256(b"\x00" + b"%d" % i) for i in range(size)]
        yield "root", size, tree_root(leaves)


def main():
    text = "".join(" ".join(map(show, vector)) + "\n" for vector in vectors())
    if sys.argv[1:2] == ["--check"]:
        with open(sys.argv[2], encoding="utf-8") as file:
            if file.read() != text:
                sys.exit(f"{sys.argv[2]} differs from what {sys.argv[0]} computes")
    else:
        sys.stdout.write(text)


if __name__ == "__main__":
    main()
