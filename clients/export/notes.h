#ifndef CH8_CLIENTS_EXPORT_NOTES_H_
#define CH8_CLIENTS_EXPORT_NOTES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"

// Signed heads and proofs as files.
//
// Thread safety: any thread.
namespace ch8::audit {

// Several notes in one file, each byte for byte as it was signed: an empty line before each but the
// first. A checkpoint's text has no empty line and its signatures start with a dash, so an empty
// line after a signature can be nothing else; one note alone is the file as every tool knows it.
std::string JoinNotes(const std::vector<std::string>& notes);

// A C2SP tlog-proof, from proof and note as the node gave them: what somebody keeps who wants to
// show, offline and for ever, that an entry is logged.
//
// Errors: kDataLoss when the proof does not lead from the leaf to the checkpoint's root, or note
// and checkpoint differ: the node's answer is wrong.
absl::StatusOr<std::string> FormatProof(const chapter8::ledger::v1::InclusionProof& proof);

}  // namespace ch8::audit

#endif  // CH8_CLIENTS_EXPORT_NOTES_H_
