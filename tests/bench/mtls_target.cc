#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <signal.h>

#include <filesystem>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "clients/lib/client.h"
#include "clients/lib/grpc_transport.h"
#include "clients/lib/transfer_stream.h"
#include "services/node/test_daemon.h"
#include "services/trust/certificates.h"
#include "services/trust/files.h"
#include "services/trust/key_file.h"
#include "services/trust/organization_home.h"
#include "storage/base/clock.h"
#include "storage/base/status_macros.h"
#include "tests/bench/target.h"

namespace ch8::bench {
namespace {

using chapter8::directory::v1::Officer;
using chapter8::directory::v1::Post;

constexpr char kTrustDomain[] = "un.example";
constexpr char kKeeper[] = "bench-keeper";
constexpr char kPost[] = "bench-books";
constexpr uint64_t kKeepersPerson = 1003;
constexpr absl::Duration kPatience = absl::Seconds(30);

// One officer's calls, one at a time.
class OfficerClient {
 public:
  static absl::StatusOr<std::unique_ptr<OfficerClient>> Make(const std::string& home,
                                                             const std::string& officer,
                                                             const std::string& target) {
    auto client = std::make_unique<OfficerClient>();
    const std::string folder = absl::StrCat(home, "/officers/", officer);
    ASSIGN_OR_RETURN(const SigningKey key, trust::ReadSigningKey(folder + "/act.key"));
    ASSIGN_OR_RETURN(client->channel_, client::OpenChannel({.target = target,
                                                            .trust_domain = kTrustDomain,
                                                            .certificate_path = folder + "/tls.pem",
                                                            .key_path = folder + "/tls.key",
                                                            .ca_path = folder + "/ca.pem"}));
    client->transport_ = client::MakeGrpcTransport(client->channel_);
    client->client_ = std::make_unique<client::Client>(
        *client->transport_, client::RetryWorld{client->clock_, absl::SleepFor},
        client::ClientOptions{.trust_domain = kTrustDomain, .act_key = key});
    return client;
  }

  template <typename Request, typename Response>
  absl::Status Call(absl::string_view method, Request request, Response& response) {
    request.set_request_id(client::NewRequestId());
    return client_->Call(client::FindMethod(method), request, response);
  }

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  const SystemClock clock_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<client::Transport> transport_;
  std::unique_ptr<client::Client> client_;
};

class MtlsTarget final : public Target {
 public:
  static absl::StatusOr<std::unique_ptr<Target>> Make(const TargetOptions& options) {
    auto target = std::unique_ptr<MtlsTarget>(new MtlsTarget(options));
    if (!target->daemon_.AwaitServing()) {
      return absl::UnavailableError(absl::StrCat("ch8d did not start: ", target->daemon_.Log()));
    }
    RETURN_IF_ERROR(target->AppointKeeper());
    if (options.way == TargetOptions::Way::kStream) {
      target->stream_ = client::TransferStream::Open(target->keeper_->channel());
    }
    return target;
  }

  absl::StatusOr<uint32_t> OpenAccounts(uint32_t count) override {
    chapter8::books::v1::OpenAccountsRequest request;
    request.set_count(count);
    request.set_unit("USD");
    request.set_floor(chapter8::books::v1::AccountOpened::NONE);
    chapter8::books::v1::OpenAccountsResponse response;
    // The finance ledger hears of the keeper's appointment through the directory's feed.
    const absl::Time give_up = absl::Now() + kPatience;
    absl::Status status;
    do {
      status = keeper_->Call("chapter8.books.v1.TransferService.OpenAccounts", request, response);
      if (!absl::IsPermissionDenied(status)) break;
    } while (absl::Now() < give_up);
    RETURN_IF_ERROR(status);
    return response.first_account();
  }

  void PostTransfers(std::string request, Done done) override {
    if (stream_ != nullptr) {
      return stream_->Post(std::move(request), [done = std::move(done)](const auto& response) {
        if (!response.ok()) return done(response.status());
        done(response->answer().SerializeAsString());
      });
    }
    Call("/chapter8.books.v1.TransferService/PostTransfers", std::move(request), std::move(done));
  }

  std::string origin() const override { return absl::StrCat(kTrustDomain, "/ch8/finance"); }

  void Call(const std::string& method, std::string request, Done done) override {
    auto* call = new Sent;
    const grpc::Slice slice(request);
    call->request = grpc::ByteBuffer(&slice, 1);
    call->done = std::move(done);
    call->reader = stub_->PrepareUnaryCall(&call->context, method, call->request, &answered_);
    call->reader->StartCall();
    call->reader->Finish(&call->response, &call->status, call);
  }

  ~MtlsTarget() override {
    answered_.Shutdown();
    answers_thread_.join();
  }

  pid_t pid() const override { return daemon_.pid(); }

  absl::Status Stop() override {
    if (stream_ != nullptr) RETURN_IF_ERROR(stream_->Close());
    stream_.reset();
    stub_.reset();
    keeper_.reset();
    const int code = daemon_.End(SIGTERM);
    if (code == 0) return absl::OkStatus();
    return absl::DataLossError(absl::StrCat("ch8d ended with ", code, ": ", daemon_.Log()));
  }

  std::string ledger_path() const override { return directory_ + "/data/finance/ledger"; }

 private:
  struct Sent {
    grpc::ClientContext context;
    grpc::ByteBuffer request;
    grpc::ByteBuffer response;
    grpc::Status status;
    std::unique_ptr<grpc::ClientAsyncResponseReader<grpc::ByteBuffer>> reader;
    Done done;
  };

  explicit MtlsTarget(const TargetOptions& options)
      : directory_(options.directory),
        home_(node::testing::MakeHome(directory_ + "/home", "un", kTrustDomain)),
        daemon_({.home = home_,
                 .data = directory_ + "/data",
                 .flags = {absl::StrCat("--calls-per-caller-max=", options.callers + 64)}}) {}

  void TakeAnswers() {
    void* tag = nullptr;
    bool ok = false;
    while (answered_.Next(&tag, &ok)) {
      const std::unique_ptr<Sent> call(static_cast<Sent*>(tag));
      call->done(ReplyOf(*call));
    }
  }

  static absl::StatusOr<std::string> ReplyOf(const Sent& call) {
    if (!call.status.ok()) {
      return absl::Status(static_cast<absl::StatusCode>(call.status.error_code()),
                          call.status.error_message());
    }
    grpc::Slice slice;
    if (!call.response.DumpToSingleSlice(&slice).ok()) {
      return absl::DataLossError("a reply cannot be read");
    }
    return std::string(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }

  // Writes the keeper's folder beside those of the first administrators.
  absl::StatusOr<SigningKey> MakeKeeper() const {
    const std::string folder = absl::StrCat(home_, "/officers/", kKeeper);
    std::filesystem::create_directory(folder);
    const trust::KeyAndRequest pair = trust::MakeKeyAndRequest();
    ASSIGN_OR_RETURN(const std::string certificate,
                     trust::IssueOfficer({.home = home_,
                                          .officer = kKeeper,
                                          .request_pem = pair.request_pem,
                                          .now = absl::Now()}));
    ASSIGN_OR_RETURN(const std::string bundle, trust::ReadSmallFile(home_ + "/node/ca.pem"));
    const SigningKey key = SigningKey::Generate();
    RETURN_IF_ERROR(
        trust::WriteFileAtomically(folder + "/tls.key", pair.key_pem, trust::kPrivateMode));
    RETURN_IF_ERROR(
        trust::WriteFileAtomically(folder + "/tls.pem", certificate, trust::kPublicMode));
    RETURN_IF_ERROR(trust::WriteFileAtomically(folder + "/ca.pem", bundle, trust::kPublicMode));
    RETURN_IF_ERROR(trust::WriteSigningKey(folder + "/act.key", key));
    return key;
  }

  // One administrator enters a post and an officer, the other confirms both.
  absl::Status AppointKeeper() {
    ASSIGN_OR_RETURN(const SigningKey key, MakeKeeper());
    const std::string target = daemon_.Endpoint("officers");
    ASSIGN_OR_RETURN(const auto maker, OfficerClient::Make(home_, "okoye", target));
    ASSIGN_OR_RETURN(const auto checker, OfficerClient::Make(home_, "mensah", target));
    Post post;
    chapter8::directory::v1::CreatePostRequest create_post;
    create_post.set_post_id(kPost);
    create_post.mutable_resource()->set_title("Bookkeeper");
    create_post.mutable_resource()->add_roles(chapter8::authz::v1::BOOKKEEPER);
    RETURN_IF_ERROR(
        maker->Call("chapter8.directory.v1.DirectoryService.CreatePost", create_post, post));
    chapter8::directory::v1::ConfirmPostRequest confirm_post;
    confirm_post.set_name(post.name());
    RETURN_IF_ERROR(
        checker->Call("chapter8.directory.v1.DirectoryService.ConfirmPost", confirm_post, post));
    Officer officer;
    chapter8::directory::v1::CreateOfficerRequest create_officer;
    create_officer.set_officer_id(kKeeper);
    create_officer.mutable_resource()->set_person(kKeepersPerson);
    create_officer.mutable_resource()->add_posts(post.name());
    create_officer.mutable_resource()->set_act_public_key(std::string(key.public_key().view()));
    RETURN_IF_ERROR(maker->Call("chapter8.directory.v1.DirectoryService.CreateOfficer",
                                create_officer, officer));
    chapter8::directory::v1::ConfirmOfficerRequest confirm_officer;
    confirm_officer.set_name(officer.name());
    RETURN_IF_ERROR(checker->Call("chapter8.directory.v1.DirectoryService.ConfirmOfficer",
                                  confirm_officer, officer));
    ASSIGN_OR_RETURN(keeper_, OfficerClient::Make(home_, kKeeper, target));
    stub_ = std::make_unique<grpc::GenericStub>(keeper_->channel());
    return absl::OkStatus();
  }

  const std::string directory_;
  const std::string home_;
  node::testing::TestDaemon daemon_;
  std::unique_ptr<OfficerClient> keeper_;
  std::unique_ptr<grpc::GenericStub> stub_;
  std::unique_ptr<client::TransferStream> stream_;
  grpc::CompletionQueue answered_;  // Costs less than gRPC's callbacks do.
  std::thread answers_thread_{[this] { TakeAnswers(); }};
};

}  // namespace

absl::StatusOr<std::unique_ptr<Target>> MakeMtlsTarget(const TargetOptions& options) {
  return MtlsTarget::Make(options);
}

}  // namespace ch8::bench
