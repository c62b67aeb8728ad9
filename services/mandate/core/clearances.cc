#include "services/mandate/core/clearances.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "chapter8/mandate/v1/mandate_service.pb.h"
#include "services/kernel/fields.h"
#include "services/kernel/paging.h"
#include "storage/base/status_macros.h"

namespace ch8::mandate {
namespace {

using kernel::Context;
using kernel::State;
using v1::Clearance;

constexpr absl::string_view kCollection = "clearances/";
constexpr int kMitigationsMax = 20;
constexpr int kMonthsMax = 12;
constexpr int kMonthsMaxHigh = 6;

kernel::Decision Recorded(const Context& context, const Clearance& clearance) {
  v1::MandateEvent event;
  *event.mutable_clearance_recorded() = clearance;
  return kernel::Decision{{FactEvent(event, context)},
                          kernel::ReplyWith<Clearance>(clearance.name())};
}

// How long an assessment may last: to the same day of a later month.
absl::CivilDay LastDay(absl::CivilDay assessed, Clearance::Risk risk) {
  const int months = risk == Clearance::HIGH ? kMonthsMaxHigh : kMonthsMax;
  const absl::CivilMonth month = absl::CivilMonth(assessed) + months;
  const absl::CivilDay same(month.year(), month.month(), assessed.day());
  // The 31st of a month without one would run into the next.
  return absl::CivilMonth(same) == month ? same : absl::CivilDay(month + 1) - 1;
}

absl::Status CheckClearance(const Clearance& asked, absl::CivilDay today) {
  RETURN_IF_ERROR(kernel::CheckName(asked.unit(), "units/*", "resource.unit"));
  if (asked.risk() == Clearance::RISK_UNSPECIFIED || !Clearance::Risk_IsValid(asked.risk())) {
    return kernel::BadField("resource.risk", "is missing or unknown");
  }
  if (asked.outcome() == Clearance::OUTCOME_UNSPECIFIED ||
      !Clearance::Outcome_IsValid(asked.outcome())) {
    return kernel::BadField("resource.outcome", "is missing or unknown");
  }
  const bool mitigated = asked.outcome() == Clearance::PROCEED_WITH_MITIGATION;
  if (mitigated == asked.mitigations().empty() || asked.mitigations_size() > kMitigationsMax) {
    return kernel::BadField("resource.mitigations",
                            mitigated ? "must be 1 to 20, as support depends on them"
                                      : "are for PROCEED_WITH_MITIGATION only");
  }
  for (const std::string& mitigation : asked.mitigations()) {
    RETURN_IF_ERROR(kernel::CheckText(mitigation, "resource.mitigations"));
  }
  const std::optional<absl::CivilDay> assessed = kernel::DayOf(asked.assessed_on());
  const std::optional<absl::CivilDay> last = kernel::DayOf(asked.valid_to());
  if (!assessed.has_value() || !last.has_value() || *assessed > today || *last < *assessed) {
    return kernel::Invalid("BAD_DATES",
                           "assessed_on must be a day up to today, valid_to one from then on");
  }
  const absl::CivilDay latest = LastDay(*assessed, asked.risk());
  if (*last <= latest) return absl::OkStatus();
  return kernel::Invalid(
      "BAD_DATES",
      absl::StrCat("a clearance at ", Clearance::Risk_Name(asked.risk()), " risk lasts until ",
                   absl::FormatCivilTime(latest), " at most"),
      {{"rule", "F-20"},
       {"available", absl::FormatCivilTime(latest)},
       {"wanted", absl::FormatCivilTime(*last)}});
}

absl::StatusOr<kernel::Decision> ProposeClearance(const Context& context,
                                                  const v1::ProposeClearanceRequest& request,
                                                  const State& state) {
  const Clearance& asked = request.resource();
  RETURN_IF_ERROR(CheckClearance(asked, kernel::DayOf(context.time)));
  const std::string name = absl::StrCat(kCollection, kernel::IdOf(asked.unit()));
  Clearance clearance = kernel::TableReader<Clearance>(state.rows).Find(name).value_or(Clearance());
  if (clearance.name().empty()) {
    clearance.set_name(name);
    clearance.set_unit(asked.unit());
    clearance.set_state(Clearance::PROPOSED);
  }
  v1::Assessment& proposed = *clearance.mutable_proposed();
  proposed.Clear();
  proposed.set_risk(asked.risk());
  proposed.set_outcome(asked.outcome());
  *proposed.mutable_mitigations() = asked.mitigations();
  *proposed.mutable_assessed_on() = asked.assessed_on();
  *proposed.mutable_valid_to() = asked.valid_to();
  proposed.set_proposed_by(context.actor.person);
  proposed.set_proposed_in(context.actor.post);
  return Recorded(context, clearance);
}

absl::StatusOr<kernel::Decision> ConfirmClearance(const Context& context,
                                                  const v1::ConfirmClearanceRequest& request,
                                                  const State& state) {
  RETURN_IF_ERROR(kernel::RequireEtag(request.etag()));
  ASSIGN_OR_RETURN(Clearance clearance,
                   kernel::FindResource<Clearance>(state.rows, request.name(), kClearance));
  const std::string show = kernel::ShowCommand(kClearance, clearance.name());
  RETURN_IF_ERROR(kernel::CheckEtag(clearance, request.etag(), show));
  if (!clearance.has_proposed()) {
    return kernel::NotNow("NOT_PROPOSED",
                          absl::StrCat(clearance.name(), " has no assessment to confirm"),
                          {{"instead", show}});
  }
  const v1::Assessment proposed = clearance.proposed();
  if (proposed.proposed_by() == context.actor.person) {
    return kernel::NotNow("SAME_PERSON",
                          absl::StrCat(clearance.name(), " was assessed by the same person"),
                          {{"rule", "X-3"}, {"instead", show}});
  }
  if (clearance.state() == Clearance::SUSPENDED && proposed.proposed_in() == context.actor.post) {
    return kernel::NotNow(
        "SAME_OFFICE",
        absl::StrCat(clearance.name(),
                     " is SUSPENDED, and the assessment that is to lift that was proposed in ",
                     context.actor.post, " too"),
        {{"rule", "F-21"},
         {"held", context.actor.post},
         {"needed", "a person who acts in another post"},
         {"instead", show}});
  }
  clearance.set_risk(proposed.risk());
  clearance.set_outcome(proposed.outcome());
  *clearance.mutable_mitigations() = proposed.mitigations();
  *clearance.mutable_assessed_on() = proposed.assessed_on();
  *clearance.mutable_valid_to() = proposed.valid_to();
  clearance.set_proposed_by(proposed.proposed_by());
  clearance.set_confirmed_by(context.actor.person);
  clearance.set_state(Clearance::CONFIRMED);
  clearance.clear_proposed();
  return Recorded(context, clearance);
}

absl::StatusOr<kernel::Decision> SuspendClearance(const Context& context,
                                                  const v1::SuspendClearanceRequest& request,
                                                  const State& state) {
  ASSIGN_OR_RETURN(Clearance clearance,
                   kernel::FindResource<Clearance>(state.rows, request.name(), kClearance));
  RETURN_IF_ERROR(kernel::CheckText(request.reason(), "reason"));
  if (clearance.state() != Clearance::CONFIRMED) {
    return kernel::NotNow(
        "NOT_CONFIRMED",
        absl::StrCat(clearance.name(), " is ", Clearance::State_Name(clearance.state())),
        {{"instead", kernel::ShowCommand(kClearance, clearance.name())}});
  }
  clearance.set_state(Clearance::SUSPENDED);
  clearance.clear_proposed();  // Older than the reason: lifting takes a new one, by two persons.
  return Recorded(context, clearance);
}

absl::StatusOr<Clearance> GetClearance(const Context&, const v1::GetClearanceRequest& request,
                                       const State& state) {
  ASSIGN_OR_RETURN(Clearance clearance,
                   kernel::FindResource<Clearance>(state.rows, request.name(), kClearance));
  return kernel::WithEtag(std::move(clearance));
}

absl::StatusOr<v1::ListClearancesResponse> ListClearances(const Context&,
                                                          const v1::ListClearancesRequest& request,
                                                          const State& state) {
  return kernel::ListPage<Clearance, v1::ListClearancesRequest, v1::ListClearancesResponse>(
      state.rows, kCollection, request,
      [&](const Clearance& row) { return request.unit().empty() || row.unit() == request.unit(); },
      [](const Clearance& row, v1::ListClearancesResponse& response) {
        *response.add_clearances() = kernel::WithEtag(row);
      });
}

}  // namespace

void AddClearanceRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.mandate.v1.ClearanceService/";
  routes.AddCommand<v1::ProposeClearanceRequest>(service + "ProposeClearance", ProposeClearance);
  routes.AddCommand<v1::ConfirmClearanceRequest>(service + "ConfirmClearance", ConfirmClearance);
  routes.AddCommand<v1::SuspendClearanceRequest>(service + "SuspendClearance", SuspendClearance);
  routes.AddRead<v1::GetClearanceRequest>(service + "GetClearance", kernel::ReadPath::kSnapshot,
                                          GetClearance);
  routes.AddRead<v1::ListClearancesRequest>(service + "ListClearances", kernel::ReadPath::kSnapshot,
                                            ListClearances);
}

}  // namespace ch8::mandate
