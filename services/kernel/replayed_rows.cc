#include "services/kernel/replayed_rows.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/kernel/entry_form.h"
#include "services/kernel/rows.h"
#include "storage/base/status_macros.h"

namespace ch8::kernel {
namespace {

// No rows at all.
class NoRows final : public RowReader {
 public:
  std::optional<std::string> Get(Table, absl::string_view) const override { return std::nullopt; }
  void Scan(Table, absl::string_view, absl::string_view, const Visitor&) const override {}
  const absl::Status& status() const override { return status_; }

 private:
  absl::Status status_;
};

}  // namespace

absl::StatusOr<std::map<std::string, std::string>> StoredRows(const Ledger& ledger) {
  std::map<std::string, std::string> rows;
  RETURN_IF_ERROR(ledger.TakeSnapshot()->Scan(Table::kRows, "", "",
                                              [&](absl::string_view key, absl::string_view value) {
                                                rows.emplace(key, value);
                                                return true;
                                              }));
  return rows;
}

absl::StatusOr<std::map<std::string, std::string>> ReplayedRows(const Ledger& ledger,
                                                                const Machine& machine) {
  const NoRows nothing;
  Rows rows(nothing);
  RETURN_IF_ERROR(Replay(ledger, machine, rows));
  std::map<std::string, std::string> replayed;
  for (RowWrite& write : rows.TakeWrites()) {
    if (write.table == Table::kRows && write.value.has_value()) {
      replayed.emplace(std::move(write.key), *std::move(write.value));
    }
  }
  return replayed;
}

absl::StatusOr<RowComparison> CompareRows(const Ledger& ledger, const Machine& machine) {
  ASSIGN_OR_RETURN(const auto replayed, ReplayedRows(ledger, machine));
  RowComparison comparison;
  auto expected = replayed.begin();
  const auto differs = [&](absl::string_view key, absl::string_view how) {
    if (comparison.difference.has_value()) return;
    comparison.difference = absl::StrCat("row ", absl::CEscape(key), " ", how);
  };
  RETURN_IF_ERROR(ledger.TakeSnapshot()->Scan(
      Table::kRows, "", "", [&](absl::string_view key, absl::string_view value) {
        ++comparison.rows;
        if (expected == replayed.end() || key < expected->first) {
          differs(key, "is made up");
        } else if (key > expected->first) {
          differs(expected->first, "is missing");
        } else if (value != expected++->second) {
          differs(key, "differs");
        }
        return !comparison.difference.has_value();
      }));
  if (expected != replayed.end()) differs(expected->first, "is missing");
  return comparison;
}

}  // namespace ch8::kernel
