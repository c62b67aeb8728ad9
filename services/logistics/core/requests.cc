#include "services/logistics/core/requests.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/logistics/v1/offer_service.pb.h"
#include "services/kernel/authority.h"
#include "services/kernel/fields.h"
#include "services/kernel/mandate_facts.h"
#include "services/kernel/paging.h"
#include "services/kernel/spoken_ids.h"
#include "services/logistics/core/depots.h"
#include "services/logistics/core/identifiers.h"
#include "services/logistics/core/items.h"
#include "services/logistics/core/lots.h"
#include "services/logistics/core/verdicts.h"
#include "storage/base/status_macros.h"

namespace ch8::logistics {
namespace {

using chapter8::directory::v1::Organization;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using kernel::Verdict;
using v1::MaterielRequest;
using Line = v1::MaterielRequest::Line;

constexpr absl::string_view kCollection = "requests/";
constexpr int kLinesMax = 20;

// The request as it crosses: without what is each ledger's own.
MaterielRequest Crossing(const MaterielRequest& request) {
  MaterielRequest crossing = request;
  crossing.clear_made_by();
  crossing.clear_etag();
  for (Line& line : *crossing.mutable_lines()) {
    line.clear_offered();
    line.clear_accepted();
    line.clear_received();
  }
  return crossing;
}

kernel::Event RecordedEvent(const MaterielRequest& request) {
  v1::LogisticsEvent event;
  *event.mutable_request_recorded()->mutable_request() = Crossing(request);
  return kernel::DomainEvent(event);
}

Decision DecisionFor(const MaterielRequest& request, const std::string& recipient) {
  kernel::Event event = RecordedEvent(request);
  event.recipients.push_back(recipient);
  return Decision{{event}, kernel::ReplyWith<MaterielRequest>(request.name())};
}

absl::Status CheckNeededBy(const MaterielRequest& asked, const Context& context) {
  const std::optional<absl::CivilDay> needed_by = kernel::DayOf(asked.needed_by());
  if (!needed_by.has_value()) {
    return kernel::Invalid("BAD_DATES", "resource.needed_by must be a day of the calendar",
                           {{"field", "resource.needed_by"}});
  }
  if (*needed_by >= kernel::DayOf(context.time)) return absl::OkStatus();
  return kernel::Invalid("BAD_DATES", "resource.needed_by lies in the past",
                         {{"field", "resource.needed_by"},
                          {"today", absl::FormatCivilTime(kernel::DayOf(context.time))}});
}

absl::Status CheckLineCount(const MaterielRequest& request) {
  std::set<std::string> items;
  for (const Line& line : request.lines()) items.insert(line.item());
  const bool apart = items.size() == static_cast<size_t>(request.lines_size());
  if (apart && request.lines_size() >= 1 && request.lines_size() <= kLinesMax) {
    return absl::OkStatus();
  }
  return kernel::Invalid(
      "BAD_LINES", absl::StrCat("a request has 1 to ", kLinesMax, " lines, each of another item"),
      {{"field", "resource.lines"}, {"wanted", absl::StrCat(request.lines_size())}});
}

// Another organization owns the operation, so its form is all that is checked here.
absl::Status CheckAsked(const MaterielRequest& asked, const Context& context) {
  RETURN_IF_ERROR(kernel::CheckName(asked.addressee(), "organizations/*", "resource.addressee"));
  RETURN_IF_ERROR(kernel::CheckName(asked.operation(), "operations/*", "resource.operation"));
  if (!asked.beneficiary_unit().empty()) {
    RETURN_IF_ERROR(
        kernel::CheckName(asked.beneficiary_unit(), "units/*", "resource.beneficiary_unit"));
  }
  RETURN_IF_ERROR(CheckNeededBy(asked, context));
  RETURN_IF_ERROR(CheckLineCount(asked));
  for (const Line& line : asked.lines()) {
    RETURN_IF_ERROR(CheckQuantity(line.quantity(), "resource.lines.quantity"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Decision> MakeRequest(const Context& context, const v1::MakeRequestRequest& request,
                                     const State& state) {
  const MaterielRequest& asked = request.resource();
  RETURN_IF_ERROR(CheckAsked(asked, context));
  ASSIGN_OR_RETURN(const v1::Depot depot, FindDepot(state.rows, asked.destination()));
  MaterielRequest made;
  for (const Line& line : asked.lines()) {
    ASSIGN_OR_RETURN(const v1::Item item, FindItem(state.rows, line.item()));
    Line& taken = *made.add_lines();
    taken.set_item(line.item());
    taken.set_quantity(line.quantity());
    taken.set_base_unit(item.base_unit());
  }
  ASSIGN_OR_RETURN(const Organization addressee, FindPinned(state.rows, asked.addressee()));
  if (addressee.name() == context.organization) {
    return kernel::BadField("resource.addressee", "is the asking organization itself");
  }
  made.set_name(absl::StrCat(kCollection,
                             kernel::NextSpokenId(state.rows, {.kind = kRequestKind,
                                                               .organization = context.organization,
                                                               .time = context.time})));
  made.set_requester(context.organization);
  made.set_addressee(asked.addressee());
  made.set_operation(asked.operation());
  made.set_destination(depot.name());
  made.set_destination_locode(depot.locode());
  made.set_destination_title(depot.title());
  made.set_beneficiary_unit(asked.beneficiary_unit());
  *made.mutable_needed_by() = asked.needed_by();
  made.set_state(MaterielRequest::OPEN);
  return DecisionFor(made, addressee.trust_domain());
}

int64_t AcceptedIn(const MaterielRequest& request) {
  int64_t accepted = 0;
  for (const Line& line : request.lines()) accepted += line.accepted();
  return accepted;
}

absl::StatusOr<Decision> WithdrawRequest(const Context& context,
                                         const v1::WithdrawRequestRequest& request,
                                         const State& state) {
  ASSIGN_OR_RETURN(MaterielRequest row, FindRequest(state.rows, request.name()));
  if (row.requester() != context.organization) {
    return kernel::NotNow(
        "NOT_REQUESTER",
        absl::StrCat(row.name(), " was made by ", row.requester(), ", which alone can withdraw it"),
        {{"instead", kernel::ShowCommand(kRequests, row.name())}});
  }
  if (AcceptedIn(row) > 0) {
    return kernel::NotNow(
        "OFFERS_ACCEPTED", absl::StrCat("offers for ", row.name(), " were accepted already"),
        {{"accepted", absl::StrCat(AcceptedIn(row))},
         {"instead", absl::StrCat("ch8 offer list --for ", kernel::IdOf(row.name()))}});
  }
  RETURN_IF_ERROR(CheckOpen(row));
  ASSIGN_OR_RETURN(const Organization addressee, FindPinned(state.rows, row.addressee()));
  row.set_state(MaterielRequest::WITHDRAWN);
  return DecisionFor(row, addressee.trust_domain());
}

absl::StatusOr<MaterielRequest> GetRequest(const Context&, const v1::GetRequestRequest& request,
                                           const State& state) {
  ASSIGN_OR_RETURN(const MaterielRequest row, FindRequest(state.rows, request.name()));
  return kernel::WithEtag(row);
}

absl::StatusOr<v1::ListRequestsResponse> ListRequests(const Context&,
                                                      const v1::ListRequestsRequest& request,
                                                      const State& state) {
  return kernel::ListPage<MaterielRequest, v1::ListRequestsRequest, v1::ListRequestsResponse>(
      state.rows, kCollection, request, [](const MaterielRequest&) { return true; },
      [](const MaterielRequest& row, v1::ListRequestsResponse& response) {
        *response.add_requests() = kernel::WithEtag(row);
      });
}

// Whether another organization's request is one that an honest node makes.
bool WellFormed(const MaterielRequest& request, const Organization& sender) {
  const bool lines =
      CheckLineCount(request).ok() &&
      std::all_of(request.lines().begin(), request.lines().end(), [](const Line& line) {
        return kernel::CheckName(line.item(), kItems.pattern, "item").ok() &&
               CheckQuantity(line.quantity(), "quantity").ok();
      });
  return lines && kernel::CheckName(request.name(), kRequests.pattern, "name").ok() &&
         kernel::IsSpokenIdOf(kernel::IdOf(request.name()), kRequestKind, sender.name()) &&
         kernel::CheckName(request.operation(), "operations/*", "operation").ok() &&
         kernel::CheckName(request.destination(), absl::StrCat(sender.name(), "/depots/*"),
                           "destination")
             .ok() &&
         (request.destination_locode().empty() || IsLocode(request.destination_locode())) &&
         kernel::CheckText(request.destination_title(), "destination_title").ok() &&
         (request.beneficiary_unit().empty() ||
          kernel::CheckName(request.beneficiary_unit(), "units/*", "beneficiary_unit").ok()) &&
         kernel::DayOf(request.needed_by()).has_value() &&
         (request.state() == MaterielRequest::OPEN ||
          request.state() == MaterielRequest::WITHDRAWN);
}

bool SameTerms(const MaterielRequest& a, const MaterielRequest& b) {
  MaterielRequest left = Crossing(a);
  MaterielRequest right = Crossing(b);
  left.clear_state();
  right.clear_state();
  return left.SerializeAsString() == right.SerializeAsString();
}

// Whether the catalogue has what is asked for, counted in the same unit.
Verdict CheckKnown(const MaterielRequest& request, const kernel::RowReader& rows) {
  for (const Line& line : request.lines()) {
    const absl::StatusOr<v1::Item> item = FindItem(rows, line.item());
    if (!item.ok()) return DeferEntry("UNKNOWN_ITEM");
    if (item->base_unit() != line.base_unit()) return RefuseEntry("OTHER_UNIT");
  }
  return {};
}

}  // namespace

absl::StatusOr<MaterielRequest> FindRequest(const kernel::RowReader& rows, absl::string_view name) {
  return kernel::FindResource<MaterielRequest>(rows, name, kRequests);
}

absl::Status CheckOpen(const MaterielRequest& request) {
  if (request.state() == MaterielRequest::OPEN) return absl::OkStatus();
  const std::string state = MaterielRequest::State_Name(request.state());
  return kernel::NotNow("NOT_OPEN", absl::StrCat(request.name(), " is ", state, ", not OPEN"),
                        {{"state", state}, {"instead", "ch8 request list --goods"}});
}

absl::StatusOr<Line> FindLine(const MaterielRequest& request, absl::string_view item) {
  for (const Line& line : request.lines()) {
    if (line.item() == item) return line;
  }
  return kernel::NotNow(
      "NO_LINE", absl::StrCat(request.name(), " does not ask for ", item),
      {{"item", std::string(item)}, {"instead", kernel::ShowCommand(kRequests, request.name())}});
}

absl::Status CheckWithinLine(const MaterielRequest& request, const Line& line,
                             const LineWish& wish) {
  const int64_t lacking = line.quantity() - wish.taken;
  if (wish.quantity <= lacking) return absl::OkStatus();
  return kernel::NotNow(
      "OVER_REQUEST",
      absl::StrCat(request.name(), " asks for ", FormatQuantity(line.quantity(), line.base_unit()),
                   " of ", line.item(), ", of which ", wish.taken, " are spoken for; ",
                   wish.quantity, " is more than the ", lacking, " left"),
      {{"asked", absl::StrCat(line.quantity())},
       {"available", absl::StrCat(lacking)},
       {"wanted", absl::StrCat(wish.quantity)},
       {"unit", line.base_unit()},
       {"instead", absl::StrCat("ch8 offer list --for ", kernel::IdOf(request.name()))}});
}

absl::StatusOr<Organization> FindPinned(const kernel::RowReader& rows, absl::string_view name) {
  std::optional<Organization> found = kernel::FindOrganization(rows, name);
  if (found.has_value() && found->state() == Organization::PINNED) return *std::move(found);
  return kernel::NotNow("NOT_PINNED", absl::StrCat(name, " is not an organization pinned here"),
                        {{"instead", "ch8 org list"}});
}

Verdict DecideRequestDelivery(const Context& context, const Organization& sender,
                              const MaterielRequest& request, const State& state) {
  if (request.requester() != sender.name()) return RefuseEntry("NOT_REQUESTER");
  if (request.addressee() != context.organization) return RefuseEntry("NOT_ADDRESSEE");
  if (!WellFormed(request, sender)) return RefuseEntry("BAD_REQUEST");
  const auto known = kernel::TableReader<MaterielRequest>(state.rows).Find(request.name());
  if (!known.has_value()) {
    if (request.state() == MaterielRequest::WITHDRAWN) return DeferEntry("UNKNOWN_REQUEST");
    Verdict unknown = CheckKnown(request, state.rows);
    if (!unknown.reason.empty()) return unknown;
  } else {
    if (!SameTerms(*known, request)) return RefuseEntry("OTHER_REQUEST");
    if (request.state() != MaterielRequest::WITHDRAWN ||
        known->state() == MaterielRequest::WITHDRAWN) {
      return {};
    }
  }
  return AcceptEntry(RecordedEvent(request));
}

void AddRequestRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.logistics.v1.RequestService/";
  routes.AddCommand<v1::MakeRequestRequest>(service + "MakeRequest", MakeRequest);
  routes.AddCommand<v1::WithdrawRequestRequest>(service + "WithdrawRequest", WithdrawRequest);
  routes.AddRead<v1::GetRequestRequest>(service + "GetRequest", kernel::ReadPath::kSnapshot,
                                        GetRequest);
  routes.AddRead<v1::ListRequestsRequest>(service + "ListRequests", kernel::ReadPath::kSnapshot,
                                          ListRequests);
}

void ApplyRequestRecorded(const kernel::Applied& applied,
                          const v1::LogisticsEvent::RequestRecorded& event, kernel::Rows& rows) {
  MaterielRequest row = event.request();
  const auto before = kernel::TableReader<MaterielRequest>(rows).Find(row.name());
  if (before.has_value()) {
    row = *before;
    row.set_state(event.request().state());
  } else if (!applied.request.has_delivery()) {
    row.set_made_by(applied.request.person());
    kernel::CountSpokenId(kernel::IdOf(row.name()), rows);
  }
  kernel::PutRow(rows, row);
}

void ApplyRequestChange(const RequestChange& change, kernel::Rows& rows) {
  if (change.offered == 0 && change.accepted == 0 && change.received == 0) return;
  std::optional<MaterielRequest> row =
      kernel::TableReader<MaterielRequest>(rows).Find(change.request);
  if (!row.has_value()) return;
  bool met = true;
  for (Line& line : *row->mutable_lines()) {
    if (line.item() == change.item) {
      line.set_offered(line.offered() + change.offered);
      line.set_accepted(line.accepted() + change.accepted);
      line.set_received(line.received() + change.received);
    }
    met = met && line.accepted() >= line.quantity();
  }
  if (row->state() != MaterielRequest::WITHDRAWN) {
    row->set_state(met ? MaterielRequest::MET : MaterielRequest::OPEN);
  }
  kernel::PutRow(rows, *row);
}

absl::Status CheckBeneficiary(const kernel::Context& context, const kernel::RowReader& rows,
                              const MaterielRequest& request) {
  return kernel::CheckSupport(context, rows, request.beneficiary_unit(),
                              kernel::ShowCommand(kRequests, request.name()));
}

}  // namespace ch8::logistics
