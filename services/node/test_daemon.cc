#include "services/node/test_daemon.h"

#include <fcntl.h>
#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/trust/files.h"
#include "services/trust/organization_home.h"
#include "storage/base/check.h"

namespace ch8::node::testing {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(60);

std::string Content(const std::string& path) {
  const absl::StatusOr<std::string> content = trust::ReadSmallFile(path);
  Check(content.ok(), path);
  return *content;
}

}  // namespace

std::string MakeHome(const std::string& directory, const std::string& organization,
                     const std::string& trust_domain) {
  trust::OrganizationHomeOptions options;
  options.directory = directory;
  options.organization = organization;
  options.trust_domain = trust_domain;
  options.display_name = absl::StrCat("Organization ", organization);
  options.administrators = {{.officer = "okoye", .person = 1001},
                            {.officer = "mensah", .person = 1002}};
  options.now = absl::Now();
  Check(trust::InitOrganizationHome(options).ok(), "the home cannot be made");
  return directory;
}

TestDaemon::TestDaemon(const Options& options) : options_(options) {
  std::filesystem::remove(options_.data + "/endpoints.json");
  std::vector<std::string> words = {absl::StrCat(std::getenv("CH8_BIN"), "/ch8d"),
                                    absl::StrCat("--home=", options_.home, "/node"),
                                    absl::StrCat("--data=", options_.data),
                                    absl::StrCat("--boot-markers=", options_.data, ".markers")};
  words.insert(words.end(), options_.flags.begin(), options_.flags.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const std::string log = options_.data + ".log";
  pid_ = fork();
  if (pid_ == 0) {
    const int file = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    dup2(file, STDOUT_FILENO);
    dup2(file, STDERR_FILENO);
    execv(arguments[0], arguments.data());
    _exit(127);
  }
  Check(pid_ > 0, "fork");
}

TestDaemon::~TestDaemon() {
  if (pid_ > 0) End(SIGKILL);
}

bool TestDaemon::AwaitServing() {
  const absl::Time start = absl::Now();
  while (!std::filesystem::exists(options_.data + "/endpoints.json")) {
    siginfo_t ended{};
    waitid(P_PID, static_cast<id_t>(pid_), &ended, WEXITED | WNOHANG | WNOWAIT);
    if (ended.si_pid == pid_) return false;
    Check(absl::Now() - start < kPatience, "the daemon does not serve");
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

int TestDaemon::End(int signal) {
  kill(pid_, signal);
  return Await();
}

int TestDaemon::Await() {
  int status = 0;
  Check(waitpid(pid_, &status, 0) == pid_, "waitpid");
  pid_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string TestDaemon::Log() const { return Content(options_.data + ".log"); }

std::string TestDaemon::Endpoint(const std::string& name) const {
  google::protobuf::Struct object;
  const std::string text = Content(options_.data + "/endpoints.json");
  Check(google::protobuf::util::JsonStringToMessage(text, &object).ok(), "endpoints.json");
  return object.fields().at(name).string_value();
}

std::shared_ptr<grpc::Channel> TestDaemon::AsOfficer(const std::string& officer) const {
  const std::string folder = absl::StrCat(options_.home, "/officers/", officer);
  grpc::SslCredentialsOptions credentials;
  credentials.pem_root_certs = Content(folder + "/ca.pem");
  credentials.pem_private_key = Content(folder + "/tls.key");
  credentials.pem_cert_chain = Content(folder + "/tls.pem");
  return grpc::CreateChannel(Endpoint("officers"), grpc::SslCredentials(credentials));
}

std::shared_ptr<grpc::Channel> TestDaemon::Admin() const {
  return grpc::CreateChannel(Endpoint("admin"), grpc::InsecureChannelCredentials());
}

}  // namespace ch8::node::testing
