#include "services/federation/core/cosignatures.h"

#include "absl/strings/str_cat.h"
#include "chapter8/federation/v1/peer_state.pb.h"
#include "services/federation/core/pull.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "storage/base/status_macros.h"

namespace ch8::federation {
namespace {

using chapter8::federation::v1::Cosigned;
using chapter8::ledger::v1::ListCosignaturesRequest;
using chapter8::ledger::v1::ListCosignaturesResponse;

// Where a ledger keeps them (Table::kPeer), by witness.
constexpr absl::string_view kPrefix = "cosigned/";

absl::Status Refusal(absl::StatusCode code, absl::string_view reason, std::string message) {
  return kernel::Refuse(
      {.code = code, .domain = kDomain, .reason = reason, .message = std::move(message)});
}

}  // namespace

absl::StatusOr<Checkpoint> OpenCosigned(absl::string_view note, const NoteVerifier& log,
                                        const NoteVerifier& witness) {
  const absl::StatusOr<OpenedCheckpoint> opened = OpenCheckpoint(note, log, {witness});
  if (opened.ok() && !opened->cosignatures.empty()) return opened->checkpoint;
  const absl::string_view why =
      opened.ok() ? "the signature is missing" : opened.status().message();
  return Refusal(
      absl::StatusCode::kUnauthenticated, "NOT_COSIGNED",
      absl::StrCat("not a head of ", log.name, " cosigned by ", witness.name, ": ", why));
}

absl::StatusOr<std::optional<RowWrite>> TakeCosignature(const Ledger& ledger,
                                                        const kernel::RowReader& rows,
                                                        const NoteVerifier& log,
                                                        const NoteVerifier& witness,
                                                        absl::string_view note) {
  ASSIGN_OR_RETURN(const Checkpoint head, OpenCosigned(note, log, witness));
  const uint64_t size = ledger.durable_size();
  absl::StatusOr<Hash> root = absl::OutOfRangeError("");
  if (head.size <= size) root = ledger.RootAt(head.size);
  if (!root.ok() && !absl::IsOutOfRange(root.status())) return root.status();
  if (!root.ok() || *root != head.root) {
    return Refusal(absl::StatusCode::kDataLoss, "OTHER_HISTORY",
                   absl::StrCat(witness.name, " holds a head of ", head.size, " entries of ",
                                log.name, " that is none of this log, which has ", size));
  }
  const std::string key = absl::StrCat(kPrefix, witness.name);
  Cosigned cosigned;
  const std::optional<std::string> kept = rows.Get(Table::kPeer, key);
  if (kept.has_value() && cosigned.ParseFromString(*kept) && cosigned.size() >= head.size) {
    return std::nullopt;
  }
  cosigned.set_witness(witness.name);
  cosigned.set_size(head.size);
  // Without the lines of anybody else.
  ASSIGN_OR_RETURN(const OpenedNote opened, OpenNote(note, {log, witness}));
  cosigned.set_note(FormatNote({.text = opened.text, .signatures = opened.verified}));
  return RowWrite{.table = Table::kPeer, .key = key, .value = cosigned.SerializeAsString()};
}

absl::StatusOr<ListCosignaturesResponse> ListCosignatures(const kernel::RowReader& rows,
                                                          const ListCosignaturesRequest& request) {
  ASSIGN_OR_RETURN(const int page_size, kernel::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string last, kernel::LastNameOf(request.page_token()));
  const std::string after = last.empty() ? "" : absl::StrCat(kPrefix, last);
  ListCosignaturesResponse response;
  absl::Status status;
  rows.Scan(Table::kPeer, kPrefix, after, [&](absl::string_view key, absl::string_view value) {
    if (response.heads_size() == page_size) {
      response.set_next_page_token(kernel::PageToken(response.heads(page_size - 1).witness()));
      return false;
    }
    Cosigned cosigned;
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
