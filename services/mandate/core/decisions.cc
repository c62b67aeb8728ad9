#include "services/mandate/core/decisions.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/mandate/v1/mandate_service.pb.h"
#include "services/books/postings.h"
#include "services/kernel/fields.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/mandate/core/scope.h"
#include "storage/base/status_macros.h"

namespace ch8::mandate {
namespace {

using chapter8::books::v1::AccountOpened;
using kernel::Context;
using kernel::State;
using v1::Decision;

constexpr absl::string_view kCollection = "decisions/";
constexpr uint32_t kIntervalDaysMax = 366;
constexpr int kAmberDays = 1;
constexpr int kRedDays = 15;

// The stored row with what is left of its ceilings.
Decision Shown(Decision decision, const kernel::Accounts& accounts) {
  decision = kernel::WithEtag(std::move(decision));
  for (v1::Ceiling& ceiling : *decision.mutable_ceilings()) {
    const absl::StatusOr<kernel::Balance> balance = accounts.Find(ceiling.account());
    if (!balance.ok()) continue;  // Proposed, or a dry run's own.
    ceiling.set_available(balance->available());
    ceiling.set_held(static_cast<int64_t>(balance->debits_held));
  }
  return decision;
}

kernel::Decision Recorded(const Context& context, kernel::Event event, const std::string& name) {
  event.recipients = {context.trust_domain};
  return kernel::Decision{
      {std::move(event)}, [name](const State& after) {
        const auto row = kernel::TableReader<Decision>(after.rows).Find(name);
        return Shown(row.value_or(Decision()), after.accounts).SerializeAsString();
      }};
}

kernel::Event RecordedEvent(const Decision& decision) {
  v1::MandateEvent event;
  *event.mutable_decision_recorded() = decision;
  return kernel::DomainEvent(event);
}

absl::Status CheckDocument(const std::string& sha256, absl::string_view field) {
  if (sha256.size() == Hash::kSize) return absl::OkStatus();
  return kernel::BadField(field, "must be the 32 bytes of the scanned document's SHA-256");
}

absl::Status CheckDecision(const Decision& asked) {
  if (asked.body() == Decision::BODY_UNSPECIFIED || !Decision::Body_IsValid(asked.body())) {
    return kernel::BadField("resource.body", "is missing or unknown");
  }
  RETURN_IF_ERROR(kernel::CheckText(asked.symbol(), "resource.symbol"));
  RETURN_IF_ERROR(kernel::CheckText(asked.title(), "resource.title"));
  RETURN_IF_ERROR(kernel::CheckName(asked.operation(), "operations/*", "resource.operation"));
  if (!kernel::DayOf(asked.decided_on()).has_value()) {
    return kernel::Invalid("BAD_DATES", "decided_on must be a day of the calendar");
  }
  RETURN_IF_ERROR(CheckDates(asked.valid_from(), asked.valid_to()));
  RETURN_IF_ERROR(CheckDocument(asked.document_sha256(), "resource.document_sha256"));
  RETURN_IF_ERROR(CheckUseOfForce(asked.use_of_force()));
  RETURN_IF_ERROR(CheckPlaces({asked.places().begin(), asked.places().end()}));
  RETURN_IF_ERROR(CheckCeilings({asked.ceilings().begin(), asked.ceilings().end()}));
  if (asked.reporting_interval_days() > kIntervalDaysMax) {
    return kernel::BadField("resource.reporting_interval_days",
                            absl::StrCat("is more than ", kIntervalDaysMax));
  }
  if (asked.use_of_force() != v1::ENFORCEMENT || asked.body() == Decision::UN_SECURITY_COUNCIL) {
    return absl::OkStatus();
  }
  return kernel::Invalid(
      "NO_AUTHORISATION", "enforcement rests on a resolution of the Security Council only",
      {{"rule", "A-4"}, {"wanted", "ENFORCEMENT"}, {"instead", "ch8 mandate add --help"}});
}

absl::StatusOr<kernel::Decision> ProposeDecision(const Context& context,
                                                 const v1::ProposeDecisionRequest& request,
                                                 const State& state) {
  RETURN_IF_ERROR(kernel::CheckId(request.decision_id(), "decision_id"));
  Decision decision = request.resource();
  RETURN_IF_ERROR(CheckDecision(decision));
  decision.set_name(absl::StrCat(kCollection, request.decision_id()));
  if (kernel::TableReader<Decision>(state.rows).Find(decision.name()).has_value()) {
    return kernel::Taken("DECISION_EXISTS", decision.name(),
                         kernel::ShowCommand(kDecision, decision.name()));
  }
  for (v1::Ceiling& ceiling : *decision.mutable_ceilings()) {
    const v1::Ceiling asked = ceiling;
    ceiling.Clear();
    ceiling.set_unit(asked.unit());
    ceiling.set_quantity(asked.quantity());
  }
  decision.set_state(Decision::PROPOSED);
  decision.set_proposed_by(context.actor.person);
  decision.clear_confirmed_by();
  decision.clear_last_reported_on();
  decision.clear_last_report_sha256();
  decision.clear_etag();
  return Recorded(context, RecordedEvent(decision), decision.name());
}

// Each ceiling gets its account, filled from the outside world.
void OpenCeilings(const kernel::Accounts& accounts, Decision& decision, kernel::Event& event) {
  uint32_t next = accounts.next_account();
  for (v1::Ceiling& ceiling : *decision.mutable_ceilings()) {
    ceiling.set_account(next++);
    ceiling.set_counter_account(next++);
    books::OpenAccount({ceiling.account(), ceiling.unit(), AccountOpened::CREDIT_BALANCE}, event);
    books::OpenAccount({ceiling.counter_account(), ceiling.unit(), AccountOpened::NONE}, event);
    books::Move({ceiling.counter_account(), ceiling.account()}, ceiling.quantity(), event);
  }
}

absl::StatusOr<kernel::Decision> ConfirmDecision(const Context& context,
                                                 const v1::ConfirmDecisionRequest& request,
                                                 const State& state) {
  ASSIGN_OR_RETURN(Decision decision,
                   kernel::FindResource<Decision>(state.rows, request.name(), kDecision));
  const std::string show = kernel::ShowCommand(kDecision, decision.name());
  if (decision.state() != Decision::PROPOSED) {
    return kernel::NotNow("NOT_PROPOSED", absl::StrCat(decision.name(), " is confirmed already"),
                          {{"instead", show}});
  }
  if (decision.proposed_by() == context.actor.person) {
    return kernel::NotNow("SAME_PERSON",
                          absl::StrCat(decision.name(), " was entered by the same person"),
                          {{"rule", "X-3"}, {"instead", show}});
  }
  decision.set_state(Decision::CONFIRMED);
  decision.set_confirmed_by(context.actor.person);
  kernel::Event accounts;
  OpenCeilings(state.accounts, decision, accounts);
  kernel::Event event = RecordedEvent(decision);
  *event.entry.mutable_accounts() = accounts.entry.accounts();
  *event.entry.mutable_postings() = accounts.entry.postings();
  return Recorded(context, std::move(event), decision.name());
}

absl::StatusOr<kernel::Decision> FileReport(const Context& context,
                                            const v1::FileReportRequest& request,
                                            const State& state) {
  ASSIGN_OR_RETURN(Decision decision,
                   kernel::FindResource<Decision>(state.rows, request.name(), kDecision));
  const std::optional<absl::CivilDay> day = kernel::DayOf(request.reported_on());
  if (!day.has_value() || *day > kernel::DayOf(context.time)) {
    return kernel::Invalid("BAD_DATES", "reported_on must be a day up to today");
  }
  RETURN_IF_ERROR(CheckDocument(request.document_sha256(), "document_sha256"));
  const kernel::Metadata instead = {{"instead", kernel::ShowCommand(kDecision, decision.name())}};
  if (decision.state() != Decision::CONFIRMED) {
    return kernel::NotNow("NOT_CONFIRMED", absl::StrCat(decision.name(), " is not confirmed"),
                          instead);
  }
  if (decision.reporting_interval_days() == 0) {
    return kernel::NotNow("NO_REPORTS_DUE", absl::StrCat(decision.name(), " asks for no reports"),
                          instead);
  }
  *decision.mutable_last_reported_on() = request.reported_on();
  decision.set_last_report_sha256(request.document_sha256());
  return Recorded(context, RecordedEvent(decision), decision.name());
}

absl::StatusOr<Decision> GetDecision(const Context&, const v1::GetDecisionRequest& request,
                                     const State& state) {
  ASSIGN_OR_RETURN(const Decision decision,
                   kernel::FindResource<Decision>(state.rows, request.name(), kDecision));
  return Shown(decision, state.accounts);
}

absl::StatusOr<v1::ListDecisionsResponse> ListDecisions(const Context&,
                                                        const v1::ListDecisionsRequest& request,
                                                        const State& state) {
  return kernel::ListPage<Decision, v1::ListDecisionsRequest, v1::ListDecisionsResponse>(
      state.rows, kCollection, request, [](const Decision&) { return true; },
      [&](const Decision& row, v1::ListDecisionsResponse& response) {
        *response.add_decisions() = Shown(row, state.accounts);
      });
}

absl::StatusOr<v1::ListReportsDueResponse> ListReportsDue(const Context& context,
                                                          const v1::ListReportsDueRequest& request,
                                                          const State& state) {
  const absl::CivilDay day = kernel::DayOf(context.time);
  return kernel::ListPage<Decision, v1::ListReportsDueRequest, v1::ListReportsDueResponse>(
      state.rows, kCollection, request,
      [&](const Decision& row) { return DueOn(row, day).has_value(); },
      [&](const Decision& row, v1::ListReportsDueResponse& response) {
        *response.add_reports_due() = *DueOn(row, day);
      });
}

}  // namespace

bool InForce(const Decision& decision, absl::CivilDay day) {
  const std::optional<Scope> scope = ScopeOf(decision);
  return decision.state() == Decision::CONFIRMED && scope.has_value() && scope->from <= day &&
         day <= scope->to;
}

std::optional<v1::ReportDue> DueOn(const Decision& decision, absl::CivilDay day) {
  if (!InForce(decision, day) || decision.reporting_interval_days() == 0) return std::nullopt;
  const absl::CivilDay since =
      kernel::DayOf(decision.last_reported_on()).value_or(*kernel::DayOf(decision.valid_from()));
  const absl::CivilDay due_on = since + decision.reporting_interval_days();
  const int64_t days_late = day - due_on;
  v1::ReportDue due;
  due.set_decision(decision.name());
  due.set_symbol(decision.symbol());
  due.mutable_due_on()->set_year(static_cast<int32_t>(due_on.year()));
  due.mutable_due_on()->set_month(due_on.month());
  due.mutable_due_on()->set_day(due_on.day());
  due.set_days_late(static_cast<int32_t>(days_late));
  due.set_colour(days_late >= kRedDays     ? v1::ReportDue::RED
                 : days_late >= kAmberDays ? v1::ReportDue::AMBER
                                           : v1::ReportDue::GREEN);
  return due;
}

void AddDecisionRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.mandate.v1.DecisionService/";
  routes.AddCommand<v1::ProposeDecisionRequest>(service + "ProposeDecision", ProposeDecision);
  routes.AddCommand<v1::ConfirmDecisionRequest>(service + "ConfirmDecision", ConfirmDecision);
  routes.AddCommand<v1::FileReportRequest>(service + "FileReport", FileReport);
  routes.AddRead<v1::GetDecisionRequest>(service + "GetDecision", kernel::ReadPath::kSequenced,
                                         GetDecision);
  routes.AddRead<v1::ListDecisionsRequest>(service + "ListDecisions", kernel::ReadPath::kSequenced,
                                           ListDecisions);
  routes.AddRead<v1::ListReportsDueRequest>(service + "ListReportsDue", kernel::ReadPath::kSnapshot,
                                            ListReportsDue);
}

}  // namespace ch8::mandate
