#include "services/rpc/stream_call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "services/kernel/refusal.h"
#include "services/rpc/test_node.h"
#include "tests/support/node_wait.h"
#include "tests/support/temp_dir.h"

namespace ch8::rpc::testing {
namespace {

using ch8::testing::WaitUntil;
using chapter8::books::v1::PostTransfersResponse;
using chapter8::books::v1::StreamTransfersResponse;
using ::testing::ElementsAre;

constexpr char kOkoye[] = "spiffe://un.example/officer/okoye";
constexpr char kFinance[] = "un.example/ch8/finance";
constexpr char kPostTransfers[] = "/chapter8.books.v1.TransferService/PostTransfers";
constexpr char kStreamTransfers[] = "/chapter8.books.v1.TransferService/StreamTransfers";
constexpr char kWhoAmI[] = "/chapter8.directory.v1.DirectoryService/WhoAmI";
constexpr char kGetFund[] = "/chapter8.finance.v1.FundService/GetFund";

// The runner takes any bytes, so a test numbers its requests "0", "1", ...; each is answered with
// its number as `applied` and, in the receipt, as index. "bad" is refused.
kernel::Outcome AnswerOf(const kernel::Command& command) {
  kernel::Outcome outcome;
  if (command.method != kPostTransfers) return outcome;
  outcome.receipt.set_origin(kFinance);
  if (command.request == "bad") {
    outcome.receipt.set_index(99);
    outcome.status = kernel::Refuse(
        {.domain = "books.chapter8", .reason = "MALFORMED_REQUEST", .message = "bad"});
    return outcome;
  }
  const auto number = static_cast<uint32_t>(std::stoul(command.request));
  outcome.receipt.set_index(number);
  PostTransfersResponse response;
  response.set_applied(number);
  outcome.reply = response.SerializeAsString();
  return outcome;
}

// The numbers of all answers that come until the end.
std::vector<uint32_t> ReceiveAll(StreamClient& stream) {
  std::vector<uint32_t> numbers;
  while (const auto message = stream.Receive()) {
    StreamTransfersResponse response;
    EXPECT_TRUE(response.ParseFromString(*message));
    chapter8::ledger::v1::Receipt receipt;
    EXPECT_TRUE(receipt.ParseFromString(response.receipt()));
    EXPECT_EQ(receipt.origin(), kFinance);
    EXPECT_EQ(receipt.index(), response.answer().applied());
    numbers.push_back(response.answer().applied());
  }
  return numbers;
}

class StreamCallTest : public ::testing::Test {
 protected:
  explicit StreamCallTest(const std::function<void(Edge::Options&)>& adjust = nullptr)
      : node_(dir_.path().string(), adjust) {
    node_.finance().set_answer(AnswerOf);
    node_.directory().set_answer([](const kernel::Command&) { return kernel::Outcome(); });
  }

  std::vector<std::string> Submitted() {
    std::vector<std::string> requests;
    for (const kernel::Command& command : node_.finance().commands()) {
      if (command.method == kPostTransfers) requests.push_back(command.request);
    }
    return requests;
  }
  void AwaitSubmitted(size_t count) {
    ASSERT_TRUE(WaitUntil([&] { return Submitted().size() >= count; }));
  }
  // After this the node has everything that was sent on the connection before.
  void PassThrough() { ASSERT_TRUE(Call(okoye_, kWhoAmI).status.ok()); }

  const ch8::testing::TempDir dir_;
  TestNode node_;
  const std::shared_ptr<grpc::Channel> okoye_ = node_.As(kOkoye);
};

TEST_F(StreamCallTest, EachMessageIsACallOfTheUnaryRpcAndAnswersKeepItsOrder) {
  node_.finance().Hold();
  StreamClient stream(okoye_, kStreamTransfers);
  for (int i = 0; i < 4; ++i) ASSERT_TRUE(stream.Send(absl::StrCat(i)));
  stream.CloseSending();
  node_.finance().AwaitHeld(4);
  for (const size_t place : {2, 0, 1, 0}) node_.finance().ReleaseOne(place);
  EXPECT_THAT(ReceiveAll(stream), ElementsAre(0, 1, 2, 3));
  EXPECT_TRUE(stream.End().status.ok());
  EXPECT_THAT(Submitted(), ElementsAre("0", "1", "2", "3"));
  const kernel::Command command = node_.finance().commands()[1];
  EXPECT_EQ(command.request_digest, Sha256("1"));
  EXPECT_EQ(command.caller.id, "officer/okoye");
  EXPECT_FALSE(command.act.has_value());
  node_.AwaitRecords(1);
  ASSERT_EQ(node_.records().size(), 1u);
  EXPECT_EQ(node_.records().front().method, kStreamTransfers);
  EXPECT_EQ(node_.records().front().code, absl::StatusCode::kOk);
}

TEST_F(StreamCallTest, AnAnswerDoesNotWaitForTheNextRequest) {
  StreamClient stream(okoye_, kStreamTransfers);
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(stream.Send(absl::StrCat(i)));
    EXPECT_TRUE(stream.Receive().has_value());
  }
  stream.CloseSending();
  EXPECT_TRUE(stream.End().status.ok());
}

TEST_F(StreamCallTest, AStreamMayBeEmpty) {
  StreamClient stream(okoye_, kStreamTransfers);
  stream.CloseSending();
  EXPECT_FALSE(stream.Receive().has_value());
  EXPECT_TRUE(stream.End().status.ok());
}

TEST_F(StreamCallTest, TheFirstRefusalEndsItAfterTheAnswersBeforeIt) {
  node_.finance().Hold();
  StreamClient stream(okoye_, kStreamTransfers);
  for (const char* request : {"0", "1", "bad", "3"}) ASSERT_TRUE(stream.Send(request));
  node_.finance().AwaitHeld(4);
  node_.finance().ReleaseOne(2);
  stream.Send("4");
  PassThrough();
  node_.finance().Release();
  EXPECT_THAT(ReceiveAll(stream), ElementsAre(0, 1));
  const Reply reply = stream.End();
  EXPECT_EQ(reply.status.error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_EQ(reply.info.reason(), "MALFORMED_REQUEST");
  ASSERT_TRUE(reply.receipt.has_value());
  EXPECT_EQ(reply.receipt->index(), 99u);
  EXPECT_THAT(Submitted(), ElementsAre("0", "1", "bad", "3"));
}

TEST_F(StreamCallTest, AFullQueueHoldsItBack) {
  node_.finance().Hold();
  node_.finance().FillQueue();
  StreamClient stream(okoye_, kStreamTransfers);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(stream.Send(absl::StrCat(i)));
  AwaitSubmitted(1);
  PassThrough();
  EXPECT_EQ(Submitted().size(), 1u) << "the next waits until this has its place";
  node_.finance().MakeRoom();
  AwaitSubmitted(3);
  node_.finance().Release();
  stream.CloseSending();
  EXPECT_THAT(ReceiveAll(stream), ElementsAre(0, 1, 2));
  EXPECT_TRUE(stream.End().status.ok());
}

TEST_F(StreamCallTest, ACallerThatGoesAwayLeavesRunningWhatWasTaken) {
  node_.finance().Hold();
  {
    StreamClient stream(okoye_, kStreamTransfers);
    for (int i = 0; i < 2; ++i) ASSERT_TRUE(stream.Send(absl::StrCat(i)));
    node_.finance().AwaitHeld(2);
    stream.Cancel();
  }
  PassThrough();
  EXPECT_EQ(node_.records().size(), 1u) << "the stream waits for what is under way";
  node_.finance().Release();
  node_.AwaitRecords(2);
  EXPECT_EQ(node_.records()[1].method, kStreamTransfers);
  EXPECT_EQ(node_.records()[1].code, absl::StatusCode::kCancelled);
}

TEST_F(StreamCallTest, ACallerThatGoesAwayWhileHeldBackIsLetGo) {
  node_.finance().Hold();
  node_.finance().FillQueue();
  {
    StreamClient stream(okoye_, kStreamTransfers);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(stream.Send(absl::StrCat(i)));
    AwaitSubmitted(1);
    stream.Cancel();
  }
  node_.finance().MakeRoom();
  node_.finance().Release();
  node_.AwaitRecords(1);
  EXPECT_EQ(node_.records().front().code, absl::StatusCode::kCancelled);
}

TEST_F(StreamCallTest, ADrainEndsIdleStreamsAndTheOthersWithTheirAnswers) {
  StreamClient idle(okoye_, kStreamTransfers);
  ASSERT_TRUE(idle.Send("0"));
  ASSERT_TRUE(idle.Receive().has_value());
  node_.finance().Hold();
  StreamClient busy(okoye_, kStreamTransfers);
  ASSERT_TRUE(busy.Send("1"));
  node_.finance().AwaitHeld(1);

  node_.edge().Drain();

  EXPECT_EQ(idle.End().info.reason(), "DRAINING");
  EXPECT_EQ(node_.records().size(), 1u);
  busy.Send("2");
  PassThrough();
  node_.finance().Release();
  EXPECT_THAT(ReceiveAll(busy), ElementsAre(1));
  const Reply reply = busy.End();
  EXPECT_EQ(reply.status.error_code(), grpc::UNAVAILABLE);
  EXPECT_EQ(reply.info.reason(), "DRAINING");
  EXPECT_TRUE(reply.has_retry_info);
  EXPECT_THAT(Submitted(), ElementsAre("0", "1"));
  StreamClient late(okoye_, kStreamTransfers);
  EXPECT_EQ(late.End().info.reason(), "DRAINING");
}

TEST_F(StreamCallTest, WhoIsNoLongerLetInIsRefusedAtTheNextMessage) {
  StreamClient stream(okoye_, kStreamTransfers);
  ASSERT_TRUE(stream.Send("0"));
  ASSERT_TRUE(stream.Receive().has_value());
  node_.DenyAll();
  ASSERT_TRUE(stream.Send("1"));
  EXPECT_FALSE(stream.Receive().has_value());
  EXPECT_EQ(stream.End().info.reason(), "DENIED");
  EXPECT_THAT(Submitted(), ElementsAre("0"));
}

TEST_F(StreamCallTest, ASignedActIsNotOfAStream) {
  const SigningKey key = SigningKey::Generate();
  StreamClient stream(
      okoye_, kStreamTransfers,
      {.acts = {ActFor(key, kFinance, kPostTransfers, "0", absl::Now() + absl::Minutes(1))}});
  EXPECT_EQ(stream.End().info.reason(), "BAD_ACT");
}

class StreamBoundsTest : public StreamCallTest {
 protected:
  StreamBoundsTest()
      : StreamCallTest([](Edge::Options& options) {
          options.calls_per_caller_max = 2;
          options.stream_requests_max = 3;
          options.stream_bytes_max = 1'000;
        }) {}
};

TEST_F(StreamBoundsTest, NoMoreIsReadThanMayBeUnderWay) {
  constexpr int kRequests = 12;
  node_.finance().Hold();
  StreamClient stream(okoye_, kStreamTransfers);
  for (int i = 0; i < kRequests; ++i) ASSERT_TRUE(stream.Send(absl::StrCat(i)));
  stream.CloseSending();
  for (size_t i = 0; i < kRequests; ++i) {
    node_.finance().AwaitHeld(1);
    AwaitSubmitted(std::min<size_t>(i + 3, kRequests));
    EXPECT_LE(node_.finance().held_max(), 3u);
    node_.finance().ReleaseOne(0);
  }
  EXPECT_EQ(ReceiveAll(stream).size(), static_cast<size_t>(kRequests));
  EXPECT_TRUE(stream.End().status.ok());
  EXPECT_EQ(node_.finance().held_max(), 3u);
}

TEST_F(StreamBoundsTest, NorMoreBytes) {
  node_.finance().Hold();
  StreamClient stream(okoye_, kStreamTransfers);
  for (int i = 0; i < 6; ++i) ASSERT_TRUE(stream.Send(absl::StrCat(i, std::string(600, ' '))));
  stream.CloseSending();
  node_.finance().AwaitHeld(2);
  node_.finance().ReleaseOne(0);
  AwaitSubmitted(3);
  node_.finance().Release();
  EXPECT_EQ(ReceiveAll(stream).size(), 6u);
  EXPECT_EQ(node_.finance().held_max(), 2u) << "600 bytes leave room for one more, 1,200 do not";
}

TEST_F(StreamBoundsTest, AStreamIsOneCallOfItsCallers) {
  node_.finance().Hold();
  StreamClient stream(okoye_, kStreamTransfers);
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(stream.Send(absl::StrCat(i)));
  node_.finance().AwaitHeld(3);
  StreamClient second(okoye_, kStreamTransfers);
  ASSERT_TRUE(second.Send("3"));
  node_.finance().AwaitHeld(4);
  EXPECT_EQ(Call(okoye_, kGetFund).info.reason(), "TOO_MANY_CALLS");
  node_.finance().Release();
  stream.CloseSending();
  EXPECT_THAT(ReceiveAll(stream), ElementsAre(0, 1, 2));
  EXPECT_TRUE(stream.End().status.ok());
  EXPECT_TRUE(Call(okoye_, kGetFund).status.ok());
}

}  // namespace
}  // namespace ch8::rpc::testing
