#ifndef CH8_CLIENTS_VERIFY_TRUST_H_
#define CH8_CLIENTS_VERIFY_TRUST_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/log_signers.h"

// What comes from outside an export: keys that one trusts, and heads that others hold.
//
// Thread safety: any thread.
namespace ch8::verify {

// Who signs the heads of which ledger, by origin.
using TrustedKeys = LogSignersByOrigin;

// The checkpoint in a note, signed by the trusted key of the origin that it names.
// Errors: kInvalidArgument when it is no note of a checkpoint; kNotFound when no key of its origin
// is trusted; kUnauthenticated when the key for its size did not sign it; kOutOfRange when a former
// key did.
absl::StatusOr<Checkpoint> OpenTrusted(absl::string_view note, const TrustedKeys& keys);

// The notes in one file, each byte for byte: an empty line stands before each but the first, after
// the last signature of the one before. Errors: kInvalidArgument.
absl::StatusOr<std::vector<std::string>> SplitNotes(absl::string_view text);

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_TRUST_H_
