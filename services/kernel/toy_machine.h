#ifndef CH8_SERVICES_KERNEL_TOY_MACHINE_H_
#define CH8_SERVICES_KERNEL_TOY_MACHINE_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "google/protobuf/message.h"
#include "services/kernel/machine.h"
#include "storage/base/ed25519.h"
#include "storage/ledger/genesis.h"

// A machine with a little of everything that kernel and sequencer serve, and a ledger's worth of
// officers to call it. For tests, and for measuring what the domains above do not cost.
namespace ch8::kernel::toy {

inline constexpr absl::string_view kOrigin = "un.example/ch8/toy";
inline constexpr absl::string_view kDirectoryOrigin = "un.example/ch8/directory";
inline constexpr absl::string_view kCreatePost =
    "/chapter8.directory.v1.DirectoryService/CreatePost";
inline constexpr absl::string_view kConfirmPost =
    "/chapter8.directory.v1.DirectoryService/ConfirmPost";
inline constexpr absl::string_view kGetPost = "/chapter8.directory.v1.DirectoryService/GetPost";
inline constexpr absl::string_view kListPosts = "/chapter8.directory.v1.DirectoryService/ListPosts";
inline constexpr absl::string_view kOpenAccounts =
    "/chapter8.books.v1.TransferService/OpenAccounts";
inline constexpr absl::string_view kPostTransfers =
    "/chapter8.books.v1.TransferService/PostTransfers";
inline constexpr absl::string_view kGetBalance = "/chapter8.books.v1.TransferService/GetBalance";

// Posts that one person creates and another confirms, accounts, and balances.
//
//   CreatePost    INVALID_ARGUMENT/NO_TITLE; FAILED_PRECONDITION/POST_EXISTS. A post titled "step"
//                 logs a RESERVE instead of a post; one titled "hold" becomes due a minute later.
//   ConfirmPost   NOT_FOUND; FAILED_PRECONDITION/SAME_PERSON
//   GetPost, ListPosts  from the snapshot
//   OpenAccounts  accounts that bulk rows may name
//   GetBalance    through the sequencer; NOT_FOUND
//
// A delivered post is taken; one titled "needs posts/x" is deferred until posts/x exists here. A
// delivered step is answered by a step of our own. Everything else is refused as NOT_A_POST.
class ToyMachine final : public Machine {
 public:
  static constexpr absl::Duration kHoldDuration = absl::Minutes(1);

  // Every post created is addressed to `recipients`, trust domains.
  explicit ToyMachine(std::vector<std::string> recipients = {});

  absl::string_view domain() const override { return "toy.chapter8"; }
  const Routes& routes() const override { return routes_; }
  Verdict DecideDelivery(const Context& context, const Delivered& delivered,
                         const State& state) const override;
  std::vector<Event> DecideDue(const Context& context, const State& state) const override;
  void Apply(const Applied& applied, Rows& rows) const override;

 private:
  void AddPosts();
  void AddAccounts();

  const std::vector<std::string> recipients_;
  Routes routes_;
};

Genesis ToyGenesis();

// The key that signs the acts of `officer`, e.g. "ada".
SigningKey KeyOf(absl::string_view officer);

chapter8::directory::v1::Post ActivePost(absl::string_view id, chapter8::authz::v1::Role role);
chapter8::directory::v1::Officer ActiveOfficer(absl::string_view id, uint64_t person,
                                               const std::vector<std::string>& posts);
// The entries that make them known to a ledger.
Event FactOf(const chapter8::directory::v1::Post& post);
Event FactOf(const chapter8::directory::v1::Officer& officer);

// Administrators ada (person 1) and grace (2), bookkeeper bob (3), and their posts.
std::vector<Event> FirstFacts();

// A request as the edge would hand it on, of un.example's `officer`. request_id, post and
// validate_only are read from the request where it has them.
Command UnsignedCommand(absl::string_view officer, absl::string_view method,
                        const google::protobuf::Message& request);
Command SignedCommand(absl::string_view officer, absl::string_view method,
                      const google::protobuf::Message& request, absl::Time not_after);

}  // namespace ch8::kernel::toy

#endif  // CH8_SERVICES_KERNEL_TOY_MACHINE_H_
