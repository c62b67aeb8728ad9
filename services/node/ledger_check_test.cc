#include "services/node/ledger_check.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "services/books/books.h"
#include "services/books/test_facts.h"
#include "services/finance/core/machine.h"
#include "services/finance/core/test_ledger.h"
#include "services/kernel/execute.h"
#include "services/node/modules.h"
#include "storage/rocks/rocks_ledger.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::node {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;

constexpr char kOrigin[] = "un.example/ch8/finance";

// A finance ledger on disk, written by the real executor: officers, a fund and 60 contributions.
class LedgerCheckTest : public ::testing::Test {
 protected:
  LedgerCheckTest() {
    std::filesystem::create_directories(directory_);
    chapter8::ledger::v1::Entry genesis;
    genesis.mutable_genesis()->set_format(1);
    genesis.mutable_genesis()->set_origin(kOrigin);
    ledger_ = RocksLedger::Create(
                  {.path = directory_},
                  {.origin = kOrigin, .payload = genesis.SerializeAsString(), .salt = Hash()})
                  .value();
    kernel::Executor executor({.ledger = ledger_.get(),
                               .machine = &machine_,
                               .accounts = &books_,
                               .organization = "organizations/un",
                               .trust_domain = "un.example",
                               .fresh_salt = [this] { return Fresh(); }});
    executor.Begin(absl::FromUnixSeconds(1'772'442'000));
    EXPECT_THAT(
        executor
            .LogInternal("/internal/Facts", books::FactsOf({.organization = "un",
                                                            .pinned = {"au"},
                                                            .officers = finance::kTestOfficers}))
            .status,
        IsOk());
    Commit(executor);
    chapter8::finance::v1::CreateFundRequest fund;
    fund.set_fund_id("trust");
    fund.mutable_resource()->set_title("Trust");
    fund.mutable_resource()->set_source(chapter8::finance::v1::Fund::EXTRA_BUDGETARY);
    fund.mutable_resource()->set_currency_code("USD");
    Act(executor, "CreateFund", fund);
    for (int i = 0; i < 60; ++i) {
      chapter8::finance::v1::ImportContributionsRequest paid;
      paid.set_fund("organizations/un/funds/trust");
      auto& row = *paid.add_contributions();
      row.set_donor("GBR");
      row.set_state(chapter8::finance::v1::Contribution::PAID);
      row.set_form(chapter8::finance::v1::Contribution::FINANCIAL);
      row.mutable_original()->set_currency_code("USD");
      row.mutable_original()->set_amount_minor(100 + i);
      row.mutable_decided_on()->set_year(2026);
      row.mutable_decided_on()->set_month(1);
      row.mutable_decided_on()->set_day(5);
      Act(executor, "ImportContributions", paid);
    }
  }

  Hash Fresh() { return Sha256({"fresh ", absl::StrCat(++fresh_)}); }

  template <typename Request>
  void Act(kernel::Executor& executor, const std::string& method, Request request) {
    const std::string id = absl::StrCat("request-", ++fresh_);
    request.set_request_id(id);
    executor.Begin(executor.time());
    kernel::Command command =
        books::OfficerCommand({.trust_domain = "un.example",
                               .officer = "manager",
                               .method = absl::StrCat("/chapter8.finance.v1.FundService/", method),
                               .request = request.SerializeAsString(),
                               .request_id = id,
                               .time = executor.time()});
    command.request_salt = Fresh();
    command.random = std::string(Fresh().view().substr(0, 16));
    EXPECT_THAT(executor.Execute(command).status, IsOk());
    Commit(executor);
  }

  void Commit(kernel::Executor& executor) {
    EXPECT_THAT(ledger_->Commit(executor.Finish()), IsOk());
    EXPECT_THAT(ledger_->Sync(), IsOk());
  }

  // A row that no entry has made so.
  void PutRow(const std::string& key, const std::string& value) {
    Ledger::CommitRequest commit;
    commit.rows.push_back({.table = Table::kRows, .key = key, .value = value});
    EXPECT_THAT(ledger_->Commit(commit), IsOk());
    EXPECT_THAT(ledger_->Sync(), IsOk());
  }

  LedgerReport Checked() {
    ledger_.reset();
    const auto report = CheckLedger(**FindModule("finance"), dir_.path().string());
    EXPECT_THAT(report, IsOk());
    return report.value_or(LedgerReport());
  }

  const ch8::testing::TempDir dir_;
  const std::string directory_ = dir_ / "finance/ledger";
  const finance::FinanceMachine machine_;
  const books::NoOlderIds no_older_ids_;
  books::Books books_{no_older_ids_};
  std::unique_ptr<RocksLedger> ledger_;
  int fresh_ = 0;
};

TEST_F(LedgerCheckTest, AWholeLedgerAgrees) {
  const uint64_t size = ledger_->durable_size();
  const Hash root = ledger_->RootAt(size).value();
  const LedgerReport report = Checked();
  EXPECT_EQ(report.difference.value_or(""), "");
  EXPECT_EQ(report.origin, kOrigin);
  EXPECT_EQ(report.size, size);
  EXPECT_EQ(report.root, root);
  EXPECT_GT(report.rows, 60u);
}

TEST_F(LedgerCheckTest, ARowThatTheLogDoesNotGiveIsNamed) {
  PutRow("organizations/un/funds/trust", "altered");
  EXPECT_EQ(Checked().difference.value_or(""), "row organizations/un/funds/trust differs");
}

TEST_F(LedgerCheckTest, ARowFromNowhereIsNamed) {
  PutRow("organizations/un/funds/zzz", "made up");
  EXPECT_EQ(Checked().difference.value_or(""), "row organizations/un/funds/zzz is made up");
}

TEST_F(LedgerCheckTest, ANoteThatIsNoneIsNamed) {
  ASSERT_THAT(ledger_->KeepNote(1, "not a note"), IsOk());
  EXPECT_EQ(Checked().difference.value_or(""), "the newest kept note does not parse");
}

// One byte of the officers' facts, wherever the database has put them.
TEST_F(LedgerCheckTest, AnAlteredByteOnDiskIsFound) {
  ledger_.reset();
  int altered = 0;
  for (const auto& file : std::filesystem::directory_iterator(directory_)) {
    std::fstream bytes(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    std::stringstream content;
    content << bytes.rdbuf();
    const size_t at = content.str().find("Post of mandate-a");
    if (at == std::string::npos) continue;
    bytes.clear();
    bytes.seekp(static_cast<std::streamoff>(at));
    bytes.put('Q');
    ++altered;
  }
  ASSERT_GT(altered, 0);
  const LedgerReport report = Checked();
  ASSERT_TRUE(report.difference.has_value());
  EXPECT_NE(*report.difference, "");
}

TEST_F(LedgerCheckTest, WhatIsNotThereOrInUseIsNoDifference) {
  EXPECT_THAT(CheckLedger(**FindModule("finance"), dir_.path().string()),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(CheckLedger(**FindModule("mandate"), dir_.path().string()),
              StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace ch8::node
