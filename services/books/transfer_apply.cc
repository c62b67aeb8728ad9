#include <algorithm>
#include <utility>

#include "services/books/transfer.h"
#include "services/books/transfer_examine.h"

namespace ch8::books {
namespace {

using Record = v1::TransferRecord;
using Evidence = v1::TransferEvidence;
using Step = v1::TransferStep;

constexpr int kEvidenceMax = 32;

Evidence MakeEvidence(Evidence::Kind kind, const PlacedStep& placed) {
  Evidence evidence;
  evidence.set_kind(kind);
  *evidence.mutable_step() = placed.reference;
  return evidence;
}

Finding Only(Evidence::Kind kind, const PlacedStep& placed) {
  return {Effect::kEvidenceOnly, {MakeEvidence(kind, placed)}};
}

// A step whose place in the record is taken already.
Finding Again(const v1::StepMark& known, Evidence::Kind kind, const PlacedStep& placed) {
  if (SameReference(known.reference(), placed.reference)) return {};
  return Only(kind, placed);
}

bool SameTerms(const Record& record, const Step& step) {
  return record.terms_hash() == step.terms_hash() &&
         record.receiver_origin() == step.receiver_origin();
}

Finding ExamineReserve(const Record& record, const PlacedStep& placed) {
  if (!record.has_reserve()) return {Effect::kAdvances, {}};
  if (SameReference(record.reserve().reference(), placed.reference)) return {};
  return Only(SameTerms(record, placed.step) ? Evidence::SECOND_RESERVE : Evidence::OTHER_TERMS,
              placed);
}

Finding ExamineAnswer(const Record& record, const PlacedStep& placed) {
  const Step& step = placed.step;
  if (!SameTerms(record, step)) return Only(Evidence::OTHER_TERMS, placed);
  if (record.has_answer()) return Again(record.answer(), Evidence::SECOND_ANSWER, placed);
  const v1::StepReference& named =
      step.has_accept() ? step.accept().reserve() : step.reject().reserve();
  const bool fits = !step.has_accept() || (step.accept().quantity() >= record.quantity_min() &&
                                           step.accept().quantity() <= record.quantity());
  if (!fits || !SameReference(named, record.reserve().reference())) {
    return Only(Evidence::WRONG_ANSWER, placed);
  }
  return {Effect::kAdvances, {}};
}

// The receiver takes every first terminal step, whatever it says.
Finding ExamineTerminal(const Record& record, const PlacedStep& placed) {
  const Step& step = placed.step;
  if (record.has_terminal()) return Again(record.terminal(), Evidence::SECOND_TERMINAL, placed);
  Finding finding{Effect::kAdvances, {}};
  if (record.side() == Record::GIVER) return finding;
  if (!SameTerms(record, step)) {
    finding.evidence.push_back(MakeEvidence(Evidence::OTHER_TERMS, placed));
  }
  if (step.has_void_()) return finding;
  if (record.state() != Record::ACCEPTED) {
    finding.evidence.push_back(MakeEvidence(Evidence::POST_WITHOUT_ACCEPT, placed));
    return finding;
  }
  const uint64_t quantity = step.post().quantity();
  if (quantity < record.quantity_min() || quantity > record.quantity_accepted()) {
    Evidence outside = MakeEvidence(Evidence::POST_OUTSIDE_ACCEPT, placed);
    outside.set_quantity_excess(quantity - std::min(quantity, record.quantity_accepted()));
    finding.evidence.push_back(std::move(outside));
  }
  if (!SameReference(step.post().accept(), record.answer().reference())) {
    finding.evidence.push_back(MakeEvidence(Evidence::POST_OF_OTHER_ACCEPT, placed));
  }
  return finding;
}

Finding ExamineMirror(const Record& record, const PlacedStep& placed) {
  const Step& step = placed.step;
  if (!SameTerms(record, step)) return Only(Evidence::OTHER_TERMS, placed);
  if (record.has_mirror()) return Again(record.mirror(), Evidence::WRONG_MIRROR, placed);
  if (record.side() == Record::GIVER &&
      (!record.has_terminal() ||
       !SameReference(step.mirror().terminal(), record.terminal().reference()) ||
       step.mirror().quantity() != record.quantity_posted())) {
    return Only(Evidence::WRONG_MIRROR, placed);
  }
  return {Effect::kAdvances, {}};
}

// The accounts of the hold that the entry opens for this transfer.
void TakeAccounts(const LoggedStep& logged, Record& record) {
  for (const v1::Posting& posting : logged.postings) {
    if (posting.hold() == 0 || posting.hold_id() != record.transfer_id()) continue;
    record.set_debit_account(posting.debit_account());
    record.set_credit_account(posting.credit_account());
    return;
  }
}

void SetMark(const LoggedStep& logged, v1::StepMark* mark) {
  *mark->mutable_reference() = logged.placed.reference;
  mark->set_time_us(logged.time_us);
}

void ApplyReserve(const LoggedStep& logged, Record& record) {
  const Step& step = logged.placed.step;
  record.set_transfer_id(step.transfer_id());
  record.set_giver_origin(step.giver_origin());
  record.set_receiver_origin(step.receiver_origin());
  record.set_side(SideOf(step, logged.own_origin));
  record.set_state(Record::RESERVED);
  record.set_terms_hash(step.terms_hash());
  record.set_quantity(step.reserve().quantity());
  record.set_quantity_min(step.reserve().quantity_min());
  record.set_reserve_time_us(logged.time_us);
  *record.mutable_hold_duration() = step.reserve().hold_duration();
  SetMark(logged, record.mutable_reserve());
  TakeAccounts(logged, record);
}

void ApplyAnswer(const LoggedStep& logged, Record& record) {
  const Step& step = logged.placed.step;
  SetMark(logged, record.mutable_answer());
  if (step.has_accept()) {
    record.set_quantity_accepted(step.accept().quantity());
  } else {
    record.set_reject_reason(step.reject().reason());
  }
  if (record.side() == Record::RECEIVER) TakeAccounts(logged, record);
  // An answer that comes after the giver's VOID changes nothing any more.
  if (record.state() != Record::RESERVED) return;
  record.set_state(step.has_accept() ? Record::ACCEPTED : Record::REJECTED);
}

void ApplyTerminal(const LoggedStep& logged, Record& record) {
  const Step& step = logged.placed.step;
  SetMark(logged, record.mutable_terminal());
  if (step.has_void_()) {
    record.set_voided(true);
    record.set_void_reason(step.void_().reason());
  }
  if (record.side() != Record::GIVER) return;  // The receiver's state moves with its MIRROR.
  record.set_state(step.has_void_() ? Record::VOIDED : Record::POSTED);
  record.set_quantity_posted(step.has_void_() ? 0 : step.post().quantity());
}

void ApplyMirror(const LoggedStep& logged, Record& record) {
  SetMark(logged, record.mutable_mirror());
  if (record.side() != Record::RECEIVER) return;  // The giver's state moves with its SETTLED.
  record.set_state(record.voided() ? Record::VOIDED : Record::POSTED);
  record.set_quantity_posted(logged.placed.step.mirror().quantity());
}

void ApplySettled(const LoggedStep& logged, Record& record) {
  SetMark(logged, record.mutable_settled());
  record.set_state(Record::SETTLED);
}

void AddEvidence(const Evidence& evidence, Record& record) {
  if (record.evidence_size() == kEvidenceMax) return;
  for (const Evidence& known : record.evidence()) {
    if (known.kind() == evidence.kind() && SameReference(known.step(), evidence.step())) return;
  }
  *record.add_evidence() = evidence;
}

}  // namespace

bool IsTerminal(const Step& step) { return step.has_post() || step.has_void_(); }

bool SameReference(const v1::StepReference& a, const v1::StepReference& b) {
  return a.index() == b.index() && a.leaf_hash() == b.leaf_hash();
}

Finding Examine(const Record& record, const PlacedStep& placed, absl::string_view own_origin) {
  if (placed.step.has_reserve()) return ExamineReserve(record, placed);
  if (!record.has_reserve()) return {};
  switch (placed.step.step_case()) {
    case Step::kAccept:
    case Step::kReject:
      return ExamineAnswer(record, placed);
    case Step::kPost:
    case Step::kVoid:
      return ExamineTerminal(record, placed);
    case Step::kMirror:
      return ExamineMirror(record, placed);
    case Step::kSettled:
      // It closes the giver's record; to the receiver it says nothing new.
      if (record.has_settled() || placed.author_origin != own_origin) return {};
      return {Effect::kAdvances, {}};
    case Step::kReserve:
    case Step::STEP_NOT_SET:
      break;
  }
  return {};
}

void ApplyStep(const LoggedStep& logged, Record& record) {
  const Finding finding = Examine(record, logged.placed, logged.own_origin);
  for (const Evidence& evidence : finding.evidence) AddEvidence(evidence, record);
  if (finding.effect != Effect::kAdvances) return;
  switch (logged.placed.step.step_case()) {
    case Step::kReserve:
      return ApplyReserve(logged, record);
    case Step::kAccept:
    case Step::kReject:
      return ApplyAnswer(logged, record);
    case Step::kPost:
    case Step::kVoid:
      return ApplyTerminal(logged, record);
    case Step::kMirror:
      return ApplyMirror(logged, record);
    case Step::kSettled:
      return ApplySettled(logged, record);
    case Step::STEP_NOT_SET:
      return;
  }
}

Record::Side SideOf(const Step& step, absl::string_view own_origin) {
  const bool giver = own_origin == step.giver_origin();
  const bool receiver = own_origin == step.receiver_origin();
  if (giver == receiver) return Record::SIDE_UNSPECIFIED;
  return giver ? Record::GIVER : Record::RECEIVER;
}

std::optional<Tag> TagFor(const Step& step) {
  TransferId id{};
  if (step.transfer_id().size() != id.size()) return std::nullopt;
  std::copy(step.transfer_id().begin(), step.transfer_id().end(), id.begin());
  const std::string& giver = step.giver_origin();
  const std::string& receiver = step.receiver_origin();
  switch (step.step_case()) {
    case Step::kReserve:
      return TransferTag(id, giver, giver, TransferStep::kReserve);
    case Step::kAccept:
    case Step::kReject:
      return TransferTag(id, giver, receiver, TransferStep::kAnswer);
    case Step::kPost:
    case Step::kVoid:
      return TransferTag(id, giver, giver, TransferStep::kTerminal);
    case Step::kMirror:
      return TransferTag(id, giver, receiver, TransferStep::kMirror);
    case Step::kSettled:
      return TransferTag(id, giver, giver, TransferStep::kSettled);
    case Step::STEP_NOT_SET:
      break;
  }
  return std::nullopt;
}

uint64_t HeldQuantity(const Record& record) {
  switch (record.state()) {
    case Record::RESERVED:
    case Record::REJECTED:
      return record.side() == Record::GIVER ? record.quantity() : 0;
    case Record::ACCEPTED:
      return record.side() == Record::GIVER ? record.quantity() : record.quantity_accepted();
    default:
      return 0;
  }
}

}  // namespace ch8::books
