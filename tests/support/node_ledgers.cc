#include "tests/support/node_ledgers.h"

#include <future>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "clients/lib/client.h"
#include "services/node/modules.h"
#include "services/trust/act.h"
#include "services/trust/key_file.h"
#include "services/trust/organization_home.h"
#include "services/trust/organization_record.h"
#include "storage/base/check.h"

namespace ch8::testing {
namespace {

using chapter8::directory::v1::ConfirmOfficerRequest;
using chapter8::directory::v1::ConfirmOrganizationRequest;
using chapter8::directory::v1::ConfirmPostRequest;
using chapter8::directory::v1::CreateOfficerRequest;
using chapter8::directory::v1::CreatePostRequest;
using chapter8::directory::v1::PinOrganizationRequest;
using chapter8::directory::v1::Post;

constexpr absl::Duration kActLife = absl::Hours(1);
constexpr int64_t kApprovalLimitMinor = 1'000'000'000;

void Must(const absl::Status& status, absl::string_view what) {
  Check(status.ok(), absl::StrCat(what, ": ", status.ToString()));
}

template <typename T>
T Must(absl::StatusOr<T> result, absl::string_view what) {
  Must(result.status(), what);
  return *std::move(result);
}

node::NodeFolder MakeHome(const std::string& home, const std::string& organization) {
  trust::OrganizationHomeOptions options;
  options.directory = home;
  options.organization = organization;
  options.trust_domain = organization + ".example";
  options.display_name = organization;
  options.services = {"directory", "finance"};
  options.administrators = {{.officer = "admin-1", .person = 1},
                            {.officer = "admin-2", .person = 2}};
  options.now = absl::Now();
  Must(trust::InitOrganizationHome(options).status(), "org init");
  return Must(node::NodeFolder::Read(home + "/node"), "node folder");
}

}  // namespace

OrganizationLedgers::OrganizationLedgers(const std::string& folder, const std::string& organization)
    : home_(absl::StrCat(folder, "/", organization)), folder_(MakeHome(home_, organization)) {
  directory_ = OpenLedger("directory");
  finance_ = OpenLedger("finance");
}

OrganizationLedgers::~OrganizationLedgers() = default;

std::unique_ptr<node::LedgerHome> OrganizationLedgers::OpenLedger(
    const std::string& service) const {
  const node::Module& module = *Must(node::FindModule(service), "module");
  const std::string data = home_ + "/data";
  auto ledger = node::LedgerHome::Open(module, folder_, data);
  if (absl::IsNotFound(ledger.status())) {
    ledger = node::LedgerHome::Create(module, folder_, data, node::Exercise());
  }
  Must(ledger.status(), "ledger");
  Must((*ledger)->Serve({.folder = &folder_,
                         .clock = &clock_,
                         .boot_marker_directory = home_ + "/boot",
                         .on_stopped = [](const absl::Status& why) { Must(why, "stopped"); },
                         .admit_writes = nullptr}),
       "serve");
  return *std::move(ledger);
}

void OrganizationLedgers::RestartFinance() {
  finance_.reset();
  finance_ = OpenLedger("finance");
}

SigningKey OrganizationLedgers::KeyOf(absl::string_view officer) const {
  if (officer == "admin-1" || officer == "admin-2") {
    return Must(trust::ReadSigningKey(absl::StrCat(home_, "/officers/", officer, "/act.key")),
                "act key");
  }
  return Must(SigningKey::FromSeed(Sha256({"officer ", officer}).view()), "key");
}

SigningKey OrganizationLedgers::LogKey(absl::string_view service) const {
  return Must(folder_.LogKey(service), "log key");
}

kernel::Outcome OrganizationLedgers::Run(kernel::Runner& runner, absl::string_view officer,
                                         absl::string_view rpc,
                                         const google::protobuf::Message& request) const {
  kernel::Command command;
  command.method = client::WireName(client::FindMethod(absl::StrCat("chapter8.", rpc)));
  command.request = request.SerializeAsString();
  command.request_digest = Sha256(command.request);
  command.caller = {.kind = chapter8::authz::v1::OFFICER,
                    .trust_domain = domain(),
                    .id = absl::StrCat("officer/", officer)};
  const trust::SignedAct act = Must(trust::SignAct(KeyOf(officer),
                                                   {.origin = runner.ledger().origin(),
                                                    .method = command.method,
                                                    .request_digest = command.request_digest},
                                                   absl::Now() + kActLife),
                                    "act");
  // The edge has verified the signature; the kernel asks whose key it was.
  command.act.emplace();
  command.act->set_public_key(std::string(act.public_key.view()));
  command.act->set_not_after_unix_seconds(act.not_after_unix_seconds);
  command.act->set_signature(std::string(act.signature.view()));
  auto promise = std::make_shared<std::promise<kernel::Outcome>>();
  std::future<kernel::Outcome> outcome = promise->get_future();
  runner.Submit(std::move(command),
                [promise](kernel::Outcome done) { promise->set_value(std::move(done)); });
  return outcome.get();
}

void OrganizationLedgers::Appoint(const std::string& officer, chapter8::authz::v1::Role role) {
  CreatePostRequest post;
  post.set_post_id(officer + "-post");
  post.mutable_resource()->set_title("Post of " + officer);
  post.mutable_resource()->add_roles(role);
  if (role == chapter8::authz::v1::APPROVER) {
    post.mutable_resource()->mutable_approval_limit()->set_currency_code("USD");
    post.mutable_resource()->mutable_approval_limit()->set_amount_minor(kApprovalLimitMinor);
  }
  post.set_request_id(client::NewRequestId());
  const Post made = Must(
      Call<Post>(directory(), "admin-1", "directory.v1.DirectoryService.CreatePost", post), "post");
  ConfirmPostRequest confirm_post;
  confirm_post.set_name(made.name());
  confirm_post.set_request_id(client::NewRequestId());
  Must(
      Run(directory(), "admin-2", "directory.v1.DirectoryService.ConfirmPost", confirm_post).status,
      "post confirm");
  CreateOfficerRequest create;
  create.set_officer_id(officer);
  create.mutable_resource()->set_person(next_person_++);
  create.mutable_resource()->add_posts(made.name());
  create.mutable_resource()->set_act_public_key(std::string(KeyOf(officer).public_key().view()));
  create.set_request_id(client::NewRequestId());
  Must(Run(directory(), "admin-1", "directory.v1.DirectoryService.CreateOfficer", create).status,
       "officer");
  ConfirmOfficerRequest confirm;
  confirm.set_name("officers/" + officer);
  confirm.set_request_id(client::NewRequestId());
  Must(Run(directory(), "admin-2", "directory.v1.DirectoryService.ConfirmOfficer", confirm).status,
       "officer confirm");
}

void OrganizationLedgers::Pin(const OrganizationLedgers& other) {
  const std::string fingerprint =
      trust::Fingerprint(other.folder_.genesis.signed_record().record());
  PinOrganizationRequest pin;
  pin.set_signed_record(other.signed_record());
  pin.set_fingerprint(fingerprint);
  pin.set_request_id(client::NewRequestId());
  Must(Run(directory(), "admin-1", "directory.v1.DirectoryService.PinOrganization", pin).status,
       "pin");
  ConfirmOrganizationRequest confirm;
  confirm.set_name("organizations/" + other.folder_.record.organization());
  confirm.set_fingerprint(fingerprint);
  confirm.set_request_id(client::NewRequestId());
  Must(Run(directory(), "admin-2", "directory.v1.DirectoryService.ConfirmOrganization", confirm)
           .status,
       "confirm");
}

}  // namespace ch8::testing
