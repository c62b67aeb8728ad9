#include "tests/sim/buggy_machine.h"

#include <utility>

#include "absl/status/statusor.h"
#include "chapter8/finance/v1/finance.pb.h"
#include "services/books/transfer.h"
#include "services/books/transfer_rows.h"
#include "services/kernel/rows.h"

namespace ch8::sim {
namespace {

using chapter8::books::v1::TransferRecord;
using chapter8::books::v1::TransferStep;
using chapter8::books::v1::Void;
using chapter8::finance::v1::Offer;
using chapter8::ledger::v1::Delivery;
using kernel::Event;

// POST of all that was offered, as if it had been accepted.
std::optional<Event> UnacceptedPost(const TransferStep& reject, const kernel::State& state) {
  auto record = books::FindTransfer(state.rows, reject.giver_origin(), reject.transfer_id());
  if (!record.has_value()) return std::nullopt;
  record->set_state(TransferRecord::ACCEPTED);
  record->set_quantity_accepted(record->quantity());
  const absl::StatusOr<books::OwnStep> post = books::DecidePost(*record, record->quantity());
  if (!post.ok()) return std::nullopt;
  return books::StepEvent(*post, books::TrustDomainOf(record->receiver_origin()));
}

// VOID of a transfer that is posted, with nothing left to free.
std::optional<Event> SecondEnd(const Offer& offer, const kernel::State& state) {
  auto record = books::FindTransfer(state.rows, offer.giver_origin(), offer.transfer_id());
  if (!record.has_value()) return std::nullopt;
  record->set_state(TransferRecord::RESERVED);
  absl::StatusOr<books::OwnStep> end = books::DecideVoid(*record, {.reason = Void::CANCELLED});
  if (!end.ok()) return std::nullopt;
  end->postings.clear();
  return books::StepEvent(*end, books::TrustDomainOf(record->receiver_origin()));
}

}  // namespace

kernel::Verdict BuggyMachine::DecideDelivery(const kernel::Context& context,
                                             const kernel::Delivered& delivered,
                                             const kernel::State& state) const {
  kernel::Verdict verdict = finance_.DecideDelivery(context, delivered, state);
  if (bug_ == Bug::kRefusePost && delivered.entry.step().has_post() && delivered.index % 4 == 0) {
    return {.verdict = Delivery::REFUSE, .reason = "UNKNOWN_FACT", .events = {}};
  }
  for (Event& event : verdict.events) {
    const TransferStep& step = event.entry.step();
    if (bug_ == Bug::kHideAddressed && step.has_post()) event.recipients.clear();
    if (bug_ == Bug::kPostWithoutAccept && step.has_void_() &&
        delivered.entry.step().has_reject()) {
      std::optional<Event> post = UnacceptedPost(delivered.entry.step(), state);
      if (post.has_value()) event = *std::move(post);
    }
  }
  return verdict;
}

std::vector<Event> BuggyMachine::DecideDue(const kernel::Context& context,
                                           const kernel::State& state) const {
  std::vector<Event> due = finance_.DecideDue(context, state);
  if (bug_ != Bug::kVoidAfterPost || !due.empty()) return due;
  kernel::TableReader<Offer>(state.rows).Scan("offers/", "", [&](const Offer& offer) {
    if (offer.side() != Offer::GIVER || offer.state() != Offer::POSTED) return true;
    std::optional<Event> end = SecondEnd(offer, state);
    if (end.has_value() && context.log_size % 4 == 0) due.push_back(*std::move(end));
    return due.empty();
  });
  return due;
}

void TwiceApplied::Apply(const Change& change, uint64_t index) {
  books_.Apply(change, index);
  Change again;
  for (const auto& posting : change.postings) {
    if (posting.hold_id().empty()) again.postings.push_back(posting);
  }
  if (index % 16 == 0 && !again.postings.empty() && books_.Check({again}).ok()) {
    books_.Apply(again, index);
  }
}

}  // namespace ch8::sim
