#include "clients/export/journal.h"

#include <gtest/gtest.h>

#include "google/protobuf/text_format.h"
#include "tests/support/status_matchers.h"

namespace ch8::audit {
namespace {

using ::ch8::testing::StatusIs;
using chapter8::books::v1::TransferRow;
using chapter8::ledger::v1::Entry;

class JournalTest : public ::testing::Test {
 protected:
  std::string Take(uint64_t index, const std::string& text) {
    Entry entry;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &entry)) << text;
    return journal_.Take(index, entry).value_or("failed");
  }
  absl::StatusOr<std::string> TakeRow(uint64_t index, const std::string& text) {
    TransferRow row;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &row)) << text;
    return journal_.TakeRow(index, row);
  }
  Journal journal_;
};

TEST_F(JournalTest, SaysWhatAnEntryOpensAndMoves) {
  EXPECT_EQ(Journal::Heading("un.example/ch8/finance", 42),
            "; A view of the postings of un.example/ch8/finance, entries 0 to 41.\n"
            "; Debits are positive. Amounts are integers in the minor unit.\n");
  EXPECT_EQ(Take(1, "request { time_us: 1772442720000000 }"), "");  // 2 March 2026, 09:12 UTC
  EXPECT_EQ(Take(2, R"(accounts { account: 1 unit: "USD" floor: NONE }
                       accounts { account: 2 unit: "USD" floor: CREDIT_BALANCE })"),
            "\ncommodity 1. \"USD minor\"\n"
            "account USD:1  ; entry 2, floor NONE\n"
            "account USD:1:held\n"
            "account USD:1:pending\n"
            "\naccount USD:2  ; entry 2, floor CREDIT_BALANCE\n"
            "account USD:2:held\n"
            "account USD:2:pending\n");
  EXPECT_EQ(Take(3, R"(postings { debit_account: 1 credit_account: 2 amount: 100 }
                       postings { debit_account: 2 credit_account: 1 hold: 70
                                  hold_id: "aaaaaaaaaaaaaaaa" })"),
            "\n2026-03-02 (3.1) move\n"
            "    USD:1  100 \"USD minor\"\n"
            "    USD:2  -100 \"USD minor\"\n"
            "\n2026-03-02 (3.2) hold 61616161616161616161616161616161\n"
            "    USD:2:held  70 \"USD minor\"\n"
            "    USD:1:pending  -70 \"USD minor\"\n");
  EXPECT_EQ(Take(4, R"(postings { debit_account: 2 credit_account: 1 amount: 60 release: 70
                                  hold_id: "aaaaaaaaaaaaaaaa" })"),
            "\n2026-03-02 (4.1) end hold 61616161616161616161616161616161\n"
            "    USD:2:held  -70 \"USD minor\"\n"
            "    USD:1:pending  70 \"USD minor\"\n"
            "    USD:2  60 \"USD minor\"\n"
            "    USD:1  -60 \"USD minor\"\n");
}

TEST_F(JournalTest, ASampleSaysThatItIsOne) {
  EXPECT_EQ(Journal::SampleHeading("un.example/ch8/finance", 42),
            "; A sample: only the disclosed postings of un.example/ch8/finance, entries 0 to 41.\n"
            "; Debits are positive. Amounts are integers in the minor unit.\n"
            "; Sums are of what is disclosed; they are no balances.\n");
}

TEST_F(JournalTest, RowsEndTheHoldsOfRows) {
  Take(1, R"(accounts { account: 1 unit: "TENT-20" floor: NONE }
             accounts { account: 2 unit: "TENT-20" floor: NONE })");
  EXPECT_EQ(*TakeRow(2, "id_low: 1 debit_account: 1 credit_account: 2 amount: 9 kind: HOLD"),
            "\n1970-01-01 (2.1) hold 00000000000000000000000000000001\n"
            "    TENT-20:1:held  9 \"TENT-20 minor\"\n"
            "    TENT-20:2:pending  -9 \"TENT-20 minor\"\n");
  EXPECT_EQ(*TakeRow(3,
                     "id_low: 2 debit_account: 1 credit_account: 2 kind: VOID_HELD "
                     "hold_id_low: 1"),
            "\n1970-01-01 (3.1) end hold 00000000000000000000000000000001\n"
            "    TENT-20:1:held  -9 \"TENT-20 minor\"\n"
            "    TENT-20:2:pending  9 \"TENT-20 minor\"\n");
  EXPECT_THAT(TakeRow(4,
                      "id_low: 3 debit_account: 1 credit_account: 2 kind: VOID_HELD "
                      "hold_id_low: 1")
                  .status(),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(JournalTest, AUnitIsAlwaysReadable) {
  EXPECT_EQ(Take(1, R"(accounts { account: 1 unit: "a:b \"c\"" floor: NONE })"),
            "\ncommodity 1. \"a_b__c_ minor\"\n"
            "account a_b__c_:1  ; entry 1, floor NONE\n"
            "account a_b__c_:1:held\n"
            "account a_b__c_:1:pending\n");
}

TEST_F(JournalTest, AnAccountThatWasNeverOpenedIsABrokenLog) {
  EXPECT_EQ(Take(1, "postings { debit_account: 1 credit_account: 2 amount: 1 }"), "failed");
}

}  // namespace
}  // namespace ch8::audit
