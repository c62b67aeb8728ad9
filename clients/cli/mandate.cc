#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "chapter8/logistics/v1/offer_service.pb.h"
#include "chapter8/mandate/v1/mandate_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "clients/lib/money.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

namespace v1 = chapter8::mandate::v1;
namespace finance = chapter8::finance::v1;
namespace logistics = chapter8::logistics::v1;

// "USD:1000000.00", or "person-police:680".
absl::StatusOr<v1::Ceiling> ParseCeiling(const std::string& text) {
  v1::Ceiling ceiling;
  const auto money = client::ParseMoney(text);
  if (money.ok()) {
    ceiling.set_unit(money->currency_code());
    ceiling.set_quantity(static_cast<uint64_t>(money->amount_minor()));
    return ceiling;
  }
  const std::pair<std::string, std::string> parts = absl::StrSplit(text, absl::MaxSplits(':', 1));
  if (parts.first.size() == 3 && !absl::StrContains(parts.first, '-')) return money.status();
  ASSIGN_OR_RETURN(const uint64_t quantity,
                   ParseNumber(parts.second, "a ceiling's quantity, as in person-police:680"));
  ceiling.set_unit(parts.first);
  ceiling.set_quantity(quantity);
  return ceiling;
}

std::string ParentName(absl::string_view typed) {
  if (absl::StartsWith(typed, "del-") || absl::StartsWith(typed, "DEL-") ||
      absl::StartsWith(typed, "delegations/")) {
    return DelegationName(typed);
  }
  return DecisionName(typed);
}

std::vector<Parameter> WithScope(std::vector<Parameter> parameters) {
  const std::vector<Parameter> scope = {
      Required("from", "2026-01-01", "first day in force"),
      Required("to", "2026-12-31", "last day in force; nothing is open-ended (A-3)"),
      Required("force", "LEVEL", "the widest use of force",
               EnumWords(*v1::UseOfForce_descriptor())),
      Repeated("place", "SOKMU", "UN/LOCODE or country code; none: not limited by place"),
      Repeated("ceiling", "UNIT:QUANTITY", "USD:1000000.00 or person-police:680")};
  parameters.insert(parameters.end(), scope.begin(), scope.end());
  return parameters;
}

// What decisions and delegations have in common.
template <typename Resource>
absl::Status ReadScope(const Arguments& arguments, Resource& resource) {
  ASSIGN_OR_RETURN(*resource.mutable_valid_from(), ParseDate(arguments.Get("from")));
  ASSIGN_OR_RETURN(*resource.mutable_valid_to(), ParseDate(arguments.Get("to")));
  ASSIGN_OR_RETURN(const int force,
                   ParseEnum(*v1::UseOfForce_descriptor(), arguments.Get("force")));
  resource.set_use_of_force(static_cast<v1::UseOfForce>(force));
  for (const std::string& place : arguments.All("place")) resource.add_places(place);
  for (const std::string& text : arguments.All("ceiling")) {
    ASSIGN_OR_RETURN(*resource.add_ceilings(), ParseCeiling(text));
  }
  return absl::OkStatus();
}

absl::Status AddDecision(const Arguments& arguments, Session& session) {
  v1::ProposeDecisionRequest request;
  request.set_decision_id(arguments.Get("id"));
  v1::Decision& decision = *request.mutable_resource();
  ASSIGN_OR_RETURN(const int body,
                   ParseEnum(*v1::Decision::Body_descriptor(), arguments.Get("body")));
  decision.set_body(static_cast<v1::Decision::Body>(body));
  decision.set_symbol(arguments.Get("symbol"));
  decision.set_title(arguments.Get("title"));
  decision.set_operation(OperationName(arguments.Get("operation")));
  ASSIGN_OR_RETURN(*decision.mutable_decided_on(), ParseDate(arguments.Get("decided")));
  RETURN_IF_ERROR(ReadScope(arguments, decision));
  ASSIGN_OR_RETURN(*decision.mutable_document_sha256(), FileDigest(arguments.Get("document")));
  if (arguments.Has("report-every")) {
    ASSIGN_OR_RETURN(const uint64_t days, ParseNumber(arguments.Get("report-every"), "days"));
    if (days > 366) return absl::InvalidArgumentError("reports are at most 366 days apart");
    decision.set_reporting_interval_days(static_cast<uint32_t>(days));
  }
  v1::Decision made;
  RETURN_IF_ERROR(session.Act("mandate.v1.DecisionService.ProposeDecision", request, made));
  session.ShowRecord(made);
  if (!session.globals().dry_run) {
    session.Say(
        absl::StrCat("next: another person confirms it: ch8 mandate confirm ", IdOf(made.name())));
  }
  return absl::OkStatus();
}

absl::Status ConfirmDecision(const Arguments& arguments, Session& session) {
  v1::ConfirmDecisionRequest request;
  request.set_name(DecisionName(arguments.Get("decision")));
  v1::Decision confirmed;
  RETURN_IF_ERROR(session.Act("mandate.v1.DecisionService.ConfirmDecision", request, confirmed));
  session.ShowRecord(confirmed);
  return absl::OkStatus();
}

absl::Status FileReport(const Arguments& arguments, Session& session) {
  v1::FileReportRequest request;
  request.set_name(DecisionName(arguments.Get("decision")));
  ASSIGN_OR_RETURN(*request.mutable_reported_on(), ParseDate(arguments.Get("on")));
  ASSIGN_OR_RETURN(*request.mutable_document_sha256(), FileDigest(arguments.Get("document")));
  v1::Decision decision;
  RETURN_IF_ERROR(session.Act("mandate.v1.DecisionService.FileReport", request, decision));
  session.ShowRecord(decision);
  return absl::OkStatus();
}

absl::Status ShowDecision(const Arguments& arguments, Session& session) {
  v1::GetDecisionRequest request;
  request.set_name(DecisionName(arguments.Get("decision")));
  v1::Decision decision;
  RETURN_IF_ERROR(session.Read("mandate.v1.DecisionService.GetDecision", request, decision));
  session.ShowRecord(decision);
  return absl::OkStatus();
}

absl::Status ListDecisions(const Arguments&, Session& session) {
  std::vector<v1::Decision> decisions;
  RETURN_IF_ERROR(ListAll<v1::ListDecisionsResponse>(
      session, "mandate.v1.DecisionService.ListDecisions", v1::ListDecisionsRequest(),
      [&](const v1::ListDecisionsResponse& page) {
        decisions.insert(decisions.end(), page.decisions().begin(), page.decisions().end());
      }));
  session.ShowList(Pointers(decisions), {{"decision", "name"},
                                         {"symbol", "symbol"},
                                         {"state", "state"},
                                         {"operation", "operation"},
                                         {"until", "valid_to"},
                                         {"force", "use_of_force"}});
  return absl::OkStatus();
}

absl::Status ListDue(const Arguments&, Session& session) {
  std::vector<v1::ReportDue> due;
  RETURN_IF_ERROR(ListAll<v1::ListReportsDueResponse>(
      session, "mandate.v1.DecisionService.ListReportsDue", v1::ListReportsDueRequest(),
      [&](const v1::ListReportsDueResponse& page) {
        due.insert(due.end(), page.reports_due().begin(), page.reports_due().end());
      }));
  session.ShowList(Pointers(due), {{"decision", "decision"},
                                   {"symbol", "symbol"},
                                   {"due", "due_on"},
                                   {"days late", "days_late"},
                                   {"colour", "colour"}});
  return absl::OkStatus();
}

absl::Status ProposeDelegation(const Arguments& arguments, Session& session) {
  v1::ProposeDelegationRequest request;
  v1::Delegation& delegation = *request.mutable_resource();
  delegation.set_parent(ParentName(arguments.Get("parent")));
  delegation.set_post(PostName(arguments.Get("to-post")));
  delegation.set_purpose(arguments.Get("purpose"));
  RETURN_IF_ERROR(ReadScope(arguments, delegation));
  delegation.set_sub_delegable(arguments.Has("sub-delegable"));
  v1::Delegation made;
  RETURN_IF_ERROR(session.Act("mandate.v1.DelegationService.ProposeDelegation", request, made));
  session.ShowRecord(made);
  if (!session.globals().dry_run) {
    session.Say(absl::StrCat("next: another person confirms it: ch8 delegation confirm ",
                             IdOf(made.name())));
  }
  return absl::OkStatus();
}

absl::Status ConfirmDelegation(const Arguments& arguments, Session& session) {
  v1::ConfirmDelegationRequest request;
  request.set_name(DelegationName(arguments.Get("delegation")));
  v1::Delegation confirmed;
  RETURN_IF_ERROR(
      session.Act("mandate.v1.DelegationService.ConfirmDelegation", request, confirmed));
  session.ShowRecord(confirmed);
  return absl::OkStatus();
}

absl::Status RevokeDelegation(const Arguments& arguments, Session& session) {
  v1::RevokeDelegationRequest request;
  request.set_name(DelegationName(arguments.Get("delegation")));
  request.set_reason(arguments.Get("reason"));
  RETURN_IF_ERROR(
      session.Confirm(absl::StrCat("Revoke ", IdOf(request.name()), " and all that rests on it?")));
  v1::Delegation revoked;
  RETURN_IF_ERROR(session.Act("mandate.v1.DelegationService.RevokeDelegation", request, revoked));
  session.ShowRecord(revoked);
  session.Say(
      "it binds in each ledger where that ledger logs it; who has not yet: ch8 delegation "
      "show " +
      IdOf(revoked.name()));
  return absl::OkStatus();
}

// Acts of one ledger that run under a delegation: after its end they are for review.
template <typename Response, typename Request, typename Offer>
void SayActing(Session& session, absl::string_view service, const std::string& delegation,
               const std::set<typename Offer::State>& running) {
  Request request;
  request.set_delegation(delegation);
  std::string acting;
  const absl::Status read =
      ListAll<Response>(session, absl::StrCat(service, ".v1.OfferService.ListOffers"), request,
                        [&](const Response& page) {
                          for (const Offer& offer : page.offers()) {
                            if (running.count(offer.state()) == 0) continue;
                            absl::StrAppend(&acting, acting.empty() ? "" : ", ", IdOf(offer.name()),
                                            " ", Offer::State_Name(offer.state()));
                          }
                        });
  if (!read.ok()) acting = absl::StrCat("cannot be asked now: ", read.message());
  session.Say(absl::StrCat("acting under it in ", service, ": ", acting.empty() ? "none" : acting));
}

absl::Status ShowDelegation(const Arguments& arguments, Session& session) {
  v1::GetDelegationRequest request;
  request.set_name(DelegationName(arguments.Get("delegation")));
  v1::Delegation delegation;
  RETURN_IF_ERROR(session.Read("mandate.v1.DelegationService.GetDelegation", request, delegation));
  session.ShowRecord(delegation);
  SayActing<finance::ListOffersResponse, finance::ListOffersRequest, finance::Offer>(
      session, "finance", delegation.name(),
      {finance::Offer::DRAFT, finance::Offer::RESERVED, finance::Offer::ACCEPTED});
  SayActing<logistics::ListOffersResponse, logistics::ListOffersRequest, logistics::SupplyOffer>(
      session, "logistics", delegation.name(),
      {logistics::SupplyOffer::DRAFT, logistics::SupplyOffer::RESERVED,
       logistics::SupplyOffer::ACCEPTED, logistics::SupplyOffer::DISPATCHED});
  return absl::OkStatus();
}

absl::Status ListDelegations(const Arguments&, Session& session) {
  std::vector<v1::Delegation> delegations;
  RETURN_IF_ERROR(ListAll<v1::ListDelegationsResponse>(
      session, "mandate.v1.DelegationService.ListDelegations", v1::ListDelegationsRequest(),
      [&](const v1::ListDelegationsResponse& page) {
        delegations.insert(delegations.end(), page.delegations().begin(), page.delegations().end());
      }));
  session.ShowList(Pointers(delegations), {{"delegation", "name"},
                                           {"rests on", "parent"},
                                           {"post", "post"},
                                           {"state", "state"},
                                           {"until", "valid_to"},
                                           {"purpose", "purpose"}});
  return absl::OkStatus();
}

absl::Status AllotSlice(const Arguments& arguments, Session& session) {
  v1::AllotSliceRequest request;
  v1::Slice& slice = *request.mutable_resource();
  slice.set_delegation(DelegationName(arguments.Get("delegation")));
  slice.set_service(arguments.Get("ledger"));
  ASSIGN_OR_RETURN(*slice.mutable_ceiling(), ParseCeiling(arguments.Get("ceiling")));
  v1::Slice made;
  RETURN_IF_ERROR(session.Act("mandate.v1.DelegationService.AllotSlice", request, made));
  session.ShowRecord(made);
  return absl::OkStatus();
}

absl::Status ListSlices(const Arguments& arguments, Session& session) {
  v1::ListSlicesRequest request;
  if (arguments.Has("delegation")) {
    request.set_delegation(DelegationName(arguments.Get("delegation")));
  }
  std::vector<v1::Slice> slices;
  RETURN_IF_ERROR(ListAll<v1::ListSlicesResponse>(
      session, "mandate.v1.DelegationService.ListSlices", request,
      [&](const v1::ListSlicesResponse& page) {
        slices.insert(slices.end(), page.slices().begin(), page.slices().end());
      }));
  session.ShowList(
      Pointers(slices),
      {{"slice", "name"}, {"delegation", "delegation"}, {"ledger", "service"}, {"state", "state"}});
  return absl::OkStatus();
}

Command On(std::vector<std::string> path, std::string positional, std::string summary,
           absl::Status (*run)(const Arguments&, Session&), std::vector<Parameter> more = {}) {
  std::vector<Parameter> parameters = {
      Positional(positional, positional == "decision" ? "e.g. sres-2809" : "e.g. DEL-UN-26-0003")};
  parameters.insert(parameters.end(), more.begin(), more.end());
  return {.path = std::move(path),
          .summary = std::move(summary),
          .parameters = std::move(parameters),
          .run = run,
          .notes = ""};
}

Command List(std::vector<std::string> path, std::string summary,
             absl::Status (*run)(const Arguments&, Session&),
             std::vector<Parameter> parameters = {}) {
  return {.path = std::move(path),
          .summary = std::move(summary),
          .parameters = std::move(parameters),
          .run = run,
          .notes = ""};
}

}  // namespace

std::vector<Command> MandateCommands() {
  const Parameter document = Required("document", "FILE", "the scan; its SHA-256 is recorded");
  return {
      {.path = {"mandate", "add"},
       .summary = "enter a decision document, the root of authority",
       .parameters = WithScope(
           {Positional("id", "letters, digits and -, e.g. sres-2809"),
            Required("body", "BODY", "who decided", EnumWords(*v1::Decision::Body_descriptor())),
            Required("symbol", "TEXT", "e.g. S/RES/2809 (2025)"),
            Required("title", "TEXT", "what it decides"),
            Required("operation", "OPERATION", "what it is about"),
            Required("decided", "2025-12-23", "the day it was decided"), document,
            Optional("report-every", "DAYS", "reports to the Security Council (Article 54)")}),
       .run = AddDecision,
       .notes = "It counts once another person has confirmed it. Enforcement rests on a Security "
                "Council resolution only (A-4)."},
      On({"mandate", "confirm"}, "decision", "confirm a decision that another person entered",
         ConfirmDecision),
      On({"mandate", "report"}, "decision", "record a report to the Security Council (Article 54)",
         FileReport, {Required("on", "2026-03-01", "the day it was made"), document}),
      On({"mandate", "show"}, "decision", "a decision with what is left of its ceilings",
         ShowDecision),
      List({"mandate", "list"}, "all decisions", ListDecisions),
      List({"mandate", "due"}, "reports due under Article 54: amber a day late, red fifteen",
           ListDue)};
}

std::vector<Command> DelegationCommands() {
  return {
      {.path = {"delegation", "propose"},
       .summary = "delegate to a post, no wider than what it rests on (A-2)",
       .parameters = WithScope(
           {Positional("parent", "a decision or delegation, e.g. sres-2809 or DEL-UN-26-0003"),
            Required("to-post", "POST", "whoever holds it acts under the delegation"),
            Required("purpose", "TEXT", "what it is for"),
            Flag("sub-delegable", "may be delegated further")}),
       .run = ProposeDelegation,
       .notes = "It counts once another person has confirmed it; its ceilings leave the parent's "
                "then."},
      On({"delegation", "confirm"}, "delegation", "confirm what another person proposed",
         ConfirmDelegation),
      On({"delegation", "revoke"}, "delegation", "take it back, with all that rests on it (A-7)",
         RevokeDelegation, {Required("reason", "TEXT", "why")}),
      On({"delegation", "show"}, "delegation",
         "a delegation, what is left of it, what runs under it, and who has not logged its end",
         ShowDelegation),
      List({"delegation", "list"}, "all delegations", ListDelegations),
      On({"delegation", "allot"}, "delegation",
         "give a slice of its ceiling to another ledger of the organization", AllotSlice,
         {Required("ledger", "SERVICE", "whose acts spend it: finance or logistics"),
          Required("ceiling", "UNIT:QUANTITY", "USD:1000000.00")}),
      List({"delegation", "slices"}, "slices given to other ledgers", ListSlices,
           {Optional("delegation", "DELEGATION", "only those of it")})};
}

}  // namespace ch8::cli
