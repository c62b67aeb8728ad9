#include "services/rpc/method_table.h"

#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/ledger/v1/administration_service.pb.h"
#include "chapter8/ledger/v1/history_service.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "google/protobuf/message.h"
#include "services/kernel/authority.h"
#include "services/kernel/refusal.h"
#include "storage/base/status_macros.h"

namespace ch8::rpc {
namespace {

using chapter8::authz::v1::Rule;
using google::protobuf::FieldDescriptor;
using google::protobuf::FileDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using google::protobuf::ServiceDescriptor;

// The value of `origin` in a request, parsed as strictly as any.
absl::StatusOr<std::string> OriginIn(const google::protobuf::Descriptor& type,
                                     absl::string_view bytes) {
  const std::unique_ptr<Message> request(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(&type)->New());
  RETURN_IF_ERROR(kernel::ParseStrict(bytes, *request));
  const FieldDescriptor* origin = type.FindFieldByName("origin");
  return request->GetReflection()->GetString(*request, origin);
}

std::string WireName(const MethodDescriptor& rpc) {
  return absl::StrCat("/", rpc.service()->full_name(), "/", rpc.name());
}

// The answer of a stream, by its field numbers, is that of `unary` and a receipt.
bool IsAnswerOf(const MethodDescriptor& unary, const google::protobuf::Descriptor& answer) {
  const FieldDescriptor* first = answer.FindFieldByNumber(kAnswerField);
  const FieldDescriptor* receipt = answer.FindFieldByNumber(kReceiptField);
  return answer.field_count() == 2 && first != nullptr &&
         first->message_type() == unary.output_type() && !first->is_repeated() &&
         receipt != nullptr && receipt->type() == FieldDescriptor::TYPE_BYTES &&
         !receipt->is_repeated();
}

// The wire name of the rpc that each message of `rpc` is a request of. Errors: as Create().
absl::StatusOr<std::string> ExecutedBy(const MethodDescriptor& rpc, const Rule& rule) {
  const std::string name = WireName(rpc);
  if (!rpc.client_streaming() && !rpc.server_streaming()) return name;
  const MethodDescriptor* unary = nullptr;
  for (int i = 0; i < rpc.service()->method_count(); ++i) {
    const MethodDescriptor* other = rpc.service()->method(i);
    if (other->input_type() != rpc.input_type() || other->client_streaming()) continue;
    if (unary != nullptr) return absl::InternalError(absl::StrCat(name, " streams two rpcs"));
    unary = other;
  }
  if (unary == nullptr || unary->server_streaming() || !rpc.client_streaming() ||
      !rpc.server_streaming() || !IsAnswerOf(*unary, *rpc.output_type())) {
    return absl::InternalError(absl::StrCat(name, " is a stream of no rpc's requests"));
  }
  const std::optional<Rule> of_unary = kernel::RuleOf(WireName(*unary));
  if (!of_unary.has_value() || rule.signed_act() ||
      rule.SerializeAsString() != of_unary->SerializeAsString()) {
    return absl::InternalError(absl::StrCat(name, " needs the rule of ", unary->name()));
  }
  return WireName(*unary);
}

}  // namespace

absl::StatusOr<MethodTable> MethodTable::Create(const std::vector<HostedLedger>& hosted) {
  MethodTable table;
  for (const HostedLedger& ledger : hosted) {
    table.ledgers_.emplace(ledger.runner->ledger().origin(), ledger.runner);
    for (const std::string& file : ledger.proto_files) {
      RETURN_IF_ERROR(table.AddFile(file, ledger.runner));
    }
  }
  for (const FileDescriptor* file :
       {chapter8::ledger::v1::GetHeadRequest::descriptor()->file(),
        chapter8::ledger::v1::GetCheckpointRequest::descriptor()->file(),
        chapter8::ledger::v1::ListMovementsRequest::descriptor()->file()}) {
    RETURN_IF_ERROR(table.AddFile(file->name(), nullptr));
  }
  return table;
}

absl::Status MethodTable::AddFile(const std::string& file, kernel::Runner* runner) {
  const FileDescriptor* descriptor =
      google::protobuf::DescriptorPool::generated_pool()->FindFileByName(file);
  if (descriptor == nullptr || descriptor->service_count() == 0) {
    return absl::InternalError(absl::StrCat(file, " is not linked in or has no service"));
  }
  for (int i = 0; i < descriptor->service_count(); ++i) {
    RETURN_IF_ERROR(Add(*descriptor->service(i), runner));
  }
  return absl::OkStatus();
}

absl::Status MethodTable::Add(const ServiceDescriptor& service, kernel::Runner* runner) {
  for (int i = 0; i < service.method_count(); ++i) {
    const MethodDescriptor& rpc = *service.method(i);
    Method method;
    method.name = WireName(rpc);
    const std::optional<Rule> rule = kernel::RuleOf(method.name);
    if (!rule.has_value() || rule->kinds().empty()) {
      return absl::InternalError(absl::StrCat(method.name, " has no rule"));
    }
    method.rule = *rule;
    ASSIGN_OR_RETURN(method.executes, ExecutedBy(rpc, *rule));
    method.request = rpc.input_type();
    const bool mutates = method.request->FindFieldByName("request_id") != nullptr;
    method.effect = mutates ? Effect::kMutation : Effect::kRead;
    method.runner = runner;
    const FieldDescriptor* origin = method.request->FindFieldByName("origin");
    if (runner == nullptr &&
        (origin == nullptr || origin->cpp_type() != FieldDescriptor::CPPTYPE_STRING)) {
      return absl::InternalError(absl::StrCat(method.name, " names no ledger"));
    }
    std::string name = method.name;
    if (!methods_.emplace(std::move(name), std::move(method)).second) {
      return absl::InternalError(absl::StrCat(service.full_name(), " is hosted twice"));
    }
  }
  return absl::OkStatus();
}

const MethodTable::Method* MethodTable::Find(absl::string_view name) const {
  const auto found = methods_.find(name);
  return found == methods_.end() ? nullptr : &found->second;
}

absl::StatusOr<kernel::Runner*> MethodTable::RunnerFor(const Method& method,
                                                       absl::string_view request) const {
  if (method.runner != nullptr) return method.runner;
  ASSIGN_OR_RETURN(const std::string origin, OriginIn(*method.request, request));
  const auto found = ledgers_.find(origin);
  if (found != ledgers_.end()) return found->second;
  return kernel::Refuse({.code = absl::StatusCode::kNotFound,
                         .domain = "rpc.chapter8",
                         .reason = "UNKNOWN_LEDGER",
                         .message = "this node does not host the ledger named by origin",
                         .metadata = {{"field", "origin"}}});
}

std::vector<const MethodTable::Method*> MethodTable::methods() const {
  std::vector<const Method*> all;
  for (const auto& [name, method] : methods_) all.push_back(&method);
  return all;
}

}  // namespace ch8::rpc
