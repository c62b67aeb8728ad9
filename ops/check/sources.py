"""What the checks share: which files are ours, C++ without comments and strings, and reporting."""

import argparse
import os
import re
import sys
from pathlib import Path

SKIPPED_DIRECTORIES = {".git", ".cache", "build", "node_modules", "__pycache__"}


def files(root, *endings):
    """Yields the files under `root` whose name ends in one of `endings`, sorted, relative to it."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(set(folders) - SKIPPED_DIRECTORIES)
        for name in sorted(names):
            path = Path(folder, name)
            if name.endswith(endings) and path.is_file():
                yield path.relative_to(root)


CPP_NOISE = re.compile(
    r"""//[^\n]*
      | /\*.*?\*/
      | R"(?P<mark>[^()\s]{0,16})\(.*?\)(?P=mark)"
      | "(?:[^"\\\n]|\\.)*"
      | (?<![0-9a-fA-F])'(?:[^'\\\n]|\\.)+'
    """,
    re.DOTALL | re.VERBOSE,
)


def blank(match):
    """The matched text as spaces, so that offsets and line numbers stay what they were."""
    return re.sub(r"[^\n]", " ", match.group())


def code_only(text):
    """C++ `text` with comments, strings and character literals blanked out."""
    return CPP_NOISE.sub(blank, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def is_test(path):
    """Whether `path` is test code: under tests/, or beside the code as *_test.cc, *_test_*.h or
    *_contract.*, a suite that several implementations of one interface pass."""
    named = re.search(r"_test(_\w+)?$|_contract$", path.stem)
    return path.parts[0] == "tests" or named is not None


def run(check):
    """Runs `check(root)`, which yields (path, line, message), and exits 1 if it yields anything."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    default = Path(__file__).resolve().parents[2]
    parser.add_argument("--root", type=Path, default=default, help="the project to check")
    findings = list(check(parser.parse_args().root))
    for path, line, message in findings:
        print(f"{path}:{line}: {message}")
    sys.exit(1 if findings else 0)
