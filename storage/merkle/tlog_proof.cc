#include "storage/merkle/tlog_proof.h"

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/proof.h"
#include "storage/merkle/text_fields.h"

namespace ch8 {
namespace {

constexpr absl::string_view kTlogProofHeader = "c2sp.org/tlog-proof@v1";
constexpr absl::string_view kExtraPrefix = "extra ";
constexpr absl::string_view kIndexPrefix = "index ";
constexpr absl::string_view kOldPrefix = "old ";

// Takes a line `<prefix><decimal>` off the front of `rest`.
absl::StatusOr<uint64_t> TakeNumberLine(absl::string_view prefix, absl::string_view& rest) {
  std::optional<absl::string_view> line = TakeLine(rest);
  if (!line.has_value() || !absl::ConsumePrefix(&*line, prefix)) {
    return absl::InvalidArgumentError(absl::StrCat("a line '", prefix, "<number>' is missing"));
  }
  return ParseDecimal(*line);
}

// Takes the hashes, and the empty line after them, off the front of `rest`.
absl::StatusOr<std::vector<Hash>> TakeHashLines(absl::string_view& rest) {
  std::vector<Hash> hashes;
  while (true) {
    const std::optional<absl::string_view> line = TakeLine(rest);
    if (!line.has_value()) {
      return absl::InvalidArgumentError("no empty line follows the proof's hashes");
    }
    if (line->empty()) return hashes;
    if (hashes.size() == kProofHashesMax) {
      return absl::InvalidArgumentError(
          absl::StrCat("a proof has more than ", kProofHashesMax, " hashes"));
    }
    ASSIGN_OR_RETURN(Hash hash, DecodeBase64Hash(*line));
    hashes.push_back(hash);
  }
}

void AppendHashLines(std::string& out, const std::vector<Hash>& hashes) {
  for (const Hash& hash : hashes) absl::StrAppend(&out, EncodeBase64(hash), "\n");
  out += "\n";
}

}  // namespace

std::string FormatTlogProof(const TlogProof& proof) {
  std::string bytes = absl::StrCat(kTlogProofHeader, "\n");
  if (proof.extra.has_value()) {
    absl::StrAppend(&bytes, kExtraPrefix, absl::Base64Escape(*proof.extra), "\n");
  }
  absl::StrAppend(&bytes, kIndexPrefix, proof.index, "\n");
  AppendHashLines(bytes, proof.hashes);
  return bytes + proof.checkpoint_note;
}

absl::StatusOr<TlogProof> ParseTlogProof(absl::string_view bytes) {
  if (TakeLine(bytes) != kTlogProofHeader) {
    return absl::InvalidArgumentError(
        absl::StrCat("a log proof does not start with ", kTlogProofHeader));
  }
  TlogProof proof;
  if (absl::StartsWith(bytes, kExtraPrefix)) {
    const std::optional<absl::string_view> line = TakeLine(bytes);
    if (line.has_value()) proof.extra = DecodeBase64(absl::StripPrefix(*line, kExtraPrefix));
    if (!proof.extra.has_value()) {
      return absl::InvalidArgumentError("a log proof's extra data is not base64");
    }
  }
  ASSIGN_OR_RETURN(proof.index, TakeNumberLine(kIndexPrefix, bytes));
  ASSIGN_OR_RETURN(proof.hashes, TakeHashLines(bytes));
  proof.checkpoint_note = std::string(bytes);
  return proof;
}

absl::StatusOr<OpenedCheckpoint> OpenTlogProof(const TlogProof& proof, const Hash& leaf_hash,
                                               const NoteVerifier& log,
                                               absl::Span<const NoteVerifier> witnesses) {
  ASSIGN_OR_RETURN(OpenedCheckpoint opened, OpenCheckpoint(proof.checkpoint_note, log, witnesses));
  RETURN_IF_ERROR(VerifyInclusion(leaf_hash, proof.index, opened.checkpoint.size, proof.hashes,
                                  opened.checkpoint.root));
  return opened;
}

std::string FormatAddCheckpointRequest(const AddCheckpointRequest& request) {
  std::string bytes = absl::StrCat(kOldPrefix, request.old_size, "\n");
  AppendHashLines(bytes, request.hashes);
  return bytes + request.checkpoint_note;
}

absl::StatusOr<AddCheckpointRequest> ParseAddCheckpointRequest(absl::string_view bytes) {
  AddCheckpointRequest request;
  ASSIGN_OR_RETURN(request.old_size, TakeNumberLine(kOldPrefix, bytes));
  ASSIGN_OR_RETURN(request.hashes, TakeHashLines(bytes));
  request.checkpoint_note = std::string(bytes);
  return request;
}

}  // namespace ch8
