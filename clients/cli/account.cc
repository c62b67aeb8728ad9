#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "chapter8/ledger/v1/history_service.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "clients/cli/account_values.h"
#include "clients/cli/commands.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "clients/export/seal_files.h"
#include "services/trust/files.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::books::v1::Balance;
using chapter8::books::v1::GetBalanceRequest;
using chapter8::ledger::v1::BalanceAt;
using chapter8::ledger::v1::BalanceProof;
using chapter8::ledger::v1::GetBalanceAtRequest;
using chapter8::ledger::v1::ProveBalanceRequest;

// The balance after so many entries.
absl::StatusOr<Balance> BalanceAtSize(const Arguments& arguments, uint32_t account,
                                      Session& session) {
  GetBalanceAtRequest request;
  uint64_t number = 0;  // All that is seen.
  if (arguments.Has("at")) {
    ASSIGN_OR_RETURN(number, ParseNumber(arguments.Get("at"), "a number of entries"));
  }
  RETURN_IF_ERROR(session.Connect());
  request.set_origin(AccountOrigin(arguments, session));
  request.set_account(account);
  request.set_size(number);
  request.set_wait_ms(kSeenWaitMs);
  BalanceAt at;
  RETURN_IF_ERROR(session.Read("ledger.v1.HistoryService.GetBalanceAt", request, at));
  Balance balance;
  balance.set_account(at.account());
  balance.set_unit(at.unit());
  balance.set_debits_posted(at.sums().debits_posted());
  balance.set_credits_posted(at.sums().credits_posted());
  balance.set_debits_held(at.sums().debits_held());
  balance.set_credits_held(at.sums().credits_held());
  balance.set_as_of_size(at.size());
  return balance;
}

absl::Status ShowBalance(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const uint32_t number, ParseAccount(arguments.Get("number")));
  Balance balance;
  if (arguments.Has("at") || arguments.Has("service")) {
    ASSIGN_OR_RETURN(balance, BalanceAtSize(arguments, number, session));
  } else {
    GetBalanceRequest request;
    request.set_account(number);
    RETURN_IF_ERROR(session.Read("books.v1.TransferService.GetBalance", request, balance));
  }
  if (session.globals().output != OutputFormat::kTable) {
    session.ShowRecord(balance);
    return absl::OkStatus();
  }
  const auto amount = [&](uint64_t minor) {
    return AmountText(static_cast<int64_t>(minor), balance.unit());
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

absl::Status Prove(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  ASSIGN_OR_RETURN(const uint64_t number, ParseNumber(arguments.Get("number"), "an account"));
  ProveBalanceRequest request;
  request.set_origin(AccountOrigin(arguments, session));
  request.set_scope(absl::StrCat("accounts/", number));
  BalanceProof proof;
  RETURN_IF_ERROR(session.Read("ledger.v1.LedgerService.ProveBalance", request, proof));
  ASSIGN_OR_RETURN(const std::string file, audit::FormatBalanceProof(proof));
  RETURN_IF_ERROR(trust::WriteFileAtomically(arguments.Get("out"), file, trust::kPublicMode));
  const auto& row = proof.row().row();
  Table table;
  table.columns = {{"scope"},
                   {"unit"},
                   {"entries", Column::Align::kRight},
                   {"debits", Column::Align::kRight},
                   {"credits", Column::Align::kRight}};
  table.rows = {{row.scope(), row.unit(), absl::StrCat(row.entries()), row.gross_debits(),
                 row.gross_credits()}};
  session.ShowTable(table);
  session.Say(absl::StrCat("by the seal in entry ", proof.inclusion().index(), " of ",
                           proof.origin(), "; sums are in the unit's smallest part"));
  session.Say(absl::StrCat("next: ch8-verify --balance ", arguments.Get("out"),
                           " --trust TRUST --head HEADS, with both files from another "
                           "organization, whose head must be of just ",
                           proof.inclusion().checkpoint().size(), " entries"));
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> AccountCommands() {
  return {{.path = {"account", "balance"},
           .summary = "an account's balance, as of all that is durable, or earlier",
           .parameters = {Positional("number", "the account's number, from ch8 fund show"),
                          Optional("at", "SIZE", "after the ledger's first SIZE entries"),
                          Optional("service", "SERVICE", "whose ledger, if it is not finance")},
           .run = ShowBalance,
           .notes = ""},
          {.path = {"account", "prove"},
           .summary = "prove, offline and for ever, what an account came to at the newest seal",
           .parameters = {Positional("number", "the account's number, from ch8 fund show"),
                          Required("out", "FILE", "one file that holds all of the proof"),
                          Optional("service", "SERVICE", "whose ledger, if it is not finance")},
           .run = Prove,
           .notes = "Gross sums of all that was posted, and how many entries; nothing of any other "
                    "account.\nA ledger is sealed daily, by an export, and by ch8 ledger seal.",
           .writes_files = true}};
}

}  // namespace ch8::cli
