#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <random>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "storage/base/check.h"
#include "tests/integration/kill_checks.h"
#include "tests/integration/kills.h"
#include "tests/support/node_organization.h"
#include "tests/support/node_two.h"
#include "tests/support/node_wait.h"
#include "tests/support/shell.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::testing {
namespace {

using chapter8::authz::v1::Role;
using chapter8::finance::v1::AcceptOfferRequest;
using chapter8::finance::v1::ApproveOfferRequest;
using chapter8::finance::v1::BudgetLine;
using chapter8::finance::v1::Contribution;
using chapter8::finance::v1::CreateBudgetLineRequest;
using chapter8::finance::v1::CreateFundRequest;
using chapter8::finance::v1::CreateOperationRequest;
using chapter8::finance::v1::Fund;
using chapter8::finance::v1::FundingRequest;
using chapter8::finance::v1::GetBudgetLineRequest;
using chapter8::finance::v1::GetFundRequest;
using chapter8::finance::v1::GetOfferRequest;
using chapter8::finance::v1::ImportContributionsRequest;
using chapter8::finance::v1::ImportContributionsResponse;
using chapter8::finance::v1::MakeOfferRequest;
using chapter8::finance::v1::MakeRequestRequest;
using chapter8::finance::v1::Offer;
using chapter8::finance::v1::Operation;

constexpr int64_t kAmount = 1'000;
constexpr int64_t kReceived = 1'000'000'000;
constexpr absl::Duration kHealTime = absl::Minutes(2);

chapter8::type::v1::Money Dollars(int64_t amount_minor) {
  chapter8::type::v1::Money money;
  money.set_currency_code("USD");
  money.set_amount_minor(amount_minor);
  return money;
}

chapter8::type::v1::Date DaysFromNow(int days) {
  const absl::CivilDay day = absl::ToCivilDay(absl::Now(), absl::UTCTimeZone()) + days;
  chapter8::type::v1::Date date;
  date.set_year(static_cast<int32_t>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

// An organization whose node is killed and started while officers call it from other threads.
//
// Thread safety: Kill(), Start() and node() are the main thread's.
class Target {
 public:
  Target(const std::string& folder, const std::string& organization)
      : node_({.folder = folder, .organization = organization}) {}

  OrganizationNode& node() { return node_; }
  std::string fund() const { return absl::StrCat(node_.name(), "/funds/trust"); }
  std::string budget_line() const { return absl::StrCat(node_.name(), "/budgetLines/support"); }

  void Start() {
    std::unique_lock<std::shared_mutex> lock(starting_);
    node_.Start();
  }

  // One attempt at the node as it runs now, with these bytes.
  client::WireReply Attempt(const Sent& sent) {
    std::unique_ptr<OfficerClient> client;
    {
      std::shared_lock<std::shared_mutex> lock(starting_);
      client = node_.NewClient(sent.officer);
    }
    return client->SendWithAct(sent.rpc, sent.request, sent.act, absl::Seconds(5));
  }

  // Signed for a day, so that the same bytes do until the end.
  Sent Sign(const std::string& officer, const std::string& rpc,
            const google::protobuf::Message& request) {
    Sent sent = {.officer = officer, .rpc = rpc, .request = request.SerializeAsString()};
    std::shared_lock<std::shared_mutex> lock(starting_);
    sent.act = node_.NewClient(officer)->Sign(rpc, sent.request, absl::Now() + absl::Hours(24));
    return sent;
  }

  void Remember(const Sent& sent) {
    std::lock_guard<std::mutex> lock(mutex_);
    acknowledged_.push_back(sent);
  }

  // All that was ever acknowledged, or some of it.
  void Compare(std::mt19937_64& random, size_t count_max) {
    std::vector<Sent> some;
    {
      std::lock_guard<std::mutex> lock(mutex_);
      some = acknowledged_;
    }
    std::shuffle(some.begin(), some.end(), random);
    if (some.size() > count_max) some.resize(count_max);
    for (const Sent& sent : some) ExpectSameReply(node_.As(sent.officer), sent);
  }

 private:
  OrganizationNode node_;
  std::shared_mutex starting_;  // Where it listens.
  std::mutex mutex_;            // Guards what follows.
  std::vector<Sent> acknowledged_;
};

class ThreeKills {
 public:
  explicit ThreeKills(const ThreeKillsOptions& options) : options_(options), random_(options.seed) {
    for (const char* organization : {"un", "au", "ecowas"}) {
      targets_.push_back(std::make_unique<Target>(folder_.path().string(), organization));
    }
  }

  void Run() {
    SetUp();
    std::vector<std::thread> officers;
    for (size_t i = 0; i < targets_.size(); ++i) {
      officers.emplace_back([this, i] { GiveMoney(i); });
      officers.emplace_back([this, i] { MakeFunds(*targets_[i]); });
    }
    KillUntilOver();
    stopping_ = true;
    for (std::thread& officer : officers) officer.join();
    ExpectHalvesAgree();
    ExpectSums();
    for (const auto& target : targets_) target->Compare(random_, SIZE_MAX);
    for (const auto& target : targets_) {
      EXPECT_EQ(target->node().Stop(), 0) << target->node().process().output();
      CheckLedger(target->node(), "finance");
      ExpectFsck(target->node());
    }
  }

 private:
  Target& giver(size_t i) { return *targets_[i]; }
  Target& receiver(size_t i) { return *targets_[(i + 1) % targets_.size()]; }

  void SetUp() {
    for (const auto& target : targets_) target->Start();
    for (const auto& target : targets_) {
      for (const auto& other : targets_) {
        if (other != target) target->node().Pin(other->node());
      }
    }
    for (const auto& target : targets_) {
      OrganizationNode& node = target->node();
      node.Appoint("mandate", Role::MANDATE_OFFICER);
      node.Appoint("funds", Role::FUND_MANAGER);
      node.Appoint("approver", Role::APPROVER, kReceived);
      node.Appoint("support", Role::REQUESTER);
      node.Appoint("accepter", Role::ACCEPTER);
      node.Appoint("auditor", Role::AUDITOR);
      MakeResources(*target);
    }
  }

  void MakeResources(Target& target) {
    CreateOperationRequest operation;
    operation.set_operation_id("aussom");
    operation.mutable_resource()->set_title("Support and stabilization mission");
    operation.mutable_resource()->set_lead("organizations/au");
    operation.set_request_id(client::NewRequestId());
    Act<Operation>(target, "mandate", "finance.v1.OperationService.CreateOperation", operation);
    CreateBudgetLineRequest budget;
    budget.set_budget_line_id("support");
    budget.mutable_resource()->set_title("Support");
    budget.mutable_resource()->set_operation(kOperation);
    budget.mutable_resource()->set_currency_code("USD");
    budget.set_request_id(client::NewRequestId());
    Act<BudgetLine>(target, "mandate", "finance.v1.BudgetService.CreateBudgetLine", budget);
    Act<Fund>(target, "funds", "finance.v1.FundService.CreateFund", FundRequest("trust"));
    ImportContributionsRequest import;
    import.set_fund(target.fund());
    Contribution& paid = *import.add_contributions();
    paid.set_donor("GBR");
    paid.set_state(Contribution::PAID);
    paid.set_form(Contribution::FINANCIAL);
    *paid.mutable_original() = Dollars(kReceived);
    *paid.mutable_decided_on() = DaysFromNow(-30);
    import.set_request_id(client::NewRequestId());
    Act<ImportContributionsResponse>(target, "funds", "finance.v1.FundService.ImportContributions",
                                     import);
  }

  static CreateFundRequest FundRequest(const std::string& id) {
    CreateFundRequest request;
    request.set_fund_id(id);
    request.mutable_resource()->set_title("A fund");
    request.mutable_resource()->set_source(Fund::EXTRA_BUDGETARY);
    request.mutable_resource()->set_currency_code("USD");
    request.mutable_resource()->set_operation(kOperation);
    request.set_request_id(client::NewRequestId());
    return request;
  }

  // Repeats an act, byte for byte, until the node answers. What it has not heard of yet it hears of
  // soon: then another request is made of it.
  template <typename Response, typename Request>
  Response Act(Target& target, const std::string& officer, const std::string& rpc,
               Request request) {
    Response response;
    Sent sent = target.Sign(officer, rpc, request);
    const bool done = WaitUntil(
        [&] {
          sent.first = target.Attempt(sent);
          if (sent.first.status.ok()) return true;
          if (NotHeardYet(sent.first.status)) {
            request.set_request_id(client::NewRequestId());
            sent = target.Sign(officer, rpc, request);
          } else {
            Check(absl::IsUnavailable(sent.first.status) || LeavesOutcomeOpen(sent.first.status),
                  absl::StrCat(rpc, ": ", sent.first.status.ToString()));
          }
          return false;
        },
        kHealTime);
    Check(done, absl::StrCat(rpc, " is not answered: ", sent.first.status.ToString()));
    target.Remember(sent);
    ++acts_;
    Check(response.ParseFromString(sent.first.reply), "the reply parses");
    return response;
  }

  // The federation brings it: a request, a pin, an offer.
  static bool NotHeardYet(const absl::Status& status) {
    return absl::IsNotFound(status) || ReasonOf(status) == "NOT_PINNED";
  }

  // Transfers from one organization to the next, from the request to the acceptance.
  void GiveMoney(size_t i) {
    while (!stopping_) {
      MakeRequestRequest ask;
      ask.mutable_resource()->set_addressee(giver(i).node().name());
      ask.mutable_resource()->set_operation(kOperation);
      ask.mutable_resource()->set_budget_line(receiver(i).budget_line());
      *ask.mutable_resource()->mutable_amount() = Dollars(kAmount);
      *ask.mutable_resource()->mutable_needed_by() = DaysFromNow(60);
      ask.set_request_id(client::NewRequestId());
      const auto asked =
          Act<FundingRequest>(receiver(i), "support", "finance.v1.RequestService.MakeRequest", ask);
      MakeOfferRequest make;
      make.mutable_resource()->set_request(asked.name());
      make.mutable_resource()->set_fund(giver(i).fund());
      *make.mutable_resource()->mutable_amount() = Dollars(kAmount);
      make.mutable_resource()->mutable_hold_duration()->set_seconds(72 * 3600);
      make.set_request_id(client::NewRequestId());
      const auto made = Act<Offer>(giver(i), "funds", "finance.v1.OfferService.MakeOffer", make);
      Act<Offer>(giver(i), "approver", "finance.v1.OfferService.ApproveOffer",
                 OnOffer<ApproveOfferRequest>(made.name()));
      Act<Offer>(receiver(i), "accepter", "finance.v1.OfferService.AcceptOffer",
                 OnOffer<AcceptOfferRequest>(made.name()));
      offers_[i].push_back(made.name());
    }
  }

  template <typename Request>
  static Request OnOffer(const std::string& offer) {
    Request request;
    request.set_name(offer);
    request.set_request_id(client::NewRequestId());
    return request;
  }

  void MakeFunds(Target& target) {
    while (!stopping_) {
      Act<Fund>(target, "funds", "finance.v1.FundService.CreateFund",
                FundRequest(absl::StrCat("f", client::NewRequestId().substr(1))));
    }
  }

  // One node at a time, after some dozen acts more.
  void KillUntilOver() {
    constexpr size_t kComparedEachTime = 50;
    const absl::Time end = absl::Now() + options_.lasts;
    int kills = 0;
    while (absl::Now() < end && !::testing::Test::HasFailure()) {
      const size_t wanted = acts_ + 10 + random_() % 60;
      EXPECT_TRUE(WaitUntil([&] { return acts_ >= wanted; })) << "nothing goes on";
      Target& target = *targets_[random_() % targets_.size()];
      target.node().Kill();
      target.Start();
      target.Compare(random_, kComparedEachTime);
      ++kills;
    }
    GTEST_LOG_(INFO) << kills << " kills, " << acts_ << " acts acknowledged";
    EXPECT_GT(kills, 2);
  }

  static Offer Half(Target& target, const std::string& offer) {
    GetOfferRequest get;
    get.set_name(offer);
    return target.node()
        .As("auditor")
        .Call<Offer>("finance.v1.OfferService.GetOffer", get)
        .value_or(Offer());
  }

  void ExpectHalvesAgree() {
    for (size_t i = 0; i < targets_.size(); ++i) {
      EXPECT_GT(offers_[i].size(), 0u);
      for (const std::string& offer : offers_[i]) {
        EXPECT_TRUE(WaitUntil(
            [&] {
              return Half(giver(i), offer).state() == Offer::SETTLED &&
                     Half(receiver(i), offer).state() == Offer::POSTED;
            },
            kHealTime))
            << offer << " is " << Half(giver(i), offer).DebugString();
        EXPECT_THAT(Differences(Half(giver(i), offer), Half(receiver(i), offer)),
                    ::testing::IsEmpty());
      }
    }
  }

  void ExpectSums() {
    for (size_t i = 0; i < targets_.size(); ++i) {
      const int64_t moved = kAmount * static_cast<int64_t>(offers_[i].size());
      GetFundRequest get_fund;
      get_fund.set_name(giver(i).fund());
      const auto fund =
          giver(i).node().As("auditor").Call<Fund>("finance.v1.FundService.GetFund", get_fund);
      ASSERT_THAT(fund, IsOk());
      EXPECT_EQ(fund->given_minor(), moved);
      EXPECT_EQ(fund->held_minor(), 0);
      EXPECT_EQ(fund->available_minor(), kReceived - moved);
      GetBudgetLineRequest get_line;
      get_line.set_name(receiver(i).budget_line());
      const auto line = receiver(i).node().As("auditor").Call<BudgetLine>(
          "finance.v1.BudgetService.GetBudgetLine", get_line);
      ASSERT_THAT(line, IsOk());
      EXPECT_EQ(line->received_minor(), moved);
      EXPECT_EQ(line->receivable_minor(), 0);
    }
  }

  static void ExpectFsck(const OrganizationNode& node) {
    const ShellResult fsck =
        RunShell(absl::StrCat(ProgramPath("ch8d"), " fsck --data '", node.data(), "'"));
    EXPECT_EQ(fsck.exit_code, 0) << fsck.output;
  }

  const ThreeKillsOptions options_;
  std::mt19937_64 random_;
  const TempDir folder_;
  std::vector<std::unique_ptr<Target>> targets_;
  std::atomic<bool> stopping_{false};
  std::atomic<size_t> acts_{0};
  std::array<std::vector<std::string>, 3> offers_;  // By giver; each its thread's.
};

}  // namespace

void RunThreeKills(const ThreeKillsOptions& options) {
  GTEST_LOG_(INFO) << "seed " << options.seed;
  ThreeKills(options).Run();
}

}  // namespace ch8::testing
