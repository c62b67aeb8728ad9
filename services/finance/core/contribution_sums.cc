#include "services/finance/core/contribution_sums.h"

#include "services/finance/core/conversion.h"

namespace ch8::finance {

using v1::Contribution;

ContributionSums SumsOf(const Contribution& contribution) {
  ContributionSums sums;
  switch (contribution.state()) {
    case Contribution::PLEDGED:
      sums.pledged_minor = contribution.amount_minor();
      return sums;
    case Contribution::COMMITTED:
    case Contribution::PARTIALLY_PAID:
    case Contribution::PAID:
      if (contribution.form() == Contribution::IN_KIND) {
        sums.in_kind_minor = contribution.amount_minor();
      } else {
        sums.committed_minor = contribution.amount_minor();
        sums.received_minor = contribution.paid_minor();
      }
      return sums;
    default:
      return sums;
  }
}

std::optional<ContributionSums> Plus(const ContributionSums& sums, const ContributionSums& change) {
  const auto pledged = CheckedAdd(sums.pledged_minor, change.pledged_minor);
  const auto committed = CheckedAdd(sums.committed_minor, change.committed_minor);
  const auto in_kind = CheckedAdd(sums.in_kind_minor, change.in_kind_minor);
  const auto received = CheckedAdd(sums.received_minor, change.received_minor);
  if (!pledged || !committed || !in_kind || !received) return std::nullopt;
  return ContributionSums{.pledged_minor = *pledged,
                          .committed_minor = *committed,
                          .in_kind_minor = *in_kind,
                          .received_minor = *received};
}

ContributionSums Difference(const ContributionSums& after, const ContributionSums& before) {
  return ContributionSums{.pledged_minor = after.pledged_minor - before.pledged_minor,
                          .committed_minor = after.committed_minor - before.committed_minor,
                          .in_kind_minor = after.in_kind_minor - before.in_kind_minor,
                          .received_minor = after.received_minor - before.received_minor};
}

}  // namespace ch8::finance
