#include "clients/export/notes.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/note.h"
#include "storage/merkle/proof.h"
#include "storage/merkle/tlog_proof.h"

namespace ch8::audit {

std::string JoinNotes(const std::vector<std::string>& notes) { return absl::StrJoin(notes, "\n"); }

absl::StatusOr<std::string> FormatProof(const chapter8::ledger::v1::InclusionProof& proof) {
  ASSIGN_OR_RETURN(const Note note, ParseNote(proof.checkpoint().note()));
  ASSIGN_OR_RETURN(const Checkpoint checkpoint, ParseCheckpoint(note.text));
  TlogProof text{.index = proof.index(), .checkpoint_note = proof.checkpoint().note()};
  for (const std::string& bytes : proof.hashes()) {
    ASSIGN_OR_RETURN(const Hash hash, Hash::FromBytes(bytes));
    text.hashes.push_back(hash);
  }
  ASSIGN_OR_RETURN(const Hash leaf, Hash::FromBytes(proof.leaf_hash()));
  const absl::Status included =
      VerifyInclusion(leaf, proof.index(), checkpoint.size, text.hashes, checkpoint.root);
  if (!included.ok() || checkpoint.origin != proof.checkpoint().origin()) {
    return absl::DataLossError(
        absl::StrCat("the node's proof of entry ", proof.index(), " does not hold"));
  }
  return FormatTlogProof(text);
}

}  // namespace ch8::audit
