#ifndef CH8_CLIENTS_VERIFY_JOURNAL_CHECK_H_
#define CH8_CLIENTS_VERIFY_JOURNAL_CHECK_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "clients/verify/coverage.h"
#include "clients/verify/log_entry.h"

namespace ch8::verify {

// Writes a ledger's journal once more, from the format in clients/export/README.md, and compares it
// with the one in the export, entry by entry.
//
// Thread safety: none.
class JournalCheck {
 public:
  struct File {
    std::string name;  // "finance/journal.hledger"
    std::string content;
    std::string origin;
    uint64_t size = 0;
    Coverage coverage = Coverage::kComplete;
  };
  explicit JournalCheck(File file) : file_(std::move(file)) {}

  // The next entry, which the books have found good. Errors: a refusal naming file and entry.
  absl::Status Take(const LogEntry& entry);
  // After the last one. Errors: a refusal when the file goes on.
  absl::Status Finish() const;

 private:
  struct Move {
    uint32_t debit = 0;
    uint32_t credit = 0;
    uint64_t amount = 0;
    uint64_t hold = 0;
    uint64_t release = 0;
    std::string hold_id{};
  };

  std::string TextOf(const LogEntry& entry);
  std::string Top(const LogEntry& entry) const;
  std::string Opening(uint64_t index, const chapter8::books::v1::AccountOpened& opened);
  std::string Moving(uint64_t index, int position, const Move& move) const;
  Move MoveOf(const chapter8::books::v1::TransferRow& row);

  const File file_;
  size_t at_ = 0;  // How far the file is compared.
  int64_t time_us_ = 0;
  std::map<uint32_t, std::string> units_;      // Of accounts.
  std::set<std::string> declared_;             // Units.
  std::map<std::string, uint64_t> row_holds_;  // Open ones.
};

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_JOURNAL_CHECK_H_
