#include "services/books/transfer.h"

#include <algorithm>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "services/books/transfer_examine.h"
#include "services/kernel/refusal.h"
#include "storage/base/hash.h"
#include "storage/base/status_macros.h"

namespace ch8::books {
namespace {

using Record = v1::TransferRecord;
using Step = v1::TransferStep;

constexpr size_t kTransferIdSize = 16;
constexpr uint64_t kQuantityLimit = uint64_t{1} << 63;
constexpr int64_t kHoldSecondsMax = int64_t{10} * 366 * 24 * 3600;

absl::Status Refused(absl::string_view reason, std::string message,
                     std::vector<std::pair<std::string, std::string>> metadata) {
  return kernel::Refuse({.domain = "books.chapter8",
                         .reason = reason,
                         .message = std::move(message),
                         .metadata = std::move(metadata)});
}

absl::Status CheckSide(const Record& record, Record::Side side) {
  if (record.side() == side) return absl::OkStatus();
  return Refused("WRONG_SIDE",
                 absl::StrCat("only the ", side == Record::GIVER ? "giver" : "receiver",
                              " of a transfer does this"),
                 {});
}

absl::Status WrongState(const Record& record) {
  const std::string state = Record::State_Name(record.state());
  return Refused("TRANSFER_STATE", absl::StrCat("the transfer is ", state), {{"state", state}});
}

// The receiver may answer.
absl::Status CheckAnswerable(const Record& record) {
  RETURN_IF_ERROR(CheckSide(record, Record::RECEIVER));
  if (record.state() != Record::RESERVED) return WrongState(record);
  if (record.has_terminal()) {
    return Refused("TERMINAL_KNOWN", "the giver has already ended the transfer", {});
  }
  return absl::OkStatus();
}

bool IsId(const std::string& id) {
  return id.size() == kTransferIdSize &&
         std::any_of(id.begin(), id.end(), [](char byte) { return byte != 0; });
}

bool GoodQuantities(uint64_t quantity_min, uint64_t quantity) {
  return quantity_min > 0 && quantity_min <= quantity && quantity < kQuantityLimit;
}

OwnStep NextStep(const Record& record) {
  OwnStep own;
  own.step.set_transfer_id(record.transfer_id());
  own.step.set_giver_origin(record.giver_origin());
  own.step.set_receiver_origin(record.receiver_origin());
  own.step.set_terms_hash(record.terms_hash());
  return own;
}

v1::Posting Between(const AccountPair& accounts, const std::string& hold_id) {
  v1::Posting posting;
  posting.set_debit_account(accounts.debit);
  posting.set_credit_account(accounts.credit);
  posting.set_hold_id(hold_id);
  return posting;
}

// Ends this side's hold and moves `quantity` of it.
v1::Posting EndHold(const Record& record, uint64_t quantity) {
  v1::Posting posting =
      Between({record.debit_account(), record.credit_account()}, record.transfer_id());
  posting.set_amount(quantity);
  posting.set_release(HeldQuantity(record));
  return posting;
}

OwnStep VoidStep(const Record& record, v1::Void::Reason reason) {
  OwnStep own = NextStep(record);
  own.step.mutable_void_()->set_reason(reason);
  own.postings.push_back(EndHold(record, 0));
  return own;
}

// Books the giver's terminal step. `record` is as of before it.
OwnStep MirrorStep(const Record& record, const PlacedStep& terminal) {
  OwnStep own = NextStep(record);
  const uint64_t held = HeldQuantity(record);
  const uint64_t posted = terminal.step.has_post() ? terminal.step.post().quantity() : 0;
  const uint64_t booked = std::min(posted, held);
  v1::Mirror* mirror = own.step.mutable_mirror();
  *mirror->mutable_terminal() = terminal.reference;
  mirror->set_quantity(booked);
  if (held > 0) own.postings.push_back(EndHold(record, booked));
  return own;
}

OwnStep SettledStep(const Record& record, const PlacedStep& mirror) {
  OwnStep own = NextStep(record);
  *own.step.mutable_settled()->mutable_mirror() = mirror.reference;
  return own;
}

// Steps that follow from a step of the other side that advances `record`.
std::vector<OwnStep> Following(const Record& record, const PlacedStep& placed) {
  switch (placed.step.step_case()) {
    case Step::kReject:
      if (record.state() != Record::RESERVED) return {};
      return {VoidStep(record, v1::Void::REJECTED)};
    case Step::kPost:
      if (record.state() != Record::ACCEPTED) return {};
      return {MirrorStep(record, placed)};
    case Step::kVoid:
      return {MirrorStep(record, placed)};
    case Step::kMirror:
      return {SettledStep(record, placed)};
    default:
      return {};
  }
}

PeerDecision Refusal(absl::string_view reason) {
  return {.verdict = Verdict::kRefuse, .reason = std::string(reason), .own_steps = {}};
}

// Why a step is wrong by its bytes alone, or "".
absl::string_view FormError(const PlacedStep& placed, absl::string_view own_origin) {
  const Step& step = placed.step;
  if (!IsId(step.transfer_id()) || step.terms_hash().size() != Hash::kSize ||
      step.step_case() == Step::STEP_NOT_SET ||
      placed.reference.leaf_hash().size() != Hash::kSize || step.giver_origin().empty() ||
      step.receiver_origin().empty()) {
    return "MALFORMED";
  }
  const Record::Side side = SideOf(step, own_origin);
  const bool of_receiver = step.has_accept() || step.has_reject() || step.has_mirror();
  const std::string& author = of_receiver ? step.receiver_origin() : step.giver_origin();
  if (placed.author_origin != author || side != (of_receiver ? Record::GIVER : Record::RECEIVER)) {
    return "WRONG_AUTHOR";
  }
  if (!step.has_reserve()) return "";
  const v1::Reserve& reserve = step.reserve();
  if (Sha256(reserve.terms()).view() != step.terms_hash()) return "TERMS_HASH";
  if (!GoodQuantities(reserve.quantity_min(), reserve.quantity()) ||
      reserve.hold_duration().seconds() <= 0) {
    return "BAD_QUANTITY";
  }
  return "";
}

PeerDecision OnUnknownTransfer(const PlacedStep& placed) {
  if (placed.step.has_reserve()) return {.reason = "", .log_peer_step = true, .own_steps = {}};
  if (IsTerminal(placed.step)) {
    return {.verdict = Verdict::kDefer, .reason = "NEEDS_RESERVE", .own_steps = {}};
  }
  if (placed.step.has_settled()) return {};
  return Refusal("UNKNOWN_TRANSFER");
}

}  // namespace

absl::StatusOr<OwnStep> DecideReserve(const ReserveParts& parts) {
  if (!IsId(parts.transfer_id)) {
    return absl::InvalidArgumentError("a transfer id has 16 bytes, not all zero");
  }
  if (parts.giver_origin.empty() || parts.receiver_origin.empty() ||
      parts.giver_origin == parts.receiver_origin) {
    return absl::InvalidArgumentError("a transfer has two ledgers");
  }
  if (!GoodQuantities(parts.quantity_min, parts.quantity)) {
    return absl::InvalidArgumentError("the quantities must be 0 < least <= offered < 2^63");
  }
  if (parts.hold_duration_s <= 0 || parts.hold_duration_s > kHoldSecondsMax) {
    return absl::InvalidArgumentError("a hold lasts between a second and ten years");
  }
  OwnStep own;
  own.step.set_transfer_id(parts.transfer_id);
  own.step.set_giver_origin(parts.giver_origin);
  own.step.set_receiver_origin(parts.receiver_origin);
  own.step.set_terms_hash(std::string(Sha256(parts.terms).view()));
  v1::Reserve* reserve = own.step.mutable_reserve();
  reserve->set_terms(parts.terms);
  reserve->set_quantity(parts.quantity);
  reserve->set_quantity_min(parts.quantity_min);
  reserve->mutable_hold_duration()->set_seconds(parts.hold_duration_s);
  own.postings.push_back(Between(parts.accounts, parts.transfer_id));
  own.postings.back().set_hold(parts.quantity);
  return own;
}

absl::StatusOr<OwnStep> DecideAccept(const Record& record, uint64_t quantity,
                                     const AccountPair& accounts) {
  RETURN_IF_ERROR(CheckAnswerable(record));
  if (quantity < record.quantity_min() || quantity > record.quantity()) {
    return absl::InvalidArgumentError(
        absl::StrCat("accept between ", record.quantity_min(), " and ", record.quantity()));
  }
  OwnStep own = NextStep(record);
  v1::Accept* accept = own.step.mutable_accept();
  accept->set_quantity(quantity);
  *accept->mutable_reserve() = record.reserve().reference();
  own.postings.push_back(Between(accounts, record.transfer_id()));
  own.postings.back().set_hold(quantity);
  return own;
}

absl::StatusOr<OwnStep> DecideReject(const Record& record, v1::Reject::Reason reason) {
  RETURN_IF_ERROR(CheckAnswerable(record));
  if (reason == v1::Reject::REASON_UNSPECIFIED || !v1::Reject::Reason_IsValid(reason)) {
    return absl::InvalidArgumentError("a reject gives a reason");
  }
  OwnStep own = NextStep(record);
  v1::Reject* reject = own.step.mutable_reject();
  reject->set_reason(reason);
  *reject->mutable_reserve() = record.reserve().reference();
  return own;
}

absl::StatusOr<OwnStep> DecidePost(const Record& record, uint64_t quantity) {
  RETURN_IF_ERROR(CheckSide(record, Record::GIVER));
  if (record.state() != Record::ACCEPTED) return WrongState(record);
  if (quantity < record.quantity_min() || quantity > record.quantity_accepted()) {
    return absl::InvalidArgumentError(
        absl::StrCat("post between ", record.quantity_min(), " and ", record.quantity_accepted()));
  }
  OwnStep own = NextStep(record);
  v1::Post* post = own.step.mutable_post();
  post->set_quantity(quantity);
  *post->mutable_accept() = record.answer().reference();
  own.postings.push_back(EndHold(record, quantity));
  return own;
}

absl::StatusOr<OwnStep> DecideVoid(const Record& record, const VoidParts& parts) {
  RETURN_IF_ERROR(CheckSide(record, Record::GIVER));
  if (record.state() != Record::RESERVED && record.state() != Record::ACCEPTED &&
      record.state() != Record::REJECTED) {
    return WrongState(record);
  }
  switch (parts.reason) {
    case v1::Void::REJECTED:
      if (record.state() != Record::REJECTED) {
        return Refused("NOT_REJECTED", "the receiver has not rejected the transfer", {});
      }
      break;
    case v1::Void::EXPIRED:
      if (!IsExpired(record, parts.ledger_time_us)) {
        return Refused("NOT_EXPIRED", "the hold has not run out", {});
      }
      break;
    case v1::Void::CANCELLED:
      break;
    default:
      return absl::InvalidArgumentError("a void gives a reason");
  }
  return VoidStep(record, parts.reason);
}

bool IsExpired(const Record& record, int64_t ledger_time_us) {
  if (record.side() != Record::GIVER || HeldQuantity(record) == 0) return false;
  const absl::int128 duration_us = absl::int128(record.hold_duration().seconds()) * 1'000'000 +
                                   record.hold_duration().nanos() / 1'000;
  return absl::int128(ledger_time_us) - record.reserve_time_us() >= duration_us;
}

PeerDecision OnPeerStep(const Record* record, const PlacedStep& placed,
                        absl::string_view own_origin) {
  const absl::string_view wrong = FormError(placed, own_origin);
  if (!wrong.empty()) return Refusal(wrong);
  if (record == nullptr) return OnUnknownTransfer(placed);
  const Finding finding = Examine(*record, placed, own_origin);
  PeerDecision decision;
  decision.log_peer_step = finding.effect != Effect::kNone;
  if (finding.effect == Effect::kAdvances) decision.own_steps = Following(*record, placed);
  if (finding.effect == Effect::kEvidenceOnly) {
    LoggedStep logged{.placed = placed, .own_origin = own_origin, .postings = {}};
    Record after = *record;
    ApplyStep(logged, after);
    decision.log_peer_step = after.evidence_size() > record->evidence_size();
    if (!IsTerminal(placed.step)) {
      decision.verdict = Verdict::kRefuse;
      decision.reason = v1::TransferEvidence::Kind_Name(finding.evidence.front().kind());
    }
  }
  return decision;
}

}  // namespace ch8::books
