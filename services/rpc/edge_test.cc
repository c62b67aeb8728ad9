#include "services/rpc/edge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "chapter8/books/v1/transfer_service.pb.h"
#include "chapter8/ledger/v1/administration_service.pb.h"
#include "services/kernel/refusal.h"
#include "services/rpc/test_node.h"
#include "tests/support/node_wait.h"
#include "tests/support/temp_dir.h"

namespace ch8::rpc::testing {
namespace {

constexpr char kOkoye[] = "spiffe://un.example/officer/okoye";
constexpr char kFinance[] = "un.example/ch8/finance";
constexpr char kCreateFund[] = "/chapter8.finance.v1.FundService/CreateFund";
constexpr char kGetFund[] = "/chapter8.finance.v1.FundService/GetFund";
constexpr char kWhoAmI[] = "/chapter8.directory.v1.DirectoryService/WhoAmI";
constexpr char kGetHead[] = "/chapter8.ledger.v1.AdministrationService/GetHead";
constexpr char kPostTransfers[] = "/chapter8.books.v1.TransferService/PostTransfers";

// A runner that answers OK with a receipt and says which ledger it is.
void AnswerOk(FakeRunner& runner) {
  runner.set_answer([&runner](const kernel::Command&) {
    kernel::Outcome outcome;
    outcome.reply = runner.ledger().origin();
    outcome.receipt.set_origin(runner.ledger().origin());
    outcome.receipt.set_index(41);
    outcome.receipt.set_leaf_hash(std::string(32, 'h'));
    return outcome;
  });
}

class EdgeTest : public ::testing::Test {
 protected:
  EdgeTest() {
    AnswerOk(node_.finance());
    AnswerOk(node_.directory());
  }

  std::string Act(const std::string& method, const std::string& request,
                  absl::Duration life = absl::Minutes(5), const std::string& origin = kFinance) {
    return ActFor(key_, origin, method, request, absl::Now() + life);
  }

  void ExpectRefused(const Reply& reply, grpc::StatusCode code, const std::string& reason) {
    EXPECT_EQ(reply.status.error_code(), code) << reply.status.error_message();
    EXPECT_EQ(reply.info.reason(), reason);
    EXPECT_FALSE(reply.receipt.has_value());
  }

  const ch8::testing::TempDir dir_;
  TestNode node_{dir_.path().string()};
  const SigningKey key_ = SigningKey::Generate();
  const std::shared_ptr<grpc::Channel> okoye_ = node_.As(kOkoye);
};

TEST_F(EdgeTest, ASignedActReachesItsLedgerWithTheBytesAsSent) {
  // Not what any serializer would write: the field twice. It must arrive as it is.
  const std::string request =
      "\x0a\x01"
      "a"
      "\x0a\x01"
      "b";
  const Reply reply =
      Call(okoye_, kCreateFund, {.request = request, .acts = {Act(kCreateFund, request)}});
  ASSERT_TRUE(reply.status.ok()) << reply.status.error_message();
  EXPECT_EQ(reply.bytes, kFinance);
  ASSERT_TRUE(reply.receipt.has_value());
  EXPECT_EQ(reply.receipt->index(), 41u);
  EXPECT_EQ(reply.receipt->origin(), kFinance);
  ASSERT_EQ(node_.finance().commands().size(), 1u);
  const kernel::Command command = node_.finance().commands().front();
  EXPECT_EQ(command.method, kCreateFund);
  EXPECT_EQ(command.request, request);
  EXPECT_EQ(command.request_digest, Sha256(request));
  EXPECT_EQ(command.caller.kind, chapter8::authz::v1::OFFICER);
  EXPECT_EQ(command.caller.trust_domain, "un.example");
  EXPECT_EQ(command.caller.id, "officer/okoye");
  ASSERT_TRUE(command.act.has_value());
  EXPECT_EQ(command.act->public_key(), key_.public_key().view());
}

TEST_F(EdgeTest, EachPackageIsAnsweredByItsLedger) {
  EXPECT_EQ(Call(okoye_, kGetFund).bytes, kFinance);
  EXPECT_EQ(Call(okoye_, kPostTransfers).bytes, kFinance);
  EXPECT_EQ(Call(okoye_, kWhoAmI).bytes, "un.example/ch8/directory");
  chapter8::ledger::v1::GetHeadRequest head;
  for (const char* origin : {"un.example/ch8/directory", kFinance}) {
    head.set_origin(origin);
    EXPECT_EQ(Call(okoye_, kGetHead, {.request = head.SerializeAsString()}).bytes, origin);
  }
  head.set_origin("au.example/ch8/finance");
  ExpectRefused(Call(okoye_, kGetHead, {.request = head.SerializeAsString()}), grpc::NOT_FOUND,
                "UNKNOWN_LEDGER");
}

TEST_F(EdgeTest, AnActIsGoodForItsKeyLedgerMethodBytesAndTimeOnly) {
  const std::string request =
      "\x0a\x01"
      "a";
  const auto call = [&](const std::vector<std::string>& acts) {
    return Call(okoye_, kCreateFund, {.request = request, .acts = acts});
  };
  ExpectRefused(call({}), grpc::UNAUTHENTICATED, "ACT_NOT_SIGNED");
  ExpectRefused(call({"no signed act"}), grpc::INVALID_ARGUMENT, "BAD_ACT");
  const std::string good = Act(kCreateFund, request);
  ExpectRefused(call({good, good}), grpc::INVALID_ARGUMENT, "BAD_ACT");
  std::string forged = good;
  forged.back() = static_cast<char>(forged.back() ^ 1);
  ExpectRefused(call({forged}), grpc::UNAUTHENTICATED, "ACT_FORGED");
  ExpectRefused(call({Act(kCreateFund, request + "\x0a\x01"
                                                 "b")}),
                grpc::UNAUTHENTICATED, "ACT_FORGED");
  ExpectRefused(call({Act(kGetFund, request)}), grpc::UNAUTHENTICATED, "ACT_FORGED");
  ExpectRefused(call({Act(kCreateFund, request, absl::Minutes(5), "un.example/ch8/directory")}),
                grpc::UNAUTHENTICATED, "ACT_FORGED");
  ExpectRefused(call({Act(kCreateFund, request, -absl::Minutes(1))}), grpc::FAILED_PRECONDITION,
                "EXPIRED");
  ExpectRefused(call({Act(kCreateFund, request, absl::Hours(24 * 8))}), grpc::INVALID_ARGUMENT,
                "BAD_ACT");
  EXPECT_TRUE(node_.finance().commands().empty());
  EXPECT_TRUE(call({good}).status.ok());
}

TEST_F(EdgeTest, ARefusalArrivesWithItsDetailsAndItsReceipt) {
  node_.finance().set_answer([](const kernel::Command&) {
    kernel::Outcome outcome;
    outcome.status = kernel::Refuse({.domain = "finance.chapter8",
                                     .reason = "INSUFFICIENT",
                                     .message = "too little",
                                     .metadata = {{"wanted", "5"}}});
    outcome.receipt.set_origin(kFinance);
    outcome.receipt.set_index(9);
    return outcome;
  });
  const Reply reply = Call(okoye_, kGetFund);
  EXPECT_EQ(reply.status.error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_EQ(reply.info.metadata().at("wanted"), "5");
  ASSERT_TRUE(reply.receipt.has_value());
  EXPECT_EQ(reply.receipt->index(), 9u);
}

TEST_F(EdgeTest, BadBytesAreRefusedAndReachNoLedger) {
  chapter8::ledger::v1::GetHeadRequest head;
  head.set_origin(kFinance);
  const std::string good = head.SerializeAsString();
  ExpectRefused(Call(okoye_, kGetHead, {.request = good + "\xff"}), grpc::INVALID_ARGUMENT,
                "MALFORMED_REQUEST");
  ExpectRefused(Call(okoye_, kGetHead, {.request = good + "\xa0\x06\x01"}), grpc::INVALID_ARGUMENT,
                "UNKNOWN_FIELD");
  ExpectRefused(Call(okoye_, kGetHead, {.request = "\x0a\x01\xff"}), grpc::INVALID_ARGUMENT,
                "MALFORMED_REQUEST");
  EXPECT_TRUE(node_.finance().commands().empty());
}

TEST_F(EdgeTest, AMessageOfTheLimitPassesAndOneByteMoreDoesNot) {
  const Reply most = Call(okoye_, kPostTransfers, {.request = std::string(kRequestSizeMax, 'x')});
  EXPECT_TRUE(most.status.ok()) << most.status.error_message();
  const Reply more =
      Call(okoye_, kPostTransfers, {.request = std::string(kRequestSizeMax + 1, 'x')});
  EXPECT_EQ(more.status.error_code(), grpc::RESOURCE_EXHAUSTED) << more.status.error_message();
  EXPECT_EQ(node_.finance().commands().size(), 1u);
  EXPECT_TRUE(Call(okoye_, kPostTransfers).status.ok()) << "the connection goes on";
}

TEST_F(EdgeTest, UnknownMethodsAreUnimplementedForTheAuthenticatedOnly) {
  for (const char* method : {"/no.such.Service/Method", "/chapter8.finance.v1.FundService/Drop",
                             "/grpc.health.v1.Health/Check",
                             "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"}) {
    ExpectRefused(Call(okoye_, method), grpc::UNIMPLEMENTED, "NO_SUCH_METHOD");
    ExpectRefused(Call(node_.Plaintext(), method), grpc::UNAUTHENTICATED, "NO_IDENTITY");
  }
}

TEST_F(EdgeTest, ACallerThatGoesAwayLeavesItsRequestRunning) {
  Call(okoye_, kGetFund);  // Connects.
  node_.finance().Hold();
  const Reply reply = Call(okoye_, kGetFund, {.timeout = absl::Seconds(1)});
  EXPECT_EQ(reply.status.error_code(), grpc::DEADLINE_EXCEEDED);
  ASSERT_EQ(node_.finance().commands().size(), 2u);
  // The caller's end is told by the connection, some moments later.
  EXPECT_TRUE(ch8::testing::WaitUntil([&] { return !node_.finance().commands()[1].is_wanted(); }))
      << "a read that takes long may ask";
  node_.finance().Release();
  node_.AwaitRecords(2);
  bool wanted = false;
  node_.finance().set_answer([&](const kernel::Command& command) {
    wanted = command.is_wanted();
    return kernel::Outcome();
  });
  EXPECT_TRUE(Call(okoye_, kGetFund).status.ok());
  EXPECT_TRUE(wanted);
}

TEST_F(EdgeTest, EveryCallIsRecordedOnce) {
  Call(okoye_, kGetFund);
  Call(okoye_, "/no.such.Service/Method");
  Call(node_.Plaintext(), kGetFund);
  node_.AwaitRecords(3);
  const std::vector<CallRecord> records = node_.records();
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records[0].method, kGetFund);
  EXPECT_EQ(records[0].caller, kOkoye);
  EXPECT_EQ(records[0].code, absl::StatusCode::kOk);
  EXPECT_EQ(records[0].receipt_index, 41u);
  EXPECT_FALSE(records[1].is_known);
  EXPECT_EQ(records[1].reason, "NO_SUCH_METHOD");
  EXPECT_EQ(records[2].code, absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(records[2].caller, "");
}

TEST(EdgeLimitsTest, ACallerHasItsShareAndNoMore) {
  const ch8::testing::TempDir dir;
  TestNode node(dir.path().string(),
                [](Edge::Options& options) { options.calls_per_caller_max = 3; });
  AnswerOk(node.finance());
  node.finance().Hold();
  const auto okoye = node.As(kOkoye);
  std::vector<Reply> replies(3);
  std::vector<std::thread> callers;
  for (Reply& reply : replies) {
    callers.emplace_back([&reply, &okoye] { reply = Call(okoye, kGetFund); });
  }
  node.finance().AwaitHeld(3);
  const Reply fourth = Call(okoye, kGetFund);
  EXPECT_EQ(fourth.status.error_code(), grpc::UNAVAILABLE);
  EXPECT_EQ(fourth.info.reason(), "TOO_MANY_CALLS");
  EXPECT_TRUE(fourth.has_retry_info);
  EXPECT_EQ(Call(node.As("spiffe://un.example/officer/mensah"), kWhoAmI).status.error_code(),
            grpc::PERMISSION_DENIED)
      << "others go on, as far as the kernel lets them";
  node.finance().Release();
  for (std::thread& caller : callers) caller.join();
  for (const Reply& reply : replies) EXPECT_TRUE(reply.status.ok());
  EXPECT_TRUE(Call(okoye, kGetFund).status.ok());
}

}  // namespace
}  // namespace ch8::rpc::testing
