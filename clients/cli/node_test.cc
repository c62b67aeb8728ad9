#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chapter8/ledger/v1/administration_service.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "clients/cli/fake_node.h"
#include "tests/support/temp_dir.h"

// `ch8 node status`: every ledger, and what is wrong with it.
namespace ch8::cli {
namespace {

using ::ch8::testing::TempDir;
using ::testing::HasSubstr;
namespace v1 = ::chapter8::ledger::v1;

class NodeStatusTest : public ::testing::Test {
 protected:
  NodeStatusTest() {
    head_.set_size(166);
    v1::Peer& peer = *peers_.add_peers();
    peer.set_origin("au.example/ch8/finance");
    peer.set_verified_size(9);
    peer.set_verified_at_us(ExerciseOfficer().ledger_time_us() - 4'000'000);
    peer.set_waiting(3);
    peer.set_parked(2);
    v1::Peer& own = *peers_.add_peers();
    own.set_origin("un.example/ch8/directory");
    own.set_waiting(10);
  }

  Result Run() {
    cli_.node().Answer("GetHead", head_);
    cli_.node().Answer("ListPeers", peers_);
    return cli_.Run({"node", "status"});
  }

  TempDir dir_;
  CliHarness cli_{dir_.path().string()};
  v1::Head head_;
  v1::ListPeersResponse peers_;
};

TEST_F(NodeStatusTest, AsksEveryLedgerAndSumsWhatItReads) {
  const Result result = Run();
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(cli_.node().calls.size(), 14u) << "seven ledgers, each its head and its peers";
  EXPECT_THAT(result.out, HasSubstr("logistics"));
  EXPECT_THAT(result.out, ::testing::ContainsRegex("finance +166 +13 +2 +4 s ago +signs"));
}

TEST_F(NodeStatusTest, APartnerNeverHeardOfIsOlderThanAll) {
  peers_.mutable_peers(0)->set_verified_size(0);
  EXPECT_THAT(Run().out, HasSubstr("never"));
}

TEST_F(NodeStatusTest, ALedgerThatSignsNothingIsTold) {
  head_.set_not_signed_because("another boot");
  const Result result = Run();
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("signs nothing: another boot"));
}

TEST_F(NodeStatusTest, ALedgerThatCannotBeAskedHidesNoOther) {
  cli_.node().Answer("ListPeers", peers_);
  cli_.node().Handle("GetHead", [&](const client::WireCall& call) {
    v1::GetHeadRequest request;
    EXPECT_TRUE(request.ParseFromString(call.request));
    client::WireReply reply;
    if (request.origin() == "un.example/ch8/finance") {
      reply.status = absl::NotFoundError("not hosted here");
    } else {
      reply.reply = head_.SerializeAsString();
    }
    return reply;
  });
  const Result result = cli_.Run({"node", "status"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.out, HasSubstr("not hosted here"));
  EXPECT_THAT(result.out, HasSubstr("signs"));
}

}  // namespace
}  // namespace ch8::cli
