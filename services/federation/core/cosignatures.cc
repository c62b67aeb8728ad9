#include "services/federation/core/cosignatures.h"

#include "absl/strings/str_cat.h"
#include "chapter8/federation/v1/peer_state.pb.h"
#include "services/federation/core/pull.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "storage/base/status_macros.h"

namespace ch8::federation {
namespace {

using chapter8::ledger::v1::ListCosignaturesRequest;
using chapter8::ledger::v1::ListCosignaturesResponse;

absl::Status Refusal(absl::StatusCode code, absl::string_view reason, std::string message) {
  return kernel::Refuse(
      {.code = code, .domain = kDomain, .reason = reason, .message = std::move(message)});
}

// `opened`, if it holds the cosignature asked for.
absl::StatusOr<OpenedCheckpoint> Cosigned(const LogSigners& log, const NoteVerifier& witness,
                                          absl::StatusOr<OpenedCheckpoint> opened) {
  if (opened.ok() && !opened->cosignatures.empty()) return opened;
  const absl::string_view why =
      opened.ok() ? "the signature is missing" : opened.status().message();
  return Refusal(
      absl::StatusCode::kUnauthenticated, "NOT_COSIGNED",
      absl::StrCat("not a head of ", log.origin, " cosigned by ", witness.name, ": ", why));
}

}  // namespace

absl::StatusOr<Checkpoint> OpenCosigned(absl::string_view note, const LogSigners& log,
                                        const NoteVerifier& witness) {
  ASSIGN_OR_RETURN(const OpenedCheckpoint opened,
                   Cosigned(log, witness, OpenOldHead(note, log, {witness})));
  return opened.checkpoint;
}

absl::StatusOr<std::string> TrimmedNote(absl::string_view note, const LogSigners& log,
                                        uint64_t size, const NoteVerifier& witness) {
  const NoteVerifier signer = NoteVerifier::Of(log.origin, SignerAt(log.keys, size)->key);
  ASSIGN_OR_RETURN(const OpenedNote opened, OpenNote(note, {signer, witness}));
  return FormatNote({.text = opened.text, .signatures = opened.verified});
}

absl::StatusOr<std::optional<RowWrite>> TakeCosignature(const Ledger& ledger,
                                                        const kernel::RowReader& rows,
                                                        const LogSigners& log,
                                                        const NoteVerifier& witness,
                                                        absl::string_view note) {
  ASSIGN_OR_RETURN(const OpenedCheckpoint opened,
                   Cosigned(log, witness, OpenHead(note, log, {witness})));
  const Checkpoint& head = opened.checkpoint;
  const uint64_t size = ledger.durable_size();
  absl::StatusOr<Hash> root = absl::OutOfRangeError("");
  if (head.size <= size) root = ledger.RootAt(head.size);
  if (!root.ok() && !absl::IsOutOfRange(root.status())) return root.status();
  if (!root.ok() || *root != head.root) {
    // Whoever stole a former key may have had a head cosigned that never was: no reason to stop.
    if (SignerAt(log.keys, head.size) != &log.keys.back()) {
      return Refusal(absl::StatusCode::kUnauthenticated, "FORMER_KEY",
                     absl::StrCat(witness.name, " holds a head of ", head.size, " entries of ",
                                  log.origin, " that a former key signed and this log never had"));
    }
    return Refusal(absl::StatusCode::kDataLoss, "OTHER_HISTORY",
                   absl::StrCat(witness.name, " holds a head of ", head.size, " entries of ",
                                log.origin, " that is none of this log, which has ", size));
  }
  const std::string key = absl::StrCat(kCosignedPrefix, witness.name);
  chapter8::federation::v1::Cosigned cosigned;
  const std::optional<std::string> kept = rows.Get(Table::kPeer, key);
  if (kept.has_value() && cosigned.ParseFromString(*kept) && cosigned.size() >= head.size) {
    return std::nullopt;
  }
  cosigned.set_witness(witness.name);
  cosigned.set_size(head.size);
  ASSIGN_OR_RETURN(*cosigned.mutable_note(), TrimmedNote(note, log, head.size, witness));
  return RowWrite{.table = Table::kPeer, .key = key, .value = cosigned.SerializeAsString()};
}

absl::StatusOr<ListCosignaturesResponse> ListCosignatures(const kernel::RowReader& rows,
                                                          const ListCosignaturesRequest& request) {
  ASSIGN_OR_RETURN(const int page_size, kernel::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string last, kernel::LastNameOf(request.page_token()));
  const std::string after = last.empty() ? "" : absl::StrCat(kCosignedPrefix, last);
  ListCosignaturesResponse response;
  absl::Status status;
  rows.Scan(
      Table::kPeer, kCosignedPrefix, after, [&](absl::string_view key, absl::string_view value) {
        if (response.heads_size() == page_size) {
          response.set_next_page_token(kernel::PageToken(response.heads(page_size - 1).witness()));
          return false;
        }
        chapter8::federation::v1::Cosigned cosigned;
        if (!cosigned.ParseFromString(std::string(value))) {
          status = Refusal(absl::StatusCode::kDataLoss, "STATE_BROKEN",
                           absl::StrCat("the row ", key, " does not parse"));
          return false;
        }
        chapter8::ledger::v1::CosignedHead& head = *response.add_heads();
        head.set_witness(cosigned.witness());
        head.set_size(cosigned.size());
        head.set_note(cosigned.note());
        return true;
      });
  RETURN_IF_ERROR(status);
  RETURN_IF_ERROR(rows.status());
  return response;
}

}  // namespace ch8::federation
