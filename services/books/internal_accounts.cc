#include "services/books/internal_accounts.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "services/books/state.h"
#include "services/kernel/refusal.h"

namespace ch8::books {
namespace {

// An entry of so many stays well below kPayloadSizeMax.
constexpr uint32_t kAccountsPerEntry = 500;

absl::Status Deny(absl::StatusCode code, absl::string_view reason, std::string message,
                  std::vector<std::pair<std::string, std::string>> metadata) {
  return kernel::Refuse({.code = code,
                         .domain = "books.chapter8",
                         .reason = reason,
                         .message = std::move(message),
                         .metadata = std::move(metadata)});
}

bool IsUnit(absl::string_view unit) {
  return !unit.empty() && unit.size() <= kUnitSizeMax &&
         std::all_of(unit.begin(), unit.end(), [](char c) {
           const auto byte = static_cast<unsigned char>(c);
           return absl::ascii_isupper(byte) || absl::ascii_isdigit(byte) || c == '-';
         });
}

absl::Status CheckRequest(const v1::OpenAccountsRequest& request, uint32_t next_account) {
  if (request.count() == 0 || request.count() > kOpenAccountsMax) {
    return Deny(absl::StatusCode::kInvalidArgument, "BAD_COUNT",
                absl::StrCat("count is 1 to ", kOpenAccountsMax), {{"field", "count"}});
  }
  if (!IsUnit(request.unit())) {
    return Deny(
        absl::StatusCode::kInvalidArgument, "BAD_UNIT",
        absl::StrCat("unit has 1 to ", kUnitSizeMax, " capital letters, digits and hyphens"),
        {{"field", "unit"}});
  }
  if (request.floor() != v1::AccountOpened::NONE &&
      request.floor() != v1::AccountOpened::CREDIT_BALANCE) {
    return Deny(absl::StatusCode::kInvalidArgument, "BAD_FLOOR", "floor is NONE or CREDIT_BALANCE",
                {{"field", "floor"}});
  }
  if (request.count() > kAccountsMax - std::min(kAccountsMax, next_account)) {
    return Deny(absl::StatusCode::kResourceExhausted, "TOO_MANY_ACCOUNTS",
                absl::StrCat("a ledger has at most ", kAccountsMax, " accounts"),
                {{"available", absl::StrCat(kAccountsMax - std::min(kAccountsMax, next_account))},
                 {"wanted", absl::StrCat(request.count())}});
  }
  return absl::OkStatus();
}

absl::StatusOr<kernel::Decision> OpenAccounts(const kernel::Context& /*context*/,
                                              const v1::OpenAccountsRequest& request,
                                              const kernel::State& state) {
  const uint32_t first = state.accounts.next_account();
  if (absl::Status status = CheckRequest(request, first); !status.ok()) return status;
  kernel::Decision decision;
  for (uint32_t i = 0; i < request.count(); ++i) {
    if (i % kAccountsPerEntry == 0) {
      // The service's event of no kind: nothing but accounts changes.
      decision.events.emplace_back().entry.set_domain_event("");
    }
    v1::AccountOpened* opened = decision.events.back().entry.add_accounts();
    opened->set_account(first + i);
    opened->set_unit(request.unit());
    opened->set_floor(request.floor());
    opened->set_bulk(true);
  }
  v1::OpenAccountsResponse response;
  response.set_first_account(first);
  response.set_count(request.count());
  decision.reply = [reply = response.SerializeAsString()](const kernel::State&) { return reply; };
  return decision;
}

absl::StatusOr<v1::Balance> GetBalance(const kernel::Context& context,
                                       const v1::GetBalanceRequest& request,
                                       const kernel::State& state) {
  const absl::StatusOr<kernel::Balance> found = state.accounts.Find(request.account());
  if (absl::IsNotFound(found.status())) {
    return Deny(absl::StatusCode::kNotFound, "NO_SUCH_ACCOUNT",
                absl::StrCat("account ", request.account(), " does not exist"),
                {{"account", absl::StrCat(request.account())}});
  }
  if (!found.ok()) return found.status();
  v1::Balance balance;
  balance.set_account(request.account());
  balance.set_unit(found->unit);
  balance.set_debits_posted(found->debits_posted);
  balance.set_credits_posted(found->credits_posted);
  balance.set_debits_held(found->debits_held);
  balance.set_credits_held(found->credits_held);
  balance.set_as_of_size(context.log_size);
  return balance;
}

}  // namespace

void AddTransferRoutes(kernel::Routes& routes) {
  routes.AddCommand<v1::OpenAccountsRequest>("/chapter8.books.v1.TransferService/OpenAccounts",
                                             OpenAccounts);
  routes.AddRead<v1::GetBalanceRequest>("/chapter8.books.v1.TransferService/GetBalance",
                                        kernel::ReadPath::kSequenced, GetBalance);
}

}  // namespace ch8::books
