#include "services/node/deposit_keeper.h"

#include <grpcpp/client_context.h>
#include <pthread.h>

#include <chrono>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/federation/core/backoff.h"
#include "services/federation/core/records.h"
#include "services/kernel/entry_form.h"
#include "services/kernel/refusal.h"
#include "services/trust/record/record.h"
#include "storage/base/bytes.h"
#include "storage/base/ed25519.h"
#include "storage/base/status_macros.h"

namespace ch8::node {
namespace {

using chapter8::directory::v1::OrganizationRecord;
using chapter8::federation::v1::DepositService;
using chapter8::federation::v1::GetDepositRequest;
using chapter8::federation::v1::GetDepositResponse;

constexpr absl::Duration kAskEvery = absl::Seconds(1);
// For the largest deposit, on a slow line.
constexpr absl::Duration kPatience = absl::Minutes(1);
// So that no partner takes the others' turns.
constexpr int kPiecesPerTurn = 64;

// The depositor is there, and deposits nothing of that ledger here.
bool DepositsNothing(const absl::Status& status) {
  return absl::IsPermissionDenied(status) || absl::IsNotFound(status) ||
         absl::IsUnimplemented(status);
}

bool IsOfTheNetwork(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status) ||
         absl::IsCancelled(status);
}

}  // namespace

// What is kept of one ledger, and by whose word.
struct DepositKeeper::Copy {
  explicit Copy(std::string origin_kept) : origin(std::move(origin_kept)) {}

  const std::string origin;
  std::mutex mutex;  // One call at a time; guards what follows.
  std::string record;
  std::unique_ptr<DepositService::Stub> stub;
  absl::Status last;      // What asking last came to,
  absl::Duration ask_at;  // and, since boot, when to ask again.
  federation::Backoff backoff;
  absl::Status told;
  std::mutex call_mutex;  // Guards the two below.
  grpc::ClientContext* running = nullptr;
  bool ended = false;
};

DepositKeeper::DepositKeeper(Options options) : options_(std::move(options)) {
  FindCopies();  // Before a feed believes anything.
  thread_ = std::thread([this] { Run(); });
}

void DepositKeeper::End() {
  std::lock_guard<std::mutex> lock(mutex_);
  ended_ = true;
  ending_.notify_all();
  for (const auto& [origin, copy] : copies_) {
    std::lock_guard<std::mutex> call_lock(copy->call_mutex);
    copy->ended = true;
    if (copy->running != nullptr) copy->running->TryCancel();
  }
}

DepositKeeper::~DepositKeeper() {
  End();
  thread_.join();
}

bool DepositKeeper::ended() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return ended_;
}

void DepositKeeper::Run() {
  pthread_setname_np(pthread_self(), "deposits");
  while (!ended()) {
    Follow();
    std::unique_lock<std::mutex> lock(mutex_);
    ending_.wait_for(lock, absl::ToChronoMicroseconds(kAskEvery), [this] { return ended_; });
  }
}

std::map<std::string, std::vector<std::shared_ptr<DepositKeeper::Copy>>>
DepositKeeper::FindCopies() {
  std::map<std::string, std::vector<std::shared_ptr<Copy>>> found;
  for (const auto& [trust_domain, record] : federation::NewestPinnedRecords(options_.pins)) {
    const std::string bytes = record.SerializeAsString();
    std::set<std::string> origins;  // Of which one may have had several keys.
    for (const auto& log_key : record.log_keys()) origins.insert(log_key.origin());
    for (const std::string& origin : origins) {
      std::shared_ptr<Copy> copy;
      {
        std::lock_guard<std::mutex> lock(mutex_);
        if (ended_) return {};
        std::shared_ptr<Copy>& known = copies_[origin];
        if (known == nullptr) known = std::make_shared<Copy>(origin);
        copy = known;
      }
      std::lock_guard<std::mutex> lock(copy->mutex);
      found[trust_domain].push_back(copy);
      if (copy->stub != nullptr && copy->record == bytes) continue;
      const std::string service = origin.substr(origin.rfind('/') + 1);
      auto channel = options_.connect(trust_domain, trust::record::TargetOf(record, service));
      if (!channel.ok()) continue;
      copy->stub = DepositService::NewStub(*std::move(channel));
      copy->record = bytes;
      copy->backoff.Reset();
      copy->ask_at = absl::ZeroDuration();
    }
  }
  return found;
}

// Asks those whose turn it is; of a partner that does not answer one ledger only.
void DepositKeeper::Follow() {
  for (const auto& [trust_domain, copies] : FindCopies()) {
    for (const std::shared_ptr<Copy>& copy : copies) {
      if (ended()) return;
      std::lock_guard<std::mutex> lock(copy->mutex);
      if (copy->stub == nullptr || options_.clock->SinceBoot() < copy->ask_at) continue;
      if (IsOfTheNetwork(Bring(*copy))) break;
    }
  }
}

std::shared_ptr<DepositKeeper::Copy> DepositKeeper::FindCopy(const std::string& origin) const {
  std::lock_guard<std::mutex> lock(mutex_);
  const auto found = copies_.find(origin);
  return found == copies_.end() ? nullptr : found->second;
}

absl::Status DepositKeeper::BringUpTo(const std::string& origin, uint64_t size) {
  const std::shared_ptr<Copy> copy = FindCopy(origin);
  if (copy == nullptr) return absl::OkStatus();
  std::lock_guard<std::mutex> lock(copy->mutex);
  const bool refused =
      !copy->last.ok() && !IsOfTheNetwork(copy->last) && options_.clock->SinceBoot() < copy->ask_at;
  if (copy->stub == nullptr || refused) return absl::OkStatus();
  const absl::StatusOr<GetDepositRequest> next = options_.kept->Next(origin);
  if (next.ok() && next->after_complete() && next->after_size() >= size) return absl::OkStatus();
  // The first copy of a long ledger takes its time, and reading goes on meanwhile.
  const absl::StatusOr<bool> was_complete = options_.kept->WasComplete(origin);
  if (!was_complete.ok() || !*was_complete) return absl::OkStatus();
  const absl::Status brought = Bring(*copy);
  return IsOfTheNetwork(brought) ? brought : absl::OkStatus();
}

absl::Status DepositKeeper::Bring(Copy& copy) {
  absl::StatusOr<bool> more = true;
  bool dropped = false;
  for (int i = 0; i < kPiecesPerTurn && more.ok() && *more && !ended(); ++i) {
    more = BringOne(copy, dropped);
  }
  copy.last = more.ok() && *more ? absl::UnavailableError("the copy is behind") : more.status();
  copy.ask_at = options_.clock->SinceBoot();
  if (more.ok()) {  // Also when there is more: at the next turn.
    copy.backoff.Reset();
  } else {
    copy.ask_at += copy.backoff.NextWait(ByteReader(RandomBytes(sizeof(uint32_t))).ReadU32());
  }
  Note(copy);
  return copy.last;
}

// True when there may be more.
absl::StatusOr<bool> DepositKeeper::BringOne(Copy& copy, bool& dropped) {
  ASSIGN_OR_RETURN(const GetDepositRequest request, options_.kept->Next(copy.origin));
  absl::StatusOr<GetDepositResponse> response = Ask(copy, request);
  if (kernel::ReasonOf(response.status()) == "DEPOSIT_FORKED" && !dropped) {
    // What follows the last complete deposit is of no use to anybody: a ledger that was made anew
    // goes on from there.
    ASSIGN_OR_RETURN(dropped, options_.kept->DropIncomplete(copy.origin));
    if (dropped) return true;
  }
  RETURN_IF_ERROR(response.status());
  if (!response->has_deposit()) return false;
  RETURN_IF_ERROR(options_.kept->Keep(copy.origin, response->deposit()));
  return !response->deposit().complete();
}

absl::StatusOr<GetDepositResponse> DepositKeeper::Ask(Copy& copy,
                                                      const GetDepositRequest& request) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(kPatience));
  {
    std::lock_guard<std::mutex> lock(copy.call_mutex);
    if (copy.ended) return absl::CancelledError("the node is stopping");
    copy.running = &context;
  }
  GetDepositResponse response;
  const grpc::Status status = copy.stub->GetDeposit(&context, request, &response);
  {
    std::lock_guard<std::mutex> lock(copy.call_mutex);
    copy.running = nullptr;
  }
  if (status.ok()) return response;
  const absl::Status detailed = kernel::StatusFromBytes(status.error_details());
  if (detailed.code() == static_cast<absl::StatusCode>(status.error_code())) return detailed;
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

// That a partner cannot be reached the feeds say already, and who deposits nothing is none to keep.
void DepositKeeper::Note(Copy& copy) {
  if (IsOfTheNetwork(copy.last) || DepositsNothing(copy.last)) return;
  const bool as_before = copy.last.code() == copy.told.code() &&
                         kernel::ReasonOf(copy.last) == kernel::ReasonOf(copy.told);
  copy.told = copy.last;
  if (!as_before) options_.told(copy.origin, copy.last);
}

}  // namespace ch8::node
