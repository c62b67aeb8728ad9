#ifndef CH8_SERVICES_MANDATE_CORE_SCOPE_H_
#define CH8_SERVICES_MANDATE_CORE_SCOPE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "services/mandate/core/vocabulary.h"

// What a decision or delegation covers, and whether one lies within another (rule A-2).
//
// Thread safety: all functions are pure.
namespace ch8::mandate {

struct Scope {
  std::string name;  // "decisions/sres-2809"
  std::string operation;
  absl::CivilDay from;
  absl::CivilDay to;
  v1::UseOfForce use_of_force = v1::USE_OF_FORCE_UNSPECIFIED;
  std::vector<std::string> places;  // Empty: everywhere.
  std::vector<v1::Ceiling> ceilings;
  bool sub_delegable = false;
};

// Nothing when a date is none.
std::optional<Scope> ScopeOf(const v1::Decision& decision);
std::optional<Scope> ScopeOf(const v1::Delegation& delegation);

// The ceiling in `unit`; null when the scope has none.
const v1::Ceiling* FindCeiling(const Scope& scope, absl::string_view unit);

// How `child` reaches beyond `parent`: the first dimension, in the order USE_OF_FORCE, DATES,
// PLACES, CEILING. Nothing when it lies within. A ceiling is measured against the parent's whole,
// whatever is left of it.
struct Excess {
  std::string dimension;
  std::string available;
  std::string wanted;
};
std::optional<Excess> ExcessOver(const Scope& parent, const Scope& child);

// Required fields, as both kinds have them. Errors: kInvalidArgument/BAD_FIELD, BAD_DATES,
// BAD_CEILING.
absl::Status CheckDates(const chapter8::type::v1::Date& from, const chapter8::type::v1::Date& to);
absl::Status CheckUseOfForce(v1::UseOfForce use_of_force);
absl::Status CheckPlaces(const std::vector<std::string>& places);
absl::Status CheckCeiling(const v1::Ceiling& ceiling);
// Each unit once.
absl::Status CheckCeilings(const std::vector<v1::Ceiling>& ceilings);

// "USD 1,000.00" or "680 person-police".
std::string FormatQuantity(absl::string_view unit, int64_t quantity);

}  // namespace ch8::mandate

#endif  // CH8_SERVICES_MANDATE_CORE_SCOPE_H_
