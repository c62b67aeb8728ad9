#ifndef CH8_SERVICES_FEDERATION_CORE_COSIGNATURES_H_
#define CH8_SERVICES_FEDERATION_CORE_COSIGNATURES_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "services/kernel/rows.h"
#include "storage/ledger/ledger.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/log_signers.h"
#include "storage/merkle/note.h"

// Cosignatures under this organization's own heads: which other organizations will not let them be
// rewritten. A reader's node sends the newest one with its next Pull.
//
// Thread safety: all functions are pure and may be called from any thread.
namespace ch8::federation {

// Where a ledger keeps them (Table::kPeer), by witness.
inline constexpr absl::string_view kCosignedPrefix = "cosigned/";

// The checkpoint of a note that `log` signed and the own `witness` cosigned: of any of the log's
// keys, for the witness has judged whether that key was to be believed when it cosigned. What it
// cosigned before it heard of a revocation stays believed, whatever size the revocation states.
// Errors: kUnauthenticated/NOT_COSIGNED, domain "federation.chapter8".
absl::StatusOr<Checkpoint> OpenCosigned(absl::string_view note, const LogSigners& log,
                                        const NoteVerifier& witness);

// A note with the signatures of `log`, of the key believed for `size`, and of `witness`, and
// without the lines of anybody else. Errors: those of OpenNote().
absl::StatusOr<std::string> TrimmedNote(absl::string_view note, const LogSigners& log,
                                        uint64_t size, const NoteVerifier& witness);

// What a ledger is to remember of a head of its own that `witness` cosigned, `rows` being its; no
// row when it knows as large a one already.
//
// Errors, domain "federation.chapter8": kUnauthenticated/NOT_COSIGNED, also for a head above the
// size up to which its key is believed: what whoever stole it had cosigned is none of ours;
// kDataLoss/OTHER_HISTORY when the key that signs now has signed it and it is not a head of this
// log: either this log was rolled back, or the key is in other hands. Page someone.
absl::StatusOr<std::optional<RowWrite>> TakeCosignature(const Ledger& ledger,
                                                        const kernel::RowReader& rows,
                                                        const LogSigners& log,
                                                        const NoteVerifier& witness,
                                                        absl::string_view note);

// The newest cosigned head of each witness, by its name.
// Errors: kInvalidArgument/BAD_PAGE_SIZE, BAD_PAGE_TOKEN; kDataLoss/STATE_BROKEN.
absl::StatusOr<chapter8::ledger::v1::ListCosignaturesResponse> ListCosignatures(
    const kernel::RowReader& rows, const chapter8::ledger::v1::ListCosignaturesRequest& request);

}  // namespace ch8::federation

#endif  // CH8_SERVICES_FEDERATION_CORE_COSIGNATURES_H_
