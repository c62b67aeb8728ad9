#include "services/kernel/refusal.h"

#include <optional>

#include "absl/strings/cord.h"

namespace ch8::kernel {

absl::Status Refuse(const RefusalParts& parts) {
  google::rpc::ErrorInfo info;
  info.set_domain(std::string(parts.domain));
  info.set_reason(std::string(parts.reason));
  for (const auto& [key, value] : parts.metadata) (*info.mutable_metadata())[key] = value;
  absl::Status status(parts.code, parts.message);
  status.SetPayload(kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
  return status;
}

google::rpc::ErrorInfo ErrorInfoOf(const absl::Status& status) {
  google::rpc::ErrorInfo info;
  const auto payload = status.GetPayload(kErrorInfoUrl);
  if (payload.has_value()) info.ParseFromString(std::string(*payload));
  return info;
}

std::string ReasonOf(const absl::Status& status) { return ErrorInfoOf(status).reason(); }

}  // namespace ch8::kernel
