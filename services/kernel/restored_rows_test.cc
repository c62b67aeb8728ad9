#include "services/kernel/restored_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "services/kernel/execute.h"
#include "services/kernel/rows.h"
#include "services/kernel/toy_ledger.h"
#include "tests/support/status_matchers.h"

namespace ch8::kernel {
namespace {

using ch8::testing::IsOk;
using ch8::testing::StatusIs;

using RowMap = std::map<std::string, std::string>;

class RestoredRowsTest : public ::testing::Test {
 protected:
  void CreatePost(const std::string& id) {
    chapter8::directory::v1::CreatePostRequest request;
    request.set_post_id(id);
    request.mutable_resource()->set_title("a post");
    request.set_request_id(absl::StrCat("make-", id));
    EXPECT_THAT(
        ledger_
            .Run(toy::SignedCommand("ada", toy::kCreatePost, request, ledger_.now + absl::Hours(2)))
            .status,
        IsOk());
  }

  // What a partner's copy has beside the log.
  std::vector<RowWrite> Remembered() const {
    std::vector<RowWrite> rows;
    for (const auto& [key, value] : ledger_.Rows(Table::kAnswers)) {
      if (absl::StartsWith(key, "a/")) rows.push_back({Table::kAnswers, key, value});
    }
    for (const auto& [key, value] : ledger_.Rows(Table::kPeer)) {
      rows.push_back({Table::kPeer, key, value});
    }
    return rows;
  }
  absl::Time Time() { return NewestTime(SnapshotRows(*ledger_.ledger().TakeSnapshot())); }
  void ExpectAllRows(const std::vector<RowWrite>& remembered) {
    const auto restored = RestoredRows(ledger_.ledger(), ledger_.machine(), Time(), remembered);
    ASSERT_THAT(restored, IsOk());
    std::map<Table, RowMap> tables;
    for (const RowWrite& row : *restored) tables[row.table][row.key] = row.value.value();
    for (const Table table : {Table::kRows, Table::kAnswers, Table::kPeer, Table::kMeta}) {
      EXPECT_EQ(tables[table], ledger_.Rows(table)) << static_cast<int>(table);
    }
  }

  toy::ToyLedger ledger_;
};

TEST_F(RestoredRowsTest, AreThoseThatWereLost) {
  CreatePost("one");
  CreatePost("two");
  ledger_.Group([](Executor&) {});
  ExpectAllRows(Remembered());
}

// Answers that were forgotten without an entry moved the ledger's time on.
TEST_F(RestoredRowsTest, AnIdleLedgersTimeDoesNotGoBack) {
  CreatePost("one");
  const std::vector<RowWrite> of_then = Remembered();
  ledger_.now += absl::Hours(8 * 24);
  ledger_.RunDue();
  ASSERT_GT(Time(), ledger_.now - absl::Hours(24)) << "nothing was forgotten";
  ASSERT_TRUE(ledger_.Rows(Table::kAnswers).empty());
  // A copy of before has the answer still.
  ExpectAllRows(of_then);
}

TEST_F(RestoredRowsTest, AnAnswerThatDoesNotParseIsNamed) {
  EXPECT_THAT(RestoredRows(ledger_.ledger(), ledger_.machine(), Time(),
                           {{Table::kAnswers, "a/x", std::string("\xff\xff")}}),
              StatusIs(absl::StatusCode::kDataLoss, ::testing::HasSubstr("a/x")));
}

}  // namespace
}  // namespace ch8::kernel
