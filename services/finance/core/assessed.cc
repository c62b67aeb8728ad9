#include "services/finance/core/assessed.h"

#include <array>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/finance/core/conversion.h"
#include "services/kernel/fields.h"
#include "services/kernel/money.h"
#include "services/kernel/names.h"
#include "services/kernel/refusal.h"
#include "storage/base/status_macros.h"

namespace ch8::finance {
namespace {

constexpr uint32_t kShareDefaultBp = 7'500;

struct Needed {
  Reference::Kind kind;
  absl::string_view label;
};

// What assessed money needs beside activation, in the order in which it comes about.
constexpr std::array<Needed, 6> kNeeded = {{
    {Reference::AU_PSC_REQUEST, "AU PSC request"},
    {Reference::EXIT_STRATEGY, "exit strategy"},
    {Reference::BUDGET_APPROVAL, "budget approval"},
    {Reference::DUE_DILIGENCE, "HRDDP clearance"},
    {Reference::UNSC_RESOLUTION, "Council resolution"},
    {Reference::APPROPRIATION, "GA appropriation"},
}};

bool InForce(const Reference& reference, absl::CivilDay day) {
  if (reference.state() != Reference::CONFIRMED) return false;
  const std::optional<absl::CivilDay> from = kernel::DayOf(reference.valid_from());
  const std::optional<absl::CivilDay> to = kernel::DayOf(reference.valid_to());
  return from.has_value() && to.has_value() && *from <= day && day <= *to;
}

// Of those in force the one decided last; entered later wins within a day.
const Reference* LatestInForce(const v1::Operation& operation, Reference::Kind kind,
                               absl::CivilDay day) {
  const Reference* latest = nullptr;
  for (const Reference& reference : operation.references()) {
    if (reference.kind() != kind || !InForce(reference, day)) continue;
    if (latest == nullptr ||
        kernel::DayOf(reference.decided_on()) >= kernel::DayOf(latest->decided_on())) {
      latest = &reference;
    }
  }
  return latest;
}

// What rule F-1 asks for and the operation lacks, and what it has of that.
struct Grounds {
  std::vector<absl::string_view> missing;
  std::vector<absl::string_view> held;
};
Grounds GroundsOf(const v1::Operation& operation, absl::CivilDay day) {
  Grounds grounds;
  if (Funding2719On(operation, day) != Reference::ACTIVATED) {
    grounds.missing.push_back("Council activation");
  }
  for (const Needed& needed : kNeeded) {
    const bool in_force = LatestInForce(operation, needed.kind, day) != nullptr;
    (in_force ? grounds.held : grounds.missing).push_back(needed.label);
  }
  return grounds;
}

}  // namespace

std::string SpokenName(absl::string_view operation) {
  return absl::AsciiStrToUpper(kernel::IdOf(operation));
}

std::string AllotmentListCommand(absl::string_view operation) {
  return absl::StrCat("ch8 allotment list --for ", SpokenName(operation));
}

Reference::Funding2719 Funding2719On(const v1::Operation& operation, absl::CivilDay day) {
  const Reference* latest = LatestInForce(operation, Reference::FUNDING_2719, day);
  return latest == nullptr ? Reference::NOT_REQUESTED : latest->funding_2719();
}

const Reference* BudgetOn(const v1::Operation& operation, absl::CivilDay day) {
  return LatestInForce(operation, Reference::BUDGET_APPROVAL, day);
}

int64_t CapOf(const Reference& budget) {
  const uint32_t share_bp =
      budget.assessed_share_bp() == 0 ? kShareDefaultBp : budget.assessed_share_bp();
  return ShareOf(budget.budget().amount_minor(), share_bp);
}

v1::BudgetCeiling BudgetCeilingOf(const v1::Operation& operation, absl::CivilDay first) {
  for (const v1::BudgetCeiling& ceiling : operation.budget_ceilings()) {
    if (kernel::DayOf(ceiling.valid_from()) == first) return ceiling;
  }
  return v1::BudgetCeiling();
}

Ceiling CeilingOf(const Reference& budget, const v1::BudgetCeiling& kept,
                  const kernel::Accounts& accounts) {
  Ceiling ceiling{.account = kept.account(),
                  .source_account = kept.source_account(),
                  .used_account = kept.used_account(),
                  .currency_code = budget.budget().currency_code(),
                  .cap_minor = CapOf(budget)};
  const absl::StatusOr<kernel::Balance> source = accounts.Find(ceiling.source_account);
  const absl::StatusOr<kernel::Balance> used = accounts.Find(ceiling.used_account);
  if (!source.ok() || !used.ok()) return ceiling;  // A period that is new.
  ceiling.credited_minor = static_cast<int64_t>(source->debits_posted - source->credits_posted);
  ceiling.used_minor = used->available();
  return ceiling;
}

std::optional<Ceiling> CeilingOfPeriod(const v1::Operation& operation, absl::CivilDay first,
                                       const kernel::Accounts& accounts) {
  const v1::BudgetCeiling kept = BudgetCeilingOf(operation, first);
  const Reference* counting = BudgetOn(operation, first);
  if (counting == nullptr && kept.name().empty()) return std::nullopt;
  return CeilingOf(counting == nullptr ? Reference() : *counting, kept, accounts);
}

std::optional<Ceiling> CeilingOn(const v1::Operation& operation, absl::CivilDay day,
                                 const kernel::Accounts& accounts) {
  const Reference* budget = BudgetOn(operation, day);
  if (budget == nullptr) return std::nullopt;
  return CeilingOfPeriod(operation, kernel::DayOf(budget->valid_from()).value_or(day), accounts);
}

bool IsActivated(const v1::Operation& operation, absl::CivilDay day) {
  return GroundsOf(operation, day).missing.empty();
}

absl::Status NotActivated(const v1::Operation& operation, absl::CivilDay day, std::string instead) {
  const Reference::Funding2719 state = Funding2719On(operation, day);
  const Grounds grounds = GroundsOf(operation, day);
  const std::string missing = absl::StrJoin(grounds.missing, ", ");
  const std::string state_name = Reference::Funding2719_Name(state);
  const std::string what = state == Reference::ACTIVATED
                               ? absl::StrCat("ACTIVATED, but not in force: ", missing)
                               : absl::StrCat(state_name, ", must be ACTIVATED");
  return kernel::NotNow(
      "NOT_ACTIVATED", absl::StrCat("2719 funding of ", SpokenName(operation.name()), " is ", what),
      {{"rule", "F-1"},
       {"operation", operation.name()},
       {"funding_2719", state_name},
       {"missing", missing},
       {"held", absl::StrJoin(grounds.held, ", ")},
       {"instead", std::move(instead)}});
}

absl::Status CheckNoBreach(const v1::Operation& operation, const Ceiling& ceiling) {
  if (!ceiling.breached()) return absl::OkStatus();
  return kernel::NotNow(
      "CEILING_BREACH",
      absl::StrCat("assessed money of ", SpokenName(operation.name()), " stands at ",
                   kernel::FormatAmount(ceiling.currency_code, ceiling.used_minor),
                   ", above its cap of ",
                   kernel::FormatAmount(ceiling.currency_code, ceiling.cap_minor),
                   " since the budget was lowered"),
      {{"rule", "F-3"},
       {"operation", operation.name()},
       {"cap", absl::StrCat(ceiling.cap_minor)},
       {"used", absl::StrCat(ceiling.used_minor)},
       {"currency", ceiling.currency_code},
       {"instead", AllotmentListCommand(operation.name())}});
}

absl::Status CheckCeiling(const v1::Operation& operation, const Ceiling& ceiling,
                          const chapter8::type::v1::Money& wanted) {
  RETURN_IF_ERROR(CheckNoBreach(operation, ceiling));
  RETURN_IF_ERROR(kernel::CheckSameCurrency(ceiling.currency_code, wanted.currency_code(),
                                            "the budget that caps assessed money"));
  const int64_t headroom_minor = ceiling.headroom_minor();
  if (wanted.amount_minor() <= headroom_minor) return absl::OkStatus();
  return kernel::NotNow(
      "ASSESSED_CAP",
      absl::StrCat(kernel::FormatMoney(wanted), " is more than the ",
                   kernel::FormatAmount(ceiling.currency_code, headroom_minor),
                   " that the cap on assessed money of ", SpokenName(operation.name()), ", ",
                   kernel::FormatAmount(ceiling.currency_code, ceiling.cap_minor), ", leaves"),
      {{"rule", "F-2"},
       {"operation", operation.name()},
       {"cap", absl::StrCat(ceiling.cap_minor)},
       {"used", absl::StrCat(ceiling.used_minor)},
       {"available", absl::StrCat(headroom_minor)},
       {"wanted", absl::StrCat(wanted.amount_minor())},
       {"currency", ceiling.currency_code},
       {"instead", AllotmentListCommand(operation.name())}});
}

}  // namespace ch8::finance
