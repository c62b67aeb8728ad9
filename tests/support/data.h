#ifndef CH8_TESTS_SUPPORT_DATA_H_
#define CH8_TESTS_SUPPORT_DATA_H_

#include <string>

namespace ch8::testing {

// The path of a file of the real data that tests read: `relative` under $CH8_DATA, or under
// ../shared/data beside the project. Aborts the test program when the file is missing, which CTest
// reports as a failure; `ops/test` decides before it starts whether data tests run at all.
std::string DataPath(const std::string& relative);

// The whole file at `path`. Aborts when it cannot be read.
std::string ReadFile(const std::string& path);

}  // namespace ch8::testing

#endif  // CH8_TESTS_SUPPORT_DATA_H_
