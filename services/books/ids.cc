#include "services/books/ids.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "storage/base/bytes.h"
#include "storage/base/check.h"
#include "storage/base/radix_sort.h"
#include "storage/base/status_macros.h"

namespace ch8::books {
namespace {

// Below this a table grows as it likes; above it, it takes its final size at once, because growing
// by steps would stall the sequencer.
constexpr size_t kSmallTable = 4096;

}  // namespace

absl::StatusOr<std::vector<std::optional<uint64_t>>> LedgerIds::Find(
    absl::Span<const Id> ids) const {
  std::vector<std::string> keys;
  keys.reserve(ids.size());
  for (const Id& id : ids) keys.push_back(id.ToBytes());
  ASSIGN_OR_RETURN(const auto values, ledger_.FindIds(keys));
  std::vector<std::optional<uint64_t>> found(ids.size());
  for (size_t i = 0; i < values.size(); ++i) {
    if (!values[i].has_value()) continue;
    ByteReader reader(*values[i]);
    found[i] = reader.ReadU64();
    if (!reader.done()) return absl::DataLossError("an id run holds a malformed log index");
  }
  return found;
}

absl::StatusOr<std::vector<std::optional<uint64_t>>> NoOlderIds::Find(
    absl::Span<const Id> ids) const {
  return std::vector<std::optional<uint64_t>>(ids.size());
}

IndexRun SortedRun(const SealedIds& sealed) {
  std::vector<std::pair<Id, uint64_t>> order(sealed.index_of.begin(), sealed.index_of.end());
  std::vector<std::pair<Id, uint64_t>> scratch;
  RadixSort(order, scratch, [](const auto& row) { return row.first.low; });
  RadixSort(order, scratch, [](const auto& row) { return row.first.high; });
  constexpr size_t kRowBytes = sizeof(Id) + sizeof(uint64_t) + IndexRun::kRowOverhead;
  IndexRun run(sealed.through_size, order.size() * kRowBytes);
  std::string key;
  std::string value;
  for (const auto& [id, index] : order) {
    key.clear();
    AppendU64(key, id.high);
    AppendU64(key, id.low);
    value.clear();
    AppendU64(value, index);
    run.Add(key, value);
  }
  return run;
}

IdWindow::IdWindow(size_t limit) : limit_(limit) { Check(limit > 0, "an id window holds ids"); }

bool IdWindow::Insert(const Id& id, uint64_t index) {
  for (const auto& sealed : sealed_) {
    if (sealed->index_of.contains(id)) return false;
  }
  if (current_.size() == kSmallTable && limit_ > kSmallTable) current_.reserve(limit_);
  const bool fresh = current_.try_emplace(id, index).second;
  if (fresh) current_through_size_ = std::max(current_through_size_, index + 1);
  return fresh;
}

void IdWindow::Erase(const Id& id) {
  const auto found = current_.find(id);
  Check(found != current_.end(), "the id was inserted last");
  // Its index is given to another row, so no run may claim to cover it yet.
  current_through_size_ = found->second;
  current_.erase(found);
}

std::optional<uint64_t> IdWindow::Find(const Id& id) const {
  const auto found = current_.find(id);
  if (found != current_.end()) return found->second;
  for (const auto& sealed : sealed_) {
    const auto older = sealed->index_of.find(id);
    if (older != sealed->index_of.end()) return older->second;
  }
  return std::nullopt;
}

size_t IdWindow::size() const {
  size_t size = current_.size();
  for (const auto& sealed : sealed_) size += sealed->index_of.size();
  return size;
}

std::shared_ptr<const SealedIds> IdWindow::TakeRun(uint64_t durable_size) {
  if (current_.size() >= limit_) {
    auto sealed = std::make_shared<SealedIds>();
    sealed->index_of = std::exchange(current_, {});
    sealed->through_size = current_through_size_;
    sealed_.push_back(std::move(sealed));
  }
  if (taken_ || sealed_.empty() || sealed_.front()->through_size > durable_size) return nullptr;
  taken_ = true;
  return sealed_.front();
}

void IdWindow::Drop(const SealedIds& run) {
  Check(taken_ && !sealed_.empty() && sealed_.front().get() == &run, "the run was not taken");
  sealed_.pop_front();
  taken_ = false;
}

}  // namespace ch8::books
