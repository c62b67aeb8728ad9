#ifndef CH8_SERVICES_TRAINING_CORE_MACHINE_H_
#define CH8_SERVICES_TRAINING_CORE_MACHINE_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "services/kernel/machine.h"

namespace ch8::training {

// The training service's pure half: joint exercises, with the venues, instructors and seats that
// organizations give each other for them. Resources, states, invariants and refusals:
// services/training/README.md.
//
// Thread safety: as kernel::Machine.
class TrainingMachine final : public kernel::Machine {
 public:
  TrainingMachine();

  absl::string_view domain() const override;
  const kernel::Routes& routes() const override { return routes_; }
  kernel::Verdict DecideDelivery(const kernel::Context& context, const kernel::Delivered& delivered,
                                 const kernel::State& state) const override;
  std::vector<kernel::Event> DecideDue(const kernel::Context& context,
                                       const kernel::State& state) const override;
  void Apply(const kernel::Applied& applied, kernel::Rows& rows) const override;

 private:
  kernel::Routes routes_;
};

}  // namespace ch8::training

#endif  // CH8_SERVICES_TRAINING_CORE_MACHINE_H_
