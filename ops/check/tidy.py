#!/usr/bin/env python3
"""The house style as a check: sizes, names of guards, banned calls, files outside the build."""

import ast
import re
from dataclasses import dataclass
from pathlib import Path

import sources

COLUMNS_MAX = 100
FUNCTION_LINES_MAX = 70
CODE = (".h", ".cc", ".proto", ".cmake", "CMakeLists.txt", ".py", ".sh")
# Scripts without an ending are recognised by their first line.
SCRIPT_FOLDERS = ("ops", ".ci", ".githooks", "tests")
PROSE = (".md", ".json", ".txt")
TEXT = CODE + PROSE + (".yaml", ".supp")


@dataclass(frozen=True)
class Ban:
    """Code that may not appear. `allowed` and `only` are patterns of the paths it may be in, and of
    the paths that it is banned from (empty: all)."""

    pattern: str
    message: str
    allowed: tuple = ()
    only: tuple = ()
    tests: str = "too"  # "too": tests as well; "not": tests are free; "only": nothing but tests.


PURE = (r"services/[^/]+/core/", "services/kernel/", "services/books/", "storage/merkle/")
PROGRAMS = (r".*/main\.cc$", "clients/cli/", "clients/verify/", "clients/bench/", "tests/")

BANS = (
    Ban(r"\busing namespace\b", "no `using namespace`; name what you use"),
    Ban(r"\babsl::Mutex\b|\babsl::MutexLock\b|absl/synchronization/mutex\.h",
        "absl::Mutex blinds ThreadSanitizer here; use std::mutex"),
    Ban(r"\babsl::Notification\b|absl/synchronization/notification\.h",
        "absl::Notification blinds ThreadSanitizer here; use std::mutex and a condition variable"),
    Ban(r"\bstd::(ranges::)?views\b|\babsl::(optional|variant|any)\b",
        "std::views does not compile with clang-14; optional, variant and any are std's"),
    Ban(r"\b(throw|catch|try)\b(?!\s*\()|\bcatch\s*\(",
        "no exceptions; return absl::Status",
        allowed=PROGRAMS + ("clients/export/",), tests="not"),
    Ban(r"\bstd::cout\b|\bstd::cerr\b|\b(std::)?(printf|puts)\s*\(",
        "a library does not print; return a value or a status", allowed=PROGRAMS, tests="not"),
    Ban(r"\b(float|double)\b", "no floating point in pure code; use int64 minor units",
        only=PURE, tests="not"),
    Ban(r"\b(sleep_for|sleep_until|SleepFor|usleep|nanosleep)\s*\(|(?<![\w:.>])sleep\s*\(",
        "a test does not sleep; wait for the condition (tests/support)",
        allowed=("tests/support/",), tests="only"),
    Ban(r"^\s*#\s*define\s+(?!CH8_\w+_H_\s*$)\w+",
        "no macros but RETURN_IF_ERROR and ASSIGN_OR_RETURN",
        allowed=("storage/base/status_macros.h", "tests/support/")),
)
UNFINISHED = re.compile(r"\b(FIXME|XXX|HACK)\b|\bTODO\b(?!\([a-z][\w-]*, #?\d+\))")
MACHINE_PATH = re.compile(r"(?<![\w.}/-])/(work|home/[a-z][\w-]*)/\w")


def lines_max(path):
    """The most lines a file like `path` may have, or None."""
    if path.name == "CMakeLists.txt":
        return 60
    if path.suffix == ".h":
        return 250
    if path.suffix in (".cc", ".py"):
        return 800 if sources.is_test(path) else 500
    return None


def guard(path):
    return "CH8_" + re.sub(r"[^A-Z0-9]", "_", str(path).upper()) + "_"


CONTROL = re.compile(r"(if|for|while|switch|else|do|try|catch|return|namespace|extern)\b")
TYPE = re.compile(r"(template\b.*>\s*)?(typedef\s+)?(class|struct|union|enum|concept)\b", re.DOTALL)
LABEL = re.compile(r"\s*(public|private|protected)\s*:(?!:)\s*")


def opens_function(header):
    """Whether a `{` after `header` (all since the last ; { or }) begins a function's body."""
    if "(" not in header or CONTROL.match(header) or TYPE.match(header):
        return False
    return not re.search(r"[=,]\s*$", header) and not re.match(r"[^(]*[^=!<>]=[^=]", header)


def functions(code):
    """Yields (first line, last line) of each function in `code`, which has no comments."""
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", sources.blank, code, flags=re.MULTILINE)
    open_braces = []  # Of each: the first line of the function it opens, or None.
    start, parens = 0, 0
    for match in re.finditer(r"[(){};]", code):
        token, at = match.group(), match.start()
        if token in "()":
            parens += 1 if token == "(" else -1
            continue
        if token == "{":
            header = code[start:at]
            label = LABEL.match(header)
            begin = start + (label.end() if label else len(header) - len(header.lstrip()))
            inside = any(first for first, _ in open_braces)
            is_function = parens == 0 and not inside and opens_function(code[begin:at])
            open_braces.append((sources.line_of(code, begin) if is_function else None, parens))
            parens = 0
        elif token == "}" and open_braces:
            first, parens = open_braces.pop()
            if first:
                yield first, sources.line_of(code, at)
        start = at + 1


def check_size(path, text):
    limit, count = lines_max(path), text.count("\n")
    if limit and count > limit:
        yield limit + 1, f"{count} lines; at most {limit}: split it by subject"
    if path.suffix in PROSE and path.name != "CMakeLists.txt":
        return
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > COLUMNS_MAX and "://" not in line:
            yield number, f"{len(line)} columns; at most {COLUMNS_MAX}"


def check_functions(path, text, code):
    if path.suffix in (".h", ".cc"):
        spans = functions(code)
    elif path.suffix == ".py":
        tree = ast.walk(ast.parse(text))
        spans = [(n.lineno, n.end_lineno) for n in tree if isinstance(n, ast.FunctionDef)]
    else:
        return
    for first, last in spans:
        if last - first + 1 > FUNCTION_LINES_MAX:
            yield first, f"function of {last - first + 1} lines; at most {FUNCTION_LINES_MAX}"


def check_guard(path, text):
    if path.suffix != ".h":
        return
    want = guard(path)
    if f"#ifndef {want}\n#define {want}\n" not in text or f"#endif  // {want}\n" not in text:
        yield 1, f"want the include guard {want}"


def check_bans(path, text, code):
    if path.suffix not in (".h", ".cc"):
        return
    # Includes vanish from `code` when quoted, so they are looked at in the text.
    includes = "\n".join(line if "#include" in line else "" for line in text.split("\n"))
    for ban in BANS:
        test = sources.is_test(path)
        if ban.tests == "not" and test or ban.tests == "only" and not test:
            continue
        if any(re.match(prefix, str(path)) for prefix in ban.allowed):
            continue
        if ban.only and not any(re.match(prefix, str(path)) for prefix in ban.only):
            continue
        pattern = re.compile(ban.pattern, re.MULTILINE)
        for haystack in (code, includes):
            for match in pattern.finditer(haystack):
                at = match.start() + len(match.group()) - len(match.group().lstrip())
                yield sources.line_of(haystack, at), ban.message


def check_words(path, text):
    if path.parts[:2] == ("ops", "check"):
        return  # The checks name what they look for.
    for number, line in enumerate(text.splitlines(), 1):
        if path.suffix != ".md" and UNFINISHED.search(line):
            yield number, "unfinished; finish it or write TODO(name, issue)"
        if MACHINE_PATH.search(line):
            yield number, "a path of one machine; make it relative"


def check_built(root, path):
    """A source that no CMakeLists names is dead, and a test that is not built does not exist."""
    if path.suffix not in (".cc", ".proto"):
        return
    for folder in path.parents:
        listing = root / folder / "CMakeLists.txt"
        name = path.relative_to(folder).as_posix()
        if listing.exists() and re.search(rf"(?<![\w/.]){re.escape(name)}(?![\w.])",
                                          re.sub(r"#.*", "", listing.read_text())):
            return
    yield 1, "no CMakeLists.txt names this file, so nothing builds it"


def scripts(root):
    for path in sources.files(root, ""):
        if path.parts[0] in SCRIPT_FOLDERS and not path.suffix:
            with open(root / path, "rb") as file:
                if file.read(2) == b"#!":
                    yield path


def check_script(path, text):
    if "bash" in text.split("\n", 1)[0] and "\nset -euo pipefail\n" not in text:
        yield 1, "a script begins with: set -euo pipefail"


def check(root):
    for path in [*sources.files(root, *TEXT), *scripts(root)]:
        if path.name == "package-lock.json":
            continue
        text = (root / path).read_text(encoding="utf-8")
        code = sources.code_only(text) if path.suffix in (".h", ".cc") else text
        findings = [*check_size(path, text), *check_functions(path, text, code),
                    *check_guard(path, text), *check_bans(path, text, code),
                    *check_words(path, text), *check_built(root, path)]
        if not path.suffix:
            findings += check_script(path, text)
        for line, message in findings:
            yield path, line, message


if __name__ == "__main__":
    sources.run(check)
