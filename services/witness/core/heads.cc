#include "services/witness/core/heads.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/kernel/refusal.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/proof.h"

namespace ch8::witness {
namespace {

using chapter8::federation::v1::AddCheckpointRequest;
using chapter8::witness::v1::WitnessedHead;

constexpr int kProofNodesMax = 64;

absl::Status Refusal(absl::StatusCode code, absl::string_view origin, absl::string_view reason,
                     absl::string_view what) {
  return kernel::Refuse({.code = code,
                         .domain = kDomain,
                         .reason = reason,
                         .message = absl::StrCat(origin, ": ", what),
                         .metadata = {{"origin", std::string(origin)}}});
}

absl::Status Contradicted(const WitnessedHead& head) {
  return Refusal(absl::StatusCode::kDataLoss, head.origin(), "EQUIVOCATION",
                 absl::StrCat("it signed two histories of ", head.size(),
                              " entries; nothing of it is cosigned any more"));
}

// A head that its ledger signed, and the note without anybody else's signatures.
struct Shown {
  Checkpoint checkpoint;
  std::string note;
};

absl::string_view ReasonOf(const absl::Status& status) {
  if (absl::IsOutOfRange(status)) return "KEY_REVOKED";
  return absl::IsUnauthenticated(status) ? "NOT_SIGNED" : "NOTE_MALFORMED";
}

absl::StatusOr<Shown> Open(const LogSigners& log, const std::string& note) {
  const absl::StatusOr<OpenedCheckpoint> opened = OpenHead(note, log, {});
  if (!opened.ok()) {
    return Refusal(opened.status().code(), log.origin, ReasonOf(opened.status()),
                   opened.status().message());
  }
  if (!IsPlain(*opened)) {
    return Refusal(absl::StatusCode::kInvalidArgument, log.origin, "NOTE_MALFORMED",
                   "a head of no entries, or with more than origin, size and root");
  }
  const LogKey& signer = *SignerAt(log.keys, opened->checkpoint.size);
  const absl::StatusOr<OpenedNote> own = OpenNote(note, {NoteVerifier::Of(log.origin, signer.key)});
  if (!own.ok()) return own.status();
  return Shown{.checkpoint = opened->checkpoint,
               .note = FormatNote({.text = own->text, .signatures = own->verified})};
}

absl::Status CheckExtends(const WitnessedHead& known, const Checkpoint& head,
                          const AddCheckpointRequest& request) {
  absl::StatusOr<Hash> root = EmptyRoot();
  if (known.size() > 0) root = Hash::FromBytes(known.root());
  std::vector<Hash> proof;
  absl::Status extends = root.status();
  if (request.consistency_proof_size() > kProofNodesMax) {
    extends = absl::InvalidArgumentError("the consistency proof is too long");
  }
  for (const std::string& bytes : request.consistency_proof()) {
    const absl::StatusOr<Hash> hash = Hash::FromBytes(bytes);
    extends.Update(hash.status());
    if (!extends.ok()) break;
    proof.push_back(*hash);
  }
  if (extends.ok()) extends = VerifyExtension(known.size(), *root, head.size, head.root, proof);
  if (extends.ok()) return absl::OkStatus();
  return Refusal(absl::StatusCode::kInvalidArgument, head.origin, "NOT_CONSISTENT",
                 extends.message());
}

Judgement RefuseFor(absl::Status status) {
  Judgement judgement;
  judgement.status = std::move(status);
  return judgement;
}

Judgement Answer(Judgement::Verdict verdict, const WitnessedHead& head) {
  Judgement judgement;
  judgement.verdict = verdict;
  judgement.head = head;
  return judgement;
}

// Whether the record takes back the head that was cosigned last, and this is not known yet.
bool IsDisowned(const WitnessedHead& known, const LogSigners& log) {
  return known.size() > 0 && known.disowned().note() != known.note() &&
         absl::IsOutOfRange(OpenHead(known.note(), log, {}).status());
}

Judgement Remember(Judgement judgement, WitnessedHead head) {
  judgement.head = std::move(head);
  judgement.remember = true;
  return judgement;
}

}  // namespace

std::string WitnessName(absl::string_view trust_domain) {
  return absl::StrCat(trust_domain, "/witness");
}

namespace {

Judgement JudgeHead(const WitnessedHead& known, const LogSigners& log,
                    const AddCheckpointRequest& request, absl::Time now) {
  absl::StatusOr<Shown> shown = Open(log, request.note());
  if (!shown.ok()) return RefuseFor(shown.status());
  if (!known.contradicted_by().empty()) return RefuseFor(Contradicted(known));
  const Checkpoint& head = shown->checkpoint;
  if (head.size == known.size() && known.size() > 0) {
    if (head.root.view() == known.root()) return Answer(Judgement::Verdict::kCosign, known);
    WitnessedHead contradicted = known;
    contradicted.set_contradicted_by(shown->note);
    return Remember(RefuseFor(Contradicted(known)), std::move(contradicted));
  }
  if (head.size < known.size() || request.old_size() != known.size()) {
    return Answer(Judgement::Verdict::kOtherSize, known);
  }
  const absl::Status extends = CheckExtends(known, head, request);
  if (!extends.ok()) return RefuseFor(extends);
  WitnessedHead next;
  next.set_origin(head.origin);
  next.set_size(head.size);
  next.set_root(std::string(head.root.view()));
  next.set_note(shown->note);
  next.set_cosigned_at_us(absl::ToUnixMicros(now));
  if (known.has_disowned()) *next.mutable_disowned() = known.disowned();
  return Remember(Answer(Judgement::Verdict::kCosign, next), std::move(next));
}

}  // namespace

Judgement Judge(const WitnessedHead& known, const WitnessedLog& log,
                const AddCheckpointRequest& request, absl::Time now) {
  if (!IsDisowned(known, log.signers)) return JudgeHead(known, log.signers, request, now);
  WitnessedHead disowned = known;
  disowned.mutable_disowned()->set_note(known.note());
  disowned.mutable_disowned()->set_organization_record(log.organization_record);
  Judgement judgement = JudgeHead(disowned, log.signers, request, now);
  return judgement.remember ? judgement : Remember(std::move(judgement), std::move(disowned));
}

uint64_t CountDisowned(const kernel::RowReader& rows) {
  uint64_t count = 0;
  rows.Scan(Table::kPeer, kHeadPrefix, "", [&](absl::string_view, absl::string_view value) {
    WitnessedHead head;
    if (head.ParseFromString(std::string(value)) && head.has_disowned()) ++count;
    return true;
  });
  return count;
}

RowWrite HeadRow(const WitnessedHead& head) {
  return RowWrite{.table = Table::kPeer,
                  .key = absl::StrCat(kHeadPrefix, head.origin()),
                  .value = head.SerializeAsString()};
}

absl::StatusOr<WitnessedHead> HeadFrom(absl::string_view origin,
                                       const std::optional<std::string>& row) {
  WitnessedHead head;
  if (!row.has_value()) {
    head.set_origin(std::string(origin));
    return head;
  }
  if (head.ParseFromString(*row) && head.origin() == origin) return head;
  return Refusal(absl::StatusCode::kDataLoss, origin, "STATE_BROKEN",
                 "what the witness remembers of it does not parse");
}

}  // namespace ch8::witness
