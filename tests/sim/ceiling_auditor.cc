#include "tests/sim/ceiling_auditor.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chapter8/finance/v1/finance.pb.h"
#include "chapter8/logistics/v1/logistics.pb.h"
#include "storage/base/status_macros.h"
#include "tests/sim/broken.h"

namespace ch8::sim {
namespace {

using chapter8::finance::v1::FinanceEvent;
using chapter8::ledger::v1::Entry;
using chapter8::logistics::v1::LogisticsEvent;
using chapter8::mandate::v1::Decision;
using chapter8::mandate::v1::Delegation;
using chapter8::mandate::v1::MandateEvent;
using chapter8::mandate::v1::SliceTerms;

constexpr absl::string_view kMandate = "/ch8/mandate";

std::string DomainOf(const std::string& origin) { return origin.substr(0, origin.find('/')); }

}  // namespace

absl::Status CeilingAuditor::ReadMandate(const Entry& entry, Mandate& mandate) {
  for (const auto& posting : entry.postings()) {
    const auto moved = static_cast<int64_t>(posting.amount());
    const int64_t held =
        static_cast<int64_t>(posting.hold()) - static_cast<int64_t>(posting.release());
    mandate.available[posting.debit_account()] -= moved + held;
    mandate.available[posting.credit_account()] += moved;
  }
  if (!entry.has_domain_event()) return absl::OkStatus();
  MandateEvent event;
  if (!event.ParseFromString(entry.domain_event())) return Broken("an event that does not parse");
  const auto keep = [&](const auto& recorded, Scope scope) {
    for (const auto& ceiling : recorded.ceilings()) {
      scope.ceilings[ceiling.unit()] = {.quantity = static_cast<int64_t>(ceiling.quantity()),
                                        .account = ceiling.account()};
    }
    mandate.scopes[recorded.name()] = std::move(scope);
  };
  if (event.has_decision_recorded()) {
    const Decision& decision = event.decision_recorded();
    if (decision.confirmed_by() != 0) keep(decision, {});
  } else if (event.has_delegation_recorded()) {
    const Delegation& delegation = event.delegation_recorded();
    const bool ended = delegation.state() != Delegation::ACTIVE;
    if (delegation.confirmed_by() != 0) {
      keep(delegation, {.parent = delegation.parent(), .ended = ended});
    }
  }
  return absl::OkStatus();
}

void CeilingAuditor::ReadSlices(const Entry& entry, Spender& spender) {
  const auto& step = entry.peer_step();
  SliceTerms terms;
  // The first slice of a delegation opens three accounts: what is left, its source, what is used.
  if (step.has_reserve() && entry.accounts_size() == 3 &&
      absl::EndsWith(step.giver_origin(), kMandate) &&
      terms.ParseFromString(step.reserve().terms())) {
    spender.sources[entry.accounts(1).account()] = {terms.delegation(), terms.unit()};
  }
  for (const auto& posting : entry.postings()) {
    if (posting.amount() == 0) continue;
    const auto given = spender.sources.find(posting.debit_account());
    if (given != spender.sources.end()) {
      spender.given[given->second] += static_cast<int64_t>(posting.amount());
      ++counts_.slices;
    }
    const auto back = spender.sources.find(posting.credit_account());
    if (back != spender.sources.end()) {
      spender.given[back->second] -= static_cast<int64_t>(posting.amount());
      ++counts_.returns;
    }
  }
}

void CeilingAuditor::ReadOffer(absl::string_view service, const std::string& event,
                               Spender& spender) {
  const auto read = [&](const auto& offer, const auto& value) {
    using Offer = std::decay_t<decltype(offer)>;
    if (offer.side() != Offer::GIVER || offer.delegation().empty()) return;
    if (offer.state() != Offer::DRAFT) {
      spender.acts.erase(offer.transfer_id());
      return;
    }
    spender.acts[offer.transfer_id()] = {.slice = {offer.delegation(), value.currency_code()},
                                         .quantity = value.amount_minor()};
    ++counts_.delegated;
  };
  FinanceEvent money;
  LogisticsEvent goods;
  if (service == "finance" && money.ParseFromString(event) && money.has_offer_recorded()) {
    read(money.offer_recorded().offer(), money.offer_recorded().offer().amount());
  }
  if (service == "logistics" && goods.ParseFromString(event) && goods.has_offer_recorded()) {
    read(goods.offer_recorded().offer(), goods.offer_recorded().offer().value());
  }
}

void CeilingAuditor::ReadStep(absl::string_view service, const Entry& entry, Spender& spender) {
  const auto& step = entry.step();
  const auto act = spender.acts.find(step.transfer_id());
  if (act == spender.acts.end()) return;
  if (step.has_void_()) spender.acts.erase(act);
  if (!step.has_post()) return;
  ++counts_.spent;
  // Goods are given whole or not at all, and count by their value.
  if (service == "finance") act->second.quantity = static_cast<int64_t>(step.post().quantity());
}

absl::Status CeilingAuditor::Read(const std::string& origin, const Entry& entry) {
  if (absl::EndsWith(origin, kMandate)) return ReadMandate(entry, mandates_[origin]);
  const std::string service = origin.substr(origin.rfind('/') + 1);
  Spender& spender = spenders_[origin];
  ReadSlices(entry, spender);
  if (entry.has_domain_event()) ReadOffer(service, entry.domain_event(), spender);
  if (entry.has_step()) ReadStep(service, entry, spender);
  return absl::OkStatus();
}

int64_t CeilingAuditor::SpentOf(const Spender& spender, const SliceKey& slice) {
  int64_t spent = 0;
  for (const auto& [id, act] : spender.acts) {
    if (act.slice == slice) spent += act.quantity;
  }
  return spent;
}

int64_t CeilingAuditor::LoadOf(const std::string& origin, const std::string& scope,
                               const std::string& unit) const {
  int64_t load = 0;
  for (const auto& [ledger, spender] : spenders_) {
    const auto given = spender.given.find({scope, unit});
    if (DomainOf(ledger) == DomainOf(origin) && given != spender.given.end()) load += given->second;
  }
  for (const auto& [name, child] : mandates_.at(origin).scopes) {
    const auto ceiling = child.ceilings.find(unit);
    if (child.parent != scope || ceiling == child.ceilings.end()) continue;
    const int64_t of_child = LoadOf(origin, name, unit);
    load += child.ended ? of_child : std::max(of_child, ceiling->second.quantity);
  }
  return load;
}

absl::Status CeilingAuditor::Check(absl::string_view liar) const {
  for (const auto& [origin, spender] : spenders_) {
    if (DomainOf(origin) == liar) continue;
    for (const auto& [id, act] : spender.acts) {
      const auto given = spender.given.find(act.slice);
      const int64_t most = given == spender.given.end() ? 0 : given->second;
      const int64_t spent = SpentOf(spender, act.slice);
      if (spent > most) {
        return Broken(origin, " spends ", spent, " under ", act.slice.first, ", and was given ",
                      most);
      }
    }
  }
  for (const auto& [origin, mandate] : mandates_) {
    if (DomainOf(origin) == liar) continue;
    for (const auto& [name, scope] : mandate.scopes) {
      for (const auto& [unit, ceiling] : scope.ceilings) {
        const int64_t load = LoadOf(origin, name, unit);
        if (load <= ceiling.quantity) continue;
        return Broken(origin, ": ledgers have ", load, " ", unit, " under ", name,
                      ", more than its ceiling of ", ceiling.quantity);
      }
    }
  }
  return absl::OkStatus();
}

absl::Status CeilingAuditor::CheckEnded(const std::string& origin, const std::string& scope,
                                        const std::string& unit) const {
  const Mandate& mandate = mandates_.at(origin);
  const auto left = mandate.available.find(mandate.scopes.at(scope).ceilings.at(unit).account);
  if (left != mandate.available.end() && left->second != 0) {
    return Broken(origin, ": ", scope, " has ended, and still has ", left->second, " ", unit);
  }
  for (const auto& [ledger, spender] : spenders_) {
    const auto given = spender.given.find({scope, unit});
    if (DomainOf(ledger) != DomainOf(origin) || given == spender.given.end()) continue;
    const int64_t spent = SpentOf(spender, given->first);
    if (given->second == spent) continue;
    return Broken(ledger, ": ", scope, " has ended, and of ", given->second, " ", unit, " ", spent,
                  " are spent");
  }
  return absl::OkStatus();
}

absl::Status CeilingAuditor::CheckAtRest(absl::string_view liar) const {
  for (const auto& [origin, mandate] : mandates_) {
    if (DomainOf(origin) == liar) continue;
    for (const auto& [name, scope] : mandate.scopes) {
      for (const auto& [unit, ceiling] : scope.ceilings) {
        if (scope.ended) {
          RETURN_IF_ERROR(CheckEnded(origin, name, unit));
          continue;
        }
        const auto left = mandate.available.find(ceiling.account);
        const int64_t there =
            (left == mandate.available.end() ? 0 : left->second) + LoadOf(origin, name, unit);
        if (there == ceiling.quantity) continue;
        return Broken(origin, ": of ", ceiling.quantity, " ", unit, " under ", name, " ", there,
                      " are there");
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace ch8::sim
