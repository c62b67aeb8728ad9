#include "services/kernel/restored_rows.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "chapter8/ledger/v1/answer.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/kernel/execute.h"
#include "services/kernel/replayed_rows.h"
#include "services/kernel/rows.h"
#include "storage/base/status_macros.h"

namespace ch8::kernel {
namespace {

// Of the newest request in the log.
absl::StatusOr<absl::Time> NewestTimeInLog(const Ledger& ledger) {
  absl::Time newest = absl::UnixEpoch();
  chapter8::ledger::v1::Entry entry;
  RETURN_IF_ERROR(ledger.ReadEntries(0, ledger.durable_size(), [&](const ch8::Entry& stored) {
    if (stored.row != 0) return true;
    if (entry.ParseFromArray(stored.payload.data(), static_cast<int>(stored.payload.size())) &&
        entry.has_request()) {
      newest = std::max(newest, absl::FromUnixMicros(entry.request().time_us()));
    }
    return true;
  }));
  return newest;
}

}  // namespace

absl::StatusOr<std::vector<RowWrite>> RestoredRows(const Ledger& ledger, const Machine& machine,
                                                   absl::Time time,
                                                   std::vector<RowWrite> remembered) {
  ASSIGN_OR_RETURN(auto replayed, ReplayedRows(ledger, machine));
  ASSIGN_OR_RETURN(const absl::Time newest, NewestTimeInLog(ledger));
  time = std::max(time, newest);
  const std::unique_ptr<Snapshot> nothing = ledger.TakeSnapshot();
  const SnapshotRows base(*nothing);
  Rows rows(base);
  KeepTime(time, rows);
  for (auto& [key, value] : replayed) rows.Put(Table::kRows, key, std::move(value));
  for (RowWrite& row : remembered) {
    if (!row.value.has_value()) continue;
    if (row.table == Table::kAnswers) {
      chapter8::ledger::v1::Answer answer;
      if (!answer.ParseFromString(*row.value)) {
        return absl::DataLossError(absl::StrCat("the answer ", row.key, " does not parse"));
      }
      if (absl::FromUnixMicros(answer.not_after_us()) < time) continue;
      rows.Put(Table::kAnswers, ForgetKey(answer.not_after_us(), row.key), "");
    }
    rows.Put(row.table, row.key, *std::move(row.value));
  }
  return rows.TakeWrites();
}

}  // namespace ch8::kernel
