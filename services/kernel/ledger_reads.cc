#include "services/kernel/ledger_reads.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/kernel/refusal.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/note.h"

namespace ch8::kernel {
namespace {

namespace v1 = chapter8::ledger::v1;

absl::Status OutOfRange(const Ledger& ledger, absl::string_view reason, absl::string_view what,
                        uint64_t wanted, uint64_t size) {
  return Refuse({.code = absl::StatusCode::kOutOfRange,
                 .domain = "kernel.chapter8",
                 .reason = reason,
                 .message = absl::StrCat(ledger.origin(), " has ", size, " entries; there is no ",
                                         what, " ", wanted),
                 .metadata = {{"origin", ledger.origin()},
                              {"wanted", absl::StrCat(wanted)},
                              {"available", absl::StrCat(size)}}});
}

v1::LoggedEntry LoggedEntryOf(const Entry& entry) {
  v1::LoggedEntry logged;
  logged.set_entry_class(static_cast<uint32_t>(entry.entry_class));
  if (entry.tag != Tag{}) logged.set_tag(entry.tag.data(), entry.tag.size());
  logged.set_salt(std::string(EntrySalt(entry.request_salt, entry.row).view()));
  logged.set_payload(entry.payload.data(), entry.payload.size());
  return logged;
}

void AddHashes(const std::vector<Hash>& hashes,
               google::protobuf::RepeatedPtrField<std::string>& out) {
  for (const Hash& hash : hashes) *out.Add() = std::string(hash.view());
}

}  // namespace

absl::StatusOr<v1::Checkpoint> ReadCheckpoint(const Ledger& ledger, absl::string_view note) {
  ASSIGN_OR_RETURN(const Note parsed, ParseNote(note));
  ASSIGN_OR_RETURN(const ch8::Checkpoint checkpoint, ParseCheckpoint(parsed.text));
  if (checkpoint.origin != ledger.origin() || checkpoint.size > ledger.durable_size()) {
    return absl::InvalidArgumentError(absl::StrCat("the note is not of ", ledger.origin()));
  }
  v1::Checkpoint read;
  read.set_origin(checkpoint.origin);
  read.set_size(checkpoint.size);
  read.set_root(std::string(checkpoint.root.view()));
  read.set_note(std::string(note));
  return read;
}

absl::StatusOr<v1::ReadEntriesResponse> ReadEntries(const Ledger& ledger,
                                                    const v1::ReadEntriesRequest& request) {
  v1::ReadEntriesResponse response;
  response.set_begin(request.begin());
  response.set_size(ledger.durable_size());
  if (request.begin() > response.size()) {
    return OutOfRange(ledger, "NO_SUCH_ENTRY", "entry", request.begin(), response.size());
  }
  const uint64_t end =
      request.end() == 0 ? response.size() : std::min(request.end(), response.size());
  size_t bytes = 0;
  RETURN_IF_ERROR(ledger.ReadEntries(request.begin(), end, [&](const Entry& entry) {
    v1::LoggedEntry logged = LoggedEntryOf(entry);
    bytes += logged.ByteSizeLong() + 8;  // The field's tag and length.
    if (bytes > kReadBytesMax && response.entries_size() > 0) return false;
    *response.add_entries() = std::move(logged);
    return true;
  }));
  return response;
}

absl::StatusOr<v1::InclusionProof> ProveInclusion(const Ledger& ledger, absl::string_view note,
                                                  const v1::GetInclusionProofRequest& request) {
  v1::InclusionProof proof;
  ASSIGN_OR_RETURN(*proof.mutable_checkpoint(), ReadCheckpoint(ledger, note));
  const uint64_t size = proof.checkpoint().size();
  const uint64_t index = request.index();
  if (index >= size) return OutOfRange(ledger, "NO_SUCH_ENTRY", "entry", index, size);
  proof.set_index(index);
  RETURN_IF_ERROR(ledger.ReadEntries(index, index + 1, [&](const Entry& entry) {
    proof.set_leaf_hash(std::string(EntryLeafHash(ledger.log_id(), entry).view()));
    return true;
  }));
  ASSIGN_OR_RETURN(const std::vector<Hash> hashes, ledger.InclusionProof(index, size));
  AddHashes(hashes, *proof.mutable_hashes());
  return proof;
}

absl::StatusOr<v1::ConsistencyProof> ProveConsistency(
    const Ledger& ledger, absl::string_view note, const v1::GetConsistencyProofRequest& request) {
  v1::ConsistencyProof proof;
  ASSIGN_OR_RETURN(*proof.mutable_checkpoint(), ReadCheckpoint(ledger, note));
  const uint64_t size = proof.checkpoint().size();
  if (request.old_size() > size) {
    return OutOfRange(ledger, "NO_SUCH_SIZE", "size", request.old_size(), size);
  }
  proof.set_old_size(request.old_size());
  ASSIGN_OR_RETURN(const std::vector<Hash> hashes,
                   ledger.ConsistencyProof(request.old_size(), size));
  AddHashes(hashes, *proof.mutable_hashes());
  return proof;
}

}  // namespace ch8::kernel
