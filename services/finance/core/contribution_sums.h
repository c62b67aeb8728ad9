#ifndef CH8_SERVICES_FINANCE_CORE_CONTRIBUTION_SUMS_H_
#define CH8_SERVICES_FINANCE_CORE_CONTRIBUTION_SUMS_H_

#include <cstdint>
#include <optional>

#include "services/finance/core/vocabulary.h"

// What contributions add to the sums of their fund (rules F-11, F-12).
//
// Thread safety: all functions are pure.
namespace ch8::finance {

struct ContributionSums {
  int64_t pledged_minor = 0;    // Beside every total.
  int64_t committed_minor = 0;  // In money; what is paid of it included.
  int64_t in_kind_minor = 0;    // Committed at fair value; never spendable.
  int64_t received_minor = 0;   // Cash paid in.
};

// What one contribution adds in its state.
ContributionSums SumsOf(const v1::Contribution& contribution);

// sums + change, member by member; nothing when one does not fit.
std::optional<ContributionSums> Plus(const ContributionSums& sums, const ContributionSums& change);
// The change from `before` to `after`.
ContributionSums Difference(const ContributionSums& after, const ContributionSums& before);

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_CONTRIBUTION_SUMS_H_
