#!/usr/bin/env python3
"""Checks that clang-format 14 would change nothing in our C++."""

import re
import subprocess

import sources


def check(root):
    paths = [str(path) for path in sources.files(root, ".h", ".cc")]
    if not paths:
        return
    command = ["clang-format-14", "--dry-run", "--Werror", "--style=file", *paths]
    result = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if result.returncode not in (0, 1):
        raise SystemExit(result.stderr)
    first = {}
    for path, line in re.findall(r"^(.+?):(\d+):\d+: error: ", result.stderr, re.MULTILINE):
        first.setdefault(path, line)
    for path, line in first.items():
        yield path, line, "not formatted; run: clang-format-14 -i " + path


if __name__ == "__main__":
    sources.run(check)
