#include "services/logistics/core/offers.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/books/postings.h"
#include "services/books/slices.h"
#include "services/kernel/fields.h"
#include "services/kernel/paging.h"
#include "services/kernel/spoken_ids.h"
#include "services/logistics/core/depots.h"
#include "services/logistics/core/fefo.h"
#include "services/logistics/core/items.h"
#include "services/logistics/core/requests.h"
#include "services/logistics/core/transfers.h"
#include "storage/base/status_macros.h"

namespace ch8::logistics {
namespace {

using chapter8::books::v1::AccountOpened;
using chapter8::directory::v1::Organization;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::MaterielRequest;
using v1::SupplyOffer;

constexpr absl::string_view kCollection = "offers/";
constexpr int64_t kHoldSecondsMax = int64_t{366} * 24 * 3600;

// Counts the draft's value against the slice of the delegation that it names (rules ).
absl::Status ActUnderDelegation(const Context& context, const State& state,
                                const std::string& operation, SupplyOffer& draft) {
  RETURN_IF_ERROR(CheckDelegation(context, state, draft));
  if (draft.delegation().empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const chapter8::type::v1::Money value,
                   ValueOf(draft.unit_value(), draft.quantity()));
  ASSIGN_OR_RETURN(const chapter8::mandate::v1::SliceAccounts slice,
                   books::SliceToSpend(context,
                                       {.delegation = draft.delegation(),
                                        .operation = operation,
                                        .unit = value.currency_code(),
                                        .quantity = static_cast<uint64_t>(value.amount_minor())},
                                       state));
  draft.set_slice_account(slice.account());
  draft.set_slice_used_account(slice.used_account());
  return absl::OkStatus();
}

absl::StatusOr<Decision> MakeOffer(const Context& context, const v1::MakeOfferRequest& request,
                                   const State& state) {
  const SupplyOffer& asked = request.resource();
  RETURN_IF_ERROR(CheckQuantity(asked.quantity(), "resource.quantity"));
  RETURN_IF_ERROR(CheckHoldDuration(asked.hold_duration()));
  ASSIGN_OR_RETURN(const MaterielRequest wanted, FindRequest(state.rows, asked.request()));
  ASSIGN_OR_RETURN(const v1::Item item, FindItem(state.rows, asked.item()));
  ASSIGN_OR_RETURN(const v1::Depot depot, FindDepot(state.rows, asked.depot()));
  if (wanted.addressee() != context.organization) {
    return kernel::NotNow("NOT_ADDRESSEE",
                          absl::StrCat(wanted.name(), " asks ", wanted.addressee()),
                          {{"instead", "ch8 request list --goods"}});
  }
  RETURN_IF_ERROR(CheckOpen(wanted));
  ASSIGN_OR_RETURN(const Organization receiver, FindPinned(state.rows, wanted.requester()));
  RETURN_IF_ERROR(CheckBeneficiary(context, state.rows, wanted));
  ASSIGN_OR_RETURN(const MaterielRequest::Line line, FindLine(wanted, item.name()));
  RETURN_IF_ERROR(
      CheckWithinLine(wanted, line, {.taken = line.offered(), .quantity = asked.quantity()}));
  ASSIGN_OR_RETURN(const std::vector<v1::Pick> picks,
                   PickLots(state.rows, {.item = item,
                                         .depot = depot.name(),
                                         .operation = wanted.operation(),
                                         .day = kernel::DayOf(context.time),
                                         .quantity = asked.quantity(),
                                         .request = wanted.name()}));
  SupplyOffer draft;
  draft.set_request(wanted.name());
  draft.set_item(item.name());
  draft.set_quantity(asked.quantity());
  draft.set_depot(depot.name());
  draft.set_destination(wanted.destination());
  *draft.mutable_hold_duration() = asked.hold_duration();
  *draft.mutable_unit_value() = item.unit_value();
  draft.mutable_picks()->Assign(picks.begin(), picks.end());
  draft.set_delegation(asked.delegation());
  RETURN_IF_ERROR(ActUnderDelegation(context, state, wanted.operation(), draft));
  return MakeDraft(context, state, receiver, std::move(draft));
}

absl::StatusOr<SupplyOffer> GetOffer(const Context&, const v1::GetOfferRequest& request,
                                     const State& state) {
  ASSIGN_OR_RETURN(const SupplyOffer row, FindOffer(state.rows, request.name()));
  return kernel::WithEtag(row);
}

absl::StatusOr<v1::ListOffersResponse> ListOffers(const Context&,
                                                  const v1::ListOffersRequest& request,
                                                  const State& state) {
  return kernel::ListPage<SupplyOffer, v1::ListOffersRequest, v1::ListOffersResponse>(
      state.rows, kCollection, request,
      [&](const SupplyOffer& row) {
        return (request.request().empty() || row.request() == request.request()) &&
               (request.delegation().empty() || row.delegation() == request.delegation());
      },
      [](const SupplyOffer& row, v1::ListOffersResponse& response) {
        *response.add_offers() = kernel::WithEtag(row);
      });
}

}  // namespace

absl::StatusOr<SupplyOffer> FindOffer(const kernel::RowReader& rows, absl::string_view name) {
  return kernel::FindResource<SupplyOffer>(rows, name, kOffers);
}

absl::Status CheckSide(const SupplyOffer& offer, SupplyOffer::Side side) {
  if (offer.side() == side) return absl::OkStatus();
  const bool giver = side == SupplyOffer::GIVER;
  return kernel::NotNow(giver ? "NOT_GIVER" : "NOT_RECEIVER",
                        absl::StrCat("only ", giver ? offer.giver() : offer.receiver(), ", which ",
                                     giver ? "gives" : "receives", ", does this to ", offer.name()),
                        {{"instead", kernel::ShowCommand(kOffers, offer.name())}});
}

absl::Status WrongState(const SupplyOffer& offer, absl::string_view reason,
                        absl::string_view wanted) {
  const std::string state = SupplyOffer::State_Name(offer.state());
  return kernel::NotNow(
      reason, absl::StrCat(offer.name(), " is ", state, ", not ", wanted),
      {{"state", state}, {"instead", kernel::ShowCommand(kOffers, offer.name())}});
}

absl::Status CheckHoldDuration(const google::protobuf::Duration& duration) {
  const int64_t seconds = duration.seconds();
  if (seconds >= 1 && seconds <= kHoldSecondsMax && duration.nanos() == 0) return absl::OkStatus();
  return kernel::Invalid("BAD_HOLD_DURATION",
                         "hold_duration must be whole seconds, from 1 second to 366 days",
                         {{"field", "hold_duration"}, {"wanted", absl::StrCat(seconds)}});
}

absl::StatusOr<Decision> MakeDraft(const Context& context, const State& state,
                                   const Organization& receiver, SupplyOffer draft) {
  ASSIGN_OR_RETURN(*draft.mutable_value(), ValueOf(draft.unit_value(), draft.quantity()));
  draft.set_name(absl::StrCat(
      kCollection, kernel::NextSpokenId(state.rows, {.kind = kOfferKind,
                                                     .organization = context.organization,
                                                     .time = context.time})));
  draft.set_giver(context.organization);
  draft.set_receiver(receiver.name());
  draft.set_side(SupplyOffer::GIVER);
  draft.set_state(SupplyOffer::DRAFT);
  draft.set_transfer_id(context.random);
  draft.set_hold_ends_us(absl::ToUnixMicros(context.time) +
                         draft.hold_duration().seconds() * 1'000'000);
  draft.set_made_by(context.actor.person);
  draft.set_giver_origin(context.origin);
  draft.set_receiver_origin(absl::StrCat(receiver.trust_domain(), "/ch8/logistics"));
  const uint32_t first = state.accounts.next_account();
  draft.set_staging_account(first);
  draft.set_transit_account(first + 1);
  kernel::Event event = OfferEvent(draft);
  books::OpenAccount({first, draft.item(), AccountOpened::CREDIT_BALANCE}, event);
  books::OpenAccount({first + 1, draft.item(), AccountOpened::CREDIT_BALANCE}, event);
  StageGoods(draft, state.rows, event);
  books::HoldSlice(SliceHoldOf(draft), event);
  return Decision{{event}, kernel::ReplyWith<SupplyOffer>(draft.name())};
}

void AddOfferRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.logistics.v1.OfferService/";
  routes.AddCommand<v1::MakeOfferRequest>(service + "MakeOffer", MakeOffer);
  routes.AddCommand<v1::ReturnGoodsRequest>(service + "ReturnGoods", ReturnGoods);
  routes.AddCommand<v1::ApproveOfferRequest>(service + "ApproveOffer", ApproveOffer);
  routes.AddCommand<v1::CancelOfferRequest>(service + "CancelOffer", CancelOffer);
  routes.AddCommand<v1::AcceptOfferRequest>(service + "AcceptOffer", AcceptOffer);
  routes.AddCommand<v1::RejectOfferRequest>(service + "RejectOffer", RejectOffer);
  routes.AddRead<v1::GetOfferRequest>(service + "GetOffer", kernel::ReadPath::kSnapshot, GetOffer);
  routes.AddRead<v1::ListOffersRequest>(service + "ListOffers", kernel::ReadPath::kSnapshot,
                                        ListOffers);
}

}  // namespace ch8::logistics
