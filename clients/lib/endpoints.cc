#include "clients/lib/endpoints.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/trust/files.h"
#include "storage/base/status_macros.h"

namespace ch8::client {
namespace {

std::string StringField(const google::protobuf::Struct& object, const char* name) {
  const auto found = object.fields().find(name);
  return found == object.fields().end() ? "" : found->second.string_value();
}

bool IsHostAndPort(absl::string_view text) {
  const size_t colon = text.rfind(':');
  int port = 0;
  return colon != absl::string_view::npos && colon > 0 &&
         text.find('/') == absl::string_view::npos &&
         absl::SimpleAtoi(text.substr(colon + 1), &port) && port > 0 && port < 65536;
}

}  // namespace

absl::StatusOr<Endpoints> ParseEndpoints(absl::string_view json) {
  google::protobuf::Struct object;
  const auto parsed = google::protobuf::util::JsonStringToMessage(std::string(json), &object);
  if (!parsed.ok()) return absl::InvalidArgumentError("endpoints are not a JSON object");
  Endpoints endpoints;
  endpoints.organization = StringField(object, "organization");
  endpoints.trust_domain = StringField(object, "trust_domain");
  endpoints.officers = StringField(object, "officers");
  endpoints.federation = StringField(object, "federation");
  endpoints.metrics = StringField(object, "metrics");
  endpoints.admin = StringField(object, "admin");
  const auto services = object.fields().find("services");
  if (services != object.fields().end()) {
    for (const auto& service : services->second.list_value().values()) {
      endpoints.services.push_back(service.string_value());
    }
  }
  if (endpoints.officers.empty()) {
    return absl::InvalidArgumentError("endpoints name no officers' server");
  }
  return endpoints;
}

absl::StatusOr<Endpoints> FindEndpoints(const std::string& where) {
  if (IsHostAndPort(where)) {
    Endpoints endpoints;
    endpoints.officers = where;
    return endpoints;
  }
  const absl::StatusOr<std::string> text = trust::ReadSmallFile(where);
  if (absl::IsNotFound(text.status())) {
    return absl::UnavailableError(
        absl::StrCat(where, " is not there: the node has not started, or not finished starting"));
  }
  RETURN_IF_ERROR(text.status());
  return ParseEndpoints(*text);
}

}  // namespace ch8::client
