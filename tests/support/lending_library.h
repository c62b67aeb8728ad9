#ifndef CH8_TESTS_SUPPORT_LENDING_LIBRARY_H_
#define CH8_TESTS_SUPPORT_LENDING_LIBRARY_H_

#include <vector>

#include "services/kernel/machine.h"

namespace ch8::testing {

// A domain of its own in as few lines as the frame allows: what every service must write, and
// nothing that the frame should have written. Its lines are counted in a test.
class LendingMachine final : public kernel::Machine {
 public:
  LendingMachine();

  absl::string_view domain() const override { return "lending.chapter8"; }
  const kernel::Routes& routes() const override { return routes_; }
  kernel::Verdict DecideDelivery(const kernel::Context&, const kernel::Delivered&,
                                 const kernel::State&) const override {
    return {
        .verdict = chapter8::ledger::v1::Delivery::REFUSE, .reason = "NO_LENDING", .events = {}};
  }
  std::vector<kernel::Event> DecideDue(const kernel::Context&,
                                       const kernel::State&) const override {
    return {};
  }
  void Apply(const kernel::Applied& applied, kernel::Rows& rows) const override;

 private:
  kernel::Routes routes_;
};

}  // namespace ch8::testing

#endif  // CH8_TESTS_SUPPORT_LENDING_LIBRARY_H_
