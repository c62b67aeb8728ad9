#include "services/finance/core/allotments.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "chapter8/finance/v1/allotment_service.pb.h"
#include "services/finance/core/assessed.h"
#include "services/finance/core/budget_ceilings.h"
#include "services/finance/core/funds.h"
#include "services/finance/core/operations.h"
#include "services/kernel/fields.h"
#include "services/kernel/money.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "services/kernel/resources.h"
#include "services/kernel/spoken_ids.h"
#include "storage/base/status_macros.h"

namespace ch8::finance {
namespace {

using chapter8::books::v1::AccountOpened;
using chapter8::type::v1::Money;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::Allotment;
using v1::Fund;

constexpr absl::string_view kCollection = "allotments/";
constexpr kernel::ResourceKind kAllotmentResource = {
    .pattern = "allotments/*", .noun = "allotment", .unknown = "UNKNOWN_ALLOTMENT"};

absl::StatusOr<Allotment> FindAllotment(const kernel::RowReader& rows, absl::string_view name) {
  return kernel::FindResource<Allotment>(rows, name, kAllotmentResource);
}

// The stored row with its balances.
Allotment Shown(Allotment allotment, const kernel::Accounts& accounts) {
  allotment.set_etag(kernel::EtagOf(allotment));
  const absl::StatusOr<kernel::Balance> balance = accounts.Find(allotment.account());
  if (!balance.ok()) return allotment;  // A dry run's own allotment.
  allotment.set_available_minor(balance->available());
  allotment.set_held_minor(static_cast<int64_t>(balance->debits_held));
  allotment.set_given_minor(allotment.amount().amount_minor() - allotment.available_minor() -
                            allotment.held_minor());
  return allotment;
}

// The ceiling that the allotment was taken from.
std::optional<Ceiling> PeriodOf(const Allotment& allotment, const v1::Operation& operation,
                                const State& state) {
  const std::optional<absl::CivilDay> first = kernel::DayOf(allotment.valid_from());
  if (!first.has_value()) return std::nullopt;
  return CeilingOfPeriod(operation, *first, state.accounts);
}

kernel::Event RecordedEvent(const Allotment& allotment) {
  v1::FinanceEvent event;
  *event.mutable_allotment_recorded()->mutable_allotment() = allotment;
  return kernel::DomainEvent(event);
}

// The row as it will stand, whose balances a dry run does not move.
Decision DecisionOf(kernel::Event event, Allotment shown, const Allotment& row) {
  shown.set_etag(kernel::EtagOf(row));
  return {{std::move(event)}, [bytes = shown.SerializeAsString()](const State&) { return bytes; }};
}

// Rule F-1; the refusal names what voluntary money there is instead.
absl::Status CheckActivated(const Context& context, const State& state,
                            const v1::Operation& operation, absl::string_view currency_code) {
  const absl::CivilDay day = kernel::DayOf(context.time);
  if (IsActivated(operation, day)) return absl::OkStatus();
  return NotActivated(operation, day, VoluntaryCommand(context, state, operation, currency_code));
}

absl::Status CheckIsAssessed(const Fund& fund) {
  if (fund.source() == Fund::ASSESSED) return absl::OkStatus();
  return kernel::NotNow(
      "NOT_ASSESSED",
      absl::StrCat(fund.name(), " is extra-budgetary: offers take its money without an allotment"),
      {{"instead", "ch8 request list"}});
}

// The money leaves the fund, and the ceiling if the fund counts toward it.
absl::StatusOr<Decision> MakeAllotment(const Context& context,
                                       const v1::MakeAllotmentRequest& request,
                                       const State& state) {
  const Allotment& asked = request.resource();
  RETURN_IF_ERROR(kernel::CheckMoney(asked.amount(), "resource.amount"));
  ASSIGN_OR_RETURN(const Fund fund, FindFund(state.rows, asked.fund()));
  ASSIGN_OR_RETURN(const v1::Operation operation, FindOperation(state.rows, asked.operation()));
  RETURN_IF_ERROR(
      kernel::CheckSameCurrency(fund.currency_code(), asked.amount().currency_code(), fund.name()));
  RETURN_IF_ERROR(CheckIsAssessed(fund));
  RETURN_IF_ERROR(CheckEarmark(
      fund,
      {.operation = operation.name(), .purpose = "the allotment", .instead = "ch8 fund list"}));
  const absl::CivilDay day = kernel::DayOf(context.time);
  RETURN_IF_ERROR(CheckActivated(context, state, operation, fund.currency_code()));
  const std::optional<Ceiling> ceiling = CeilingOn(operation, day, state.accounts);
  if (fund.counts_toward_2719()) {
    RETURN_IF_ERROR(CheckCeiling(operation, *ceiling, asked.amount()));
  }
  RETURN_IF_ERROR(
      CheckAvailable({.holder = fund.name(),
                      .account = fund.account(),
                      .wanted = asked.amount(),
                      .instead = absl::StrCat("ch8 fund show ", kernel::IdOf(fund.name()))},
                     state.accounts));

  const Reference& budget = *BudgetOn(operation, day);
  Allotment allotment;
  allotment.set_name(absl::StrCat(
      kCollection, kernel::NextSpokenId(state.rows, {.kind = kAllotmentKind,
                                                     .organization = context.organization,
                                                     .time = context.time})));
  allotment.set_fund(fund.name());
  allotment.set_operation(operation.name());
  *allotment.mutable_amount() = asked.amount();
  allotment.set_budget(budget.name());
  *allotment.mutable_valid_from() = budget.valid_from();
  *allotment.mutable_valid_to() = budget.valid_to();
  allotment.set_account(state.accounts.next_account());
  allotment.set_made_by(context.actor.person);
  kernel::Event event = RecordedEvent(allotment);
  const uint64_t quantity = static_cast<uint64_t>(asked.amount().amount_minor());
  books::OpenAccount({allotment.account(), fund.currency_code(), AccountOpened::CREDIT_BALANCE},
                     event);
  books::Move({fund.account(), allotment.account()}, quantity, event);
  if (fund.counts_toward_2719()) TakeFromCeiling(*ceiling, quantity, event);
  Allotment shown = allotment;
  shown.set_available_minor(allotment.amount().amount_minor());
  return DecisionOf(std::move(event), std::move(shown), allotment);
}

absl::StatusOr<Decision> ReduceAllotment(const Context&, const v1::ReduceAllotmentRequest& request,
                                         const State& state) {
  const Money& less = request.amount();
  RETURN_IF_ERROR(kernel::CheckMoney(less, "amount"));
  ASSIGN_OR_RETURN(Allotment allotment, FindAllotment(state.rows, request.name()));
  const std::string show = kernel::ShowCommand(kAllotmentResource, allotment.name());
  RETURN_IF_ERROR(kernel::CheckEtag(allotment, request.etag(), show));
  RETURN_IF_ERROR(kernel::CheckSameCurrency(allotment.amount().currency_code(),
                                            less.currency_code(), allotment.name()));
  RETURN_IF_ERROR(CheckAvailable({.holder = allotment.name(),
                                  .account = allotment.account(),
                                  .wanted = less,
                                  .instead = "ch8 offer list"},
                                 state.accounts));
  ASSIGN_OR_RETURN(const Fund fund, FindFund(state.rows, allotment.fund()));
  ASSIGN_OR_RETURN(const v1::Operation operation, FindOperation(state.rows, allotment.operation()));
  Allotment shown = Shown(allotment, state.accounts);
  shown.set_available_minor(shown.available_minor() - less.amount_minor());
  allotment.mutable_amount()->set_amount_minor(allotment.amount().amount_minor() -
                                               less.amount_minor());
  *shown.mutable_amount() = allotment.amount();
  kernel::Event event = RecordedEvent(allotment);
  const uint64_t quantity = static_cast<uint64_t>(less.amount_minor());
  books::Move({allotment.account(), fund.account()}, quantity, event);
  const std::optional<Ceiling> ceiling = PeriodOf(allotment, operation, state);
  if (fund.counts_toward_2719() && ceiling.has_value()) {
    ReturnToCeiling(*ceiling, quantity, event);
  }
  return DecisionOf(std::move(event), std::move(shown), allotment);
}

absl::StatusOr<Allotment> GetAllotment(const Context&, const v1::GetAllotmentRequest& request,
                                       const State& state) {
  ASSIGN_OR_RETURN(const Allotment row, FindAllotment(state.rows, request.name()));
  return Shown(row, state.accounts);
}

absl::StatusOr<v1::ListAllotmentsResponse> ListAllotments(const Context&,
                                                          const v1::ListAllotmentsRequest& request,
                                                          const State& state) {
  if (!request.operation().empty()) {
    RETURN_IF_ERROR(FindOperation(state.rows, request.operation()).status());
  }
  return kernel::ListPage<Allotment, v1::ListAllotmentsRequest, v1::ListAllotmentsResponse>(
      state.rows, kCollection, request,
      [&](const Allotment& row) {
        return request.operation().empty() || row.operation() == request.operation();
      },
      [&](const Allotment& row, v1::ListAllotmentsResponse& response) {
        *response.add_allotments() = Shown(row, state.accounts);
      });
}

absl::Status CheckNotLapsed(const Allotment& allotment, absl::CivilDay day) {
  const std::optional<absl::CivilDay> last = kernel::DayOf(allotment.valid_to());
  if (last.has_value() && day <= *last) return absl::OkStatus();
  return kernel::NotNow(
      "ALLOTMENT_LAPSED",
      absl::StrCat(allotment.name(), " was made under ", allotment.budget(),
                   ", whose period is over"),
      {{"rule", "F-15"}, {"instead", AllotmentListCommand(allotment.operation())}});
}

}  // namespace

absl::StatusOr<MoneySource> SourceOf(const kernel::RowReader& rows, const v1::Offer& offer) {
  MoneySource source;
  std::string fund = offer.fund();
  if (!offer.allotment().empty()) {
    ASSIGN_OR_RETURN(source.allotment, FindAllotment(rows, offer.allotment()));
    if (!fund.empty() && fund != source.allotment->fund()) {
      return kernel::BadField("resource.fund", "is not the fund of the allotment");
    }
    fund = source.allotment->fund();
  }
  ASSIGN_OR_RETURN(source.fund, FindFund(rows, fund));
  return source;
}

absl::Status CheckOperation(const MoneySource& source, absl::string_view operation) {
  if (!source.allotment.has_value() || source.allotment->operation() == operation) {
    return absl::OkStatus();
  }
  return kernel::Invalid("OTHER_OPERATION",
                         absl::StrCat(source.allotment->name(), " is for ",
                                      source.allotment->operation(), ", not ", operation),
                         {{"instead", AllotmentListCommand(operation)}});
}

absl::Status CheckAssessed(const Context& context, const State& state, const MoneySource& source,
                           const v1::Operation& operation) {
  if (source.fund.source() != Fund::ASSESSED) return absl::OkStatus();
  RETURN_IF_ERROR(CheckActivated(context, state, operation, source.fund.currency_code()));
  if (!source.allotment.has_value()) {
    return kernel::NotNow(
        "ALLOTMENT_NEEDED",
        absl::StrCat(source.fund.name(), " is assessed: its money is given out of an allotment"),
        {{"rule", "F-15"}, {"instead", AllotmentListCommand(operation.name())}});
  }
  RETURN_IF_ERROR(CheckNotLapsed(*source.allotment, kernel::DayOf(context.time)));
  if (!source.fund.counts_toward_2719()) return absl::OkStatus();
  const std::optional<Ceiling> ceiling = PeriodOf(*source.allotment, operation, state);
  return ceiling.has_value() ? CheckNoBreach(operation, *ceiling) : absl::OkStatus();
}

void AddAllotmentRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.finance.v1.AllotmentService/";
  routes.AddCommand<v1::MakeAllotmentRequest>(service + "MakeAllotment", MakeAllotment);
  routes.AddCommand<v1::ReduceAllotmentRequest>(service + "ReduceAllotment", ReduceAllotment);
  routes.AddRead<v1::GetAllotmentRequest>(service + "GetAllotment", kernel::ReadPath::kSequenced,
                                          GetAllotment);
  routes.AddRead<v1::ListAllotmentsRequest>(service + "ListAllotments",
                                            kernel::ReadPath::kSequenced, ListAllotments);
}

void ApplyAllotmentRecorded(const v1::FinanceEvent::AllotmentRecorded& event, kernel::Rows& rows) {
  const Allotment& allotment = event.allotment();
  if (!kernel::TableReader<Allotment>(rows).Find(allotment.name()).has_value()) {
    kernel::CountSpokenId(kernel::IdOf(allotment.name()), rows);
  }
  kernel::PutRow(rows, allotment);
}

}  // namespace ch8::finance
