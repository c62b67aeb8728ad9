#include "services/mandate/core/scope.h"

#include <algorithm>
#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "services/kernel/fields.h"
#include "services/kernel/money.h"
#include "storage/base/status_macros.h"

namespace ch8::mandate {
namespace {

constexpr size_t kPlacesMax = 100;
constexpr size_t kCeilingsMax = 16;
constexpr size_t kUnitSizeMax = 32;  // As the books'.
// What comes back to a ceiling is credited to it again: the sum must stay below the books' limit.
constexpr uint64_t kQuantityMax = 1'000'000'000'000'000;

template <typename Resource>
std::optional<Scope> ScopeFrom(const Resource& resource) {
  const std::optional<absl::CivilDay> from = kernel::DayOf(resource.valid_from());
  const std::optional<absl::CivilDay> to = kernel::DayOf(resource.valid_to());
  if (!from.has_value() || !to.has_value()) return std::nullopt;
  return Scope{.name = resource.name(),
               .operation = resource.operation(),
               .from = *from,
               .to = *to,
               .use_of_force = resource.use_of_force(),
               .places = {resource.places().begin(), resource.places().end()},
               .ceilings = {resource.ceilings().begin(), resource.ceilings().end()},
               .sub_delegable = true};
}

// A UN/LOCODE lies within its country, "SOKMU" within "SO".
bool Covers(const std::vector<std::string>& places, const std::string& place) {
  if (places.empty()) return true;
  return std::any_of(places.begin(), places.end(), [&](const std::string& covered) {
    return covered == place || (covered.size() == 2 && place.substr(0, 2) == covered);
  });
}

bool IsPlace(absl::string_view place) {
  if (place.size() != 2 && place.size() != 5) return false;
  return std::all_of(place.begin(), place.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return absl::ascii_isupper(byte) || absl::ascii_isdigit(byte);
  });
}

std::string Period(const Scope& scope) {
  return absl::StrCat(absl::FormatCivilTime(scope.from), " to ", absl::FormatCivilTime(scope.to));
}

std::string PlacesText(const Scope& scope) {
  return scope.places.empty() ? "everywhere" : absl::StrJoin(scope.places, " ");
}

}  // namespace

std::optional<Scope> ScopeOf(const v1::Decision& decision) { return ScopeFrom(decision); }

std::optional<Scope> ScopeOf(const v1::Delegation& delegation) {
  std::optional<Scope> scope = ScopeFrom(delegation);
  if (scope.has_value()) scope->sub_delegable = delegation.sub_delegable();
  return scope;
}

const v1::Ceiling* FindCeiling(const Scope& scope, absl::string_view unit) {
  for (const v1::Ceiling& ceiling : scope.ceilings) {
    if (ceiling.unit() == unit) return &ceiling;
  }
  return nullptr;
}

std::optional<Excess> ExcessOver(const Scope& parent, const Scope& child) {
  if (child.use_of_force > parent.use_of_force) {
    return Excess{"USE_OF_FORCE", v1::UseOfForce_Name(parent.use_of_force),
                  v1::UseOfForce_Name(child.use_of_force)};
  }
  if (child.from < parent.from || child.to > parent.to) {
    return Excess{"DATES", Period(parent), Period(child)};
  }
  const bool everywhere = child.places.empty() && !parent.places.empty();
  for (const std::string& place : child.places) {
    if (!Covers(parent.places, place)) return Excess{"PLACES", PlacesText(parent), place};
  }
  if (everywhere) return Excess{"PLACES", PlacesText(parent), PlacesText(child)};
  for (const v1::Ceiling& ceiling : child.ceilings) {
    const v1::Ceiling* of_parent = FindCeiling(parent, ceiling.unit());
    const uint64_t available = of_parent == nullptr ? 0 : of_parent->quantity();
    if (ceiling.quantity() > available) {
      return Excess{"CEILING", FormatQuantity(ceiling.unit(), static_cast<int64_t>(available)),
                    FormatQuantity(ceiling.unit(), static_cast<int64_t>(ceiling.quantity()))};
    }
  }
  return std::nullopt;
}

absl::Status CheckDates(const chapter8::type::v1::Date& from, const chapter8::type::v1::Date& to) {
  const std::optional<absl::CivilDay> first = kernel::DayOf(from);
  const std::optional<absl::CivilDay> last = kernel::DayOf(to);
  if (!first.has_value() || !last.has_value()) {
    return kernel::Invalid("BAD_DATES", "the dates must be days of the calendar; none is left open",
                           {{"rule", "A-3"}});
  }
  if (*first <= *last) return absl::OkStatus();
  return kernel::Invalid("BAD_DATES", "the first day lies after the last", {{"rule", "A-3"}});
}

absl::Status CheckUseOfForce(v1::UseOfForce use_of_force) {
  if (use_of_force != v1::USE_OF_FORCE_UNSPECIFIED && v1::UseOfForce_IsValid(use_of_force)) {
    return absl::OkStatus();
  }
  return kernel::BadField("resource.use_of_force", "is missing or unknown");
}

absl::Status CheckPlaces(const std::vector<std::string>& places) {
  if (places.size() > kPlacesMax) {
    return kernel::BadField("resource.places", absl::StrCat("are more than ", kPlacesMax));
  }
  const bool good = std::all_of(places.begin(), places.end(), IsPlace);
  return good ? absl::OkStatus()
              : kernel::BadField("resource.places", "must be UN/LOCODEs or country codes");
}

absl::Status CheckCeiling(const v1::Ceiling& ceiling) {
  const std::string& unit = ceiling.unit();
  const bool words = !unit.empty() && unit.size() <= kUnitSizeMax &&
                     std::all_of(unit.begin(), unit.end(), [](char c) {
                       return absl::ascii_islower(static_cast<unsigned char>(c)) || c == '-';
                     });
  if (!words && !kernel::MinorUnitDecimals(unit).has_value()) {
    return kernel::Invalid("BAD_CEILING",
                           "a ceiling's unit is a currency or words of a-z and hyphens",
                           {{"field", "ceiling.unit"}});
  }
  if (ceiling.quantity() > 0 && ceiling.quantity() <= kQuantityMax) return absl::OkStatus();
  return kernel::Invalid("BAD_CEILING",
                         "a ceiling's quantity must be more than zero and at most 10^15",
                         {{"field", "ceiling.quantity"}});
}

absl::Status CheckCeilings(const std::vector<v1::Ceiling>& ceilings) {
  if (ceilings.size() > kCeilingsMax) {
    return kernel::Invalid("BAD_CEILING", absl::StrCat("more than ", kCeilingsMax, " ceilings"));
  }
  std::set<std::string> units;
  for (const v1::Ceiling& ceiling : ceilings) {
    RETURN_IF_ERROR(CheckCeiling(ceiling));
    if (!units.insert(ceiling.unit()).second) {
      return kernel::Invalid("BAD_CEILING", "a unit has two ceilings", {{"unit", ceiling.unit()}});
    }
  }
  return absl::OkStatus();
}

std::string FormatQuantity(absl::string_view unit, int64_t quantity) {
  if (kernel::MinorUnitDecimals(unit).has_value()) return kernel::FormatAmount(unit, quantity);
  return absl::StrCat(quantity, " ", unit);
}

}  // namespace ch8::mandate
