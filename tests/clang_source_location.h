// clang 14 lacks the builtin that libstdc++ 12 makes std::source_location of. With it, the header
// below defines nothing; included before everything else where clang is that old.
#ifndef CH8_TESTS_CLANG_SOURCE_LOCATION_H_
#define CH8_TESTS_CLANG_SOURCE_LOCATION_H_

#include <cstdint>

namespace std {

class source_location {
 public:
  static constexpr source_location current(const char* file = __builtin_FILE(),
                                           const char* function = __builtin_FUNCTION(),
                                           uint_least32_t line = __builtin_LINE()) {
    source_location here;
    here.file_ = file;
    here.function_ = function;
    here.line_ = line;
    return here;
  }
  constexpr const char* file_name() const { return file_; }
  constexpr const char* function_name() const { return function_; }
  constexpr uint_least32_t line() const { return line_; }

 private:
  const char* file_ = "";
  const char* function_ = "";
  uint_least32_t line_ = 0;
};

}  // namespace std

#endif  // CH8_TESTS_CLANG_SOURCE_LOCATION_H_
