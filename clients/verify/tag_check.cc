#include "clients/verify/tag_check.h"

#include <algorithm>

#include "clients/verify/refusal.h"

namespace ch8::verify {

absl::Status TagCheck::Take(uint64_t index, const Leaf& leaf) {
  if (leaf.tag == Tag{}) return absl::OkStatus();
  if (leaf.entry_class != EntryClass::kTransfer) {
    return RefuseEntry(origin_, index, "has a tag and is no step of a transfer");
  }
  if (!steps_.emplace(leaf.tag, index).second) {
    return RefuseEntry(origin_, index, "this step of this transfer is in the log twice");
  }
  hidden_.insert(index);
  return absl::OkStatus();
}

void TagCheck::TakeDisclosed(const LogEntry& entry) {
  hidden_.erase(entry.index);
  if (entry.kind != LogEntry::Kind::kEntry) return;
  for (const auto* step : {&entry.entry.step(), &entry.entry.peer_step()}) {
    if (!step->transfer_id().empty()) {
      transfers_.emplace(step->giver_origin(), step->transfer_id());
    }
  }
}

absl::Status TagCheck::Finish() const {
  if (hidden_.empty()) return absl::OkStatus();
  for (const auto& [giver, transfer_id] : transfers_) {
    TransferId id{};
    if (transfer_id.size() != id.size()) continue;
    std::copy(transfer_id.begin(), transfer_id.end(), id.begin());
    for (const TransferStep step :
         {TransferStep::kReserve, TransferStep::kAnswer, TransferStep::kTerminal,
          TransferStep::kMirror, TransferStep::kSettled}) {
      const auto found = steps_.find(TransferTag(id, giver, origin_, step));
      if (found != steps_.end() && hidden_.contains(found->second)) {
        return RefuseEntry(origin_, found->second,
                           "is a step of a transfer that is disclosed, and is kept back");
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace ch8::verify
