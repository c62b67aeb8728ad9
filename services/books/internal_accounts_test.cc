#include "services/books/internal_accounts.h"

#include <gmock/gmock.h>

#include <string>

#include "chapter8/books/v1/transfer_service.pb.h"
#include "services/books/books.h"
#include "services/kernel/refusal.h"
#include "storage/base/limits.h"

namespace ch8::books {
namespace {

using kernel::ReasonOf;

constexpr char kOpenAccounts[] = "/chapter8.books.v1.TransferService/OpenAccounts";
constexpr char kGetBalance[] = "/chapter8.books.v1.TransferService/GetBalance";

// No rows: accounts are all that these routes read.
class NoRows final : public kernel::RowReader {
 public:
  std::optional<std::string> Get(Table, absl::string_view) const override { return std::nullopt; }
  void Scan(Table, absl::string_view, absl::string_view, const Visitor&) const override {}
  const absl::Status& status() const override { return status_; }

 private:
  absl::Status status_;
};

class InternalAccounts : public ::testing::Test {
 protected:
  InternalAccounts() { AddTransferRoutes(routes_); }

  absl::StatusOr<kernel::Decision> Decide(const v1::OpenAccountsRequest& request) {
    kernel::Command command;
    command.request = request.SerializeAsString();
    return (*routes_.FindCommand(kOpenAccounts))({}, command, {rows_, books_});
  }
  // Applies a decision as the executor does; returns its reply.
  v1::OpenAccountsResponse Apply(const kernel::Decision& decision) {
    for (const kernel::Event& event : decision.events) {
      EXPECT_LE(event.entry.ByteSizeLong(), kPayloadSizeMax);
      kernel::Accounts::Change change;
      change.accounts.assign(event.entry.accounts().begin(), event.entry.accounts().end());
      EXPECT_TRUE(books_.Check({change}).ok());
      books_.Apply(change, ++index_);
    }
    v1::OpenAccountsResponse response;
    EXPECT_TRUE(response.ParseFromString(decision.reply({rows_, books_})));
    return response;
  }
  absl::StatusOr<std::string> GetBalance(uint32_t account) {
    v1::GetBalanceRequest request;
    request.set_account(account);
    kernel::Context context;
    context.log_size = 77;
    return routes_.FindRead(kGetBalance)
        ->read(context, request.SerializeAsString(), {rows_, books_});
  }

  const NoRows rows_;
  const NoOlderIds older_ids_;
  Books books_{older_ids_};
  kernel::Routes routes_;
  uint64_t index_ = 0;
};

v1::OpenAccountsRequest Opens(uint32_t count, const std::string& unit = "USD",
                              v1::AccountOpened::Floor floor = v1::AccountOpened::NONE) {
  v1::OpenAccountsRequest request;
  request.set_count(count);
  request.set_unit(unit);
  request.set_floor(floor);
  return request;
}

TEST_F(InternalAccounts, AreNumberedWithoutAGap) {
  EXPECT_EQ(Apply(*Decide(Opens(3))).first_account(), 1u);
  const v1::OpenAccountsResponse more = Apply(*Decide(Opens(kOpenAccountsMax, "XOF")));
  EXPECT_EQ(more.first_account(), 4u);
  EXPECT_EQ(more.count(), kOpenAccountsMax);
  EXPECT_EQ(books_.next_account(), 4 + kOpenAccountsMax);
  EXPECT_EQ(books_.Find(4)->unit, "XOF");
  EXPECT_EQ(books_.state().accounts[4].bulk, 1);
}

TEST_F(InternalAccounts, RefuseWhatCannotBeOpened) {
  EXPECT_EQ(ReasonOf(Decide(Opens(0)).status()), "BAD_COUNT");
  EXPECT_EQ(ReasonOf(Decide(Opens(kOpenAccountsMax + 1)).status()), "BAD_COUNT");
  for (const char* unit :
       {"", "usd", "US D", "U\n", "../", "\xc3\x89", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456"}) {
    EXPECT_EQ(ReasonOf(Decide(Opens(1, unit)).status()), "BAD_UNIT") << unit;
  }
  EXPECT_EQ(ReasonOf(Decide(Opens(1, "USD", v1::AccountOpened::FLOOR_UNSPECIFIED)).status()),
            "BAD_FLOOR");
  EXPECT_EQ(ReasonOf(Decide(Opens(1, "USD", static_cast<v1::AccountOpened::Floor>(9))).status()),
            "BAD_FLOOR");
}

TEST_F(InternalAccounts, TellTheirBalanceAndHowFarItGoes) {
  Apply(*Decide(Opens(2)));
  v1::Balance balance;
  ASSERT_TRUE(balance.ParseFromString(*GetBalance(2)));
  EXPECT_EQ(balance.account(), 2u);
  EXPECT_EQ(balance.unit(), "USD");
  EXPECT_EQ(balance.as_of_size(), 77u);
  EXPECT_EQ(ReasonOf(GetBalance(3).status()), "NO_SUCH_ACCOUNT");
  EXPECT_EQ(ReasonOf(GetBalance(0).status()), "NO_SUCH_ACCOUNT");
}

}  // namespace
}  // namespace ch8::books
