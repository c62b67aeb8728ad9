#include "clients/verify/books_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/verify/refusal.h"
#include "google/protobuf/text_format.h"
#include "tests/support/status_matchers.h"

namespace ch8::verify {
namespace {

using ::ch8::testing::IsOk;
using chapter8::books::v1::TransferRow;
using ::testing::HasSubstr;

// Account 1 has no floor; 2 and 3 may not fall below zero, 4 is in another unit; rows may name
// 5, 6.
constexpr char kAccounts[] = R"(
  accounts { account: 1 unit: "USD" floor: NONE }
  accounts { account: 2 unit: "USD" floor: CREDIT_BALANCE }
  accounts { account: 3 unit: "USD" floor: CREDIT_BALANCE }
  accounts { account: 4 unit: "EUR" floor: NONE }
  accounts { account: 5 unit: "USD" floor: NONE bulk: true }
  accounts { account: 6 unit: "USD" floor: CREDIT_BALANCE bulk: true })";

class BooksModelTest : public ::testing::Test {
 protected:
  BooksModelTest() { EXPECT_THAT(Take(kAccounts), IsOk()); }

  absl::Status Take(const std::string& text) { return Take(text, model_); }
  absl::Status Take(const std::string& text, BooksModel& model) {
    LogEntry entry;
    entry.index = next_++;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &entry.entry));
    return model.Take(entry);
  }
  absl::Status TakeRow(const std::string& text) {
    LogEntry entry;
    entry.index = next_++;
    entry.kind = LogEntry::Kind::kRow;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &entry.row));
    return model_.Take(entry);
  }
  // What is wrong with the entry, and that it is the one named.
  std::string Wrong(const absl::Status& status) const {
    const std::optional<Refusal> refusal = RefusalOf(status);
    if (!refusal.has_value()) return "nothing";
    EXPECT_EQ(refusal->origin, "un.example/ch8/finance");
    EXPECT_EQ(refusal->index, next_ - 1);
    return refusal->what;
  }

  uint64_t next_ = 1;
  BooksModel model_{"un.example/ch8/finance"};
};

TEST_F(BooksModelTest, FollowsMoneyThroughHoldsAndKeepsTheSums) {
  EXPECT_THAT(Take("postings { debit_account: 1 credit_account: 2 amount: 100 }"), IsOk());
  EXPECT_THAT(Take("postings { debit_account: 2 credit_account: 3 hold: 70 "
                   "hold_id: 'aaaaaaaaaaaaaaaa' }"),
              IsOk());
  EXPECT_THAT(Take("postings { debit_account: 2 credit_account: 3 amount: 60 release: 70 "
                   "hold_id: 'aaaaaaaaaaaaaaaa' }"),
              IsOk());
  const BooksModel::Hold* hold = model_.FindHold("aaaaaaaaaaaaaaaa");
  ASSERT_NE(hold, nullptr);
  EXPECT_TRUE(hold->ended);
  EXPECT_EQ(hold->moved, 60U);
  EXPECT_EQ(hold->ended_at, 4U);
  EXPECT_THAT(Take("postings { debit_account: 2 credit_account: 3 amount: 40 }"), IsOk());
  EXPECT_THAT(Wrong(Take("postings { debit_account: 2 credit_account: 3 amount: 1 }")),
              HasSubstr("below its floor"));
  EXPECT_THAT(model_.Finish(), IsOk());
}

TEST_F(BooksModelTest, RefusesPostingsThatCannotBe) {
  ASSERT_THAT(Take("postings { debit_account: 1 credit_account: 2 amount: 100 }"), IsOk());
  ASSERT_THAT(Take("postings { debit_account: 2 credit_account: 3 hold: 70 "
                   "hold_id: 'aaaaaaaaaaaaaaaa' }"),
              IsOk());
  struct Case {
    const char* posting;
    const char* want;
  };
  const std::vector<Case> cases = {
      {"debit_account: 2 credit_account: 3 amount: 31", "below its floor"},
      {"debit_account: 1 credit_account: 1 amount: 1", "two accounts"},
      {"debit_account: 1 credit_account: 9 amount: 1", "two accounts"},
      {"debit_account: 1 credit_account: 4 amount: 1", "two units"},
      {"debit_account: 1 credit_account: 2", "moves nothing"},
      {"debit_account: 1 credit_account: 2 amount: 9223372036854775808", "overflows"},
      {"debit_account: 1 credit_account: 2 amount: 1 hold_id: 'aaaaaaaaaaaaaaaa'",
       "without a hold"},
      {"debit_account: 1 credit_account: 2 hold: 1", "without an id"},
      {"debit_account: 1 credit_account: 2 hold: 1 amount: 1 hold_id: 'b'", "holds and moves"},
      {"debit_account: 1 credit_account: 2 hold: 1 hold_id: 'b'", "was used before"},
      {"debit_account: 1 credit_account: 2 hold: 1 hold_id: 'aaaaaaaaaaaaaaaa'", "was used before"},
      {"debit_account: 2 credit_account: 3 release: 70 hold_id: 'bbbbbbbbbbbbbbbb'", "never was"},
      {"debit_account: 2 credit_account: 3 release: 69 hold_id: 'aaaaaaaaaaaaaaaa'",
       "another hold"},
      {"debit_account: 1 credit_account: 3 release: 70 hold_id: 'aaaaaaaaaaaaaaaa'",
       "another hold"},
      {"debit_account: 2 credit_account: 3 release: 70 amount: 71 hold_id: 'aaaaaaaaaaaaaaaa'",
       "more than was held"},
  };
  for (const Case& one : cases) {
    BooksModel copy = model_;
    const absl::Status taken = Take(absl::StrCat("postings { ", one.posting, " }"), copy);
    EXPECT_THAT(Wrong(taken), HasSubstr(one.want)) << one.posting;
  }
  ASSERT_THAT(Take("postings { debit_account: 2 credit_account: 3 release: 70 "
                   "hold_id: 'aaaaaaaaaaaaaaaa' }"),
              IsOk());
  EXPECT_THAT(Wrong(Take("postings { debit_account: 2 credit_account: 3 release: 70 "
                         "hold_id: 'aaaaaaaaaaaaaaaa' }")),
              HasSubstr("a second time"));
}

TEST_F(BooksModelTest, AccountsAreOpenedInOrder) {
  EXPECT_THAT(Wrong(Take("accounts { account: 8 unit: 'USD' floor: NONE }")),
              HasSubstr("out of turn"));
  EXPECT_THAT(Wrong(Take("accounts { account: 2 unit: 'USD' floor: NONE }")),
              HasSubstr("out of turn"));
  EXPECT_THAT(Wrong(Take("accounts { account: 7 floor: NONE }")), HasSubstr("without a unit"));
  EXPECT_THAT(Wrong(Take("accounts { account: 7 unit: 'USD' }")), HasSubstr("without a floor"));
}

TEST_F(BooksModelTest, RowsHoldAndEndAmongThemselves) {
  EXPECT_THAT(TakeRow("id_low: 1 debit_account: 5 credit_account: 6 amount: 50"), IsOk());
  EXPECT_THAT(TakeRow("id_low: 2 debit_account: 6 credit_account: 5 amount: 40 kind: HOLD"),
              IsOk());
  EXPECT_THAT(Wrong(TakeRow("id_low: 2 debit_account: 5 credit_account: 6 amount: 1")),
              HasSubstr("used before"));
  EXPECT_THAT(Wrong(TakeRow("id_low: 1 debit_account: 5 credit_account: 6 amount: 1")),
              HasSubstr("used before"));
  EXPECT_THAT(Wrong(TakeRow("debit_account: 5 credit_account: 6 amount: 1")),
              HasSubstr("used before"));
  EXPECT_THAT(Wrong(TakeRow("id_low: 3 debit_account: 6 credit_account: 5 amount: 11")),
              HasSubstr("below its floor"));
  EXPECT_THAT(Wrong(TakeRow("id_low: 4 debit_account: 1 credit_account: 6 amount: 1")),
              HasSubstr("which rows may not"));
  EXPECT_THAT(Wrong(TakeRow("id_low: 5 debit_account: 5 credit_account: 6")),
              HasSubstr("moves nothing"));
  EXPECT_THAT(Wrong(TakeRow("id_low: 6 debit_account: 6 credit_account: 5 amount: 41 "
                            "kind: POST_HELD hold_id_low: 2")),
              HasSubstr("more than was held"));
  EXPECT_THAT(Wrong(TakeRow("id_low: 7 debit_account: 6 credit_account: 5 amount: 1 "
                            "kind: VOID_HELD hold_id_low: 2")),
              HasSubstr("voids something"));
  EXPECT_THAT(TakeRow("id_low: 8 debit_account: 6 credit_account: 5 amount: 30 kind: POST_HELD "
                      "hold_id_low: 2"),
              IsOk());
  EXPECT_THAT(Wrong(TakeRow("id_low: 9 debit_account: 6 credit_account: 5 kind: VOID_HELD "
                            "hold_id_low: 2")),
              HasSubstr("a second time"));
  EXPECT_THAT(model_.Finish(), IsOk());
}

TEST_F(BooksModelTest, APostingCannotEndARowsHold) {
  ASSERT_THAT(TakeRow("id_low: 1 debit_account: 5 credit_account: 6 amount: 50 kind: HOLD"),
              IsOk());
  const std::string id = std::string(15, '\0') + '\1';
  LogEntry entry;
  entry.index = next_++;
  auto* posting = entry.entry.add_postings();
  posting->set_debit_account(5);
  posting->set_credit_account(6);
  posting->set_release(50);
  posting->set_hold_id(id);
  EXPECT_THAT(Wrong(model_.Take(entry)), HasSubstr("another hold"));
}

TEST(BooksModelOfASample, ChecksAllButTheOrderOfAccountsAndFloors) {
  BooksModel model("un.example/ch8/finance", Coverage::kSample);
  uint64_t next = 1;
  const auto take = [&](const std::string& text) {
    LogEntry entry;
    entry.index = next++;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &entry.entry));
    const absl::Status status = model.Take(entry);
    return status.ok() ? "" : RefusalOf(status)->what;
  };
  EXPECT_EQ(take("accounts { account: 4 unit: 'USD' floor: CREDIT_BALANCE }"), "");
  EXPECT_EQ(take("accounts { account: 9 unit: 'USD' floor: CREDIT_BALANCE }"), "");
  EXPECT_THAT(take("accounts { account: 5 unit: 'USD' floor: NONE }"), HasSubstr("out of turn"));
  EXPECT_EQ(take("accounts { account: 10 unit: 'EUR' floor: NONE }"), "");
  EXPECT_EQ(take("postings { debit_account: 4 credit_account: 9 amount: 7 }"), "");
  EXPECT_THAT(take("postings { debit_account: 4 credit_account: 10 amount: 7 }"),
              HasSubstr("between two units"));
  EXPECT_THAT(take("postings { debit_account: 4 credit_account: 5 amount: 7 }"),
              HasSubstr("accounts that are open"));
  EXPECT_THAT(take("postings { debit_account: 4 credit_account: 9 release: 7 hold_id: "
                   "'sixteen bytes id' }"),
              HasSubstr("never was"));
}

}  // namespace
}  // namespace ch8::verify
