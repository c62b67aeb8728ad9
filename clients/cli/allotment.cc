#include "chapter8/finance/v1/allotment_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/lib/money.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::finance::v1::Allotment;
using chapter8::finance::v1::GetAllotmentRequest;
using chapter8::finance::v1::ListAllotmentsRequest;
using chapter8::finance::v1::ListAllotmentsResponse;
using chapter8::finance::v1::MakeAllotmentRequest;
using chapter8::finance::v1::ReduceAllotmentRequest;

absl::Status Make(const Arguments& arguments, Session& session) {
  MakeAllotmentRequest request;
  Allotment& allotment = *request.mutable_resource();
  allotment.set_operation(OperationName(arguments.Get("to")));
  ASSIGN_OR_RETURN(*allotment.mutable_amount(), client::ParseMoney(arguments.Get("amount")));
  RETURN_IF_ERROR(session.Connect());
  allotment.set_fund(FundName(arguments.Get("fund"), session.own()));
  Allotment made;
  RETURN_IF_ERROR(session.Act("finance.v1.AllotmentService.MakeAllotment", request, made));
  session.ShowRecord(made);
  return absl::OkStatus();
}

absl::Status Reduce(const Arguments& arguments, Session& session) {
  ReduceAllotmentRequest request;
  request.set_name(AllotmentName(arguments.Get("allotment")));
  ASSIGN_OR_RETURN(*request.mutable_amount(), client::ParseMoney(arguments.Get("by")));
  Allotment allotment;
  RETURN_IF_ERROR(session.Act("finance.v1.AllotmentService.ReduceAllotment", request, allotment));
  session.ShowRecord(allotment);
  return absl::OkStatus();
}

absl::Status Show(const Arguments& arguments, Session& session) {
  GetAllotmentRequest request;
  request.set_name(AllotmentName(arguments.Get("allotment")));
  Allotment allotment;
  RETURN_IF_ERROR(session.Read("finance.v1.AllotmentService.GetAllotment", request, allotment));
  session.ShowRecord(allotment);
  return absl::OkStatus();
}

absl::Status List(const Arguments& arguments, Session& session) {
  ListAllotmentsRequest request;
  if (arguments.Has("for")) request.set_operation(OperationName(arguments.Get("for")));
  std::vector<Allotment> allotments;
  RETURN_IF_ERROR(ListAll<ListAllotmentsResponse>(
      session, "finance.v1.AllotmentService.ListAllotments", request,
      [&](const ListAllotmentsResponse& page) {
        allotments.insert(allotments.end(), page.allotments().begin(), page.allotments().end());
      }));
  session.ShowList(Pointers(allotments), {{"allotment", "name"},
                                          {"operation", "operation"},
                                          {"fund", "fund"},
                                          {"allotted", "amount"},
                                          {"available", "available_minor"},
                                          {"held", "held_minor"},
                                          {"given", "given_minor"},
                                          {"until", "valid_to"}});
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> AllotmentCommands() {
  return {{.path = {"allotment", "make"},
           .summary = "allot money of an assessed fund to an operation",
           .parameters = {Required("to", "OPERATION", "e.g. aussom"),
                          Required("fund", "FUND", "the assessed fund"),
                          Required("amount", "USD:1000000.00", "currency and amount")},
           .run = Make,
           .notes = "Only while resolution 2719 funding is active (F-1), and up to its cap (F-2). "
                    "Offers draw on it: ch8 offer make REQUEST --allotment ALT-UN-26-0001."},
          {.path = {"allotment", "reduce"},
           .summary = "take back what is neither held nor given",
           .parameters = {Positional("allotment", "e.g. ALT-UN-26-0001"),
                          Required("by", "USD:1000000.00", "how much of it")},
           .run = Reduce,
           .notes = ""},
          {.path = {"allotment", "show"},
           .summary = "an allotment with its balances",
           .parameters = {Positional("allotment", "e.g. ALT-UN-26-0001")},
           .run = Show,
           .notes = ""},
          {.path = {"allotment", "list"},
           .summary = "all allotments, or those for an operation",
           .parameters = {Optional("for", "OPERATION", "only those for it")},
           .run = List,
           .notes = ""}};
}

}  // namespace ch8::cli
