#include "services/node/history_service.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chapter8/ledger/v1/history_service.pb.h"
#include "services/kernel/refusal.h"
#include "services/kernel/rows.h"
#include "services/node/busy.h"
#include "services/node/history_reads.h"
#include "services/node/ledger_authority.h"
#include "storage/base/bytes.h"
#include "storage/base/status_macros.h"

namespace ch8::node {
namespace {

namespace v1 = chapter8::ledger::v1;
using kernel::Command;
using kernel::Outcome;
using Done = kernel::Runner::Done;

constexpr absl::string_view kService = "/chapter8.ledger.v1.HistoryService/";

template <typename Request>
uint64_t SizeWanted(const Request& request) {
  return request.min_size();
}
uint64_t SizeWanted(const v1::GetBalanceAtRequest& request) { return request.size(); }

template <typename Response>
Outcome OutcomeOf(const absl::StatusOr<Response>& response) {
  Outcome outcome;
  outcome.status = response.status();
  if (response.ok()) outcome.reply = response->SerializeAsString();
  return outcome;
}

Outcome Failed(absl::Status status) {
  Outcome outcome;
  outcome.status = std::move(status);
  return outcome;
}

}  // namespace

template <typename Request, typename F>
void HistoryService::Add(absl::string_view name, F answer) {
  handlers_[absl::StrCat(kService, name)] = [this, answer](Command command, Done done) {
    Request request;
    if (absl::Status parsed = kernel::ParseStrict(command.request, request); !parsed.ok()) {
      return done(Failed(std::move(parsed)));
    }
    const Wanted wanted{.size = SizeWanted(request), .wait_ms = request.wait_ms()};
    AnswerWhenSeen(
        wanted,
        [answer, request = std::move(request), is_wanted = std::move(command.is_wanted), done] {
          done(OutcomeOf(answer(request, is_wanted)));
        },
        done);
  };
}

HistoryService::HistoryService(const Options& options) : options_(options) {
  handlers_[absl::StrCat(kService, "FindTransfer")] = [this](const Command& command, Done done) {
    FindTransfer(command, done);
  };
  const auto of = [this] { return HistoryOf{options_.ledger, options_.historian->history()}; };
  Add<v1::ListMovementsRequest>("ListMovements", [of](const auto& request, const auto&) {
    return ListMovements(of(), request);
  });
  Add<v1::ListTopMovementsRequest>("ListTopMovements",
                                   [of](const auto& request, const auto& is_wanted) {
                                     return ListTopMovements(of(), request, is_wanted);
                                   });
  Add<v1::GetBalanceAtRequest>("GetBalanceAt", [of](const auto& request, const auto&) {
    return GetBalanceAt(of(), request);
  });
}

void HistoryService::Answer(Command command, Done done) const {
  const std::unique_ptr<Snapshot> snapshot = options_.ledger.TakeSnapshot();
  const kernel::SnapshotRows rows(*snapshot);
  absl::Status allowed = AuthorizeOn(rows, command, options_.clock.Now());
  if (allowed.ok()) allowed = rows.status();
  if (!allowed.ok()) return done(Failed(std::move(allowed)));
  const auto handler = handlers_.find(command.method);
  handler->second(std::move(command), std::move(done));
}

void HistoryService::Read(std::function<void()> answer, const Done& done) const {
  absl::Status taken = options_.readers.Submit(std::move(answer));
  if (!taken.ok()) done(Failed(std::move(taken)));
}

void HistoryService::AnswerWhenSeen(const Wanted& wanted, std::function<void()> answer,
                                    const Done& done) const {
  if (options_.historian == nullptr) {
    return done(Failed(
        kernel::Refuse({.code = absl::StatusCode::kNotFound,
                        .domain = "books.chapter8",
                        .reason = "NO_SUCH_ACCOUNT",
                        .message = absl::StrCat(options_.ledger.origin(), " has no accounts"),
                        .metadata = {{"origin", options_.ledger.origin()}}})));
  }
  const History& history = options_.historian->history();
  const uint64_t size = wanted.size > 0 ? wanted.size : options_.ledger.durable_size();
  const bool is_needed = wanted.size > 0;
  if (size <= history.seen_size() || (!is_needed && wanted.wait_ms == 0)) {
    return Read(std::move(answer), done);
  }
  if (absl::Status had = CheckSize(options_.ledger, size); !had.ok()) {
    return done(Failed(std::move(had)));
  }
  const auto answer_if_seen = [this, &history, size, is_needed, answer = std::move(answer), done] {
    if (!is_needed || size <= history.seen_size()) return Read(answer, done);
    const absl::Status failure = history.failure();
    done(Failed(failure.ok() ? NotSeenYet(history.seen_size(), size) : failure));
  };
  if (wanted.wait_ms == 0 || !history.failure().ok()) return answer_if_seen();
  absl::Status watched = options_.historian->seen().Watch(
      size - 1, std::min(absl::Milliseconds(wanted.wait_ms), kLongestWait), answer_if_seen);
  if (!watched.ok()) done(Failed(std::move(watched)));
}

void HistoryService::FindTransfer(const Command& command, const Done& done) const {
  v1::FindTransferRequest request;
  if (absl::Status parsed = kernel::ParseStrict(command.request, request); !parsed.ok()) {
    return done(Failed(std::move(parsed)));
  }
  const absl::StatusOr<books::Id> id = IdOf(request);
  if (!id.ok()) return done(Failed(id.status()));
  const uint64_t seen_size = options_.ledger.durable_size();
  options_.find_new_id(*id, [this, id = *id, seen_size, done](Outcome in_memory) {
    if (!in_memory.status.ok()) return done(in_memory);
    Read([this, id, in_memory, seen_size, done] { done(ReadTransfer(id, in_memory, seen_size)); },
         done);
  });
}

// Ids leave memory only when a run has them: who looks in this order misses none.
Outcome HistoryService::ReadTransfer(const books::Id& id, const Outcome& in_memory,
                                     uint64_t seen_size) const {
  std::optional<uint64_t> index;
  if (!in_memory.reply.empty()) {
    index = ByteReader(in_memory.reply).ReadU64();
  } else if (options_.older_ids != nullptr) {
    const auto found = options_.older_ids->Find({id});
    if (!found.ok()) return Failed(found.status());
    index = found->front();
  }
  if (!index.has_value()) return Failed(NoSuchTransfer(options_.ledger, id, seen_size));
  absl::StatusOr<v1::FoundTransfer> found = node::ReadTransfer(options_.ledger, id, *index);
  if (found.ok()) found->set_seen_size(std::max(seen_size, *index + 1));
  return OutcomeOf(found);
}

}  // namespace ch8::node
