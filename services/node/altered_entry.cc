#include "services/node/altered_entry.h"

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "chapter8/ledger/v1/answer.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/kernel/addresses.h"
#include "services/kernel/entry_form.h"
#include "services/kernel/rows.h"
#include "storage/base/status_macros.h"

namespace ch8::node {
namespace {

// A leaf hash that is kept beside the log.
struct KeptLeaf {
  Hash hash;
  std::string where;  // "row addressed/au.example/…"
};

using KeptLeaves = std::map<uint64_t, KeptLeaf>;

absl::StatusOr<KeptLeaves> LeavesKept(const Ledger& ledger, const Difference& difference) {
  KeptLeaves kept;
  const auto keep = [&](uint64_t index, const Hash& hash, std::string where) {
    if (index < difference.begin || index >= difference.end) return;
    kept.emplace(index, KeptLeaf{.hash = hash, .where = std::move(where)});
  };
  const std::unique_ptr<Snapshot> snapshot = ledger.TakeSnapshot();
  const kernel::SnapshotRows rows(*snapshot);
  rows.Scan(Table::kRows, "addressed/", "", [&](absl::string_view key, absl::string_view value) {
    const auto addressed = kernel::ParseAddressed(value);
    if (addressed.has_value()) {
      keep(addressed->index, addressed->leaf_hash, absl::StrCat("row ", absl::CEscape(key)));
    }
    return true;
  });
  rows.Scan(Table::kAnswers, "a/", "", [&](absl::string_view key, absl::string_view value) {
    chapter8::ledger::v1::Answer answer;
    if (!answer.ParseFromArray(value.data(), static_cast<int>(value.size()))) return true;
    const absl::StatusOr<Hash> hash = Hash::FromBytes(answer.receipt().leaf_hash());
    if (hash.ok()) {
      keep(answer.receipt().index(), *hash, absl::StrCat("answer ", absl::CEscape(key)));
    }
    return true;
  });
  RETURN_IF_ERROR(rows.status());
  return kept;
}

// What an entry of this log cannot be; empty when nothing is wrong with it.
std::string FormError(const ch8::Entry& stored) {
  const int size = static_cast<int>(stored.payload.size());
  if (IsBulkRow(stored)) {
    chapter8::books::v1::TransferRow row;
    return row.ParseFromArray(stored.payload.data(), size) ? "" : "it does not parse";
  }
  chapter8::ledger::v1::Entry entry;
  if (!entry.ParseFromArray(stored.payload.data(), size)) return "it does not parse";
  if (entry.kind_case() == chapter8::ledger::v1::Entry::KIND_NOT_SET) return "it says nothing";
  if (kernel::ClassOf(entry) != stored.entry_class) return "it stands in another class";
  const bool opens = entry.has_request() || entry.has_genesis();
  if (opens != (stored.row == 0)) return "it has another's place in its request";
  return "";
}

}  // namespace

absl::StatusOr<Difference> NarrowToEntry(const Ledger& ledger, const Difference& difference) {
  ASSIGN_OR_RETURN(const KeptLeaves kept, LeavesKept(ledger, difference));
  Difference narrowed = difference;
  narrowed.end = difference.begin;
  bool found = false;
  const auto is_altered = [&](uint64_t index, std::string what) {
    narrowed = {index, index + 1, absl::StrCat("altered: ", what)};
    found = true;
    return false;
  };
  uint64_t suspects = 0;
  const absl::Status read =
      ledger.ReadEntries(difference.begin, difference.end, [&](const ch8::Entry& stored) {
        const auto leaf = kept.find(stored.index);
        if (leaf != kept.end() && leaf->second.hash == EntryLeafHash(ledger.log_id(), stored)) {
          return true;
        }
        if (leaf != kept.end()) {
          return is_altered(stored.index, leaf->second.where + " has another leaf hash of it");
        }
        if (std::string error = FormError(stored); !error.empty()) {
          return is_altered(stored.index, std::move(error));
        }
        if (suspects++ == 0) narrowed.begin = stored.index;
        narrowed.end = stored.index + 1;
        return true;
      });
  if (!read.ok() || (!found && suspects == 0)) return difference;
  return narrowed;
}

}  // namespace ch8::node
