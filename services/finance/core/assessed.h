#ifndef CH8_SERVICES_FINANCE_CORE_ASSESSED_H_
#define CH8_SERVICES_FINANCE_CORE_ASSESSED_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "services/finance/core/vocabulary.h"
#include "services/kernel/accounts.h"

// Assessed money under Security Council resolution 2719: whether it may be allotted to an operation
// and given at all (rule F-1), and how much of it (rules F-2, F-3). Everything is judged by the
// references that are confirmed and in force on one day.
//
// Thread safety: all functions are pure.
namespace ch8::finance {

using chapter8::mandate::v1::Reference;

// The ceiling of one budget period. It is kept in the books as three accounts: credits of `account`
// are what the budget allows, its debits to `used_account` are what allotments have taken.
struct Ceiling {
  uint32_t account = 0;
  uint32_t source_account = 0;
  uint32_t used_account = 0;
  std::string currency_code;
  int64_t cap_minor = 0;       // floor(approved budget × share).
  int64_t used_minor = 0;      // Allotted.
  int64_t credited_minor = 0;  // What the books allow; above the cap only in a breach.

  bool breached() const { return used_minor > cap_minor; }
  int64_t headroom_minor() const { return breached() ? 0 : cap_minor - used_minor; }
};

// The 2719 state in force; NOT_REQUESTED when no reference says otherwise. Of several, the one
// decided last counts.
Reference::Funding2719 Funding2719On(const v1::Operation& operation, absl::CivilDay day);

// The budget in force, of several the one decided last; null when there is none.
const Reference* BudgetOn(const v1::Operation& operation, absl::CivilDay day);

// The ceiling of its period; nothing without a budget in force.
std::optional<Ceiling> CeilingOn(const v1::Operation& operation, absl::CivilDay day,
                                 const kernel::Accounts& accounts);
// What the period's accounts have, with `budget`'s cap. `kept` are its accounts; a period that has
// none yet has nothing credited or used.
Ceiling CeilingOf(const Reference& budget, const v1::BudgetCeiling& kept,
                  const kernel::Accounts& accounts);
// The ceiling of the period that begins on `first`, with the cap that counts for it today; nothing
// when it has neither a budget nor accounts. Periods do not overlap: the mandate ledger refuses a
// budget that would (OVERLAPPING_BUDGET).
std::optional<Ceiling> CeilingOfPeriod(const v1::Operation& operation, absl::CivilDay first,
                                       const kernel::Accounts& accounts);
// The accounts of the period that begins on `first`; unset when it has none yet.
v1::BudgetCeiling BudgetCeilingOf(const v1::Operation& operation, absl::CivilDay first);
// floor(budget × share); the share is 7500 basis points unless the document says less.
int64_t CapOf(const Reference& budget);

// Rule F-1: activated, and every document in force.
bool IsActivated(const v1::Operation& operation, absl::CivilDay day);
// kFailedPrecondition/NOT_ACTIVATED, whose metadata names what is missing and what is held.
absl::Status NotActivated(const v1::Operation& operation, absl::CivilDay day, std::string instead);

// Rule F-3. Errors: kFailedPrecondition/CEILING_BREACH.
absl::Status CheckNoBreach(const v1::Operation& operation, const Ceiling& ceiling);

// Rules F-3 and F-2 for one more allotment. Errors: kFailedPrecondition/CEILING_BREACH,
// ASSESSED_CAP; kInvalidArgument/CURRENCY_MISMATCH.
absl::Status CheckCeiling(const v1::Operation& operation, const Ceiling& ceiling,
                          const chapter8::type::v1::Money& wanted);

// "AUSSOM", as people say it.
std::string SpokenName(absl::string_view operation);
// "ch8 allotment list --for AUSSOM".
std::string AllotmentListCommand(absl::string_view operation);

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_ASSESSED_H_
