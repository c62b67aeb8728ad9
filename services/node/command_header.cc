#include "services/node/command_header.h"

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "services/kernel/refusal.h"

namespace ch8::node {
namespace {

constexpr size_t kRequestIdSizeMax = 63;

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string StringField(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_STRING) return "";
  return message.GetReflection()->GetString(message, field);
}

bool BoolField(const Message& message, const char* name) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->cpp_type() != FieldDescriptor::CPPTYPE_BOOL) return false;
  return message.GetReflection()->GetBool(message, field);
}

absl::Status BadRequestId(absl::string_view reason, std::string message) {
  return kernel::Refuse({.code = absl::StatusCode::kInvalidArgument,
                         .domain = "kernel.chapter8",
                         .reason = reason,
                         .message = std::move(message),
                         .metadata = {{"field", "request_id"}}});
}

}  // namespace

absl::Status FillHeader(kernel::Command& command) {
  std::string name(absl::StripPrefix(command.method, "/"));
  std::replace(name.begin(), name.end(), '/', '.');
  const auto* method = google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(name);
  if (method == nullptr) {
    return absl::UnimplementedError(absl::StrCat("no such method: ", command.method));
  }
  const Message* prototype =
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(method->input_type());
  const std::unique_ptr<Message> request(prototype->New());
  const absl::Status parsed = kernel::ParseStrict(command.request, *request);
  if (!parsed.ok()) return parsed;
  command.request_id = StringField(*request, "request_id");
  command.post = StringField(*request, "post");
  command.mode = BoolField(*request, "validate_only") ? kernel::Command::Mode::kValidateOnly
                                                      : kernel::Command::Mode::kExecute;
  return absl::OkStatus();
}

absl::Status CheckRequestId(absl::string_view request_id) {
  if (request_id.empty()) {
    return BadRequestId("NO_REQUEST_ID",
                        "a mutation needs a request_id, so that it can be retried");
  }
  const bool ok = request_id.size() <= kRequestIdSizeMax &&
                  std::all_of(request_id.begin(), request_id.end(), [](char c) {
                    return c == '-' || absl::ascii_isalnum(static_cast<unsigned char>(c));
                  });
  if (ok) return absl::OkStatus();
  return BadRequestId("BAD_REQUEST_ID",
                      "request_id has 1 to 63 letters, digits and hyphens; a UUID is best");
}

}  // namespace ch8::node
