#include "clients/verify/json_file.h"

#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>
#include <string>

namespace ch8::verify {

absl::Status ParseJsonFile(absl::string_view text, google::protobuf::Message& message) {
  namespace util = google::protobuf::util;
  const google::protobuf::StringPiece piece(text.data(), text.size());
  if (!util::JsonStringToMessage(piece, &message).ok()) {
    return absl::InvalidArgumentError("not the JSON that it should be");
  }
  util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string again;
  const bool printed = util::MessageToJsonString(message, &again, options).ok();
  // Without exceptions: what is no JSON is `discarded`.
  const auto given = nlohmann::json::parse(text.begin(), text.end(), nullptr, false);
  if (printed && !given.is_discarded() && given == nlohmann::json::parse(again, nullptr, false)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError("JSON that is not written as it should be");
}

}  // namespace ch8::verify
