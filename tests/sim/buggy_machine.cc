#include "tests/sim/buggy_machine.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chapter8/finance/v1/finance.pb.h"
#include "chapter8/logistics/v1/logistics.pb.h"
#include "chapter8/witness/v1/witness.pb.h"
#include "services/books/postings.h"
#include "services/books/transfer.h"
#include "services/books/transfer_rows.h"
#include "services/kernel/rows.h"
#include "services/node/batch.h"
#include "services/witness/core/heads.h"
#include "storage/base/status_macros.h"

namespace ch8::sim {
namespace {

using chapter8::books::v1::TransferRecord;
using chapter8::books::v1::TransferStep;
using chapter8::books::v1::Void;
using chapter8::finance::v1::Offer;
using chapter8::ledger::v1::Delivery;
using chapter8::logistics::v1::Item;
using chapter8::logistics::v1::Lot;
using chapter8::logistics::v1::SupplyOffer;
using chapter8::witness::v1::LoggedHead;
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

// VOID of a transfer that is posted, with nothing left to free. An offer of money or of goods.
template <typename AnyOffer>
std::optional<Event> SecondEnd(const AnyOffer& offer, const books::VoidParts& parts,
                               const kernel::State& state) {
  auto record = books::FindTransfer(state.rows, offer.giver_origin(), offer.transfer_id());
  if (!record.has_value()) return std::nullopt;
  record->set_state(TransferRecord::RESERVED);
  absl::StatusOr<books::OwnStep> end = books::DecideVoid(*record, parts);
  if (!end.ok()) return std::nullopt;
  end->postings.clear();
  return books::StepEvent(*end, books::TrustDomainOf(record->receiver_origin()));
}

// The rows, in which a transfer is found by its id alone.
class WithoutOrigins final : public kernel::RowReader {
 public:
  explicit WithoutOrigins(const kernel::RowReader& rows) : rows_(rows) {}

  std::optional<std::string> Get(Table table, absl::string_view key) const override {
    std::optional<std::string> found = rows_.Get(table, key);
    const absl::string_view collection = key.substr(0, key.find('/') + 1);
    if (found.has_value() || !absl::StartsWith(collection, "transfer")) return found;
    const absl::string_view id = key.substr(key.rfind('/'));
    Scan(table, collection, "", [&](absl::string_view other, absl::string_view value) {
      if (absl::EndsWith(other, id)) found = std::string(value);
      return !found.has_value();
    });
    return found;
  }
  void Scan(Table table, absl::string_view prefix, absl::string_view after,
            const Visitor& visit) const override {
    rows_.Scan(table, prefix, after, visit);
  }
  const absl::Status& status() const override { return rows_.status(); }

 private:
  const kernel::RowReader& rows_;
};

// The product's batch over rows that are not linked any more.
class SplitBatch final : public kernel::RowBatch {
 public:
  SplitBatch(absl::string_view bytes, books::Books& books) : bytes_(bytes), books_(books) {}

  absl::Status Prepare(const books::PrepareParts& parts, const books::IdIndex& older_ids) {
    ASSIGN_OR_RETURN(parsed_, books::PrepareBatch(bytes_, parts, older_ids));
    for (books::Row& row : parsed_.rows) row.linked = false;
    return absl::OkStatus();
  }

  absl::Status Apply(uint64_t first_index) override {
    ASSIGN_OR_RETURN(outcome_, books::ApplyBatch(books_, parsed_, first_index));
    return absl::OkStatus();
  }
  std::vector<NewEntry> TakeEntries() override {
    std::vector<NewEntry> entries;
    books::AppendApplied(parsed_, outcome_, entries);
    return entries;
  }
  std::string Reply(uint64_t request_index) const override {
    return books::ResponseOf(outcome_, request_index).SerializeAsString();
  }

 private:
  const std::string bytes_;  // Rows and entries have views of it.
  books::ParsedBatch parsed_;
  books::BatchOutcome outcome_;
  books::Books& books_;
};

// What another organization has posted, put into a lot of ours.
void PutIntoStock(uint64_t quantity, const kernel::State& state, Event& event) {
  kernel::TableReader<Lot>(state.rows).Scan("organizations/", "", [&](const Lot& lot) {
    const auto item = kernel::TableReader<Item>(state.rows).Find(lot.item());
    if (!item.has_value() || lot.account() == 0) return true;
    books::Move({item->received_account(), lot.account()}, quantity, event);
    return false;
  });
}

}  // namespace

std::unique_ptr<kernel::Machine> MachineOf(absl::string_view service, Bug bug) {
  if (service == "finance") return std::make_unique<BuggyMachine>(bug);
  if (service == "logistics") return std::make_unique<BuggyGoods>(bug);
  if (service == "mandate") {
    if (bug == Bug::kCeilingPerLedger) return std::make_unique<CeilingPerLedger>();
    return std::make_unique<mandate::MandateMachine>();
  }
  if (bug == Bug::kLogWitnessHeads) return std::make_unique<LogsWitnessHeads>();
  return std::make_unique<witness::WitnessMachine>();
}

kernel::Verdict BuggyMachine::DecideDelivery(const kernel::Context& context,
                                             const kernel::Delivered& delivered,
                                             const kernel::State& state) const {
  const WithoutOrigins without_origins(state.rows);
  kernel::Verdict verdict =
      bug_ == Bug::kIdWithoutOrigin
          ? finance_.DecideDelivery(context, delivered, {without_origins, state.accounts})
          : finance_.DecideDelivery(context, delivered, state);
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
    std::optional<Event> end = SecondEnd(offer, {.reason = Void::CANCELLED}, state);
    if (end.has_value() && context.log_size % 4 == 0) due.push_back(*std::move(end));
    return due.empty();
  });
  return due;
}

kernel::Verdict BuggyGoods::DecideDelivery(const kernel::Context& context,
                                           const kernel::Delivered& delivered,
                                           const kernel::State& state) const {
  kernel::Verdict verdict = logistics_.DecideDelivery(context, delivered, state);
  if (bug_ != Bug::kStockAtDispatch) return verdict;
  for (Event& event : verdict.events) {
    const TransferStep& step = event.entry.step();
    if (step.has_mirror() && step.mirror().quantity() > 0) {
      PutIntoStock(step.mirror().quantity(), state, event);
    }
  }
  return verdict;
}

std::vector<Event> BuggyGoods::DecideDue(const kernel::Context& context,
                                         const kernel::State& state) const {
  std::vector<Event> due = logistics_.DecideDue(context, state);
  if (bug_ != Bug::kVoidAfterDispatch || !due.empty()) return due;
  const int64_t now_us = absl::ToUnixMicros(context.time);
  kernel::TableReader<SupplyOffer>(state.rows).Scan("offers/", "", [&](const SupplyOffer& offer) {
    if (offer.side() != SupplyOffer::GIVER || offer.state() != SupplyOffer::DISPATCHED) return true;
    std::optional<Event> end =
        SecondEnd(offer, {.reason = Void::EXPIRED, .ledger_time_us = now_us}, state);
    if (end.has_value()) due.push_back(*std::move(end));
    return due.empty();
  });
  return due;
}

kernel::Verdict CeilingPerLedger::DecideDelivery(const kernel::Context& context,
                                                 const kernel::Delivered& delivered,
                                                 const kernel::State& state) const {
  kernel::Verdict verdict = mandate_.DecideDelivery(context, delivered, state);
  for (Event& event : verdict.events) {
    if (!event.entry.step().has_post()) continue;
    const auto given = event.entry.postings(0);
    books::Move({given.credit_account(), given.debit_account()}, given.amount(), event);
  }
  return verdict;
}

std::vector<Event> LogsWitnessHeads::DecideDue(const kernel::Context& context,
                                               const kernel::State& state) const {
  std::vector<Event> due = witness_.DecideDue(context, state);
  state.rows.Scan(
      Table::kPeer, witness::kHeadPrefix, "", [&](absl::string_view key, absl::string_view value) {
        const absl::string_view origin = key.substr(witness::kHeadPrefix.size());
        const auto head = witness::HeadFrom(origin, std::string(value)).value();
        const auto logged =
            kernel::TableReader<LoggedHead>(state.rows).Find(absl::StrCat("heads/", origin));
        const bool is_due =
            !logged.has_value() ||
            (head.size() > logged->size() &&
             context.time - absl::FromUnixMicros(logged->logged_at_us()) >= witness::kLogEvery);
        if (is_due && absl::EndsWith(origin, "/ch8/witness")) {
          due.emplace_back().entry.mutable_peer_head()->set_note(head.note());
        }
        return true;
      });
  return due;
}

absl::StatusOr<std::unique_ptr<kernel::RowBatch>> BatchOf(absl::string_view bytes,
                                                          const books::PrepareParts& parts,
                                                          const books::IdIndex& older_ids,
                                                          books::Books& books, Bug bug) {
  if (bug == Bug::kSplitLinkedGroup) {
    auto batch = std::make_unique<SplitBatch>(bytes, books);
    RETURN_IF_ERROR(batch->Prepare(parts, older_ids));
    return batch;
  }
  ASSIGN_OR_RETURN(std::unique_ptr<node::Batch> batch,
                   node::Batch::Prepare(std::string(bytes), parts, older_ids));
  batch->Bind(books);
  return batch;
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
