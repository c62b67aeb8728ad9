#include "services/federation/core/peers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/federation/core/federation_test_fixture.h"
#include "services/federation/core/peer_log.h"
#include "services/kernel/authority.h"
#include "services/kernel/entry_form.h"
#include "services/kernel/refusal.h"
#include "tests/support/status_matchers.h"

namespace ch8::federation {
namespace {

using ::ch8::testing::IsOk;
using chapter8::directory::v1::DirectoryEvent;
using chapter8::directory::v1::Organization;
using chapter8::federation::v1::PeerState;
using chapter8::ledger::v1::ListPeersRequest;
using chapter8::ledger::v1::ListPeersResponse;
using ::testing::ElementsAre;

// The rows of the UN's finance ledger, which has pinned the AU and ECOWAS and heard from the AU.
class PeersTest : public ::testing::Test {
 protected:
  PeersTest() {
    Pin("organizations/un", "un.example", true);
    Pin("organizations/au", kAu, false);
    Pin("organizations/ecowas", "ecowas.example", false);
    PeerState au;
    au.set_origin("au.example/ch8/finance");
    au.set_verified_size(40);
    au.set_checkpoint_note("the note");
    au.set_verified_at_us(1'772'442'720'000'000);
    au.set_last_number(7);
    au.set_newest_number(9);
    const RowWrite row = PeerStateRow(au);
    rows_.Put(row.table, row.key, *row.value);
    rows_.Put(Table::kPeer, kernel::ParkedKey("au.example/ch8/finance", 6), "");
    rows_.Put(Table::kPeer, kernel::ParkedKey("au.example/ch8/finance", 7), "");
  }

  void Pin(const std::string& name, const std::string& trust_domain, bool own) {
    DirectoryEvent event;
    Organization& organization = *event.mutable_organization_recorded();
    organization.set_name(name);
    organization.set_trust_domain(trust_domain);
    organization.set_state(Organization::PINNED);
    organization.set_own(own);
    kernel::ApplyFact(event, rows_);
  }
  static ListPeersRequest RequestOf(const std::string& origin, int page_size = 0) {
    ListPeersRequest request;
    request.set_origin(origin);
    request.set_page_size(page_size);
    return request;
  }

  const TestLog log_{"un.example/ch8/finance"};
  const std::unique_ptr<Snapshot> snapshot_ = log_.ledger().TakeSnapshot();
  const kernel::SnapshotRows base_{*snapshot_};
  kernel::Rows rows_{base_};
};

std::vector<std::string> OriginsOf(const ListPeersResponse& response) {
  std::vector<std::string> origins;
  for (const auto& peer : response.peers()) origins.push_back(peer.origin());
  return origins;
}

TEST_F(PeersTest, TellsHowFarAPeerIsRead) {
  const auto peers = ListPeers(rows_, RequestOf("un.example/ch8/finance"));
  ASSERT_THAT(peers, IsOk());
  ASSERT_EQ(peers->peers(0).origin(), "au.example/ch8/finance");
  EXPECT_EQ(peers->peers(0).verified_size(), 40U);
  EXPECT_EQ(peers->peers(0).checkpoint_note(), "the note");
  EXPECT_EQ(peers->peers(0).verified_at_us(), 1'772'442'720'000'000);
  EXPECT_EQ(peers->peers(0).taken(), 7U);
  EXPECT_EQ(peers->peers(0).waiting(), 2U);
  EXPECT_EQ(peers->peers(0).parked(), 2U);
}

TEST_F(PeersTest, ListsThosePinnedAndNeverHeard) {
  const auto peers = ListPeers(rows_, RequestOf("un.example/ch8/finance"));
  ASSERT_THAT(peers, IsOk());
  EXPECT_THAT(OriginsOf(*peers), ElementsAre("au.example/ch8/finance", "ecowas.example/ch8/finance",
                                             "un.example/ch8/directory"));
  EXPECT_EQ(peers->peers(1).verified_size(), 0U);
  EXPECT_EQ(peers->peers(1).verified_at_us(), 0);
}

TEST_F(PeersTest, PagesGoOnWhereTheyEnded) {
  ListPeersRequest request = RequestOf("un.example/ch8/finance", 2);
  const auto first = ListPeers(rows_, request);
  ASSERT_THAT(first, IsOk());
  EXPECT_THAT(OriginsOf(*first),
              ElementsAre("au.example/ch8/finance", "ecowas.example/ch8/finance"));
  request.set_page_token(first->next_page_token());
  const auto second = ListPeers(rows_, request);
  ASSERT_THAT(second, IsOk());
  EXPECT_THAT(OriginsOf(*second), ElementsAre("un.example/ch8/directory"));
  EXPECT_EQ(second->next_page_token(), "");
}

TEST_F(PeersTest, ADirectoryReadsNobody) {
  const TestLog directory("un.example/ch8/directory");
  const std::unique_ptr<Snapshot> snapshot = directory.ledger().TakeSnapshot();
  const kernel::SnapshotRows rows(*snapshot);
  const auto peers = ListPeers(rows, RequestOf("un.example/ch8/directory"));
  ASSERT_THAT(peers, IsOk());
  EXPECT_EQ(peers->peers_size(), 0);
}

TEST_F(PeersTest, ABrokenRowIsNotGuessed) {
  rows_.Put(Table::kPeer, PeerStateKey("au.example/ch8/finance"), "\xff");
  EXPECT_EQ(kernel::ReasonOf(ListPeers(rows_, RequestOf("un.example/ch8/finance")).status()),
            "STATE_BROKEN");
}

TEST_F(PeersTest, EvidenceIsKeptOnceForEachSizeAndListedByLedger) {
  const auto keep = [&](const std::string& origin, int size, const std::string& first,
                        const std::string& second) {
    chapter8::federation::v1::Equivocation evidence;
    evidence.set_origin(origin);
    evidence.set_first_note(absl::StrCat(origin, "\n", size, "\n", first));
    evidence.set_second_note(absl::StrCat(origin, "\n", size, "\n", second));
    const RowWrite row = EvidenceRow(evidence);
    rows_.Put(row.table, row.key, *row.value);
  };
  keep("ecowas.example/ch8/finance", 9, "head", "another");
  keep("au.example/ch8/finance", 9, "head", "another");
  keep("au.example/ch8/finance", 9, "head with one more signature", "and another");
  keep("au.example/ch8/finance", 10, "newer head", "another");
  EXPECT_EQ(CountEvidence(rows_), 3U);

  chapter8::ledger::v1::ListEvidenceRequest request;
  request.set_page_size(2);
  const auto first = ListEvidence(rows_, request);
  ASSERT_THAT(first, IsOk());
  ASSERT_EQ(first->evidence_size(), 2);
  EXPECT_EQ(first->evidence(0).origin(), "au.example/ch8/finance");
  EXPECT_EQ(first->evidence(1).origin(), "au.example/ch8/finance");
  request.set_page_token(first->next_page_token());
  const auto second = ListEvidence(rows_, request);
  ASSERT_THAT(second, IsOk());
  ASSERT_EQ(second->evidence_size(), 1);
  EXPECT_EQ(second->evidence(0).origin(), "ecowas.example/ch8/finance");
  EXPECT_EQ(second->evidence(0).first_note(), "ecowas.example/ch8/finance\n9\nhead");
  EXPECT_EQ(second->next_page_token(), "");
}

}  // namespace
}  // namespace ch8::federation
