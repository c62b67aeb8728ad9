#include "tests/integration/peer_feed.h"

#include <atomic>
#include <utility>

#include "absl/strings/str_format.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "clients/lib/client.h"
#include "storage/base/check.h"
#include "tests/support/node_wait.h"

namespace ch8::testing {
namespace {

using chapter8::authz::v1::Role;
using chapter8::federation::v1::PullRequest;
using chapter8::federation::v1::PullResponse;
using chapter8::finance::v1::FundingRequest;

// A source whose answers a test chooses while the feed runs.
class ScriptedSource final : public federation::Source {
 public:
  ScriptedSource(std::shared_ptr<PeerFeed::Answer> answer, std::shared_ptr<std::mutex> mutex)
      : answer_(std::move(answer)), mutex_(std::move(mutex)) {}

  absl::StatusOr<PullResponse> Pull(const PullRequest& request) override {
    if (cancelled_) return absl::CancelledError("stopping");
    absl::StatusOr<PullResponse> answer = AnswerTo(request);
    // A real source waits for news; this one only keeps the feed from spinning.
    if (answer.ok() && answer->entries_size() == 0) {
      WaitUntil([this] { return cancelled_.load(); }, absl::Milliseconds(20));
    }
    return answer;
  }
  void Cancel() override { cancelled_ = true; }

 private:
  absl::StatusOr<PullResponse> AnswerTo(const PullRequest& request) {
    std::lock_guard<std::mutex> lock(*mutex_);
    return (*answer_)(request);
  }

  const std::shared_ptr<PeerFeed::Answer> answer_;
  const std::shared_ptr<std::mutex> mutex_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace

PeerFeed::PeerFeed()
    : un_(dir_.path().string(), "un"),
      au_(dir_.path().string(), "au"),
      au_record_(au_.signed_record()),
      log_({.origin = au_.origin("finance"),
            .key = au_.LogKey("finance"),
            .organization_record = au_record_}),
      answer_mutex_(std::make_shared<std::mutex>()),
      answer_(std::make_shared<Answer>(
          [this](const PullRequest& request) { return Honest(request); })) {
  un_.Pin(au_);
  StartDirectoryFeed();
  Appoint("clerk", Role::MANDATE_OFFICER);
  Check(AddOperation("aussom").ok(), "operation add");
}

void PeerFeed::StartDirectoryFeed() {
  directory_feed_ = std::make_unique<federation::Feed>(federation::Feed::Options{
      .runner = &un_.finance(),
      .clock = &clock_,
      .origin = un_.origin("directory"),
      .log_keys = {un_.LogKey("directory").public_key()},
      .trust_domain = un_.domain(),
      .source = std::make_unique<federation::LocalSource>(un_.directory(), un_.domain())});
}

void PeerFeed::StartPeerFeed() {
  peer_feed_ = std::make_unique<federation::Feed>(
      federation::Feed::Options{.runner = &un_.finance(),
                                .clock = &clock_,
                                .origin = log_.origin(),
                                .log_keys = {log_.key().public_key()},
                                .trust_domain = un_.domain(),
                                .source = std::make_unique<ScriptedSource>(answer_, answer_mutex_),
                                .told = [this](const absl::Status& status) {
                                  std::lock_guard<std::mutex> lock(*answer_mutex_);
                                  told_.push_back(status.code());
                                }});
}

std::vector<absl::StatusCode> PeerFeed::told() const {
  std::lock_guard<std::mutex> lock(*answer_mutex_);
  return told_;
}

void PeerFeed::PeerAnswers(Answer answer) {
  std::lock_guard<std::mutex> lock(*answer_mutex_);
  *answer_ = std::move(answer);
}

absl::StatusOr<PullResponse> PeerFeed::Honest(const PullRequest& request) const {
  return log_.Pull(request, un_.domain());
}

void PeerFeed::Appoint(const std::string& officer, Role role) {
  un_.Appoint(officer, role);
  const bool known = WaitUntil([&] {
    return un_
        .Run(un_.finance(), officer, "finance.v1.OperationService.ListOperations",
             chapter8::finance::v1::ListOperationsRequest())
        .status.ok();
  });
  Check(known, "finance does not learn of the officer");
}

absl::Status PeerFeed::AddOperation(const std::string& id) const {
  chapter8::finance::v1::CreateOperationRequest request;
  request.set_operation_id(id);
  request.mutable_resource()->set_title("An operation");
  request.mutable_resource()->set_lead("organizations/au");
  request.set_request_id(client::NewRequestId());
  return un_.Run(un_.finance(), "clerk", "finance.v1.OperationService.CreateOperation", request)
      .status;
}

void PeerFeed::LogRequest(int number) {
  chapter8::finance::v1::FinanceEvent event;
  FundingRequest& request = *event.mutable_request_recorded()->mutable_request();
  request.set_name(RequestName(number));
  request.set_requester("organizations/au");
  request.set_addressee("organizations/un");
  request.set_operation("operations/aussom");
  request.set_budget_line("organizations/au/budgetLines/support");
  request.mutable_amount()->set_currency_code("USD");
  request.mutable_amount()->set_amount_minor(100'00);
  request.mutable_needed_by()->set_year(2030);
  request.mutable_needed_by()->set_month(1);
  request.mutable_needed_by()->set_day(1);
  request.set_state(FundingRequest::OPEN);
  chapter8::ledger::v1::Entry entry;
  entry.set_domain_event(event.SerializeAsString());
  log_.Append(std::move(entry), un_.domain());
}

std::string PeerFeed::RequestName(int number) {
  return absl::StrFormat("requests/REQ-AU-26-%04d", number);
}

bool PeerFeed::HasRequest(int number) const {
  chapter8::finance::v1::GetRequestRequest get;
  get.set_name(RequestName(number));
  return un_.Run(un_.finance(), "clerk", "finance.v1.RequestService.GetRequest", get).status.ok();
}

}  // namespace ch8::testing
