#include "clients/lib/client.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "chapter8/authz/v1/rule.pb.h"
#include "clients/lib/status_details.h"
#include "services/trust/act.h"
#include "storage/base/check.h"
#include "storage/base/hash.h"
#include "storage/base/status_macros.h"

namespace ch8::client {
namespace {

using google::protobuf::DescriptorPool;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;

bool LeavesOutcomeOpen(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kUnavailable:
      return !RetryDelayOf(status).has_value();
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kUnknown:
      return true;
    default:
      return false;
  }
}

}  // namespace

const MethodDescriptor& FindMethod(absl::string_view full_name) {
  const MethodDescriptor* method =
      DescriptorPool::generated_pool()->FindMethodByName(std::string(full_name));
  Check(method != nullptr, full_name);
  return *method;
}

std::string WireName(const MethodDescriptor& method) {
  return absl::StrCat("/", method.service()->full_name(), "/", method.name());
}

bool IsSignedAct(const MethodDescriptor& method) {
  return method.options().GetExtension(chapter8::authz::v1::rule).signed_act();
}

std::string LedgerOf(const MethodDescriptor& method, absl::string_view trust_domain) {
  const std::vector<std::string> package = absl::StrSplit(method.file()->package(), '.');
  Check(package.size() >= 2, "an rpc outside chapter8.<domain>.<version>");
  const std::string& domain = package[1] == "books" ? "finance" : package[1];
  return absl::StrCat(trust_domain, "/ch8/", domain);
}

std::string LedgerOf(const MethodDescriptor& method, const Message& request,
                     absl::string_view trust_domain) {
  const google::protobuf::FieldDescriptor* origin =
      request.GetDescriptor()->FindFieldByName("origin");
  if (origin == nullptr || method.file()->package() != "chapter8.ledger.v1") {
    return LedgerOf(method, trust_domain);
  }
  return request.GetReflection()->GetString(request, origin);
}

std::string NewRequestId() {
  std::string bytes = RandomBytes(16);
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  const std::string hex = absl::BytesToHexString(bytes);
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-", hex.substr(12, 4), "-",
                      hex.substr(16, 4), "-", hex.substr(20));
}

Client::Client(Transport& transport, RetryWorld world, ClientOptions options)
    : transport_(transport), world_(std::move(world)), options_(std::move(options)) {}

void Client::SetLedgerTime(absl::Time ledger_time) {
  ledger_ahead_ = ledger_time - world_.clock.Now();
}

absl::StatusOr<std::string> Client::Sign(const MethodDescriptor& method, const Message& request,
                                         absl::string_view request_bytes) const {
  if (!options_.act_key.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat(method.name(), " must be signed, and there is no act key"));
  }
  const trust::ActStatement statement = {.origin = LedgerOf(method, request, options_.trust_domain),
                                         .method = WireName(method),
                                         .request_digest = Sha256(request_bytes)};
  const absl::Time not_after = world_.clock.Now() + ledger_ahead_ + options_.act_life;
  ASSIGN_OR_RETURN(const trust::SignedAct act,
                   trust::SignAct(*options_.act_key, statement, not_after));
  return trust::EncodeSignedAct(act);
}

absl::Status Client::Call(const MethodDescriptor& method, const Message& request, Message& response,
                          CallReport* report) {
  Check(request.GetDescriptor() == method.input_type(), "a request of another rpc's type");
  Check(response.GetDescriptor() == method.output_type(), "a response of another rpc's type");
  WireCall call;
  call.method = WireName(method);
  call.request = request.SerializeAsString();
  call.deadline = world_.clock.Now() + options_.timeout;
  if (IsSignedAct(method)) {
    ASSIGN_OR_RETURN(call.act, Sign(method, request, call.request));
  }
  CallReport unused;
  CallReport& out = report == nullptr ? unused : *report;
  out = CallReport();
  WireReply reply;
  const absl::Status status =
      CallWithRetry(world_, options_.retry, call.deadline, [&]() -> absl::Status {
        ++out.attempts;
        reply = transport_.Send(call);
        return reply.status;
      });
  chapter8::ledger::v1::Receipt receipt;
  if (!reply.receipt.empty() && receipt.ParseFromString(reply.receipt)) out.receipt = receipt;
  out.outcome_unknown = LeavesOutcomeOpen(status);
  RETURN_IF_ERROR(status);
  if (!response.ParseFromString(reply.reply)) {
    return absl::InternalError(absl::StrCat("the answer of ", call.method, " does not parse"));
  }
  return absl::OkStatus();
}

}  // namespace ch8::client
