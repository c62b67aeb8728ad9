#include "clients/lib/transfer_stream.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "chapter8/books/v1/transfer_service.grpc.pb.h"
#include "tests/support/status_matchers.h"

namespace ch8::client {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using ::chapter8::books::v1::PostTransfersRequest;
using ::chapter8::books::v1::StreamTransfersResponse;
using ::testing::ElementsAre;

// Answers each request with its number, ends at one without rows, and at "mute" answers no more.
class TransferHandler final : public chapter8::books::v1::TransferService::Service {
 public:
  grpc::Status StreamTransfers(
      grpc::ServerContext*,
      grpc::ServerReaderWriter<StreamTransfersResponse, PostTransfersRequest>* stream) override {
    PostTransfersRequest request;
    bool is_mute = false;
    while (stream->Read(&request)) {
      if (request.rows().empty()) return {grpc::StatusCode::INVALID_ARGUMENT, "no rows"};
      is_mute = is_mute || request.request_id() == "mute";
      StreamTransfersResponse response;
      response.mutable_answer()->set_first_index(std::stoul("0" + request.post()));
      if (!is_mute) stream->Write(response);
    }
    return grpc::Status::OK;
  }
};

std::string Request(int number, const std::string& id = "") {
  PostTransfersRequest request;
  request.add_rows()->set_amount(1);
  request.set_request_id(id);
  request.set_post(absl::StrCat(number));
  return request.SerializeAsString();
}

// What came, in the order in which it did: an answer's number, or a status.
class Collected {
 public:
  TransferStream::Done Next() {
    return [this](const absl::StatusOr<StreamTransfersResponse>& response) {
      std::lock_guard<std::mutex> lock(mutex_);
      all_.push_back(response.ok() ? absl::StrCat(response->answer().first_index())
                                   : std::string(response.status().message()));
      changed_.notify_all();
    };
  }
  std::vector<std::string> Await(size_t count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return all_.size() >= count; });
    return all_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> all_;
};

class TransferStreamTest : public ::testing::Test {
 protected:
  TransferStreamTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&handler_);
    server_ = builder.BuildAndStart();
    channel_ =
        grpc::CreateChannel(absl::StrCat("127.0.0.1:", port), grpc::InsecureChannelCredentials());
  }
  ~TransferStreamTest() override { server_->Shutdown(); }

  TransferHandler handler_;
  std::unique_ptr<grpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  Collected collected_;
};

TEST_F(TransferStreamTest, AnswersComeInTheOrderOfTheRequests) {
  const auto stream = TransferStream::Open(channel_);
  for (int i = 0; i < 100; ++i) stream->Post(Request(i), collected_.Next());
  EXPECT_THAT(stream->Close(), IsOk());
  const std::vector<std::string> all = collected_.Await(100);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(all[static_cast<size_t>(i)], absl::StrCat(i));
}

TEST_F(TransferStreamTest, TheEndIsToldToAllWithoutAnAnswerAndToWhoComesLate) {
  const auto stream = TransferStream::Open(channel_);
  stream->Post(Request(1), collected_.Next());
  stream->Post("", collected_.Next());
  stream->Post(Request(2), collected_.Next());
  EXPECT_THAT(collected_.Await(3), ElementsAre("1", "no rows", "no rows"));
  EXPECT_THAT(stream->Close(), StatusIs(absl::StatusCode::kInvalidArgument));
  stream->Post(Request(3), collected_.Next());
  EXPECT_THAT(collected_.Await(4), ElementsAre("1", "no rows", "no rows", "no rows"));
}

TEST_F(TransferStreamTest, ARequestThatTheNodeForgetsHasAnUnknownOutcome) {
  const auto stream = TransferStream::Open(channel_);
  stream->Post(Request(1, "mute"), collected_.Next());
  EXPECT_THAT(stream->Close(), IsOk());
  EXPECT_THAT(collected_.Await(1), ElementsAre("the stream ended without an answer"));
}

TEST_F(TransferStreamTest, ItsEndCancelsWhatIsUnderWay) {
  auto stream = TransferStream::Open(channel_);
  stream->Post(Request(1), collected_.Next());
  stream->Post(Request(2, "mute"), collected_.Next());
  collected_.Await(1);
  stream.reset();
  EXPECT_EQ(collected_.Await(2).size(), 2u);
}

TEST_F(TransferStreamTest, ItEndsAtItsDeadline) {
  const auto stream = TransferStream::Open(channel_, absl::Now() + absl::Milliseconds(50));
  stream->Post(Request(1, "mute"), collected_.Next());
  collected_.Await(1);
  EXPECT_THAT(stream->Close(), StatusIs(absl::StatusCode::kDeadlineExceeded));
}

}  // namespace
}  // namespace ch8::client
