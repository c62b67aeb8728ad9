#include "services/logistics/core/consignments.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "chapter8/logistics/v1/consignment_service.pb.h"
#include "services/books/transfer_rows.h"
#include "services/kernel/fields.h"
#include "services/kernel/mandate_facts.h"
#include "services/kernel/paging.h"
#include "services/logistics/core/fefo.h"
#include "services/logistics/core/identifiers.h"
#include "services/logistics/core/items.h"
#include "services/logistics/core/offers.h"
#include "services/logistics/core/receipts.h"
#include "services/logistics/core/requests.h"
#include "services/logistics/core/transfers.h"
#include "services/logistics/core/verdicts.h"
#include "storage/base/status_macros.h"

namespace ch8::logistics {
namespace {

using chapter8::books::v1::TransferRecord;
using chapter8::directory::v1::Organization;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using kernel::Verdict;
using v1::Consignment;
using v1::SupplyOffer;

constexpr absl::string_view kCollection = "consignments/";
constexpr int kLegsMax = 20;
constexpr int kSealsMax = 20;

std::string NameOf(absl::string_view giver, absl::string_view waybill) {
  return absl::StrCat(kCollection, kernel::IdOf(giver), "/", waybill);
}

absl::Status CheckLeg(const Consignment::Leg& leg) {
  RETURN_IF_ERROR(kernel::CheckText(leg.origin(), "leg.origin"));
  RETURN_IF_ERROR(kernel::CheckText(leg.destination(), "leg.destination"));
  RETURN_IF_ERROR(kernel::CheckText(leg.carrier(), "leg.carrier"));
  RETURN_IF_ERROR(kernel::CheckOptionalText(leg.vehicle(), "leg.vehicle"));
  RETURN_IF_ERROR(kernel::CheckOptionalText(leg.life_saving(), "leg.life_saving"));
  if (leg.seals_size() > kSealsMax) {
    return kernel::BadField("leg.seals", "has at most 20 seals");
  }
  for (const std::string& seal : leg.seals()) {
    RETURN_IF_ERROR(kernel::CheckText(seal, "leg.seals"));
  }
  if (kernel::DayOf(leg.departed_on()).has_value()) return absl::OkStatus();
  return kernel::Invalid("BAD_DATES", "leg.departed_on must be a day of the calendar",
                         {{"field", "leg.departed_on"}});
}

absl::Status CheckDispatch(const v1::DispatchConsignmentRequest& request) {
  if (!IsWaybill(request.waybill())) {
    return kernel::Invalid("BAD_WAYBILL", "waybill has 1 to 40 capital letters, digits and hyphens",
                           {{"field", "waybill"}});
  }
  const std::optional<absl::CivilDay> eta = kernel::DayOf(request.eta());
  if (!eta.has_value()) {
    return kernel::Invalid("BAD_DATES", "eta must be a day of the calendar", {{"field", "eta"}});
  }
  RETURN_IF_ERROR(CheckLeg(request.leg()));
  if (*eta >= *kernel::DayOf(request.leg().departed_on())) return absl::OkStatus();
  return kernel::Invalid("BAD_DATES", "eta lies before the departure", {{"field", "eta"}});
}

// The accepted transfer, whose hold has not run out.
absl::StatusOr<TransferRecord> DispatchableRecord(const Context& context, const State& state,
                                                  const SupplyOffer& offer) {
  const auto record = books::FindTransfer(state.rows, offer.giver_origin(), offer.transfer_id());
  if (offer.state() != SupplyOffer::ACCEPTED || !record.has_value()) {
    return WrongState(offer, "NOT_ACCEPTED", "ACCEPTED");
  }
  if (!books::IsExpired(*record, absl::ToUnixMicros(context.time))) return *record;
  return kernel::NotNow("HOLD_EXPIRED",
                        absl::StrCat("the goods of ", offer.name(), " are held no longer"),
                        {{"instead", kernel::ShowCommand(kOffers, offer.name())}});
}

Consignment ConsignmentOf(const SupplyOffer& offer, const v1::DispatchConsignmentRequest& request,
                          const Context& context) {
  Consignment consignment;
  consignment.set_name(NameOf(offer.giver(), request.waybill()));
  consignment.set_offer(offer.name());
  consignment.set_item(offer.item());
  consignment.set_quantity(offer.quantity());
  consignment.set_giver(offer.giver());
  consignment.set_receiver(offer.receiver());
  consignment.set_depot(offer.depot());
  consignment.set_destination(offer.destination());
  *consignment.mutable_eta() = request.eta();
  *consignment.add_legs() = request.leg();
  consignment.mutable_legs(0)->set_recorded_time_us(absl::ToUnixMicros(context.time));
  consignment.set_custodian(request.leg().carrier());
  consignment.set_state(Consignment::IN_TRANSIT);
  return consignment;
}

bool HoldsOnTheWay(const absl::Status& supported) {
  const std::string reason = kernel::ReasonOf(supported);
  return reason == "SUPPORT_SUSPENDED" || reason == "SUPPORT_WITHHELD";
}

// Rule F-21: nothing moves to a unit whose support is suspended, but for what saves lives, as an
// exception that is logged with the leg. `supported` is what is said of the unit.
absl::Status CheckException(const State& state, const std::string& item_name,
                            const Consignment::Leg& leg, const absl::Status& supported) {
  if (!HoldsOnTheWay(supported) || leg.life_saving().empty()) return supported;
  ASSIGN_OR_RETURN(const v1::Item item, FindItem(state.rows, item_name));
  if (item.category() == v1::Item::WATER || item.category() == v1::Item::MEDICAL) {
    return absl::OkStatus();
  }
  return kernel::NotNow("NOT_LIFE_SAVING",
                        absl::StrCat(item.name(), " is ", v1::Item::Category_Name(item.category()),
                                     ", and what saves lives is WATER or MEDICAL"),
                        {{"rule", "F-21"},
                         {"held", v1::Item::Category_Name(item.category())},
                         {"needed", "WATER or MEDICAL"},
                         {"instead", kernel::ShowCommand(kItems, item.name())}});
}

// What is said of the unit that an offer's goods are for; a return answers no request.
absl::Status SupportOf(const Context& context, const State& state, const SupplyOffer& offer) {
  const auto request = kernel::TableReader<v1::MaterielRequest>(state.rows).Find(offer.request());
  if (!request.has_value()) return absl::OkStatus();
  return CheckBeneficiary(context, state.rows, *request);
}

// Rule F-21 for goods on their way: a suspension, and what it may come to, support withheld, holds
// them where they are. What ends in another way does not: they left under a clearance.
absl::Status CheckOnward(const Context& context, const State& state, const Consignment& row,
                         const Consignment::Leg& leg) {
  const auto offer = kernel::TableReader<SupplyOffer>(state.rows).Find(row.offer());
  if (!offer.has_value()) return absl::OkStatus();
  const absl::Status supported = SupportOf(context, state, *offer);
  if (!HoldsOnTheWay(supported)) return absl::OkStatus();
  return CheckException(state, row.item(), leg, supported);
}

absl::StatusOr<Decision> DispatchConsignment(const Context& context,
                                             const v1::DispatchConsignmentRequest& request,
                                             const State& state) {
  RETURN_IF_ERROR(CheckDispatch(request));
  ASSIGN_OR_RETURN(const SupplyOffer offer, FindOffer(state.rows, request.offer()));
  RETURN_IF_ERROR(CheckSide(offer, SupplyOffer::GIVER));
  ASSIGN_OR_RETURN(const TransferRecord record, DispatchableRecord(context, state, offer));
  RETURN_IF_ERROR(CheckDelegation(context, state, offer));
  RETURN_IF_ERROR(CheckNotExpired(offer, kernel::DayOf(context.time)));
  RETURN_IF_ERROR(
      CheckException(state, offer.item(), request.leg(), SupportOf(context, state, offer)));
  ASSIGN_OR_RETURN(const Organization receiver, FindPinned(state.rows, offer.receiver()));
  const Consignment consignment = ConsignmentOf(offer, request, context);
  if (kernel::TableReader<Consignment>(state.rows).Find(consignment.name()).has_value()) {
    return kernel::Taken("CONSIGNMENT_EXISTS", consignment.name(),
                         ShowConsignment(consignment.name()));
  }
  ASSIGN_OR_RETURN(const books::OwnStep post, books::DecidePost(record, record.quantity()));
  v1::LogisticsEvent event;
  *event.mutable_consignment_recorded()->mutable_consignment() = consignment;
  kernel::Event recorded = kernel::DomainEvent(event);
  recorded.recipients.push_back(receiver.trust_domain());
  kernel::Event posted = books::StepEvent(post, receiver.trust_domain());
  const books::SliceHold slice = SliceHoldOf(offer);
  books::EndSliceHold(slice, slice.quantity, posted);
  return Decision{{std::move(posted), std::move(recorded)},
                  kernel::ReplyWith<Consignment>(consignment.name())};
}

absl::StatusOr<Decision> RecordLeg(const Context& context, const v1::RecordLegRequest& request,
                                   const State& state) {
  RETURN_IF_ERROR(CheckLeg(request.leg()));
  ASSIGN_OR_RETURN(const Consignment row, FindConsignment(state.rows, request.name()));
  const std::string instead = ShowConsignment(row.name());
  if (row.giver() != context.organization) {
    return kernel::NotNow("NOT_GIVER",
                          absl::StrCat("only ", row.giver(), ", which gives, moves ", row.name()),
                          {{"instead", instead}});
  }
  if (row.state() != Consignment::IN_TRANSIT) {
    return kernel::NotNow("NOT_IN_TRANSIT", absl::StrCat(row.name(), " has been counted"),
                          {{"instead", instead}});
  }
  if (row.legs_size() == kLegsMax) {
    return kernel::NotNow("TOO_MANY_LEGS", absl::StrCat(row.name(), " has ", kLegsMax, " legs"),
                          {{"instead", instead}});
  }
  RETURN_IF_ERROR(CheckOnward(context, state, row, request.leg()));
  ASSIGN_OR_RETURN(const Organization receiver, FindPinned(state.rows, row.receiver()));
  v1::LogisticsEvent event;
  auto& recorded = *event.mutable_leg_recorded();
  recorded.set_consignment(row.name());
  recorded.set_number(static_cast<uint32_t>(row.legs_size()) + 1);
  *recorded.mutable_leg() = request.leg();
  recorded.mutable_leg()->set_recorded_time_us(absl::ToUnixMicros(context.time));
  kernel::Event logged = kernel::DomainEvent(event);
  logged.recipients.push_back(receiver.trust_domain());
  return Decision{{logged}, kernel::ReplyWith<Consignment>(row.name())};
}

absl::StatusOr<Consignment> GetConsignment(const Context&, const v1::GetConsignmentRequest& request,
                                           const State& state) {
  ASSIGN_OR_RETURN(const Consignment row, FindConsignment(state.rows, request.name()));
  return kernel::WithEtag(row);
}

absl::StatusOr<v1::ListConsignmentsResponse> ListConsignments(
    const Context&, const v1::ListConsignmentsRequest& request, const State& state) {
  return kernel::ListPage<Consignment, v1::ListConsignmentsRequest, v1::ListConsignmentsResponse>(
      state.rows, kCollection, request,
      [&](const Consignment& row) {
        return request.waybill().empty() || kernel::IdOf(row.name()) == request.waybill();
      },
      [](const Consignment& row, v1::ListConsignmentsResponse& response) {
        *response.add_consignments() = kernel::WithEtag(row);
      });
}

// Whether the consignment is what an honest giver logs for this offer.
bool WellFormed(const Consignment& consignment, const SupplyOffer& offer) {
  return IsWaybill(kernel::IdOf(consignment.name())) && consignment.item() == offer.item() &&
         consignment.quantity() == offer.quantity() && consignment.giver() == offer.giver() &&
         consignment.receiver() == offer.receiver() && consignment.depot() == offer.depot() &&
         consignment.destination() == offer.destination() && consignment.legs_size() == 1 &&
         CheckLeg(consignment.legs(0)).ok() && kernel::DayOf(consignment.eta()).has_value() &&
         consignment.custodian() == consignment.legs(0).carrier() &&
         consignment.state() == Consignment::IN_TRANSIT && consignment.receipt().empty();
}

}  // namespace

std::string ShowConsignment(absl::string_view name) {
  return absl::StrCat("ch8 consignment show ", absl::StripPrefix(name, kCollection));
}

absl::StatusOr<Consignment> FindConsignment(const kernel::RowReader& rows, absl::string_view name) {
  return kernel::FindResource<Consignment>(rows, name, kConsignments);
}

Verdict DecideConsignmentDelivery(const Context& context, const Organization& sender,
                                  const Consignment& consignment, const State& state) {
  const std::string own = NameOf(sender.name(), "*");
  if (!kernel::CheckName(consignment.name(), own, "name").ok()) return RefuseEntry("NOT_GIVER");
  const auto offer = kernel::TableReader<SupplyOffer>(state.rows).Find(consignment.offer());
  if (!offer.has_value()) return DeferEntry("UNKNOWN_OFFER");
  if (offer->giver() != sender.name() || offer->receiver() != context.organization) {
    return RefuseEntry("NOT_GIVER");
  }
  if (!WellFormed(consignment, *offer)) return RefuseEntry("BAD_CONSIGNMENT");
  if (!offer->consignment().empty() ||
      kernel::TableReader<Consignment>(state.rows).Find(consignment.name()).has_value()) {
    if (offer->consignment() == consignment.name()) return {};
    return RefuseEntry("SECOND_CONSIGNMENT");
  }
  switch (offer->state()) {
    case SupplyOffer::DISPATCHED:
      break;
    case SupplyOffer::RESERVED:
    case SupplyOffer::ACCEPTED:
      return DeferEntry("NEEDS_POST");
    default:
      return RefuseEntry("NOT_DISPATCHED");
  }
  v1::LogisticsEvent event;
  *event.mutable_consignment_recorded()->mutable_consignment() = consignment;
  return AcceptEntry(kernel::DomainEvent(event));
}

Verdict DecideLegDelivery(const Organization& sender,
                          const v1::LogisticsEvent::LegRecorded& recorded, const State& state) {
  const std::string own = NameOf(sender.name(), "*");
  if (!kernel::CheckName(recorded.consignment(), own, "name").ok()) {
    return RefuseEntry("NOT_GIVER");
  }
  if (!CheckLeg(recorded.leg()).ok() || recorded.number() > uint32_t{kLegsMax}) {
    return RefuseEntry("BAD_LEG");
  }
  const auto row = kernel::TableReader<Consignment>(state.rows).Find(recorded.consignment());
  if (!row.has_value()) return DeferEntry("UNKNOWN_CONSIGNMENT");
  const uint32_t known = static_cast<uint32_t>(row->legs_size());
  if (recorded.number() <= known) return {};
  if (recorded.number() > known + 1) return DeferEntry("NEEDS_LEG");
  v1::LogisticsEvent event;
  *event.mutable_leg_recorded() = recorded;
  return AcceptEntry(kernel::DomainEvent(event));
}

void AddConsignmentRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.logistics.v1.ConsignmentService/";
  routes.AddCommand<v1::DispatchConsignmentRequest>(service + "DispatchConsignment",
                                                    DispatchConsignment);
  routes.AddCommand<v1::RecordLegRequest>(service + "RecordLeg", RecordLeg);
  routes.AddRead<v1::GetConsignmentRequest>(service + "GetConsignment", kernel::ReadPath::kSnapshot,
                                            GetConsignment);
  routes.AddRead<v1::ListConsignmentsRequest>(service + "ListConsignments",
                                              kernel::ReadPath::kSnapshot, ListConsignments);
}

void ApplyConsignmentRecorded(const v1::LogisticsEvent::ConsignmentRecorded& event,
                              kernel::Rows& rows) {
  const Consignment& consignment = event.consignment();
  kernel::PutRow(rows, consignment);
  const auto before = kernel::TableReader<SupplyOffer>(rows).Find(consignment.offer());
  if (!before.has_value()) return;
  SupplyOffer after = *before;
  after.set_consignment(consignment.name());
  PutOffer(before, after, rows);
}

void ApplyLegRecorded(const v1::LogisticsEvent::LegRecorded& event, kernel::Rows& rows) {
  std::optional<Consignment> row = kernel::TableReader<Consignment>(rows).Find(event.consignment());
  if (!row.has_value()) return;
  *row->add_legs() = event.leg();
  if (row->state() == Consignment::IN_TRANSIT) row->set_custodian(event.leg().carrier());
  kernel::PutRow(rows, *row);
}

}  // namespace ch8::logistics
