#include "services/rpc/status.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "services/kernel/refusal.h"

namespace ch8::rpc {
namespace {

constexpr size_t kMessageSizeMax = 1024;
constexpr size_t kDetailsSizeMax = 4096;
constexpr int32_t kRetryDelayNanos = 100'000'000;
constexpr char kRetryInfoUrl[] = "type.googleapis.com/google.rpc.RetryInfo";

constexpr std::array<const char*, 17> kCodeNames = {
    "OK",        "CANCELLED",      "UNKNOWN",           "INVALID_ARGUMENT",   "DEADLINE_EXCEEDED",
    "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION",
    "ABORTED",   "OUT_OF_RANGE",   "UNIMPLEMENTED",     "INTERNAL",           "UNAVAILABLE",
    "DATA_LOSS", "UNAUTHENTICATED"};

// Codes outside the table, which only a bug makes, count as UNKNOWN.
size_t Index(absl::StatusCode code) {
  const auto index = static_cast<size_t>(code);
  return index < kCodeNames.size() ? index : static_cast<size_t>(absl::StatusCode::kUnknown);
}

google::rpc::RetryInfo RetryInfoOf(const absl::Status& status) {
  google::rpc::RetryInfo retry;
  const auto payload = status.GetPayload(kRetryInfoUrl);
  if (!payload.has_value() || !retry.ParseFromString(std::string(*payload))) {
    retry.mutable_retry_delay()->set_nanos(kRetryDelayNanos);
  }
  return retry;
}

}  // namespace

const char* CodeName(absl::StatusCode code) { return kCodeNames[Index(code)]; }

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const size_t code = Index(status.code());
  google::rpc::ErrorInfo info = kernel::ErrorInfoOf(status);
  if (info.reason().empty()) {
    info.set_reason(kCodeNames[code]);
    info.set_domain("chapter8");
  }
  if (info.ByteSizeLong() > kDetailsSizeMax) info.clear_metadata();
  const std::string message(status.message().substr(0, kMessageSizeMax));

  google::rpc::Status details;
  details.set_code(static_cast<int32_t>(code));
  details.set_message(message);
  details.add_details()->PackFrom(info);
  if (status.code() == absl::StatusCode::kUnavailable) {
    details.add_details()->PackFrom(RetryInfoOf(status));
  }
  return grpc::Status(static_cast<grpc::StatusCode>(code), message, details.SerializeAsString());
}

}  // namespace ch8::rpc
