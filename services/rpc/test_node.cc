#include "services/rpc/test_node.h"

#include <google/protobuf/message.h>
#include <grpcpp/security/tls_certificate_provider.h>

#include <algorithm>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "google/rpc/status.pb.h"
#include "services/kernel/authority.h"
#include "services/trust/files.h"
#include "services/trust/tls.h"
#include "storage/base/check.h"

namespace ch8::rpc::testing {
namespace {

constexpr const char* kDomains[] = {"un.example", "au.example", "old.example"};
constexpr absl::Duration kPatience = absl::Seconds(20);

// Waits until `done`; aborts when that takes too long.
void Await(const std::function<bool()>& done) {
  const absl::Time start = absl::Now();
  while (!done()) {
    Check(absl::Now() - start < kPatience, "what was waited for did not happen");
    std::this_thread::yield();
  }
}

std::unique_ptr<MemLedger> NewLedger(const std::string& origin) {
  return MemLedger::Create({.origin = origin, .payload = "genesis", .salt = Hash()}).value();
}

std::vector<std::string> ServiceFiles(const std::string& service) {
  std::vector<std::string> subjects = {service};
  if (service == "logistics") subjects = {"stock", "offer", "consignment"};
  if (service == "mandate") subjects.push_back("reference");
  if (service == "finance") subjects.push_back("allotment");
  if (service == "information") subjects.push_back("erasure");
  std::vector<std::string> files;
  for (const std::string& subject : subjects) {
    files.push_back(absl::StrCat("chapter8/", service, "/v1/", subject, "_service.proto"));
  }
  if (service == "finance") files.push_back("chapter8/books/v1/transfer_service.proto");
  return files;
}

MethodTable Methods(FakeRunner& finance, FakeRunner& directory,
                    const std::map<std::string, std::unique_ptr<FakeRunner>>& others) {
  std::vector<HostedLedger> hosted = {
      {.runner = &directory, .proto_files = ServiceFiles("directory")},
      {.runner = &finance, .proto_files = ServiceFiles("finance")}};
  for (const auto& [service, runner] : others) {
    hosted.push_back({.runner = runner.get(), .proto_files = ServiceFiles(service)});
  }
  return MethodTable::Create(hosted).value();
}

std::map<std::string, std::unique_ptr<FakeRunner>> OtherRunners() {
  std::map<std::string, std::unique_ptr<FakeRunner>> runners;
  for (const std::string service : {"information", "logistics", "mandate", "training", "witness"}) {
    runners[service] = std::make_unique<FakeRunner>(absl::StrCat("un.example/ch8/", service));
  }
  return runners;
}

std::string Joined(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  Check(buffer.Dump(&slices).ok(), "a reply without bytes");
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

}  // namespace

FakeRunner::FakeRunner(const std::string& origin)
    : ledger_(NewLedger(origin)), answer_([this](const kernel::Command& command) {
        return KernelWithoutOfficers(*ledger_, command);
      }) {}

void FakeRunner::Submit(kernel::Command command, Done done) {
  kernel::Outcome outcome = answer_(command);
  const std::shared_ptr<kernel::CommandStream> stream = std::exchange(command.stream, nullptr);
  bool has_place = false;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    commands_.push_back(std::move(command));
    has_place = stream != nullptr && !is_full_;
    if (stream != nullptr && is_full_) waiting_.push_back(stream);
    if (holding_) {
      held_.push_back([done = std::move(done), outcome] { done(outcome); });
      held_max_ = std::max(held_max_, held_.size());
    }
  }
  if (has_place) stream->Queued();
  if (done != nullptr) done(std::move(outcome));
}

void FakeRunner::ReleaseOne(size_t place) {
  std::function<void()> answer;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    answer = std::move(held_.at(place));
    held_.erase(held_.begin() + static_cast<ptrdiff_t>(place));
  }
  answer();
}

void FakeRunner::FillQueue() {
  std::lock_guard<std::mutex> lock(mutex_);
  is_full_ = true;
}

void FakeRunner::MakeRoom() {
  std::vector<std::shared_ptr<kernel::CommandStream>> waiting;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    is_full_ = false;
    waiting.swap(waiting_);
  }
  for (const auto& stream : waiting) stream->Queued();
}

size_t FakeRunner::held_max() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return held_max_;
}

void FakeRunner::Release() {
  std::vector<std::function<void()>> held;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    holding_ = false;
    held.swap(held_);
  }
  for (const auto& answer : held) answer();
}

std::vector<kernel::Command> FakeRunner::commands() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return commands_;
}

void FakeRunner::AwaitHeld(size_t count) const {
  Await([&] {
    std::lock_guard<std::mutex> lock(mutex_);
    return held_.size() >= count;
  });
}

void FakeRunner::SubmitInbound(std::vector<kernel::InboundEntry>, Done) {
  Unreachable("officers deliver nothing");
}

absl::StatusOr<std::string> FakeRunner::SignedNote() {
  return absl::FailedPreconditionError("a fake signs nothing");
}

kernel::Outcome KernelWithoutOfficers(const Ledger& ledger, const kernel::Command& command) {
  const std::unique_ptr<Snapshot> snapshot = ledger.TakeSnapshot();
  const kernel::SnapshotRows rows(*snapshot);
  const auto rule = kernel::RuleOf(command.method);
  kernel::Outcome outcome;
  outcome.status = kernel::Authorize(*rule, command, absl::Now(), rows).status();
  return outcome;
}

TestNode::TestNode(const std::string& directory, const std::function<void(Edge::Options&)>& adjust)
    : others_(OtherRunners()),
      methods_(Methods(finance_, directory_, others_)),
      authorizer_({.trust_domain = "un.example",
                   .is_pinned = [](absl::string_view domain) { return domain == "au.example"; },
                   .is_denied = [this](const trust::SpiffeId&) { return denies_.load(); }}) {
  bundles_ = trust::TrustBundles::Create().value();
  for (const char* domain : kDomains) {
    authorities_[domain] =
        trust::MakeCertificateAuthority(
            {.trust_domain = domain, .not_before = absl::Now(), .validity = absl::Hours(24)})
            .value();
    Check(bundles_->Set(domain, authorities_[domain].certificate_pem).ok(), "a bundle");
  }
  Edge::Options options{.methods = &methods_, .authorizer = &authorizer_, .clock = &clock_};
  options.observe = [this](const CallRecord& record) {
    std::lock_guard<std::mutex> lock(mutex_);
    records_.push_back(record);
  };
  if (adjust) adjust(options);
  edge_ = std::make_unique<Edge>(std::move(options));

  const trust::KeyAndCertificate node = Issue("un.example", "spiffe://un.example/node/1");
  Check(
      trust::WriteFileAtomically(directory + "/node.key", node.key_pem, trust::kPrivateMode).ok() &&
          trust::WriteFileAtomically(directory + "/node.pem", node.certificate_pem,
                                     trust::kPublicMode)
              .ok(),
      "the node's files");
  grpc::ServerBuilder builder;
  builder.AddListeningPort(
      "127.0.0.1:0",
      trust::MakeServerCredentials({.certificate_path = directory + "/node.pem",
                                    .key_path = directory + "/node.key",
                                    .bundles = bundles_})
          .value(),
      &port_);
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &plaintext_port_);
  builder.SetMaxReceiveMessageSize(kRequestSizeMax);
  builder.RegisterCallbackGenericService(edge_.get());
  server_ = builder.BuildAndStart();
}

TestNode::~TestNode() {
  finance_.Release();
  directory_.Release();
  for (const auto& [service, runner] : others_) runner->Release();
  server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(5));
}

std::vector<CallRecord> TestNode::records() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return records_;
}

void TestNode::AwaitRecords(size_t count) const {
  Await([&] { return records().size() >= count; });
}

trust::KeyAndCertificate TestNode::Issue(const std::string& authority_domain,
                                         const std::string& spiffe_id) {
  const trust::KeyAndRequest request = trust::MakeKeyAndRequest();
  const trust::KeyAndCertificate& authority = authorities_.at(authority_domain);
  return {.key_pem = request.key_pem,
          .certificate_pem =
              trust::IssueCertificate({.authority_key_pem = authority.key_pem,
                                       .authority_certificate_pem = authority.certificate_pem,
                                       .request_pem = request.request_pem,
                                       .id = trust::SpiffeId::Parse(spiffe_id).value(),
                                       .dns_names = {"localhost"},
                                       .ip_addresses = {"127.0.0.1"},
                                       .not_before = absl::Now(),
                                       .validity = absl::Hours(1)})
                  .value()};
}

std::shared_ptr<grpc::Channel> TestNode::Connect(const trust::KeyAndCertificate& identity) {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = authorities_.at("un.example").certificate_pem;
  options.pem_private_key = identity.key_pem;
  options.pem_cert_chain = identity.certificate_pem;
  return grpc::CreateChannel(absl::StrCat("localhost:", port_), grpc::SslCredentials(options));
}

std::shared_ptr<grpc::Channel> TestNode::As(const std::string& spiffe_id) {
  return Connect(Issue(trust::SpiffeId::Parse(spiffe_id)->trust_domain, spiffe_id));
}

// Issued for au.example by the authority of au.example under a trust domain that says un.example.
std::shared_ptr<grpc::Channel> TestNode::Forged() {
  const trust::KeyAndCertificate impostor =
      trust::MakeCertificateAuthority(
          {.trust_domain = "un.example", .not_before = absl::Now(), .validity = absl::Hours(24)})
          .value();
  const trust::KeyAndCertificate genuine = std::exchange(authorities_.at("un.example"), impostor);
  const trust::KeyAndCertificate identity =
      Issue("un.example", "spiffe://un.example/officer/okoye");
  authorities_.at("un.example") = genuine;
  return Connect(identity);
}

std::shared_ptr<grpc::Channel> TestNode::WithoutCertificate() {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = authorities_.at("un.example").certificate_pem;
  return grpc::CreateChannel(absl::StrCat("localhost:", port_), grpc::SslCredentials(options));
}

std::shared_ptr<grpc::Channel> TestNode::Plaintext() {
  return grpc::CreateChannel(absl::StrCat("localhost:", plaintext_port_),
                             grpc::InsecureChannelCredentials());
}

namespace {

void Prepare(const CallOptions& options, grpc::ClientContext& context) {
  context.set_deadline(absl::ToChronoTime(absl::Now() + options.timeout));
  for (const std::string& act : options.acts) context.AddMetadata(trust::kActMetadataKey, act);
}

// All but the bytes.
Reply ReplyOf(const grpc::Status& status, const grpc::ClientContext& context) {
  Reply reply;
  reply.status = status;
  google::rpc::Status details;
  details.ParseFromString(reply.status.error_details());
  for (const google::protobuf::Any& detail : details.details()) {
    google::rpc::RetryInfo retry;
    if (!detail.UnpackTo(&reply.info)) reply.has_retry_info |= detail.UnpackTo(&retry);
  }
  const auto& trailers = context.GetServerTrailingMetadata();
  const auto receipt = trailers.find(kReceiptMetadataKey);
  if (receipt != trailers.end()) {
    reply.receipt.emplace().ParseFromArray(receipt->second.data(),
                                           static_cast<int>(receipt->second.size()));
  }
  return reply;
}

}  // namespace

Reply Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
           const CallOptions& options) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  Prepare(options, context);
  const grpc::Slice slice(options.request);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, method, grpc::StubOptions(), &request, &response,
                 [&done](grpc::Status status) { done.set_value(std::move(status)); });
  Reply reply = ReplyOf(done.get_future().get(), context);
  if (reply.status.ok()) reply.bytes = Joined(response);
  return reply;
}

StreamClient::StreamClient(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                           const CallOptions& options)
    : stub_(channel) {
  Prepare(options, context_);
  stream_ = stub_.PrepareCall(&context_, method, &queue_);
  stream_->StartCall(this);
  Wait();
}

StreamClient::~StreamClient() {
  context_.TryCancel();
  if (!is_over_) End();
  queue_.Shutdown();
  void* tag = nullptr;
  bool ok = false;
  while (queue_.Next(&tag, &ok)) {
  }
}

bool StreamClient::Wait() {
  void* tag = nullptr;
  bool ok = false;
  Check(queue_.Next(&tag, &ok), "a step of the stream");
  return ok;
}

bool StreamClient::Send(const std::string& message) {
  const grpc::Slice slice(message);
  stream_->Write(grpc::ByteBuffer(&slice, 1), this);
  return Wait();
}

void StreamClient::CloseSending() {
  stream_->WritesDone(this);
  Wait();
}

std::optional<std::string> StreamClient::Receive() {
  grpc::ByteBuffer message;
  stream_->Read(&message, this);
  if (!Wait()) return std::nullopt;
  return Joined(message);
}

Reply StreamClient::End() {
  is_over_ = true;
  grpc::Status status;
  stream_->Finish(&status, this);
  Wait();
  return ReplyOf(status, context_);
}

std::string ActFor(const SigningKey& key, const std::string& origin, const std::string& method,
                   const std::string& request, absl::Time not_after) {
  return trust::EncodeSignedAct(
      trust::SignAct(key, {.origin = origin, .method = method, .request_digest = Sha256(request)},
                     not_after)
          .value());
}

}  // namespace ch8::rpc::testing
