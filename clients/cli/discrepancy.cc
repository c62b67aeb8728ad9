#include "absl/strings/str_cat.h"
#include "chapter8/logistics/v1/consignment_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

namespace v1 = chapter8::logistics::v1;
using v1::Discrepancy;
using v1::Receipt;

absl::Status ShowReceipt(const Arguments& arguments, Session& session) {
  v1::GetReceiptRequest request;
  request.set_name(ReceiptName(arguments.Get("receipt")));
  Receipt receipt;
  RETURN_IF_ERROR(session.Read("logistics.v1.ConsignmentService.GetReceipt", request, receipt));
  session.ShowRecord(receipt);
  return absl::OkStatus();
}

absl::Status ListReceipts(const Arguments&, Session& session) {
  std::vector<Receipt> receipts;
  RETURN_IF_ERROR(ListAll<v1::ListReceiptsResponse>(
      session, "logistics.v1.ConsignmentService.ListReceipts", v1::ListReceiptsRequest(),
      [&](const v1::ListReceiptsResponse& page) {
        receipts.insert(receipts.end(), page.receipts().begin(), page.receipts().end());
      }));
  session.ShowList(Pointers(receipts), {{"receipt", "name"},
                                        {"consignment", "consignment"},
                                        {"item", "item"},
                                        {"dispatched", "dispatched"},
                                        {"good", "good"},
                                        {"damaged", "damaged"},
                                        {"short", "short"},
                                        {"over", "over"},
                                        {"counted", "counted_time_us"},
                                        {"discrepancy", "discrepancy"}});
  return absl::OkStatus();
}

void Present(const Discrepancy& row, Session& session) {
  session.ShowRecord(row);
  if (session.globals().dry_run) return;
  const std::string id = IdOf(row.name());
  if (row.state() == Discrepancy::OPEN && IdOf(row.owner()) == session.own()) {
    session.Say(absl::StrCat("next: ch8 discrepancy answer ", id,
                             " --liability carrier --answer TEXT, by ",
                             FormatDate(row.answer_due())));
  }
  if (row.state() == Discrepancy::ANSWERED && IdOf(row.opener()) == session.own()) {
    session.Say(absl::StrCat("next: who did not count closes it: ch8 discrepancy close ", id,
                             " --closing TEXT"));
  }
}

absl::Status Show(const Arguments& arguments, Session& session) {
  v1::GetDiscrepancyRequest request;
  request.set_name(DiscrepancyName(arguments.Get("discrepancy")));
  Discrepancy row;
  RETURN_IF_ERROR(session.Read("logistics.v1.DiscrepancyService.GetDiscrepancy", request, row));
  Present(row, session);
  return absl::OkStatus();
}

absl::Status List(const Arguments&, Session& session) {
  std::vector<Discrepancy> rows;
  RETURN_IF_ERROR(ListAll<v1::ListDiscrepanciesResponse>(
      session, "logistics.v1.DiscrepancyService.ListDiscrepancies", v1::ListDiscrepanciesRequest(),
      [&](const v1::ListDiscrepanciesResponse& page) {
        rows.insert(rows.end(), page.discrepancies().begin(), page.discrepancies().end());
      }));
  session.ShowList(Pointers(rows), {{"discrepancy", "name"},
                                    {"state", "state"},
                                    {"consignment", "consignment"},
                                    {"item", "item"},
                                    {"damaged", "damaged"},
                                    {"short", "short"},
                                    {"over", "over"},
                                    {"value", "value"},
                                    {"owner", "owner"},
                                    {"answer due", "answer_due"},
                                    {"liability", "liability"}});
  return absl::OkStatus();
}

absl::Status Answer(const Arguments& arguments, Session& session) {
  v1::AnswerDiscrepancyRequest request;
  request.set_name(DiscrepancyName(arguments.Get("discrepancy")));
  ASSIGN_OR_RETURN(const int liability,
                   ParseEnum(*v1::Discrepancy_Liability_descriptor(), arguments.Get("liability")));
  request.set_liability(static_cast<v1::Discrepancy_Liability>(liability));
  request.set_answer(arguments.Get("answer"));
  Discrepancy row;
  RETURN_IF_ERROR(session.Act("logistics.v1.DiscrepancyService.AnswerDiscrepancy", request, row));
  Present(row, session);
  return absl::OkStatus();
}

absl::Status Close(const Arguments& arguments, Session& session) {
  v1::CloseDiscrepancyRequest request;
  request.set_name(DiscrepancyName(arguments.Get("discrepancy")));
  request.set_closing(arguments.Get("closing"));
  Discrepancy row;
  RETURN_IF_ERROR(session.Act("logistics.v1.DiscrepancyService.CloseDiscrepancy", request, row));
  Present(row, session);
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> ReceiptCommands() {
  return {{.path = {"receipt", "show"},
           .summary = "what was counted of a consignment",
           .parameters = {Positional("receipt", "e.g. RCP-AU-26-0003")},
           .run = ShowReceipt,
           .notes = ""},
          {.path = {"receipt", "list"},
           .summary = "all counts, made and received",
           .parameters = {},
           .run = ListReceipts,
           .notes = ""}};
}

std::vector<Command> DiscrepancyCommands() {
  const Parameter discrepancy = Positional("discrepancy", "e.g. DSC-AU-26-0005");
  return {{.path = {"discrepancy", "show"},
           .summary = "what a count found different",
           .parameters = {discrepancy},
           .run = Show,
           .notes = ""},
          {.path = {"discrepancy", "list"},
           .summary = "all discrepancies",
           .parameters = {},
           .run = List,
           .notes = ""},
          {.path = {"discrepancy", "answer"},
           .summary = "giver: say who is liable, and why",
           .parameters = {discrepancy,
                          Required("liability", "WHO", "who is liable",
                                   EnumWords(*v1::Discrepancy_Liability_descriptor())),
                          Required("answer", "TEXT", "what you found")},
           .run = Answer,
           .notes = ""},
          {.path = {"discrepancy", "close"},
           .summary = "receiver: close what is answered, or overdue",
           .parameters = {discrepancy, Required("closing", "TEXT", "what was settled")},
           .run = Close,
           .notes = ""}};
}

}  // namespace ch8::cli
