#include "chapter8/finance/v1/finance_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/goods.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "clients/lib/money.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::finance::v1::FundingRequest;
using chapter8::finance::v1::GetRequestRequest;
using chapter8::finance::v1::ListRequestsRequest;
using chapter8::finance::v1::ListRequestsResponse;
using chapter8::finance::v1::MakeRequestRequest;
using chapter8::finance::v1::WithdrawRequestRequest;

absl::Status Make(const Arguments& arguments, Session& session) {
  if (arguments.Has("item")) return MakeGoodsRequest(arguments, session);
  if (!arguments.Has("line") || !arguments.Has("amount")) {
    return absl::InvalidArgumentError(
        "ask for money with --line and --amount, or for goods with --item and --deliver-to");
  }
  MakeRequestRequest request;
  FundingRequest& resource = *request.mutable_resource();
  resource.set_addressee(OrganizationName(arguments.Get("to")));
  resource.set_operation(OperationName(arguments.Get("operation")));
  ASSIGN_OR_RETURN(*resource.mutable_amount(), client::ParseMoney(arguments.Get("amount")));
  ASSIGN_OR_RETURN(*resource.mutable_needed_by(), ParseDate(arguments.Get("by")));
  if (arguments.Has("unit")) resource.set_beneficiary_unit(UnitName(arguments.Get("unit")));
  RETURN_IF_ERROR(session.Connect());
  resource.set_budget_line(BudgetLineName(arguments.Get("line"), session.own()));
  FundingRequest made;
  RETURN_IF_ERROR(session.Act("finance.v1.RequestService.MakeRequest", request, made));
  session.ShowRecord(made);
  if (!session.globals().dry_run) {
    session.Say("next: it is delivered to " + IdOf(made.addressee()) +
                "; follow it with: ch8 request show " + IdOf(made.name()));
  }
  return absl::OkStatus();
}

absl::Status Show(const Arguments& arguments, Session& session) {
  if (IsOfGoods(arguments.Get("request"))) return ShowGoodsRequest(arguments, session);
  GetRequestRequest request;
  request.set_name(RequestName(arguments.Get("request")));
  FundingRequest shown;
  RETURN_IF_ERROR(session.Read("finance.v1.RequestService.GetRequest", request, shown));
  session.ShowRecord(shown);
  const bool asked_of_us = IdOf(shown.addressee()) == session.own();
  if (asked_of_us && shown.state() == FundingRequest::OPEN) {
    session.Say("next: ch8 fund list --for " + IdOf(shown.operation()) + "; ch8 offer make " +
                IdOf(shown.name()) + " --fund FUND --amount " + shown.amount().currency_code() +
                ":AMOUNT --hold 72h --dry-run");
  }
  return absl::OkStatus();
}

absl::Status List(const Arguments& arguments, Session& session) {
  if (arguments.Has("goods")) return ListGoodsRequests(arguments, session);
  std::vector<FundingRequest> requests;
  RETURN_IF_ERROR(ListAll<ListRequestsResponse>(
      session, "finance.v1.RequestService.ListRequests", ListRequestsRequest(),
      [&](const ListRequestsResponse& page) {
        requests.insert(requests.end(), page.requests().begin(), page.requests().end());
      }));
  session.ShowList(Pointers(requests), {{"request", "name"},
                                        {"state", "state"},
                                        {"from", "requester"},
                                        {"to", "addressee"},
                                        {"for", "operation"},
                                        {"by", "needed_by"},
                                        {"amount", "amount"},
                                        {"accepted", "accepted_minor"},
                                        {"received", "received_minor"}});
  return absl::OkStatus();
}

absl::Status Withdraw(const Arguments& arguments, Session& session) {
  if (IsOfGoods(arguments.Get("request"))) return WithdrawGoodsRequest(arguments, session);
  WithdrawRequestRequest request;
  request.set_name(RequestName(arguments.Get("request")));
  RETURN_IF_ERROR(session.Confirm("Withdraw " + IdOf(request.name()) + "?"));
  FundingRequest withdrawn;
  RETURN_IF_ERROR(session.Act("finance.v1.RequestService.WithdrawRequest", request, withdrawn));
  session.ShowRecord(withdrawn);
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> RequestCommands() {
  return {{.path = {"request", "make"},
           .summary = "ask another organization for money or goods",
           .parameters = {Required("to", "ORG", "who is asked, e.g. un"),
                          Required("operation", "OPERATION", "what it is for, e.g. aussom"),
                          Required("by", "2026-03-21", "the day it is needed"),
                          Optional("line", "LINE", "money: the budget line that receives it"),
                          Optional("amount", "USD:50000.00", "money: currency and amount"),
                          Repeated("item", "TENT-10P=120", "goods: item and quantity"),
                          Optional("deliver-to", "SOKMU", "goods: your depot"),
                          Optional("unit", "UNIT", "the unit that it is for (F-20)")},
           .run = Make,
           .notes = "ch8 request make --to un --operation aussom --line stipends --amount "
                    "USD:50000.00 --by 2026-03-21\n"
                    "ch8 request make --to un --operation aussom --item TENT-10P=120 --deliver-to "
                    "SOKMU --by 2026-03-21"},
          {.path = {"request", "show"},
           .summary = "a request and what was offered for it",
           .parameters = {Positional("request", "e.g. REQ-AU-26-0041")},
           .run = Show,
           .notes = ""},
          {.path = {"request", "list"},
           .summary = "all requests made or received",
           .parameters = {Flag("goods", "those for goods; else those for money")},
           .run = List,
           .notes = ""},
          {.path = {"request", "withdraw"},
           .summary = "take a request back",
           .parameters = {Positional("request", "e.g. REQ-AU-26-0041")},
           .run = Withdraw,
           .notes = ""}};
}

}  // namespace ch8::cli
