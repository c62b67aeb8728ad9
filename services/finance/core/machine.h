#ifndef CH8_SERVICES_FINANCE_CORE_MACHINE_H_
#define CH8_SERVICES_FINANCE_CORE_MACHINE_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "services/kernel/machine.h"

namespace ch8::finance {

// The finance service's pure half: money for operations, from a donor's pledge to the receiving
// organization's budget line. Resources, states, invariants and refusals:
// services/finance/README.md.
//
// Thread safety: as kernel::Machine.
class FinanceMachine final : public kernel::Machine {
 public:
  FinanceMachine();

  absl::string_view domain() const override;
  const kernel::Routes& routes() const override { return routes_; }
  kernel::Verdict DecideDelivery(const kernel::Context& context, const kernel::Delivered& delivered,
                                 const kernel::State& state) const override;
  std::vector<kernel::Event> DecideFact(const chapter8::mandate::v1::MandateEvent& fact,
                                        const kernel::State& state) const override;
  std::vector<kernel::Event> DecideDue(const kernel::Context& context,
                                       const kernel::State& state) const override;
  void Apply(const kernel::Applied& applied, kernel::Rows& rows) const override;

 private:
  kernel::Routes routes_;
};

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_MACHINE_H_
