#ifndef CH8_CLIENTS_EXPORT_JOURNAL_H_
#define CH8_CLIENTS_EXPORT_JOURNAL_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/books/v1/posting.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"

namespace ch8::audit {

// A ledger's postings as a journal that hledger reads. Accounts are named by unit and number,
// amounts are integers in the unit's minor unit, debits are positive; what is held or pending lies
// in accounts of its own below. README.md has the format, which the verifier writes anew from its
// own reading of the log and compares.
//
// Thread safety: none.
class Journal {
 public:
  // What stands at the top of it; that of a sample says that it is one.
  static std::string Heading(absl::string_view origin, uint64_t size);
  static std::string SampleHeading(absl::string_view origin, uint64_t size);
  // The line that heads everything an exercise node exports.
  static std::string ExerciseLine();

  // The next entry of the log, in order, or of those disclosed of it; a bare row is taken by
  // TakeRow(). Returns the text it adds. Errors: kDataLoss when a posting names an account that was
  // never opened.
  absl::StatusOr<std::string> Take(uint64_t index, const chapter8::ledger::v1::Entry& entry);
  // Errors: also when the row ends a hold that no row opened.
  absl::StatusOr<std::string> TakeRow(uint64_t index, const chapter8::books::v1::TransferRow& row);

 private:
  struct Move {
    uint32_t debit = 0;
    uint32_t credit = 0;
    uint64_t amount = 0;
    uint64_t hold = 0;
    uint64_t release = 0;
    std::string hold_id{};  // Hexadecimal; empty when the move holds and ends nothing.
  };

  std::string Open(uint64_t index, const chapter8::books::v1::AccountOpened& opened);
  absl::StatusOr<std::string> Post(const std::string& code, const Move& move);

  std::string date_ = "1970-01-01";
  std::set<std::string> units_;                // Declared.
  std::map<uint32_t, std::string> accounts_;   // Their units.
  std::map<std::string, uint64_t> row_holds_;  // Open ones, by id: how much.
};

}  // namespace ch8::audit

#endif  // CH8_CLIENTS_EXPORT_JOURNAL_H_
