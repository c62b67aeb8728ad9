#include "services/node/history.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "storage/base/bytes.h"
#include "storage/base/limits.h"
#include "storage/base/radix_sort.h"
#include "storage/base/status_macros.h"

namespace ch8::node {
namespace {

using books::AccountSums;
using books::AddTo;
using books::Block;
using books::BlockKey;
using books::DecodeBlock;
using books::DecodeNumber;
using books::DecodePostedMax;
using books::EncodeBlock;
using books::EncodeNumber;
using books::FormatKey;
using books::HoldKey;
using books::Id;
using books::IndexOfTimeKey;
using books::kBlockMovements;
using books::Movement;
using books::MovementReader;
using books::TakeFrom;
using books::TimeKey;
using books::UnitKey;

// Entries read before what they did is shown.
constexpr uint64_t kSliceEntries = 8'192;
// A time is kept for so many entries.
constexpr uint64_t kTimeEvery = 1'024;
// What a movement takes in a run, by and large.
constexpr size_t kMovementBytes = 16;

bool IsBlockOf(uint32_t account, absl::string_view key) {
  return books::AccountOfBlockKey(key) == account;
}

// Visits the movements within `range`, the newest first. False when `visit` was.
bool VisitBlock(const Block& block, const History::Range& range, History::Visitor visit) {
  std::vector<AccountSums> after;
  AccountSums sums = block.before;
  for (const Movement& movement : block.movements) {
    AddTo(sums, movement);
    after.push_back(sums);
  }
  for (size_t i = block.movements.size(); i > 0; --i) {
    const Movement& movement = block.movements[i - 1];
    if (movement.index < range.begin_index) break;
    if (movement.index < range.end_index && !visit(movement, after[i - 1])) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<int64_t> NewestTime(const Ledger& ledger, const History::Range& range) {
  int64_t time_us = 0;
  bool is_whole = true;
  chapter8::ledger::v1::Entry entry;
  RETURN_IF_ERROR(ledger.ReadEntries(range.begin_index, range.end_index, [&](const Entry& stored) {
    if (IsBulkRow(stored)) return true;
    is_whole = entry.ParseFromArray(stored.payload.data(), static_cast<int>(stored.payload.size()));
    if (is_whole && entry.has_request()) time_us = entry.request().time_us();
    return is_whole;
  }));
  if (!is_whole) return absl::DataLossError("an entry does not parse");
  return time_us;
}

History::History(Ledger& ledger, uint64_t run_entries)
    : ledger_(ledger),
      run_entries_(run_entries),
      reader_([this](const Id& id) { return OlderHold(id); }) {
  tail_.begin = tail_.end = ledger.indexed_size(SearchIndex::kHistory);
}

absl::StatusOr<std::unique_ptr<History>> History::Open(Ledger& ledger, uint64_t run_entries) {
  auto history = std::unique_ptr<History>(new History(ledger, run_entries));
  RETURN_IF_ERROR(history->CheckFormat());
  RETURN_IF_ERROR(history->LoadTimes());
  const uint64_t begin = history->tail_.begin;  // Perhaps between a request and its rows.
  ASSIGN_OR_RETURN(const int64_t time_us,
                   NewestTime(ledger, {begin - std::min<uint64_t>(begin, kBatchRowsMax), begin}));
  history->reader_.StartAt(time_us);
  return history;
}

absl::Status History::CheckFormat() const {
  if (ledger_.indexed_size(SearchIndex::kHistory) == 0) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::optional<std::string> format, Find(FormatKey()));
  if (format == EncodeNumber(books::kHistoryFormat)) return absl::OkStatus();
  return absl::DataLossError("the history index is of another format");
}

absl::Status History::LoadTimes() {
  absl::Status status;
  const auto load = [&](absl::string_view key, absl::string_view value) {
    const std::optional<uint64_t> index = IndexOfTimeKey(key);
    if (!index.has_value()) return false;
    const absl::StatusOr<uint64_t> time_us = DecodeNumber(value);
    status = time_us.status();
    if (status.ok()) times_.emplace_back(*index, static_cast<int64_t>(*time_us));
    return status.ok();
  };
  RETURN_IF_ERROR(ledger_.VisitIndexDown(SearchIndex::kHistory, TimeKey(UINT64_MAX), load));
  std::reverse(times_.begin(), times_.end());
  return status;
}

absl::Status History::Extend(uint64_t entries) {
  const std::lock_guard<std::mutex> extending(extend_mutex_);
  const uint64_t durable_size = ledger_.durable_size();
  const uint64_t end = tail_.end + std::min(durable_size - tail_.end, entries);
  while (failed_.ok() && tail_.end < end) {
    const absl::Status read =
        ReadSlice(std::min({end, tail_.end + kSliceEntries, tail_.begin + run_entries_}));
    if (!read.ok()) {
      const std::lock_guard<std::mutex> lock(mutex_);
      failed_ = absl::DataLossError(read.message());
    }
    if (tail_.end - tail_.begin >= run_entries_) RETURN_IF_ERROR(IngestTail());
  }
  return failed_;
}

absl::Status History::ReadSlice(uint64_t end) {
  MovementReader::Found found;
  absl::Status status;
  uint64_t next = tail_.end;
  RETURN_IF_ERROR(ledger_.ReadEntries(tail_.end, end, [&](const Entry& entry) {
    status = reader_.Read(entry, found);
    ++next;
    return status.ok();
  }));
  RETURN_IF_ERROR(status);
  if (next != end) return absl::DataLossError(absl::StrCat("entry ", next, " is missing"));

  Slice slice{
      .movements = std::move(found.movements), .accounts = {}, .opened = std::move(found.opened)};
  slice.accounts.reserve(slice.movements.size());
  for (const Movement& movement : slice.movements) slice.accounts.push_back(movement.account);
  Tail longer = tail_;
  longer.end = end;
  longer.Add(std::move(slice));
  const std::lock_guard<std::mutex> lock(mutex_);
  std::swap(tail_, longer);
  for (const auto& time : found.request_times) {
    if (times_.empty() || time.first >= times_.back().first + kTimeEvery) times_.push_back(time);
  }
  return absl::OkStatus();
}

// Small slices are put together, so that there are few; each movement is copied a few times only.
void History::Tail::Add(Slice slice) {
  while (!slices.empty()) {
    const Slice& last = *slices.back();
    if (last.movements.size() > slice.movements.size() ||
        last.movements.size() + slice.movements.size() > 2 * kSliceEntries) {
      break;
    }
    const auto prepend = [](const auto& before, auto& after) {
      after.insert(after.begin(), before.begin(), before.end());
    };
    prepend(last.movements, slice.movements);
    prepend(last.accounts, slice.accounts);
    prepend(last.opened, slice.opened);
    slices.pop_back();
  }
  slices.push_back(std::make_shared<const Slice>(std::move(slice)));
}

absl::Status History::IngestTail() {
  size_t movements = 0;
  for (const auto& slice : tail_.slices) movements += slice->movements.size();
  IndexRun run(tail_.end, movements * kMovementBytes);
  for (const auto& slice : tail_.slices) {
    for (const auto& [account, unit] : slice->opened) run.Add(UnitKey(account), unit);
  }
  for (const auto& [id, amount] : reader_.Holds()) run.Add(HoldKey(id), EncodeNumber(amount));
  RETURN_IF_ERROR(AddBlocks(movements, run));
  const auto fresh =
      std::lower_bound(times_.begin(), times_.end(), std::pair<uint64_t, int64_t>(tail_.begin, 0));
  for (auto time = fresh; time != times_.end(); ++time) {
    run.Add(TimeKey(time->first), EncodeNumber(static_cast<uint64_t>(time->second)));
  }
  run.Add(FormatKey(), EncodeNumber(books::kHistoryFormat));
  RETURN_IF_ERROR(ledger_.IngestRun(SearchIndex::kHistory, run));

  reader_.ForgetHolds();
  for (const auto& slice : tail_.slices) {
    for (const Movement& movement : slice->movements) {
      AddTo(in_runs_[movement.account].sums, movement);
    }
  }
  Tail next{.begin = tail_.end, .end = tail_.end, .slices = {}};
  const std::lock_guard<std::mutex> lock(mutex_);
  std::swap(tail_, next);
  return absl::OkStatus();
}

absl::Status History::AddBlocks(size_t movements, IndexRun& run) {
  struct Placed {
    uint32_t account = 0;
    const Movement* movement = nullptr;
  };
  std::vector<Placed> order;
  order.reserve(movements);
  for (const auto& slice : tail_.slices) {
    for (const Movement& movement : slice->movements)
      order.push_back({movement.account, &movement});
  }
  std::vector<Placed> scratch;
  RadixSort(order, scratch, [](const Placed& placed) { return uint64_t{placed.account}; });
  std::vector<Movement> block;
  AccountSums before;
  AccountSums after;
  const auto add_block = [&] {
    if (!block.empty()) {
      run.Add(BlockKey(block.front().account, block.front().index), EncodeBlock(before, block));
    }
    block.clear();
    before = after;
  };
  for (size_t i = 0; i < order.size(); ++i) {
    const Movement& movement = *order[i].movement;
    const bool is_next = i == 0 || order[i - 1].account != movement.account;
    if (is_next || (block.size() >= kBlockMovements && block.back().index != movement.index)) {
      add_block();
    }
    if (is_next) {
      ASSIGN_OR_RETURN(before, SumsInRuns(movement.account));
      after = before;
    }
    AddTo(after, movement);
    block.push_back(movement);
  }
  add_block();
  return absl::OkStatus();
}

absl::StatusOr<AccountSums> History::SumsInRuns(uint32_t account) {
  if (account >= in_runs_.size()) {
    in_runs_.resize(std::max<size_t>(account + size_t{1}, 2 * in_runs_.size()));
  }
  Known& known = in_runs_[account];
  if (known.is_known) return known.sums;
  ASSIGN_OR_RETURN(known.sums, SumsBefore(account, tail_.begin));
  known.is_known = true;
  return known.sums;
}

absl::StatusOr<std::optional<std::string>> History::Find(const std::string& key) const {
  std::optional<std::string> found;
  RETURN_IF_ERROR(ledger_.VisitIndexDown(SearchIndex::kHistory, key,
                                         [&](absl::string_view at, absl::string_view value) {
                                           if (at == key) found = std::string(value);
                                           return false;
                                         }));
  return found;
}

absl::StatusOr<std::optional<uint64_t>> History::OlderHold(const Id& id) const {
  ASSIGN_OR_RETURN(const std::optional<std::string> value, Find(HoldKey(id)));
  if (!value.has_value()) return std::nullopt;
  ASSIGN_OR_RETURN(const uint64_t amount, DecodeNumber(*value));
  return amount == 0 ? std::nullopt : std::optional(amount);
}

absl::Status History::failure() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return failed_;
}

uint64_t History::seen_size() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return tail_.end;
}

absl::StatusOr<std::string> History::UnitOf(uint32_t account) const {
  for (const auto& slice : tail().slices) {
    const auto& opened = slice->opened;  // Accounts are opened in the order of their numbers.
    const auto found = std::lower_bound(opened.begin(), opened.end(), account,
                                        [](const auto& a, uint32_t b) { return a.first < b; });
    if (found != opened.end() && found->first == account) return found->second;
  }
  ASSIGN_OR_RETURN(const std::optional<std::string> unit, Find(UnitKey(account)));
  if (unit.has_value()) return *unit;
  return absl::NotFoundError(absl::StrCat("no entry seen opens account ", account));
}

History::Range History::RangeOf(int64_t begin_time_us, int64_t end_time_us) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  // The first of the kept times that is not earlier.
  const auto at = [this](int64_t time_us) {
    return std::lower_bound(times_.begin(), times_.end(), time_us,
                            [](const auto& a, int64_t b) { return a.second < b; });
  };
  const auto begin = at(begin_time_us);
  const auto end = at(end_time_us);
  return {.begin_index = begin == times_.begin() ? 0 : std::prev(begin)->first,
          .end_index = end == times_.end() ? UINT64_MAX : end->first};
}

History::Tail History::tail() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return tail_;
}

absl::StatusOr<bool> History::VisitTail(const Tail& tail, const Place& place, Visitor visit) const {
  std::vector<const Movement*> found;
  for (const auto& slice : tail.slices) {
    const std::vector<uint32_t>& accounts = slice->accounts;
    for (auto at = std::find(accounts.begin(), accounts.end(), place.account); at != accounts.end();
         at = std::find(at + 1, accounts.end(), place.account)) {
      found.push_back(&slice->movements[static_cast<size_t>(at - accounts.begin())]);
    }
  }
  if (found.empty()) return true;
  ASSIGN_OR_RETURN(AccountSums sums, SumsBefore(place.account, tail.begin));
  for (const Movement* movement : found) AddTo(sums, *movement);
  for (auto at = found.rbegin(); at != found.rend(); ++at) {
    const Movement& movement = **at;
    if (movement.index < place.range.begin_index) break;
    if (movement.index < place.range.end_index && !visit(movement, sums)) return false;
    TakeFrom(sums, movement);
  }
  return true;
}

absl::StatusOr<uint64_t> History::VisitDown(const Place& place, Visitor visit, Skip skip) const {
  const Tail tail = this->tail();
  ASSIGN_OR_RETURN(const bool goes_on, VisitTail(tail, place, visit));
  if (!goes_on) return tail.end;
  // Runs that came since the tail was read hold what it held.
  const Range range{place.range.begin_index, std::min(place.range.end_index, tail.begin)};
  if (range.begin_index >= range.end_index) return tail.end;
  absl::Status status;
  const std::string first_key = BlockKey(place.account, range.begin_index);
  RETURN_IF_ERROR(
      ledger_.VisitIndexDown(SearchIndex::kHistory, BlockKey(place.account, range.end_index - 1),
                             [&](absl::string_view key, absl::string_view value) {
                               if (!IsBlockOf(place.account, key)) return false;
                               const absl::StatusOr<uint64_t> posted_max = DecodePostedMax(value);
                               status = posted_max.status();
                               if (!status.ok()) return false;
                               // Every older block ends before the range when this one begins with
                               // it or before.
                               const bool is_last = key <= first_key;
                               if (skip(*posted_max)) return !is_last;
                               const absl::StatusOr<Block> block = DecodeBlock(key, value);
                               status = block.status();
                               return status.ok() && VisitBlock(*block, range, visit) && !is_last;
                             }));
  RETURN_IF_ERROR(status);
  return tail.end;
}

absl::StatusOr<AccountSums> History::SumsBefore(uint32_t account, uint64_t index) const {
  AccountSums sums;
  if (index == 0) return sums;
  absl::Status status;
  RETURN_IF_ERROR(ledger_.VisitIndexDown(SearchIndex::kHistory, BlockKey(account, index - 1),
                                         [&](absl::string_view key, absl::string_view value) {
                                           if (!IsBlockOf(account, key)) return false;
                                           const absl::StatusOr<Block> block =
                                               DecodeBlock(key, value);
                                           status = block.status();
                                           if (!block.ok()) return false;
                                           sums = block->before;
                                           for (const Movement& movement : block->movements)
                                             AddTo(sums, movement);
                                           return false;
                                         }));
  RETURN_IF_ERROR(status);
  return sums;
}

}  // namespace ch8::node
