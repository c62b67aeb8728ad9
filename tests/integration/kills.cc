#include "tests/integration/kills.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "chapter8/ledger/v1/administration_service.pb.h"
#include "chapter8/ledger/v1/answer.pb.h"
#include "tests/integration/kill_checks.h"
#include "tests/support/node_organization.h"
#include "tests/support/node_wait.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::testing {
namespace {

using chapter8::authz::v1::Role;
using chapter8::books::v1::AccountOpened;
using chapter8::books::v1::Balance;
using chapter8::books::v1::GetBalanceRequest;
using chapter8::books::v1::OpenAccountsRequest;
using chapter8::books::v1::OpenAccountsResponse;
using chapter8::books::v1::PostTransfersRequest;
using chapter8::books::v1::PostTransfersResponse;
using chapter8::books::v1::TransferRow;
using chapter8::finance::v1::Contribution;
using chapter8::finance::v1::CreateFundRequest;
using chapter8::finance::v1::Fund;
using chapter8::finance::v1::GetFundRequest;
using chapter8::finance::v1::ImportContributionsRequest;
using chapter8::ledger::v1::GetHeadRequest;
using chapter8::ledger::v1::Head;
using chapter8::ledger::v1::Receipt;

constexpr char kCreateFund[] = "finance.v1.FundService.CreateFund";
constexpr char kImport[] = "finance.v1.FundService.ImportContributions";
constexpr char kPost[] = "books.v1.TransferService.PostTransfers";
constexpr char kMoneyFund[] = "organizations/un/funds/money";
constexpr uint32_t kAccounts = 64;
constexpr int kRowsPerBatch = 50;

// What the requests add up to.
struct Sums {
  int64_t received_minor = 0;
  std::map<uint32_t, uint64_t> debits;
  std::map<uint32_t, uint64_t> credits;

  void Add(const Sent& sent) {
    if (sent.rpc == kImport) {
      ImportContributionsRequest request;
      ASSERT_TRUE(request.ParseFromString(sent.request));
      for (const auto& row : request.contributions())
        received_minor += row.original().amount_minor();
    }
    if (sent.rpc == kPost) {
      PostTransfersRequest request;
      PostTransfersResponse response;
      ASSERT_TRUE(request.ParseFromString(sent.request));
      ASSERT_TRUE(response.ParseFromString(sent.first.reply));
      ASSERT_EQ(response.applied(), static_cast<uint32_t>(request.rows_size()));
      for (const TransferRow& row : request.rows()) {
        debits[row.debit_account()] += row.amount();
        credits[row.credit_account()] += row.amount();
      }
    }
  }
};

class Kills {
 public:
  explicit Kills(const KillOptions& options)
      : options_(options),
        random_(options.seed),
        node_({.folder = folder_.path().string(), .organization = "un"}) {}

  void Run() {
    SetUp();
    for (int kill = 0; kill < options_.kills && !::testing::Test::HasFailure(); ++kill) {
      SCOPED_TRACE(absl::StrCat("kill ", kill));
      LoadUntilKilled();
      node_.Start();
      const uint64_t size = HeadSize();
      CompareAcknowledged();
      ResolveUnknown(size);
    }
    CheckSums();
    EXPECT_EQ(node_.Stop(), 0) << node_.process().output();
    CheckLedger(node_, "finance");
    CheckLedger(node_, "directory");
  }

 private:
  void SetUp() {
    node_.Start();
    node_.Appoint("funds", Role::FUND_MANAGER);
    node_.Appoint("books", Role::BOOKKEEPER);
    CreateFundRequest fund = FundRequest("money");
    ASSERT_THAT(node_.As("funds").Call<Fund>(kCreateFund, fund), IsOk());
    OpenAccountsRequest open;
    open.set_count(kAccounts);
    open.set_unit("USD");
    open.set_floor(AccountOpened::NONE);
    open.set_request_id(client::NewRequestId());
    const auto opened =
        node_.As("books").Call<OpenAccountsResponse>("books.v1.TransferService.OpenAccounts", open);
    ASSERT_THAT(opened, IsOk());
    first_account_ = opened->first_account();
  }

  static CreateFundRequest FundRequest(const std::string& id) {
    CreateFundRequest request;
    request.set_fund_id(id);
    request.mutable_resource()->set_title("A fund");
    request.mutable_resource()->set_source(Fund::EXTRA_BUDGETARY);
    request.mutable_resource()->set_currency_code("USD");
    request.set_request_id(client::NewRequestId());
    return request;
  }

  static ImportContributionsRequest ImportRequest(std::mt19937_64& random) {
    ImportContributionsRequest request;
    request.set_fund(kMoneyFund);
    Contribution& row = *request.add_contributions();
    row.set_donor("GBR");
    row.set_state(Contribution::PAID);
    row.set_form(Contribution::FINANCIAL);
    row.mutable_original()->set_currency_code("USD");
    row.mutable_original()->set_amount_minor(static_cast<int64_t>(random() % 1'000'000 + 1));
    row.mutable_decided_on()->set_year(2026);
    row.mutable_decided_on()->set_month(1);
    row.mutable_decided_on()->set_day(15);
    row.set_external_id(client::NewRequestId());
    request.set_request_id(client::NewRequestId());
    return request;
  }

  PostTransfersRequest BatchRequest(std::mt19937_64& random) const {
    PostTransfersRequest request;
    request.set_request_id(client::NewRequestId());
    for (int i = 0; i < kRowsPerBatch; ++i) {
      TransferRow& row = *request.add_rows();
      row.set_id_high(random() | 1);
      row.set_id_low(random());
      const auto debit = static_cast<uint32_t>(random() % kAccounts);
      const auto step = static_cast<uint32_t>(random() % (kAccounts - 1)) + 1;
      row.set_debit_account(first_account_ + debit);
      row.set_credit_account(first_account_ + (debit + step) % kAccounts);
      row.set_amount(random() % 1'000 + 1);
    }
    return request;
  }

  // Sends until the node does not answer any more.
  void Load(const std::string& officer, uint64_t seed) {
    std::mt19937_64 random(seed);
    const std::unique_ptr<OfficerClient> client = node_.NewClient(officer);
    while (true) {
      Sent sent;
      sent.officer = officer;
      if (officer == "books") {
        sent.rpc = kPost;
        sent.request = BatchRequest(random).SerializeAsString();
      } else if (random() % 2 == 0) {
        sent.rpc = kCreateFund;
        sent.request =
            FundRequest(absl::StrCat("f", client::NewRequestId().substr(1))).SerializeAsString();
      } else {
        sent.rpc = kImport;
        sent.request = ImportRequest(random).SerializeAsString();
      }
      sent.act = officer == "books"
                     ? ""
                     : client->Sign(sent.rpc, sent.request, absl::Now() + absl::Hours(24));
      sent.first = client->SendWithAct(sent.rpc, sent.request, sent.act);
      const bool unknown = LeavesOutcomeOpen(sent.first.status);
      if (!unknown && absl::IsUnavailable(sent.first.status)) continue;  // Queue full: not taken.
      std::lock_guard<std::mutex> lock(mutex_);
      if (unknown) {
        unknown_.push_back(std::move(sent));
        return;
      }
      EXPECT_THAT(sent.first.status, IsOk()) << sent.rpc;
      acknowledged_.push_back(std::move(sent));
      ++acknowledged_count_;
    }
  }

  void LoadUntilKilled() {
    const size_t wanted = acknowledged_count_ + random_() % 120;
    std::vector<std::thread> callers;
    for (const char* officer : {"funds", "funds", "funds", "books", "books"}) {
      callers.emplace_back([this, officer, seed = random_()] { Load(officer, seed); });
    }
    EXPECT_TRUE(WaitUntil([&] { return acknowledged_count_ >= wanted; }));
    node_.Kill();
    for (std::thread& caller : callers) caller.join();
  }

  uint64_t HeadSize() {
    GetHeadRequest request;
    request.set_origin(node_.origin("finance"));
    const auto head =
        node_.As("funds").Call<Head>("ledger.v1.AdministrationService.GetHead", request);
    EXPECT_THAT(head, IsOk());
    return head.value_or(Head()).size();
  }

  client::WireReply Repeat(const Sent& sent) {
    return node_.As(sent.officer).SendWithAct(sent.rpc, sent.request, sent.act);
  }

  void ExpectRepeats(const Sent& sent) { ExpectSameReply(node_.As(sent.officer), sent); }

  // All of this round, and some of the rounds before.
  void CompareAcknowledged() {
    constexpr size_t kOlder = 20;
    for (size_t i = compared_; i < acknowledged_.size(); ++i) ExpectRepeats(acknowledged_[i]);
    for (size_t i = 0; i < std::min(kOlder, compared_); ++i) {
      ExpectRepeats(acknowledged_[random_() % compared_]);
    }
    compared_ = acknowledged_.size();
  }

  // Whether a request stood in the log when the node came up shows in its receipt; that it had its
  // effect then, and only then, shows in what a read finds before it is asked again.
  void ResolveUnknown(uint64_t size_at_start) {
    for (Sent& sent : unknown_) {
      const bool existed = Exists(sent);
      sent.first = Repeat(sent);
      ASSERT_THAT(sent.first.status, IsOk()) << sent.rpc;
      Receipt receipt;
      ASSERT_TRUE(receipt.ParseFromString(sent.first.receipt));
      if (sent.rpc == kCreateFund) {
        EXPECT_EQ(existed, receipt.index() < size_at_start);
      }
      existed_ += receipt.index() < size_at_start ? 1 : 0;
      ExpectRepeats(sent);
      acknowledged_.push_back(std::move(sent));
      ++acknowledged_count_;
    }
    unknown_.clear();
    compared_ = acknowledged_.size();
  }

  bool Exists(const Sent& sent) {
    CreateFundRequest request;
    if (sent.rpc != kCreateFund || !request.ParseFromString(sent.request)) return false;
    GetFundRequest get;
    get.set_name(absl::StrCat("organizations/un/funds/", request.fund_id()));
    return node_.As("funds").Call<Fund>("finance.v1.FundService.GetFund", get).ok();
  }

  void CheckSums() {
    Sums sums;
    for (const Sent& sent : acknowledged_) sums.Add(sent);
    GetFundRequest get;
    get.set_name(kMoneyFund);
    const auto fund = node_.As("funds").Call<Fund>("finance.v1.FundService.GetFund", get);
    ASSERT_THAT(fund, IsOk());
    EXPECT_EQ(fund->received_minor(), sums.received_minor);
    for (uint32_t i = 0; i < kAccounts; ++i) {
      GetBalanceRequest of;
      of.set_account(first_account_ + i);
      const auto balance =
          node_.As("books").Call<Balance>("books.v1.TransferService.GetBalance", of);
      ASSERT_THAT(balance, IsOk());
      EXPECT_EQ(balance->debits_posted(), sums.debits[of.account()]);
      EXPECT_EQ(balance->credits_posted(), sums.credits[of.account()]);
    }
    ::testing::Test::RecordProperty("acknowledged", static_cast<int>(acknowledged_.size()));
    ::testing::Test::RecordProperty("unanswered_but_taken", existed_);
    GTEST_LOG_(INFO) << acknowledged_.size() << " requests compared, " << existed_
                     << " unanswered ones had been taken before the kill";
  }

  const KillOptions options_;
  std::mt19937_64 random_;
  const TempDir folder_;
  OrganizationNode node_;
  uint32_t first_account_ = 0;

  std::atomic<size_t> acknowledged_count_{0};
  std::mutex mutex_;  // Guards the two below while there is load.
  std::vector<Sent> acknowledged_;
  std::vector<Sent> unknown_;
  size_t compared_ = 0;
  int existed_ = 0;
};

}  // namespace

void RunKills(const KillOptions& options) {
  GTEST_LOG_(INFO) << "seed " << options.seed;
  Kills(options).Run();
}

}  // namespace ch8::testing
