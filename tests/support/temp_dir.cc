#include "tests/support/temp_dir.h"

#include <stdlib.h>

#include "storage/base/check.h"

namespace ch8::testing {

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "ch8-test-XXXXXX").string();
  Check(mkdtemp(pattern.data()) != nullptr, "cannot make a temporary folder");
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

}  // namespace ch8::testing
