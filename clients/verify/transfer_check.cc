#include "clients/verify/transfer_check.h"

#include <algorithm>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "clients/verify/refusal.h"
#include "storage/base/hash.h"
#include "storage/base/status_macros.h"

namespace ch8::verify {
namespace {

using chapter8::books::v1::Reserve;
using chapter8::books::v1::StepReference;
using chapter8::books::v1::TransferStep;
using chapter8::books::v1::Void;
using chapter8::ledger::v1::Delivery;

constexpr uint64_t kQuantityLimit = uint64_t{1} << 63;

bool Same(const StepReference& a, const StepReference& b) {
  return a.index() == b.index() && a.leaf_hash() == b.leaf_hash();
}

bool OfReceiver(const TransferStep& step) {
  return step.has_accept() || step.has_reject() || step.has_mirror();
}

// The step among `steps` that stands where `reference` says, or null.
template <typename Placed>
const Placed* Find(const std::vector<Placed>& steps, const StepReference& reference) {
  for (const Placed& placed : steps) {
    if (Same(placed.reference, reference)) return &placed;
  }
  return nullptr;
}

}  // namespace

absl::Status TransferCheck::Refuse(uint64_t index, absl::string_view what) const {
  return RefuseEntry(origin_, index, what);
}

absl::Status TransferCheck::Take(const LogEntry& entry,
                                 const chapter8::ledger::v1::Request& request,
                                 const BooksModel& books) {
  const bool own = entry.kind == LogEntry::Kind::kEntry && entry.entry.has_step();
  const bool peer = entry.kind == LogEntry::Kind::kEntry && entry.entry.has_peer_step();
  if (!own && !peer) return absl::OkStatus();
  const Step& step = own ? entry.entry.step() : entry.entry.peer_step();
  if (step.terms_hash().size() != Hash::kSize || step.giver_origin() == step.receiver_origin() ||
      step.step_case() == Step::STEP_NOT_SET) {
    return Refuse(entry.index, "a step without terms, sides or kind");
  }
  Transfer& transfer = transfers_[{step.giver_origin(), step.transfer_id()}];
  if (peer) return TakePeerStep(entry, request, transfer);
  return TakeOwnStep({.entry = entry,
                      .step = step,
                      .time_us = request.time_us(),
                      .transfer = transfer,
                      .books = books});
}

absl::Status TransferCheck::TakePeerStep(const LogEntry& entry,
                                         const chapter8::ledger::v1::Request& request,
                                         Transfer& transfer) {
  const Step& step = entry.entry.peer_step();
  const Delivery& delivery = request.delivery();
  const std::string& author = OfReceiver(step) ? step.receiver_origin() : step.giver_origin();
  const std::string& other = OfReceiver(step) ? step.giver_origin() : step.receiver_origin();
  if (author != delivery.origin() || other != origin_) {
    return Refuse(entry.index, "a step of neither side of its transfer");
  }
  // What was refused is kept as evidence; nothing may rest on it.
  if (delivery.verdict() != Delivery::ACCEPT) return absl::OkStatus();
  Placed placed{.reference = {}, .step = step};
  placed.reference.set_index(delivery.index());
  placed.reference.set_leaf_hash(delivery.leaf_hash());
  switch (step.step_case()) {
    case Step::kReserve:
      if (!transfer.reserve.has_value()) transfer.reserve = placed;
      return absl::OkStatus();
    case Step::kAccept:
    case Step::kReject:
      transfer.answers.push_back(placed);
      return absl::OkStatus();
    case Step::kPost:
    case Step::kVoid:
      transfer.terminals.push_back(placed);
      return absl::OkStatus();
    case Step::kMirror:
      transfer.mirrors.push_back(placed);
      return absl::OkStatus();
    default:
      return absl::OkStatus();
  }
}

absl::Status TransferCheck::TakeOwnStep(const Own& own) {
  const Step& step = own.step;
  if (step.has_reserve()) return TakeReserve(own);
  if (!own.transfer.reserve.has_value()) {
    return Refuse(own.entry.index, "a step of a transfer that was never reserved");
  }
  if (own.transfer.reserve->step.terms_hash() != step.terms_hash() ||
      own.transfer.reserve->step.receiver_origin() != step.receiver_origin()) {
    return Refuse(own.entry.index, "a step of other terms than those reserved");
  }
  switch (step.step_case()) {
    case Step::kPost:
      return TakePost(own);
    case Step::kVoid:
      return TakeVoid(own);
    case Step::kMirror:
      return TakeMirror(own);
    case Step::kSettled:
      return TakeSettled(own);
    default:
      return TakeAnswer(own);
  }
}

absl::Status TransferCheck::TakeReserve(const Own& own) {
  const Reserve& reserve = own.step.reserve();
  if (Sha256(reserve.terms()).view() != own.step.terms_hash()) {
    return Refuse(own.entry.index, "its terms have another hash");
  }
  if (reserve.quantity_min() == 0 || reserve.quantity_min() > reserve.quantity() ||
      reserve.quantity() >= kQuantityLimit) {
    return Refuse(own.entry.index, "reserves no sensible quantity");
  }
  own.transfer.reserve = Placed{.reference = {}, .step = own.step};
  own.transfer.reserve->reference.set_index(own.entry.index);
  own.transfer.reserve->reference.set_leaf_hash(std::string(own.entry.leaf_hash.view()));
  own.transfer.reserve_time_us = own.time_us;
  return CheckHeld(own, reserve.quantity());
}

// The receiver's ACCEPT or REJECT.
absl::Status TransferCheck::TakeAnswer(const Own& own) {
  const Placed& reserve = *own.transfer.reserve;
  const bool accepts = own.step.has_accept();
  const Reference& named = accepts ? own.step.accept().reserve() : own.step.reject().reserve();
  if (!Same(named, reserve.reference)) {
    return Refuse(own.entry.index, "answers another RESERVE than the one delivered");
  }
  own.transfer.own_answer = Placed{.reference = {}, .step = own.step};
  if (!accepts) return absl::OkStatus();
  const uint64_t quantity = own.step.accept().quantity();
  if (quantity < reserve.step.reserve().quantity_min() ||
      quantity > reserve.step.reserve().quantity()) {
    return Refuse(own.entry.index, "accepts a quantity that was not offered");
  }
  return CheckHeld(own, quantity);
}

// The giver's commit: only on a delivered ACCEPT of this very RESERVE.
absl::Status TransferCheck::TakePost(const Own& own) {
  const auto& post = own.step.post();
  const Placed& reserve = *own.transfer.reserve;
  const Placed* answer = Find(own.transfer.answers, post.accept());
  if (answer == nullptr || !answer->step.has_accept()) {
    return Refuse(own.entry.index, "posts without the ACCEPT that it names");
  }
  if (answer->step.terms_hash() != own.step.terms_hash() ||
      !Same(answer->step.accept().reserve(), reserve.reference)) {
    return Refuse(own.entry.index, "posts on an ACCEPT of something else");
  }
  if (post.quantity() < reserve.step.reserve().quantity_min() ||
      post.quantity() > answer->step.accept().quantity() ||
      post.quantity() > reserve.step.reserve().quantity()) {
    return Refuse(own.entry.index, "posts a quantity that was not accepted");
  }
  own.transfer.own_terminal = Placed{.reference = {}, .step = own.step};
  ++posted_;
  return CheckEnded(own, post.quantity());
}

absl::Status TransferCheck::TakeVoid(const Own& own) {
  const Void& voided = own.step.void_();
  const auto rejects = [](const Placed& placed) { return placed.step.has_reject(); };
  if (voided.reason() == Void::REJECTED &&
      std::none_of(own.transfer.answers.begin(), own.transfer.answers.end(), rejects)) {
    return Refuse(own.entry.index, "voids for a REJECT that was not delivered");
  }
  const auto& lasts = own.transfer.reserve->step.reserve().hold_duration();
  const absl::int128 ends_us = absl::int128(own.transfer.reserve_time_us) +
                               absl::int128(lasts.seconds()) * 1'000'000 + lasts.nanos() / 1'000;
  if (voided.reason() == Void::EXPIRED && absl::int128(own.time_us) < ends_us) {
    return Refuse(own.entry.index, "voids as expired before its time");
  }
  own.transfer.own_terminal = Placed{.reference = {}, .step = own.step};
  return CheckEnded(own, 0);
}

absl::Status TransferCheck::TakeMirror(const Own& own) {
  const auto& mirror = own.step.mirror();
  const Placed* terminal = Find(own.transfer.terminals, mirror.terminal());
  if (terminal == nullptr) {
    return Refuse(own.entry.index, "mirrors a POST or VOID that was not delivered");
  }
  const bool accepted =
      own.transfer.own_answer.has_value() && own.transfer.own_answer->step.has_accept();
  const uint64_t room = accepted ? own.transfer.own_answer->step.accept().quantity() : 0;
  const uint64_t wanted = terminal->step.has_post() ? terminal->step.post().quantity() : 0;
  if (mirror.quantity() != std::min(room, wanted)) {
    return Refuse(own.entry.index, "books another quantity than was posted and accepted");
  }
  if (mirror.quantity() > 0) ++posted_;
  return accepted ? CheckEnded(own, mirror.quantity()) : absl::OkStatus();
}

absl::Status TransferCheck::TakeSettled(const Own& own) {
  if (!own.transfer.own_terminal.has_value()) {
    return Refuse(own.entry.index, "settles what was neither posted nor voided");
  }
  if (Find(own.transfer.mirrors, own.step.settled().mirror()) == nullptr) {
    return Refuse(own.entry.index, "settles on a MIRROR that was not delivered");
  }
  return absl::OkStatus();
}

absl::Status TransferCheck::CheckHeld(const Own& own, uint64_t quantity) const {
  const BooksModel::Hold* hold = own.books.FindHold(own.step.transfer_id());
  if (hold != nullptr && !hold->ended && hold->amount == quantity) return absl::OkStatus();
  return Refuse(own.entry.index, "the books do not hold what this step says");
}

absl::Status TransferCheck::CheckEnded(const Own& own, uint64_t moved) const {
  const BooksModel::Hold* hold = own.books.FindHold(own.step.transfer_id());
  if (hold != nullptr && hold->ended && hold->ended_at == own.entry.index && hold->moved == moved) {
    return absl::OkStatus();
  }
  return Refuse(own.entry.index, "the books do not move what this step says");
}

}  // namespace ch8::verify
