#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "chapter8/logistics/v1/offer_service.pb.h"
#include "clients/cli/goods.h"
#include "clients/cli/names.h"
#include "clients/cli/values.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

namespace v1 = chapter8::logistics::v1;
using chapter8::books::v1::Reject_Reason;
using chapter8::books::v1::Reject_Reason_descriptor;
using v1::SupplyOffer;

// What an officer of this half can do next; empty when nothing.
std::string NextStep(const SupplyOffer& offer) {
  const std::string id = IdOf(offer.name());
  const bool giver = offer.side() == SupplyOffer::GIVER;
  switch (offer.state()) {
    case SupplyOffer::DRAFT:
      return absl::StrCat("next: another person approves it: ch8 offer approve ", id);
    case SupplyOffer::RESERVED:
      if (giver) return absl::StrCat("next: ", IdOf(offer.receiver()), " accepts or rejects it");
      return absl::StrCat("next: ch8 offer accept ", id, ", or ch8 offer reject ", id,
                          " --reason terms");
    case SupplyOffer::ACCEPTED:
      if (!giver) return absl::StrCat("next: ", IdOf(offer.giver()), " dispatches it");
      return absl::StrCat("next: ch8 consignment dispatch ", id, " --waybill WB --eta DATE");
    case SupplyOffer::DISPATCHED:
      if (giver) return absl::StrCat("next: ", IdOf(offer.receiver()), " counts it");
      return absl::StrCat("next: ch8 consignment receive ", ShortName(offer.consignment(), ""),
                          " --line ", IdOf(offer.item()), " --good N --damaged N --short N");
    default:
      return "";
  }
}

void Present(const SupplyOffer& offer, Session& session) {
  session.ShowRecord(offer);
  const std::string next = NextStep(offer);
  if (!next.empty() && !session.globals().dry_run) session.Say(next);
}

absl::StatusOr<SupplyOffer> Get(const Arguments& arguments, Session& session) {
  v1::GetOfferRequest request;
  request.set_name(OfferName(arguments.Get("offer")));
  SupplyOffer offer;
  RETURN_IF_ERROR(session.Read("logistics.v1.OfferService.GetOffer", request, offer));
  return offer;
}

// One row a step: where each half of it is logged. Hashes are cut for people.
Table StepTable(const SupplyOffer& offer, OutputFormat format) {
  const bool for_people = format == OutputFormat::kTable;
  Table table;
  table.columns = {{"step"},      {"when"},
                   {"origin"},    {"index", Column::Align::kRight},
                   {"leaf_hash"}, {"logged_index", Column::Align::kRight}};
  for (const chapter8::books::v1::StepPlace& step : offer.steps()) {
    const std::string hash = absl::BytesToHexString(step.leaf_hash());
    table.rows.push_back({step.step(), TimeText(absl::FromUnixMicros(step.logged_time_us())),
                          step.origin(), absl::StrCat(step.index()),
                          for_people ? absl::StrCat(hash.substr(0, 12), "…") : hash,
                          absl::StrCat(step.logged_index())});
  }
  return table;
}

// What the steps do not say: which lots and why, who, and what was counted.
void SayWhy(const SupplyOffer& offer, Session& session) {
  session.Say(absl::StrCat(IdOf(offer.name()), " is ", SupplyOffer::State_Name(offer.state()), ": ",
                           offer.quantity(), " of ", IdOf(offer.item()), " from ",
                           IdOf(offer.giver()), " to ", IdOf(offer.receiver())));
  for (const v1::Pick& pick : offer.picks()) {
    session.Say(absl::StrCat("lot ", pick.lot_number(), ": ", pick.quantity(), "  ", pick.why()));
  }
  if (offer.made_by() != 0) {
    session.Say(absl::StrCat(
        "X-3: made by person ", offer.made_by(), ", approved by ",
        offer.approved_by() == 0 ? "nobody yet" : absl::StrCat("person ", offer.approved_by())));
  }
  if (offer.state() == SupplyOffer::RECEIVED) {
    session.Say(absl::StrCat("L-10: dispatched ", offer.quantity(), " = good ", offer.good(),
                             " + damaged ", offer.damaged(), " + short ", offer.short_(), "; over ",
                             offer.over()));
  }
  if (!offer.end_reason().empty()) session.Say("ended: " + offer.end_reason());
}

}  // namespace

absl::StatusOr<google::protobuf::Duration> HoldOf(const Arguments& arguments) {
  return ParseHold(arguments.Has("hold") ? arguments.Get("hold") : "72h");
}

absl::Status MakeGoodsOffer(const Arguments& arguments, Session& session) {
  if (!arguments.Has("line") || !arguments.Has("from")) {
    return absl::InvalidArgumentError("goods need --line ITEM=QUANTITY and --from DEPOT");
  }
  v1::MakeOfferRequest request;
  SupplyOffer& offer = *request.mutable_resource();
  offer.set_request(RequestName(arguments.Get("request")));
  ASSIGN_OR_RETURN(const ItemQuantity line, ParseItemQuantity(arguments.Get("line")));
  offer.set_item(line.item);
  offer.set_quantity(line.quantity);
  if (arguments.Has("delegation")) {
    offer.set_delegation(DelegationName(arguments.Get("delegation")));
  }
  ASSIGN_OR_RETURN(*offer.mutable_hold_duration(), HoldOf(arguments));
  RETURN_IF_ERROR(session.Connect());
  offer.set_depot(DepotName(arguments.Get("from"), session.own()));
  SupplyOffer made;
  RETURN_IF_ERROR(session.Act("logistics.v1.OfferService.MakeOffer", request, made));
  Present(made, session);
  return absl::OkStatus();
}

absl::Status ApproveGoodsOffer(const Arguments& arguments, Session& session) {
  v1::ApproveOfferRequest request;
  request.set_name(OfferName(arguments.Get("offer")));
  SupplyOffer offer;
  RETURN_IF_ERROR(session.Act("logistics.v1.OfferService.ApproveOffer", request, offer));
  Present(offer, session);
  return absl::OkStatus();
}

absl::Status CancelGoodsOffer(const Arguments& arguments, Session& session) {
  v1::CancelOfferRequest request;
  request.set_name(OfferName(arguments.Get("offer")));
  RETURN_IF_ERROR(session.Confirm(absl::StrCat("Cancel ", IdOf(request.name()), "?")));
  SupplyOffer offer;
  RETURN_IF_ERROR(session.Act("logistics.v1.OfferService.CancelOffer", request, offer));
  Present(offer, session);
  return absl::OkStatus();
}

absl::Status AcceptGoodsOffer(const Arguments& arguments, Session& session) {
  if (arguments.Has("amount")) {
    return absl::InvalidArgumentError("goods are accepted whole, without --amount");
  }
  v1::AcceptOfferRequest request;
  request.set_name(OfferName(arguments.Get("offer")));
  SupplyOffer offer;
  RETURN_IF_ERROR(session.Act("logistics.v1.OfferService.AcceptOffer", request, offer));
  Present(offer, session);
  return absl::OkStatus();
}

absl::Status RejectGoodsOffer(const Arguments& arguments, Session& session) {
  v1::RejectOfferRequest request;
  request.set_name(OfferName(arguments.Get("offer")));
  ASSIGN_OR_RETURN(const int reason,
                   ParseEnum(*Reject_Reason_descriptor(), arguments.Get("reason")));
  request.set_reason(static_cast<Reject_Reason>(reason));
  RETURN_IF_ERROR(session.Confirm(absl::StrCat("Reject ", IdOf(request.name()), "?")));
  SupplyOffer offer;
  RETURN_IF_ERROR(session.Act("logistics.v1.OfferService.RejectOffer", request, offer));
  Present(offer, session);
  return absl::OkStatus();
}

absl::Status ShowGoodsOffer(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const SupplyOffer offer, Get(arguments, session));
  Present(offer, session);
  return absl::OkStatus();
}

absl::Status WhyGoodsOffer(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const SupplyOffer offer, Get(arguments, session));
  if (session.globals().output == OutputFormat::kJson) {
    session.ShowRecord(offer);
    return absl::OkStatus();
  }
  session.ShowTable(StepTable(offer, session.globals().output));
  SayWhy(offer, session);
  return absl::OkStatus();
}

absl::Status ListGoodsOffers(const Arguments& arguments, Session& session) {
  v1::ListOffersRequest request;
  if (arguments.Has("for")) request.set_request(RequestName(arguments.Get("for")));
  if (arguments.Has("under")) request.set_delegation(DelegationName(arguments.Get("under")));
  std::vector<SupplyOffer> offers;
  RETURN_IF_ERROR(ListAll<v1::ListOffersResponse>(
      session, "logistics.v1.OfferService.ListOffers", request,
      [&](const v1::ListOffersResponse& page) {
        offers.insert(offers.end(), page.offers().begin(), page.offers().end());
      }));
  session.ShowList(Pointers(offers), {{"offer", "name"},
                                      {"state", "state"},
                                      {"side", "side"},
                                      {"request", "request"},
                                      {"item", "item"},
                                      {"quantity", "quantity"},
                                      {"value", "value"},
                                      {"from", "depot"},
                                      {"to", "destination"},
                                      {"returns", "original"},
                                      {"held until", "hold_ends_us"}});
  return absl::OkStatus();
}

}  // namespace ch8::cli
