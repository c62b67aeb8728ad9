#!/usr/bin/env python3
"""Lints our protos: buf's STANDARD and comment rules, and the house's own.

buf counts only the comment above a field; a short field may have its comment behind it, so that
rule is here, with the ones on what is hashed and kept for ever: messages named ...Event, and all of
chapter8.books and chapter8.ledger.
"""

import platform
import re
import subprocess
from pathlib import Path

import sources

FIELD = re.compile(
    r"^\s*(?:optional\s+|repeated\s+)?(?:map<[^>]+>|[\w.]+)\s+(\w+)\s*=\s*\d+\s*[;\[]")
VALUE = re.compile(r"^\s*(\w+)\s*=\s*\d+\s*[;\[]")
FLOAT = re.compile(r"\b(float|double)\s+\w+\s*=")
EVENT_BANS = (
    (re.compile(r"\bmap\s*<"), "an event has no map: its bytes have no one order"),
    (re.compile(r"\bgoogle\.protobuf\.Any\b"), "an event has no Any: name the kinds"),
)


def buf_program():
    """buf from node_modules, which ops/setup --test fills."""
    machine = {"x86_64": "x64", "aarch64": "aarch64"}[platform.machine()]
    modules = Path(__file__).with_name("node_modules")
    program = modules / f"@bufbuild/buf-linux-{machine}/bin/buf"
    if not program.exists():
        raise SystemExit("buf is not installed; run: ops/setup --test")
    return program


def check_buf(root):
    command = [buf_program(), "lint", "--error-format=text", "."]
    result = subprocess.run(command, cwd=root / "proto", capture_output=True, text=True)
    for line in result.stdout.splitlines():
        match = re.match(r"(.+?):(\d+):\d+:(.*)", line)
        yield ("proto/" + match[1], match[2], match[3]) if match else ("proto", 1, line)
    if result.returncode != 0 and not result.stdout:
        yield "proto", 1, result.stderr.strip()


def check_comments(text):
    """Fields and enum values; not the arms of a oneof, whose messages say what they are."""
    above, in_oneof = "", False
    for number, line in enumerate(text.splitlines(), 1):
        in_oneof = re.match(r"\s*oneof\b", line) or in_oneof and "}" not in line
        named = FIELD.match(line) or VALUE.match(line)
        known = in_oneof or not named or named[1].endswith("_UNSPECIFIED")
        if not known and "//" not in line and not above.startswith("//"):
            yield number, f"{named[1]} needs a comment, above it or behind it"
        above = line.strip()


def check_types(path, text):
    """No floats anywhere; no map and no Any in what is hashed and kept for ever."""
    stored = path.parts[2] in ("books", "ledger")
    depth, event_depth = 0, None
    for number, line in enumerate(text.splitlines(), 1):
        code = line.split("//")[0]
        if event_depth is None and re.match(r"\s*message \w*Event\b", code):
            event_depth = depth
        if FLOAT.search(code):
            yield number, "no floating point; count minor units or parts per million"
        for pattern, message in EVENT_BANS:
            if (stored or event_depth is not None) and pattern.search(code):
                yield number, message
        depth += code.count("{") - code.count("}")
        if event_depth is not None and depth <= event_depth:
            event_depth = None


def check(root):
    yield from check_buf(root)
    for path in sources.files(root, ".proto"):
        if path.parts[:2] == ("proto", "chapter8"):
            text = (root / path).read_text(encoding="utf-8")
            for line, message in [*check_comments(text), *check_types(path, text)]:
                yield path, line, message


if __name__ == "__main__":
    sources.run(check)
