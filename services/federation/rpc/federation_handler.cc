#include "services/federation/rpc/federation_handler.h"

#include <utility>

#include "services/federation/core/cosignatures.h"
#include "services/federation/core/pull.h"
#include "services/federation/core/records.h"
#include "services/federation/rpc/source.h"
#include "services/kernel/refusal.h"
#include "services/rpc/status.h"

namespace ch8::federation {
namespace {

using chapter8::federation::v1::AddCheckpointRequest;
using chapter8::federation::v1::AddCheckpointResponse;
using chapter8::federation::v1::FetchBodyRequest;
using chapter8::federation::v1::FetchBodyResponse;
using chapter8::federation::v1::ProveConsistencyRequest;
using chapter8::federation::v1::ProveConsistencyResponse;
using chapter8::federation::v1::PullRequest;
using chapter8::federation::v1::PullResponse;

constexpr absl::string_view kAddCheckpoint =
    "/chapter8.federation.v1.FederationService/AddCheckpoint";
constexpr absl::string_view kProveConsistency =
    "/chapter8.federation.v1.FederationService/ProveConsistency";
constexpr absl::string_view kFetchBody = "/chapter8.federation.v1.FederationService/FetchBody";
constexpr absl::string_view kPull = "/chapter8.federation.v1.FederationService/Pull";

grpc::Status TooManyProofs() {
  return rpc::ToGrpcStatus(
      kernel::Refuse({.code = absl::StatusCode::kUnavailable,
                      .domain = kDomain,
                      .reason = "TOO_MANY_CALLS",
                      .message = "the caller's organization has its share of such calls under way; "
                                 "retry later"}));
}

}  // namespace

FederationHandler::FederationHandler(Options options) : options_(std::move(options)) {}

grpc::Status FederationHandler::Pull(grpc::ServerContext* context, const PullRequest* request,
                                     PullResponse* response) {
  const absl::StatusOr<kernel::Caller> caller =
      options_.authorizer->Admit(*context->auth_context(), kPull);
  if (!caller.ok()) return rpc::ToGrpcStatus(caller.status());
  const absl::StatusOr<kernel::Runner*> runner = FindRunner(request->origin());
  if (!runner.ok()) return rpc::ToGrpcStatus(runner.status());
  if (!request->cosigned_note().empty()) {
    KeepCosignature(**runner, caller->trust_domain, request->cosigned_note());
  }
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

void FederationHandler::KeepCosignature(kernel::Runner& runner, absl::string_view trust_domain,
                                        const std::string& note) const {
  const std::unique_ptr<Snapshot> snapshot = runner.ledger().TakeSnapshot();
  const kernel::SnapshotRows rows(*snapshot);
  const auto peer = PinnedRecord(rows, trust_domain);
  if (!peer.has_value()) return;
  const auto witness = WitnessOf(*peer);
  if (!witness.has_value()) return;
  const LogSigners log = LogSignersOf(options_.own_record, runner.ledger().origin());
  absl::StatusOr<std::optional<RowWrite>> row =
      TakeCosignature(runner.ledger(), rows, log, *witness, note);
  if (absl::IsDataLoss(row.status())) options_.alarm(runner.ledger().origin(), row.status());
  if (!row.ok() || !row->has_value()) return;
  runner.SubmitPeerRows({**std::move(row)}, [](const kernel::Outcome&) {});
}

grpc::Status FederationHandler::ProveConsistency(grpc::ServerContext* context,
                                                 const ProveConsistencyRequest* request,
                                                 ProveConsistencyResponse* response) {
  const absl::StatusOr<kernel::Caller> caller =
      options_.authorizer->Admit(*context->auth_context(), kProveConsistency);
  if (!caller.ok()) return rpc::ToGrpcStatus(caller.status());
  const auto slot = proofs_.Take(caller->trust_domain);
  if (!slot.has_value()) return TooManyProofs();
  const absl::StatusOr<kernel::Runner*> runner = FindRunner(request->origin());
  if (!runner.ok()) return rpc::ToGrpcStatus(runner.status());
  const Ledger& ledger = (*runner)->ledger();
  if (request->old_size() > request->new_size() || request->new_size() > ledger.durable_size()) {
    return rpc::ToGrpcStatus(kernel::Refuse(
        {.code = absl::StatusCode::kOutOfRange,
         .domain = kDomain,
         .reason = "NO_SUCH_SIZE",
         .message = "the ledger was never of these two sizes, one after the other"}));
  }
  const absl::StatusOr<std::vector<Hash>> proof =
      ledger.ConsistencyProof(request->old_size(), request->new_size());
  if (!proof.ok()) return rpc::ToGrpcStatus(proof.status());
  for (const Hash& hash : *proof) response->add_hashes(std::string(hash.view()));
  return grpc::Status::OK;
}

grpc::Status FederationHandler::AddCheckpoint(grpc::ServerContext* context,
                                              const AddCheckpointRequest* request,
                                              AddCheckpointResponse* response) {
  const absl::StatusOr<kernel::Caller> caller =
      options_.authorizer->Admit(*context->auth_context(), kAddCheckpoint);
  if (!caller.ok()) return rpc::ToGrpcStatus(caller.status());
  const auto slot = proofs_.Take(caller->trust_domain);
  if (!slot.has_value()) return TooManyProofs();
  if (options_.witness == nullptr) {
    return rpc::ToGrpcStatus(
        kernel::Refuse({.code = absl::StatusCode::kUnimplemented,
                        .domain = "witness.chapter8",
                        .reason = "NO_WITNESS",
                        .message = "this node does not host its organization's witness"}));
  }
  absl::StatusOr<AddCheckpointResponse> answer = options_.witness->AddCheckpoint(*request);
  if (!answer.ok()) return rpc::ToGrpcStatus(answer.status());
  *response = *std::move(answer);
  return grpc::Status::OK;
}

grpc::Status FederationHandler::FetchBody(grpc::ServerContext* context,
                                          const FetchBodyRequest* request,
                                          FetchBodyResponse* response) {
  const absl::StatusOr<kernel::Caller> caller =
      options_.authorizer->Admit(*context->auth_context(), kFetchBody);
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
  const auto runner = options_.runners.find(origin);
  if (runner != options_.runners.end()) return runner->second;
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
