#include "chapter8/books/v1/transfer_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "clients/lib/money.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::books::v1::Balance;
using chapter8::books::v1::GetBalanceRequest;

absl::Status ShowBalance(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const uint64_t number, ParseNumber(arguments.Get("number"), "an account"));
  GetBalanceRequest request;
  request.set_account(static_cast<uint32_t>(number));
  if (request.account() != number) return absl::NotFoundError("there is no such account");
  Balance balance;
  RETURN_IF_ERROR(session.Read("books.v1.TransferService.GetBalance", request, balance));
  if (session.globals().output != OutputFormat::kTable) {
    session.ShowRecord(balance);
    return absl::OkStatus();
  }
  const auto amount = [&](uint64_t minor) {
    return client::FormatAmount(static_cast<int64_t>(minor), balance.unit(),
                                client::Grouping::kThousands);
  };
  Table table;
  table.columns = {{"account"},
                   {"unit"},
                   {"side"},
                   {"posted", Column::Align::kRight},
                   {"held", Column::Align::kRight}};
  const std::string account = std::to_string(balance.account());
  table.rows = {{account, balance.unit(), "debit", amount(balance.debits_posted()),
                 amount(balance.debits_held())},
                {account, balance.unit(), "credit", amount(balance.credits_posted()),
                 amount(balance.credits_held())}};
  session.ShowTable(table);
  session.Say("as of log size " + std::to_string(balance.as_of_size()));
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> AccountCommands() {
  return {{.path = {"account", "balance"},
           .summary = "an account's balance, as of all that is durable",
           .parameters = {Positional("number", "the account's number, from ch8 fund show")},
           .run = ShowBalance,
           .notes = ""}};
}

}  // namespace ch8::cli
