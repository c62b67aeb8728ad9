#include "services/federation/rpc/feed.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/federation/core/backoff.h"
#include "services/federation/core/peer_log.h"
#include "services/federation/core/witnessed_heads.h"
#include "services/federation/rpc/durable.h"
#include "services/kernel/refusal.h"
#include "storage/base/bytes.h"
#include "storage/base/status_macros.h"

namespace ch8::federation {
namespace {

using chapter8::federation::v1::PullRequest;
using chapter8::federation::v1::PullResponse;

constexpr absl::Duration kWait = absl::Seconds(10);
// When something begins to wait for witnesses, and twice as long each time that they do not do:
// what they sign is no entry that would end the wait.
constexpr absl::Duration kWaitForWitnesses = absl::Seconds(1);
// How often a source that has nothing new is remembered to have answered.
constexpr absl::Duration kRemember = absl::Seconds(30);

// Whether it says that the source's heads do not hold, and not that the own witness is away, or has
// not heard of a record with a new key that this ledger knows.
bool IsOfTheSource(const absl::Status& status) {
  return absl::IsInvalidArgument(status) || absl::IsOutOfRange(status) || absl::IsDataLoss(status);
}

}  // namespace

Feed::Feed(Options options) : options_(std::move(options)) {
  health_.origin = options_.origin;
  success_at_ = options_.clock->SinceBoot();
  thread_ = std::thread([this] { Run(); });
}

Feed::~Feed() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stop_ = true;
    stop_wanted_.notify_all();
  }
  options_.source->Cancel();
  thread_.join();
}

FeedHealth Feed::health() const {
  std::lock_guard<std::mutex> lock(mutex_);
  FeedHealth health = health_;
  health.since_success = options_.clock->SinceBoot() - success_at_;
  return health;
}

void Feed::Run() {
  Backoff backoff;
  while (!stop_) {
    const absl::Status status = Step();
    if (stop_) return;
    Note(status);
    if (status.ok()) {
      backoff.Reset();
    } else {
      Pause(backoff.NextWait(ByteReader(RandomBytes(sizeof(uint32_t))).ReadU32()));
    }
  }
}

// Reads where the ledger stands, pulls one page and takes it. The state is the ledger's own row, so
// that a page whose commit failed is asked for again.
absl::Status Feed::Step() {
  const std::unique_ptr<Snapshot> snapshot = options_.runner->ledger().TakeSnapshot();
  ASSIGN_OR_RETURN(const std::optional<std::string> row,
                   snapshot->Get(Table::kPeer, PeerStateKey(options_.origin)));
  ASSIGN_OR_RETURN(chapter8::federation::v1::PeerState kept, PeerStateFrom(options_.origin, row));
  if (kept.last_number() > state_.last_number() || kept.verified_size() > state_.verified_size() ||
      state_.origin().empty()) {
    state_ = std::move(kept);
  }
  FetchBodies();
  PullRequest request = NextPull(state_);
  // The first answer after a start says at once how fresh the facts are.
  const bool first = remembered_at_ == absl::InfinitePast();
  const absl::Duration wait = AskForWitnesses(kernel::SnapshotRows(*snapshot), request);
  request.set_wait_ms(first ? 0 : static_cast<uint32_t>(absl::ToInt64Milliseconds(wait)));
  if (first || cosigned_unsent_) request.set_cosigned_note(state_.cosigned_note());
  ASSIGN_OR_RETURN(const PullResponse response, options_.source->Pull(request));
  cosigned_unsent_ = false;
  return Take(request, response);
}

absl::Duration Feed::AskForWitnesses(const kernel::RowReader& rows, PullRequest& request) {
  const auto wanted = options_.runner->WantedWitnesses(options_.origin);
  if (wanted.has_value()) AskForWitnessedHeads(Log(), rows, *wanted, request);
  if (!wanted.has_value() || !wanted->waits) return kWait;
  const bool still = awaited_size_ == wanted->size;
  witness_wait_ = still ? std::min(2 * witness_wait_, kWait) : kWaitForWitnesses;
  awaited_size_ = wanted->size;
  return witness_wait_;
}

PeerLog Feed::Log() const {
  return {
      .origin = options_.origin, .keys = options_.log_keys, .trust_domain = options_.trust_domain};
}

absl::Status Feed::Take(const PullRequest& request, const PullResponse& response) {
  const absl::Time now = options_.clock->Now();
  absl::StatusOr<VerifiedPage> page = VerifyPull(Log(), state_, request, response, now);
  if (!page.ok()) {
    KeepEvidence(page.status());
    // It may be that the revocation goes too far: the witness knows what it has cosigned.
    if (absl::IsOutOfRange(page.status())) ShowToWitness(response.checkpoint_note());
    return Doubt(page.status());
  }
  if (page->grown && options_.before_head) {
    RETURN_IF_ERROR(options_.before_head(page->state.verified_size()));
  }
  if (page->grown && options_.witness != nullptr) {
    const absl::Status witnessed = HaveWitnessed(*page, response);
    if (IsOfTheSource(witnessed)) return Doubt(witnessed);
    RETURN_IF_ERROR(witnessed);
    page->state.set_cosigned_note(state_.cosigned_note());
  }
  if (!page->entries.empty()) {
    RETURN_IF_ERROR(SubmitAndWait(std::move(page->entries)));
    bodies_missing_ = true;
    remembered_at_ = now;
  } else if (page->grown || absl::AbsDuration(now - remembered_at_) >= kRemember) {
    RETURN_IF_ERROR(KeepRows({PeerStateRow(page->state)}));
    remembered_at_ = now;
  }
  state_ = std::move(page->state);
  if (response.cosigned().empty()) return absl::OkStatus();
  return TakeWitnessed(response);
}

absl::Status Feed::TakeWitnessed(const PullResponse& response) {
  const auto wanted = options_.runner->WantedWitnesses(options_.origin);
  if (!wanted.has_value()) return absl::OkStatus();
  const std::unique_ptr<Snapshot> snapshot = options_.runner->ledger().TakeSnapshot();
  const kernel::SnapshotRows rows(*snapshot);
  auto heads = VerifyWitnessedHeads(Log(), state_, rows, *wanted, response);
  if (!heads.ok()) {
    const auto figures = kernel::ErrorInfoOf(heads.status()).metadata();
    for (const auto& head : response.cosigned()) {
      if (figures.contains("witness") && head.witness() == figures.at("witness")) {
        ShowToWitness(head.note());
      }
    }
    return Doubt(heads.status());
  }
  if (heads->empty()) return rows.status();
  return WaitDurable([&](kernel::Runner::Done done) {
    options_.runner->SubmitWitnessed(*std::move(heads), std::move(done));
  });
}

absl::Status Feed::Doubt(const absl::Status& status) {
  std::lock_guard<std::mutex> lock(mutex_);
  health_.last_error = status;
  ++health_.verification_failures;
  return status;
}

// Before anything of the page is taken.
absl::Status Feed::HaveWitnessed(const VerifiedPage& page, const PullResponse& response) {
  VerifiedHead head{
      .checkpoint = {.origin = options_.origin, .size = page.state.verified_size(), .root = Hash()},
      .note = response.checkpoint_note(),
      .verified_size = state_.verified_size(),
      .extension = {response.consistency_proof().begin(), response.consistency_proof().end()}};
  ASSIGN_OR_RETURN(head.checkpoint.root, Hash::FromBytes(page.state.verified_root()));
  ASSIGN_OR_RETURN(const std::string cosigned,
                   HaveCosigned(*options_.witness, options_.own_witness, *options_.source,
                                {.origin = options_.origin, .keys = options_.log_keys}, head));
  state_.set_cosigned_note(cosigned);
  cosigned_unsent_ = true;
  return absl::OkStatus();
}

void Feed::FetchBodies() {
  if (!bodies_missing_) return;
  bodies_missing_ = false;
  for (const Hash& digest : options_.runner->MissingBodies(options_.origin)) {
    if (stop_) return;
    absl::StatusOr<std::string> bytes = options_.source->FetchBody(options_.origin, digest);
    // Bytes of another digest are no body, whoever sends them; nor is what no node stores.
    const bool kept = bytes.ok() && bytes->size() <= Hash::kSize + kernel::kBodyContentSizeMax &&
                      Sha256(*bytes) == digest &&
                      options_.runner->KeepBody({digest, *std::move(bytes)}).ok();
    if (!kept) bodies_missing_ = true;
  }
}

// Two heads that contradict each other prove, to anyone, that the other ledger shows two histories.
void Feed::KeepEvidence(const absl::Status& status) {
  const auto evidence = EvidenceOf(status);
  if (!evidence.has_value()) return;
  KeepRows({EvidenceRow(*evidence)}).IgnoreError();
  // The witness ends all trust in that ledger, if it stands where the two histories part.
  ShowToWitness(evidence->second_note());
}

void Feed::ShowToWitness(const std::string& note) {
  if (options_.witness == nullptr) return;
  chapter8::federation::v1::AddCheckpointRequest shown;
  shown.set_note(note);
  shown.set_old_size(state_.verified_size());
  options_.witness->AddCheckpoint(shown).IgnoreError();
}

absl::Status Feed::KeepRows(std::vector<RowWrite> rows) {
  return WaitDurable([&](kernel::Runner::Done done) {
    options_.runner->SubmitPeerRows(std::move(rows), std::move(done));
  });
}

absl::Status Feed::SubmitAndWait(std::vector<kernel::InboundEntry> inbound) {
  return WaitDurable([&](kernel::Runner::Done done) {
    options_.runner->SubmitInbound(std::move(inbound), std::move(done));
  });
}

void Feed::Note(const absl::Status& status) {
  const bool as_before =
      status.code() == told_.code() && kernel::ReasonOf(status) == kernel::ReasonOf(told_);
  if (!as_before && options_.told) options_.told(status);
  told_ = status;
  std::lock_guard<std::mutex> lock(mutex_);
  health_.last_error = status;
  health_.verified_size = state_.verified_size();
  health_.last_number = state_.last_number();
  if (status.ok()) success_at_ = options_.clock->SinceBoot();
}

void Feed::Pause(absl::Duration pause) {
  std::unique_lock<std::mutex> lock(mutex_);
  stop_wanted_.wait_for(lock, absl::ToChronoMicroseconds(pause), [this] { return stop_.load(); });
}

}  // namespace ch8::federation
