#include "tests/fuzz/scratch.h"

#include <filesystem>
#include <fstream>

#include "storage/base/check.h"
#include "tests/support/temp_dir.h"

namespace ch8::fuzz {

const std::string& ScratchFolder() {
  static const testing::TempDir folder;
  static const std::string path = folder.path();
  return path;
}

void ScratchFile(const std::string& name, absl::string_view content) {
  const std::filesystem::path path = std::filesystem::path(ScratchFolder()) / name;
  std::filesystem::create_directories(path.parent_path());
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(content.data(), static_cast<std::streamsize>(content.size()));
  file.close();
  Check(file.good(), "the scratch file is written");
}

}  // namespace ch8::fuzz
