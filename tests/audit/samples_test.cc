// Samples of real ledgers: what is disclosed with what, what is not, and what the verifier says.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <set>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "clients/verify/report.h"
#include "clients/verify/verify.h"
#include "tests/audit/log_view.h"
#include "tests/audit/two_ledgers.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {
namespace {

using audit::Selector;
using chapter8::ledger::v1::Entry;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using verify::Coverage;
using verify::Verdict;
using verify::VerifyReport;
using Kind = Selector::Kind;

// The ledgers and the UN's whole export, made once.
class SamplesTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ledgers_ = new TwoLedgers();
    work_ = new TempDir();
    ledgers_->Export({.of = ledgers_->un(), .directory = *work_ / "whole"});
    ledgers_->Export({.of = ledgers_->au(), .directory = *work_ / "au"});
  }
  static void TearDownTestSuite() {
    delete ledgers_;
    delete work_;
  }

  // A sample of the UN's ledgers, by a name of the test's choice.
  static std::string Sample(const std::string& name, const std::vector<Selector>& disclose) {
    const std::string directory = *work_ / name;
    ledgers_->Export({.of = ledgers_->un(), .directory = directory, .disclose = disclose});
    return directory;
  }
  static VerifyReport Check(const std::string& directory, std::vector<std::string> peers = {}) {
    const auto report = verify::Verify({.directory = directory,
                                        .trust = ledgers_->Trust(),
                                        .heads = ledgers_->HeadsOfUn(),
                                        .peer_directories = std::move(peers)});
    EXPECT_THAT(report, IsOk());
    return report.value_or(VerifyReport());
  }
  // What is disclosed of the finance ledger.
  static LogView Finance(const std::string& directory) {
    return LogView::Of(FilesIn(directory), "finance");
  }
  // The ids of transfers whose steps are among them.
  static std::set<std::string> Transfers(const LogView& log) {
    std::set<std::string> ids;
    for (const auto& [index, logged] : log.entries) {
      Entry entry;
      if (LogView::IsRow(logged) || !entry.ParseFromString(logged.payload())) continue;
      for (const auto* step : {&entry.step(), &entry.peer_step()}) {
        if (!step->transfer_id().empty()) ids.insert(step->transfer_id());
      }
    }
    return ids;
  }

  static Selector Accepted() {
    return {.kind = Kind::kTransfer, .text = "transfer=OFF-UN-26-0001", .what = AcceptedName()};
  }
  // The offer's number has the year of the clock.
  static std::string AcceptedName() {
    return absl::StrCat("offers/OFF-UN-", absl::FormatTime("%y", absl::Now(), absl::UTCTimeZone()),
                        "-0001");
  }

  static TwoLedgers* ledgers_;
  static TempDir* work_;
};
TwoLedgers* SamplesTest::ledgers_ = nullptr;
TempDir* SamplesTest::work_ = nullptr;

TEST_F(SamplesTest, ATransferIsWholeAndEverythingElseUnchecked) {
  const std::string directory = Sample("transfer", {Accepted()});
  const VerifyReport report = Check(directory);
  ASSERT_EQ(report.verdict, Verdict::kSample)
      << (report.refusal ? verify::Describe(*report.refusal) : report.why_not_verified);
  EXPECT_EQ(verify::ExitCodeOf(report.verdict), verify::kExitSample);
  ASSERT_EQ(report.ledgers.size(), 2U);
  const verify::LedgerFindings& finance = report.ledgers[1];
  EXPECT_EQ(finance.coverage, Coverage::kSample);
  EXPECT_EQ(finance.disclosed, Finance(directory).entries.size());
  EXPECT_LT(finance.disclosed, 30U);
  EXPECT_EQ(finance.posted, 1U);
  EXPECT_GT(finance.signatures, 1U);
  EXPECT_EQ(finance.outside_head_size, finance.size);
  EXPECT_EQ(report.ledgers[0].disclosed, 1U);  // The directory's genesis.
  EXPECT_EQ(Transfers(Finance(directory)).size(), 1U);
  const std::string text = verify::ReportText(report);
  EXPECT_THAT(text, StartsWith("sample: "));
  EXPECT_THAT(text, Not(HasSubstr("verified")));
  EXPECT_THAT(text, HasSubstr(absl::StrCat("un.example/ch8/finance: SAMPLE, ", finance.disclosed,
                                           " of ", finance.size, " entries disclosed")));
  EXPECT_THAT(text, HasSubstr("not checked: completeness, balances, floors, authority"));
  EXPECT_THAT(verify::ReportJson(report),
              HasSubstr(absl::StrCat("\"scopes\":[{\"scope\":\"ledger\",\"verdict\":\"SAMPLE\","
                                     "\"disclosed\":",
                                     finance.disclosed, ",\"entries\":", finance.size, "},")));
  // The AU took entries of the other transfers: their leaves are here.
  EXPECT_GT(Check(directory, {*work_ / "au"}).halves_by_leaf, 2U);
  // Nobody outside vouches for it: then that is what is said first.
  const auto alone = verify::Verify({.directory = directory});
  EXPECT_EQ(alone->verdict, Verdict::kConsistentOnly);
  EXPECT_THAT(verify::ReportText(*alone), HasSubstr("SAMPLE, "));
}

// No payload and no salt of what is not disclosed is in any file, and no text of it.
TEST_F(SamplesTest, NothingElseIsInAnyFile) {
  const std::string directory = Sample("leaks", {Accepted()});
  const std::map<std::string, std::string> files = FilesIn(directory);
  const std::map<std::string, std::string> whole = FilesIn(*work_ / "whole");
  const auto where = [&](const std::string& text) -> std::string {
    for (const auto& [name, content] : files) {
      if (absl::StrContains(content, text)) return name;
    }
    return "";
  };
  size_t withheld = 0;
  for (const char* folder : {"directory", "finance"}) {
    const LogView sample = LogView::Of(files, folder);
    for (const auto& [index, logged] : LogView::Of(whole, folder).entries) {
      if (sample.entries.contains(index)) continue;
      ++withheld;
      EXPECT_EQ(where(logged.salt()), "") << folder << " " << index;
      EXPECT_EQ(where(logged.payload()), "") << folder << " " << index;
    }
  }
  EXPECT_GT(withheld, 300U);
  const auto others = Transfers(Finance(*work_ / "whole"));
  EXPECT_EQ(others.size(), 3U);
  for (const std::string& id : others) {
    EXPECT_EQ(where(id).empty(), !Transfers(Finance(directory)).contains(id));
  }
  for (const std::string& text :
       {std::string(TwoLedgers::kCanary), std::string("operations/elsewhere"), std::string("TENT"),
        AcceptedName().substr(0, 19) + "2"}) {
    EXPECT_EQ(where(text), "") << text;
  }
  // In whole ledgers they are, or else this test would show nothing.
  const std::string known = absl::StrCat(TwoLedgers::kCanary);
  EXPECT_TRUE(absl::StrContains(whole.at("finance/payloads/000"), known));
}

TEST_F(SamplesTest, AnIdIsAsGoodAsTheOffersNumber) {
  const std::set<std::string> ids = Transfers(Finance(Sample("by-number", {Accepted()})));
  ASSERT_EQ(ids.size(), 1U);
  Selector by_id = Accepted();
  by_id.what = *ids.begin();
  EXPECT_EQ(FilesIn(*work_ / "by-number"), FilesIn(Sample("by-id", {by_id})));
}

TEST_F(SamplesTest, ACounterpartySeesAllThatIsShared) {
  const std::string directory = Sample(
      "counterparty",
      {{.kind = Kind::kCounterparty, .text = "counterparty=au.example", .what = "au.example"}});
  const VerifyReport report = Check(directory, {*work_ / "au"});
  EXPECT_EQ(report.verdict, Verdict::kSample);
  EXPECT_EQ(Transfers(Finance(directory)).size(), 3U);
  EXPECT_GT(report.halves_compared, 10U);
  for (const auto& [name, content] : FilesIn(directory)) {
    EXPECT_FALSE(absl::StrContains(content, TwoLedgers::kCanary)) << name;
  }
}

TEST_F(SamplesTest, WhatIsOfEveryDayIsWholeLedgers) {
  const std::string directory =
      Sample("all-days", {{.kind = Kind::kPeriod,
                           .text = "period=1970-01-01/2100-01-01",
                           .from_us = 0,
                           .until_us = absl::ToUnixMicros(absl::Now() + absl::Hours(24))}});
  const VerifyReport report = Check(directory);
  EXPECT_EQ(report.verdict, Verdict::kVerified);
  for (const auto& ledger : report.ledgers) EXPECT_EQ(ledger.coverage, Coverage::kComplete);
}

TEST_F(SamplesTest, AnOperationIsWhatNamesIt) {
  const std::string directory = Sample(
      "operation",
      {{.kind = Kind::kOperation, .text = "operation=elsewhere", .what = "operations/elsewhere"}});
  EXPECT_EQ(Check(directory).verdict, Verdict::kSample);
  EXPECT_TRUE(Transfers(Finance(directory)).empty());
  // Genesis, operation, fund, two requests; and the seal with its own, for the fund's account is
  // whole.
  EXPECT_EQ(Finance(directory).entries.size(), 7U);
}

TEST_F(SamplesTest, WhatThereIsNotLeavesNothingBehind) {
  const std::string directory = *work_ / "nothing";
  const Selector none{
      .kind = Kind::kOperation, .text = "operation=none", .what = "operations/none"};
  const absl::Status status = ledgers_->TryExport(
      {.of = ledgers_->un(), .directory = directory, .disclose = {Accepted(), none}});
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(std::string(status.message()), HasSubstr("is of operation=none"));
  const Selector elsewhere{
      .kind = Kind::kOperation, .text = "operation=elsewhere", .what = "operations/elsewhere"};
  const absl::Status both = ledgers_->TryExport(
      {.of = ledgers_->un(), .directory = directory, .disclose = {Accepted(), elsewhere}});
  EXPECT_THAT(both, StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(std::string(both.message()), HasSubstr("of all of"));
  EXPECT_FALSE(std::filesystem::exists(directory));
}

}  // namespace
}  // namespace ch8::testing
