#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "chapter8/ledger/v1/history_service.pb.h"
#include "clients/cli/fake_node.h"
#include "tests/support/temp_dir.h"

// `ch8 account statement` and `top`, `ch8 account balance --at`, `ch8 ledger find`.
namespace ch8::cli {
namespace {

using ::ch8::testing::TempDir;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
namespace v1 = ::chapter8::ledger::v1;

v1::Movement MovementAt(uint64_t index) {
  v1::Movement movement;
  movement.set_index(index);
  movement.set_time_us(1'772'442'720'000'000);
  movement.set_credit(index % 2 == 0);
  movement.set_other_account(9);
  movement.set_posted(123'456);
  movement.mutable_after()->set_credits_posted(1'000'000);
  movement.mutable_after()->set_debits_posted(index);
  movement.set_id(std::string(15, '\0') + "\x2a");
  return movement;
}

class AccountHistoryTest : public ::testing::Test {
 protected:
  template <typename Request>
  Request RequestOf(size_t call) {
    Request request;
    EXPECT_TRUE(request.ParseFromString(cli_.node().calls.at(call).request));
    return request;
  }

  const TempDir dir_;
  CliHarness cli_{dir_.path().string()};
};

TEST_F(AccountHistoryTest, AStatementHasWhatWasPostedAndTheBalanceAfterIt) {
  v1::ListMovementsResponse page;
  *page.add_movements() = MovementAt(8);
  *page.add_movements() = MovementAt(5);
  page.mutable_movements(1)->set_posted(0);
  page.mutable_movements(1)->set_held(-250);
  page.set_unit("USD");
  page.set_seen_size(12);
  cli_.node().Answer("ListMovements", page);
  const Result result =
      cli_.Run({"account", "statement", "7", "--from", "2026-03-01", "--to", "2026-03-31"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, ContainsRegex("8  2026-03-02 09:12 UTC +1,234.56 +9 +9,999.92 +0+2a"));
  EXPECT_THAT(result.out, ContainsRegex("5  2026-03-02 09:12 UTC +-2.50 +9 +9,999.95"));
  EXPECT_THAT(result.err, HasSubstr("as of the first 12 entries"));
  EXPECT_THAT(result.err, Not(HasSubstr("--limit")));
  const auto request = RequestOf<v1::ListMovementsRequest>(0);
  EXPECT_EQ(request.origin(), "un.example/ch8/finance");
  EXPECT_EQ(request.account(), 7u);
  EXPECT_EQ(request.begin_time_us(), 1'772'323'200'000'000);
  EXPECT_EQ(request.end_time_us() - request.begin_time_us(), int64_t{31} * 86'400'000'000);
  EXPECT_GT(request.wait_ms(), 0u);
}

TEST_F(AccountHistoryTest, AStatementReadsPagesUpToItsLimit) {
  cli_.node().Handle("ListMovements", [](const client::WireCall& call) {
    v1::ListMovementsRequest request;
    EXPECT_TRUE(request.ParseFromString(call.request));
    v1::ListMovementsResponse page;
    const uint64_t first = request.page_token().empty() ? 5'000 : std::stoull(request.page_token());
    for (int i = 0; i < request.page_size(); ++i) {
      *page.add_movements() = MovementAt(first - static_cast<uint64_t>(i));
    }
    page.set_next_page_token(std::to_string(first - static_cast<uint64_t>(request.page_size())));
    page.set_unit("TENT-10P");
    page.set_seen_size(first + 1);
    client::WireReply reply;
    reply.reply = page.SerializeAsString();
    return reply;
  });
  const Result result = cli_.Run(
      {"account", "statement", "7", "--limit", "1500", "--service", "logistics", "-o", "csv"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(std::count(result.out.begin(), result.out.end(), '\n'), 1'501);
  EXPECT_EQ(RequestOf<v1::ListMovementsRequest>(0).page_size(), 1'000);
  EXPECT_EQ(RequestOf<v1::ListMovementsRequest>(1).page_size(), 500);
  EXPECT_EQ(RequestOf<v1::ListMovementsRequest>(1).origin(), "un.example/ch8/logistics");
  EXPECT_EQ(cli_.node().calls.size(), 2u);
  EXPECT_THAT(result.err, HasSubstr("there are more, which are older: --limit 15000"));
  EXPECT_THAT(result.err, HasSubstr("as of the first 5001 entries"));
  EXPECT_EQ(RequestOf<v1::ListMovementsRequest>(1).wait_ms(), 0u);
}

TEST_F(AccountHistoryTest, GoodsAreCountedInTheirUnit) {
  v1::ListTopMovementsResponse top;
  *top.add_movements() = MovementAt(8);
  top.set_unit("TENT-10P");
  cli_.node().Answer("ListTopMovements", top);
  const Result result = cli_.Run({"account", "top", "7", "--service", "logistics"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr(" 123456 "));
  EXPECT_EQ(RequestOf<v1::ListTopMovementsRequest>(0).page_size(), 10);
}

TEST_F(AccountHistoryTest, ABalanceIsReadAsOfASize) {
  v1::BalanceAt balance;
  balance.set_account(7);
  balance.set_unit("USD");
  balance.mutable_sums()->set_credits_posted(500);
  balance.set_size(40);
  cli_.node().Answer("GetBalanceAt", balance);
  const Result result = cli_.Run({"account", "balance", "7", "--at", "40"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, ContainsRegex("7 +USD +credit +5.00"));
  EXPECT_THAT(result.err, HasSubstr("as of log size 40"));
  EXPECT_EQ(RequestOf<v1::GetBalanceAtRequest>(0).size(), 40u);
  EXPECT_EQ(cli_.Run({"account", "balance", "7", "--service", "logistics"}).exit_code, 0);
  EXPECT_EQ(RequestOf<v1::GetBalanceAtRequest>(1).origin(), "un.example/ch8/logistics");
}

TEST_F(AccountHistoryTest, ATransferIsFoundByItsId) {
  v1::FoundTransfer found;
  found.set_index(77);
  found.mutable_row()->set_debit_account(3);
  cli_.node().Answer("FindTransfer", found);
  const std::string id = "0000000000000000000000000000002A";
  const Result result = cli_.Run({"ledger", "find", "finance", id});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("next: ch8 ledger proof finance 77"));
  EXPECT_EQ(RequestOf<v1::FindTransferRequest>(0).id(), std::string(15, '\0') + "\x2a");
  for (const char* wrong : {"2a", "g0000000000000000000000000000000"}) {
    const Result refused = cli_.Run({"ledger", "find", "finance", wrong});
    EXPECT_EQ(refused.exit_code, 2);
    EXPECT_THAT(refused.err, HasSubstr("32 hexadecimal digits"));
  }
}

}  // namespace
}  // namespace ch8::cli
