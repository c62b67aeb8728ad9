#include "services/finance/core/funds.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "services/books/postings.h"
#include "services/finance/core/assessed.h"
#include "services/finance/core/operations.h"
#include "services/kernel/fields.h"
#include "services/kernel/money.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "storage/base/status_macros.h"

namespace ch8::finance {
namespace {

using chapter8::books::v1::AccountOpened;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::Fund;

std::string Collection(const Context& context) {
  return absl::StrCat(context.organization, "/funds/");
}

// The stored row with its balances.
Fund Shown(Fund fund, const kernel::Accounts& accounts) {
  fund.set_etag(kernel::EtagOf(fund));
  const absl::StatusOr<kernel::Balance> available = accounts.Find(fund.account());
  const absl::StatusOr<kernel::Balance> source = accounts.Find(fund.source_account());
  const absl::StatusOr<kernel::Balance> given = accounts.Find(fund.given_account());
  if (!available.ok() || !source.ok() || !given.ok()) return fund;  // A dry run's own fund.
  fund.set_available_minor(available->available());
  fund.set_held_minor(static_cast<int64_t>(available->debits_held));
  fund.set_given_minor(static_cast<int64_t>(given->credits_posted));
  fund.set_received_minor(static_cast<int64_t>(source->debits_posted));
  // What has left the fund and not the organization is with its allotments.
  fund.set_in_allotments_minor(fund.received_minor() - fund.available_minor() - fund.held_minor() -
                               fund.given_minor());
  return fund;
}

absl::Status CheckFund(const Fund& fund) {
  RETURN_IF_ERROR(kernel::CheckText(fund.title(), "resource.title"));
  if (fund.source() != Fund::ASSESSED && fund.source() != Fund::EXTRA_BUDGETARY) {
    return kernel::BadField("resource.source", "is missing or unknown");
  }
  RETURN_IF_ERROR(kernel::CheckCurrency(fund.currency_code(), "resource.currency_code"));
  if (fund.counts_toward_2719() && fund.source() != Fund::ASSESSED) {
    return kernel::BadField("resource.counts_toward_2719", "is for assessed money only");
  }
  return absl::OkStatus();
}

absl::StatusOr<Decision> CreateFund(const Context& context, const v1::CreateFundRequest& request,
                                    const State& state) {
  RETURN_IF_ERROR(kernel::CheckId(request.fund_id(), "fund_id"));
  const Fund& asked = request.resource();
  RETURN_IF_ERROR(CheckFund(asked));
  if (!asked.operation().empty()) {
    RETURN_IF_ERROR(FindOperation(state.rows, asked.operation()).status());
  }
  const std::string name = absl::StrCat(Collection(context), request.fund_id());
  if (kernel::TableReader<Fund>(state.rows).Find(name).has_value()) {
    return kernel::Taken("FUND_EXISTS", name, absl::StrCat("ch8 fund show ", request.fund_id()));
  }
  const uint32_t first = state.accounts.next_account();
  v1::FinanceEvent event;
  auto& created = *event.mutable_fund_created();
  created.set_source_account(first);
  created.set_given_account(first + 2);
  Fund& fund = *created.mutable_fund();
  fund.set_name(name);
  fund.set_title(asked.title());
  fund.set_source(asked.source());
  fund.set_currency_code(asked.currency_code());
  fund.set_operation(asked.operation());
  fund.set_counts_toward_2719(asked.counts_toward_2719());
  fund.set_account(first + 1);
  kernel::Event logged = kernel::DomainEvent(event);
  books::OpenAccount({first, fund.currency_code(), AccountOpened::NONE}, logged);
  books::OpenAccount({first + 1, fund.currency_code(), AccountOpened::CREDIT_BALANCE}, logged);
  books::OpenAccount({first + 2, fund.currency_code(), AccountOpened::NONE}, logged);
  return Decision{{logged}, [name](const State& after) {
                    const auto row = kernel::TableReader<Fund>(after.rows).Find(name);
                    return Shown(row.value_or(Fund()), after.accounts).SerializeAsString();
                  }};
}

absl::StatusOr<Fund> GetFund(const Context&, const v1::GetFundRequest& request,
                             const State& state) {
  ASSIGN_OR_RETURN(const Fund fund, FindFund(state.rows, request.name()));
  return Shown(fund, state.accounts);
}

bool IsFor(const Fund& fund, absl::string_view operation) {
  return fund.operation().empty() || fund.operation() == operation;
}

// Whether offers for the operation may take the fund's money.
bool MayBeGivenFor(const Fund& fund, const v1::Operation& operation) {
  return fund.source() == Fund::EXTRA_BUDGETARY && IsFor(fund, operation.name());
}

absl::StatusOr<v1::ListFundsResponse> ListFunds(const Context& context,
                                                const v1::ListFundsRequest& request,
                                                const State& state) {
  std::optional<v1::Operation> operation;
  if (!request.operation().empty()) {
    ASSIGN_OR_RETURN(operation, FindOperation(state.rows, request.operation()));
  }
  return kernel::ListPage<Fund, v1::ListFundsRequest, v1::ListFundsResponse>(
      state.rows, Collection(context), request,
      [&](const Fund& fund) { return !operation.has_value() || MayBeGivenFor(fund, *operation); },
      [&](const Fund& fund, v1::ListFundsResponse& response) {
        *response.add_funds() = Shown(fund, state.accounts);
      });
}

}  // namespace

absl::StatusOr<Fund> FindFund(const kernel::RowReader& rows, absl::string_view name) {
  RETURN_IF_ERROR(kernel::CheckName(name, "organizations/*/funds/*", "fund"));
  std::optional<Fund> row = kernel::TableReader<Fund>(rows).Find(name);
  if (!row.has_value()) return kernel::Unknown("UNKNOWN_FUND", name, "ch8 fund list");
  return *std::move(row);
}

absl::Status CheckEarmark(const Fund& fund, const Earmarked& wanted) {
  if (IsFor(fund, wanted.operation)) return absl::OkStatus();
  return kernel::NotNow("EARMARK",
                        absl::StrCat(fund.name(), " may only be given for ", fund.operation(),
                                     ", and ", wanted.purpose, " is for ", wanted.operation),
                        {{"rule", "F-19"},
                         {"held", fund.operation()},
                         {"wanted", wanted.operation},
                         {"instead", wanted.instead}});
}

absl::Status CheckAvailable(const Spending& spending, const kernel::Accounts& accounts) {
  ASSIGN_OR_RETURN(const kernel::Balance balance, accounts.Find(spending.account));
  if (spending.wanted.amount_minor() <= balance.available()) return absl::OkStatus();
  return kernel::NotNow(
      "INSUFFICIENT",
      absl::StrCat(spending.holder, " has ",
                   kernel::FormatAmount(balance.unit, balance.available()),
                   " available, less than ", kernel::FormatMoney(spending.wanted)),
      {{"rule", "F-15"},
       {"holder", spending.holder},
       {"available", absl::StrCat(balance.available())},
       {"wanted", absl::StrCat(spending.wanted.amount_minor())},
       {"currency", balance.unit},
       {"instead", spending.instead}});
}

std::string FundListCommand(absl::string_view operation) {
  return absl::StrCat("ch8 fund list --for ", SpokenName(operation));
}

std::string VoluntaryCommand(const Context& context, const State& state,
                             const v1::Operation& operation, absl::string_view currency_code) {
  int64_t available_minor = 0;
  int count = 0;
  kernel::TableReader<Fund>(state.rows).Scan(Collection(context), "", [&](const Fund& fund) {
    if (fund.currency_code() != currency_code || !MayBeGivenFor(fund, operation)) return true;
    const int64_t has_minor = Shown(fund, state.accounts).available_minor();
    if (has_minor <= 0) return true;
    ++count;
    available_minor += has_minor;
    return true;
  });
  std::string command = FundListCommand(operation.name());
  if (count > 0) {
    absl::StrAppend(&command, "  ", count, " extra-budgetary fund", count == 1 ? "" : "s", ", ",
                    kernel::FormatAmount(currency_code, available_minor), " available");
  }
  return command;
}

void AddFundRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.finance.v1.FundService/";
  routes.AddCommand<v1::CreateFundRequest>(service + "CreateFund", CreateFund);
  routes.AddRead<v1::GetFundRequest>(service + "GetFund", kernel::ReadPath::kSequenced, GetFund);
  routes.AddRead<v1::ListFundsRequest>(service + "ListFunds", kernel::ReadPath::kSequenced,
                                       ListFunds);
}

void ApplyFundCreated(const v1::FinanceEvent::FundCreated& event, kernel::Rows& rows) {
  Fund fund = event.fund();
  fund.set_source_account(event.source_account());
  fund.set_given_account(event.given_account());
  kernel::PutRow(rows, fund);
}

}  // namespace ch8::finance
