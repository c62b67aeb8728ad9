// ch8-fuzz TARGET [libFuzzer's options and folders]: gives a target inputs until one breaks its
// property. CH8_FUZZ_SECONDS says for how long, whatever the options say.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/fuzz/target.h"

namespace {

const ch8::fuzz::Target* target = nullptr;

[[noreturn]] void Usage() {
  std::fputs("ch8-fuzz TARGET [libFuzzer's options and folders], TARGET one of\n", stderr);
  for (const ch8::fuzz::Target& one : ch8::fuzz::Targets()) {
    std::fprintf(stderr, "  %s\n", one.name.c_str());
  }
  std::exit(2);
}

}  // namespace

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  const std::string name = *argc < 2 ? "" : (*argv)[1];
  for (const ch8::fuzz::Target& one : ch8::fuzz::Targets()) {
    if (one.name == name) target = &one;
  }
  if (target == nullptr) Usage();
  static std::string time_limit;
  static std::vector<char*> arguments(*argv, *argv + *argc);
  arguments.erase(arguments.begin() + 1);
  if (const char* seconds = std::getenv("CH8_FUZZ_SECONDS"); seconds != nullptr) {
    time_limit = absl::StrCat("-max_total_time=", seconds);
    arguments.push_back(time_limit.data());
  }
  *argc = static_cast<int>(arguments.size());
  arguments.push_back(nullptr);
  *argv = arguments.data();
  return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  target->run(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
