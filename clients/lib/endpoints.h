#ifndef CH8_CLIENTS_LIB_ENDPOINTS_H_
#define CH8_CLIENTS_LIB_ENDPOINTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace ch8::client {

// Where a node listens, as it wrote into <data>/endpoints.json after it had bound its ports.
struct Endpoints {
  std::string organization;  // e.g. "un"; may be empty.
  std::string trust_domain;  // e.g. "un.example"; may be empty.
  std::string officers;      // host:port.
  std::string federation;
  std::string metrics;
  std::string admin;                  // "unix:/…".
  std::vector<std::string> services;  // That it hosts; empty when it is not known.
};

// Errors: kInvalidArgument when the text is no JSON object of strings or names no officers' server.
// Fields not known here are ignored: a newer node may say more.
absl::StatusOr<Endpoints> ParseEndpoints(absl::string_view json);

// `where` is a path to such a file, or host:port itself.
// Errors: kUnavailable when the file is not there (the node has not started); those of
// ParseEndpoints and ReadSmallFile.
absl::StatusOr<Endpoints> FindEndpoints(const std::string& where);

}  // namespace ch8::client

#endif  // CH8_CLIENTS_LIB_ENDPOINTS_H_
