#ifndef CH8_CLIENTS_CLI_CSV_H_
#define CH8_CLIENTS_CLI_CSV_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ch8::cli {

struct CsvRecord {
  size_t line = 0;  // Where it begins, from 1.
  std::vector<std::string> cells;
};

// Reads RFC 4180 text: quoted cells may hold commas, quotes and line ends; lines end in LF or CRLF;
// a byte order mark and empty lines are skipped.
//
// Errors: kInvalidArgument, naming the line: an open quote, or text after a closing one.
absl::StatusOr<std::vector<CsvRecord>> ParseCsv(absl::string_view text);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_CSV_H_
