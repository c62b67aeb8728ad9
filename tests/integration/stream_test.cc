// Streams of bulk batches to a real daemon: order, retries by either way, refusals, and nodes that
// end in the middle.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "chapter8/books/v1/transfer_service.pb.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "clients/lib/grpc_transport.h"
#include "clients/lib/status_details.h"
#include "clients/lib/transfer_stream.h"
#include "tests/support/node_organization.h"
#include "tests/support/node_wait.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::testing {
namespace {

using chapter8::books::v1::AccountOpened;
using chapter8::books::v1::Balance;
using chapter8::books::v1::GetBalanceRequest;
using chapter8::books::v1::OpenAccountsRequest;
using chapter8::books::v1::OpenAccountsResponse;
using chapter8::books::v1::PostTransfersRequest;
using chapter8::books::v1::StreamTransfersResponse;
using client::TransferStream;

constexpr char kPost[] = "books.v1.TransferService.PostTransfers";
constexpr uint32_t kLargeRows = 300;  // Of a batch that others need not stand behind.

using Response = absl::StatusOr<StreamTransfersResponse>;

// Posts and collects; responses come in the order of the requests.
class Poster {
 public:
  explicit Poster(std::unique_ptr<TransferStream> stream) : stream_(std::move(stream)) {}

  void Post(std::string request) {
    stream_->Post(std::move(request), [this](Response response) {
      std::lock_guard<std::mutex> lock(mutex_);
      responses_.push_back(std::move(response));
    });
  }
  absl::Status Close() { return stream_->Close(); }
  size_t count() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return responses_.size();
  }
  // After Close().
  const std::vector<Response>& responses() const { return responses_; }

 private:
  mutable std::mutex mutex_;
  std::vector<Response> responses_;
  const std::unique_ptr<TransferStream> stream_;  // Ends before what it tells goes.
};

class StreamTest : public ::testing::Test {
 protected:
  StreamTest() {
    chapter8::finance::v1::ListOperationsRequest::descriptor();  // Linked in: Appoint() calls it.
    node_.Start();
    node_.Appoint("books", chapter8::authz::v1::BOOKKEEPER);
    outside_ = OpenAccount(AccountOpened::NONE);
    left_ = OpenAccount(AccountOpened::CREDIT_BALANCE);
    right_ = OpenAccount(AccountOpened::CREDIT_BALANCE);
  }

  uint32_t OpenAccount(AccountOpened::Floor floor) {
    OpenAccountsRequest open;
    open.set_count(1);
    open.set_unit("USD");
    open.set_floor(floor);
    open.set_request_id(client::NewRequestId());
    const auto opened =
        node_.As("books").Call<OpenAccountsResponse>("books.v1.TransferService.OpenAccounts", open);
    EXPECT_THAT(opened.status(), IsOk());
    return opened.ok() ? opened->first_account() : 0;
  }

  std::unique_ptr<TransferStream> OpenStream(const std::string& officer = "books") {
    const OfficerFiles files = node_.FilesOf(officer);
    auto channel = client::OpenChannel({.target = node_.endpoints().officers,
                                        .trust_domain = files.trust_domain,
                                        .certificate_path = files.folder + "/tls.pem",
                                        .key_path = files.folder + "/tls.key",
                                        .ca_path = files.folder + "/ca.pem"});
    EXPECT_THAT(channel.status(), IsOk());
    return TransferStream::Open(*std::move(channel));
  }

  struct Move {
    uint32_t from = 0;
    uint32_t to = 0;
    uint32_t rows = 1;
    uint64_t amount = 1;  // Of each row.
  };
  // The bytes of a request that nobody has made before.
  std::string Batch(const Move& move) {
    PostTransfersRequest request;
    request.set_request_id(client::NewRequestId());
    ++batches_;
    for (uint32_t i = 0; i < move.rows; ++i) {
      auto& row = *request.add_rows();
      row.set_id_high(batches_);
      row.set_id_low(i + 1);
      row.set_debit_account(move.from);
      row.set_credit_account(move.to);
      row.set_amount(move.amount);
    }
    return request.SerializeAsString();
  }
  std::string Inflow() { return Batch({.from = outside_, .to = left_}); }

  client::WireReply PostByCall(const std::string& request) {
    return node_.As("books").Send(kPost, request);
  }
  // What a call of PostTransfers would have answered.
  static client::WireReply AsCall(const Response& response) {
    if (!response.ok()) return {.status = response.status()};
    return {.reply = response->answer().SerializeAsString(), .receipt = response->receipt()};
  }

  uint64_t Debits(uint32_t account) {
    GetBalanceRequest request;
    request.set_account(account);
    absl::StatusOr<Balance> balance;
    EXPECT_TRUE(WaitUntil([&] {
      balance = node_.As("books").Call<Balance>("books.v1.TransferService.GetBalance", request);
      return balance.ok();
    }));
    return balance.ok() ? balance->debits_posted() : 0;
  }

  const TempDir folder_;
  OrganizationNode node_{{.folder = folder_.path(), .organization = "un"}};
  uint32_t outside_ = 0;
  uint32_t left_ = 0;
  uint32_t right_ = 0;
  uint64_t batches_ = 0;
};

void ExpectSame(const client::WireReply& one, const client::WireReply& other) {
  EXPECT_THAT(one.status, IsOk());
  EXPECT_THAT(other.status, IsOk());
  EXPECT_EQ(one.reply, other.reply);
  EXPECT_EQ(one.receipt, other.receipt);
  EXPECT_FALSE(one.receipt.empty());
}

TEST_F(StreamTest, WhatWasSentEitherWayHasOneAnswer) {
  const std::string called = Inflow();
  const std::string streamed = Inflow();
  const client::WireReply by_call = PostByCall(called);
  Poster poster(OpenStream());
  poster.Post(called);
  poster.Post(streamed);
  poster.Post(streamed);
  ASSERT_THAT(poster.Close(), IsOk());
  ASSERT_EQ(poster.responses().size(), 3u);
  ExpectSame(by_call, AsCall(poster.responses()[0]));
  ExpectSame(PostByCall(streamed), AsCall(poster.responses()[1]));
  ExpectSame(PostByCall(streamed), AsCall(poster.responses()[2]));
  EXPECT_EQ(Debits(outside_), 2u);
}

// Each batch spends what the one before it brought, and every other one is large.
TEST_F(StreamTest, BatchesApplyInTheOrderSent) {
  Poster poster(OpenStream());
  poster.Post(Batch({.from = outside_, .to = left_, .amount = kLargeRows}));
  for (int i = 0; i < 100; ++i) {
    poster.Post(Batch({.from = left_, .to = right_, .rows = kLargeRows}));
    poster.Post(Batch({.from = right_, .to = left_, .amount = kLargeRows}));
  }
  ASSERT_THAT(poster.Close(), IsOk());
  ASSERT_EQ(poster.responses().size(), 201u);
  for (const Response& response : poster.responses()) {
    ASSERT_THAT(response.status(), IsOk());
    EXPECT_EQ(response->answer().refused_size(), 0);
  }
}

TEST_F(StreamTest, ARefusedRequestEndsTheStreamAndLaterOnesAreNotApplied) {
  const std::string first = Inflow();
  const std::string reused = Inflow();
  ASSERT_THAT(PostByCall(reused).status, IsOk());
  PostTransfersRequest changed;
  ASSERT_TRUE(changed.ParseFromString(reused));
  changed.mutable_rows(0)->set_amount(2);
  const std::string later = Inflow();

  Poster poster(OpenStream());
  poster.Post(first);
  poster.Post(changed.SerializeAsString());
  poster.Post(later);
  EXPECT_THAT(poster.Close(), StatusIs(absl::StatusCode::kAlreadyExists));

  ASSERT_EQ(poster.responses().size(), 3u);
  EXPECT_THAT(poster.responses()[0].status(), IsOk());
  EXPECT_THAT(poster.responses()[1].status(), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_THAT(poster.responses()[2].status(), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(Debits(outside_), 2u);
  Poster again(OpenStream());
  again.Post(later);
  again.Post("\xff");
  again.Post(Inflow());
  EXPECT_EQ(ReasonOf(again.Close()), "MALFORMED_REQUEST");
  EXPECT_THAT(again.responses()[0].status(), IsOk());
  EXPECT_EQ(Debits(outside_), 3u);
}

TEST_F(StreamTest, OnlyABookkeeperMayStream) {
  Poster poster(OpenStream("admin-1"));
  poster.Post(Inflow());
  EXPECT_THAT(poster.Close(), StatusIs(absl::StatusCode::kPermissionDenied));
  EXPECT_EQ(Debits(outside_), 0u);
}

// Keeps many requests under way until the stream ends.
class EndlessLoad {
 public:
  EndlessLoad(std::unique_ptr<TransferStream> stream, std::function<std::string()> next)
      : next_(std::move(next)), stream_(std::move(stream)) {
    for (int i = 0; i < 40; ++i) PostNext();
  }

  size_t answered() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return answers_.size();
  }
  absl::Status Close() { return stream_->Close(); }
  // After Close(): all that were posted, and the answers of the first of them.
  const std::vector<std::string>& requests() const { return requests_; }
  const std::vector<Response>& answers() const { return answers_; }

 private:
  void PostNext() {
    std::lock_guard<std::mutex> lock(mutex_);  // Over both steps: one order.
    requests_.push_back(next_());
    stream_->Post(requests_.back(), [this](Response response) {
      if (!response.ok()) return;
      {
        std::lock_guard<std::mutex> answered(mutex_);
        answers_.push_back(std::move(response));
      }
      PostNext();
    });
  }

  const std::function<std::string()> next_;
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;
  std::vector<Response> answers_;
  const std::unique_ptr<TransferStream> stream_;
};

class StreamEndTest : public StreamTest {
 protected:
  // Sends everything again: what was answered is answered so again, and all was applied once,
  // beside `others`.
  void ExpectOnceEach(const EndlessLoad& load, size_t others) {
    Poster again(OpenStream());
    for (const std::string& request : load.requests()) again.Post(request);
    ASSERT_THAT(again.Close(), IsOk());
    ASSERT_EQ(again.responses().size(), load.requests().size());
    for (size_t i = 0; i < load.answers().size(); ++i) {
      ExpectSame(AsCall(load.answers()[i]), AsCall(again.responses()[i]));
    }
    EXPECT_EQ(Debits(outside_), load.requests().size() + others);
  }
};

TEST_F(StreamEndTest, ANodeThatDrainsAnswersWhatItTookAndAppliesNoMore) {
  Poster idle(OpenStream());
  idle.Post(Inflow());
  ASSERT_TRUE(WaitUntil([&] { return idle.count() == 1; }));
  EndlessLoad load(OpenStream(), [this] { return Inflow(); });
  ASSERT_TRUE(WaitUntil([&] { return load.answered() >= 100; }));
  EXPECT_EQ(node_.Stop(), 0) << node_.process().output();
  const absl::Status ended = load.Close();
  EXPECT_THAT(ended, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(ReasonOf(ended), "DRAINING");
  EXPECT_TRUE(client::RetryDelayOf(ended).has_value());
  EXPECT_EQ(ReasonOf(idle.Close()), "DRAINING");
  node_.Start();
  EXPECT_EQ(Debits(outside_), load.answers().size() + 1);
  ExpectOnceEach(load, 1);
}

TEST_F(StreamEndTest, AfterAKillEverythingCanBeSentAgain) {
  EndlessLoad load(OpenStream(), [this] { return Inflow(); });
  ASSERT_TRUE(WaitUntil([&] { return load.answered() >= 100; }));
  node_.Kill();
  EXPECT_THAT(load.Close(), StatusIs(absl::StatusCode::kUnavailable));
  node_.Start();
  EXPECT_GE(Debits(outside_), load.answers().size());
  ExpectOnceEach(load, 0);
}

}  // namespace
}  // namespace ch8::testing
