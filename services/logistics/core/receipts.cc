#include "services/logistics/core/receipts.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/logistics/v1/consignment_service.pb.h"
#include "services/books/postings.h"
#include "services/books/transfer_rows.h"
#include "services/kernel/fields.h"
#include "services/kernel/paging.h"
#include "services/kernel/spoken_ids.h"
#include "services/logistics/core/consignments.h"
#include "services/logistics/core/depots.h"
#include "services/logistics/core/discrepancies.h"
#include "services/logistics/core/items.h"
#include "services/logistics/core/lots.h"
#include "services/logistics/core/offers.h"
#include "services/logistics/core/requests.h"
#include "services/logistics/core/transfers.h"
#include "services/logistics/core/verdicts.h"
#include "storage/base/status_macros.h"

namespace ch8::logistics {
namespace {

using chapter8::directory::v1::Organization;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using kernel::Verdict;
using v1::Consignment;
using v1::Pick;
using v1::Receipt;
using v1::SupplyOffer;
using Count = v1::Receipt::Count;

constexpr absl::string_view kCollection = "receipts/";

bool IsCount(const Count& count) {
  const auto within = [](int64_t quantity) { return quantity >= 0 && quantity <= kQuantityMax; };
  return within(count.good()) && within(count.damaged()) && within(count.short_()) &&
         within(count.over());
}

// Rule L-10 for one lot.
absl::Status CheckSum(const Consignment& consignment, const Pick& lot, const Count& count) {
  const int64_t counted = count.good() + count.damaged() + count.short_();
  if (counted == lot.quantity()) return absl::OkStatus();
  return kernel::NotNow("COUNT_MISMATCH",
                        absl::StrCat("of lot ", lot.lot_number(), " ", lot.quantity(),
                                     " were dispatched, and good ", count.good(), " + damaged ",
                                     count.damaged(), " + short ", count.short_(), " = ", counted),
                        {{"rule", "L-10"},
                         {"lot_number", lot.lot_number()},
                         {"dispatched", absl::StrCat(lot.quantity())},
                         {"good", absl::StrCat(count.good())},
                         {"damaged", absl::StrCat(count.damaged())},
                         {"short", absl::StrCat(count.short_())},
                         {"counted", absl::StrCat(counted)},
                         {"instead", ShowConsignment(consignment.name())}});
}

// The count of `lot`: the one that names it, or the only one there is.
std::optional<Count> CountOf(const google::protobuf::RepeatedPtrField<Count>& counts,
                             const Pick& lot, size_t lot_count) {
  std::optional<Count> found;
  for (const Count& count : counts) {
    const bool only = lot_count == 1 && count.lot_number().empty();
    if (!only && count.lot_number() != lot.lot_number()) continue;
    if (found.has_value()) return std::nullopt;
    found = count;
    found->set_lot_number(lot.lot_number());
  }
  return found;
}

// What was counted, in the order of the offer's lots.
absl::StatusOr<std::vector<Count>> CheckCounts(const v1::ReceiveConsignmentRequest& request,
                                               const Consignment& consignment,
                                               const std::vector<Pick>& lots) {
  if (request.item() != consignment.item() ||
      static_cast<size_t>(request.counts_size()) != lots.size()) {
    return kernel::Invalid("BAD_LINES",
                           absl::StrCat(consignment.name(), " carries ", consignment.item(), " of ",
                                        lots.size(), " lots: count each of them once"),
                           {{"rule", "L-10"},
                            {"lots", absl::StrCat(lots.size())},
                            {"instead", kernel::ShowCommand(kOffers, consignment.offer())}});
  }
  std::vector<Count> counts;
  for (const Pick& lot : lots) {
    const std::optional<Count> count = CountOf(request.counts(), lot, lots.size());
    if (!count.has_value()) {
      return kernel::Invalid("BAD_LINES",
                             absl::StrCat("lot ", lot.lot_number(), " is to be counted once"),
                             {{"rule", "L-10"},
                              {"lot_number", lot.lot_number()},
                              {"instead", kernel::ShowCommand(kOffers, consignment.offer())}});
    }
    if (!IsCount(*count)) {
      return kernel::Invalid("BAD_QUANTITY", "counts are whole numbers from zero",
                             {{"field", "counts"}, {"lot_number", lot.lot_number()}});
    }
    RETURN_IF_ERROR(CheckSum(consignment, lot, *count));
    counts.push_back(*count);
  }
  return counts;
}

// Rule X-3: who asked does not count.
absl::Status CheckNotRequester(const Context& context, const SupplyOffer& offer,
                               const State& state) {
  const auto request = kernel::TableReader<v1::MaterielRequest>(state.rows).Find(offer.request());
  if (!request.has_value() || request->made_by() != context.actor.person) return absl::OkStatus();
  return kernel::NotNow(
      "SAME_PERSON",
      absl::StrCat(request->name(), " was made by the same person, who cannot count what comes"),
      {{"rule", "X-3"}, {"instead", ShowConsignment(offer.consignment())}});
}

void AddTotals(const std::vector<Count>& counts, Receipt& receipt) {
  for (const Count& count : counts) {
    *receipt.add_counts() = count;
    receipt.set_good(receipt.good() + count.good());
    receipt.set_damaged(receipt.damaged() + count.damaged());
    receipt.set_short_(receipt.short_() + count.short_());
    receipt.set_over(receipt.over() + count.over());
  }
}

// Rule F-19: goods that were asked for an operation stay that operation's, and goods that come back
// are whose and what for they were when they left.
void KeepEarmark(const SupplyOffer& offer, const State& state, v1::Lot& lot) {
  if (offer.original().empty()) {
    const auto request = kernel::TableReader<v1::MaterielRequest>(state.rows).Find(offer.request());
    if (request.has_value()) lot.set_operation(request->operation());
    return;
  }
  const auto original = kernel::TableReader<SupplyOffer>(state.rows).Find(offer.original());
  if (!original.has_value()) return;
  for (const Pick& left : original->picks()) {
    if (left.lot_number() != lot.lot_number()) continue;
    const auto before = kernel::TableReader<v1::Lot>(state.rows).Find(left.lot());
    if (!before.has_value()) continue;
    lot.set_operation(before->operation());
    lot.set_owner(before->owner());
    lot.set_non_lethal_only(before->non_lethal_only());
    return;
  }
}

// The lots that a count forms, in the receiver's depot.
class LotsCounted {
 public:
  LotsCounted(const Context& context, const State& state, const v1::Item& item,
              const SupplyOffer& offer, const Receipt& receipt)
      : context_(context), state_(state), item_(item), offer_(offer), receipt_(receipt) {}

  struct Part {
    int64_t quantity = 0;
    absl::string_view quarantined_because;  // Empty: fit to be given.
  };
  void Add(const Pick& dispatched, const Part& part) {
    if (part.quantity == 0) return;
    v1::Lot lot;
    lot.set_name(NextLotName(context_, state_.rows, ++formed_));
    lot.set_item(item_.name());
    lot.set_depot(receipt_.depot());
    lot.set_lot_number(dispatched.lot_number());
    if (dispatched.has_expires_on()) *lot.mutable_expires_on() = dispatched.expires_on();
    lot.set_quarantined(!part.quarantined_because.empty());
    lot.set_reason(part.quarantined_because.empty() ? std::string(receipt_.name())
                                                    : std::string(part.quarantined_because));
    lot.set_consignment(receipt_.consignment());
    KeepEarmark(offer_, state_, lot);
    lot.set_on_hand(part.quantity);
    lot.set_account(state_.accounts.next_account() + static_cast<uint32_t>(formed_) - 1);
    events_.push_back(LotEvent(lot, item_.received_account()));
  }

  std::vector<kernel::Event> Take() { return std::move(events_); }

 private:
  const Context& context_;
  const State& state_;
  const v1::Item& item_;
  const SupplyOffer& offer_;
  const Receipt& receipt_;
  uint64_t formed_ = 0;
  std::vector<kernel::Event> events_;
};

kernel::Event ReceiptEvent(const Receipt& receipt) {
  v1::LogisticsEvent event;
  *event.mutable_receipt_recorded()->mutable_receipt() = receipt;
  return kernel::DomainEvent(event);
}

// The receipt as it is logged, but for its discrepancy.
Receipt ReceiptOf(const Context& context, const v1::ReceiveConsignmentRequest& request,
                  const Consignment& consignment, const State& state) {
  Receipt receipt;
  receipt.set_name(absl::StrCat(
      kCollection, kernel::NextSpokenId(state.rows, {.kind = kReceiptKind,
                                                     .organization = context.organization,
                                                     .time = context.time})));
  receipt.set_consignment(consignment.name());
  receipt.set_offer(consignment.offer());
  receipt.set_item(consignment.item());
  receipt.set_depot(request.depot().empty() ? consignment.destination() : request.depot());
  receipt.set_dispatched(consignment.quantity());
  receipt.set_remarks(request.remarks());
  receipt.set_counted_time_us(absl::ToUnixMicros(context.time));
  return receipt;
}

absl::StatusOr<Consignment> CountableConsignment(const Context& context,
                                                 const v1::ReceiveConsignmentRequest& request,
                                                 const State& state) {
  ASSIGN_OR_RETURN(Consignment row, FindConsignment(state.rows, request.name()));
  const std::string instead = ShowConsignment(row.name());
  if (row.receiver() != context.organization) {
    return kernel::NotNow(
        "NOT_RECEIVER",
        absl::StrCat("only ", row.receiver(), ", which receives, counts ", row.name()),
        {{"instead", instead}});
  }
  if (row.state() == Consignment::IN_TRANSIT) return row;
  return kernel::NotNow("NOT_IN_TRANSIT",
                        absl::StrCat(row.name(), " has been counted: ", row.receipt()),
                        {{"instead", kernel::ShowCommand(kReceipts, row.receipt())}});
}

absl::StatusOr<Decision> ReceiveConsignment(const Context& context,
                                            const v1::ReceiveConsignmentRequest& request,
                                            const State& state) {
  RETURN_IF_ERROR(kernel::CheckOptionalText(request.remarks(), "remarks"));
  ASSIGN_OR_RETURN(const Consignment consignment, CountableConsignment(context, request, state));
  ASSIGN_OR_RETURN(const SupplyOffer offer, FindOffer(state.rows, consignment.offer()));
  ASSIGN_OR_RETURN(const v1::Item item, FindItem(state.rows, consignment.item()));
  Receipt receipt = ReceiptOf(context, request, consignment, state);
  RETURN_IF_ERROR(FindDepot(state.rows, receipt.depot()).status());
  const std::vector<Pick> lots = LotsByNumber(offer);
  ASSIGN_OR_RETURN(const std::vector<Count> counts, CheckCounts(request, consignment, lots));
  RETURN_IF_ERROR(CheckNotRequester(context, offer, state));
  ASSIGN_OR_RETURN(const Organization giver, FindPinned(state.rows, consignment.giver()));
  const auto record = books::FindTransfer(state.rows, offer.giver_origin(), offer.transfer_id());
  if (!record.has_value()) return WrongState(offer, "NOT_IN_TRANSIT", "DISPATCHED");
  *receipt.mutable_post() = record->terminal().reference();
  AddTotals(counts, receipt);
  const std::optional<v1::Discrepancy> discrepancy = Opened(context, receipt, offer, state);
  if (discrepancy.has_value()) receipt.set_discrepancy(discrepancy->name());

  LotsCounted formed(context, state, item, offer, receipt);
  for (size_t i = 0; i < lots.size(); ++i) {
    formed.Add(lots[i], {.quantity = counts[i].good(), .quarantined_because = ""});
    formed.Add(lots[i], {.quantity = counts[i].damaged(), .quarantined_because = "damaged"});
    formed.Add(lots[i], {.quantity = counts[i].over(), .quarantined_because = "over"});
  }
  std::vector<kernel::Event> events = formed.Take();
  kernel::Event count = ReceiptEvent(receipt);
  count.recipients.push_back(giver.trust_domain());
  books::Move({item.expected_account(), item.announced_account()},
              static_cast<uint64_t>(consignment.quantity()), count);
  events.push_back(std::move(count));
  if (discrepancy.has_value()) {
    events.push_back(DiscrepancyEvent(*discrepancy, giver.trust_domain()));
  }
  return Decision{std::move(events), kernel::ReplyWith<Receipt>(receipt.name())};
}

absl::StatusOr<Receipt> GetReceipt(const Context&, const v1::GetReceiptRequest& request,
                                   const State& state) {
  ASSIGN_OR_RETURN(const Receipt row,
                   kernel::FindResource<Receipt>(state.rows, request.name(), kReceipts));
  return kernel::WithEtag(row);
}

absl::StatusOr<v1::ListReceiptsResponse> ListReceipts(const Context&,
                                                      const v1::ListReceiptsRequest& request,
                                                      const State& state) {
  return kernel::ListPage<Receipt, v1::ListReceiptsRequest, v1::ListReceiptsResponse>(
      state.rows, kCollection, request, [](const Receipt&) { return true; },
      [](const Receipt& row, v1::ListReceiptsResponse& response) {
        *response.add_receipts() = kernel::WithEtag(row);
      });
}

// Whether another organization's receipt is one that an honest node makes for this consignment.
bool WellFormed(const Receipt& receipt, const Consignment& consignment,
                const Organization& sender) {
  if (static_cast<size_t>(receipt.counts_size()) > kPicksMax ||
      !std::all_of(receipt.counts().begin(), receipt.counts().end(), IsCount)) {
    return false;
  }
  Receipt totals;
  AddTotals({receipt.counts().begin(), receipt.counts().end()}, totals);
  return kernel::CheckName(receipt.name(), kReceipts.pattern, "name").ok() &&
         kernel::IsSpokenIdOf(kernel::IdOf(receipt.name()), kReceiptKind, sender.name()) &&
         receipt.offer() == consignment.offer() && receipt.item() == consignment.item() &&
         kernel::CheckName(receipt.depot(), absl::StrCat(sender.name(), "/depots/*"), "depot")
             .ok() &&
         receipt.dispatched() == consignment.quantity() &&
         kernel::CheckOptionalText(receipt.remarks(), "remarks").ok() &&
         (receipt.discrepancy().empty() || kernel::IsSpokenIdOf(kernel::IdOf(receipt.discrepancy()),
                                                                kDiscrepancyKind, sender.name())) &&
         totals.good() == receipt.good() && totals.damaged() == receipt.damaged() &&
         totals.short_() == receipt.short_() && totals.over() == receipt.over();
}

bool AddsUp(const Receipt& receipt, const Consignment& consignment, const SupplyOffer& offer) {
  const std::vector<Pick> lots = LotsByNumber(offer);
  if (static_cast<size_t>(receipt.counts_size()) != lots.size()) return false;
  return std::all_of(lots.begin(), lots.end(), [&](const Pick& lot) {
    const std::optional<Count> count = CountOf(receipt.counts(), lot, lots.size());
    return count.has_value() && CheckSum(consignment, lot, *count).ok();
  });
}

// COUNT at the giver: transit closes into what was issued and what is claimed.
kernel::Event TransitClosed(const Receipt& receipt, const SupplyOffer& offer,
                            const v1::Item& item) {
  kernel::Event event = ReceiptEvent(receipt);
  const uint64_t issued = static_cast<uint64_t>(receipt.good() + receipt.damaged());
  if (issued > 0) books::Move({offer.transit_account(), item.issued_account()}, issued, event);
  if (receipt.short_() > 0) {
    books::Move({offer.transit_account(), item.claims_account()},
                static_cast<uint64_t>(receipt.short_()), event);
  }
  return event;
}

}  // namespace

std::vector<Pick> LotsByNumber(const SupplyOffer& offer) {
  std::vector<Pick> lots;
  for (const Pick& pick : offer.picks()) {
    const auto known = std::find_if(lots.begin(), lots.end(), [&](const Pick& lot) {
      return lot.lot_number() == pick.lot_number();
    });
    if (known != lots.end()) {
      known->set_quantity(known->quantity() + pick.quantity());
      continue;
    }
    Pick& lot = lots.emplace_back();
    lot.set_lot_number(pick.lot_number());
    if (pick.has_expires_on()) *lot.mutable_expires_on() = pick.expires_on();
    lot.set_quantity(pick.quantity());
  }
  return lots;
}

Verdict DecideReceiptDelivery(const Context& context, const Organization& sender,
                              const Receipt& receipt, const State& state) {
  const auto consignment = kernel::TableReader<Consignment>(state.rows).Find(receipt.consignment());
  if (!consignment.has_value() || consignment->giver() != context.organization) {
    return RefuseEntry("UNKNOWN_CONSIGNMENT");
  }
  if (consignment->receiver() != sender.name()) return RefuseEntry("NOT_RECEIVER");
  if (!WellFormed(receipt, *consignment, sender)) return RefuseEntry("BAD_RECEIPT");
  const auto offer = kernel::TableReader<SupplyOffer>(state.rows).Find(consignment->offer());
  const auto item = kernel::TableReader<v1::Item>(state.rows).Find(consignment->item());
  if (!offer.has_value() || !item.has_value()) return RefuseEntry("UNKNOWN_CONSIGNMENT");
  if (!AddsUp(receipt, *consignment, *offer)) return RefuseEntry("COUNT_MISMATCH");
  if (consignment->state() != Consignment::IN_TRANSIT) {
    if (consignment->receipt() == receipt.name()) return {};
    return RefuseEntry("SECOND_COUNT");
  }
  if (kernel::TableReader<Receipt>(state.rows).Find(receipt.name()).has_value()) {
    return RefuseEntry("BAD_RECEIPT");  // The name of another count.
  }
  const auto record = books::FindTransfer(state.rows, offer->giver_origin(), offer->transfer_id());
  if (!record.has_value() || record->terminal().reference().index() != receipt.post().index() ||
      record->terminal().reference().leaf_hash() != receipt.post().leaf_hash()) {
    return RefuseEntry("OTHER_POST");
  }
  return AcceptEntry(TransitClosed(receipt, *offer, *item));
}

void AddReceiptRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.logistics.v1.ConsignmentService/";
  routes.AddCommand<v1::ReceiveConsignmentRequest>(service + "ReceiveConsignment",
                                                   ReceiveConsignment);
  routes.AddRead<v1::GetReceiptRequest>(service + "GetReceipt", kernel::ReadPath::kSnapshot,
                                        GetReceipt);
  routes.AddRead<v1::ListReceiptsRequest>(service + "ListReceipts", kernel::ReadPath::kSnapshot,
                                          ListReceipts);
}

void ApplyReceiptRecorded(const kernel::Applied& applied,
                          const v1::LogisticsEvent::ReceiptRecorded& event, kernel::Rows& rows) {
  Receipt receipt = event.receipt();
  if (!applied.request.has_delivery()) {
    receipt.set_counted_by(applied.request.person());
    kernel::CountSpokenId(kernel::IdOf(receipt.name()), rows);
  }
  kernel::PutRow(rows, receipt);
  if (auto row = kernel::TableReader<Consignment>(rows).Find(receipt.consignment())) {
    row->set_state(Consignment::RECEIVED);
    row->set_receipt(receipt.name());
    row->set_custodian(row->receiver());
    kernel::PutRow(rows, *row);
  }
  const auto before = kernel::TableReader<SupplyOffer>(rows).Find(receipt.offer());
  if (!before.has_value()) return;
  SupplyOffer after = *before;
  after.set_state(SupplyOffer::RECEIVED);
  after.set_good(receipt.good());
  after.set_damaged(receipt.damaged());
  after.set_short_(receipt.short_());
  after.set_over(receipt.over());
  PutOffer(before, after, rows);
}

}  // namespace ch8::logistics
