#include "services/node/fitted_heads.h"

#include <memory>
#include <optional>
#include <string>

#include "chapter8/federation/v1/peer_state.pb.h"
#include "services/federation/core/peer_log.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/note.h"

namespace ch8::node {
namespace {

using chapter8::federation::v1::PeerState;

// The newest head that the log of `source` has a note of.
struct NotedHead {
  Checkpoint checkpoint;
  std::string note;
};
absl::StatusOr<std::optional<NotedHead>> NewestNoted(const Ledger& source) {
  ASSIGN_OR_RETURN(const std::optional<std::string> note, source.NoteAtMost(source.durable_size()));
  if (!note.has_value()) return std::nullopt;
  ASSIGN_OR_RETURN(const Note parsed, ParseNote(*note));
  ASSIGN_OR_RETURN(const Checkpoint checkpoint, ParseCheckpoint(parsed.text));
  return NotedHead{.checkpoint = checkpoint, .note = *note};
}

// True when the reader's head of the source was taken back.
absl::StatusOr<bool> Fit(Ledger& reader, const Ledger& source, const NotedHead& head) {
  ASSIGN_OR_RETURN(
      const std::optional<std::string> row,
      reader.TakeSnapshot()->Get(Table::kPeer, federation::PeerStateKey(source.origin())));
  if (!row.has_value()) return false;
  ASSIGN_OR_RETURN(PeerState state, federation::PeerStateFrom(source.origin(), row));
  const bool beyond = state.verified_size() > source.durable_size();
  const bool took_beyond = state.last_number() > 0 && state.last_index() >= head.checkpoint.size;
  if (!beyond || took_beyond) return false;
  state.set_verified_size(head.checkpoint.size);
  state.set_verified_root(std::string(head.checkpoint.root.view()));
  state.set_checkpoint_note(head.note);
  Ledger::CommitRequest commit;
  commit.rows.push_back(federation::PeerStateRow(state));
  RETURN_IF_ERROR(reader.Commit(commit).status());
  RETURN_IF_ERROR(reader.Sync().status());
  return true;
}

bool IsJustRebuilt(const FittedLedger& fitted) {
  return fitted.rebuilt_size > 0 && fitted.rebuilt_size == fitted.ledger->durable_size();
}

}  // namespace

absl::StatusOr<int> FitHeads(const std::vector<FittedLedger>& ledgers) {
  int fitted = 0;
  for (const FittedLedger& source : ledgers) {
    if (!IsJustRebuilt(source)) continue;
    ASSIGN_OR_RETURN(const std::optional<NotedHead> head, NewestNoted(*source.ledger));
    if (!head.has_value()) continue;
    for (const FittedLedger& reader : ledgers) {
      if (reader.ledger == source.ledger || !IsJustRebuilt(reader)) continue;
      ASSIGN_OR_RETURN(const bool changed, Fit(*reader.ledger, *source.ledger, *head));
      fitted += changed ? 1 : 0;
    }
  }
  return fitted;
}

}  // namespace ch8::node
