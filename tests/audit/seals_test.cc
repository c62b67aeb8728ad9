// Seals of real ledgers: what the verifier makes of them in whole exports and in samples, with
// entries dropped one by one and in pairs, and what a balance proof shows.
#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "clients/export/seal_files.h"
#include "clients/verify/balance_check.h"
#include "clients/verify/refusal.h"
#include "clients/verify/report.h"
#include "clients/verify/seal_check.h"
#include "clients/verify/verify.h"
#include "storage/merkle/seal_row.h"
#include "storage/merkle/tree.h"
#include "tests/audit/log_view.h"
#include "tests/audit/two_ledgers.h"
#include "tests/support/shell.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {
namespace {

using audit::Selector;
using chapter8::ledger::v1::BalanceProof;
using chapter8::ledger::v1::Entry;
using chapter8::ledger::v1::ProveBalanceRequest;
using ::testing::HasSubstr;
using ::testing::Not;
using verify::Coverage;
using verify::ScopeFindings;
using verify::Verdict;
using verify::VerifyReport;
using Kind = Selector::Kind;
namespace fs = std::filesystem;

constexpr char kFolder[] = "finance";
constexpr char kUnFinance[] = "un.example/ch8/finance";

void WriteFile(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

class SealsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ledgers_ = new TwoLedgers();
    work_ = new TempDir();
    ledgers_->Export({.of = ledgers_->un(), .directory = *work_ / "whole"});
  }
  static void TearDownTestSuite() {
    delete ledgers_;
    delete work_;
  }

  static std::string Sample(const std::string& name, const std::vector<Selector>& disclose) {
    const std::string directory = *work_ / name;
    if (!fs::exists(directory)) {
      ledgers_->Export({.of = ledgers_->un(), .directory = directory, .disclose = disclose});
    }
    return directory;
  }
  static Selector OfAu() {
    return {.kind = Kind::kCounterparty, .text = "counterparty=au.example", .what = "au.example"};
  }
  static Selector Account(uint32_t number) {
    return {.kind = Kind::kAccount,
            .text = absl::StrCat("account=finance/", number),
            .what = absl::StrCat("accounts/", number),
            .service = "finance"};
  }
  static VerifyReport Check(const std::string& directory) {
    const auto report = verify::Verify(
        {.directory = directory, .trust = ledgers_->Trust(), .heads = ledgers_->HeadsOfUn()});
    EXPECT_THAT(report, IsOk());
    return report.value_or(VerifyReport());
  }
  static std::string Why(const VerifyReport& report) {
    return report.refusal.has_value() ? verify::Describe(*report.refusal) : report.why_not_verified;
  }
  // What was found of a scope of the UN's finance ledger; SAMPLE when nothing was.
  static ScopeFindings Found(const VerifyReport& report, const std::string& scope,
                             const std::string& unit) {
    for (const auto& ledger : report.ledgers) {
      for (const ScopeFindings& found : ledger.scopes) {
        if (ledger.origin == kUnFinance && found.scope == scope && found.unit == unit) return found;
      }
    }
    return {};
  }
  // A copy of a sample that keeps more back, under the same seals.
  static std::string Without(const std::string& directory, const std::set<uint64_t>& withheld) {
    const std::string copy = *work_ / "copy";
    fs::remove_all(copy);
    fs::copy(directory, copy, fs::copy_options::recursive);
    const LogView log = LogView::Of(FilesIn(directory), kFolder);
    fs::remove_all(copy + "/finance/disclosed");
    for (const auto& [name, content] : log.Without(kFolder, withheld)) {
      fs::create_directories(fs::path(copy + "/" + name).parent_path());
      WriteFile(copy + "/" + name, content);
    }
    SumAnew(copy);
    return copy;
  }
  // The entries disclosed that are of the account or addressed to the peer.
  static std::vector<uint64_t> EntriesOf(const std::string& directory, uint32_t account,
                                         const std::string& peer) {
    std::vector<uint64_t> indexes;
    for (const auto& [index, logged] : LogView::Of(FilesIn(directory), kFolder).entries) {
      chapter8::books::v1::TransferRow row;
      Entry entry;
      bool is_of = false;
      if (LogView::IsRow(logged)) {
        EXPECT_TRUE(row.ParseFromString(logged.payload()));
        is_of = row.debit_account() == account || row.credit_account() == account;
      } else {
        EXPECT_TRUE(entry.ParseFromString(logged.payload()));
      }
      for (const auto& opened : entry.accounts()) is_of |= opened.account() == account;
      for (const auto& posting : entry.postings()) {
        is_of |= posting.debit_account() == account || posting.credit_account() == account;
      }
      for (const auto& address : entry.addresses()) is_of |= address.recipient() == peer;
      if (is_of) indexes.push_back(index);
    }
    return indexes;
  }
  static BalanceProof Prove(const std::string& scope, const std::string& unit) {
    ProveBalanceRequest request;
    request.set_origin(kUnFinance);
    request.set_scope(scope);
    request.set_unit(unit);
    const auto proof = ledgers_->un().Call<BalanceProof>(
        ledgers_->un().finance(), "auditor", "ledger.v1.LedgerService.ProveBalance", request);
    EXPECT_THAT(proof, IsOk());
    return proof.value_or(BalanceProof());
  }
  // The account of the fund that all offers are made from: the one most is posted to.
  static uint32_t Fund() {
    std::map<uint32_t, int> postings;
    for (const auto& [index, logged] : LogView::Of(FilesIn(*work_ / "whole"), kFolder).entries) {
      Entry entry;
      if (LogView::IsRow(logged) || !entry.ParseFromString(logged.payload())) continue;
      for (const auto& posting : entry.postings()) {
        ++postings[posting.debit_account()];
        ++postings[posting.credit_account()];
      }
    }
    return std::max_element(postings.begin(), postings.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
  }
  // The accounts that the bulk rows are between: the last two.
  static uint32_t FirstOfRows() {
    uint32_t last = 0;
    for (const auto& [index, logged] : LogView::Of(FilesIn(*work_ / "whole"), kFolder).entries) {
      Entry entry;
      if (LogView::IsRow(logged) || !entry.ParseFromString(logged.payload())) continue;
      for (const auto& opened : entry.accounts()) last = opened.account();
    }
    return last - 1;
  }

  static TwoLedgers* ledgers_;
  static TempDir* work_;
};
TwoLedgers* SealsTest::ledgers_ = nullptr;
TempDir* SealsTest::work_ = nullptr;

TEST_F(SealsTest, WholeLedgersMakeEverySealAnew) {
  const VerifyReport report = Check(*work_ / "whole");
  ASSERT_EQ(report.verdict, Verdict::kVerified) << Why(report);
  ASSERT_EQ(report.ledgers.size(), 2U);
  EXPECT_EQ(report.ledgers[0].seals, 1U);  // Nothing came there between the two times.
  EXPECT_EQ(report.ledgers[1].seals, 2U);
  EXPECT_THAT(verify::ReportText(report),
              HasSubstr("2 seals made anew from all entries: nothing less shows that they are "
                        "honest"));
  EXPECT_THAT(verify::ReportJson(report), HasSubstr("\"seals\":2"));
}

TEST_F(SealsTest, ASealThatDoesNotComeOutIsNamed) {
  const std::string copy = *work_ / "copy";
  for (const auto& [name, content] : FilesIn(*work_ / "whole")) {
    if (!absl::StartsWith(name, "finance/seals/")) continue;
    fs::remove_all(copy);
    fs::copy(*work_ / "whole", copy, fs::copy_options::recursive);
    const size_t at = content.find("\"secret\": \"") + 11;
    std::string changed = content;
    changed[at] = changed[at] == 'A' ? 'B' : 'A';
    WriteFile(copy + "/" + name, changed);
    SumAnew(copy);
    const VerifyReport report = Check(copy);
    ASSERT_EQ(report.verdict, Verdict::kRefused);
    EXPECT_EQ(absl::StrCat("finance/seals/", report.refusal->index.value_or(0)), name);
    EXPECT_THAT(Why(report), HasSubstr("not the sum of the entries before it"));
  }
}

TEST_F(SealsTest, AllThatIsSharedWithAPartnerIsComplete) {
  const VerifyReport report = Check(Sample("counterparty", {OfAu()}));
  ASSERT_EQ(report.verdict, Verdict::kSample) << Why(report);
  const ScopeFindings addressed = Found(report, "peers/au.example", "");
  EXPECT_EQ(addressed.coverage, Coverage::kComplete);
  EXPECT_GT(addressed.entries, 3U);
  EXPECT_EQ(addressed.disclosed, addressed.entries);
  EXPECT_EQ(addressed.from, 0U);
  const ScopeFindings posted = Found(report, "peers/au.example", "USD");
  EXPECT_EQ(posted.coverage, Coverage::kComplete);
  EXPECT_EQ(posted.entries, 1U);
  EXPECT_THAT(verify::ReportText(report), HasSubstr("peers/au.example USD: COMPLETE, 1 of 1"));
}

// Whatever of the scope is kept back, nobody is told that it is complete.
TEST_F(SealsTest, EachEntryOfAPartnerDroppedIsNoticed) {
  const std::string directory = Sample("counterparty", {OfAu()});
  const std::vector<uint64_t> entries = EntriesOf(directory, 0, "au.example");
  ASSERT_GT(entries.size(), 3U);
  for (const uint64_t index : entries) {
    const VerifyReport report = Check(Without(directory, {index}));
    if (report.verdict == Verdict::kRefused) continue;
    EXPECT_EQ(report.verdict, Verdict::kSample) << index;
    EXPECT_EQ(Found(report, "peers/au.example", "").coverage, Coverage::kSample) << index;
  }
}

TEST_F(SealsTest, EachEntryOfAnAccountAndEachPairDroppedIsNoticed) {
  const uint32_t account = Fund();
  const std::string scope = absl::StrCat("accounts/", account);
  const std::string directory = Sample("fund", {Account(account)});
  const VerifyReport whole = Check(directory);
  ASSERT_EQ(whole.verdict, Verdict::kSample) << Why(whole);
  ASSERT_EQ(Found(whole, scope, "USD").coverage, Coverage::kComplete);
  const std::vector<uint64_t> entries = EntriesOf(directory, account, "nobody");
  ASSERT_EQ(entries.size(), Found(whole, scope, "USD").entries);
  ASSERT_GT(entries.size(), 3U);
  for (const uint64_t first : entries) {
    for (const uint64_t second : entries) {
      if (second < first) continue;
      const VerifyReport report = Check(Without(directory, {first, second}));
      if (report.verdict == Verdict::kRefused) continue;
      EXPECT_EQ(Found(report, scope, "USD").coverage, Coverage::kSample)
          << first << " and " << second;
    }
  }
}

// A debit and an equal credit, with their requests: the balance is the same without them.
TEST_F(SealsTest, APairThatCancelsEachOtherIsNoticed) {
  const uint32_t account = FirstOfRows();
  const std::string directory = Sample("rows", {Account(account)});
  const std::string scope = absl::StrCat("accounts/", account);
  const VerifyReport whole = Check(directory);
  ASSERT_EQ(Found(whole, scope, "TENT").coverage, Coverage::kComplete) << Why(whole);
  const std::vector<uint64_t> entries = EntriesOf(directory, account, "nobody");
  const uint64_t last = entries.back();
  const uint64_t before = entries[entries.size() - 2];
  ASSERT_EQ(last, before + 2);  // Each has a request of its own.
  const VerifyReport report = Check(Without(directory, {before - 1, before, last - 1, last}));
  ASSERT_EQ(report.verdict, Verdict::kSample) << Why(report);
  const ScopeFindings found = Found(report, scope, "TENT");
  EXPECT_EQ(found.coverage, Coverage::kSample);
  EXPECT_EQ(found.entries, found.disclosed + 2);
}

// A row is under its seal's root, or it is nothing.
TEST_F(SealsTest, ARowToldOtherwiseIsRefused) {
  const std::string directory = Sample("counterparty", {OfAu()});
  const std::string copy = *work_ / "copy";
  size_t tried = 0;
  for (const auto& [name, content] : FilesIn(directory)) {
    if (!absl::StartsWith(name, "finance/seals/")) continue;
    for (const auto& [from, to] : std::vector<std::pair<std::string, std::string>>{
             {"\"gross_debits\": \"8000000\"", "\"gross_debits\": \"7000000\""},
             {"peers/au.example", "peers/ecowas.example"},
             {"\"index\": \"", "\"index\": \"1"},
             {"\"unit\": \"USD\"", "\"unit\": \"EUR\""},
             {"\"secret\": \"\"", "\"secret\": \"AAAA\""},
             {"{", "[{"}}) {
      ASSERT_THAT(content, HasSubstr(from));
      fs::remove_all(copy);
      fs::copy(directory, copy, fs::copy_options::recursive);
      WriteFile(copy + "/" + name, absl::StrReplaceAll(content, {{from, to}}));
      SumAnew(copy);
      const VerifyReport report = Check(copy);
      EXPECT_EQ(report.verdict, Verdict::kRefused) << from;
      EXPECT_EQ(report.refusal.value_or(verify::Refusal()).file, name) << from;
      ++tried;
    }
  }
  EXPECT_GT(tried, 0U);
}

// Without the rows that bound it a scope is a SAMPLE, whatever is disclosed.
TEST_F(SealsTest, WithoutRowsNothingIsComplete) {
  const std::string directory = Sample("counterparty", {OfAu()});
  const std::string copy = *work_ / "copy";
  fs::remove_all(copy);
  fs::copy(directory, copy, fs::copy_options::recursive);
  fs::remove_all(copy + "/finance/seals");
  SumAnew(copy);
  const VerifyReport report = Check(copy);
  ASSERT_EQ(report.verdict, Verdict::kSample) << Why(report);
  EXPECT_EQ(Found(report, "peers/au.example", "").coverage, Coverage::kSample);
  EXPECT_THAT(verify::ReportText(report), Not(HasSubstr(": COMPLETE")));
}

// From the first seal to the second: what moved in between is whole, what was before is beside it.
TEST_F(SealsTest, APeriodIsCompleteBetweenItsSeals) {
  std::vector<int64_t> sealed_us;
  std::vector<uint64_t> sizes;
  int64_t time_us = 0;
  for (const auto& [index, logged] : LogView::Of(FilesIn(*work_ / "whole"), kFolder).entries) {
    Entry entry;
    if (LogView::IsRow(logged) || !entry.ParseFromString(logged.payload())) continue;
    if (entry.has_request()) time_us = entry.request().time_us();
    if (!entry.has_seal()) continue;
    sealed_us.push_back(time_us);
    sizes.push_back(entry.seal().size());
  }
  ASSERT_EQ(sealed_us.size(), 2U);
  const Selector period{.kind = Kind::kPeriod,
                        .text = "period=between",
                        .from_us = sealed_us[0],
                        .until_us = sealed_us[1] + 1};
  const VerifyReport report = Check(Sample("period", {period, Account(Fund())}));
  ASSERT_EQ(report.verdict, Verdict::kSample) << Why(report);
  const std::string scope = absl::StrCat("accounts/", Fund());
  const ScopeFindings fund = Found(report, scope, "USD");
  EXPECT_EQ(fund.coverage, Coverage::kComplete);
  EXPECT_EQ(fund.from, sizes[0]);
  EXPECT_EQ(fund.to, sizes[1]);
  EXPECT_GT(fund.entries, 1U);
  EXPECT_GT(fund.outside, 0U);  // That which opened it.
  EXPECT_THAT(verify::ReportText(report), HasSubstr("SAMPLE before and after: "));
  // With the rows of the lower seal kept back, the account is not whole from its beginning.
  const std::string copy = *work_ / "copy";
  fs::remove_all(copy);
  fs::copy(*work_ / "period", copy, fs::copy_options::recursive);
  std::string lower;
  for (const auto& [name, content] : FilesIn(copy)) {
    if (lower.empty() && absl::StartsWith(name, "finance/seals/")) lower = name;
  }
  fs::remove(copy + "/" + lower);
  SumAnew(copy);
  const VerifyReport alone = Check(copy);
  EXPECT_EQ(alone.verdict, Verdict::kSample) << Why(alone);
  EXPECT_EQ(Found(alone, scope, "USD").coverage, Coverage::kSample);
}

TEST_F(SealsTest, ABalanceProofHoldsByItsFileAndTheKeyAlone) {
  const verify::BalanceOutside outside{.trust = ledgers_->Trust(), .heads = ledgers_->HeadsOfUn()};
  for (const auto& [scope, unit] : std::vector<std::pair<std::string, std::string>>{
           {"accounts/1", "USD"}, {"peers/au.example", ""}, {"peers/au.example", "USD"}}) {
    const auto file = audit::FormatBalanceProof(Prove(scope, unit));
    ASSERT_THAT(file, IsOk());
    const auto findings = verify::CheckBalance(*file, outside);
    ASSERT_THAT(findings, IsOk());
    EXPECT_EQ(findings->origin, kUnFinance);
    EXPECT_EQ(findings->row.scope, scope);
    EXPECT_EQ(findings->why_not_verified, "");
    EXPECT_THAT(verify::BalanceText(*findings), HasSubstr("verified"));

    // Python, with hashlib alone, comes to the same.
    const std::string path = *work_ / "balance.json";
    WriteFile(path, *file);
    const ShellResult python =
        RunShell(absl::StrCat("/usr/bin/python3 -B ", std::getenv("CH8_SOURCE_DIR"),
                              "/tests/audit/check_balance.py ", path));
    EXPECT_EQ(python.exit_code, 0) << python.output;
    EXPECT_THAT(python.output,
                HasSubstr(absl::StrCat(
                    kUnFinance, " ", scope, " ", unit.empty() ? "-" : unit, " ",
                    findings->row.entries, " ", absl::Uint128Low64(findings->row.gross_debits), " ",
                    absl::Uint128Low64(findings->row.gross_credits), " ", findings->head_size)));
  }
  EXPECT_EQ(Prove("peers/au.example", "USD").row().row().gross_debits(), "8000000");
}

// A key alone signs any history; only a head that others hold shows that it is this one.
TEST_F(SealsTest, ABalanceProofNeedsItsHeadFromOutside) {
  const std::string file = audit::FormatBalanceProof(Prove("accounts/1", "USD")).value();
  const auto why = [&](const verify::BalanceOutside& outside) {
    const auto findings = verify::CheckBalance(file, outside);
    if (!findings.ok()) return std::string(findings.status().message());
    EXPECT_THAT(verify::BalanceText(*findings),
                HasSubstr("consistent only: " + findings->why_not_verified + "\n"));
    EXPECT_THAT(verify::BalanceJson(*findings), HasSubstr("\"verdict\":\"consistent only\""));
    return findings->why_not_verified;
  };
  const std::string trust = ledgers_->Trust();
  EXPECT_THAT(why({}), HasSubstr("no keys from outside"));
  EXPECT_THAT(why({.trust = trust}), HasSubstr("no head from outside"));
  EXPECT_THAT(why({.heads = ledgers_->HeadsOfUn()}), HasSubstr("--head needs --trust"));
  EXPECT_THAT(why({.trust = trust, .heads = "x"}), HasSubstr("the head file: "));
  const auto of_whole = FilesIn(*work_ / "whole");
  EXPECT_THAT(why({.trust = trust, .heads = of_whole.at("directory/checkpoint")}),
              HasSubstr("no head of just "));
  const std::string lied = *work_ / "lied";
  ledgers_->Export({.of = ledgers_->un(),
                    .directory = lied,
                    .lie_about = kUnFinance,
                    .lie = [](std::vector<chapter8::ledger::v1::LoggedEntry>& entries) {
                      entries.back().set_salt(std::string(Hash::kSize, 's'));
                    }});
  const auto refused =
      verify::CheckBalance(file, {.trust = trust, .heads = FilesIn(lied).at("finance/checkpoint")});
  const auto refusal = verify::RefusalOf(refused.status());
  ASSERT_TRUE(refusal.has_value()) << refused.status();
  EXPECT_THAT(verify::Describe(*refusal), HasSubstr("signed two histories"));
}

// One seal, two rows of one account: only the one in the account's place is its row.
TEST_F(SealsTest, ARowInAnothersPlaceIsNone) {
  const Hash salt = Sha256("salt");
  const auto opened = [&](const std::string& scope, uint64_t index) {
    const SealRow row{.scope = scope, .unit = "USD", .entries = 1};
    const Hash leaf = SealRowHash(row, salt);
    const Hash other = Sha256("another row");
    Frontier tree;
    tree.Append(index == 0 ? leaf : other);
    tree.Append(index == 0 ? other : leaf);
    chapter8::ledger::v1::Seal seal;
    seal.set_rows(2);
    seal.set_root(std::string(tree.Root().view()));
    chapter8::ledger::v1::ProvenRow proven;
    proven.mutable_row()->set_scope(scope);
    proven.mutable_row()->set_unit("USD");
    proven.mutable_row()->set_entries(1);
    proven.mutable_row()->set_gross_debits("0");
    proven.mutable_row()->set_gross_credits("0");
    proven.mutable_row()->set_last_leaf_hash(std::string(Hash{}.view()));
    proven.set_index(index);
    proven.set_salt(std::string(salt.view()));
    proven.add_hashes(std::string(other.view()));
    return verify::OpenRow(proven, seal).status();
  };
  for (const auto& [scope, index] : std::vector<std::pair<std::string, uint64_t>>{
           {"accounts/1", 0}, {"accounts/2", 1}, {"peers/au.example", 0}}) {
    EXPECT_THAT(opened(scope, index), IsOk()) << scope;
  }
  for (const auto& [scope, index] :
       std::vector<std::pair<std::string, uint64_t>>{{"accounts/1", 1},
                                                     {"accounts/2", 0},
                                                     {"accounts/0", 0},
                                                     {"accounts/01", 0},
                                                     {"accounts/ 1", 0},
                                                     {"account/1", 0},
                                                     {"accounts/4294967295", 0}}) {
    EXPECT_THAT(opened(scope, index), StatusIs(absl::StatusCode::kInvalidArgument)) << scope;
  }
}

TEST_F(SealsTest, TwoRowsOfOneScopeAreRefused) {
  const std::string copy = *work_ / "copy";
  fs::remove_all(copy);
  fs::copy(Sample("counterparty", {OfAu()}), copy, fs::copy_options::recursive);
  for (const auto& [name, content] : FilesIn(copy)) {
    if (!absl::StartsWith(name, "finance/seals/")) continue;
    chapter8::ledger::v1::SealRows rows;
    ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(content, &rows).ok());
    *rows.add_rows() = chapter8::ledger::v1::ProvenRow(rows.rows(0));
    WriteFile(copy + "/" + name, audit::FormatSealRows(rows));
  }
  SumAnew(copy);
  const VerifyReport report = Check(copy);
  ASSERT_EQ(report.verdict, Verdict::kRefused);
  EXPECT_THAT(Why(report), HasSubstr("has two rows of "));
}

// The first of two seals: what came after it is not known to be whole, and that is said.
TEST_F(SealsTest, WhatFollowsTheSealIsASample) {
  std::vector<uint64_t> sizes;
  int64_t until_us = 0;
  int64_t time_us = 0;
  for (const auto& [index, logged] : LogView::Of(FilesIn(*work_ / "whole"), kFolder).entries) {
    Entry entry;
    if (LogView::IsRow(logged) || !entry.ParseFromString(logged.payload())) continue;
    if (entry.has_request()) time_us = entry.request().time_us();
    if (!entry.has_seal()) continue;
    if (sizes.empty()) until_us = time_us + 1;
    sizes.push_back(entry.seal().size());
  }
  ASSERT_EQ(sizes.size(), 2U);
  const VerifyReport report = Check(
      Sample("early", {{.kind = Kind::kPeriod, .text = "period=early", .until_us = until_us}}));
  ASSERT_EQ(report.verdict, Verdict::kSample) << Why(report);
  const std::string text = verify::ReportText(report);
  EXPECT_THAT(text, HasSubstr(absl::StrCat(" from 0 to ", sizes[0], "; SAMPLE from ", sizes[0],
                                           " to ", report.ledgers[1].size, "\n")));
  EXPECT_THAT(text, HasSubstr("remark: later seals than the one shown: 1;"));
  EXPECT_THAT(
      verify::ReportJson(report),
      HasSubstr(absl::StrCat("\"head_size\":", report.ledgers[1].size, ",\"later_seals\":1,")));
  // Under the newest one, with nothing after it, there is no more to say.
  EXPECT_THAT(verify::ReportText(Check(Sample("counterparty", {OfAu()}))),
              Not(HasSubstr("; SAMPLE from")));
}

// The books are recovered and held against the seal's sums, which were kept.
TEST_F(SealsTest, ARestartedLedgerProvesTheSame) {
  const std::string scope = absl::StrCat("accounts/", Fund());
  const BalanceProof before = Prove(scope, "USD");
  ledgers_->un().RestartFinance();
  const BalanceProof after = Prove(scope, "USD");
  EXPECT_EQ(after.seal().SerializeAsString(), before.seal().SerializeAsString());
  EXPECT_EQ(after.row().SerializeAsString(), before.row().SerializeAsString());
}

TEST_F(SealsTest, ABalanceProofToldOtherwiseIsRefused) {
  const verify::BalanceOutside outside{.trust = ledgers_->Trust(), .heads = ledgers_->HeadsOfUn()};
  const BalanceProof right = Prove("accounts/1", "USD");
  const auto judge = [&](const std::string& what, const BalanceProof& told) {
    const auto formatted = audit::FormatBalanceProof(right);
    ASSERT_THAT(formatted, IsOk());
    EXPECT_FALSE(audit::FormatBalanceProof(told).ok()) << what;
  };
  BalanceProof told = right;
  told.mutable_row()->mutable_row()->set_gross_credits("1");
  judge("credits", told);
  told = right;
  told.mutable_row()->mutable_row()->set_scope("accounts/2");
  judge("scope", told);
  told = right;
  told.mutable_row()->set_index(told.row().index() + 1);
  judge("place", told);
  told = right;
  told.mutable_row()->mutable_hashes()->RemoveLast();
  judge("path", told);
  told = right;
  told.mutable_seal()->set_salt(std::string(Hash::kSize, 's'));
  judge("salt", told);
  told = right;
  told.set_origin("au.example/ch8/finance");
  judge("ledger", told);

  // The same in the file, by hand: no byte of it can be another, also of what only accompanies.
  const std::string file = audit::FormatBalanceProof(right).value();
  ASSERT_THAT(verify::CheckBalance(file, outside), IsOk());
  for (size_t at = 0; at < file.size(); ++at) {
    std::string changed = file;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    EXPECT_FALSE(verify::CheckBalance(changed, outside).ok()) << at << ": " << changed;
  }
}

}  // namespace
}  // namespace ch8::testing
