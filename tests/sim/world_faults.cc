#include <algorithm>
#include <utility>

#include "storage/base/status_macros.h"
#include "tests/sim/world.h"

// What goes wrong with machines, disks, clocks and keys, and the liar's second history.
namespace ch8::sim {
namespace {

constexpr absl::Duration kYear = absl::Hours(24 * 365);

}  // namespace

absl::Status World::Fail() {
  const size_t n = AnyNode();
  if (liar_.has_value() && !forked_.has_value() && random_.OneIn(4)) Fork();
  switch (random_.Pick(9)) {
    case 0:
      if (Happens(Fault::kPartition, 1)) {
        // Now and then between two ledgers of one organization.
        const size_t other = OrganizationOf(AnyNode());
        cut_until_[std::minmax(OrganizationOf(n), other)] =
            step_ + 1 + static_cast<uint64_t>(random_.Pick(80));
      }
      return absl::OkStatus();
    case 1:
      return FailClock(n);
    case 2:
      nodes_[n]->clock().now = now_;
      return absl::OkStatus();
    case 3:
      if (!nodes_[n]->restored() && random_.OneIn(2)) nodes_[n]->TakeBackup();
      return absl::OkStatus();
    case 4:
      if (Enabled(Fault::kFalseRevocation) && IsForked(n)) return RevokeFalsely();
      return ChangeKey(n);
    default:
      return FailMachine(n);
  }
}

absl::Status World::ChangeKey(size_t n) {
  Node& node = *nodes_[n];
  const bool ready = node.vouched() && !node.restored() && node.signed_size() > 0;
  if (!ready || IsForked(n) || !Happens(Fault::kKeyChange, 3)) return absl::OkStatus();
  node.Sync();
  directory_.ChangeKey(node.origin(), node.signed_size());
  RETURN_IF_ERROR(Start(n, node.TakeNewKey()));
  node.LearnRecord(node.trust_domain());
  return absl::OkStatus();
}

absl::Status World::RevokeFalsely() {
  Node& first = *nodes_[*forked_];
  Node& twin = *nodes_.back();
  const LogSigners signers = directory_.SignersOf(first.origin());
  const uint64_t least = signers.keys.size() < 2 ? 1 : signers.keys.rbegin()[1].until_size + 1;
  const bool ready = twin.vouched() && !twin.restored() && twin.signed_size() > least;
  if (!ready || twin.signers().keys != first.signers().keys) return absl::OkStatus();
  faults_.Count(Fault::kFalseRevocation);
  const auto span = static_cast<int64_t>(twin.signed_size() - least);
  directory_.ChangeKey(first.origin(), least + static_cast<uint64_t>(random_.Pick(span)));
  RETURN_IF_ERROR(Start(nodes_.size() - 1, twin.TakeNewKey()));
  twin.LearnRecord(twin.trust_domain());
  return absl::OkStatus();
}

void World::TellRecord() {
  const size_t to = AnyNode();
  const size_t about = OrganizationOf(AnyNode());
  nodes_[to]->LearnRecord(witnesses_[about]->node().trust_domain());
}

absl::Status World::FailMachine(size_t n) {
  Node& node = *nodes_[n];
  if (node.restored()) return Start(n, node.RestoreTruth());
  const Fault restore = node.service() == "witness" ? Fault::kWitnessRestore : Fault::kRestore;
  if (node.has_backup() && Happens(restore, 6)) {
    const absl::Status started = node.RestoreBackup();
    if (!node.restored()) {
      auditor_.Forget(node);
      answers_[n].clear();
    }
    return Start(n, started);
  }
  if (Happens(Fault::kReboot, 4)) return Start(n, node.Reboot());
  const Fault crash = node.has_unsynced()    ? Fault::kCrashUnsynced
                      : node.has_unflushed() ? Fault::kCrashPages
                                             : Fault::kCrash;
  return Happens(crash, 1) ? Start(n, node.Restart()) : absl::OkStatus();
}

absl::Status World::FailClock(size_t n) {
  SimClock& clock = nodes_[n]->clock();
  if (Happens(Fault::kClockForward, 3)) {
    clock.now +=
        random_.OneIn(2) ? absl::Minutes(1 + random_.Pick(60)) : kYear * (1 + random_.Pick(40));
  } else if (Happens(Fault::kClockBack, 3)) {
    clock.now -=
        random_.OneIn(2) ? absl::Minutes(1 + random_.Pick(60)) : kYear * (1 + random_.Pick(40));
  }
  return absl::OkStatus();
}

// The liar's ledger goes on twice from here, each as if it were the only one.
void World::Fork() {
  const size_t first = NodeOf(*liar_, random_.OneIn(2) ? "finance" : "logistics");
  const Node& node = *nodes_[first];
  if (node.restored()) return;
  std::vector<std::string> others;
  for (const auto& witness : witnesses_) {
    if (witness->node().id() != node.id()) others.push_back(witness->node().id());
  }
  Notice(auditor_.Read(node));
  AddNode({.id = node.id(), .service = node.service(), .others = std::move(others)});
  forked_ = first;
  nodes_.back()->BeginAsTwinOf(node);
  auditor_.Fork(node, *nodes_.back());
}

}  // namespace ch8::sim
