#include "services/federation/core/pull.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/federation/core/witnessed_heads.h"
#include "services/kernel/addresses.h"
#include "services/kernel/refusal.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/note.h"

namespace ch8::federation {
namespace {

using chapter8::federation::v1::ProvenEntry;
using chapter8::federation::v1::PullRequest;
using chapter8::federation::v1::PullResponse;

absl::StatusOr<Checkpoint> CheckpointOf(const PullSource& source) {
  ASSIGN_OR_RETURN(const Note note, ParseNote(source.signed_note));
  ASSIGN_OR_RETURN(Checkpoint checkpoint, ParseCheckpoint(note.text));
  if (checkpoint.origin != source.ledger.origin()) {
    return absl::InvalidArgumentError(absl::StrCat("the note is not of ", source.ledger.origin()));
  }
  return checkpoint;
}

absl::Status CursorAhead(const PullSource& source, absl::string_view what, uint64_t theirs,
                         uint64_t ours) {
  return kernel::Refuse({.code = absl::StatusCode::kOutOfRange,
                         .domain = kDomain,
                         .reason = "CURSOR_AHEAD",
                         .message = absl::StrCat(source.caller, " has ", what, " ", theirs, " of ",
                                                 source.ledger.origin(), ", which holds ", ours,
                                                 "; was this node restored from a backup?"),
                         .metadata = {{"origin", source.ledger.origin()},
                                      {"wanted", absl::StrCat(theirs)},
                                      {"held", absl::StrCat(ours)}}});
}

// Where entry `number` addressed to the caller stands.
absl::StatusOr<kernel::Addressed> FindAddressed(const PullSource& source, const Snapshot& snapshot,
                                                uint64_t number) {
  ASSIGN_OR_RETURN(const std::optional<std::string> row,
                   snapshot.Get(Table::kRows, kernel::AddressedKey(source.caller, number)));
  const std::optional<kernel::Addressed> addressed =
      row.has_value() ? kernel::ParseAddressed(*row) : std::nullopt;
  if (!addressed.has_value()) {
    return absl::DataLossError(absl::StrCat(source.ledger.origin(), ": the row of entry ", number,
                                            " addressed to ", source.caller, " is broken"));
  }
  return *addressed;
}

// The number of the newest entry addressed to the caller below index `size`. Indexes rise with
// numbers, so it is searched by halves.
absl::StatusOr<uint64_t> NewestNumber(const PullSource& source, const Snapshot& snapshot,
                                      uint64_t size) {
  ASSIGN_OR_RETURN(const std::optional<std::string> row,
                   snapshot.Get(Table::kRows, kernel::AddressHeadKey(source.caller)));
  if (!row.has_value()) return 0;
  const std::optional<kernel::AddressHead> head = kernel::ParseAddressHead(*row);
  if (!head.has_value()) {
    return absl::DataLossError(absl::StrCat(source.ledger.origin(), ": the end of the chain of ",
                                            source.caller, " is broken"));
  }
  uint64_t below = 0;  // Known to stand below `size`, or 0.
  uint64_t above = head->number + 1;
  uint64_t middle = head->number;  // Most often the newest is covered.
  while (below + 1 < above) {
    ASSIGN_OR_RETURN(const kernel::Addressed addressed, FindAddressed(source, snapshot, middle));
    (addressed.index < size ? below : above) = middle;
    middle = below + (above - below) / 2;
  }
  return below;
}

void AddHashes(const std::vector<Hash>& hashes,
               google::protobuf::RepeatedPtrField<std::string>& out) {
  for (const Hash& hash : hashes) *out.Add() = std::string(hash.view());
}

absl::StatusOr<ProvenEntry> ProveEntry(const Ledger& ledger, uint64_t index, uint64_t size) {
  ProvenEntry proven;
  bool found = false;
  RETURN_IF_ERROR(ledger.ReadEntries(index, index + 1, [&](const Entry& entry) {
    found = true;
    proven.set_index(entry.index);
    proven.set_entry_class(static_cast<uint32_t>(entry.entry_class));
    proven.set_tag(entry.tag.data(), entry.tag.size());
    proven.set_salt(std::string(EntrySalt(entry.request_salt, entry.row).view()));
    proven.set_payload(entry.payload.data(), entry.payload.size());
    return true;
  }));
  if (!found) {
    return absl::DataLossError(absl::StrCat(ledger.origin(), ": entry ", index, " is missing"));
  }
  ASSIGN_OR_RETURN(const std::vector<Hash> proof, ledger.InclusionProof(index, size));
  AddHashes(proof, *proven.mutable_inclusion_proof());
  return proven;
}

}  // namespace

uint32_t EntriesMax(const PullRequest& request) {
  return request.entries_max() == 0 ? kPullEntriesMax
                                    : std::min(request.entries_max(), kPullEntriesMax);
}

absl::StatusOr<PullResponse> BuildPull(const PullSource& source, const PullRequest& request) {
  const Ledger& ledger = source.ledger;
  if (request.origin() != ledger.origin()) {
    return kernel::Refuse({.code = absl::StatusCode::kNotFound,
                           .domain = kDomain,
                           .reason = "UNKNOWN_ORIGIN",
                           .message = "this node does not host that ledger"});
  }
  ASSIGN_OR_RETURN(const Checkpoint checkpoint, CheckpointOf(source));
  if (request.verified_size() > checkpoint.size) {
    return CursorAhead(source, "verified entries up to", request.verified_size(), checkpoint.size);
  }
  const std::unique_ptr<Snapshot> snapshot = ledger.TakeSnapshot();
  ASSIGN_OR_RETURN(const uint64_t newest, NewestNumber(source, *snapshot, checkpoint.size));
  if (request.after_number() > newest) {
    return CursorAhead(source, "taken entries up to", request.after_number(), newest);
  }

  PullResponse response;
  response.set_checkpoint_note(std::string(source.signed_note));
  response.set_newest_number(newest);
  response.set_ledger_time_us(absl::ToUnixMicros(source.ledger_time));
  ASSIGN_OR_RETURN(const std::vector<Hash> consistency,
                   ledger.ConsistencyProof(request.verified_size(), checkpoint.size));
  AddHashes(consistency, *response.mutable_consistency_proof());
  if (request.verified_size() == 0) {
    ASSIGN_OR_RETURN(*response.mutable_genesis(), ProveEntry(ledger, 0, checkpoint.size));
  }

  RETURN_IF_ERROR(
      AddWitnessedHeads({.ledger = ledger, .size = checkpoint.size}, request, response));

  size_t bytes = response.ByteSizeLong();
  const uint64_t last = std::min(newest, request.after_number() + EntriesMax(request));
  for (uint64_t number = request.after_number() + 1; number <= last; ++number) {
    ASSIGN_OR_RETURN(const kernel::Addressed addressed, FindAddressed(source, *snapshot, number));
    ASSIGN_OR_RETURN(ProvenEntry proven, ProveEntry(ledger, addressed.index, checkpoint.size));
    bytes += proven.ByteSizeLong();
    if (bytes > kPullBytesMax) break;
    bytes += 8;  // The field's tag and length.
    *response.add_entries() = std::move(proven);
  }
  return response;
}

}  // namespace ch8::federation
