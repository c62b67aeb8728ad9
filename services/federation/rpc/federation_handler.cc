#include "services/federation/rpc/federation_handler.h"

#include <utility>

#include "services/federation/rpc/source.h"
#include "services/kernel/refusal.h"
#include "services/rpc/status.h"

namespace ch8::federation {
namespace {

using chapter8::federation::v1::FetchBodyRequest;
using chapter8::federation::v1::FetchBodyResponse;
using chapter8::federation::v1::PullRequest;
using chapter8::federation::v1::PullResponse;

constexpr absl::string_view kFetchBody = "/chapter8.federation.v1.FederationService/FetchBody";
constexpr absl::string_view kPull = "/chapter8.federation.v1.FederationService/Pull";

}  // namespace

FederationHandler::FederationHandler(std::map<std::string, kernel::Runner*> runners,
                                     const rpc::Authorizer& authorizer)
    : runners_(std::move(runners)), authorizer_(authorizer) {}

grpc::Status FederationHandler::Pull(grpc::ServerContext* context, const PullRequest* request,
                                     PullResponse* response) {
  const absl::StatusOr<kernel::Caller> caller = authorizer_.Admit(*context->auth_context(), kPull);
  if (!caller.ok()) return rpc::ToGrpcStatus(caller.status());
  const absl::StatusOr<kernel::Runner*> runner = FindRunner(request->origin());
  if (!runner.ok()) return rpc::ToGrpcStatus(runner.status());
  PullRequest limited = *request;
  const bool may_wait = limited.wait_ms() > 0 && !stop_ && Enter(caller->trust_domain);
  if (!may_wait) limited.set_wait_ms(0);
  absl::StatusOr<PullResponse> page =
      ServePull(**runner, caller->trust_domain, limited,
                [this, context] { return stop_.load() || context->IsCancelled(); });
  if (may_wait) Leave(caller->trust_domain);
  if (!page.ok()) return rpc::ToGrpcStatus(page.status());
  *response = *std::move(page);
  return grpc::Status::OK;
}

grpc::Status FederationHandler::FetchBody(grpc::ServerContext* context,
                                          const FetchBodyRequest* request,
                                          FetchBodyResponse* response) {
  const absl::StatusOr<kernel::Caller> caller =
      authorizer_.Admit(*context->auth_context(), kFetchBody);
  if (!caller.ok()) return rpc::ToGrpcStatus(caller.status());
  const absl::StatusOr<kernel::Runner*> runner = FindRunner(request->origin());
  if (!runner.ok()) return rpc::ToGrpcStatus(runner.status());
  const absl::StatusOr<Hash> digest = Hash::FromBytes(request->digest());
  absl::StatusOr<std::string> body = absl::NotFoundError("no digest");
  if (digest.ok()) body = (*runner)->GiveBody(caller->trust_domain, *digest);
  if (absl::IsNotFound(body.status())) {
    return rpc::ToGrpcStatus(
        kernel::Refuse({.code = absl::StatusCode::kNotFound,
                        .domain = "federation.chapter8",
                        .reason = "UNKNOWN_BODY",
                        .message = "this node has no such body for the caller"}));
  }
  if (!body.ok()) return rpc::ToGrpcStatus(absl::UnavailableError("the body cannot be read now"));
  response->set_body(*std::move(body));
  return grpc::Status::OK;
}

absl::StatusOr<kernel::Runner*> FederationHandler::FindRunner(const std::string& origin) const {
  const auto runner = runners_.find(origin);
  if (runner != runners_.end()) return runner->second;
  return kernel::Refuse({.code = absl::StatusCode::kNotFound,
                         .domain = "federation.chapter8",
                         .reason = "UNKNOWN_ORIGIN",
                         .message = "this node does not host the ledger asked for"});
}

bool FederationHandler::Enter(const std::string& trust_domain) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (waiting_ >= kWaitingMax) return false;
  const auto of_domain = waiting_by_domain_.find(trust_domain);
  if (of_domain != waiting_by_domain_.end() && of_domain->second >= kWaitingPerDomainMax) {
    return false;
  }
  ++waiting_;
  ++waiting_by_domain_[trust_domain];
  return true;
}

void FederationHandler::Leave(const std::string& trust_domain) {
  std::lock_guard<std::mutex> lock(mutex_);
  --waiting_;
  const auto of_domain = waiting_by_domain_.find(trust_domain);
  if (--of_domain->second == 0) waiting_by_domain_.erase(of_domain);
}

}  // namespace ch8::federation
