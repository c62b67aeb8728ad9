#ifndef CH8_SERVICES_DIRECTORY_CORE_MACHINE_H_
#define CH8_SERVICES_DIRECTORY_CORE_MACHINE_H_

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/kernel/machine.h"

namespace ch8::directory {

// Decides who takes part and whom this organization trusts: posts, officers, pinned organizations.
// Every event is addressed to the organization itself, so that its other ledgers take it over as a
// fact. Resources, states and refusal reasons: services/directory/README.md.
//
// Thread safety: as kernel::Machine.
class DirectoryMachine final : public kernel::Machine {
 public:
  struct Options {
    // What the node is for; officers are told.
    enum class Purpose { kLive, kExercise };
    Purpose purpose = Purpose::kLive;

    // OK when the certificate authorities of a record parse and may issue: trust::CheckCaBundle.
    // Required; pure, and callable from any thread.
    std::function<absl::Status(absl::string_view ca_bundle_pem)> check_ca_bundle;
  };
  explicit DirectoryMachine(const Options& options);

  absl::string_view domain() const override;
  const kernel::Routes& routes() const override { return routes_; }
  // Refuses everything: a directory takes no entries of other ledgers.
  kernel::Verdict DecideDelivery(const kernel::Context& context, const kernel::Delivered& delivered,
                                 const kernel::State& state) const override;
  std::vector<kernel::Event> DecideDue(const kernel::Context& context,
                                       const kernel::State& state) const override;
  void Apply(const kernel::Applied& applied, kernel::Rows& rows) const override;

 private:
  void AddPostRoutes();
  void AddOfficerRoutes();
  void AddOrganizationRoutes();

  const Options options_;
  kernel::Routes routes_;
};

// The events that follow a directory's genesis: the organization's own record, the post
// `posts/administrator`, and the first administrators, all in force at once.
// Errors: kInvalidArgument when the record is not signed by its own root key, is not that of the
// genesis origin, or fewer than two different persons with different keys are named.
absl::StatusOr<std::vector<kernel::Event>> GenesisEvents(
    const chapter8::ledger::v1::Genesis& genesis);

}  // namespace ch8::directory

#endif  // CH8_SERVICES_DIRECTORY_CORE_MACHINE_H_
