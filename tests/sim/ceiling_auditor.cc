#include "tests/sim/ceiling_auditor.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace ch8::sim {
namespace {

using chapter8::mandate::v1::Ceiling;
using chapter8::mandate::v1::Decision;
using chapter8::mandate::v1::Delegation;
using chapter8::mandate::v1::MandateEvent;
using chapter8::mandate::v1::SliceTerms;

constexpr absl::string_view kMandate = "/ch8/mandate";

std::string DomainOf(const std::string& origin) { return origin.substr(0, origin.find('/')); }

template <typename DecisionOrDelegation>
std::map<std::string, int64_t> CeilingsOf(const DecisionOrDelegation& scope) {
  std::map<std::string, int64_t> ceilings;
  for (const Ceiling& ceiling : scope.ceilings()) {
    ceilings[ceiling.unit()] = static_cast<int64_t>(ceiling.quantity());
  }
  return ceilings;
}

}  // namespace

void CeilingAuditor::ReadMandate(const MandateEvent& event, Mandate& mandate) {
  if (event.has_decision_recorded()) {
    const Decision& decision = event.decision_recorded();
    mandate[decision.name()] = {.parent = {}, .ceilings = CeilingsOf(decision)};
  } else if (event.has_delegation_recorded()) {
    const Delegation& delegation = event.delegation_recorded();
    if (delegation.confirmed_by() == 0) return;  // It has taken nothing.
    mandate[delegation.name()] = {.parent = delegation.parent(),
                                  .ended = delegation.state() != Delegation::ACTIVE,
                                  .ceilings = CeilingsOf(delegation)};
  }
}

void CeilingAuditor::Read(const std::string& origin, const chapter8::ledger::v1::Entry& entry) {
  if (absl::EndsWith(origin, kMandate)) {
    MandateEvent event;
    if (entry.has_domain_event() && event.ParseFromString(entry.domain_event())) {
      ReadMandate(event, mandates_[origin]);
    }
    return;
  }
  std::map<uint32_t, Slice>& slices = spenders_[origin];
  const auto& step = entry.peer_step();
  SliceTerms terms;
  // The first slice of a delegation opens three accounts: what is left, its source, what is used.
  if (step.has_reserve() && entry.accounts_size() == 3 &&
      absl::EndsWith(step.giver_origin(), kMandate) &&
      terms.ParseFromString(step.reserve().terms())) {
    slices[entry.accounts(1).account()] = {.delegation = terms.delegation(), .unit = terms.unit()};
  }
  for (const auto& posting : entry.postings()) {
    const auto amount = static_cast<int64_t>(posting.amount());
    const auto given = slices.find(posting.debit_account());
    if (given != slices.end()) given->second.given += amount;
    const auto back = slices.find(posting.credit_account());
    if (back != slices.end()) back->second.given -= amount;
  }
}

int64_t CeilingAuditor::LoadOf(const std::string& origin, const std::string& scope,
                               const std::string& unit) const {
  int64_t load = 0;
  for (const auto& [spender, slices] : spenders_) {
    if (DomainOf(spender) != DomainOf(origin)) continue;
    for (const auto& [account, slice] : slices) {
      if (slice.delegation == scope && slice.unit == unit) load += slice.given;
    }
  }
  for (const auto& [name, child] : mandates_.at(origin)) {
    const auto ceiling = child.ceilings.find(unit);
    if (child.parent != scope || ceiling == child.ceilings.end()) continue;
    const int64_t of_child = LoadOf(origin, name, unit);
    load += child.ended ? of_child : std::max(of_child, ceiling->second);
  }
  return load;
}

absl::Status CeilingAuditor::Check(absl::string_view liar) const {
  for (const auto& [origin, mandate] : mandates_) {
    if (DomainOf(origin) == liar) continue;
    for (const auto& [name, scope] : mandate) {
      for (const auto& [unit, ceiling] : scope.ceilings) {
        const int64_t load = LoadOf(origin, name, unit);
        if (load <= ceiling) continue;
        return absl::InternalError(absl::StrCat(origin, ": ledgers have ", load, " ", unit,
                                                " under ", name, ", more than its ceiling of ",
                                                ceiling));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace ch8::sim
