#!/usr/bin/env python3
"""Shows that the checks can fail: plants one violation each in a small clean tree."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

CHECKS = Path(__file__).resolve().parent
ROOT = CHECKS.parents[1]

HEADER = """\
#ifndef CH8_{guard}_H_
#define CH8_{guard}_H_

{body}

#endif  // CH8_{guard}_H_
"""
PROTO = """\
syntax = "proto3";

package chapter8.finance.v1;

// A promise of money.
message Pledge {{
  // Output only. Format: funds/{{fund}}/pledges/{{pledge}}
  string name = 1;
{field}
}}
"""


def header(guard, body):
    return HEADER.format(guard=guard, body=body)


def long_function(lines):
    return "int Long() {\n" + "  // Counted.\n" * (lines - 3) + "  return 0;\n}\n"


# A small project in which every check passes.
CLEAN = {
    "CMakeLists.txt": "add_subdirectory(storage/base)\n",
    "storage/base/CMakeLists.txt": "ch8_library(base SRCS sum.cc)\nch8_test(t SRCS sum_test.cc)\n",
    "storage/base/sum.h": header("STORAGE_BASE_SUM", "int Sum(int a, int b);"),
    "storage/base/sum.cc": '#include "storage/base/sum.h"\n\n'
                           "int Sum(int a, int b) { return a + b; }  // throw nothing\n",
    "storage/base/sum_test.cc": '#include "storage/base/sum.h"\n\n#include <thread>\n\n'
                                '#include "gtest/gtest.h"\n#include "tests/support/data.h"\n',
    "services/finance/core/CMakeLists.txt": "ch8_library(finance_core SRCS fund.cc)\n",
    "services/finance/core/fund.cc": '#include "chapter8/finance/v1/fund.pb.h"\n'
                                     '#include "services/kernel/names.h"\n\n' + long_function(70),
    "proto/CMakeLists.txt": "ch8_proto_library(finance PROTOS chapter8/finance/v1/fund.proto)\n",
    "proto/chapter8/finance/v1/fund.proto": PROTO.format(field="  string donor = 2;  // Required."),
}

# Check, file, its new content, and what the check must say.
PLANTED = [
    ("format", "storage/base/sum.cc", "int   Sum( );\n", "not formatted"),
    ("tidy", "services/finance/core/fund.cc", long_function(71), "function of 71 lines"),
    ("tidy", "storage/base/sum.cc", "struct A {\n  " + long_function(71) + "};\n",
     "function of 71 lines"),
    ("tidy", "storage/base/sum.cc", "//\n" * 501, "501 lines"),
    ("tidy", "storage/base/sum_test.cc", "//\n" * 801, "801 lines"),
    ("tidy", "storage/base/sum.h", header("STORAGE_BASE_SUM", "//\n" * 250), "at most 250"),
    ("tidy", "storage/base/CMakeLists.txt", "# sum.cc\n" * 61, "at most 60"),
    ("tidy", "storage/base/sum.cc", "// " + "x" * 98 + "\n", "101 columns"),
    ("tidy", "storage/base/sum.h", header("SUM", "int Sum();"), "CH8_STORAGE_BASE_SUM_H_"),
    ("tidy", "storage/base/sum.cc", "using namespace std;\n", "using namespace"),
    ("tidy", "storage/base/sum.cc", "absl::Mutex mutex;\n", "std::mutex"),
    ("tidy", "storage/base/sum.cc", '#include "absl/synchronization/notification.h"\n',
     "std::mutex"),
    ("tidy", "storage/base/sum.cc", "auto v = std::views::all(x);\n", "std::views"),
    ("tidy", "storage/base/sum.cc", "void F() {\n  throw 1;\n}\n", "no exceptions"),
    ("tidy", "storage/base/sum.cc", "void F() {\n  try {\n  } catch (...) {\n  }\n}\n",
     "no exceptions"),
    ("tidy", "storage/base/sum.cc", "void F() { std::cout << 1; }\n", "does not print"),
    ("tidy", "storage/base/sum_test.cc", "void F() { absl::SleepFor(x); }\n", "does not sleep"),
    ("tidy", "services/finance/core/fund.cc", "double rate;\n", "no floating point"),
    ("tidy", "storage/base/sum.cc", "#define MAX(a) a\n", "no macros"),
    ("tidy", "storage/base/sum.cc", "// TODO: later\n", "unfinished"),
    ("tidy", "storage/base/sum.cc", '// See "/home/someone/notes".\n', "one machine"),
    ("tidy", "storage/base/other.cc", "int x;\n", "no CMakeLists.txt names"),
    ("tidy", "ops/script", "#!/usr/bin/env bash\necho\n", "set -euo pipefail"),
    ("layers", "services/finance/core/fund.cc", "#include <grpcpp/grpcpp.h>\n", "include grpc"),
    ("layers", "services/finance/core/fund.cc", '#include "rocksdb/db.h"\n', "include rocksdb"),
    ("layers", "services/finance/core/fund.cc", "#include <mutex>\n", "include threads"),
    ("layers", "services/finance/core/fund.cc", "#include <fstream>\n", "include files"),
    ("layers", "services/finance/core/fund.cc", "#include <chrono>\n", "include clocks"),
    ("layers", "services/finance/core/fund.cc", "#include <random>\n", "include randomness"),
    ("layers", "services/finance/core/fund.cc",
     '#include "chapter8/finance/v1/fund_service.grpc.pb.h"\n', "include grpc"),
    ("layers", "services/finance/core/fund.cc", '#include "services/logistics/core/depot.h"\n',
     "may not include services/logistics/core"),
    ("layers", "storage/base/sum.cc", '#include "storage/merkle/tree.h"\n',
     "may not include storage/merkle"),
    ("layers", "storage/base/sum.cc", '#include "tests/support/data.h"\n',
     "may not include test code"),
    ("layers", "storage/base/sum.cc", '#include "storage/cloud/x.h"\n', "in no component"),
    ("layers", "storage/base/sum.cc", '#include "sum.h"\n', "starts at the project's root"),
    ("layers", "storage/base/sum.cc", '#include "../base/sum.h"\n',
     "starts at the project's root"),
    ("layers", "storage/base/sum.cc", "#include HEADER\n", "names its file"),
    ("layers", "services/gambling/core/bet.cc", "int x;\n", "in no component"),
    ("layers", "ops/check/layers.json", """{"domains": [], "externals": {}, "components": [
      {"name": "a", "path": "storage/base", "includes": ["b"], "externals": []},
      {"name": "b", "path": "b", "includes": ["storage/base"], "externals": []}]}""", "cycle"),
    ("proto", "proto/chapter8/finance/v1/fund.proto", PROTO.format(field="  string donor = 2;"),
     "donor needs a comment"),
    ("proto", "proto/chapter8/finance/v1/fund.proto",
     PROTO.format(field="  string Donor = 2;  // Required."), "lower_snake_case"),
    ("proto", "proto/chapter8/finance/v1/fund.proto",
     PROTO.format(field="").replace("// A promise of money.", ""), "non-empty comment"),
    ("proto", "proto/chapter8/finance/v1/fund.proto",
     PROTO.format(field="  double rate = 2;  // Required."), "no floating point"),
    ("proto", "proto/chapter8/finance/v1/fund.proto",
     PROTO.format(field="  map<string, string> by_name = 2;  // All of them.").replace(
         "message Pledge", "message PledgeEvent"), "an event has no map"),
]


def run_check(check, root):
    command = [sys.executable, CHECKS / f"{check}.py", "--root", root]
    return subprocess.run(command, capture_output=True, text=True)


def write(root, path, content):
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(content, encoding="utf-8")


def new_tree(folder):
    for path, content in CLEAN.items():
        write(folder, path, content)
    shutil.copy(ROOT / ".clang-format", folder)
    shutil.copy(ROOT / "proto/buf.yaml", folder / "proto")


def failures():
    with tempfile.TemporaryDirectory() as name:
        new_tree(Path(name))
        for check in ("format", "tidy", "layers", "proto"):
            result = run_check(check, name)
            if result.returncode != 0:
                yield f"{check} fails on the clean tree: {result.stdout}{result.stderr}"
    for check, path, content, want in PLANTED:
        with tempfile.TemporaryDirectory() as name:
            new_tree(Path(name))
            write(Path(name), path, content)
            result = run_check(check, name)
            if result.returncode != 1 or want not in result.stdout:
                yield f"{check} misses {want!r} in {path}: {result.stdout}{result.stderr}"


if __name__ == "__main__":
    found = list(failures())
    print("\n".join(found), end="\n" if found else "")
    sys.exit(1 if found else 0)
