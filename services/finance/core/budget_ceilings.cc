#include "services/finance/core/budget_ceilings.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/books/postings.h"
#include "services/kernel/fields.h"
#include "services/kernel/mandate_facts.h"
#include "services/kernel/names.h"

namespace ch8::finance {
namespace {

using chapter8::books::v1::AccountOpened;
using kernel::Event;
using kernel::State;
using v1::BudgetCeiling;
using v1::Operation;

std::string CollectionOf(absl::string_view operation) {
  return absl::StrCat("budgetCeilings/", kernel::IdOf(operation), "/");
}

BudgetCeiling OpenCeiling(const Reference& budget, absl::CivilDay first,
                          const kernel::Accounts& accounts, Event& event) {
  BudgetCeiling ceiling;
  ceiling.set_name(absl::StrCat(CollectionOf(budget.operation()), absl::FormatCivilTime(first)));
  *ceiling.mutable_valid_from() = budget.valid_from();
  ceiling.set_account(accounts.next_account());
  ceiling.set_source_account(ceiling.account() + 1);
  ceiling.set_used_account(ceiling.account() + 2);
  const std::string& unit = budget.budget().currency_code();
  books::OpenAccount({ceiling.account(), unit, AccountOpened::CREDIT_BALANCE}, event);
  books::OpenAccount({ceiling.source_account(), unit, AccountOpened::NONE}, event);
  books::OpenAccount({ceiling.used_account(), unit, AccountOpened::NONE}, event);
  return ceiling;
}

// Moves the books' ceiling to its cap, as far as it is not used.
void MoveCeiling(const Ceiling& ceiling, Event& event) {
  const int64_t change_minor = ceiling.cap_minor - ceiling.credited_minor;
  if (change_minor > 0) {
    books::Move({ceiling.source_account, ceiling.account}, static_cast<uint64_t>(change_minor),
                event);
    return;
  }
  const int64_t free_minor = ceiling.credited_minor - ceiling.used_minor;
  const int64_t lowered_minor = std::min(-change_minor, free_minor);
  if (lowered_minor <= 0) return;
  books::Move({ceiling.account, ceiling.source_account}, static_cast<uint64_t>(lowered_minor),
              event);
}

}  // namespace

std::vector<Event> DecideBudgetFact(const chapter8::mandate::v1::MandateEvent& fact,
                                    const State& state) {
  const Reference& budget = fact.reference_recorded();
  const std::optional<absl::CivilDay> first = kernel::DayOf(budget.valid_from());
  if (budget.kind() != Reference::BUDGET_APPROVAL || budget.state() != Reference::CONFIRMED ||
      !first.has_value()) {
    return {};
  }
  Operation operation;
  operation.set_name(budget.operation());
  operation = WithGrounds(std::move(operation), state.rows);
  *operation.add_references() = budget;
  const Reference* const counting = BudgetOn(operation, *first);
  if (counting == nullptr) return {};
  Event event;
  BudgetCeiling kept = BudgetCeilingOf(operation, *first);
  if (kept.name().empty()) kept = OpenCeiling(budget, *first, state.accounts, event);
  const Ceiling ceiling = CeilingOf(*counting, kept, state.accounts);
  MoveCeiling(ceiling, event);
  v1::FinanceEvent moved;
  *moved.mutable_budget_ceiling_moved()->mutable_budget_ceiling() = kept;
  moved.mutable_budget_ceiling_moved()->set_reference(budget.name());
  moved.mutable_budget_ceiling_moved()->set_ceiling_breach(ceiling.breached());
  event.entry.set_domain_event(moved.SerializeAsString());
  return {std::move(event)};
}

void TakeFromCeiling(const Ceiling& ceiling, uint64_t quantity, Event& event) {
  books::Move({ceiling.account, ceiling.used_account}, quantity, event);
}

void ReturnToCeiling(const Ceiling& ceiling, uint64_t quantity, Event& event) {
  books::Move({ceiling.used_account, ceiling.account}, quantity, event);
  Ceiling after = ceiling;
  after.used_minor -= static_cast<int64_t>(quantity);
  MoveCeiling(after, event);
}

Operation WithGrounds(Operation operation, const kernel::RowReader& rows) {
  for (Reference& reference : kernel::ReferencesOf(rows, operation.name())) {
    *operation.add_references() = std::move(reference);
  }
  kernel::TableReader<BudgetCeiling>(rows).Scan(CollectionOf(operation.name()), "",
                                                [&](const BudgetCeiling& row) {
                                                  *operation.add_budget_ceilings() = row;
                                                  return true;
                                                });
  return operation;
}

void ApplyBudgetCeilingMoved(const v1::FinanceEvent::BudgetCeilingMoved& event,
                             kernel::Rows& rows) {
  kernel::PutRow(rows, event.budget_ceiling());
}

}  // namespace ch8::finance
