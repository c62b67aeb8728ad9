#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/goods.h"
#include "clients/cli/names.h"
#include "clients/cli/offer_why.h"
#include "clients/cli/receipt_level.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "clients/lib/money.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::books::v1::Reject_Reason;
using chapter8::books::v1::Reject_Reason_descriptor;
using chapter8::finance::v1::AcceptOfferRequest;
using chapter8::finance::v1::ApproveOfferRequest;
using chapter8::finance::v1::CancelOfferRequest;
using chapter8::finance::v1::GetOfferRequest;
using chapter8::finance::v1::ListOffersRequest;
using chapter8::finance::v1::ListOffersResponse;
using chapter8::finance::v1::MakeOfferRequest;
using chapter8::finance::v1::Offer;
using chapter8::finance::v1::RejectOfferRequest;

// What an officer of this half can do next; empty when nothing.
std::string NextStep(const Offer& offer) {
  const std::string id = IdOf(offer.name());
  switch (offer.state()) {
    case Offer::DRAFT:
      return absl::StrCat("next: another person approves it: ch8 offer approve ", id);
    case Offer::RESERVED:
      if (offer.side() == Offer::RECEIVER) {
        return absl::StrCat("next: ch8 offer accept ", id, ", or ch8 offer reject ", id,
                            " --reason terms");
      }
      return absl::StrCat("next: ", IdOf(offer.receiver()), " accepts or rejects it");
    case Offer::ACCEPTED:
      return "next: the giver posts it, by itself; the money is not spendable before";
    default:
      return "";
  }
}

void Present(const Offer& offer, Session& session) {
  session.ShowRecord(offer);
  const std::string next = NextStep(offer);
  if (!next.empty() && !session.globals().dry_run) session.Say(next);
}

absl::Status Make(const Arguments& arguments, Session& session) {
  if (IsOfGoods(arguments.Get("request"))) return MakeGoodsOffer(arguments, session);
  if (arguments.Has("fund") == arguments.Has("allotment") || !arguments.Has("amount")) {
    return absl::InvalidArgumentError(
        "money needs --fund FUND or --allotment ALLOTMENT, not both, and --amount USD:50000.00");
  }
  MakeOfferRequest request;
  Offer& offer = *request.mutable_resource();
  offer.set_request(RequestName(arguments.Get("request")));
  ASSIGN_OR_RETURN(*offer.mutable_amount(), client::ParseMoney(arguments.Get("amount")));
  if (arguments.Has("min")) {
    ASSIGN_OR_RETURN(*offer.mutable_amount_min(), client::ParseMoney(arguments.Get("min")));
  }
  if (arguments.Has("delegation")) {
    offer.set_delegation(DelegationName(arguments.Get("delegation")));
  }
  ASSIGN_OR_RETURN(*offer.mutable_hold_duration(), HoldOf(arguments));
  RETURN_IF_ERROR(session.Connect());
  if (arguments.Has("fund")) offer.set_fund(FundName(arguments.Get("fund"), session.own()));
  if (arguments.Has("allotment")) offer.set_allotment(AllotmentName(arguments.Get("allotment")));
  Offer made;
  RETURN_IF_ERROR(session.Act("finance.v1.OfferService.MakeOffer", request, made));
  Present(made, session);
  return absl::OkStatus();
}

absl::Status Approve(const Arguments& arguments, Session& session) {
  if (IsOfGoods(arguments.Get("offer"))) return ApproveGoodsOffer(arguments, session);
  ApproveOfferRequest request;
  request.set_name(OfferName(arguments.Get("offer")));
  Offer offer;
  RETURN_IF_ERROR(session.Act("finance.v1.OfferService.ApproveOffer", request, offer));
  Present(offer, session);
  return absl::OkStatus();
}

absl::Status Cancel(const Arguments& arguments, Session& session) {
  if (IsOfGoods(arguments.Get("offer"))) return CancelGoodsOffer(arguments, session);
  CancelOfferRequest request;
  request.set_name(OfferName(arguments.Get("offer")));
  RETURN_IF_ERROR(session.Confirm(absl::StrCat("Cancel ", IdOf(request.name()), "?")));
  Offer offer;
  RETURN_IF_ERROR(session.Act("finance.v1.OfferService.CancelOffer", request, offer));
  Present(offer, session);
  return absl::OkStatus();
}

absl::Status Accept(const Arguments& arguments, Session& session) {
  if (IsOfGoods(arguments.Get("offer"))) return AcceptGoodsOffer(arguments, session);
  AcceptOfferRequest request;
  request.set_name(OfferName(arguments.Get("offer")));
  if (arguments.Has("amount")) {
    ASSIGN_OR_RETURN(*request.mutable_amount(), client::ParseMoney(arguments.Get("amount")));
  }
  Offer offer;
  RETURN_IF_ERROR(session.Act("finance.v1.OfferService.AcceptOffer", request, offer));
  Present(offer, session);
  return absl::OkStatus();
}

absl::Status Reject(const Arguments& arguments, Session& session) {
  if (IsOfGoods(arguments.Get("offer"))) return RejectGoodsOffer(arguments, session);
  RejectOfferRequest request;
  request.set_name(OfferName(arguments.Get("offer")));
  ASSIGN_OR_RETURN(const int reason,
                   ParseEnum(*Reject_Reason_descriptor(), arguments.Get("reason")));
  request.set_reason(static_cast<Reject_Reason>(reason));
  RETURN_IF_ERROR(session.Confirm(absl::StrCat("Reject ", IdOf(request.name()), "?")));
  Offer offer;
  RETURN_IF_ERROR(session.Act("finance.v1.OfferService.RejectOffer", request, offer));
  Present(offer, session);
  return absl::OkStatus();
}

absl::StatusOr<Offer> Get(const Arguments& arguments, Session& session) {
  GetOfferRequest request;
  request.set_name(OfferName(arguments.Get("offer")));
  Offer offer;
  RETURN_IF_ERROR(session.Read("finance.v1.OfferService.GetOffer", request, offer));
  return offer;
}

absl::Status Show(const Arguments& arguments, Session& session) {
  if (IsOfGoods(arguments.Get("offer"))) return ShowGoodsOffer(arguments, session);
  ASSIGN_OR_RETURN(const Offer offer, Get(arguments, session));
  Present(offer, session);
  return absl::OkStatus();
}

// How well others hold us to the newest step of ours. Nothing when we took none.
absl::Status SayReceiptLevel(const Offer& offer, Session& session) {
  const std::string& own = session.who().organization().trust_domain();
  const chapter8::books::v1::StepPlace* newest = nullptr;
  std::string partner;
  for (const chapter8::books::v1::StepPlace& step : offer.steps()) {
    const std::string domain = step.origin().substr(0, step.origin().find('/'));
    if (domain == own) {
      newest = &step;
    } else {
      partner = domain;
    }
  }
  if (newest == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(const auto heads, CosignedHeads(newest->origin(), session));
  session.Say(absl::StrCat(newest->step(), ", entry ", newest->index(), " of ", newest->origin(),
                           ", is ", LevelText(newest->index(), heads, partner, 0)));
  return absl::OkStatus();
}

absl::Status Why(const Arguments& arguments, Session& session) {
  if (IsOfGoods(arguments.Get("offer"))) return WhyGoodsOffer(arguments, session);
  ASSIGN_OR_RETURN(const Offer offer, Get(arguments, session));
  if (session.globals().output == OutputFormat::kJson) {
    session.ShowRecord(offer);
    return absl::OkStatus();
  }
  session.ShowTable(WhyTable(offer, session.globals().output));
  for (const std::string& line : WhyLines(offer)) session.Say(line);
  return SayReceiptLevel(offer, session);
}

absl::Status List(const Arguments& arguments, Session& session) {
  if (arguments.Has("goods") || IsOfGoods(arguments.Get("for"))) {
    return ListGoodsOffers(arguments, session);
  }
  ListOffersRequest request;
  if (arguments.Has("for")) request.set_request(RequestName(arguments.Get("for")));
  if (arguments.Has("under")) request.set_delegation(DelegationName(arguments.Get("under")));
  std::vector<Offer> offers;
  RETURN_IF_ERROR(ListAll<ListOffersResponse>(
      session, "finance.v1.OfferService.ListOffers", request, [&](const ListOffersResponse& page) {
        offers.insert(offers.end(), page.offers().begin(), page.offers().end());
      }));
  session.ShowList(Pointers(offers), {{"offer", "name"},
                                      {"state", "state"},
                                      {"side", "side"},
                                      {"request", "request"},
                                      {"fund", "fund"},
                                      {"amount", "amount"},
                                      {"accepted", "accepted_minor"},
                                      {"posted", "posted_minor"},
                                      {"held until", "hold_ends_us"}});
  return absl::OkStatus();
}

Command OnOffer(std::string verb, std::string summary,
                absl::Status (*run)(const Arguments&, Session&), std::vector<Parameter> more = {}) {
  std::vector<Parameter> parameters = {Positional("offer", "e.g. OFF-UN-26-0107")};
  parameters.insert(parameters.end(), more.begin(), more.end());
  return {.path = {"offer", std::move(verb)},
          .summary = std::move(summary),
          .parameters = std::move(parameters),
          .run = run,
          .notes = ""};
}

}  // namespace

std::vector<Command> OfferCommands() {
  return {
      {.path = {"offer", "make"},
       .summary = "giver: offer money or goods for a request, and hold them",
       .parameters = {Positional("request", "e.g. REQ-AU-26-0041, LRQ-AU-26-0041"),
                      Optional("fund", "FUND", "money: the extra-budgetary fund that gives"),
                      Optional("allotment", "ALLOTMENT",
                               "money: what assessed money is taken from"),
                      Optional("amount", "USD:50000.00", "money: currency and amount"),
                      Optional("min", "USD:20000.00", "money: the least that may be accepted"),
                      Optional("delegation", "DELEGATION", "whose ceiling it counts against"),
                      Optional("line", "TENT-10P=120", "goods: item and quantity"),
                      Optional("from", "KEMBA", "goods: your depot that gives"),
                      Optional("hold", "72h",
                               "how long it is held after approval; three days if not given")},
       .run = Make,
       .notes =
           "The offer is a draft until another person approves it; the receiver sees it then."},
      OnOffer("approve", "giver: approve another person's offer; it is delivered", Approve),
      OnOffer("cancel", "giver: withdraw an offer that is not posted or dispatched", Cancel),
      OnOffer("accept", "receiver: accept an offer, or part of it", Accept,
              {Optional("amount", "USD:40000.00", "part of the money; else all")}),
      OnOffer("reject", "receiver: reject an offer", Reject,
              {Required("reason", "REASON", "why", EnumWords(*Reject_Reason_descriptor()))}),
      OnOffer("show", "an offer, as this ledger knows it", Show),
      OnOffer("why", "how an offer came to stand where it does, step by step, with proofs' places",
              Why),
      {.path = {"offer", "list"},
       .summary = "all offers made or received",
       .parameters = {Optional("for", "REQUEST", "only those that answer it"),
                      Optional("under", "DELEGATION", "only those made under it"),
                      Flag("goods", "those of goods; else those of money")},
       .run = List,
       .notes = ""}};
}

}  // namespace ch8::cli
