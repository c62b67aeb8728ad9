#include "services/federation/core/deposit.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chapter8/ledger/v1/answer.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/federation/core/pull.h"
#include "services/kernel/execute.h"
#include "services/kernel/refusal.h"
#include "services/kernel/rows.h"
#include "storage/base/bytes.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/chunk.h"

namespace ch8::federation {
namespace {

using chapter8::federation::v1::Deposit;
using chapter8::federation::v1::DepositContent;
using chapter8::federation::v1::DepositRow;
using chapter8::federation::v1::GetDepositRequest;

constexpr absl::string_view kStatement = "chapter8/deposit/v1\n";

absl::Status Forked() {
  return kernel::Refuse({.code = absl::StatusCode::kFailedPrecondition,
                         .domain = kDomain,
                         .reason = "DEPOSIT_FORKED",
                         .message = "what the caller holds is not of this ledger's history"});
}

void AddRow(absl::string_view key, absl::string_view value,
            google::protobuf::RepeatedPtrField<DepositRow>& rows) {
  DepositRow& row = *rows.Add();
  row.set_key(std::string(key));
  row.set_value(std::string(value));
}

using DepositRows = google::protobuf::RepeatedPtrField<DepositRow>;

// The first answer to a request, if it is kept still.
absl::Status AddAnswer(const Snapshot& snapshot, absl::string_view trust_domain,
                       const Entry& stored, DepositRows& answers) {
  chapter8::ledger::v1::Entry entry;
  const bool parsed =
      entry.ParseFromArray(stored.payload.data(), static_cast<int>(stored.payload.size()));
  if (!parsed || !entry.has_request() || entry.request().request_id().empty()) {
    return absl::OkStatus();
  }
  const std::string key =
      kernel::AnswerKey(trust_domain, entry.request().caller(), entry.request().request_id());
  ASSIGN_OR_RETURN(const std::optional<std::string> value, snapshot.Get(Table::kAnswers, key));
  chapter8::ledger::v1::Answer answer;
  if (value.has_value() && answer.ParseFromString(*value) &&
      answer.receipt().index() == stored.index) {
    AddRow(key, *value, answers);
  }
  return absl::OkStatus();
}

// The answers to the requests that begin in a chunk, from entry `begin` on.
absl::StatusOr<DepositRows> AnswersTo(const DepositSource& source, const Snapshot& snapshot,
                                      const std::vector<Entry>& entries, uint64_t begin) {
  DepositRows answers;
  for (const Entry& entry : entries) {
    if (entry.row != 0 || entry.index < begin) continue;
    RETURN_IF_ERROR(AddAnswer(snapshot, source.trust_domain, entry, answers));
  }
  return answers;
}

size_t BytesOf(const DepositRows& rows) {
  size_t bytes = 0;
  for (const DepositRow& row : rows) bytes += row.ByteSizeLong();
  return bytes;
}

// Chunks from the draft's `end` on, whose entries all lie below the snapshot's size.
absl::Status AddChunks(const DepositSource& source, const Snapshot& snapshot, DepositDraft& draft) {
  size_t bytes = 0;
  std::vector<Entry> entries;
  absl::Status status;
  const auto add = [&](uint64_t first, absl::string_view chunk) -> absl::StatusOr<bool> {
    if (first >= snapshot.size()) return false;
    RETURN_IF_ERROR(DecodeChunk(chunk, entries));
    const uint64_t end = first + entries.size();
    if (end <= draft.end) return true;
    if (first > draft.end || end > snapshot.size()) {
      return absl::DataLossError(absl::StrCat("entry ", draft.end, ": its chunk is missing"));
    }
    ASSIGN_OR_RETURN(DepositRows answers, AnswersTo(source, snapshot, entries, draft.end));
    const size_t more = chunk.size() + BytesOf(answers);
    if (bytes > 0 && bytes + more > kDepositChunkBytesMax) return false;
    bytes += more;
    draft.content.add_chunks(std::string(chunk));
    draft.content.mutable_answers()->MergeFrom(answers);
    draft.end = end;
    return true;
  };
  RETURN_IF_ERROR(source.log.VisitChunks(draft.end, [&](uint64_t first, absl::string_view chunk) {
    const absl::StatusOr<bool> more = add(first, chunk);
    status = more.status();
    return more.ok() && *more;
  }));
  return status;
}

absl::Status Complete(const DepositSource& source, const Snapshot& snapshot, DepositDraft& draft) {
  draft.complete = true;
  RETURN_IF_ERROR(
      snapshot.Scan(Table::kPeer, "", "", [&](absl::string_view key, absl::string_view value) {
        AddRow(key, value, *draft.content.mutable_peer_rows());
        return true;
      }));
  ASSIGN_OR_RETURN(const std::optional<std::string> note, source.ledger.NoteAtMost(draft.end));
  draft.content.set_newest_note(note.value_or(""));
  draft.content.set_ledger_time_us(
      absl::ToUnixMicros(kernel::NewestTime(kernel::SnapshotRows(snapshot))));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<DepositDraft>> DraftDeposit(const DepositSource& source,
                                                         const GetDepositRequest& request) {
  const std::unique_ptr<Snapshot> snapshot = source.ledger.TakeSnapshot();
  const uint64_t held = request.after_size();
  if (held > snapshot->size()) return Forked();
  if (held > 0) {
    ASSIGN_OR_RETURN(const Hash root, source.ledger.RootAt(held));
    if (root.view() != request.after_root()) return Forked();
  }
  if (held == snapshot->size() && request.after_complete()) return std::nullopt;
  DepositDraft draft{.begin = held, .end = held, .root = {}, .complete = false, .content = {}};
  RETURN_IF_ERROR(AddChunks(source, *snapshot, draft));
  ASSIGN_OR_RETURN(draft.root, source.ledger.RootAt(draft.end));
  if (draft.end == snapshot->size()) RETURN_IF_ERROR(Complete(source, *snapshot, draft));
  if (draft.complete && draft.content.ByteSizeLong() > kDepositBytesMax && draft.end > held) {
    // The entries at least; what completes them then has a message of its own.
    draft.complete = false;
    draft.content.clear_peer_rows();
    draft.content.clear_newest_note();
    draft.content.clear_ledger_time_us();
  }
  if (draft.content.ByteSizeLong() > kDepositBytesMax) {
    return kernel::Refuse({.code = absl::StatusCode::kResourceExhausted,
                           .domain = kDomain,
                           .reason = "DEPOSIT_TOO_LARGE",
                           .message = "what belongs to the newest commit fits in no deposit"});
  }
  return draft;
}

std::string DepositStatement(absl::string_view origin, const Deposit& deposit,
                             const Hash& sealed_digest) {
  std::string statement = absl::StrCat(kStatement, origin, "\n");
  AppendU64(statement, deposit.begin());
  AppendU64(statement, deposit.end());
  statement.push_back(deposit.complete() ? '\1' : '\0');
  absl::StrAppend(&statement, deposit.root(), sealed_digest.view());
  return statement;
}

absl::Status CheckDeposit(const LogSigners& log,
                          const chapter8::federation::v1::OpenedDeposit& opened,
                          DepositPlace place) {
  const Deposit& deposit = opened.deposit();
  const absl::StatusOr<Hash> digest = Hash::FromBytes(opened.sealed_digest());
  if (digest.ok()) {
    const std::string statement = DepositStatement(log.origin, deposit, *digest);
    const LogKey* const believed = SignerAt(log.keys, deposit.end());
    for (const LogKey& key : log.keys) {
      if (place == DepositPlace::kLast && &key != believed) continue;
      if (key.key.Verifies(statement, deposit.signature())) return absl::OkStatus();
    }
  }
  return absl::DataLossError(absl::StrCat("the deposit of entries ", deposit.begin(), " to ",
                                          deposit.end(), " is not signed by a key of ",
                                          log.origin));
}

}  // namespace ch8::federation
