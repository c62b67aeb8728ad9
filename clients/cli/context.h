#ifndef CH8_CLIENTS_CLI_CONTEXT_H_
#define CH8_CLIENTS_CLI_CONTEXT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace ch8::cli {

// Who an officer is and which nodes of the own organization the officer talks to: one, or several
// that each host some of its services. Paths are absolute.
struct Context {
  std::string name;                    // e.g. "unsos-supply", "un:approver".
  std::string organization;            // e.g. "un"; empty until the node said so.
  std::string trust_domain;            // e.g. "un.example".
  std::vector<std::string> endpoints;  // Each a node's endpoints.json, or host:port.
  std::string certificate;
  std::string key;
  std::string ca;
  std::string act_key;
  std::string post;  // The post acted in, when the officer holds several; may be empty.
};

std::string EncodeContext(const Context& context);
// Errors: kInvalidArgument.
absl::StatusOr<Context> DecodeContext(const std::string& json);

// The contexts kept in a folder, one JSON file each, and which of them is in use.
//
// Thread safety: none.
class ContextStore {
 public:
  explicit ContextStore(std::string directory) : directory_(std::move(directory)) {}

  // Errors: kNotFound, naming the contexts there are; kInvalidArgument (not a name, damaged file).
  absl::StatusOr<Context> Load(const std::string& name) const;

  // The one in use. Errors: kNotFound with what to type.
  absl::StatusOr<Context> Current() const;

  // Creates the folder (0700) and writes the file, replacing one of the same name.
  absl::Status Save(const Context& context) const;

  // Errors: those of Load.
  absl::Status Use(const std::string& name) const;

  // In name order; damaged files are left out.
  std::vector<Context> List() const;

  // Empty when none is in use.
  std::string CurrentName() const;

 private:
  std::string directory_;
};

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_CONTEXT_H_
