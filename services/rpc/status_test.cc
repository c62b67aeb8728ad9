#include "services/rpc/status.h"

#include <gtest/gtest.h>

#include <string>

#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "services/kernel/refusal.h"

namespace ch8::rpc {
namespace {

struct Unpacked {
  google::rpc::Status status;
  google::rpc::ErrorInfo info;
  google::rpc::RetryInfo retry;
};

Unpacked Unpack(const grpc::Status& status) {
  Unpacked unpacked;
  EXPECT_TRUE(unpacked.status.ParseFromString(status.error_details()));
  for (const auto& detail : unpacked.status.details()) {
    if (!detail.UnpackTo(&unpacked.info)) detail.UnpackTo(&unpacked.retry);
  }
  return unpacked;
}

TEST(StatusTest, EveryCodeKeepsItsNumberAndGetsAReason) {
  const struct {
    absl::StatusCode code;
    grpc::StatusCode want;
    const char* name;
  } kTable[] = {
      {absl::StatusCode::kCancelled, grpc::CANCELLED, "CANCELLED"},
      {absl::StatusCode::kUnknown, grpc::UNKNOWN, "UNKNOWN"},
      {absl::StatusCode::kInvalidArgument, grpc::INVALID_ARGUMENT, "INVALID_ARGUMENT"},
      {absl::StatusCode::kDeadlineExceeded, grpc::DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED"},
      {absl::StatusCode::kNotFound, grpc::NOT_FOUND, "NOT_FOUND"},
      {absl::StatusCode::kAlreadyExists, grpc::ALREADY_EXISTS, "ALREADY_EXISTS"},
      {absl::StatusCode::kPermissionDenied, grpc::PERMISSION_DENIED, "PERMISSION_DENIED"},
      {absl::StatusCode::kResourceExhausted, grpc::RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED"},
      {absl::StatusCode::kFailedPrecondition, grpc::FAILED_PRECONDITION, "FAILED_PRECONDITION"},
      {absl::StatusCode::kAborted, grpc::ABORTED, "ABORTED"},
      {absl::StatusCode::kOutOfRange, grpc::OUT_OF_RANGE, "OUT_OF_RANGE"},
      {absl::StatusCode::kUnimplemented, grpc::UNIMPLEMENTED, "UNIMPLEMENTED"},
      {absl::StatusCode::kInternal, grpc::INTERNAL, "INTERNAL"},
      {absl::StatusCode::kUnavailable, grpc::UNAVAILABLE, "UNAVAILABLE"},
      {absl::StatusCode::kDataLoss, grpc::DATA_LOSS, "DATA_LOSS"},
      {absl::StatusCode::kUnauthenticated, grpc::UNAUTHENTICATED, "UNAUTHENTICATED"},
  };
  for (const auto& row : kTable) {
    const grpc::Status wire = ToGrpcStatus(absl::Status(row.code, "why"));
    EXPECT_EQ(wire.error_code(), row.want);
    EXPECT_EQ(wire.error_message(), "why");
    const Unpacked unpacked = Unpack(wire);
    EXPECT_EQ(unpacked.status.code(), row.want);
    EXPECT_EQ(unpacked.status.message(), "why");
    EXPECT_EQ(unpacked.info.reason(), row.name);
    EXPECT_EQ(unpacked.info.domain(), "chapter8");
    EXPECT_STREQ(CodeName(row.code), row.name);
    const bool retryable = row.code == absl::StatusCode::kUnavailable;
    EXPECT_EQ(unpacked.retry.has_retry_delay(), retryable) << row.name;
  }
  EXPECT_TRUE(ToGrpcStatus(absl::OkStatus()).ok());
  EXPECT_EQ(ToGrpcStatus(absl::OkStatus()).error_details(), "");
}

TEST(StatusTest, ARefusalKeepsItsReasonAndFigures) {
  const grpc::Status wire = ToGrpcStatus(
      kernel::Refuse({.domain = "finance.chapter8",
                      .reason = "INSUFFICIENT",
                      .message = "the fund has less",
                      .metadata = {{"available", "100.00 USD"}, {"wanted", "250.00 USD"}}}));
  const Unpacked unpacked = Unpack(wire);
  EXPECT_EQ(wire.error_code(), grpc::FAILED_PRECONDITION);
  EXPECT_EQ(unpacked.info.domain(), "finance.chapter8");
  EXPECT_EQ(unpacked.info.reason(), "INSUFFICIENT");
  EXPECT_EQ(unpacked.info.metadata().at("wanted"), "250.00 USD");
}

TEST(StatusTest, WhatWouldNotFitIntoTrailersIsCut) {
  const grpc::Status wire =
      ToGrpcStatus(kernel::Refuse({.domain = "finance.chapter8",
                                   .reason = "INSUFFICIENT",
                                   .message = std::string(100'000, 'm'),
                                   .metadata = {{"wanted", std::string(100'000, 'w')}}}));
  EXPECT_LT(wire.error_message().size() + wire.error_details().size(), 4096u);
  EXPECT_EQ(Unpack(wire).info.reason(), "INSUFFICIENT");
}

}  // namespace
}  // namespace ch8::rpc
