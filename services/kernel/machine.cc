#include "services/kernel/machine.h"

#include "google/protobuf/descriptor.h"
#include "services/kernel/refusal.h"

namespace ch8::kernel {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool HasUnknownFields(const Message& message) {
  const Reflection& reflection = *message.GetReflection();
  if (!reflection.GetUnknownFields(message).empty()) return true;
  std::vector<const FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      if (HasUnknownFields(reflection.GetMessage(message, field))) return true;
      continue;
    }
    for (int i = 0; i < reflection.FieldSize(message, field); ++i) {
      if (HasUnknownFields(reflection.GetRepeatedMessage(message, field, i))) return true;
    }
  }
  return false;
}

}  // namespace

absl::Status ParseStrict(absl::string_view bytes, Message& message) {
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Refuse({.code = absl::StatusCode::kInvalidArgument,
                   .domain = "kernel.chapter8",
                   .reason = "MALFORMED_REQUEST",
                   .message = "the request does not parse, or holds text that is not UTF-8"});
  }
  if (HasUnknownFields(message)) {
    return Refuse({.code = absl::StatusCode::kInvalidArgument,
                   .domain = "kernel.chapter8",
                   .reason = "UNKNOWN_FIELD",
                   .message = "the request has a field that this node does not know; it was made "
                              "for a newer one, or altered"});
  }
  return absl::OkStatus();
}

Event DomainEvent(const Message& event) {
  Event logged;
  logged.entry.set_domain_event(event.SerializeAsString());
  return logged;
}

const Routes::Decide* Routes::FindCommand(absl::string_view method) const {
  const auto found = commands_.find(method);
  return found == commands_.end() ? nullptr : &found->second;
}

const Routes::ReadRoute* Routes::FindRead(absl::string_view method) const {
  const auto found = reads_.find(method);
  return found == reads_.end() ? nullptr : &found->second;
}

}  // namespace ch8::kernel
