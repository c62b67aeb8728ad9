#include "services/node/peer_vouching.h"

#include <pthread.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "services/federation/core/backoff.h"
#include "services/federation/core/cosignatures.h"
#include "services/federation/core/records.h"
#include "services/federation/rpc/cosigner.h"
#include "services/federation/rpc/durable.h"
#include "services/kernel/rows.h"
#include "services/trust/record/record.h"
#include "storage/base/bytes.h"
#include "storage/base/ed25519.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/log_signers.h"

namespace ch8::node {
namespace {

using chapter8::directory::v1::OrganizationRecord;
using chapter8::federation::v1::AddCheckpointRequest;
using chapter8::federation::v1::AddCheckpointResponse;

constexpr absl::Duration kAskAgainMax = absl::Seconds(30);

bool Unvouched(const PeerVouching::Target& target) {
  return !target.keeper->vouched() && !absl::IsDataLoss(target.keeper->state());
}

}  // namespace

PeerVouching::PeerVouching(Options options)
    : options_(std::move(options)), thread_([this] { Run(); }) {}

PeerVouching::~PeerVouching() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
    ending_.notify_one();
  }
  thread_.join();
}

bool PeerVouching::ended() {
  std::lock_guard<std::mutex> lock(mutex_);
  return ended_;
}

void PeerVouching::Run() {
  pthread_setname_np(pthread_self(), "vouching");
  federation::Backoff backoff({.cap = kAskAgainMax});
  while (std::any_of(options_.targets.begin(), options_.targets.end(), Unvouched)) {
    for (const Target& target : options_.targets) {
      if (Unvouched(target) && !ended()) Ask(target);
    }
    std::unique_lock<std::mutex> lock(mutex_);
    const absl::Duration wait =
        backoff.NextWait(ByteReader(RandomBytes(sizeof(uint32_t))).ReadU32());
    if (ending_.wait_for(lock, absl::ToChronoMicroseconds(wait), [this] { return ended_; })) return;
  }
}

// That the log's keys stand for: one signed by a key beyond the size it is believed for is
// nobody's.
absl::StatusOr<std::optional<std::string>> PeerVouching::NewestNote(const Ledger& ledger) const {
  const LogSigners log = federation::LogSignersOf(options_.own_record, ledger.origin());
  ASSIGN_OR_RETURN(std::optional<std::string> note, ledger.NoteAtMost(ledger.durable_size()));
  const bool disowned = note.has_value() && absl::IsOutOfRange(OpenHead(*note, log, {}).status());
  if (!disowned || log.keys.size() < 2) return note;
  return ledger.NoteAtMost(log.keys[log.keys.size() - 2].until_size);
}

void PeerVouching::Ask(const Target& target) {
  const Ledger& ledger = target.runner->ledger();
  const absl::StatusOr<std::optional<std::string>> note = NewestNote(ledger);
  if (!note.ok() || !note->has_value()) return;  // Nothing was ever promised.
  const std::map<std::string, OrganizationRecord> peers =
      federation::NewestPinnedRecords(options_.pins);
  bool all = !peers.empty();
  for (const auto& [trust_domain, peer] : peers) {
    if (ended()) return;
    if (answered_.contains({ledger.origin(), trust_domain})) continue;
    const Answer answer = AskOne(target, peer, **note);
    if (answer == Answer::kContradicts) return;
    if (answer == Answer::kHolds) answered_.emplace(ledger.origin(), trust_domain);
    all = all && answer == Answer::kHolds;
  }
  if (all && target.keeper->Vouch().ok()) options_.on_vouched(ledger.origin());
}

// The one made before: gRPC does not try more often than it likes to, however many ask.
std::shared_ptr<grpc::Channel> PeerVouching::ChannelTo(const OrganizationRecord& peer) {
  std::shared_ptr<grpc::Channel>& channel =
      channels_[{peer.trust_domain(), trust::record::TargetOf(peer, "witness")}];
  if (channel != nullptr) return channel;
  auto made = options_.connect(peer.trust_domain(), trust::record::TargetOf(peer, "witness"));
  if (made.ok()) channel = *std::move(made);
  return channel;
}

PeerVouching::Answer PeerVouching::AskOne(const Target& target, const OrganizationRecord& peer,
                                          const std::string& note) {
  const Ledger& ledger = target.runner->ledger();
  const auto witness = federation::WitnessOf(peer);
  const std::shared_ptr<grpc::Channel> channel = witness.has_value() ? ChannelTo(peer) : nullptr;
  if (channel == nullptr) return Answer::kNone;
  AddCheckpointRequest request;
  request.set_note(note);
  const absl::StatusOr<AddCheckpointResponse> answer =
      federation::RemoteCosigner(channel).AddCheckpoint(request);
  if (!answer.ok()) return Answer::kNone;
  const std::unique_ptr<Snapshot> snapshot = ledger.TakeSnapshot();
  const kernel::SnapshotRows rows(*snapshot);
  const LogSigners log = federation::LogSignersOf(options_.own_record, ledger.origin());
  absl::StatusOr<std::optional<RowWrite>> row =
      federation::TakeCosignature(ledger, rows, log, *witness, answer->cosigned_note());
  if (absl::IsDataLoss(row.status())) {
    options_.on_contradicted(ledger.origin(), row.status());
    return Answer::kContradicts;
  }
  if (!row.ok()) return Answer::kNone;
  if (row->has_value()) {
    const absl::Status kept = federation::WaitDurable([&](kernel::Runner::Done done) {
      target.runner->SubmitPeerRows({**std::move(row)}, std::move(done));
    });
    if (!kept.ok()) return Answer::kNone;
  }
  return Answer::kHolds;
}

}  // namespace ch8::node
