#include "services/kernel/mandate_facts.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/kernel/fields.h"
#include "services/kernel/money.h"
#include "services/kernel/names.h"
#include "services/kernel/refusal.h"
#include "services/kernel/resources.h"

namespace ch8::kernel {
namespace {

using chapter8::ledger::v1::Delivery;
using chapter8::mandate::v1::Clearance;
using chapter8::mandate::v1::Delegation;
using chapter8::mandate::v1::MandateEvent;
using chapter8::mandate::v1::Reference;

constexpr ResourceKind kDelegation = {"delegations/*", "delegation", "UNKNOWN_DELEGATION"};

absl::Status NoSupport(absl::string_view reason, absl::string_view rule, absl::string_view unit,
                       std::string why, std::string held) {
  return NotNow(reason, absl::StrCat(unit, " ", why),
                {{"rule", std::string(rule)},
                 {"unit", std::string(unit)},
                 {"held", std::move(held)},
                 {"needed", "human rights due diligence clearance"},
                 {"instead", absl::StrCat("ch8 clearance list --unit ", IdOf(unit))}});
}

}  // namespace

bool IsEnded(const Delegation& delegation) {
  return delegation.state() == Delegation::REVOKED || delegation.state() == Delegation::EXPIRED;
}

Verdict MandateFactVerdict(const Context& context, const Delivered& delivered,
                           const Machine& machine, const State& state) {
  MandateEvent fact;
  if (!fact.ParseFromString(delivered.entry.domain_event())) {
    return Verdict{.verdict = Delivery::REFUSE, .reason = "NOT_A_FACT", .events = {}};
  }
  Event event;
  event.entry.set_mandate_fact(delivered.entry.domain_event());
  if (fact.has_delegation_recorded() && IsEnded(fact.delegation_recorded())) {
    event.recipients = {context.trust_domain};
  }
  Verdict verdict{.verdict = Delivery::ACCEPT, .reason = "", .events = {std::move(event)}};
  for (Event& following : machine.DecideFact(fact, state)) {
    verdict.events.push_back(std::move(following));
  }
  return verdict;
}

void ApplyMandateFact(const MandateEvent& event, Rows& rows) {
  if (event.has_clearance_recorded()) return PutRow(rows, event.clearance_recorded());
  if (event.has_delegation_recorded()) return PutRow(rows, event.delegation_recorded());
  if (event.has_reference_recorded()) return PutRow(rows, event.reference_recorded());
}

std::optional<Clearance> FindClearance(const RowReader& rows, absl::string_view unit) {
  return TableReader<Clearance>(rows).Find(absl::StrCat("clearances/", IdOf(unit)));
}

std::optional<Delegation> FindDelegation(const RowReader& rows, absl::string_view name) {
  return TableReader<Delegation>(rows).Find(name);
}

std::vector<Reference> ReferencesOf(const RowReader& rows, absl::string_view operation) {
  std::vector<Reference> references;
  const std::string collection = absl::StrCat("references/", IdOf(operation), "/");
  TableReader<Reference>(rows).Scan(collection, "", [&](const Reference& row) {
    references.push_back(row);
    return true;
  });
  return references;
}

absl::Status CheckClearance(const Context& context, const RowReader& rows, absl::string_view unit) {
  const std::optional<Clearance> clearance = FindClearance(rows, unit);
  if (!clearance.has_value() || clearance->state() == Clearance::PROPOSED) {
    return NoSupport("NO_CLEARANCE", "F-20", unit, "has no human rights due diligence clearance",
                     clearance.has_value() ? "an assessment that nobody has confirmed" : "none");
  }
  if (clearance->state() == Clearance::SUSPENDED) {
    return NoSupport("SUPPORT_SUSPENDED", "F-21", unit, "has its support suspended", "SUSPENDED");
  }
  if (clearance->outcome() == Clearance::WITHHOLD) {
    return NoSupport("SUPPORT_WITHHELD", "F-20", unit, "gets no support: assessed WITHHOLD",
                     "WITHHOLD");
  }
  const std::optional<absl::CivilDay> last = DayOf(clearance->valid_to());
  if (last.has_value() && DayOf(context.time) <= *last) return absl::OkStatus();
  return NoSupport("CLEARANCE_ENDED", "F-20", unit, "has a clearance that has ended",
                   last.has_value() ? absl::FormatCivilTime(*last) : "no last day");
}

absl::Status CheckSupport(const Context& context, const RowReader& rows, absl::string_view unit,
                          absl::string_view show) {
  if (!unit.empty()) return CheckClearance(context, rows, unit);
  std::optional<Clearance> kept;
  TableReader<Clearance>(rows).Scan("clearances/", "", [&](const Clearance& row) {
    if (row.state() != Clearance::PROPOSED) kept = row;
    return !kept.has_value();
  });
  if (!kept.has_value()) return absl::OkStatus();
  return NotNow(
      "UNIT_NEEDED",
      "support is given to units with a due diligence clearance, and no unit is named: it takes "
      "one that names it, with --unit",
      {{"rule", "F-20"}, {"needed", "the unit that gets it"}, {"instead", std::string(show)}});
}

absl::StatusOr<Delegation> DelegationInForce(const Context& context, const RowReader& rows,
                                             absl::string_view name) {
  absl::StatusOr<Delegation> delegation = FindResource<Delegation>(rows, name, kDelegation);
  if (!delegation.ok()) return delegation.status();
  const std::optional<absl::CivilDay> first = DayOf(delegation->valid_from());
  const std::optional<absl::CivilDay> last = DayOf(delegation->valid_to());
  const absl::CivilDay today = DayOf(context.time);
  const bool dated = first.has_value() && last.has_value() && *first <= today && today <= *last;
  if (delegation->state() == Delegation::ACTIVE && dated) return delegation;
  return NotNow("DELEGATION_NOT_IN_FORCE",
                absl::StrCat(name, " is ", Delegation::State_Name(delegation->state()),
                             dated ? "" : " and its dates do not contain today"),
                {{"rule", "A-3"},
                 {"state", Delegation::State_Name(delegation->state())},
                 {"instead", ShowCommand(kDelegation, name)}});
}

absl::Status CheckDelegated(const Context& context, const RowReader& rows,
                            const DelegatedAct& act) {
  if (!act.delegation.empty()) return DelegationInForce(context, rows, act.delegation).status();
  const absl::CivilDay today = DayOf(context.time);
  std::optional<Delegation> needed;
  TableReader<Delegation>(rows).Scan("delegations/", "", [&](const Delegation& row) {
    const std::optional<absl::CivilDay> first = DayOf(row.valid_from());
    const bool begun = row.confirmed_by() != 0 && first.has_value() && *first <= today;
    const bool of_money =
        std::any_of(row.ceilings().begin(), row.ceilings().end(),
                    [](const auto& ceiling) { return CheckCurrency(ceiling.unit(), "unit").ok(); });
    if (!begun || !of_money) return true;
    const bool fits = row.operation() == act.operation && !IsEnded(row);
    if (fits || !needed.has_value()) needed = row;
    return !fits;
  });
  if (!needed.has_value()) return absl::OkStatus();
  return NotNow("DELEGATION_NEEDED",
                absl::StrCat("acts of such value are delegated, as by ", needed->name(), " to ",
                             needed->post(), ", and this one names no delegation"),
                {{"rule", "A-3"},
                 {"operation", std::string(act.operation)},
                 {"unit", std::string(act.unit)},
                 {"instead", ShowCommand(kDelegation, needed->name())}});
}

absl::Status CheckDelegate(const Context& context, const Delegation& delegation,
                           absl::string_view operation) {
  const std::string show = ShowCommand(kDelegation, delegation.name());
  if (delegation.post() != context.actor.post) {
    return NotNow("NOT_DELEGATE",
                  absl::StrCat(delegation.name(), " is to ", delegation.post(), ", not to ",
                               context.actor.post),
                  {{"rule", "A-1"}, {"needed", delegation.post()}, {"instead", show}});
  }
  if (delegation.operation() == operation) return absl::OkStatus();
  return NotNow(
      "OTHER_OPERATION",
      absl::StrCat(delegation.name(), " is for ", delegation.operation(), ", not ", operation),
      {{"rule", "A-1"}, {"held", delegation.operation()}, {"instead", show}});
}

}  // namespace ch8::kernel
