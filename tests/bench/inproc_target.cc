#include <future>
#include <utility>

#include "chapter8/books/v1/transfer_service.pb.h"
#include "services/books/internal_accounts.h"
#include "services/books/recovery.h"
#include "services/finance/core/machine.h"
#include "services/kernel/toy_machine.h"
#include "services/node/sequencer.h"
#include "storage/base/clock.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/head_keeper.h"
#include "storage/rocks/rocks_ledger.h"
#include "tests/bench/target.h"

namespace ch8::bench {
namespace {

namespace toy = kernel::toy;

// The finance machine with officers whose facts are logged at the start.
class InprocTarget final : public Target {
 public:
  static absl::StatusOr<std::unique_ptr<Target>> Make(const TargetOptions& options) {
    auto target = std::unique_ptr<InprocTarget>(new InprocTarget());
    target->path_ = options.directory + "/ledger";
    RETURN_IF_ERROR(target->Start(options.directory));
    return target;
  }

  absl::StatusOr<uint32_t> OpenAccounts(uint32_t count) override {
    chapter8::books::v1::OpenAccountsRequest request;
    request.set_count(count);
    request.set_unit("USD");
    request.set_floor(chapter8::books::v1::AccountOpened::NONE);
    request.set_request_id(absl::StrCat("open-accounts-", ++opened_));
    std::promise<kernel::Outcome> answered;
    sequencer_->Submit(
        toy::SignedCommand("bob", toy::kOpenAccounts, request, clock_.Now() + absl::Hours(1)),
        [&](kernel::Outcome outcome) { answered.set_value(std::move(outcome)); });
    const kernel::Outcome outcome = answered.get_future().get();
    RETURN_IF_ERROR(outcome.status);
    chapter8::books::v1::OpenAccountsResponse response;
    if (!response.ParseFromString(outcome.reply)) return absl::InternalError("no such reply");
    return response.first_account();
  }

  void PostTransfers(std::string request, Done done) override {
    Call(std::string(toy::kPostTransfers), std::move(request), std::move(done));
  }

  std::string origin() const override { return std::string(toy::kOrigin); }

  void Call(const std::string& method, std::string request, Done done) override {
    kernel::Command command;
    command.method = method;
    command.request_digest = Sha256(request);
    command.request = std::move(request);
    command.caller = {
        .kind = chapter8::authz::v1::OFFICER, .trust_domain = "un.example", .id = "officer/bob"};
    sequencer_->Submit(std::move(command), [done = std::move(done)](kernel::Outcome outcome) {
      if (!outcome.status.ok()) return done(outcome.status);
      done(std::move(outcome.reply));
    });
  }

  pid_t pid() const override { return getpid(); }

  absl::Status Stop() override {
    sequencer_.reset();
    head_keeper_.reset();
    older_ids_.reset();
    ledger_.reset();
    return absl::OkStatus();
  }

  std::string ledger_path() const override { return path_; }

 private:
  InprocTarget() = default;

  absl::Status Start(const std::string& directory) {
    ASSIGN_OR_RETURN(ledger_, RocksLedger::Create({.path = path_}, toy::ToyGenesis()));
    ASSIGN_OR_RETURN(head_keeper_, HeadKeeper::Open({.ledger = *ledger_,
                                                     .key = toy::KeyOf("log"),
                                                     .state_directory = directory,
                                                     .boot_marker_directory = directory + "/boot",
                                                     .clock = clock_}));
    older_ids_ = std::make_unique<books::LedgerIds>(*ledger_);
    ASSIGN_OR_RETURN(auto recovered,
                     books::Recover(books::RecoverySourceOf(*ledger_), *older_ids_, {}));
    ASSIGN_OR_RETURN(sequencer_, node::Sequencer::Start({.ledger = ledger_.get(),
                                                         .machine = &machine_,
                                                         .head_keeper = head_keeper_.get(),
                                                         .clock = &clock_,
                                                         .books = std::move(recovered.books),
                                                         .pages = std::move(recovered.pages),
                                                         .older_ids = older_ids_.get(),
                                                         .organization = "organizations/un",
                                                         .trust_domain = "un.example",
                                                         .on_stopped = nullptr},
                                                        toy::FirstFacts()));
    return absl::OkStatus();
  }

  const SystemClock clock_;
  const finance::FinanceMachine machine_;
  std::string path_;
  int opened_ = 0;  // How often accounts were opened.
  std::unique_ptr<RocksLedger> ledger_;
  std::unique_ptr<HeadKeeper> head_keeper_;
  std::unique_ptr<books::LedgerIds> older_ids_;
  std::unique_ptr<node::Sequencer> sequencer_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Target>> MakeInprocTarget(const TargetOptions& options) {
  return InprocTarget::Make(options);
}

}  // namespace ch8::bench
