#include "clients/cli/inbox_goods.h"

#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "chapter8/authz/v1/rule.pb.h"
#include "chapter8/logistics/v1/consignment_service.pb.h"
#include "chapter8/logistics/v1/offer_service.pb.h"
#include "clients/cli/names.h"
#include "clients/cli/values.h"
#include "clients/lib/money.h"

namespace ch8::cli {
namespace {

namespace authz = chapter8::authz::v1;
namespace v1 = chapter8::logistics::v1;

absl::CivilDay Day(const chapter8::type::v1::Date& date) {
  return absl::CivilDay(date.year(), date.month(), date.day());
}

std::string Goods(absl::string_view item, int64_t quantity) {
  return absl::StrCat(quantity, " ", absl::AsciiStrToUpper(IdOf(item)));
}

class Tasks {
 public:
  Tasks(Session& session, const GoodsOfficer& officer) : session_(session), officer_(officer) {}

  // A node without logistics answers UNIMPLEMENTED: then there is nothing to do.
  std::vector<GoodsTask> Collect() {
    const bool offers =
        Holds(authz::SUPPLY_MANAGER) || Holds(authz::APPROVER) || Holds(authz::ACCEPTER);
    if (offers && !CollectRequests().ok()) return {};
    if (offers) CollectOffers().IgnoreError();
    if (Holds(authz::RECEIVER)) CollectConsignments().IgnoreError();
    if (Holds(authz::SUPPLY_MANAGER) || Holds(authz::ACCEPTER)) {
      CollectDiscrepancies().IgnoreError();
    }
    return std::move(tasks_);
  }

 private:
  bool Holds(authz::Role role) const { return officer_.roles.contains(role); }
  bool IsOwn(const std::string& organization) const { return IdOf(organization) == session_.own(); }

  absl::Status CollectRequests() {
    return ListAll<v1::ListRequestsResponse>(
        session_, "logistics.v1.RequestService.ListRequests", v1::ListRequestsRequest(),
        [&](const v1::ListRequestsResponse& page) {
          for (const v1::MaterielRequest& request : page.requests()) Add(request);
        });
  }

  void Add(const v1::MaterielRequest& request) {
    due_[request.name()] = Day(request.needed_by());
    if (request.state() != v1::MaterielRequest::OPEN || !IsOwn(request.addressee()) ||
        !Holds(authz::SUPPLY_MANAGER) || request.lines_size() == 0) {
      return;
    }
    const v1::MaterielRequest::Line& line = request.lines(0);
    tasks_.push_back({.due = Day(request.needed_by()),
                      .id = IdOf(request.name()),
                      .what = absl::StrCat("goods for ", IdOf(request.operation()), " to ",
                                           absl::AsciiStrToUpper(IdOf(request.destination())),
                                           " by ", FormatDate(request.needed_by())),
                      .amount = absl::StrCat(Goods(line.item(), line.quantity()),
                                             request.lines_size() > 1 ? ", …" : ""),
                      .command = absl::StrCat("ch8 request show ", IdOf(request.name()))});
  }

  absl::Status CollectOffers() {
    return ListAll<v1::ListOffersResponse>(session_, "logistics.v1.OfferService.ListOffers",
                                           v1::ListOffersRequest(),
                                           [&](const v1::ListOffersResponse& page) {
                                             for (const v1::SupplyOffer& offer : page.offers())
                                               Add(offer);
                                           });
  }

  void Add(const v1::SupplyOffer& offer) {
    const bool giver = offer.side() == v1::SupplyOffer::GIVER;
    const bool receiver = offer.side() == v1::SupplyOffer::RECEIVER;
    std::string what;
    std::string verb = "show";
    if (giver && offer.state() == v1::SupplyOffer::DRAFT && Holds(authz::APPROVER) &&
        offer.made_by() != officer_.person) {
      what = "awaits approval";
      verb = "approve";
    } else if (receiver && offer.state() == v1::SupplyOffer::RESERVED && Holds(authz::ACCEPTER)) {
      what = absl::StrCat("offered by ", IdOf(offer.giver()));
      verb = "accept";
    } else if (giver && offer.state() == v1::SupplyOffer::ACCEPTED &&
               Holds(authz::SUPPLY_MANAGER)) {
      what = "accepted, awaits dispatch";
    } else {
      return;
    }
    const auto due = due_.find(offer.request());
    tasks_.push_back({.due = due == due_.end() ? std::nullopt : std::optional(due->second),
                      .id = IdOf(offer.name()),
                      .what = what,
                      .amount = Goods(offer.item(), offer.quantity()),
                      .command = absl::StrCat("ch8 offer ", verb, " ", IdOf(offer.name()))});
  }

  absl::Status CollectConsignments() {
    return ListAll<v1::ListConsignmentsResponse>(
        session_, "logistics.v1.ConsignmentService.ListConsignments", v1::ListConsignmentsRequest(),
        [&](const v1::ListConsignmentsResponse& page) {
          for (const v1::Consignment& row : page.consignments()) Add(row);
        });
  }

  void Add(const v1::Consignment& row) {
    if (row.state() != v1::Consignment::IN_TRANSIT || !IsOwn(row.receiver())) return;
    tasks_.push_back({.due = Day(row.eta()),
                      .id = IdOf(row.name()),
                      .what = absl::StrCat("to count, now with ", row.custodian()),
                      .amount = Goods(row.item(), row.quantity()),
                      .command = absl::StrCat("ch8 consignment show ", ShortName(row.name(), ""))});
  }

  absl::Status CollectDiscrepancies() {
    return ListAll<v1::ListDiscrepanciesResponse>(
        session_, "logistics.v1.DiscrepancyService.ListDiscrepancies",
        v1::ListDiscrepanciesRequest(), [&](const v1::ListDiscrepanciesResponse& page) {
          for (const v1::Discrepancy& row : page.discrepancies()) Add(row);
        });
  }

  void Add(const v1::Discrepancy& row) {
    const bool to_answer =
        row.state() == v1::Discrepancy::OPEN && IsOwn(row.owner()) && Holds(authz::SUPPLY_MANAGER);
    const bool to_close =
        row.state() == v1::Discrepancy::ANSWERED && IsOwn(row.opener()) && Holds(authz::ACCEPTER);
    if (!to_answer && !to_close) return;
    tasks_.push_back(
        {.due = to_answer ? std::optional(Day(row.answer_due())) : std::nullopt,
         .id = IdOf(row.name()),
         .what = absl::StrCat("short ", row.short_(), ", damaged ", row.damaged(),
                              to_answer ? ", liability open" : ", answered: to close"),
         .amount = client::FormatMoney(row.value().currency_code(), row.value().amount_minor()),
         .command = absl::StrCat("ch8 discrepancy show ", IdOf(row.name()))});
  }

  Session& session_;
  const GoodsOfficer& officer_;
  std::map<std::string, absl::CivilDay> due_;  // By request.
  std::vector<GoodsTask> tasks_;
};

}  // namespace

std::vector<GoodsTask> GoodsTasks(Session& session, const GoodsOfficer& officer) {
  return Tasks(session, officer).Collect();
}

}  // namespace ch8::cli
