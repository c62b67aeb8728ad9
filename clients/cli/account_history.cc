#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "chapter8/ledger/v1/history_service.pb.h"
#include "clients/cli/account_values.h"
#include "clients/cli/commands.h"
#include "clients/cli/ledger.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::ledger::v1::FindTransferRequest;
using chapter8::ledger::v1::FoundTransfer;
using chapter8::ledger::v1::ListMovementsRequest;
using chapter8::ledger::v1::ListMovementsResponse;
using chapter8::ledger::v1::ListTopMovementsRequest;
using chapter8::ledger::v1::ListTopMovementsResponse;
using chapter8::ledger::v1::Movement;

constexpr uint64_t kPageMax = 1'000;

int64_t StartOfDay(const chapter8::type::v1::Date& date, int days_later) {
  const absl::CivilDay day = absl::CivilDay(date.year(), date.month(), date.day()) + days_later;
  return absl::ToUnixMicros(absl::FromCivil(day, absl::UTCTimeZone()));
}

// Account, ledger and days of a request for movements.
template <typename Request>
absl::Status Fill(const Arguments& arguments, const Session& session, Request& request) {
  request.set_origin(AccountOrigin(arguments, session));
  request.set_wait_ms(kSeenWaitMs);
  ASSIGN_OR_RETURN(const uint32_t account, ParseAccount(arguments.Get("number")));
  request.set_account(account);
  if (arguments.Has("from")) {
    ASSIGN_OR_RETURN(const auto from, ParseDate(arguments.Get("from")));
    request.set_begin_time_us(StartOfDay(from, 0));
  }
  if (arguments.Has("to")) {
    ASSIGN_OR_RETURN(const auto to, ParseDate(arguments.Get("to")));
    request.set_end_time_us(StartOfDay(to, 1));
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> Limit(const Arguments& arguments, uint64_t otherwise) {
  if (!arguments.Has("limit")) return otherwise;
  ASSIGN_OR_RETURN(const uint64_t limit, ParseNumber(arguments.Get("limit"), "a limit"));
  if (limit == 0) return absl::InvalidArgumentError("a limit is at least 1");
  return limit;
}

// Credits less debits.
std::string BalanceText(const Movement& movement, const std::string& unit) {
  const auto& after = movement.after();
  return AmountText(static_cast<int64_t>(after.credits_posted() - after.debits_posted()), unit);
}

void ShowMovements(const std::vector<Movement>& movements, const std::string& unit,
                   Session& session) {
  if (session.globals().output != OutputFormat::kTable) {
    session.ShowList(Pointers(movements), {{"entry", "index"}});
    return;
  }
  Table table;
  table.columns = {{"entry", Column::Align::kRight},   {"time"},
                   {"debit", Column::Align::kRight},   {"credit", Column::Align::kRight},
                   {"held", Column::Align::kRight},    {"with", Column::Align::kRight},
                   {"balance", Column::Align::kRight}, {"id"}};
  for (const Movement& movement : movements) {
    const std::string posted =
        movement.posted() == 0 ? "" : AmountText(static_cast<int64_t>(movement.posted()), unit);
    table.rows.push_back({absl::StrCat(movement.index()),
                          TimeText(absl::FromUnixMicros(movement.time_us())),
                          movement.credit() ? "" : posted, movement.credit() ? posted : "",
                          movement.held() == 0 ? "" : AmountText(movement.held(), unit),
                          absl::StrCat(movement.other_account()), BalanceText(movement, unit),
                          absl::BytesToHexString(movement.id())});
  }
  session.ShowTable(table);
}

void SaySeen(const std::string& unit, uint64_t seen_size, Session& session) {
  session.Say(absl::StrCat("in ", unit, ", balances are credits less debits; as of the first ",
                           seen_size, " entries"));
}

absl::Status Statement(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  ListMovementsRequest request;
  RETURN_IF_ERROR(Fill(arguments, session, request));
  ASSIGN_OR_RETURN(const uint64_t limit, Limit(arguments, 100));
  std::vector<Movement> movements;
  ListMovementsResponse page;
  uint64_t seen_size = 0;  // By the first page: what comes later is on none.
  do {
    request.set_page_size(static_cast<int>(std::min(limit - movements.size(), kPageMax)));
    RETURN_IF_ERROR(session.Read("ledger.v1.HistoryService.ListMovements", request, page));
    movements.insert(movements.end(), page.movements().begin(), page.movements().end());
    if (request.page_token().empty()) seen_size = page.seen_size();
    request.set_page_token(page.next_page_token());
    request.set_wait_ms(0);
  } while (!page.next_page_token().empty() && movements.size() < limit);
  ShowMovements(movements, page.unit(), session);
  SaySeen(page.unit(), seen_size, session);
  if (!page.next_page_token().empty()) {
    session.Say(absl::StrCat("there are more, which are older: --limit ", 10 * limit));
  }
  return absl::OkStatus();
}

absl::Status Top(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  ListTopMovementsRequest request;
  RETURN_IF_ERROR(Fill(arguments, session, request));
  ASSIGN_OR_RETURN(const uint64_t limit, Limit(arguments, 10));
  request.set_page_size(static_cast<int>(std::min(limit, kPageMax)));
  ListTopMovementsResponse top;
  RETURN_IF_ERROR(session.Read("ledger.v1.HistoryService.ListTopMovements", request, top));
  ShowMovements({top.movements().begin(), top.movements().end()}, top.unit(), session);
  SaySeen(top.unit(), top.seen_size(), session);
  return absl::OkStatus();
}

absl::Status Find(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  FindTransferRequest request;
  request.set_origin(OriginOf(arguments, session));
  const std::string typed = arguments.Get("id");
  const std::string id = absl::HexStringToBytes(typed);
  if (typed.size() != 32 || absl::BytesToHexString(id) != absl::AsciiStrToLower(typed)) {
    return absl::InvalidArgumentError("an id has 32 hexadecimal digits");
  }
  request.set_id(id);
  FoundTransfer found;
  RETURN_IF_ERROR(session.Read("ledger.v1.HistoryService.FindTransfer", request, found));
  session.ShowRecord(found);
  session.Say(
      absl::StrCat("next: ch8 ledger proof ", arguments.Get("service"), " ", found.index()));
  return absl::OkStatus();
}

std::vector<Parameter> MovementParameters(const std::string& limit) {
  return {Positional("number", "the account's number, from ch8 fund show"),
          Optional("from", "DATE", "not before this day (UTC)"),
          Optional("to", "DATE", "not after this day (UTC)"), Optional("limit", "N", limit),
          Optional("service", "SERVICE", "whose ledger, if it is not finance")};
}

}  // namespace

std::vector<Command> AccountHistoryCommands() {
  return {{.path = {"account", "statement"},
           .summary = "what was posted and held in an account, the newest first",
           .parameters = MovementParameters("at most so many, if not 100"),
           .run = Statement,
           .notes = ""},
          {.path = {"account", "top"},
           .summary = "the movements that posted the most in an account",
           .parameters = MovementParameters("at most so many, if not 10; up to 1,000"),
           .run = Top,
           .notes = ""},
          {.path = {"ledger", "find"},
           .summary = "the entry that used a transfer's, a hold's or a bulk row's id",
           .parameters = {Positional("service", "whose ledger, e.g. finance"),
                          Positional("id", "32 hexadecimal digits, e.g. from account statement")},
           .run = Find,
           .notes = ""}};
}

}  // namespace ch8::cli
