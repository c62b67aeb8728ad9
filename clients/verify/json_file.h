#ifndef CH8_CLIENTS_VERIFY_JSON_FILE_H_
#define CH8_CLIENTS_VERIFY_JSON_FILE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace ch8::verify {

// Reads a message from the JSON that exports and proofs are written in: names as in the proto, all
// fields there, each value in its one spelling. JSON readers take base64 and numbers in several,
// and a file that can be changed without its meaning is one that nobody can compare.
// Errors: kInvalidArgument. Thread safety: any thread.
absl::Status ParseJsonFile(absl::string_view text, google::protobuf::Message& message);

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_JSON_FILE_H_
