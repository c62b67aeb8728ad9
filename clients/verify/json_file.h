#ifndef CH8_CLIENTS_VERIFY_JSON_FILE_H_
#define CH8_CLIENTS_VERIFY_JSON_FILE_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"

namespace ch8::verify {

// Reads a message from the JSON that exports and proofs are written in: names and order as in the
// proto, all fields there, each value in its one spelling, one to a line that is indented by a
// space for each level, and a line's end after the last. JSON readers take base64, numbers and
// layout in several ways, and a file that can be changed without its meaning is one that nobody can
// compare. Errors: kInvalidArgument. Thread safety: any thread.
absl::Status ParseJsonFile(absl::string_view text, google::protobuf::Message& message);

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_JSON_FILE_H_
