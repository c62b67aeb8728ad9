#include "tests/support/data.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "storage/base/check.h"

namespace ch8::testing {

std::string DataPath(const std::string& relative) {
  const char* data = std::getenv("CH8_DATA");
  const char* source = std::getenv("CH8_SOURCE_DIR");
  const std::filesystem::path root =
      data != nullptr ? std::filesystem::path(data)
                      : std::filesystem::path(source != nullptr ? source : ".") / "../shared/data";
  const std::string path = (root / relative).string();
  Check(std::filesystem::exists(path), absl::StrCat("test data is missing: ", path));
  return path;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  Check(file.good(), absl::StrCat("cannot read ", path));
  std::ostringstream content;
  content << file.rdbuf();
  return std::move(content).str();
}

}  // namespace ch8::testing
