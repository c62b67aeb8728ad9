#include "services/federation/rpc/source.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/federation/core/pull.h"
#include "services/kernel/addresses.h"
#include "storage/base/clock.h"
#include "storage/base/status_macros.h"

namespace ch8::federation {
namespace {

using chapter8::federation::v1::PullRequest;
using chapter8::federation::v1::PullResponse;

constexpr absl::Duration kWaitMax = absl::Seconds(20);
// How long one wait lasts before cancellation is looked at again.
constexpr absl::Duration kWaitStep = absl::Milliseconds(200);
// What a remote call may take beyond the wait it asked for.
constexpr absl::Duration kCallMargin = absl::Seconds(10);

absl::StatusOr<uint64_t> NewestNumber(const Ledger& ledger, absl::string_view caller) {
  const std::unique_ptr<Snapshot> snapshot = ledger.TakeSnapshot();
  ASSIGN_OR_RETURN(const std::optional<std::string> row,
                   snapshot->Get(Table::kRows, kernel::AddressHeadKey(caller)));
  return kernel::ParseAddressHead(row.value_or("")).value_or(kernel::AddressHead{}).number;
}

}  // namespace

absl::StatusOr<PullResponse> ServePull(kernel::Runner& runner, absl::string_view caller,
                                       const PullRequest& request,
                                       const std::function<bool()>& cancelled) {
  const SystemClock clock;
  const absl::Duration deadline =
      clock.SinceBoot() + std::min(absl::Milliseconds(request.wait_ms()), kWaitMax);
  uint64_t size = runner.ledger().TakeSnapshot()->size();
  while (!cancelled()) {
    const absl::Duration left = deadline - clock.SinceBoot();
    if (left <= absl::ZeroDuration()) break;
    ASSIGN_OR_RETURN(const uint64_t newest, NewestNumber(runner.ledger(), caller));
    if (newest > request.after_number()) break;
    size = runner.WaitForGrowth(size, std::min(left, kWaitStep));
  }
  if (cancelled()) return absl::CancelledError("the call was given up");
  ASSIGN_OR_RETURN(const std::string note, runner.SignedNote());
  const std::unique_ptr<Snapshot> newest = runner.ledger().TakeSnapshot();
  return BuildPull({.ledger = runner.ledger(),
                    .signed_note = note,
                    .caller = caller,
                    .ledger_time = kernel::NewestTime(kernel::SnapshotRows(*newest))},
                   request);
}

absl::StatusOr<PullResponse> LocalSource::Pull(const PullRequest& request) {
  return ServePull(runner_, caller_, request, [this] { return cancelled_.load(); });
}

RemoteSource::RemoteSource(std::shared_ptr<grpc::Channel> channel)
    : stub_(chapter8::federation::v1::FederationService::NewStub(std::move(channel))) {}

absl::StatusOr<PullResponse> RemoteSource::Pull(const PullRequest& request) {
  PullResponse response;
  RETURN_IF_ERROR(Call(
      absl::Milliseconds(request.wait_ms()) + kCallMargin,
      [&](grpc::ClientContext& context) { return stub_->Pull(&context, request, &response); }));
  return response;
}

absl::StatusOr<std::string> RemoteSource::FetchBody(const std::string& origin, const Hash& digest) {
  chapter8::federation::v1::FetchBodyRequest request;
  request.set_origin(origin);
  request.set_digest(std::string(digest.view()));
  chapter8::federation::v1::FetchBodyResponse response;
  RETURN_IF_ERROR(Call(kCallMargin, [&](grpc::ClientContext& context) {
    return stub_->FetchBody(&context, request, &response);
  }));
  return std::move(*response.mutable_body());
}

absl::StatusOr<std::vector<std::string>> RemoteSource::ProveConsistency(const std::string& origin,
                                                                        uint64_t old_size,
                                                                        uint64_t new_size) {
  chapter8::federation::v1::ProveConsistencyRequest request;
  request.set_origin(origin);
  request.set_old_size(old_size);
  request.set_new_size(new_size);
  chapter8::federation::v1::ProveConsistencyResponse response;
  RETURN_IF_ERROR(Call(kCallMargin, [&](grpc::ClientContext& context) {
    return stub_->ProveConsistency(&context, request, &response);
  }));
  return std::vector<std::string>(response.hashes().begin(), response.hashes().end());
}

absl::Status RemoteSource::Call(absl::Duration patience,
                                const std::function<grpc::Status(grpc::ClientContext&)>& call) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + absl::ToChronoMilliseconds(patience));
  {
    std::lock_guard<std::mutex> lock(mutex_);
    if (cancelled_) return absl::CancelledError("the feed is stopping");
    running_ = &context;
  }
  const grpc::Status status = call(context);
  {
    std::lock_guard<std::mutex> lock(mutex_);
    running_ = nullptr;
  }
  if (status.ok()) return absl::OkStatus();
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

void RemoteSource::Cancel() {
  std::lock_guard<std::mutex> lock(mutex_);
  cancelled_ = true;
  if (running_ != nullptr) running_->TryCancel();
}

}  // namespace ch8::federation
