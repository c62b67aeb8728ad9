#include "clients/lib/status_details.h"

#include <gtest/gtest.h>

#include "google/rpc/status.pb.h"
#include "tests/support/status_matchers.h"

namespace ch8::client {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;

std::string Wire() {
  google::rpc::Status wire;
  wire.set_code(9);
  google::rpc::ErrorInfo info;
  info.set_reason("NOT_ACTIVATED");
  (*info.mutable_metadata())["rule"] = "F-1";
  wire.add_details()->PackFrom(info);
  google::rpc::RetryInfo retry;
  retry.mutable_retry_delay()->set_nanos(250'000'000);
  wire.add_details()->PackFrom(retry);
  return wire.SerializeAsString();
}

TEST(StatusFromWire, CarriesReasonAndRetryDelay) {
  const absl::Status status = StatusFromWire(9, "not yet", Wire());
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kFailedPrecondition, "not yet"));
  EXPECT_EQ(ErrorInfoOf(status).reason(), "NOT_ACTIVATED");
  EXPECT_EQ(ErrorInfoOf(status).metadata().at("rule"), "F-1");
  EXPECT_EQ(RetryDelayOf(status), absl::Milliseconds(250));
}

TEST(StatusFromWire, LivesWithoutDetails) {
  for (const std::string& details : {std::string(), std::string("\xff\xff\xff")}) {
    const absl::Status status = StatusFromWire(14, "away", details);
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kUnavailable, "away"));
    EXPECT_EQ(ErrorInfoOf(status).reason(), "");
    EXPECT_EQ(RetryDelayOf(status), std::nullopt);
  }
}

TEST(StatusFromWire, KnowsNoCodesButGrpcs) {
  EXPECT_THAT(StatusFromWire(0, "", ""), IsOk());
  EXPECT_THAT(StatusFromWire(17, "new", ""), StatusIs(absl::StatusCode::kUnknown));
  EXPECT_THAT(StatusFromWire(-1, "bad", ""), StatusIs(absl::StatusCode::kUnknown));
}

TEST(WithRetryDelay, IsReadBack) {
  for (const absl::Duration delay : {absl::ZeroDuration(), absl::Milliseconds(1500)}) {
    EXPECT_EQ(RetryDelayOf(WithRetryDelay(absl::UnavailableError("x"), delay)), delay);
  }
}

}  // namespace
}  // namespace ch8::client
