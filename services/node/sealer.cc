#include "services/node/sealer.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <future>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/kernel/ledger_reads.h"
#include "services/kernel/names.h"
#include "services/kernel/refusal.h"
#include "services/node/busy.h"
#include "storage/base/ed25519.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/proof.h"

namespace ch8::node {
namespace {

namespace v1 = chapter8::ledger::v1;
using kernel::SealPlace;

// How often it looks whether a seal is due.
constexpr absl::Duration kTick = absl::Seconds(1);
// After one that could not be logged.
constexpr absl::Duration kPatience = absl::Minutes(1);
// Behind all that somebody waits for, but not so far that an export never comes.
constexpr int kNice = 10;
constexpr int kScopesMax = 1'000;

absl::Status Refused(absl::StatusCode code, absl::string_view reason, std::string message,
                     kernel::Metadata metadata) {
  return kernel::Refuse({.code = code,
                         .domain = "kernel.chapter8",
                         .reason = reason,
                         .message = std::move(message),
                         .metadata = std::move(metadata)});
}

absl::Status Draining() { return Busy("DRAINING", "this node is shutting down", absl::Seconds(1)); }

std::string Instead(const Ledger& ledger) {
  return absl::StrCat("ch8 ledger seal ", kernel::IdOf(ledger.origin()));
}

absl::Status CheckScope(const std::string& scope) {
  if (absl::StartsWith(scope, kAccountScope) || absl::StartsWith(scope, kPeerScope)) {
    return absl::OkStatus();
  }
  return Refused(absl::StatusCode::kInvalidArgument, "BAD_SCOPE",
                 "a scope is accounts/NUMBER or peers/DOMAIN",
                 {{"scope", scope}, {"instead", "ch8 fund show"}});
}

std::string Decimal(absl::uint128 value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

// Whether entries but those of the newest seal came since the ones that it covers.
bool HasNews(const std::optional<SealPlace>& newest, uint64_t size) {
  return !newest.has_value() || newest->index != newest->size + 1 || size != newest->index + 1;
}

}  // namespace

void Sealer::Start() {
  thread_ = std::thread([this] { Run(); });
}

absl::Status Sealer::Submit(Job job) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (ended_) return Draining();
  if (jobs_.size() >= kWaitingMax) {
    return Busy("TOO_MANY_WAITING", "as many calls wait for the sums of this ledger as may",
                absl::Seconds(1));
  }
  jobs_.push_back(std::move(job));
  wanted_.notify_one();
  return absl::OkStatus();
}

void Sealer::End() {
  const std::lock_guard<std::mutex> lock(mutex_);
  ended_ = true;
  wanted_.notify_one();
}

void Sealer::Close() {
  End();
  if (thread_.joinable()) thread_.join();
}

bool Sealer::ended() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return ended_;
}

void Sealer::Run() {
  pthread_setname_np(pthread_self(), "sealer");
  setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice);
  MendKept();
  std::unique_lock<std::mutex> lock(mutex_);
  while (!ended_ || !jobs_.empty()) {
    if (jobs_.empty()) {
      wanted_.wait_for(lock, absl::ToChronoMilliseconds(kTick),
                       [this] { return ended_ || !jobs_.empty(); });
    }
    if (!jobs_.empty()) {
      Job job = std::move(jobs_.front());
      jobs_.pop_front();
      lock.unlock();
      is_wanted_ = std::move(job.is_wanted);
      job.run();
      is_wanted_ = nullptr;
      lock.lock();
    }
    if (ended_) continue;
    lock.unlock();
    if (IsDue()) {
      const absl::Status made = MakeSeal().status();
      if (!made.ok()) try_at_ = options_.clock.SinceBoot() + kPatience;
      if (!made.ok() && !ended()) Failed(made);
    }
    lock.lock();
  }
}

void Sealer::Failed(const absl::Status& why) {
  failures_.fetch_add(1, std::memory_order_relaxed);
  if (options_.on_failed) options_.on_failed(why);
}

void Sealer::MendKept() {
  if (options_.sums_path.empty()) return;
  LookForKept();
  const auto newest = Newest();
  if (!newest.ok() || !newest->has_value() || newest_ != nullptr) return;
  absl::Status made = RowsAt((*newest)->index).status();
  if (made.ok()) made = KeepSums(*newest_, options_.sums_path);
  if (!made.ok() && !ended()) Failed(made);
}

absl::StatusOr<std::optional<SealPlace>> Sealer::Newest() const {
  const std::unique_ptr<Snapshot> snapshot = ledger().TakeSnapshot();
  const kernel::SnapshotRows rows(*snapshot);
  const std::optional<SealPlace> newest = kernel::NewestSeal(rows);
  RETURN_IF_ERROR(rows.status());
  return newest;
}

bool Sealer::IsDue() {
  if (options_.clock.SinceBoot() < try_at_) return false;
  const auto newest = Newest();
  const uint64_t size = ledger().durable_size();
  if (!newest.ok() || !HasNews(*newest, size)) return false;
  if (size - (newest->has_value() ? (*newest)->size : 0) >= options_.entries_max) return true;
  // The seal's time may lie ahead: the clock was wrong when it was made, or is now.
  if (SeenFor(newest->has_value() ? (*newest)->index : 0) >= kAgeMax) return true;
  const absl::StatusOr<absl::Time> since =
      newest->has_value() ? absl::FromUnixMicros((*newest)->time_us) : FirstTime();
  return since.ok() && options_.clock.Now() - *since >= kAgeMax;
}

absl::Duration Sealer::SeenFor(uint64_t index) {
  const absl::Duration now = options_.clock.SinceBoot();
  if (seen_ != index) {
    seen_ = index;
    seen_at_ = now;
  }
  return now - seen_at_;
}

// Of the first request: that of a ledger which was never sealed.
absl::StatusOr<absl::Time> Sealer::FirstTime() {
  if (first_time_.has_value()) return *first_time_;
  RETURN_IF_ERROR(ledger().ReadEntries(1, 2, [&](const Entry& stored) {
    v1::Entry entry;
    if (entry.ParseFromArray(stored.payload.data(), static_cast<int>(stored.payload.size())) &&
        entry.has_request()) {
      first_time_ = absl::FromUnixMicros(entry.request().time_us());
    }
    return false;
  }));
  if (!first_time_.has_value()) return absl::NotFoundError("no request yet");
  return *first_time_;
}

void Sealer::LookForKept() {
  if (looked_ || options_.sums_path.empty()) return;
  looked_ = true;
  if (newest_ == nullptr) newest_ = LoadSums(ledger(), options_.sums_path).value_or(nullptr);
}

absl::StatusOr<books::SealSums> Sealer::SumsOf(uint64_t size,
                                               const std::function<bool()>& go_on) const {
  const SealedSums* start = nullptr;
  for (const Sealed& sealed : {newest_, older_}) {
    if (sealed == nullptr || sealed->sums.size() > size) continue;
    if (start == nullptr || sealed->sums.size() > start->sums.size()) start = sealed.get();
  }
  books::SealSums sums = start == nullptr ? books::SealSums() : start->sums;
  const absl::Status added = AddEntries(
      ledger(), size, [&] { return !ended() && go_on(); }, sums);
  if (absl::IsCancelled(added) && ended()) return Draining();
  RETURN_IF_ERROR(added);
  return sums;
}

absl::StatusOr<Sealer::Sealed> Sealer::MakeSeal() {
  ASSIGN_OR_RETURN(const std::optional<SealPlace> newest, Newest());
  const uint64_t size = ledger().durable_size();
  if (!HasNews(newest, size)) return RowsAt(newest->index);
  LookForKept();
  ASSIGN_OR_RETURN(books::SealSums sums, SumsOf(size, [] { return true; }));
  ASSIGN_OR_RETURN(const Hash salt, Hash::FromBytes(RandomBytes(Hash::kSize)));
  const books::SealTree tree(sums, SealSecret(salt));
  std::promise<kernel::Outcome> logged;
  options_.log({.seal = tree.SealOf(sums), .request_salt = salt},
               [&logged](kernel::Outcome outcome) { logged.set_value(std::move(outcome)); });
  const kernel::Outcome outcome = logged.get_future().get();
  RETURN_IF_ERROR(outcome.status);
  ASSIGN_OR_RETURN(StoredSeal stored, ReadSeal(ledger(), outcome.receipt.index() + 1));
  ASSIGN_OR_RETURN(newest_, Match(std::move(stored), std::move(sums)));
  // What cannot be kept is read from the log again.
  absl::Status kept;
  if (!options_.sums_path.empty()) kept = KeepSums(*newest_, options_.sums_path);
  if (!kept.ok()) Failed(kept);
  return newest_;
}

absl::StatusOr<Sealer::Sealed> Sealer::RowsAt(uint64_t index) {
  LookForKept();
  for (const Sealed& sealed : {newest_, older_}) {
    if (sealed != nullptr && sealed->stored.index == index) return sealed;
  }
  ASSIGN_OR_RETURN(StoredSeal stored, ReadSeal(ledger(), index));
  const auto go_on = [this] { return is_wanted_ == nullptr || is_wanted_(); };
  if (!go_on()) return absl::CancelledError("the caller does not wait any more");
  ASSIGN_OR_RETURN(books::SealSums sums, SumsOf(stored.seal.size(), go_on));
  ASSIGN_OR_RETURN(const Sealed sealed, Match(std::move(stored), std::move(sums)));
  const bool is_newest = newest_ == nullptr || sealed->sums.size() > newest_->sums.size();
  (is_newest ? newest_ : older_) = sealed;
  return sealed;
}

absl::StatusOr<v1::SealedLedger> Sealer::Seal() {
  if (ended()) return Draining();
  ASSIGN_OR_RETURN(const Sealed sealed, MakeSeal());
  v1::SealedLedger response;
  response.set_index(sealed->stored.index);
  response.set_size(sealed->stored.seal.size());
  response.set_rows(sealed->stored.seal.rows());
  return response;
}

absl::StatusOr<v1::ProvenRow> Sealer::Prove(const SealedSums& sealed,
                                            const books::SealSums::PlacedRow& placed) const {
  v1::ProvenRow proven;
  v1::SealRow& row = *proven.mutable_row();
  row.set_scope(placed.row.scope);
  row.set_unit(placed.row.unit);
  row.set_entries(placed.row.entries);
  row.set_gross_debits(Decimal(placed.row.gross_debits));
  row.set_gross_credits(Decimal(placed.row.gross_credits));
  row.set_last_leaf_hash(std::string(placed.row.last_leaf_hash.view()));
  proven.set_index(placed.index);
  proven.set_salt(std::string(SealRowSalt(sealed.stored.secret, placed.index).view()));
  ASSIGN_OR_RETURN(const std::vector<Hash> hashes,
                   InclusionProof(placed.index, sealed.tree.size(), sealed.tree));
  for (const Hash& hash : hashes) proven.add_hashes(std::string(hash.view()));
  return proven;
}

absl::StatusOr<v1::BalanceProof> Sealer::ProveBalance(const v1::ProveBalanceRequest& request) {
  if (ended()) return Draining();
  RETURN_IF_ERROR(CheckScope(request.scope()));
  ASSIGN_OR_RETURN(const std::optional<SealPlace> newest, Newest());
  if (!newest.has_value()) {
    return Refused(absl::StatusCode::kFailedPrecondition, "NOT_SEALED",
                   absl::StrCat(ledger().origin(),
                                " has no seal yet; it gets one within a day of "
                                "its first entry"),
                   {{"origin", ledger().origin()}, {"instead", Instead(ledger())}});
  }
  ASSIGN_OR_RETURN(const Sealed sealed, RowsAt(newest->index));
  const bool is_account = absl::StartsWith(request.scope(), kAccountScope);
  v1::BalanceProof proof;
  for (const books::SealSums::PlacedRow& placed : sealed->sums.RowsOf(request.scope())) {
    const bool any_unit = is_account && request.unit().empty();
    if (!any_unit && placed.row.unit != request.unit()) continue;
    ASSIGN_OR_RETURN(*proof.mutable_row(), Prove(*sealed, placed));
  }
  if (!proof.has_row()) {
    return Refused(
        absl::StatusCode::kNotFound, "NO_SUCH_SCOPE",
        absl::StrCat("at the seal of ", newest->size, " entries there is no ", request.scope(),
                     request.unit().empty() ? "" : " in ", request.unit()),
        {{"scope", request.scope()},
         {"unit", request.unit()},
         {"size", absl::StrCat(newest->size)},
         {"instead", Instead(ledger())}});
  }
  proof.set_origin(ledger().origin());
  proof.set_log_id(std::string(ledger().log_id().view()));
  *proof.mutable_seal() = sealed->stored.entry;
  ASSIGN_OR_RETURN(const std::string note, options_.runner.SignedNote());
  v1::GetInclusionProofRequest place;
  place.set_index(newest->index);
  ASSIGN_OR_RETURN(*proof.mutable_inclusion(), kernel::ProveInclusion(ledger(), note, place));
  return proof;
}

absl::StatusOr<v1::SealRows> Sealer::ReadRows(const v1::ReadSealRowsRequest& request) {
  if (ended()) return Draining();
  if (request.scopes_size() > kScopesMax) {
    return Refused(absl::StatusCode::kInvalidArgument, "BAD_SCOPE",
                   absl::StrCat("at most ", kScopesMax, " scopes at once"), {});
  }
  for (const std::string& scope : request.scopes()) RETURN_IF_ERROR(CheckScope(scope));
  if (request.scopes().empty() != request.secret()) {
    return Refused(
        absl::StatusCode::kInvalidArgument, "BAD_SCOPE",
        "either the scopes whose rows are wanted, or the secret of all",
        {{"scopes", absl::StrCat(request.scopes_size())}, {"instead", "ch8 audit export"}});
  }
  v1::SealRows rows;
  rows.set_index(request.index());
  if (request.secret()) {
    ASSIGN_OR_RETURN(const StoredSeal stored, ReadSeal(ledger(), request.index()));
    rows.set_secret(std::string(stored.secret.view()));
    return rows;
  }
  ASSIGN_OR_RETURN(const Sealed sealed, RowsAt(request.index()));
  for (const std::string& scope : request.scopes()) {
    for (const books::SealSums::PlacedRow& placed : sealed->sums.RowsOf(scope)) {
      ASSIGN_OR_RETURN(*rows.add_rows(), Prove(*sealed, placed));
    }
  }
  return rows;
}

}  // namespace ch8::node
