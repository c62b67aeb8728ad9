#include "services/node/history_reads.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <queue>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "services/node/busy.h"
#include "storage/base/status_macros.h"

namespace ch8::node {
namespace {

using books::AccountSums;
using books::Id;
using books::Movement;

namespace books_v1 = ::chapter8::books::v1;
namespace ledger_v1 = ::chapter8::ledger::v1;

// How many movements are looked at before somebody is asked whether to go on.
constexpr uint64_t kAskEvery = 65'536;

absl::Status Refused(absl::StatusCode code, absl::string_view reason, std::string message,
                     kernel::Metadata metadata) {
  return kernel::Refuse({.code = code,
                         .domain = "books.chapter8",
                         .reason = reason,
                         .message = std::move(message),
                         .metadata = std::move(metadata)});
}

absl::StatusOr<std::string> UnitOf(const HistoryOf& of, uint32_t account) {
  const uint64_t seen = of.history.seen_size();
  const uint64_t size = of.ledger.durable_size();
  absl::StatusOr<std::string> unit = of.history.UnitOf(account);
  if (!absl::IsNotFound(unit.status())) return unit;
  if (seen < size) return NotSeenYet(seen, size);
  return Refused(absl::StatusCode::kNotFound, "NO_SUCH_ACCOUNT",
                 absl::StrCat("none of the first ", seen, " entries of ", of.ledger.origin(),
                              " opens account ", account),
                 {{"account", absl::StrCat(account)},
                  {"origin", of.ledger.origin()},
                  {"seen", absl::StrCat(seen)}});
}

// Of the requests that name a span of time.
template <typename Request>
int64_t EndTimeOf(const Request& request) {
  return request.end_time_us() == 0 ? std::numeric_limits<int64_t>::max() : request.end_time_us();
}

struct Seen {
  Movement movement;
  AccountSums after;
};

void SetSums(const AccountSums& sums, ledger_v1::AccountSums& out) {
  out.set_debits_posted(sums.debits_posted);
  out.set_credits_posted(sums.credits_posted);
  out.set_debits_held(sums.debits_held);
  out.set_credits_held(sums.credits_held);
}

bool IsOf(const Movement& movement, const books_v1::Posting& posting) {
  const uint32_t debit = movement.is_credit ? movement.other_account : movement.account;
  const uint32_t credit = movement.is_credit ? movement.account : movement.other_account;
  return posting.debit_account() == debit && posting.credit_account() == credit &&
         posting.amount() == movement.posted &&
         static_cast<int64_t>(posting.hold() - posting.release()) == movement.held;
}

// One entry, parsed. A bulk row has no form but its own.
struct ReadEntry {
  uint32_t row = 0;
  std::optional<books_v1::TransferRow> transfer_row;
  ledger_v1::Entry entry;
};

absl::StatusOr<ReadEntry> EntryAt(const Ledger& ledger, uint64_t index) {
  ReadEntry read;
  bool parsed = false;
  RETURN_IF_ERROR(ledger.ReadEntries(index, index + 1, [&](const Entry& stored) {
    read.row = stored.row;
    google::protobuf::Message* into = &read.entry;
    if (IsBulkRow(stored)) into = &read.transfer_row.emplace();
    parsed = into->ParseFromArray(stored.payload.data(), static_cast<int>(stored.payload.size()));
    return false;
  }));
  if (!parsed) return absl::DataLossError(absl::StrCat("entry ", index, " does not parse"));
  return read;
}

std::string IdBytes(const books_v1::TransferRow& row) {
  return Id{row.id_high(), row.id_low()}.ToBytes();
}

// The movement as told to others, with what its entry says of it.
absl::Status Describe(const Ledger& ledger, const Seen& seen, ledger_v1::Movement& out) {
  const Movement& movement = seen.movement;
  out.set_index(movement.index);
  out.set_time_us(movement.time_us);
  out.set_credit(movement.is_credit);
  out.set_other_account(movement.other_account);
  out.set_posted(movement.posted);
  out.set_held(movement.held);
  SetSums(seen.after, *out.mutable_after());
  ASSIGN_OR_RETURN(const ReadEntry read, EntryAt(ledger, movement.index));
  if (read.transfer_row.has_value()) {
    out.set_id(IdBytes(*read.transfer_row));
    out.set_code(read.transfer_row->code());
    return absl::OkStatus();
  }
  for (const books_v1::Posting& posting : read.entry.postings()) {
    if (!IsOf(movement, posting)) continue;
    out.set_id(posting.hold_id());
    break;
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> EndIndexOf(const std::string& page_token) {
  if (page_token.empty()) return UINT64_MAX;
  ASSIGN_OR_RETURN(const std::string last, kernel::LastNameOf(page_token));
  uint64_t index = 0;
  if (absl::SimpleAtoi(last, &index)) return index;
  return kernel::BadPageToken();
}

// The movements that posted the most so far.
class Greatest {
 public:
  explicit Greatest(size_t limit) : limit_(limit) {}

  // Those come newest first, so of equal ones the first stay.
  bool Skips(uint64_t posted) const {
    return posted == 0 || (heap_.size() == limit_ && posted <= heap_.top().movement.posted);
  }
  void Add(const Movement& movement, const AccountSums& after) {
    if (Skips(movement.posted)) return;
    if (heap_.size() == limit_) heap_.pop();
    heap_.push({movement, after});
  }
  // The greatest first.
  std::vector<Seen> Take() {
    std::vector<Seen> taken;
    for (; !heap_.empty(); heap_.pop()) taken.push_back(heap_.top());
    std::reverse(taken.begin(), taken.end());
    return taken;
  }

 private:
  struct GoesLast {
    bool operator()(const Seen& a, const Seen& b) const {
      const Movement& left = a.movement;
      const Movement& right = b.movement;
      return std::tie(left.posted, left.index, left.is_credit) >
             std::tie(right.posted, right.index, right.is_credit);
    }
  };
  const size_t limit_;
  std::priority_queue<Seen, std::vector<Seen>, GoesLast> heap_;
};

}  // namespace

absl::StatusOr<ledger_v1::ListMovementsResponse> ListMovements(
    const HistoryOf& of, const ledger_v1::ListMovementsRequest& request) {
  ledger_v1::ListMovementsResponse response;
  ASSIGN_OR_RETURN(const int page_size, kernel::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const uint64_t end_index, EndIndexOf(request.page_token()));
  ASSIGN_OR_RETURN(*response.mutable_unit(), UnitOf(of, request.account()));
  const int64_t end_time_us = EndTimeOf(request);
  History::Range range = of.history.RangeOf(request.begin_time_us(), end_time_us);
  range.end_index = std::min(range.end_index, end_index);
  std::vector<Seen> page;
  const auto visit = [&](const Movement& movement, const AccountSums& after) {
    if (movement.time_us >= end_time_us) return true;
    if (movement.time_us < request.begin_time_us()) return false;
    const bool full = page.size() >= static_cast<size_t>(page_size);
    if (full && movement.index != page.back().movement.index) {
      response.set_next_page_token(kernel::PageToken(absl::StrCat(page.back().movement.index)));
      return false;
    }
    page.push_back({movement, after});
    return true;
  };
  ASSIGN_OR_RETURN(const uint64_t seen_size,
                   of.history.VisitDown({request.account(), range}, visit));
  response.set_seen_size(seen_size);
  for (const Seen& seen : page) {
    RETURN_IF_ERROR(Describe(of.ledger, seen, *response.add_movements()));
  }
  return response;
}

absl::StatusOr<ledger_v1::ListTopMovementsResponse> ListTopMovements(
    const HistoryOf& of, const ledger_v1::ListTopMovementsRequest& request,
    const std::function<bool()>& is_wanted) {
  ledger_v1::ListTopMovementsResponse response;
  ASSIGN_OR_RETURN(const int page_size, kernel::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(*response.mutable_unit(), UnitOf(of, request.account()));
  const int64_t end_time_us = EndTimeOf(request);
  Greatest greatest(static_cast<size_t>(page_size));
  uint64_t looked_at = 0;
  bool wanted = true;
  const auto go_on = [&] {
    if (is_wanted != nullptr && ++looked_at % kAskEvery == 0) wanted = is_wanted();
    return wanted;
  };
  const auto visit = [&](const Movement& movement, const AccountSums& after) {
    if (movement.time_us < request.begin_time_us()) return false;
    if (movement.time_us < end_time_us) greatest.Add(movement, after);
    return go_on();
  };
  ASSIGN_OR_RETURN(
      const uint64_t seen_size,
      of.history.VisitDown(
          {request.account(), of.history.RangeOf(request.begin_time_us(), end_time_us)}, visit,
          [&](uint64_t posted_max) { return greatest.Skips(posted_max) && go_on(); }));
  if (!wanted) return absl::CancelledError("the caller does not wait any more");
  response.set_seen_size(seen_size);
  for (const Seen& seen : greatest.Take()) {
    RETURN_IF_ERROR(Describe(of.ledger, seen, *response.add_movements()));
  }
  return response;
}

absl::StatusOr<ledger_v1::BalanceAt> GetBalanceAt(const HistoryOf& of,
                                                  const ledger_v1::GetBalanceAtRequest& request) {
  RETURN_IF_ERROR(CheckSize(of.ledger, request.size()));
  ledger_v1::BalanceAt balance;
  balance.set_account(request.account());
  ASSIGN_OR_RETURN(*balance.mutable_unit(), UnitOf(of, request.account()));
  const History::Range range{.begin_index = 0,
                             .end_index = request.size() == 0 ? UINT64_MAX : request.size()};
  AccountSums sums;
  ASSIGN_OR_RETURN(const uint64_t seen_size,
                   of.history.VisitDown({request.account(), range},
                                        [&](const Movement&, const AccountSums& after) {
                                          sums = after;
                                          return false;
                                        }));
  SetSums(sums, *balance.mutable_sums());
  balance.set_size(request.size() == 0 ? seen_size : request.size());
  balance.set_seen_size(seen_size);
  return balance;
}

absl::StatusOr<Id> IdOf(const ledger_v1::FindTransferRequest& request) {
  const std::optional<Id> id = Id::FromBytes(request.id());
  if (id.has_value()) return *id;
  return Refused(absl::StatusCode::kInvalidArgument, "BAD_ID", "an id has 16 bytes",
                 {{"field", "id"}});
}

absl::Status NoSuchTransfer(const Ledger& ledger, const Id& id, uint64_t seen_size) {
  return Refused(absl::StatusCode::kNotFound, "NO_SUCH_TRANSFER",
                 absl::StrCat("none of the first ", seen_size, " entries of ", ledger.origin(),
                              " used the id ", absl::BytesToHexString(id.ToBytes())),
                 {{"id", absl::BytesToHexString(id.ToBytes())},
                  {"origin", ledger.origin()},
                  {"seen", absl::StrCat(seen_size)}});
}

absl::StatusOr<ledger_v1::FoundTransfer> ReadTransfer(const Ledger& ledger, const Id& id,
                                                      uint64_t index) {
  ledger_v1::FoundTransfer found;
  found.set_index(index);
  ASSIGN_OR_RETURN(ReadEntry read, EntryAt(ledger, index));
  if (read.transfer_row.has_value()) {
    *found.mutable_row() = *std::move(read.transfer_row);
  } else {
    for (const books_v1::Posting& posting : read.entry.postings()) {
      if (posting.hold_id() == id.ToBytes() && !found.has_posting()) {
        *found.mutable_posting() = posting;
      }
    }
  }
  if (found.change_case() == ledger_v1::FoundTransfer::CHANGE_NOT_SET) {
    return absl::DataLossError(absl::StrCat("entry ", index, " did not use that id"));
  }
  // Its request lies before it, by no more entries than its row's number.
  ASSIGN_OR_RETURN(const int64_t time_us,
                   NewestTime(ledger, {index - std::min<uint64_t>(index, read.row), index + 1}));
  found.set_time_us(time_us);
  return found;
}

absl::Status NotSeenYet(uint64_t seen_size, uint64_t size) {
  return Busy("NOT_SEEN_YET",
              absl::StrCat("of ", size, " entries ", seen_size,
                           " are seen by statements and earlier balances"),
              absl::Seconds(1));
}

absl::Status CheckSize(const Ledger& ledger, uint64_t size) {
  const uint64_t durable_size = ledger.durable_size();
  if (size <= durable_size) return absl::OkStatus();
  return Refused(absl::StatusCode::kOutOfRange, "NO_SUCH_SIZE",
                 absl::StrCat(ledger.origin(), " has ", durable_size, " entries, not ", size),
                 {{"origin", ledger.origin()},
                  {"available", absl::StrCat(durable_size)},
                  {"wanted", absl::StrCat(size)}});
}

}  // namespace ch8::node
