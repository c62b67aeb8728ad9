#include "services/node/toy_node.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "services/books/recovery.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"

namespace ch8::node {
namespace {

namespace toy = kernel::toy;

absl::Time NotAfter() { return absl::Now() + absl::Hours(1); }

}  // namespace

ToyNode::ToyNode(const Options& options) { Check(Start(options).ok(), "the node starts"); }

absl::StatusOr<std::unique_ptr<ToyNode>> ToyNode::Open(const Options& options) {
  std::unique_ptr<ToyNode> node(new ToyNode);
  RETURN_IF_ERROR(node->Start(options));
  return node;
}

absl::Status ToyNode::Start(const Options& options) {
  const Clock& clock = options.clock == nullptr ? system_clock_ : *options.clock;
  ASSIGN_OR_RETURN(head_keeper_,
                   HeadKeeper::Open({.ledger = *options.ledger,
                                     .key = key_,
                                     .state_directory = options.state_directory,
                                     .boot_marker_directory = options.state_directory + "/shm",
                                     .boot_id = options.boot_id,
                                     .clock = clock}));
  older_ids_ = std::make_unique<books::LedgerIds>(*options.ledger);
  ASSIGN_OR_RETURN(books::Recovered recovered,
                   books::Recover(books::RecoverySourceOf(*options.ledger), *older_ids_,
                                  {.id_window_limit = options.id_window_limit}));
  Check(recovered.wipe.empty(), "no page is above the log's end");
  start_digest_ = recovered.books->StateDigest();
  ASSIGN_OR_RETURN(
      sequencer_, Sequencer::Start({.ledger = options.ledger,
                                    .machine = &machine_,
                                    .head_keeper = head_keeper_.get(),
                                    .clock = &clock,
                                    .books = std::move(recovered.books),
                                    .pages = std::move(recovered.pages),
                                    .older_ids = older_ids_.get(),
                                    .organization = "organizations/un",
                                    .trust_domain = "un.example",
                                    .queue_requests_max = options.queue_requests_max,
                                    .facts_age_max = options.facts_age_max,
                                    .on_stopped = [this](const absl::Status&) { ++stopped_count_; },
                                    .admit_writes = options.admit_writes,
                                    .seal_sums_path = options.state_directory + "/seal_sums",
                                    .seal_entries_max = options.seal_entries_max,
                                    .history_run_entries = options.history_run_entries},
                                   toy::FirstFacts()));
  return absl::OkStatus();
}

kernel::Runner::Done Answers::Expect() {
  std::lock_guard<std::mutex> lock(mutex_);
  ++expected_;
  return [this](kernel::Outcome outcome) {
    std::lock_guard<std::mutex> arrived(mutex_);
    outcomes_.push_back(std::move(outcome));
    arrived_.notify_all();
  };
}

std::vector<kernel::Outcome> Answers::WaitForAll() {
  std::unique_lock<std::mutex> lock(mutex_);
  arrived_.wait(lock, [this] { return outcomes_.size() >= expected_; });
  Check(outcomes_.size() == expected_, "each answer comes once");
  return outcomes_;
}

size_t Answers::count() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return outcomes_.size();
}

kernel::Outcome Call(Sequencer& sequencer, kernel::Command command) {
  Answers answers;
  sequencer.Submit(std::move(command), answers.Expect());
  return answers.WaitForAll().front();
}

kernel::Command CreatePost(absl::string_view id, absl::string_view request_id,
                           absl::string_view title) {
  chapter8::directory::v1::CreatePostRequest request;
  request.set_post_id(std::string(id));
  request.mutable_resource()->set_title(std::string(title));
  request.set_request_id(std::string(request_id));
  return toy::SignedCommand("ada", toy::kCreatePost, request, NotAfter());
}

kernel::Command OpenAccounts(uint32_t count, absl::string_view request_id) {
  chapter8::books::v1::OpenAccountsRequest request;
  request.set_count(count);
  request.set_unit("USD");
  request.set_floor(chapter8::books::v1::AccountOpened::NONE);
  request.set_request_id(std::string(request_id));
  return toy::SignedCommand("bob", toy::kOpenAccounts, request, NotAfter());
}

kernel::Command GetBalance(uint32_t account) {
  chapter8::books::v1::GetBalanceRequest request;
  request.set_account(account);
  return toy::UnsignedCommand("bob", toy::kGetBalance, request);
}

kernel::Command PostTransfers(const BatchParts& parts) {
  chapter8::books::v1::PostTransfersRequest request;
  for (uint32_t i = 0; i < parts.rows; ++i) {
    auto* row = request.add_rows();
    row->set_id_high(parts.number + 1);
    row->set_id_low(i + 1);
    row->set_debit_account(1 + i % parts.accounts);
    row->set_credit_account(1 + (i + 1) % parts.accounts);
    row->set_amount(1);
  }
  request.set_request_id(absl::StrCat("batch-", parts.number));
  return toy::UnsignedCommand("bob", toy::kPostTransfers, request);
}

}  // namespace ch8::node
