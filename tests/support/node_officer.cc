#include "tests/support/node_officer.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/lib/grpc_transport.h"
#include "clients/lib/status_details.h"
#include "services/trust/act.h"
#include "services/trust/key_file.h"
#include "storage/base/check.h"
#include "storage/base/clock.h"

namespace ch8::testing {
namespace {

constexpr absl::Duration kActLife = absl::Hours(24);

const google::protobuf::MethodDescriptor& MethodOf(absl::string_view rpc) {
  return client::FindMethod(absl::StrCat("chapter8.", rpc));
}

SigningKey ActKey(const OfficerFiles& files) {
  absl::StatusOr<SigningKey> key = trust::ReadSigningKey(files.folder + "/act.key");
  Check(key.ok(), key.status().ToString());
  return *std::move(key);
}

}  // namespace

OfficerClient::OfficerClient(const OfficerFiles& files, const std::string& target)
    : trust_domain_(files.trust_domain), act_key_(ActKey(files)) {
  auto channel = client::OpenChannel({.target = target,
                                      .trust_domain = files.trust_domain,
                                      .certificate_path = files.folder + "/tls.pem",
                                      .key_path = files.folder + "/tls.key",
                                      .ca_path = files.folder + "/ca.pem"});
  Check(channel.ok(), channel.status().ToString());
  transport_ = client::MakeGrpcTransport(*std::move(channel));
}

absl::Status OfficerClient::CallAny(absl::string_view rpc, const google::protobuf::Message& request,
                                    google::protobuf::Message& response) {
  const SystemClock clock;
  client::Client caller(*transport_, {.clock = clock, .sleep = absl::SleepFor},
                        {.trust_domain = trust_domain_, .act_key = act_key_});
  return caller.Call(MethodOf(rpc), request, response);
}

std::string OfficerClient::Sign(absl::string_view rpc, absl::string_view request,
                                absl::Time not_after) const {
  return SignFor(client::LedgerOf(MethodOf(rpc), trust_domain_), rpc, request, not_after);
}

std::string OfficerClient::SignFor(const std::string& origin, absl::string_view rpc,
                                   absl::string_view request, absl::Time not_after) const {
  const auto act = trust::SignAct(act_key_,
                                  {.origin = origin,
                                   .method = client::WireName(MethodOf(rpc)),
                                   .request_digest = Sha256(request)},
                                  not_after);
  Check(act.ok(), act.status().ToString());
  return trust::EncodeSignedAct(*act);
}

client::WireReply OfficerClient::Send(absl::string_view rpc, const std::string& request,
                                      absl::Duration timeout) {
  const bool is_signed = client::IsSignedAct(MethodOf(rpc));
  return SendWithAct(rpc, request, is_signed ? Sign(rpc, request, absl::Now() + kActLife) : "",
                     timeout);
}

client::WireReply OfficerClient::SendWithAct(absl::string_view rpc, const std::string& request,
                                             const std::string& act, absl::Duration timeout) {
  return transport_->Send({.method = client::WireName(MethodOf(rpc)),
                           .request = request,
                           .act = act,
                           .deadline = absl::Now() + timeout});
}

std::string ReasonOf(const absl::Status& status) { return client::ErrorInfoOf(status).reason(); }

}  // namespace ch8::testing
