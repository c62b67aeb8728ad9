#include "clients/lib/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <utility>
#include <vector>

#include "chapter8/books/v1/transfer_service.pb.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "clients/lib/status_details.h"
#include "services/trust/act.h"
#include "tests/support/status_matchers.h"

namespace ch8::client {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using ::chapter8::books::v1::Balance;
using ::chapter8::books::v1::GetBalanceRequest;
using ::chapter8::finance::v1::MakeOfferRequest;
using ::chapter8::finance::v1::Offer;

class StoppedClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::FromUnixSeconds(1795521600); }
  absl::Duration SinceBoot() const override { return absl::Hours(1); }
};

// Answers what it is told to, and remembers what was sent.
class ScriptedTransport final : public Transport {
 public:
  WireReply Send(const WireCall& call) override {
    calls.push_back(call);
    WireReply reply = replies.front();
    if (replies.size() > 1) replies.erase(replies.begin());
    return reply;
  }
  std::vector<WireReply> replies;
  std::vector<WireCall> calls;
};

class ClientTest : public ::testing::Test {
 protected:
  Client MakeClient(std::optional<SigningKey> key) {
    return Client(transport_, RetryWorld{.clock = clock_, .sleep = [](absl::Duration) {}},
                  ClientOptions{.trust_domain = "un.example", .act_key = std::move(key)});
  }
  static MakeOfferRequest OfferRequest() {
    MakeOfferRequest request;
    request.set_request_id("3b241101-e2bb-4255-8caf-4136c566a962");
    request.mutable_resource()->set_request("requests/REQ-AU-26-0041");
    return request;
  }

  const google::protobuf::MethodDescriptor& make_offer_ =
      FindMethod("chapter8.finance.v1.OfferService.MakeOffer");
  const google::protobuf::MethodDescriptor& get_balance_ =
      FindMethod("chapter8.books.v1.TransferService.GetBalance");
  StoppedClock clock_;
  ScriptedTransport transport_;
  SigningKey key_ = SigningKey::Generate();
};

TEST_F(ClientTest, SignsExactlyTheBytesSent) {
  transport_.replies = {WireReply{}};
  Client client = MakeClient(key_);
  Offer offer;
  ASSERT_THAT(client.Call(make_offer_, OfferRequest(), offer), IsOk());
  ASSERT_EQ(transport_.calls.size(), 1u);
  const WireCall& call = transport_.calls[0];
  EXPECT_EQ(call.method, "/chapter8.finance.v1.OfferService/MakeOffer");
  EXPECT_EQ(call.request, OfferRequest().SerializeAsString());
  const auto act = trust::DecodeSignedAct(call.act);
  ASSERT_TRUE(act.ok()) << act.status();
  const trust::ActStatement statement = {.origin = "un.example/ch8/finance",
                                         .method = call.method,
                                         .request_digest = Sha256(call.request)};
  EXPECT_THAT(trust::VerifyAct(*act, statement, clock_.Now()), IsOk());
}

TEST_F(ClientTest, DatesSignaturesByTheLedgersTime) {
  transport_.replies = {WireReply{}};
  Client client = MakeClient(key_);
  const absl::Time exercise = absl::FromUnixSeconds(1772409600);  // 2 Mar 2026.
  client.SetLedgerTime(exercise);
  Offer offer;
  ASSERT_THAT(client.Call(make_offer_, OfferRequest(), offer), IsOk());
  EXPECT_EQ(trust::DecodeSignedAct(transport_.calls[0].act)->not_after_unix_seconds,
            absl::ToUnixSeconds(exercise + absl::Minutes(15)));
}

TEST_F(ClientTest, NeedsAKeyForSignedActsOnly) {
  transport_.replies = {WireReply{}};
  Client client = MakeClient(std::nullopt);
  Offer offer;
  EXPECT_THAT(client.Call(make_offer_, OfferRequest(), offer),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_TRUE(transport_.calls.empty());
  Balance balance;
  EXPECT_THAT(client.Call(get_balance_, GetBalanceRequest(), balance), IsOk());
  EXPECT_EQ(transport_.calls[0].act, "");
}

TEST_F(ClientTest, RetriesTheSameBytesAndReportsTheReceipt) {
  chapter8::ledger::v1::Receipt receipt;
  receipt.set_origin("un.example/ch8/finance");
  receipt.set_index(1234);
  Offer answer;
  answer.set_name("offers/OFF-UN-26-0107");
  transport_.replies = {
      WireReply{.status = WithRetryDelay(absl::UnavailableError("full"), absl::Milliseconds(1))},
      WireReply{.reply = answer.SerializeAsString(), .receipt = receipt.SerializeAsString()}};
  Client client = MakeClient(key_);
  Offer offer;
  CallReport report;
  ASSERT_THAT(client.Call(make_offer_, OfferRequest(), offer, &report), IsOk());
  EXPECT_EQ(offer.name(), "offers/OFF-UN-26-0107");
  EXPECT_EQ(report.attempts, 2);
  EXPECT_FALSE(report.outcome_unknown);
  ASSERT_TRUE(report.receipt.has_value());
  EXPECT_EQ(report.receipt->index(), 1234u);
  EXPECT_EQ(transport_.calls[0].request, transport_.calls[1].request);
  EXPECT_EQ(transport_.calls[0].act, transport_.calls[1].act);
}

TEST_F(ClientTest, SaysWhenNobodyKnowsWhetherTheNodeActed) {
  struct Row {
    absl::Status status;
    bool unknown;
  };
  for (const Row& row :
       {Row{absl::UnavailableError("connection reset"), true},
        Row{absl::DeadlineExceededError("late"), true},
        Row{absl::FailedPreconditionError("no"), false}, Row{absl::NotFoundError("no"), false}}) {
    transport_.replies = {WireReply{.status = row.status}};
    Client client = MakeClient(key_);
    Offer offer;
    CallReport report;
    EXPECT_EQ(client.Call(make_offer_, OfferRequest(), offer, &report), row.status);
    EXPECT_EQ(report.outcome_unknown, row.unknown) << row.status;
  }
}

TEST_F(ClientTest, RefusesAnAnswerThatDoesNotParse) {
  transport_.replies = {WireReply{.reply = "\xff\xff"}};
  Client client = MakeClient(key_);
  Offer offer;
  EXPECT_THAT(client.Call(make_offer_, OfferRequest(), offer),
              StatusIs(absl::StatusCode::kInternal));
}

TEST(LedgerOf, FollowsThePackageAndSendsBooksToFinance) {
  const auto& create_post = FindMethod("chapter8.directory.v1.DirectoryService.CreatePost");
  EXPECT_EQ(create_post.input_type(), chapter8::directory::v1::CreatePostRequest::descriptor());
  EXPECT_EQ(LedgerOf(create_post, "au.example"), "au.example/ch8/directory");
  EXPECT_EQ(LedgerOf(FindMethod("chapter8.books.v1.TransferService.OpenAccounts"), "un.example"),
            "un.example/ch8/finance");
}

TEST(NewRequestId, IsARandomVersion4Uuid) {
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    const std::string id = NewRequestId();
    EXPECT_THAT(id, ::testing::MatchesRegex(
                        "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 100u);
}

}  // namespace
}  // namespace ch8::client
