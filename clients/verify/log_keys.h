#ifndef CH8_CLIENTS_VERIFY_LOG_KEYS_H_
#define CH8_CLIENTS_VERIFY_LOG_KEYS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/verify/export_files.h"
#include "clients/verify/trust.h"

namespace ch8::verify {

// The keys that an export brings along: keys/<origin>.pem, each a SubjectPublicKeyInfo of Ed25519,
// former ones as keys/<origin>.<n>-until-<size>.pem, and the same in policy.txt. Nobody has to
// believe them.
// Errors: a refusal naming the file that is malformed, or says another thing than the others.
absl::StatusOr<TrustedKeys> ReadKeys(ExportFiles& files);

// OK when the keys of each ledger that both `exported` and `trust` know are the same ones, as far
// as both go.
// Errors: a refusal naming the file.
absl::Status CompareKeys(const TrustedKeys& exported, const TrustedKeys& trust);

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_LOG_KEYS_H_
