#!/usr/bin/env python3
"""Checks a balance proof, as `ch8 account prove` writes it, with hashlib alone.

All but the signature under the head, which openssl checks as VERIFY.md of an export says.
Prints ledger, scope, unit, entries, gross debits and credits, and size and root of the head.
"""
import base64
import hashlib
import json
import struct
import sys


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def raw(text):
    return base64.b64decode(text, validate=True)


def root_of(leaf, index, size, path):
    """RFC 9162, section 2.1.3.2."""
    node, last = leaf, size - 1
    assert 0 <= index < size
    for sibling in path:
        assert last > 0, "a path that is too long"
        if index & 1 or index == last:
            node = sha(b"\1", sibling, node)
            while not index & 1:
                index, last = index >> 1, last >> 1
        else:
            node = sha(b"\1", node, sibling)
        index, last = index >> 1, last >> 1
    assert last == 0, "a path that is too short"
    return node


def fields(message):
    """The fields of a protobuf message: numbers and bytes, by number."""
    found, at = {}, 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        key = varint()
        value = varint()
        if key & 7 == 2:
            value, at = message[at:at + value], at + value
        found[key >> 3] = value
    return found


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        proof = json.load(file)
    origin, size, root = proof["inclusion"]["checkpoint"]["note"].split("\n")[:3]
    assert origin == proof["origin"]

    payload = raw(proof["seal"]["payload"])
    commitment = sha(b"ch8-payload/v1\n", raw(proof["log_id"]), raw(proof["seal"]["salt"]), payload)
    leaf = sha(b"\0", b"C8L1", struct.pack(">H", 5), bytes(16), commitment)
    path = [raw(each) for each in proof["inclusion"]["hashes"]]
    index = int(proof["inclusion"]["index"])
    assert root_of(leaf, index, int(size), path) == raw(root), "the seal is not under the head"

    seal = fields(fields(payload)[11])
    assert seal[1] < index, "a seal of what came after it"
    proven, row = proof["row"], proof["row"]["row"]
    text = [struct.pack(">H", len(each.encode())) + each.encode()
            for each in (row["scope"], row["unit"])]
    leaf = sha(b"\0", b"C8S1", raw(proven["salt"]), *text,
               struct.pack(">Q", int(row["entries"])),
               int(row["gross_debits"]).to_bytes(16, "big"),
               int(row["gross_credits"]).to_bytes(16, "big"), raw(row["last_leaf_hash"]))
    path = [raw(each) for each in proven["hashes"]]
    row_root = root_of(leaf, int(proven["index"]), seal[3], path)
    assert row_root == seal[2], "the row is not under the seal"
    print(origin, row["scope"], row["unit"] or "-", row["entries"], row["gross_debits"],
          row["gross_credits"], size, root)


if __name__ == "__main__":
    main()
