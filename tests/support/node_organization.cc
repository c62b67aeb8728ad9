#include "tests/support/node_organization.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "services/trust/certificates.h"
#include "services/trust/files.h"
#include "services/trust/key_file.h"
#include "services/trust/organization_home.h"
#include "services/trust/organization_record.h"
#include "storage/base/check.h"
#include "tests/support/node_wait.h"

namespace ch8::testing {
namespace {

using chapter8::directory::v1::ConfirmOfficerRequest;
using chapter8::directory::v1::ConfirmOrganizationRequest;
using chapter8::directory::v1::ConfirmPostRequest;
using chapter8::directory::v1::CreateOfficerRequest;
using chapter8::directory::v1::CreatePostRequest;
using chapter8::directory::v1::Officer;
using chapter8::directory::v1::Organization;
using chapter8::directory::v1::PinOrganizationRequest;
using chapter8::directory::v1::Post;

void Must(const absl::Status& status, absl::string_view what) {
  Check(status.ok(), absl::StrCat(what, ": ", status.ToString()));
}

template <typename T>
T Must(absl::StatusOr<T> result, absl::string_view what) {
  Must(result.status(), what);
  return *std::move(result);
}

// GET over plain HTTP/1.0; empty when nobody answers.
std::string HttpGet(const std::string& target, const std::string& path) {
  const size_t colon = target.rfind(':');
  int port = 0;
  if (colon == std::string::npos || !absl::SimpleAtoi(target.substr(colon + 1), &port)) return "";
  const int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (connect(connection, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0) {
    const std::string request = absl::StrCat("GET ", path, " HTTP/1.0\r\nHost: localhost\r\n\r\n");
    if (write(connection, request.data(), request.size()) > 0) {
      char buffer[4096];
      for (ssize_t got; (got = read(connection, buffer, sizeof(buffer))) > 0;) {
        answer.append(buffer, static_cast<size_t>(got));
      }
    }
  }
  close(connection);
  return answer;
}

}  // namespace

OrganizationNode::OrganizationNode(const Options& options)
    : folder_(options.folder),
      organization_(options.organization),
      daemon_arguments_(options.daemon_arguments),
      services_(options.services),
      program_(options.program),
      first_read_(options.first_read),
      federation_port_(FreePort()) {
  trust::OrganizationHomeOptions home;
  home.directory = this->home();
  home.organization = organization_;
  home.trust_domain = domain();
  home.display_name = absl::StrCat("Organization ", organization_);
  if (!options.ledgers.empty()) home.services = options.ledgers;
  home.endpoints.emplace_back();
  home.endpoints.back().set_service("federation");
  home.endpoints.back().set_target(absl::StrCat("127.0.0.1:", federation_port_));
  home.administrators = {{.officer = "admin-1", .person = 1}, {.officer = "admin-2", .person = 2}};
  home.now = absl::Now();
  const auto record = Must(trust::InitOrganizationHome(home), "org init");
  signed_record_ = record.SerializeAsString();
  fingerprint_ = trust::Fingerprint(record.record());
}

void OrganizationNode::ReadRecord() {
  const auto record = Must(trust::ReadRecordFile(home() + "/org.record"), "org.record");
  signed_record_ = record.SerializeAsString();
  fingerprint_ = trust::Fingerprint(record.record());
}

std::string OrganizationNode::database(const std::string& service) const {
  return absl::StrCat(data(), "/", service, "/ledger");
}

void OrganizationNode::Start() {
  clients_.clear();
  const std::string endpoints = data() + "/endpoints.json";
  std::error_code ignored;
  std::filesystem::remove(endpoints, ignored);
  Process::Options options{
      .program = program_,
      .arguments = {"--home", home() + "/node", "--data", data(), "--boot-markers", boot_markers(),
                    "--federation-listen", absl::StrCat("127.0.0.1:", federation_port_)},
      .output_path = home() + ".log"};
  if (!services_.empty()) {
    options.arguments.insert(options.arguments.end(), {"--services", services_});
  }
  options.arguments.insert(options.arguments.end(), daemon_arguments_.begin(),
                           daemon_arguments_.end());
  process_ = Process::Start(options);
  const bool listens =
      WaitUntil([&] { return !process_->running() || client::FindEndpoints(endpoints).ok(); });
  Check(listens && process_->running(),
        absl::StrCat("the node of ", organization_, " does not start:\n", process_->output()));
  endpoints_ = Must(client::FindEndpoints(endpoints), "endpoints.json");
}

std::string OrganizationNode::Metrics() const { return HttpGet(endpoints_.metrics, "/metrics"); }

OfficerFiles OrganizationNode::FilesOf(const std::string& officer) const {
  return {.folder = absl::StrCat(home(), "/officers/", officer), .trust_domain = domain()};
}

std::unique_ptr<OfficerClient> OrganizationNode::NewClient(const std::string& officer) const {
  return std::make_unique<OfficerClient>(FilesOf(officer), endpoints_.officers);
}

OfficerClient& OrganizationNode::As(const std::string& officer) {
  std::unique_ptr<OfficerClient>& client = clients_[officer];
  if (client == nullptr) client = NewClient(officer);
  return *client;
}

void OrganizationNode::MakeOfficerFiles(const std::string& officer) const {
  const std::string folder = FilesOf(officer).folder;
  std::filesystem::create_directories(folder);
  const trust::KeyAndRequest tls = trust::MakeKeyAndRequest();
  const std::string certificate = Must(
      trust::IssueOfficer(
          {.home = home(), .officer = officer, .request_pem = tls.request_pem, .now = absl::Now()}),
      "officer issue");
  const std::string bundle = Must(trust::ReadSmallFile(home() + "/ca/ca.pem"), "ca.pem");
  Must(trust::WriteFileAtomically(folder + "/tls.key", tls.key_pem, trust::kPrivateMode), folder);
  Must(trust::WriteFileAtomically(folder + "/tls.pem", certificate, trust::kPublicMode), folder);
  Must(trust::WriteFileAtomically(folder + "/ca.pem", bundle, trust::kPublicMode), folder);
  Must(trust::WriteSigningKey(folder + "/act.key", SigningKey::Generate()), folder);
}

void OrganizationNode::Appoint(const std::string& officer, chapter8::authz::v1::Role role,
                               int64_t approval_limit_minor) {
  CreatePostRequest post;
  post.set_post_id(absl::StrCat(officer, "-post"));
  post.mutable_resource()->set_title(absl::StrCat("Post of ", officer));
  post.mutable_resource()->add_roles(role);
  if (approval_limit_minor > 0) {
    post.mutable_resource()->mutable_approval_limit()->set_currency_code("USD");
    post.mutable_resource()->mutable_approval_limit()->set_amount_minor(approval_limit_minor);
  }
  post.set_request_id(client::NewRequestId());
  const Post made =
      Must(As("admin-1").Call<Post>("directory.v1.DirectoryService.CreatePost", post), "post add");
  ConfirmPostRequest confirm_post;
  confirm_post.set_name(made.name());
  confirm_post.set_request_id(client::NewRequestId());
  Must(As("admin-2").Call<Post>("directory.v1.DirectoryService.ConfirmPost", confirm_post),
       "post confirm");
  AppointTo(made.name(), officer);
}

void OrganizationNode::AppointTo(const std::string& post, const std::string& officer) {
  MakeOfficerFiles(officer);
  CreateOfficerRequest create;
  create.set_officer_id(officer);
  create.mutable_resource()->set_person(next_person_++);
  create.mutable_resource()->add_posts(post);
  const SigningKey key =
      Must(trust::ReadSigningKey(FilesOf(officer).folder + "/act.key"), "act.key");
  create.mutable_resource()->set_act_public_key(std::string(key.public_key().view()));
  create.set_request_id(client::NewRequestId());
  Must(As("admin-1").Call<Officer>("directory.v1.DirectoryService.CreateOfficer", create),
       "officer add");
  ConfirmOfficerRequest confirm;
  confirm.set_name(absl::StrCat("officers/", officer));
  confirm.set_request_id(client::NewRequestId());
  Must(As("admin-2").Call<Officer>("directory.v1.DirectoryService.ConfirmOfficer", confirm),
       "officer confirm");
  absl::Status seen;
  const bool known = WaitUntil([&] {
    seen = As(officer).Send(first_read_, "").status;
    return seen.ok();
  });
  Check(known, absl::StrCat("the node does not learn of ", officer, ": ", seen.ToString()));
}

void OrganizationNode::Pin(const OrganizationNode& other) {
  PinOrganizationRequest pin;
  pin.set_signed_record(other.signed_record());
  pin.set_fingerprint(other.fingerprint());
  pin.set_request_id(client::NewRequestId());
  Must(As("admin-1").Call<Organization>("directory.v1.DirectoryService.PinOrganization", pin),
       "org pin");
  ConfirmOrganizationRequest confirm;
  confirm.set_name(other.name());
  confirm.set_fingerprint(other.fingerprint());
  confirm.set_request_id(client::NewRequestId());
  Must(As("admin-2").Call<Organization>("directory.v1.DirectoryService.ConfirmOrganization",
                                        confirm),
       "org confirm");
}

}  // namespace ch8::testing
