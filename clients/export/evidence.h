#ifndef CH8_CLIENTS_EXPORT_EVIDENCE_H_
#define CH8_CLIENTS_EXPORT_EVIDENCE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "clients/export/log_keys.h"
#include "storage/merkle/checkpoint.h"

// Two signed heads that contradict each other, as files that show it to anyone.
//
// Thread safety: any thread.
namespace ch8::audit {

// The two heads, when they are what they should be: each signed by a key of `keys` for that ledger,
// believed for so large a head, of one size, with different roots. What a key has signed beyond its
// size may be a thief's, and convicts nobody; so `keys` are to be what their owner is held to
// (KeepCosigned()), or a revocation below what partners hold would take their evidence away.
//
// Errors: kNotFound when `keys` has none for the ledger; kUnauthenticated when one is not signed;
// kOutOfRange when one is signed by a key that was not believed for it; kDataLoss when they prove
// nothing.
struct Contradiction {
  OpenedCheckpoint first;
  OpenedCheckpoint second;
};
absl::StatusOr<Contradiction> OpenEvidence(const chapter8::ledger::v1::Evidence& evidence,
                                           const LogKeys& keys);

// Writes the folder `directory`, which must not exist, with a folder 1, 2 … for each of `evidence`:
//
//   first.note, second.note  the heads, as C2SP signed notes
//   first.pem                which of the ledger's keys signed, for openssl; the same for second
//   first.text, first.sig    what was signed and the signature, for openssl; the same for second
//
// Errors: those of OpenEvidence() and ExportFolder.
absl::Status WriteEvidence(const std::string& directory,
                           const std::vector<chapter8::ledger::v1::Evidence>& evidence,
                           const LogKeys& keys);

// What WriteEvidence() wrote, by whomever, each proven under `keys`. What lies in the folder for
// openssl must be what follows from the notes.
//
// Errors: kNotFound when there is none or a file is missing; kDataLoss when a file is altered;
// those of OpenEvidence().
absl::StatusOr<std::vector<chapter8::ledger::v1::Evidence>> ReadEvidence(
    const std::string& directory, const LogKeys& keys);

}  // namespace ch8::audit

#endif  // CH8_CLIENTS_EXPORT_EVIDENCE_H_
