#ifndef CH8_SERVICES_LOGISTICS_CORE_MACHINE_H_
#define CH8_SERVICES_LOGISTICS_CORE_MACHINE_H_

#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/kernel/machine.h"

namespace ch8::logistics {

// The logistics service's pure half: goods, from one organization's depot to another's, counted on
// both sides. Resources, states, invariants and refusals: services/logistics/README.md.
//
// Thread safety: as kernel::Machine.
class LogisticsMachine final : public kernel::Machine {
 public:
  LogisticsMachine();

  absl::string_view domain() const override;
  const kernel::Routes& routes() const override { return routes_; }
  kernel::Verdict DecideDelivery(const kernel::Context& context, const kernel::Delivered& delivered,
                                 const kernel::State& state) const override;
  std::vector<kernel::Event> DecideDue(const kernel::Context& context,
                                       const kernel::State& state) const override;
  void Apply(const kernel::Applied& applied, kernel::Rows& rows) const override;
  std::optional<kernel::WitnessesWanted> WantedWitnesses(
      absl::string_view origin, const kernel::RowReader& rows) const override;

 private:
  kernel::Routes routes_;
};

}  // namespace ch8::logistics

#endif  // CH8_SERVICES_LOGISTICS_CORE_MACHINE_H_
