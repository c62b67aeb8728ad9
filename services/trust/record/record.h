#ifndef CH8_SERVICES_TRUST_RECORD_RECORD_H_
#define CH8_SERVICES_TRUST_RECORD_RECORD_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/directory/v1/organization_record.pb.h"

// What can be said of a signed organization record from its bytes alone: grammar, signature,
// succession. It parses no certificate, so decisions and the simulator may use it; everybody else
// uses services/trust/organization_record.h, which checks the authorities' certificates as well.
//
// Thread safety: all functions are pure and may be called from any thread.
namespace ch8::trust::record {

using chapter8::directory::v1::OrganizationRecord;
using chapter8::directory::v1::SignedOrganizationRecord;

inline constexpr size_t kSizeMax = 256 * 1024;
// Of all ledgers together, former ones included.
inline constexpr int kLogKeysMax = 64;

// OK when every field keeps to its grammar and limits (organization_record.proto) and each log
// origin lies in the trust domain; of the bundle only that there is one.
// Errors: kInvalidArgument, naming the field.
absl::Status Check(const OrganizationRecord& record);

// Parses and checks; unknown fields are refused, since they would be signed but not read.
// Errors: kInvalidArgument.
absl::StatusOr<OrganizationRecord> Parse(absl::string_view bytes);

// What the root key signs for these record bytes.
std::string SignedBytes(absl::string_view record_bytes);

// What the key that signs a log's heads signs when another one takes its place, for the bytes of
// the record that says so (chapter8.ledger.v1.LogKeyChanged.old_key_signature).
std::string KeyChangeBytes(absl::string_view record_bytes);

// The record of an organization not known so far, signed by the root key that it holds itself.
// Errors: kInvalidArgument (malformed), kUnauthenticated (signature).
absl::StatusOr<OrganizationRecord> VerifyFirstContact(const SignedOrganizationRecord& record);

// The successor of a `pinned` record. Errors:
//   kInvalidArgument     malformed.
//   kUnauthenticated     not signed by the pinned root key.
//   kFailedPrecondition  another organization, trust domain or root key, a sequence that does not
//                        rise, or log keys that do not follow: CheckKeySuccession().
//   kAlreadyExists       the very record that is pinned.
absl::StatusOr<OrganizationRecord> VerifyUpdate(const SignedOrganizationRecord& update,
                                                const SignedOrganizationRecord& pinned);

// Whether the log keys of `after` may follow those of `before`: no key is dropped or altered, and
// none is believed for larger heads than before. A size may be stated or lowered: that is a change
// or a revocation. It is never raised, since what was void in the meantime, to those who acted on
// it, would be valid again. Both records keep Check(). Errors: kFailedPrecondition.
absl::Status CheckKeySuccession(const OrganizationRecord& before, const OrganizationRecord& after);

// host:port of the federation port of the node that hosts `service`; empty when the record names
// none.
std::string TargetOf(const OrganizationRecord& record, absl::string_view service);

// SHA-256 of the record bytes as 16 groups of 4 hex digits joined by spaces, to be read aloud.
std::string Fingerprint(absl::string_view record_bytes);

}  // namespace ch8::trust::record

#endif  // CH8_SERVICES_TRUST_RECORD_RECORD_H_
