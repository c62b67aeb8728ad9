#include <map>

#include "absl/strings/str_cat.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/contribution_import.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "clients/lib/money.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::finance::v1::AdvanceContributionRequest;
using chapter8::finance::v1::Contribution;
using chapter8::finance::v1::Fund;
using chapter8::finance::v1::GetContributionRequest;
using chapter8::finance::v1::GetFundRequest;
using chapter8::finance::v1::ListContributionsRequest;
using chapter8::finance::v1::ListContributionsResponse;

constexpr char kImportNotes[] =
    "FILE is CSV with a header. Its columns are either\n"
    "  donor, state, form, currency, amount, decided_on, and as needed exchange_rate, "
    "rate_source,\n"
    "  rate_date, external_id, parent\n"
    "      state: pledged, committed, paid; form: financial, in-kind; amount: 1000000.00;\n"
    "      days: 2026-02-14; exchange_rate: units of the original currency per unit of the fund's\n"
    "or those of a flow list of OCHA's Financial Tracking Service (id, status, contributionType,\n"
    "originalAmount, originalCurrency, exchangeRate, amountUSD, decisionDate, srcOrganization, "
    "…).\n"
    "A second line of HXL tags is skipped. Batches of 1,000 are taken whole or not at all; rows\n"
    "that cannot be taken go to --rejects with their line and problem, and the exit code is 1.";

absl::StatusOr<std::string> CurrencyOfFund(const std::string& name, Session& session) {
  GetFundRequest request;
  request.set_name(name);
  Fund fund;
  RETURN_IF_ERROR(session.Read("finance.v1.FundService.GetFund", request, fund));
  return fund.currency_code();
}

// Shows a contribution with amounts in its fund's currency.
absl::Status Present(const Contribution& contribution, Session& session) {
  FieldStyle style = session.style();
  if (session.globals().output == OutputFormat::kTable) {
    ASSIGN_OR_RETURN(style.currency, CurrencyOfFund(contribution.fund(), session));
  }
  session.ShowRecord(contribution, style);
  return absl::OkStatus();
}

absl::StatusOr<Contribution> Get(const std::string& typed, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  GetContributionRequest request;
  request.set_name(ContributionName(typed, session.own()));
  Contribution contribution;
  RETURN_IF_ERROR(session.Read("finance.v1.FundService.GetContribution", request, contribution));
  return contribution;
}

absl::Status Advance(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const Contribution known, Get(arguments.Get("contribution"), session));
  AdvanceContributionRequest request;
  request.set_name(known.name());
  request.set_etag(arguments.Get("etag"));
  ASSIGN_OR_RETURN(const int state,
                   ParseEnum(*Contribution::State_descriptor(), arguments.Get("state")));
  request.set_state(static_cast<Contribution::State>(state));
  if (arguments.Has("paid")) {
    ASSIGN_OR_RETURN(const auto paid, client::ParseMoney(arguments.Get("paid")));
    ASSIGN_OR_RETURN(const std::string currency, CurrencyOfFund(known.fund(), session));
    if (paid.currency_code() != currency) {
      return absl::InvalidArgumentError(
          absl::StrCat("--paid is in the fund's currency, ", currency));
    }
    request.set_paid_now_minor(paid.amount_minor());
  }
  request.set_amendment(arguments.Get("amendment"));
  Contribution advanced;
  RETURN_IF_ERROR(session.Act("finance.v1.FundService.AdvanceContribution", request, advanced));
  return Present(advanced, session);
}

absl::Status Show(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const Contribution contribution, Get(arguments.Get("contribution"), session));
  return Present(contribution, session);
}

absl::Status List(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  ListContributionsRequest request;
  if (arguments.Has("fund")) request.set_fund(FundName(arguments.Get("fund"), session.own()));
  std::vector<Contribution> contributions;
  RETURN_IF_ERROR(ListAll<ListContributionsResponse>(
      session, "finance.v1.FundService.ListContributions", request,
      [&](const ListContributionsResponse& page) {
        contributions.insert(contributions.end(), page.contributions().begin(),
                             page.contributions().end());
      }));
  std::map<std::string, std::string> currencies;
  if (session.globals().output == OutputFormat::kTable) {
    for (const Contribution& contribution : contributions) {
      if (currencies.contains(contribution.fund())) continue;
      ASSIGN_OR_RETURN(currencies[contribution.fund()],
                       CurrencyOfFund(contribution.fund(), session));
    }
  }
  const auto style = [&](const google::protobuf::Message& message) {
    FieldStyle used = session.style();
    used.currency = currencies[static_cast<const Contribution&>(message).fund()];
    return used;
  };
  session.ShowList(Pointers(contributions),
                   {{"contribution", "name"},
                    {"state", "state"},
                    {"form", "form"},
                    {"fund", "fund"},
                    {"original", "original"},
                    {"rate", "exchange_rate"},
                    {"amount", "amount_minor"},
                    {"paid", "paid_minor"},
                    {"decided", "decided_on"},
                    {"donor", "donor"}},
                   style);
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> ContributionCommands() {
  return {
      {.path = {"contribution", "import"},
       .summary = "record contributions from a CSV file",
       .parameters = {Positional("file", "CSV"), Required("fund", "FUND", "the fund they go to"),
                      Optional("rejects", "FILE", "where rows go that cannot be taken")},
       .run = ImportContributions,
       .notes = kImportNotes},
      {.path = {"contribution", "advance"},
       .summary = "move a contribution on: a pledge to a commitment, a commitment to paid (F-9)",
       .parameters = {Positional("contribution", "its id"),
                      Positional("state", "committed, partially-paid, paid, withdrawn, cancelled"),
                      Optional("paid", "USD:100.00", "partially-paid: paid now"),
                      Optional("amendment", "TEXT", "cancelled: the amendment's number"),
                      Optional("etag", "ETAG", "refuse if it has changed since")},
       .run = Advance,
       .notes = "There is no way back; corrections are new entries. Pledges are in no total."},
      {.path = {"contribution", "show"},
       .summary = "a contribution",
       .parameters = {Positional("contribution", "its id")},
       .run = Show,
       .notes = ""},
      {.path = {"contribution", "list"},
       .summary = "contributions, all or of one fund",
       .parameters = {Optional("fund", "FUND", "only its own")},
       .run = List,
       .notes = ""}};
}

}  // namespace ch8::cli
