#include "services/directory/core/machine.h"

#include <utility>

#include "chapter8/directory/v1/directory.pb.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "services/directory/core/officers.h"
#include "services/directory/core/organizations.h"
#include "services/directory/core/posts.h"
#include "services/directory/core/rules.h"
#include "services/kernel/authority.h"
#include "storage/base/check.h"

namespace ch8::directory {
namespace {

// Path of an rpc of the directory.
std::string Rpc(absl::string_view name) {
  return absl::StrCat("/chapter8.directory.v1.DirectoryService/", name);
}

}  // namespace

namespace v1 = chapter8::directory::v1;

DirectoryMachine::DirectoryMachine(const Options& options) : options_(options) {
  Check(options_.check_ca_bundle != nullptr, "a directory needs a check of CA bundles");
  AddPostRoutes();
  AddOfficerRoutes();
  AddOrganizationRoutes();
}

void DirectoryMachine::AddPostRoutes() {
  constexpr auto kSnapshot = kernel::ReadPath::kSnapshot;
  routes_.AddCommand<v1::CreatePostRequest>(Rpc("CreatePost"), CreatePost);
  routes_.AddCommand<v1::ConfirmPostRequest>(Rpc("ConfirmPost"), ConfirmPost);
  routes_.AddRead<v1::GetPostRequest>(Rpc("GetPost"), kSnapshot, GetPost);
  routes_.AddRead<v1::ListPostsRequest>(Rpc("ListPosts"), kSnapshot, ListPosts);
}

void DirectoryMachine::AddOfficerRoutes() {
  constexpr auto kSnapshot = kernel::ReadPath::kSnapshot;
  routes_.AddCommand<v1::CreateOfficerRequest>(Rpc("CreateOfficer"), CreateOfficer);
  routes_.AddCommand<v1::ConfirmOfficerRequest>(Rpc("ConfirmOfficer"), ConfirmOfficer);
  routes_.AddCommand<v1::SuspendOfficerRequest>(Rpc("SuspendOfficer"), SuspendOfficer);
  routes_.AddCommand<v1::AppointActingRequest>(Rpc("AppointActing"), AppointActing);
  routes_.AddCommand<v1::ConfirmActingRequest>(Rpc("ConfirmActing"), ConfirmActing);
  routes_.AddRead<v1::GetOfficerRequest>(Rpc("GetOfficer"), kSnapshot, GetOfficer);
  routes_.AddRead<v1::ListOfficersRequest>(Rpc("ListOfficers"), kSnapshot, ListOfficers);
  routes_.AddRead<v1::WhoAmIRequest>(
      Rpc("WhoAmI"), kSnapshot,
      [purpose = options_.purpose](const kernel::Context& context, const v1::WhoAmIRequest& request,
                                   const kernel::State& state) {
        absl::StatusOr<v1::WhoAmIResponse> response = WhoAmI(context, request, state);
        if (response.ok()) response->set_exercise(purpose == Options::Purpose::kExercise);
        return response;
      });
}

void DirectoryMachine::AddOrganizationRoutes() {
  constexpr auto kSnapshot = kernel::ReadPath::kSnapshot;
  routes_.AddCommand<v1::PinOrganizationRequest>(
      Rpc("PinOrganization"),
      [check = options_.check_ca_bundle](
          const kernel::Context& context, const v1::PinOrganizationRequest& request,
          const kernel::State& state) { return PinOrganization(context, request, state, check); });
  routes_.AddCommand<v1::ConfirmOrganizationRequest>(Rpc("ConfirmOrganization"),
                                                     ConfirmOrganization);
  routes_.AddRead<v1::GetOrganizationRequest>(Rpc("GetOrganization"), kSnapshot, GetOrganization);
  routes_.AddRead<v1::ListOrganizationsRequest>(Rpc("ListOrganizations"), kSnapshot,
                                                ListOrganizations);
}

absl::string_view DirectoryMachine::domain() const { return kDomain; }

kernel::Verdict DirectoryMachine::DecideDelivery(const kernel::Context& /*context*/,
                                                 const kernel::Delivered& /*delivered*/,
                                                 const kernel::State& /*state*/) const {
  return kernel::Verdict{.verdict = chapter8::ledger::v1::Delivery::REFUSE,
                         .reason = "DIRECTORY_TAKES_NO_ENTRIES",
                         .events = {}};
}

std::vector<kernel::Event> DirectoryMachine::DecideDue(const kernel::Context& /*context*/,
                                                       const kernel::State& /*state*/) const {
  return {};
}

void DirectoryMachine::Apply(const kernel::Applied& applied, kernel::Rows& rows) const {
  v1::DirectoryEvent event;
  if (!applied.entry.has_domain_event() || !event.ParseFromString(applied.entry.domain_event())) {
    return;
  }
  kernel::ApplyFact(event, rows);
}

}  // namespace ch8::directory
