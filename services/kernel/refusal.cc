#include "services/kernel/refusal.h"

#include <optional>
#include <utility>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace ch8::kernel {
namespace {

absl::Status WithCode(absl::StatusCode code, absl::string_view reason, std::string message,
                      Metadata metadata) {
  return Refuse({.code = code,
                 .reason = reason,
                 .message = std::move(message),
                 .metadata = std::move(metadata)});
}

}  // namespace

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

absl::Status Invalid(absl::string_view reason, std::string message, Metadata metadata) {
  return WithCode(absl::StatusCode::kInvalidArgument, reason, std::move(message),
                  std::move(metadata));
}

absl::Status NotNow(absl::string_view reason, std::string message, Metadata metadata) {
  return WithCode(absl::StatusCode::kFailedPrecondition, reason, std::move(message),
                  std::move(metadata));
}

absl::Status Unknown(absl::string_view reason, absl::string_view name, absl::string_view instead) {
  return WithCode(absl::StatusCode::kNotFound, reason, absl::StrCat(name, " does not exist here"),
                  {{"name", std::string(name)}, {"instead", std::string(instead)}});
}

absl::Status Taken(absl::string_view reason, absl::string_view name, absl::string_view instead) {
  return WithCode(absl::StatusCode::kAlreadyExists, reason, absl::StrCat(name, " exists already"),
                  {{"name", std::string(name)}, {"instead", std::string(instead)}});
}

absl::Status BadField(absl::string_view field, absl::string_view what) {
  return Invalid("BAD_FIELD", absl::StrCat(field, " ", what), {{"field", std::string(field)}});
}

absl::Status TooMany(absl::string_view reason, std::string message) {
  return WithCode(absl::StatusCode::kResourceExhausted, reason, std::move(message), {});
}

absl::Status StaleEtag(absl::string_view name, absl::string_view instead) {
  return WithCode(absl::StatusCode::kAborted, "STALE_ETAG",
                  absl::StrCat(name, " has changed since it was read"),
                  {{"name", std::string(name)}, {"instead", std::string(instead)}});
}

absl::Status Annotate(const absl::Status& refusal, absl::string_view prefix,
                      const Metadata& metadata) {
  const google::rpc::ErrorInfo info = ErrorInfoOf(refusal);
  Metadata all = metadata;
  for (const auto& [key, value] : info.metadata()) all.emplace_back(key, value);
  return WithCode(refusal.code(), info.reason(), absl::StrCat(prefix, refusal.message()),
                  std::move(all));
}

absl::Status WithDomain(const absl::Status& refusal, absl::string_view domain) {
  google::rpc::ErrorInfo info = ErrorInfoOf(refusal);
  if (info.reason().empty() || !info.domain().empty()) return refusal;
  info.set_domain(std::string(domain));
  absl::Status status = refusal;
  status.SetPayload(kErrorInfoUrl, absl::Cord(info.SerializeAsString()));
  return status;
}

}  // namespace ch8::kernel
