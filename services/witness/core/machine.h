#ifndef CH8_SERVICES_WITNESS_CORE_MACHINE_H_
#define CH8_SERVICES_WITNESS_CORE_MACHINE_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/kernel/machine.h"

namespace ch8::witness {

// How long a ledger's head is not logged again after one was.
inline constexpr absl::Duration kLogEvery = absl::Minutes(10);

// The witness service's pure half: it logs the heads that were cosigned (heads.h judges them), so
// that the organization itself is held to what it has seen. A head of another witness's ledger is
// cosigned and never logged: it would cover nothing but heads, ours among them, and the two ledgers
// would grow by each other for ever. Resources and refusals: services/witness/README.md.
//
// Thread safety: as kernel::Machine.
class WitnessMachine final : public kernel::Machine {
 public:
  WitnessMachine();

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

}  // namespace ch8::witness

#endif  // CH8_SERVICES_WITNESS_CORE_MACHINE_H_
