#ifndef CH8_TESTS_SUPPORT_TEMP_DIR_H_
#define CH8_TESTS_SUPPORT_TEMP_DIR_H_

#include <filesystem>
#include <string>

namespace ch8::testing {

// A fresh folder for one test, removed with everything in it when the object goes away.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace ch8::testing

#endif  // CH8_TESTS_SUPPORT_TEMP_DIR_H_
