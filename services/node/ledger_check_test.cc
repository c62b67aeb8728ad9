#include "services/node/ledger_check.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "chapter8/ledger/v1/answer.pb.h"
#include "services/books/books.h"
#include "services/books/test_facts.h"
#include "services/finance/core/machine.h"
#include "services/finance/core/test_ledger.h"
#include "services/kernel/execute.h"
#include "services/kernel/rows.h"
#include "services/node/ledger_home.h"
#include "services/node/modules.h"
#include "services/node/sealed_sums.h"
#include "storage/base/bytes.h"
#include "storage/ledger/chunk.h"
#include "storage/merkle/checkpoint.h"
#include "storage/rocks/database.h"
#include "storage/rocks/rocks_ledger.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::node {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::StartsWith;

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
    KeepNote();
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

  // And keeps a note of the head, as a ledger without much to do does after every act.
  void Commit(kernel::Executor& executor) {
    EXPECT_THAT(ledger_->Commit(executor.Finish()), IsOk());
    EXPECT_THAT(ledger_->Sync(), IsOk());
    KeepNote();
  }

  void KeepNote() {
    const uint64_t size = ledger_->durable_size();
    EXPECT_THAT(ledger_->KeepNote(size, *SignCheckpoint({.origin = kOrigin,
                                                         .size = size,
                                                         .root = *ledger_->RootAt(size),
                                                         .extension_lines = {}},
                                                        key_)),
                IsOk());
  }

  // Seals the ledger as the sealer does, or under another root.
  void Seal(const std::optional<Hash>& root = std::nullopt) {
    books::SealSums sums;
    EXPECT_THAT(AddEntries(
                    *ledger_, ledger_->durable_size(), [] { return true; }, sums),
                IsOk());
    kernel::SealDraft draft{.seal = {}, .request_salt = Fresh()};
    draft.seal = books::SealTree(sums, SealSecret(draft.request_salt)).SealOf(sums);
    if (root.has_value()) draft.seal.set_root(std::string(root->view()));
    kernel::Executor executor({.ledger = ledger_.get(),
                               .machine = &machine_,
                               .accounts = &books_,
                               .organization = "organizations/un",
                               .trust_domain = "un.example",
                               .fresh_salt = [this] { return Fresh(); }});
    executor.Begin(executor.time());
    EXPECT_THAT(executor.LogSeal(draft).status, IsOk());
    Commit(executor);
  }

  // Writes to the database what no ledger would, with the right checksums.
  using Alteration = std::function<void(std::string& value)>;
  void Rewrite(Family family, absl::string_view key, const Alteration& alter) {
    ledger_.reset();
    const auto database = Database::Open({.path = directory_, .memtable_bytes = 8u << 20},
                                         Database::IfMissing::kFail);
    ASSERT_THAT(database, IsOk());
    std::string value = (*database)->Get(family, key).value().value();
    alter(value);
    const rocksdb::Slice stored_key(key.data(), key.size());
    EXPECT_TRUE((*database)
                    ->db()
                    .Put(rocksdb::WriteOptions(), (*database)->family(family), stored_key, value)
                    .ok());
  }

  // Alters the last byte of an entry's payload.
  void AlterEntry(uint64_t index) {
    uint64_t key = 0;
    const auto find = [&](uint64_t first_index, absl::string_view) {
      key = first_index;
      return false;
    };
    ASSERT_THAT(ledger_->stored_log().VisitChunks(index, find), IsOk());
    Rewrite(Family::kLog, KeyU64(key), [&](std::string& chunk) {
      std::vector<Entry> entries;
      ASSERT_THAT(DecodeChunk(chunk, entries), IsOk());
      const absl::string_view payload = entries.at(index - key).payload;
      const auto last = payload.data() + payload.size() - 1 - chunk.data();
      chunk[static_cast<size_t>(last)] ^= 1;
    });
  }

  // The index of the newest Request entry.
  uint64_t NewestRequest() {
    uint64_t newest = 0;
    EXPECT_THAT(ledger_->ReadEntries(0, ledger_->durable_size(),
                                     [&](const Entry& entry) {
                                       if (entry.row == 0) newest = entry.index;
                                       return true;
                                     }),
                IsOk());
    return newest;
  }

  // The newest row that starts with `prefix`.
  std::string LastKey(Table table, absl::string_view prefix) {
    std::string last;
    const auto snapshot = ledger_->TakeSnapshot();
    kernel::SnapshotRows(*snapshot).Scan(table, prefix, "", [&](absl::string_view key, auto) {
      last = std::string(key);
      return true;
    });
    return last;
  }

  // A row that no entry has made so.
  void PutRow(const std::string& key, std::optional<std::string> value,
              Table table = Table::kRows) {
    Ledger::CommitRequest commit;
    commit.rows.push_back({.table = table, .key = key, .value = std::move(value)});
    EXPECT_THAT(ledger_->Commit(commit), IsOk());
    EXPECT_THAT(ledger_->Sync(), IsOk());
  }

  // Alters a byte of the officers' facts in the database's files that end so; in how many.
  int AlterBytes(absl::string_view extension) {
    int altered = 0;
    for (const auto& file : std::filesystem::directory_iterator(directory_)) {
      if (file.path().extension().string() != extension) continue;
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
    return altered;
  }

  LedgerReport Checked() {
    ledger_.reset();
    const auto report = CheckLedger(**FindModule("finance"), dir_.path().string());
    EXPECT_THAT(report, IsOk());
    return report.value_or(LedgerReport());
  }

  const ch8::testing::TempDir dir_;
  const std::string directory_ = dir_ / "finance/ledger";
  const SigningKey key_ = SigningKey::Generate();
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

TEST_F(LedgerCheckTest, ASealIsMadeAnewFromWhatItCovers) {
  Seal();
  Seal();
  EXPECT_EQ(Checked().difference.value_or(""), "");
  ledger_ = RocksLedger::Open({.path = directory_}).value();
  const uint64_t size = ledger_->durable_size();
  Seal(Sha256("another"));
  EXPECT_EQ(Checked().difference.value_or(""),
            absl::StrCat("entry ", size + 1, ": the seal is not the sum of the entries before"));
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
  EXPECT_EQ(Checked().difference.value_or(""), "size 1: the kept note of size 1 does not parse");
}

TEST_F(LedgerCheckTest, AnAlteredRequestIsNamed) {
  const uint64_t index = NewestRequest();
  AlterEntry(index);
  EXPECT_THAT(Checked().difference.value_or(""),
              StartsWith(absl::StrCat("entry ", index, ": altered: answer a/")));
}

TEST_F(LedgerCheckTest, AnAlteredEventIsNamed) {
  const uint64_t index = NewestRequest() + 1;
  AlterEntry(index);
  EXPECT_EQ(Checked().difference.value_or(""),
            absl::StrCat("entry ", index, ": altered: the kept note of size ", index + 1,
                         " has another hash"));
}

TEST_F(LedgerCheckTest, AnAlteredGenesisIsNamed) {
  AlterEntry(0);
  EXPECT_THAT(Checked().difference.value_or(""), StartsWith("entry 0: "));
}

TEST_F(LedgerCheckTest, AnEntryBeyondTheLastCommitIsNamed) {
  const uint64_t size = ledger_->durable_size();
  ledger_.reset();
  {
    const auto database = Database::Open({.path = directory_, .memtable_bytes = 8u << 20},
                                         Database::IfMissing::kFail);
    ASSERT_TRUE((*database)
                    ->db()
                    .Put(rocksdb::WriteOptions(), (*database)->family(Family::kLog), KeyU64(size),
                         "made up")
                    .ok());
  }
  EXPECT_EQ(Checked().difference.value_or(""),
            absl::StrCat("entry ", size, ": made up: the last commit ends at ", size));
}

TEST_F(LedgerCheckTest, AnAlteredAnswerIsNamed) {
  const std::string key = LastKey(Table::kAnswers, "a/");
  Rewrite(Family::kAnswers, key, [](std::string& value) {
    chapter8::ledger::v1::Answer answer;
    ASSERT_TRUE(answer.ParseFromString(value));
    answer.set_request_digest(std::string(Sha256("another request").view()));
    value = answer.SerializeAsString();
  });
  EXPECT_THAT(Checked().difference.value_or(""), StartsWith(absl::StrCat("answer ", key)));
}

TEST_F(LedgerCheckTest, AMissingAnswerIsNamed) {
  PutRow(LastKey(Table::kAnswers, "a/"), std::nullopt, Table::kAnswers);
  EXPECT_THAT(Checked().difference.value_or(""),
              AllOf(StartsWith("the answer to entry "), EndsWith(" is missing")));
}

TEST_F(LedgerCheckTest, ACursorThatTheLogDoesNotGiveIsNamed) {
  PutRow("cursor/au.example/ch8/finance", KeyU64(3), Table::kPeer);
  EXPECT_EQ(Checked().difference.value_or(""),
            "row cursor/au.example/ch8/finance is not what the log gives: 0");
}

// One byte of the officers' facts, wherever the database has put them.
TEST_F(LedgerCheckTest, AnAlteredByteOnDiskIsFound) {
  ledger_.reset();
  EXPECT_GT(AlterBytes(".log"), 0);
  EXPECT_NE(Checked().difference.value_or(""), "");
}

// In a table file, whose blocks have checksums.
TEST_F(LedgerCheckTest, EntriesThatCannotBeReadAreNamed) {
  ledger_.reset();
  ledger_ = RocksLedger::Open({.path = directory_}).value();
  const uint64_t size = ledger_->durable_size();
  ledger_.reset();
  ASSERT_GT(AlterBytes(".sst"), 0);
  EXPECT_THAT(Checked().difference.value_or(""),
              AllOf(StartsWith(absl::StrCat("entries 0 to ", size - 1, ": ")),
                    HasSubstr("checksum mismatch")));
}

TEST_F(LedgerCheckTest, OnlyALedgerThatAgreesIsBarredNoMore) {
  const std::string bar = LedgerHome::BarPath(dir_.path().string(), "finance");
  std::ofstream(bar) << "size 1: altered\n";
  const std::string key = "organizations/un/funds/trust";
  const std::string right = ledger_->TakeSnapshot()->Get(Table::kRows, key).value().value();
  PutRow(key, "altered");
  EXPECT_TRUE(Checked().difference.has_value());
  EXPECT_TRUE(std::filesystem::exists(bar));
  ledger_ = RocksLedger::Open({.path = directory_}).value();
  PutRow(key, right);
  EXPECT_EQ(Checked().difference.value_or(""), "");
  EXPECT_FALSE(std::filesystem::exists(bar));
}

TEST_F(LedgerCheckTest, WhatIsNotThereOrInUseIsNoDifference) {
  EXPECT_THAT(CheckLedger(**FindModule("finance"), dir_.path().string()),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(CheckLedger(**FindModule("mandate"), dir_.path().string()),
              StatusIs(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace ch8::node
