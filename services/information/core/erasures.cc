#include "services/information/core/erasures.h"

#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "chapter8/information/v1/erasure_service.pb.h"
#include "services/information/core/legal_holds.h"
#include "services/information/core/reports.h"
#include "services/information/core/rules.h"
#include "services/kernel/erased_bodies.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "services/kernel/resources.h"
#include "services/kernel/spoken_ids.h"
#include "storage/base/status_macros.h"

namespace ch8::information {
namespace {

using chapter8::directory::v1::Organization;
using chapter8::ledger::v1::Delivery;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::Disclosure;
using v1::Erasure;
using v1::InformationEvent;
using v1::Report;

constexpr absl::string_view kCollection = "erasures/";

std::optional<Erasure> FindErasureOf(const kernel::RowReader& rows, absl::string_view report) {
  return kernel::TableReader<Erasure>(rows).Find(ErasureName(report));
}

kernel::Event RecordedEvent(const Erasure& erasure) {
  InformationEvent event;
  *event.mutable_erasure_recorded()->mutable_erasure() = erasure;
  return kernel::DomainEvent(event);
}

// Orders to everyone whom this organization gave the report.
void AddOrders(const Context& context, const Erasure& erasure, const State& state,
               std::vector<kernel::Event>& events) {
  kernel::TableReader<Disclosure>(state.rows)
      .Scan(DisclosuresOf(erasure.report()), "", [&](const Disclosure& disclosure) {
        if (disclosure.giver() != context.organization || disclosure.erasure_ordered_us() != 0 ||
            disclosure.has_erased()) {
          return true;
        }
        const auto recipient = MaybePinned(state.rows, disclosure.recipient());
        if (!recipient.has_value()) return true;
        InformationEvent event;
        InformationEvent::ErasureOrdered& ordered = *event.mutable_erasure_ordered();
        ordered.set_report(erasure.report());
        ordered.set_basis(erasure.basis());
        ordered.set_originator(erasure.originator());
        ordered.set_disclosure(disclosure.name());
        events.push_back(kernel::DomainEvent(event));
        events.back().recipients.push_back(recipient->trust_domain());
        return true;
      });
}

// Our word to everyone who gave us the report, and to `asker`.
void AddAnswers(const Erasure& erasure, const std::string& asker, const State& state,
                std::vector<kernel::Event>& events) {
  std::set<std::string> recipients;
  if (!asker.empty()) recipients.insert(asker);
  for (const std::string& giver : GiversOf(state.rows, erasure.report())) {
    const std::optional<Organization> organization = MaybePinned(state.rows, giver);
    if (organization.has_value()) recipients.insert(organization->trust_domain());
  }
  for (const std::string& recipient : recipients) {
    InformationEvent event;
    event.mutable_erasure_answered()->set_report(erasure.report());
    event.mutable_erasure_answered()->set_state(erasure.state());
    events.push_back(kernel::DomainEvent(event));
    events.back().recipients.push_back(recipient);
  }
}

// "posts/a and posts/b", or who ordered it.
std::string Deciders(const Erasure& erasure) {
  if (erasure.has_order()) return absl::StrCat("order of ", erasure.order().origin());
  return absl::StrCat(erasure.requested_post(), " and ", erasure.decided_post());
}

absl::StatusOr<Decision> RequestErasure(const Context& context,
                                        const v1::RequestErasureRequest& request,
                                        const State& state) {
  ASSIGN_OR_RETURN(const Report report, FindReport(state.rows, request.report()));
  if (!IsSet(request.basis(), Erasure::Basis_IsValid)) {
    return kernel::BadField("basis", "is missing or unknown");
  }
  RETURN_IF_ERROR(CheckReference(request.reference(), "reference"));
  if (report.state() == Report::ERASED) {
    return RefuseErased(state.rows, report, "ALREADY_ERASED");
  }
  if (report.body_digest().empty()) {
    return kernel::Unknown("BODY_NOT_HERE", absl::StrCat("the content of ", report.name()),
                           kernel::ShowCommand(kReports, report.name()));
  }
  RETURN_IF_ERROR(CheckNotHeld(state.rows, report.name()));
  const std::optional<Erasure> known = FindErasureOf(state.rows, report.name());
  if (known.has_value() && known->state() == Erasure::REQUESTED) {
    return kernel::NotNow(
        "ALREADY_REQUESTED",
        absl::StrCat(known->name(), " waits for a second person since ",
                     DayText(known->requested_us())),
        {{"rule", "I-11"}, {"instead", kernel::ShowCommand(kErasures, known->name())}});
  }
  Erasure erasure;
  erasure.set_name(ErasureName(report.name()));
  erasure.set_report(report.name());
  erasure.set_originator(report.originator());
  erasure.set_basis(request.basis());
  erasure.set_reference(request.reference());
  erasure.set_state(Erasure::REQUESTED);
  erasure.set_requested_by(context.actor.person);
  erasure.set_requested_post(context.actor.post);
  erasure.set_requested_us(absl::ToUnixMicros(context.time));
  return Decision{{RecordedEvent(erasure)}, kernel::ReplyWith<Erasure>(erasure.name())};
}

// One that an officer may decide now.
absl::StatusOr<Erasure> FindRequested(absl::string_view name, const State& state) {
  ASSIGN_OR_RETURN(Erasure erasure, kernel::FindResource<Erasure>(state.rows, name, kErasures));
  if (erasure.state() == Erasure::REQUESTED) return erasure;
  return kernel::NotNow("NOT_REQUESTED",
                        absl::StrCat(erasure.name(), " is ", Erasure::State_Name(erasure.state())),
                        {{"state", Erasure::State_Name(erasure.state())},
                         {"instead", kernel::ShowCommand(kErasures, erasure.name())}});
}

void Decide(const Context& context, Erasure::State state, Erasure& erasure) {
  erasure.set_state(state);
  erasure.set_decided_by(context.actor.person);
  erasure.set_decided_post(context.actor.post);
  erasure.set_decided_us(absl::ToUnixMicros(context.time));
}

// A received report is erased here alone: what others hold is for its originator to decide.
absl::StatusOr<Decision> ApproveErasure(const Context& context,
                                        const v1::ApproveErasureRequest& request,
                                        const State& state) {
  RETURN_IF_ERROR(kernel::RequireEtag(request.etag()));
  ASSIGN_OR_RETURN(Erasure erasure, FindRequested(request.name(), state));
  const std::string show = kernel::ShowCommand(kErasures, erasure.name());
  RETURN_IF_ERROR(kernel::CheckEtag(erasure, request.etag(), show));
  RETURN_IF_ERROR(CheckOtherPerson(context, erasure.requested_by(), erasure.name(), show));
  RETURN_IF_ERROR(CheckNotHeld(state.rows, erasure.report()));
  Decide(context, Erasure::ERASED, erasure);
  Decision decision{{RecordedEvent(erasure)}, kernel::ReplyWith<Erasure>(erasure.name())};
  if (erasure.originator() == context.organization) {
    AddOrders(context, erasure, state, decision.events);
  }
  AddAnswers(erasure, "", state, decision.events);
  return decision;
}

absl::StatusOr<Decision> DeclineErasure(const Context& context,
                                        const v1::DeclineErasureRequest& request,
                                        const State& state) {
  ASSIGN_OR_RETURN(Erasure erasure, FindRequested(request.name(), state));
  Decide(context, Erasure::DECLINED, erasure);
  return Decision{{RecordedEvent(erasure)}, kernel::ReplyWith<Erasure>(erasure.name())};
}

absl::StatusOr<Erasure> GetErasure(const Context&, const v1::GetErasureRequest& request,
                                   const State& state) {
  ASSIGN_OR_RETURN(const Erasure row,
                   kernel::FindResource<Erasure>(state.rows, request.name(), kErasures));
  return kernel::WithEtag(row);
}

absl::StatusOr<v1::ListErasuresResponse> ListErasures(const Context&,
                                                      const v1::ListErasuresRequest& request,
                                                      const State& state) {
  return kernel::ListPage<Erasure, v1::ListErasuresRequest, v1::ListErasuresResponse>(
      state.rows, kCollection, request,
      [&](const Erasure& row) {
        return request.state() == Erasure::STATE_UNSPECIFIED || row.state() == request.state();
      },
      [](const Erasure& row, v1::ListErasuresResponse& response) {
        *response.add_erasures() = kernel::WithEtag(row);
      });
}

bool IsWellFormed(const InformationEvent::ErasureOrdered& event) {
  return kernel::CheckName(event.report(), kReports.pattern, "report").ok() &&
         kernel::CheckName(event.originator(), "organizations/*", "originator").ok() &&
         IsSet(event.basis(), Erasure::Basis_IsValid) &&
         kernel::IsSpokenIdOf(kernel::IdOf(event.report()), kReportKind, event.originator());
}

bool HasGiven(absl::string_view organization, absl::string_view report, const State& state) {
  return state.rows.Get(Table::kRows, GivenKey(report, organization)).has_value();
}

}  // namespace

void AddErasureRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.information.v1.ErasureService/";
  constexpr auto kSnapshot = kernel::ReadPath::kSnapshot;
  routes.AddCommand<v1::RequestErasureRequest>(service + "RequestErasure", RequestErasure);
  routes.AddCommand<v1::ApproveErasureRequest>(service + "ApproveErasure", ApproveErasure);
  routes.AddCommand<v1::DeclineErasureRequest>(service + "DeclineErasure", DeclineErasure);
  routes.AddRead<v1::GetErasureRequest>(service + "GetErasure", kSnapshot, GetErasure);
  routes.AddRead<v1::ListErasuresRequest>(service + "ListErasures", kSnapshot, ListErasures);
}

bool IsErased(const Report& report) {
  return report.state() == Report::ERASED || report.state() == Report::ERASURE_OWED;
}

bool ErasedByOwnDecision(const kernel::RowReader& rows, absl::string_view report) {
  const std::optional<Erasure> erasure = FindErasureOf(rows, report);
  return erasure.has_value() && erasure->state() == Erasure::ERASED && !erasure->has_order();
}

absl::Status RefuseErased(const kernel::RowReader& rows, const Report& report,
                          absl::string_view reason) {
  const Erasure erasure = FindErasureOf(rows, report.name()).value_or(Erasure());
  const std::string day = DayText(erasure.decided_us());
  const std::string basis = Erasure::Basis_Name(erasure.basis());
  return kernel::NotNow(reason,
                        absl::StrCat("the content of ", report.name(), " was erased on ", day,
                                     ", legal basis ", basis, ", by ", Deciders(erasure)),
                        {{"rule", "I-11"},
                         {"erased_on", day},
                         {"basis", basis},
                         {"by", Deciders(erasure)},
                         {"instead", kernel::ShowCommand(kErasures, report.name())}});
}

std::vector<kernel::Event> OwedErasureEvents(const Context& context, absl::string_view report,
                                             const State& state) {
  const std::optional<Report> row = kernel::TableReader<Report>(state.rows).Find(report);
  std::optional<Erasure> erasure = FindErasureOf(state.rows, report);
  if (!row.has_value() || row->state() != Report::ERASURE_OWED || !erasure.has_value()) return {};
  erasure->set_state(Erasure::ERASED);
  erasure->set_decided_us(absl::ToUnixMicros(context.time));
  std::vector<kernel::Event> events = {RecordedEvent(*erasure)};
  AddAnswers(*erasure, "", state, events);
  return events;
}

// The originator's word, or that of a relay: what it gave it may have erased, but not what the
// originator gave us too.
kernel::Verdict DecideErasureOrdered(const Context& context, const Organization& sender,
                                     const kernel::Delivered& delivered,
                                     const InformationEvent::ErasureOrdered& event,
                                     const State& state) {
  if (!IsWellFormed(event)) return RefuseEntry("BAD_ERASURE");
  const bool own_word = event.originator() == sender.name();
  if (event.originator() == context.organization ||
      (!own_word && !HasGiven(sender.name(), event.report(), state))) {
    return RefuseEntry("NOT_ORIGINATOR");
  }
  kernel::Verdict verdict{.verdict = Delivery::ACCEPT, .reason = "", .events = {}};
  const std::optional<Report> known = kernel::TableReader<Report>(state.rows).Find(event.report());
  const bool binds = own_word || !HasGiven(event.originator(), event.report(), state);
  if (!binds || (known.has_value() && IsErased(*known))) return verdict;
  Erasure erasure;
  erasure.set_name(ErasureName(event.report()));
  erasure.set_report(event.report());
  erasure.set_originator(event.originator());
  erasure.set_basis(event.basis());
  erasure.set_state(IsHeld(state.rows, event.report()) ? Erasure::OWED : Erasure::ERASED);
  if (erasure.state() == Erasure::ERASED) {
    erasure.set_decided_us(absl::ToUnixMicros(context.time));
  }
  *erasure.mutable_order() = ProofOf(context, delivered);
  verdict.events.push_back(RecordedEvent(erasure));
  AddOrders(context, erasure, state, verdict.events);
  AddAnswers(erasure, sender.trust_domain(), state, verdict.events);
  return verdict;
}

// An erasure of a report that is not here leaves the report's end, so that it cannot come later.
void ApplyErasureRecorded(const InformationEvent::ErasureRecorded& event, kernel::Rows& rows) {
  const Erasure& erasure = event.erasure();
  kernel::PutRow(rows, erasure);
  if (erasure.state() != Erasure::ERASED && erasure.state() != Erasure::OWED) return;
  Report report = kernel::TableReader<Report>(rows).Find(erasure.report()).value_or(Report());
  EndRetention(report, rows);
  report.set_name(erasure.report());
  report.set_originator(erasure.originator());
  report.set_state(erasure.state() == Erasure::ERASED ? Report::ERASED : Report::ERASURE_OWED);
  kernel::PutRow(rows, report);
  const absl::StatusOr<Hash> digest = Hash::FromBytes(report.body_digest());
  if (report.state() != Report::ERASED || !digest.ok()) return;
  rows.Delete(Table::kRows, BodyKey(report.body_digest(), report.name()));
  kernel::MarkErased(*digest, report.name(), rows);
}

void ApplyErasureOrdered(const kernel::Applied& applied,
                         const InformationEvent::ErasureOrdered& event, kernel::Rows& rows) {
  std::optional<Disclosure> row = kernel::TableReader<Disclosure>(rows).Find(event.disclosure());
  if (!row.has_value()) return;
  row->set_erasure_ordered_us(applied.request.time_us());
  kernel::PutRow(rows, *row);
}

}  // namespace ch8::information
