#!/usr/bin/env python3
"""Checks that every include follows layers.json: the architecture's allowed edges, as data."""

import fnmatch
import json
import re
from pathlib import Path

import sources

INCLUDE = re.compile(r"^[ \t]*#[ \t]*include(?:_next)?\b[ \t]*(.*?)[ \t]*$", re.MULTILINE)
LITERAL = re.compile(r'"([^"]+)"|<([^>]+)>')
TOP_FOLDERS = ("storage/", "services/", "clients/", "tests/", "ops/")
GENERATED = (".pb.h",)
FREE_FOR_TESTS = ("tests/support", "tests/contract")


class Layers:
    """The rules: which component a file belongs to, and what a component may include."""

    def __init__(self, data):
        self.externals = data["externals"]
        self.components = []  # (folder, includes, externals), {domain} written out, in order.
        for component in data["components"]:
            for domain in data["domains"] if "{domain}" in component["path"] else [""]:
                fill = lambda text, domain=domain: text.replace("{domain}", domain)
                self.components.append((fill(component["path"]),
                                        [fill(name) for name in component["includes"]],
                                        component["externals"]))

    def component(self, path):
        for component in self.components:
            if path.startswith(component[0] + "/"):
                return component
        return None

    def external(self, header):
        """The name of the group that `header` belongs to, or None."""
        for group, patterns in self.externals.items():
            for pattern in patterns:
                if header == pattern or pattern.endswith("/") and header.startswith(pattern):
                    return group
                if "*" in pattern and fnmatch.fnmatch(header, pattern):
                    return group
        return None

    def edges(self, component):
        """The folders that `component` may include, patterns written out."""
        folder, includes, _ = component
        return {other for other, _, _ in self.components
                for pattern in includes if other != folder and fnmatch.fnmatch(other, pattern)}

    def cycle(self):
        """A list of folders whose allowed edges form a cycle, or None."""
        graph = {component[0]: self.edges(component) for component in self.components}
        done, path = set(), []

        def visit(folder):
            if folder in path:
                return path[path.index(folder):] + [folder]
            if folder in done:
                return None
            path.append(folder)
            for other in sorted(graph[folder]):
                found = visit(other)
                if found:
                    return found
            done.add(path.pop())
            return None

        return next(filter(None, map(visit, graph)), None)


def problem(layers, component, path, header):
    """What is wrong with `path` (in `component`) including `header`, or None."""
    folder, _, externals = component
    test = sources.is_test(path)
    group = layers.external(header)
    if group:
        allowed = group in externals or "*" in externals
        allowed = allowed or test and group not in ("grpc", "rocksdb")
        return None if allowed else f"{folder} may not include {group} (<{header}>)"
    if header.endswith(GENERATED):
        target = ("proto", [], [])
    elif header.startswith(TOP_FOLDERS):
        target = layers.component(header)
        if target is None:
            return f"{header} is in no component of layers.json"
    else:
        return None
    if sources.is_test(Path(header)) and not test:
        return f"{folder} may not include test code ({header})"
    if target[0] == folder or target[0] in layers.edges(component):
        return None
    if test and header.startswith(FREE_FOR_TESTS):
        return None
    return f"{folder} may not include {target[0]} ({header})"


def check_file(root, layers, path):
    component = layers.component(str(path))
    if component is None:
        yield 1, f"folder {path.parent} is in no component of layers.json"
        return
    text = (root / path).read_text(encoding="utf-8")
    for match in INCLUDE.finditer(re.sub(r"/\*.*?\*/", sources.blank, text, flags=re.DOTALL)):
        line = sources.line_of(text, match.start(1))
        literal = LITERAL.match(match[1])
        if not literal:
            yield line, "an include names its file; no macros"
            continue
        header = literal[1] or literal[2]
        relative = literal[1] and (root / path.parent / header).exists()
        if relative or ".." in Path(header).parts or header.startswith("/"):
            yield line, "an include path starts at the project's root"
            continue
        finding = problem(layers, component, path, header)
        if finding:
            yield line, finding


def check(root):
    rules = Path(__file__).with_name("layers.json")
    if (root / "ops/check/layers.json").exists():
        rules = root / "ops/check/layers.json"
    layers = Layers(json.loads(rules.read_text(encoding="utf-8")))
    cycle = layers.cycle()
    if cycle:
        yield "ops/check/layers.json", 1, "the allowed includes form a cycle: " + " -> ".join(cycle)
    for path in sources.files(root, ".h", ".cc"):
        for line, message in check_file(root, layers, path):
            yield path, line, message


if __name__ == "__main__":
    sources.run(check)
