#include "clients/lib/grpc_transport.h"

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/channel_arguments.h>
#include <grpcpp/support/slice.h>

#include <utility>
#include <vector>

#include "clients/lib/status_details.h"
#include "services/trust/act.h"
#include "services/trust/files.h"
#include "services/trust/tls.h"
#include "services/trust/trust_bundles.h"
#include "storage/base/status_macros.h"

namespace ch8::client {
namespace {

constexpr char kReceiptMetadataKey[] = "ch8-receipt-bin";
constexpr int kReplySizeMax = 64 * 1024 * 1024;

std::string Joined(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

class GrpcTransport final : public Transport {
 public:
  explicit GrpcTransport(std::shared_ptr<grpc::Channel> channel) : stub_(std::move(channel)) {}

  WireReply Send(const WireCall& call) override {
    grpc::ClientContext context;
    context.set_deadline(absl::ToChronoTime(call.deadline));
    if (!call.act.empty()) context.AddMetadata(trust::kActMetadataKey, call.act);
    const grpc::Slice slice(call.request);
    const grpc::ByteBuffer request(&slice, 1);
    grpc::ByteBuffer response;
    grpc::Status status;
    grpc::CompletionQueue queue;
    auto reader = stub_.PrepareUnaryCall(&context, call.method, request, &queue);
    reader->StartCall();
    reader->Finish(&response, &status, this);
    void* tag = nullptr;
    bool ok = false;
    queue.Next(&tag, &ok);
    queue.Shutdown();

    WireReply reply;
    reply.status =
        StatusFromWire(status.error_code(), status.error_message(), status.error_details());
    if (status.ok()) reply.reply = Joined(response);
    const auto& trailers = context.GetServerTrailingMetadata();
    const auto receipt = trailers.find(kReceiptMetadataKey);
    if (receipt != trailers.end()) {
      reply.receipt.assign(receipt->second.data(), receipt->second.size());
    }
    return reply;
  }

 private:
  grpc::GenericStub stub_;
};

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const ChannelOptions& options) {
  std::string bundle = options.ca_pem;
  if (bundle.empty()) {
    ASSIGN_OR_RETURN(bundle, trust::ReadSmallFile(options.ca_path));
  }
  ASSIGN_OR_RETURN(const std::shared_ptr<trust::TrustBundles> bundles,
                   trust::TrustBundles::Create());
  RETURN_IF_ERROR(bundles->Set(options.trust_domain, bundle));
  trust::ChannelTlsOptions tls;
  tls.certificate_path = options.certificate_path;
  tls.key_path = options.key_path;
  tls.bundles = bundles;
  tls.expected_trust_domain = options.trust_domain;
  ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ChannelCredentials> credentials,
                   trust::MakeChannelCredentials(tls));
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kReplySizeMax);
  return grpc::CreateCustomChannel(options.target, credentials, arguments);
}

std::unique_ptr<Transport> MakeGrpcTransport(std::shared_ptr<grpc::Channel> channel) {
  return std::make_unique<GrpcTransport>(std::move(channel));
}

}  // namespace ch8::client
