#ifndef CH8_TESTS_SUPPORT_CSV_H_
#define CH8_TESTS_SUPPORT_CSV_H_

#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// Reads the real data that tests compare with.
namespace ch8::testing {

// Rows of a CSV file (RFC 4180, quoted fields with commas and line ends in them) by column name.
std::vector<std::map<std::string, std::string>> ReadCsv(absl::string_view text);

}  // namespace ch8::testing

#endif  // CH8_TESTS_SUPPORT_CSV_H_
