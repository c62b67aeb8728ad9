#ifndef CH8_SERVICES_INFORMATION_CORE_MACHINE_H_
#define CH8_SERVICES_INFORMATION_CORE_MACHINE_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "services/kernel/machine.h"

namespace ch8::information {

// The information service's pure half: what is known, shared with those who may know it, and taken
// back from them. Resources, states, invariants and refusals: services/information/README.md.
//
// Thread safety: as kernel::Machine.
class InformationMachine final : public kernel::Machine {
 public:
  InformationMachine();

  absl::string_view domain() const override;
  const kernel::Routes& routes() const override { return routes_; }
  kernel::Verdict DecideDelivery(const kernel::Context& context, const kernel::Delivered& delivered,
                                 const kernel::State& state) const override;
  std::vector<kernel::Event> DecideDue(const kernel::Context& context,
                                       const kernel::State& state) const override;
  void Apply(const kernel::Applied& applied, kernel::Rows& rows) const override;
  bool MayFetchBody(absl::string_view trust_domain, const Hash& digest,
                    const kernel::RowReader& rows) const override;
  bool NamesBody(const Hash& digest, const kernel::RowReader& rows) const override;
  std::vector<kernel::WantedBody> WantedBodies(const kernel::RowReader& rows) const override;

 private:
  kernel::Routes routes_;
};

}  // namespace ch8::information

#endif  // CH8_SERVICES_INFORMATION_CORE_MACHINE_H_
