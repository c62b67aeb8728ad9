#include "clients/cli/csv.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

class CsvReader {
 public:
  explicit CsvReader(absl::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }

  absl::StatusOr<CsvRecord> ReadRecord() {
    CsvRecord record;
    record.line = line_;
    for (;;) {
      std::string cell;
      if (absl::ConsumePrefix(&rest_, "\"")) {
        ASSIGN_OR_RETURN(cell, ReadQuoted(record.line));
      } else {
        const size_t end = rest_.find_first_of(",\r\n");
        cell = std::string(rest_.substr(0, end));
        rest_.remove_prefix(cell.size());
      }
      record.cells.push_back(std::move(cell));
      if (absl::ConsumePrefix(&rest_, ",")) continue;
      if (!ConsumeLineEnd() && !rest_.empty()) {
        return absl::InvalidArgumentError(
            absl::StrCat("line ", line_, ": text after a closing quote"));
      }
      return record;
    }
  }

 private:
  bool ConsumeLineEnd() {
    const bool consumed = absl::ConsumePrefix(&rest_, "\r\n") ||
                          absl::ConsumePrefix(&rest_, "\n") || absl::ConsumePrefix(&rest_, "\r");
    if (consumed) ++line_;
    return consumed;
  }

  absl::StatusOr<std::string> ReadQuoted(size_t first_line) {
    std::string cell;
    while (!rest_.empty()) {
      if (absl::ConsumePrefix(&rest_, "\"\"")) {
        cell += '"';
      } else if (absl::ConsumePrefix(&rest_, "\"")) {
        return cell;
      } else {
        if (rest_[0] == '\n') ++line_;
        cell += rest_[0];
        rest_.remove_prefix(1);
      }
    }
    return absl::InvalidArgumentError(absl::StrCat("line ", first_line, ": a quote stays open"));
  }

  absl::string_view rest_;
  size_t line_ = 1;
};

}  // namespace

absl::StatusOr<std::vector<CsvRecord>> ParseCsv(absl::string_view text) {
  absl::ConsumePrefix(&text, "\xef\xbb\xbf");
  CsvReader reader(text);
  std::vector<CsvRecord> records;
  while (!reader.done()) {
    ASSIGN_OR_RETURN(CsvRecord record, reader.ReadRecord());
    const bool empty = record.cells.size() == 1 && record.cells[0].empty();
    if (!empty) records.push_back(std::move(record));
  }
  return records;
}

}  // namespace ch8::cli
