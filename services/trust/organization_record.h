#ifndef CH8_SERVICES_TRUST_ORGANIZATION_RECORD_H_
#define CH8_SERVICES_TRUST_ORGANIZATION_RECORD_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "services/trust/record/record.h"
#include "storage/base/ed25519.h"

// The signed record by which one organization comes to trust another. At first contact it is a
// file, and two officers compare its fingerprint by telephone; from then on the root key in it is
// pinned and signs every later record.
//
// Thread safety: all functions may be called from any thread.
namespace ch8::trust {

using chapter8::directory::v1::OrganizationRecord;
using chapter8::directory::v1::SignedOrganizationRecord;

inline constexpr size_t kOrganizationRecordSizeMax = record::kSizeMax;
inline constexpr int kLogKeysMax = record::kLogKeysMax;

// OK when every field keeps to its grammar and limits (organization_record.proto), the bundle
// parses and each log origin lies in the trust domain. Errors: kInvalidArgument, naming the field.
absl::Status CheckOrganizationRecord(const OrganizationRecord& record);

// Parses and checks; unknown fields are refused, since they would be signed but not read.
// Errors: kInvalidArgument.
absl::StatusOr<OrganizationRecord> ParseOrganizationRecord(absl::string_view bytes);

// Errors: kInvalidArgument when the record is malformed or names another root key than `root_key`.
absl::StatusOr<SignedOrganizationRecord> SignOrganizationRecord(const OrganizationRecord& record,
                                                                const SigningKey& root_key);

// The record of an organization not known so far, signed by the root key that it holds itself. That
// proves only that it is whole: believe it after its Fingerprint() was compared out of band.
// Errors: kInvalidArgument (malformed), kUnauthenticated (signature).
absl::StatusOr<OrganizationRecord> VerifyFirstContact(const SignedOrganizationRecord& record);

// The successor of a `pinned` record. Errors:
//   kInvalidArgument     malformed.
//   kUnauthenticated     not signed by the pinned root key.
//   kFailedPrecondition  another organization, trust domain or root key (pin anew by hand); a
//                        sequence that does not rise: equal sequence with other bytes means that
//                        its root key signed two histories, keep both as evidence; or log keys that
//                        do not follow (record::CheckKeySuccession()).
//   kAlreadyExists       the very record that is pinned.
absl::StatusOr<OrganizationRecord> VerifyUpdate(const SignedOrganizationRecord& update,
                                                const SignedOrganizationRecord& pinned);

// SHA-256 of the record bytes as 16 groups of 4 hex digits joined by spaces, to be read aloud. It
// covers every field, so equal fingerprints mean equal keys, domain and authorities.
std::string Fingerprint(absl::string_view record_bytes);

// The file form: base64 of the SignedOrganizationRecord between
// `-----BEGIN CHAPTER8 ORGANIZATION RECORD-----` and its END line, lines of 64.
std::string EncodeArmour(const SignedOrganizationRecord& record);

// Takes text around the armour, and line ends of either kind; nothing else. Checks no signature.
// Errors: kInvalidArgument.
absl::StatusOr<SignedOrganizationRecord> DecodeArmour(absl::string_view text);

}  // namespace ch8::trust

#endif  // CH8_SERVICES_TRUST_ORGANIZATION_RECORD_H_
