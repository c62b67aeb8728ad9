#include "chapter8/finance/v1/finance_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::finance::v1::CreateFundRequest;
using chapter8::finance::v1::Fund;
using chapter8::finance::v1::Fund_Source;
using chapter8::finance::v1::Fund_Source_descriptor;
using chapter8::finance::v1::GetFundRequest;
using chapter8::finance::v1::ListFundsRequest;
using chapter8::finance::v1::ListFundsResponse;

absl::Status Add(const Arguments& arguments, Session& session) {
  CreateFundRequest request;
  request.set_fund_id(arguments.Get("id"));
  Fund& fund = *request.mutable_resource();
  fund.set_title(arguments.Get("title"));
  ASSIGN_OR_RETURN(const int source, ParseEnum(*Fund_Source_descriptor(), arguments.Get("source")));
  fund.set_source(static_cast<Fund_Source>(source));
  fund.set_currency_code(arguments.Get("currency"));
  if (arguments.Has("operation")) fund.set_operation(OperationName(arguments.Get("operation")));
  fund.set_counts_toward_2719(arguments.Has("counts-toward-2719"));
  Fund created;
  RETURN_IF_ERROR(session.Act("finance.v1.FundService.CreateFund", request, created));
  session.ShowRecord(created);
  return absl::OkStatus();
}

absl::Status Show(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  GetFundRequest request;
  request.set_name(FundName(arguments.Get("fund"), session.own()));
  Fund fund;
  RETURN_IF_ERROR(session.Read("finance.v1.FundService.GetFund", request, fund));
  session.ShowRecord(fund);
  return absl::OkStatus();
}

absl::Status List(const Arguments& arguments, Session& session) {
  ListFundsRequest request;
  if (arguments.Has("for")) request.set_operation(OperationName(arguments.Get("for")));
  std::vector<Fund> funds;
  RETURN_IF_ERROR(ListAll<ListFundsResponse>(
      session, "finance.v1.FundService.ListFunds", request, [&](const ListFundsResponse& page) {
        funds.insert(funds.end(), page.funds().begin(), page.funds().end());
      }));
  session.ShowList(Pointers(funds), {{"fund", "name"},
                                     {"source", "source"},
                                     {"for", "operation"},
                                     {"available", "available_minor"},
                                     {"held", "held_minor"},
                                     {"given", "given_minor"},
                                     {"committed", "committed_minor"},
                                     {"pledged beside", "pledged_minor"},
                                     {"title", "title"}});
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> FundCommands() {
  return {
      {.path = {"fund", "add"},
       .summary = "add a fund: money of one source and one currency",
       .parameters = {Positional("id", "letters, digits and -"),
                      Required("title", "TEXT", "its full title"),
                      Required("source", "SOURCE", "where its money comes from",
                               EnumWords(*Fund_Source_descriptor())),
                      Required("currency", "USD", "ISO 4217"),
                      Optional("operation", "OPERATION", "may be given for this one only (F-19)"),
                      Flag("counts-toward-2719", "counts toward the cap of resolution 2719 (F-5)")},
       .run = Add,
       .notes = "Assessed money is given out of allotments: ch8 allotment make."},
      {.path = {"fund", "show"},
       .summary = "a fund with its balances",
       .parameters = {Positional("fund", "its id")},
       .run = Show,
       .notes = ""},
      {.path = {"fund", "list"},
       .summary = "all funds, or those that may be given for an operation",
       .parameters = {Optional("for", "OPERATION", "only funds that may be given for it")},
       .run = List,
       .notes = "Available is received, neither in an allotment nor held nor given. Pledges stand "
                "beside: they are in no total."}};
}

}  // namespace ch8::cli
