// An organization's witness on a disk of which every single change fails in turn: it cosigns
// nothing that it would not remember after a restart.
#include <gmock/gmock.h>

#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "services/federation/core/peer_log.h"
#include "services/federation/rpc/durable.h"
#include "services/kernel/refusal.h"
#include "services/kernel/rows.h"
#include "services/node/own_witness.h"
#include "services/node/toy_node.h"
#include "services/witness/core/heads.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/proof.h"
#include "storage/merkle/test_tree.h"
#include "tests/faults/failing_disk.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {
namespace {

namespace toy = kernel::toy;
using chapter8::federation::v1::AddCheckpointRequest;
using chapter8::witness::v1::WitnessedHead;
using node::OwnWitness;
using node::Sequencer;
using node::ToyNode;

constexpr char kOrigin[] = "au.example/ch8/finance";
constexpr uint64_t kHeads = 10;
constexpr int kSessions = 2;

const TestTree& Tree() {
  static const TestTree tree = TestTree::OfSize(kSessions * kHeads);
  return tree;
}

AddCheckpointRequest RequestFor(uint64_t old_size, uint64_t size, const Hash& root) {
  AddCheckpointRequest request;
  request.set_note(
      SignCheckpoint({.origin = kOrigin, .size = size, .root = root, .extension_lines = {}},
                     toy::KeyOf("au log"))
          .value());
  request.set_old_size(old_size);
  const std::vector<Hash> proof = ConsistencyProof(old_size, size, Tree()).value();
  for (const Hash& hash : proof) request.add_consistency_proof(std::string(hash.view()));
  return request;
}

// The own directory's word that the AU is pinned.
kernel::InboundEntry PinnedFact() {
  chapter8::directory::v1::OrganizationRecord record;
  record.set_organization("au");
  record.set_trust_domain("au.example");
  record.add_log_keys()->set_origin(kOrigin);
  record.mutable_log_keys(0)->set_public_key(std::string(toy::KeyOf("au log").public_key().view()));
  chapter8::directory::v1::SignedOrganizationRecord signed_record;
  signed_record.set_record(record.SerializeAsString());
  chapter8::directory::v1::DirectoryEvent fact;
  auto& organization = *fact.mutable_organization_recorded();
  organization.set_name("organizations/au");
  organization.set_trust_domain("au.example");
  organization.set_state(chapter8::directory::v1::Organization::PINNED);
  organization.set_signed_record(signed_record.SerializeAsString());
  kernel::InboundEntry inbound;
  inbound.delivered.origin = std::string(toy::kDirectoryOrigin);
  inbound.delivered.index = 7;
  inbound.delivered.entry.set_domain_event(fact.SerializeAsString());
  inbound.number = 1;
  chapter8::federation::v1::PeerState state;
  state.set_origin(std::string(toy::kDirectoryOrigin));
  inbound.peer_row = federation::PeerStateRow(state);
  return inbound;
}

// Shows the witness one head after the other until something fails.
class Workload {
 public:
  void Run(FailingDisk& disk, const std::function<void()>& begin) {
    for (int session = 0; session < kSessions; ++session) {
      const auto ledger = session == 0 ? RocksLedger::Create(disk.options(), toy::ToyGenesis())
                                       : RocksLedger::Open(disk.options());
      if (!ledger.ok()) return;
      const auto node = ToyNode::Open(
          {.ledger = ledger->get(), .state_directory = disk.state(), .boot_id = disk.boot_id()});
      if (!node.ok()) return;
      Sequencer& sequencer = (*node)->sequencer();
      if (session == 0) {
        ASSERT_THAT(federation::WaitDurable([&](kernel::Runner::Done done) {
                      sequencer.SubmitInbound({PinnedFact()}, std::move(done));
                    }),
                    IsOk());
        begin();
      }
      if (!ShowHeads(sequencer)) return;
    }
    completed_ = true;
  }

  uint64_t cosigned_size() const { return cosigned_size_; }
  bool completed() const { return completed_; }

 private:
  bool ShowHeads(Sequencer& sequencer) {
    OwnWitness witness({.runner = &sequencer,
                        .clock = &clock_,
                        .trust_domain = "un.example",
                        .key = toy::KeyOf("un witness")});
    for (uint64_t i = 0; i < kHeads; ++i) {
      const uint64_t size = cosigned_size_ + 1;
      const auto response =
          witness.AddCheckpoint(RequestFor(cosigned_size_, size, Tree().Root(size)));
      if (!response.ok()) return false;
      EXPECT_NE(response->cosigned_note(), "");
      cosigned_size_ = size;
    }
    return true;
  }

  const SystemClock clock_;
  uint64_t cosigned_size_ = 0;
  bool completed_ = false;
};

void ExpectRemembered(FailingDisk& disk, uint64_t cosigned_size) {
  const auto ledger = RocksLedger::Open(disk.options());
  ASSERT_THAT(ledger, IsOk());
  const auto node = ToyNode::Open(
      {.ledger = ledger->get(), .state_directory = disk.state(), .boot_id = disk.boot_id()});
  ASSERT_THAT(node, IsOk());
  const auto row =
      (*ledger)->WrittenView().Get(Table::kPeer, absl::StrCat(witness::kHeadPrefix, kOrigin));
  ASSERT_THAT(row, IsOk());
  const WitnessedHead head = witness::HeadFrom(kOrigin, *row).value();
  ASSERT_GE(head.size(), cosigned_size) << "it has forgotten what it cosigned";
  if (head.size() == 0) return;
  EXPECT_EQ(head.root(), Tree().Root(head.size()).view());

  const SystemClock clock;
  OwnWitness witness({.runner = &(*node)->sequencer(),
                      .clock = &clock,
                      .trust_domain = "un.example",
                      .key = toy::KeyOf("un witness")});
  const auto forked = witness.AddCheckpoint(RequestFor(head.size(), head.size(), Sha256("fork")));
  EXPECT_EQ(kernel::ReasonOf(forked.status()), "EQUIVOCATION");
}

void FailEvery(const Fault& fault) {
  const uint64_t changes = FailEveryChange([&](uint64_t n) {
    FailingDisk disk;
    Workload work;
    work.Run(disk, [&] { disk.FailAt(n, fault); });
    const bool failed = disk.failed();
    EXPECT_TRUE(failed || work.completed()) << "it stopped without a reason";
    disk.Restart(fault.after, n);
    ExpectRemembered(disk, work.cosigned_size());
    return failed;
  });
  EXPECT_GT(changes, 100u) << "the workload hardly touched the disk";
}

TEST(FailedWitnessWrites, TornThenPowerLoss) {
  FailEvery({.kind = FaultKind::kTorn, .after = After::kPowerLoss});
}

TEST(FailedWitnessWrites, OneErrorThenProcessCrash) {
  FailEvery({.kind = FaultKind::kError, .lasts = Lasts::kOnce, .after = After::kProcessCrash});
}

TEST(FailedWitnessWrites, FullDiskThenPowerLoss) {
  FailEvery({.kind = FaultKind::kNoSpace, .after = After::kPowerLoss});
}

}  // namespace
}  // namespace ch8::testing
