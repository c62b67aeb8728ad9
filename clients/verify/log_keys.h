#ifndef CH8_CLIENTS_VERIFY_LOG_KEYS_H_
#define CH8_CLIENTS_VERIFY_LOG_KEYS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "clients/verify/export_files.h"
#include "clients/verify/trust.h"

namespace ch8::verify {

// The keys that an export brings along: keys/<origin>.pem, each a SubjectPublicKeyInfo of Ed25519,
// and the same in policy.txt. Nobody has to believe them.
// Errors: a refusal naming the file that is malformed, or says another thing than the others.
absl::StatusOr<TrustedKeys> ReadKeys(ExportFiles& files);

// OK when every key of the export that `trust` knows is the one that is trusted.
// Errors: a refusal naming the file.
absl::Status CompareKeys(const TrustedKeys& exported, const TrustedKeys& trust);

// OK when the genesis's organization record (SignedOrganizationRecord bytes) is signed by the root
// key that it holds and gives `key` to the ledger. Errors: a refusal naming entry 0.
absl::Status CheckGenesisRecord(absl::string_view signed_record, const NoteVerifier& key);

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_LOG_KEYS_H_
