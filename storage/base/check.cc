#include "storage/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace ch8 {

void Check(bool condition, absl::string_view what, std::source_location where) {
  if (condition) [[likely]]
    return;
  Unreachable(what, where);
}

void Unreachable(absl::string_view what, std::source_location where) {
  std::fprintf(stderr, "%s:%u: check failed: %.*s\n", where.file_name(), where.line(),
               static_cast<int>(what.size()), what.data());
  std::abort();
}

}  // namespace ch8
