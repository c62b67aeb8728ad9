#!/usr/bin/env python3
"""Golden vectors of the frozen rows of a seal (seal_row.h), made with hashlib alone.

Prints them; with --check FILE, compares them with FILE and fails on any difference.
One vector a line: kind, inputs, result. Byte strings are hex, "-" when empty.
"""
import struct
import sys

from leaf_vectors import pattern, sha256, show, tree_root

ROWS = (
    ("accounts/1", "USD", 3, 0, 100_000_000, pattern(3, 32)),
    ("accounts/2", "USD", 2, 100_000_000, 8_000_000, pattern(4, 32)),
    ("accounts/10", "TENT", 2**63, 2**63 - 1, 2**64 - 1, pattern(5, 32)),
    ("peers/au.example", "", 12, 0, 0, pattern(6, 32)),
    ("peers/au.example", "USD", 1, 8_000_000, 0, pattern(7, 32)),
    ("peers/ecowas.example", "USD", 2**64 - 1, 2**64, 2**128 - 1, bytes(32)),
)


def secret_of(request_salt):
    return sha256(request_salt + struct.pack(">I", 0x80000000))


def salt_of(secret, index):
    return sha256(secret + struct.pack(">I", index))


def text(value):
    return struct.pack(">H", len(value)) + value.encode()


def row_bytes(row, salt):
    scope, unit, entries, debits, credits, last = row
    return (b"C8S1" + salt + text(scope) + text(unit) + struct.pack(">Q", entries)
            + debits.to_bytes(16, "big") + credits.to_bytes(16, "big") + last)


def vectors():
    for seed in (1, 2):
        request_salt = pattern(seed, 32)
        secret = secret_of(request_salt)
        yield "secret", request_salt, secret
        for index in (0, 1, 255, 256, 65536, 2**32 - 1):
            yield "salt", secret, index, salt_of(secret, index)
    secret = secret_of(pattern(1, 32))
    hashes = []
    for index, row in enumerate(ROWS):
        leaf = row_bytes(row, salt_of(secret, index))
        hashes.append(sha256(b"\x00" + leaf))
        yield "row", index, *(row if row[1] else (row[0], "-", *row[2:])), leaf, hashes[-1]
        yield "root", index + 1, tree_root(hashes)


def main():
    lines = "".join(" ".join(map(show, vector)) + "\n" for vector in vectors())
    if sys.argv[1:2] == ["--check"]:
        with open(sys.argv[2], encoding="utf-8") as file:
            if file.read() != lines:
                sys.exit(f"{sys.argv[2]} differs from what {sys.argv[0]} computes")
    else:
        sys.stdout.write(lines)


if __name__ == "__main__":
    main()
