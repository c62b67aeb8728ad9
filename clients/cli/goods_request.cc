#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "chapter8/logistics/v1/offer_service.pb.h"
#include "clients/cli/goods.h"
#include "clients/cli/names.h"
#include "clients/cli/values.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {

namespace v1 = chapter8::logistics::v1;
using v1::MaterielRequest;

absl::Status MakeGoodsRequest(const Arguments& arguments, Session& session) {
  if (!arguments.Has("deliver-to")) {
    return absl::InvalidArgumentError("goods need --deliver-to DEPOT; ch8 depot list shows yours");
  }
  v1::MakeRequestRequest request;
  MaterielRequest& resource = *request.mutable_resource();
  resource.set_addressee(OrganizationName(arguments.Get("to")));
  resource.set_operation(OperationName(arguments.Get("operation")));
  ASSIGN_OR_RETURN(*resource.mutable_needed_by(), ParseDate(arguments.Get("by")));
  for (const std::string& typed : arguments.All("item")) {
    ASSIGN_OR_RETURN(const ItemQuantity asked, ParseItemQuantity(typed));
    MaterielRequest::Line& line = *resource.add_lines();
    line.set_item(asked.item);
    line.set_quantity(asked.quantity);
  }
  if (arguments.Has("unit")) resource.set_beneficiary_unit(UnitName(arguments.Get("unit")));
  RETURN_IF_ERROR(session.Connect());
  resource.set_destination(DepotName(arguments.Get("deliver-to"), session.own()));
  MaterielRequest made;
  RETURN_IF_ERROR(session.Act("logistics.v1.RequestService.MakeRequest", request, made));
  session.ShowRecord(made);
  if (!session.globals().dry_run) {
    session.Say("next: it is delivered to " + IdOf(made.addressee()) +
                "; follow it with: ch8 request show " + IdOf(made.name()));
  }
  return absl::OkStatus();
}

absl::Status ShowGoodsRequest(const Arguments& arguments, Session& session) {
  v1::GetRequestRequest request;
  request.set_name(RequestName(arguments.Get("request")));
  MaterielRequest shown;
  RETURN_IF_ERROR(session.Read("logistics.v1.RequestService.GetRequest", request, shown));
  session.ShowRecord(shown);
  const bool asked_of_us = IdOf(shown.addressee()) == session.own();
  if (asked_of_us && shown.state() == MaterielRequest::OPEN && shown.lines_size() > 0) {
    const std::string item = absl::AsciiStrToUpper(IdOf(shown.lines(0).item()));
    const std::string id = IdOf(shown.name());
    session.Say(absl::StrCat("next: ch8 stock find ", item, " --for ", id, "; ch8 offer make ", id,
                             " --line ", item, "=QUANTITY --from DEPOT --dry-run"));
  }
  return absl::OkStatus();
}

absl::Status ListGoodsRequests(const Arguments&, Session& session) {
  std::vector<MaterielRequest> requests;
  RETURN_IF_ERROR(ListAll<v1::ListRequestsResponse>(
      session, "logistics.v1.RequestService.ListRequests", v1::ListRequestsRequest(),
      [&](const v1::ListRequestsResponse& page) {
        requests.insert(requests.end(), page.requests().begin(), page.requests().end());
      }));
  session.ShowList(Pointers(requests), {{"request", "name"},
                                        {"state", "state"},
                                        {"from", "requester"},
                                        {"to", "addressee"},
                                        {"for", "operation"},
                                        {"deliver to", "destination"},
                                        {"by", "needed_by"},
                                        {"lines", "lines"}});
  return absl::OkStatus();
}

absl::Status WithdrawGoodsRequest(const Arguments& arguments, Session& session) {
  v1::WithdrawRequestRequest request;
  request.set_name(RequestName(arguments.Get("request")));
  RETURN_IF_ERROR(session.Confirm("Withdraw " + IdOf(request.name()) + "?"));
  MaterielRequest withdrawn;
  RETURN_IF_ERROR(session.Act("logistics.v1.RequestService.WithdrawRequest", request, withdrawn));
  session.ShowRecord(withdrawn);
  return absl::OkStatus();
}

}  // namespace ch8::cli
