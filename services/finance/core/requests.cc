#include "services/finance/core/requests.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "services/books/postings.h"
#include "services/finance/core/budget_lines.h"
#include "services/finance/core/conversion.h"
#include "services/finance/core/operations.h"
#include "services/kernel/authority.h"
#include "services/kernel/fields.h"
#include "services/kernel/mandate_facts.h"
#include "services/kernel/money.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "services/kernel/resources.h"
#include "services/kernel/spoken_ids.h"
#include "storage/base/status_macros.h"

namespace ch8::finance {
namespace {

using chapter8::directory::v1::Organization;
using chapter8::ledger::v1::Delivery;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using kernel::Verdict;
using v1::FundingRequest;

constexpr absl::string_view kCollection = "requests/";

std::string ShowCommand(const FundingRequest& request) {
  return absl::StrCat("ch8 request show ", kernel::IdOf(request.name()));
}

// The request as it crosses: without what is each ledger's own.
FundingRequest Crossing(const FundingRequest& request) {
  FundingRequest crossing = request;
  crossing.clear_made_by();
  crossing.clear_etag();
  crossing.clear_accepted_minor();
  crossing.clear_received_minor();
  return crossing;
}

kernel::Event RecordedEvent(const FundingRequest& request) {
  v1::FinanceEvent event;
  *event.mutable_request_recorded()->mutable_request() = Crossing(request);
  return kernel::DomainEvent(event);
}

Decision DecisionFor(const FundingRequest& request, const std::string& recipient) {
  kernel::Event event = RecordedEvent(request);
  event.recipients.push_back(recipient);
  return Decision{{event}, kernel::ReplyWith<FundingRequest>(request.name())};
}

absl::Status CheckNeededBy(const FundingRequest& asked, const Context& context) {
  const std::optional<absl::CivilDay> needed_by = kernel::DayOf(asked.needed_by());
  if (!needed_by.has_value()) {
    return kernel::Invalid("BAD_DATES", "resource.needed_by must be a day of the calendar");
  }
  if (*needed_by >= kernel::DayOf(context.time)) return absl::OkStatus();
  return kernel::Invalid("BAD_DATES", "resource.needed_by lies in the past",
                         {{"today", absl::StrCat(kernel::DayOf(context.time).year(), "-",
                                                 kernel::DayOf(context.time).month(), "-",
                                                 kernel::DayOf(context.time).day())}});
}

absl::StatusOr<Decision> MakeRequest(const Context& context, const v1::MakeRequestRequest& request,
                                     const State& state) {
  const FundingRequest& asked = request.resource();
  RETURN_IF_ERROR(kernel::CheckName(asked.addressee(), "organizations/*", "resource.addressee"));
  RETURN_IF_ERROR(kernel::CheckMoney(asked.amount(), "resource.amount"));
  RETURN_IF_ERROR(CheckNeededBy(asked, context));
  if (!asked.beneficiary_unit().empty()) {
    RETURN_IF_ERROR(
        kernel::CheckName(asked.beneficiary_unit(), "units/*", "resource.beneficiary_unit"));
  }
  RETURN_IF_ERROR(FindOperation(state.rows, asked.operation()).status());
  ASSIGN_OR_RETURN(const v1::BudgetLine line, FindBudgetLine(state.rows, asked.budget_line()));
  if (line.operation() != asked.operation()) {
    return kernel::Invalid(
        "OTHER_OPERATION",
        absl::StrCat(line.name(), " is for ", line.operation(), ", not ", asked.operation()),
        {{"instead", "ch8 budget list"}});
  }
  RETURN_IF_ERROR(
      kernel::CheckSameCurrency(line.currency_code(), asked.amount().currency_code(), line.name()));
  ASSIGN_OR_RETURN(const Organization addressee, FindPinned(state.rows, asked.addressee()));
  if (addressee.name() == context.organization) {
    return kernel::Invalid("BAD_FIELD", "resource.addressee is the asking organization itself",
                           {{"field", "resource.addressee"}});
  }
  FundingRequest made;
  made.set_name(absl::StrCat(kCollection,
                             kernel::NextSpokenId(state.rows, {.kind = kRequestKind,
                                                               .organization = context.organization,
                                                               .time = context.time})));
  made.set_requester(context.organization);
  made.set_addressee(asked.addressee());
  made.set_operation(asked.operation());
  made.set_budget_line(asked.budget_line());
  *made.mutable_amount() = asked.amount();
  *made.mutable_needed_by() = asked.needed_by();
  made.set_beneficiary_unit(asked.beneficiary_unit());
  made.set_state(FundingRequest::OPEN);
  return DecisionFor(made, addressee.trust_domain());
}

absl::StatusOr<Decision> WithdrawRequest(const Context& context,
                                         const v1::WithdrawRequestRequest& request,
                                         const State& state) {
  ASSIGN_OR_RETURN(FundingRequest row, FindRequest(state.rows, request.name()));
  if (row.requester() != context.organization) {
    return kernel::NotNow(
        "NOT_REQUESTER",
        absl::StrCat(row.name(), " was made by ", row.requester(), ", which alone can withdraw it"),
        {{"instead", ShowCommand(row)}});
  }
  if (row.accepted_minor() > 0) {
    return kernel::NotNow(
        "OFFERS_ACCEPTED", absl::StrCat("offers for ", row.name(), " were accepted already"),
        {{"accepted", absl::StrCat(row.accepted_minor())},
         {"currency", row.amount().currency_code()},
         {"instead", absl::StrCat("ch8 offer list --for ", kernel::IdOf(row.name()))}});
  }
  RETURN_IF_ERROR(CheckOpen(row));
  ASSIGN_OR_RETURN(const Organization addressee, FindPinned(state.rows, row.addressee()));
  row.set_state(FundingRequest::WITHDRAWN);
  return DecisionFor(row, addressee.trust_domain());
}

absl::StatusOr<FundingRequest> GetRequest(const Context&, const v1::GetRequestRequest& request,
                                          const State& state) {
  ASSIGN_OR_RETURN(const FundingRequest row, FindRequest(state.rows, request.name()));
  return kernel::WithEtag(row);
}

absl::StatusOr<v1::ListRequestsResponse> ListRequests(const Context&,
                                                      const v1::ListRequestsRequest& request,
                                                      const State& state) {
  return kernel::ListPage<FundingRequest, v1::ListRequestsRequest, v1::ListRequestsResponse>(
      state.rows, kCollection, request, [](const FundingRequest&) { return true; },
      [](const FundingRequest& row, v1::ListRequestsResponse& response) {
        *response.add_requests() = kernel::WithEtag(row);
      });
}

// Whether another organization's request is one that an honest node makes.
bool WellFormed(const FundingRequest& request, const Organization& sender) {
  return kernel::CheckName(request.name(), "requests/*", "name").ok() &&
         kernel::IsSpokenIdOf(kernel::IdOf(request.name()), kRequestKind, sender.name()) &&
         kernel::CheckName(request.operation(), "operations/*", "operation").ok() &&
         kernel::CheckName(request.budget_line(), absl::StrCat(sender.name(), "/budgetLines/*"),
                           "budget_line")
             .ok() &&
         kernel::CheckMoney(request.amount(), "amount").ok() &&
         (request.beneficiary_unit().empty() ||
          kernel::CheckName(request.beneficiary_unit(), "units/*", "beneficiary_unit").ok()) &&
         kernel::DayOf(request.needed_by()).has_value() &&
         (request.state() == FundingRequest::OPEN || request.state() == FundingRequest::WITHDRAWN);
}

bool SameTerms(const FundingRequest& a, const FundingRequest& b) {
  FundingRequest left = Crossing(a);
  FundingRequest right = Crossing(b);
  left.clear_state();
  right.clear_state();
  return left.SerializeAsString() == right.SerializeAsString();
}

Verdict Refuse(absl::string_view reason) {
  return {.verdict = Delivery::REFUSE, .reason = std::string(reason), .events = {}};
}

Verdict Defer(absl::string_view reason) {
  return {.verdict = Delivery::DEFER, .reason = std::string(reason), .events = {}};
}

int64_t AddWithin(int64_t a, int64_t b) {
  return CheckedAdd(a, b).value_or(std::numeric_limits<int64_t>::max());
}

}  // namespace

absl::StatusOr<FundingRequest> FindRequest(const kernel::RowReader& rows, absl::string_view name) {
  RETURN_IF_ERROR(kernel::CheckName(name, "requests/*", "request"));
  std::optional<FundingRequest> row = kernel::TableReader<FundingRequest>(rows).Find(name);
  if (!row.has_value()) return kernel::Unknown("UNKNOWN_REQUEST", name, "ch8 request list");
  return *std::move(row);
}

absl::Status CheckOpen(const FundingRequest& request) {
  if (request.state() == FundingRequest::OPEN) return absl::OkStatus();
  const std::string state = FundingRequest::State_Name(request.state());
  return kernel::NotNow("NOT_OPEN", absl::StrCat(request.name(), " is ", state, ", not OPEN"),
                        {{"state", state}, {"instead", "ch8 request list"}});
}

absl::Status CheckBeneficiary(const Context& context, const kernel::RowReader& rows,
                              const FundingRequest& request) {
  return kernel::CheckSupport(context, rows, request.beneficiary_unit(), ShowCommand(request));
}

absl::StatusOr<Organization> FindPinned(const kernel::RowReader& rows, absl::string_view name) {
  std::optional<Organization> found = kernel::FindOrganization(rows, name);
  if (found.has_value() && found->state() == Organization::PINNED) return *std::move(found);
  return kernel::NotNow("NOT_PINNED", absl::StrCat(name, " is not an organization pinned here"),
                        {{"instead", "ch8 org list"}});
}

Verdict DecideRequestDelivery(const Context& context, const Organization& sender,
                              const FundingRequest& request, const State& state) {
  if (request.requester() != sender.name()) return Refuse("NOT_REQUESTER");
  if (request.addressee() != context.organization) return Refuse("NOT_ADDRESSEE");
  if (!WellFormed(request, sender)) return Refuse("BAD_REQUEST");
  const auto known = kernel::TableReader<FundingRequest>(state.rows).Find(request.name());
  if (!known.has_value()) {
    if (request.state() == FundingRequest::WITHDRAWN) return Defer("UNKNOWN_REQUEST");
    if (!FindOperation(state.rows, request.operation()).ok()) return Defer("UNKNOWN_OPERATION");
  } else {
    if (!SameTerms(*known, request)) return Refuse("OTHER_REQUEST");
    if (request.state() != FundingRequest::WITHDRAWN ||
        known->state() == FundingRequest::WITHDRAWN) {
      return {};
    }
  }
  return {.verdict = Delivery::ACCEPT, .reason = "", .events = {RecordedEvent(request)}};
}

void AddRequestRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.finance.v1.RequestService/";
  routes.AddCommand<v1::MakeRequestRequest>(service + "MakeRequest", MakeRequest);
  routes.AddCommand<v1::WithdrawRequestRequest>(service + "WithdrawRequest", WithdrawRequest);
  routes.AddRead<v1::GetRequestRequest>(service + "GetRequest", kernel::ReadPath::kSnapshot,
                                        GetRequest);
  routes.AddRead<v1::ListRequestsRequest>(service + "ListRequests", kernel::ReadPath::kSnapshot,
                                          ListRequests);
}

void ApplyRequestRecorded(const kernel::Applied& applied,
                          const v1::FinanceEvent::RequestRecorded& event, kernel::Rows& rows) {
  FundingRequest row = event.request();
  const auto before = kernel::TableReader<FundingRequest>(rows).Find(row.name());
  if (before.has_value()) {
    row.set_accepted_minor(before->accepted_minor());
    row.set_received_minor(before->received_minor());
    row.set_made_by(before->made_by());
  } else if (!applied.request.has_delivery()) {
    row.set_made_by(applied.request.person());
    kernel::CountSpokenId(kernel::IdOf(row.name()), rows);
  }
  kernel::PutRow(rows, row);
}

void ApplyRequestChange(const RequestChange& change, kernel::Rows& rows) {
  if (change.accepted_minor == 0 && change.received_minor == 0) return;
  std::optional<FundingRequest> row =
      kernel::TableReader<FundingRequest>(rows).Find(change.request);
  if (!row.has_value()) return;
  row->set_accepted_minor(AddWithin(row->accepted_minor(), change.accepted_minor));
  row->set_received_minor(AddWithin(row->received_minor(), change.received_minor));
  if (row->state() != FundingRequest::WITHDRAWN) {
    row->set_state(row->accepted_minor() >= row->amount().amount_minor() ? FundingRequest::MET
                                                                         : FundingRequest::OPEN);
  }
  kernel::PutRow(rows, *row);
}

}  // namespace ch8::finance
