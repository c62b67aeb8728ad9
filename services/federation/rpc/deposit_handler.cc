#include "services/federation/rpc/deposit_handler.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/federation/core/pull.h"
#include "services/kernel/refusal.h"
#include "services/rpc/status.h"

namespace ch8::federation {
namespace {

using chapter8::federation::v1::FetchDepositsRequest;
using chapter8::federation::v1::FetchDepositsResponse;
using chapter8::federation::v1::GetDepositRequest;
using chapter8::federation::v1::GetDepositResponse;

constexpr absl::string_view kGetDeposit = "/chapter8.federation.v1.DepositService/GetDeposit";
constexpr absl::string_view kFetchDeposits = "/chapter8.federation.v1.DepositService/FetchDeposits";

grpc::Status Refused(absl::StatusCode code, absl::string_view reason, std::string message) {
  return rpc::ToGrpcStatus(kernel::Refuse(
      {.code = code, .domain = kDomain, .reason = reason, .message = std::move(message)}));
}

grpc::Status TooMany() {
  return Refused(absl::StatusCode::kUnavailable, "TOO_MANY_CALLS",
                 "the caller's organization has its share of such calls under way; retry later");
}

}  // namespace

grpc::Status DepositHandler::GetDeposit(grpc::ServerContext* context,
                                        const GetDepositRequest* request,
                                        GetDepositResponse* response) {
  const absl::StatusOr<kernel::Caller> caller =
      options_.authorizer->Admit(*context->auth_context(), kGetDeposit);
  if (!caller.ok()) return rpc::ToGrpcStatus(caller.status());
  if (!options_.keepers.contains(caller->trust_domain)) {
    return Refused(absl::StatusCode::kPermissionDenied, "NO_DEPOSITS",
                   "this node deposits nothing with the caller's organization");
  }
  const auto depositor = options_.depositors.find(request->origin());
  if (depositor == options_.depositors.end()) {
    return Refused(absl::StatusCode::kNotFound, "UNKNOWN_ORIGIN",
                   "this node does not host the ledger asked for");
  }
  const auto slot = calls_.Take(caller->trust_domain);
  if (!slot.has_value()) return TooMany();
  absl::StatusOr<GetDepositResponse> next = depositor->second->Next(*request);
  if (!next.ok()) return rpc::ToGrpcStatus(next.status());
  if (request->after_complete()) {
    std::lock_guard<std::mutex> lock(mutex_);
    deposited_[{request->origin(), caller->trust_domain}] = request->after_size();
  }
  *response = *std::move(next);
  return grpc::Status::OK;
}

grpc::Status DepositHandler::FetchDeposits(grpc::ServerContext* context,
                                           const FetchDepositsRequest* request,
                                           FetchDepositsResponse* response) {
  const absl::StatusOr<kernel::Caller> caller =
      options_.authorizer->Admit(*context->auth_context(), kFetchDeposits);
  if (!caller.ok()) return rpc::ToGrpcStatus(caller.status());
  const auto slot = calls_.Take(caller->trust_domain);
  if (!slot.has_value()) return TooMany();
  const bool own = absl::StartsWith(request->origin(), absl::StrCat(caller->trust_domain, "/ch8/"));
  absl::StatusOr<FetchDepositsResponse> kept = absl::NotFoundError("another organization's");
  if (own) kept = options_.kept(request->origin(), request->after_count());
  if (absl::IsNotFound(kept.status())) {
    return Refused(absl::StatusCode::kNotFound, "NO_DEPOSITS",
                   "this node keeps no deposits of that ledger for the caller");
  }
  if (!kept.ok()) return rpc::ToGrpcStatus(kept.status());
  *response = *std::move(kept);
  return grpc::Status::OK;
}

std::map<std::pair<std::string, std::string>, uint64_t> DepositHandler::deposited() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return deposited_;
}

}  // namespace ch8::federation
