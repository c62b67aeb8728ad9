#include <ostream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "chapter8/logistics/v1/consignment_service.pb.h"
#include "chapter8/logistics/v1/offer_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/goods.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "clients/lib/money.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

namespace v1 = chapter8::logistics::v1;
using v1::Consignment;
using v1::Receipt;

absl::StatusOr<std::vector<Consignment>> ListOf(Session& session, const std::string& waybill) {
  v1::ListConsignmentsRequest request;
  request.set_waybill(waybill);
  std::vector<Consignment> consignments;
  RETURN_IF_ERROR(ListAll<v1::ListConsignmentsResponse>(
      session, "logistics.v1.ConsignmentService.ListConsignments", request,
      [&](const v1::ListConsignmentsResponse& page) {
        consignments.insert(consignments.end(), page.consignments().begin(),
                            page.consignments().end());
      }));
  return consignments;
}

// "un/WB-7781", or the number alone when only one organization has such a one.
absl::StatusOr<std::string> ConsignmentName(const std::string& typed, Session& session) {
  if (absl::StartsWith(typed, "consignments/")) return typed;
  const size_t slash = typed.find('/');
  const std::string waybill = absl::AsciiStrToUpper(IdOf(typed));
  if (slash != std::string::npos) {
    return absl::StrCat("consignments/", absl::AsciiStrToLower(typed.substr(0, slash)), "/",
                        waybill);
  }
  ASSIGN_OR_RETURN(const std::vector<Consignment> found, ListOf(session, waybill));
  if (found.size() == 1) return found[0].name();
  if (found.size() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("several organizations have a waybill ", waybill, ": write ",
                     absl::StrJoin(found, " or ", [](std::string* out, const Consignment& each) {
                       absl::StrAppend(out, ShortName(each.name(), ""));
                     })));
  }
  return absl::StrCat("consignments/", session.own(), "/", waybill);  // For the node to refuse.
}

absl::Status FillLeg(const Arguments& arguments, Session& session, Consignment::Leg& leg) {
  leg.set_carrier(arguments.Get("carrier"));
  leg.set_vehicle(arguments.Get("vehicle"));
  leg.set_life_saving(arguments.Get("life-saving"));
  for (const std::string& seal : arguments.All("seal")) leg.add_seals(seal);
  if (arguments.Has("departed")) {
    ASSIGN_OR_RETURN(*leg.mutable_departed_on(), ParseDate(arguments.Get("departed")));
    return absl::OkStatus();
  }
  const absl::CivilDay today = absl::ToCivilDay(session.ledger_time(), absl::UTCTimeZone());
  leg.mutable_departed_on()->set_year(static_cast<int32_t>(today.year()));
  leg.mutable_departed_on()->set_month(today.month());
  leg.mutable_departed_on()->set_day(today.day());
  return absl::OkStatus();
}

absl::Status Dispatch(const Arguments& arguments, Session& session) {
  v1::DispatchConsignmentRequest request;
  request.set_offer(OfferName(arguments.Get("offer")));
  request.set_waybill(absl::AsciiStrToUpper(arguments.Get("waybill")));
  ASSIGN_OR_RETURN(*request.mutable_eta(), ParseDate(arguments.Get("eta")));
  v1::GetOfferRequest get;
  get.set_name(request.offer());
  v1::SupplyOffer offer;
  RETURN_IF_ERROR(session.Read("logistics.v1.OfferService.GetOffer", get, offer));
  RETURN_IF_ERROR(FillLeg(arguments, session, *request.mutable_leg()));
  Consignment::Leg& leg = *request.mutable_leg();
  if (leg.carrier().empty()) leg.set_carrier(absl::StrCat("own transport of ", session.own()));
  leg.set_origin(absl::AsciiStrToUpper(IdOf(offer.depot())));
  leg.set_destination(arguments.Has("to") ? arguments.Get("to")
                                          : absl::AsciiStrToUpper(IdOf(offer.destination())));
  Consignment dispatched;
  RETURN_IF_ERROR(
      session.Act("logistics.v1.ConsignmentService.DispatchConsignment", request, dispatched));
  session.ShowRecord(dispatched);
  if (!session.globals().dry_run) {
    session.Say(absl::StrCat(
        "next: ", IdOf(dispatched.receiver()), " counts it; until then: ch8 consignment leg ",
        ShortName(dispatched.name(), ""), " --from PLACE --to PLACE --carrier NAME"));
  }
  return absl::OkStatus();
}

absl::Status AddLeg(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  v1::RecordLegRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), ConsignmentName(arguments.Get("consignment"), session));
  RETURN_IF_ERROR(FillLeg(arguments, session, *request.mutable_leg()));
  request.mutable_leg()->set_origin(arguments.Get("from"));
  request.mutable_leg()->set_destination(arguments.Get("to"));
  Consignment consignment;
  RETURN_IF_ERROR(session.Act("logistics.v1.ConsignmentService.RecordLeg", request, consignment));
  session.ShowRecord(consignment);
  return absl::OkStatus();
}

absl::StatusOr<int64_t> CountOf(const Arguments& arguments, absl::string_view what) {
  if (!arguments.Has(what)) return int64_t{0};
  ASSIGN_OR_RETURN(const uint64_t count, ParseNumber(arguments.Get(what), "a count"));
  return static_cast<int64_t>(count);
}

// "LOT=GOOD/DAMAGED/SHORT" or with "/OVER" behind it.
absl::StatusOr<Receipt::Count> ParseCount(const std::string& typed) {
  const size_t equals = typed.rfind('=');
  const std::vector<std::string> parts =
      absl::StrSplit(equals == std::string::npos ? "" : typed.substr(equals + 1), '/');
  if (equals == std::string::npos || parts.size() < 3 || parts.size() > 4) {
    return absl::InvalidArgumentError("--count is LOT=GOOD/DAMAGED/SHORT or .../SHORT/OVER");
  }
  std::vector<int64_t> counts;
  for (const std::string& part : parts) {
    ASSIGN_OR_RETURN(const uint64_t count, ParseNumber(part, "a count"));
    counts.push_back(static_cast<int64_t>(count));
  }
  Receipt::Count count;
  count.set_lot_number(typed.substr(0, equals));
  count.set_good(counts[0]);
  count.set_damaged(counts[1]);
  count.set_short_(counts[2]);
  if (counts.size() == 4) count.set_over(counts[3]);
  return count;
}

absl::Status FillCounts(const Arguments& arguments, v1::ReceiveConsignmentRequest& request) {
  for (const std::string& typed : arguments.All("count")) {
    ASSIGN_OR_RETURN(*request.add_counts(), ParseCount(typed));
  }
  if (request.counts_size() > 0) return absl::OkStatus();
  if (!arguments.Has("good")) {
    return absl::InvalidArgumentError(
        "give --good, --damaged and --short, or --count for each of several lots");
  }
  Receipt::Count& count = *request.add_counts();
  ASSIGN_OR_RETURN(const int64_t good, CountOf(arguments, "good"));
  ASSIGN_OR_RETURN(const int64_t damaged, CountOf(arguments, "damaged"));
  ASSIGN_OR_RETURN(const int64_t missing, CountOf(arguments, "short"));
  ASSIGN_OR_RETURN(const int64_t over, CountOf(arguments, "over"));
  count.set_good(good);
  count.set_damaged(damaged);
  count.set_short_(missing);
  count.set_over(over);
  return absl::OkStatus();
}

// The officer's two lines: what came, and what opened by itself.
absl::Status SayReceived(const Receipt& receipt, Session& session) {
  session.Say(absl::StrCat("Received ", absl::AsciiStrToUpper(IdOf(receipt.depot())), " ",
                           TimeText(absl::FromUnixMicros(receipt.counted_time_us())), "   ",
                           absl::AsciiStrToUpper(IdOf(receipt.item())), " shipped ",
                           receipt.dispatched(), " = good ", receipt.good(), " + damaged ",
                           receipt.damaged(), " + short ", receipt.short_(), ", in transit 0",
                           receipt.over() > 0 ? absl::StrCat("; over ", receipt.over()) : ""));
  if (receipt.discrepancy().empty() || session.globals().dry_run) return absl::OkStatus();
  v1::GetDiscrepancyRequest get;
  get.set_name(receipt.discrepancy());
  v1::Discrepancy opened;
  RETURN_IF_ERROR(session.Read("logistics.v1.DiscrepancyService.GetDiscrepancy", get, opened));
  session.Say(absl::StrCat(
      IdOf(opened.name()), " opened: ", opened.damaged() + opened.short_(), " missing or damaged, ",
      client::FormatMoney(opened.value().currency_code(), opened.value().amount_minor()),
      ", owner ", IdOf(opened.owner()), ", answer due ", FormatDate(opened.answer_due())));
  return absl::OkStatus();
}

absl::Status Receive(const Arguments& arguments, Session& session) {
  v1::ReceiveConsignmentRequest request;
  RETURN_IF_ERROR(FillCounts(arguments, request));
  request.set_item(ItemName(arguments.Get("line")));
  request.set_remarks(arguments.Get("remarks"));
  RETURN_IF_ERROR(session.Connect());
  ASSIGN_OR_RETURN(*request.mutable_name(), ConsignmentName(arguments.Get("consignment"), session));
  if (arguments.Has("at")) request.set_depot(DepotName(arguments.Get("at"), session.own()));
  Receipt receipt;
  RETURN_IF_ERROR(
      session.Act("logistics.v1.ConsignmentService.ReceiveConsignment", request, receipt));
  session.ShowRecord(receipt);
  return SayReceived(receipt, session);
}

absl::StatusOr<Consignment> Get(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  v1::GetConsignmentRequest request;
  ASSIGN_OR_RETURN(*request.mutable_name(), ConsignmentName(arguments.Get("consignment"), session));
  Consignment consignment;
  RETURN_IF_ERROR(
      session.Read("logistics.v1.ConsignmentService.GetConsignment", request, consignment));
  return consignment;
}

absl::Status Show(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const Consignment consignment, Get(arguments, session));
  session.ShowRecord(consignment);
  return absl::OkStatus();
}

absl::Status Return(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const Consignment consignment, Get(arguments, session));
  v1::ReturnGoodsRequest request;
  request.set_original(consignment.offer());
  ASSIGN_OR_RETURN(const uint64_t quantity, ParseNumber(arguments.Get("quantity"), "a quantity"));
  request.set_quantity(static_cast<int64_t>(quantity));
  request.set_depot(arguments.Has("from") ? DepotName(arguments.Get("from"), session.own())
                                          : consignment.destination());
  ASSIGN_OR_RETURN(*request.mutable_hold_duration(), HoldOf(arguments));
  v1::SupplyOffer back;
  RETURN_IF_ERROR(session.Act("logistics.v1.OfferService.ReturnGoods", request, back));
  session.ShowRecord(back);
  if (!session.globals().dry_run) {
    session.Say(
        absl::StrCat("next: another person approves it: ch8 offer approve ", IdOf(back.name())));
  }
  return absl::OkStatus();
}

absl::Status List(const Arguments&, Session& session) {
  ASSIGN_OR_RETURN(const std::vector<Consignment> consignments, ListOf(session, ""));
  session.ShowList(Pointers(consignments), {{"consignment", "name"},
                                            {"state", "state"},
                                            {"offer", "offer"},
                                            {"item", "item"},
                                            {"quantity", "quantity"},
                                            {"from", "depot"},
                                            {"to", "destination"},
                                            {"eta", "eta"},
                                            {"custodian", "custodian"},
                                            {"receipt", "receipt"}});
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> ConsignmentCommands() {
  const Parameter consignment = Positional("consignment", "e.g. WB-7781, or un/WB-7781");
  const Parameter departed = Optional("departed", "2026-03-03", "when it left; else today");
  const Parameter vehicle = Optional("vehicle", "TEXT", "vehicle, flight or vessel");
  const Parameter seal = Repeated("seal", "NUMBER", "a seal put on");
  const Parameter life_saving =
      Optional("life-saving", "REASON", "water, medical: why it moves in spite of a suspension");
  return {{.path = {"consignment", "dispatch"},
           .summary = "giver: the goods of an accepted offer leave; nothing takes that back",
           .parameters = {Positional("offer", "e.g. LOF-UN-26-0107"),
                          Required("waybill", "WB-7781", "its number on paper"),
                          Required("eta", "2026-03-20", "when it is expected"),
                          Optional("carrier", "NAME", "who has them first; else own transport"),
                          Optional("to", "PLACE", "where the first leg ends; else the destination"),
                          departed, vehicle, seal, life_saving},
           .run = Dispatch,
           .notes = ""},
          {.path = {"consignment", "leg"},
           .summary = "giver: the goods pass to another carrier",
           .parameters = {consignment, Required("from", "PLACE", "where"),
                          Required("to", "PLACE", "where to"), Required("carrier", "NAME", "who"),
                          departed, vehicle, seal, life_saving},
           .run = AddLeg,
           .notes = ""},
          {.path = {"consignment", "receive"},
           .summary = "receiver: count a consignment; a difference opens a discrepancy",
           .parameters = {consignment, Required("line", "TENT-10P", "the item counted"),
                          Optional("good", "114", "found, and fit"),
                          Optional("damaged", "2", "found, into quarantine"),
                          Optional("short", "4", "dispatched, and not found"),
                          Optional("over", "1", "found beyond that, into quarantine"),
                          Repeated("count", "LOT=GOOD/DAMAGED/SHORT", "when it has several lots"),
                          Optional("at", "SOKMU", "the depot; else the destination"),
                          Optional("remarks", "TEXT", "condition, who was present")},
           .run = Receive,
           .notes = "good + damaged + short must be what was dispatched (L-10)."},
          {.path = {"consignment", "return"},
           .summary = "receiver: offer goods of a counted consignment back",
           .parameters = {consignment, Required("quantity", "3", "how many"),
                          Optional("from", "SOKMU", "where they are; else the destination"),
                          Optional("hold", "72h", "how long they are held after approval")},
           .run = Return,
           .notes = ""},
          {.path = {"consignment", "show"},
           .summary = "a consignment: where it is and who has it",
           .parameters = {consignment},
           .run = Show,
           .notes = ""},
          {.path = {"consignment", "list"},
           .summary = "all consignments, given and received",
           .parameters = {},
           .run = List,
           .notes = ""}};
}

}  // namespace ch8::cli
