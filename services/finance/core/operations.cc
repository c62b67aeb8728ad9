#include "services/finance/core/operations.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "services/books/postings.h"
#include "services/finance/core/assessed.h"
#include "services/kernel/fields.h"
#include "services/kernel/money.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "storage/base/status_macros.h"

namespace ch8::finance {
namespace {

using chapter8::books::v1::AccountOpened;
using kernel::Context;
using kernel::Decision;
using kernel::Event;
using kernel::State;
using v1::Operation;
using v1::Reference;

constexpr absl::string_view kCollection = "operations/";
constexpr int kReferencesMax = 500;
constexpr uint32_t kShareMaxBp = 7'500;

// The stored row with what follows from the ledger's day and the books.
Operation Shown(Operation operation, absl::CivilDay day, const kernel::Accounts& accounts) {
  operation.set_etag(kernel::EtagOf(operation));
  operation.set_funding_2719(Funding2719On(operation, day));
  const std::optional<Ceiling> ceiling = CeilingOn(operation, day, accounts);
  if (!ceiling.has_value()) return operation;
  operation.mutable_assessed_cap()->set_currency_code(ceiling->currency_code);
  operation.mutable_assessed_cap()->set_amount_minor(ceiling->cap_minor);
  operation.mutable_assessed_used()->set_currency_code(ceiling->currency_code);
  operation.mutable_assessed_used()->set_amount_minor(ceiling->used_minor);
  operation.set_ceiling_breach(ceiling->breached());
  return operation;
}

std::string ShowCommand(const Operation& operation) {
  return absl::StrCat("ch8 operation show ", kernel::IdOf(operation.name()));
}

std::function<std::string(const State&)> ReplyWith(std::string name, absl::CivilDay day) {
  return [name = std::move(name), day](const State& state) {
    const auto row = kernel::TableReader<Operation>(state.rows).Find(name);
    return Shown(row.value_or(Operation()), day, state.accounts).SerializeAsString();
  };
}

absl::StatusOr<Decision> CreateOperation(const Context& context,
                                         const v1::CreateOperationRequest& request,
                                         const State& state) {
  RETURN_IF_ERROR(kernel::CheckId(request.operation_id(), "operation_id"));
  RETURN_IF_ERROR(kernel::CheckText(request.resource().title(), "resource.title"));
  RETURN_IF_ERROR(kernel::CheckName(request.resource().lead(), "organizations/*", "resource.lead"));
  const std::string name = absl::StrCat(kCollection, request.operation_id());
  if (kernel::TableReader<Operation>(state.rows).Find(name).has_value()) {
    return kernel::Taken("OPERATION_EXISTS", name,
                         absl::StrCat("ch8 operation show ", request.operation_id()));
  }
  v1::FinanceEvent event;
  Operation& operation = *event.mutable_operation_created()->mutable_operation();
  operation.set_name(name);
  operation.set_title(request.resource().title());
  operation.set_lead(request.resource().lead());
  return Decision{{kernel::DomainEvent(event)}, ReplyWith(name, kernel::DayOf(context.time))};
}

absl::Status CheckReferenceDates(const Reference& reference) {
  const std::optional<absl::CivilDay> decided = kernel::DayOf(reference.decided_on());
  const std::optional<absl::CivilDay> from = kernel::DayOf(reference.valid_from());
  const std::optional<absl::CivilDay> to = kernel::DayOf(reference.valid_to());
  if (!decided.has_value() || !from.has_value() || !to.has_value()) {
    return kernel::Invalid("BAD_DATES",
                           "decided_on, valid_from and valid_to must be days of the calendar");
  }
  if (*from > *to) return kernel::Invalid("BAD_DATES", "valid_from lies after valid_to");
  return absl::OkStatus();
}

absl::Status CheckReference(const Reference& reference) {
  if (reference.kind() == Reference::KIND_UNSPECIFIED ||
      !Reference::Kind_IsValid(reference.kind())) {
    return kernel::BadField("reference.kind", "is missing or unknown");
  }
  RETURN_IF_ERROR(kernel::CheckText(reference.symbol(), "reference.symbol"));
  RETURN_IF_ERROR(CheckReferenceDates(reference));
  if (!reference.document_sha256().empty() && reference.document_sha256().size() != Hash::kSize) {
    return kernel::BadField("reference.document_sha256", "must have 32 bytes");
  }
  if (reference.kind() == Reference::FUNDING_2719 &&
      (reference.funding_2719() == Reference::FUNDING2719_UNSPECIFIED ||
       !Reference::Funding2719_IsValid(reference.funding_2719()))) {
    return kernel::BadField("reference.funding_2719", "is missing or unknown");
  }
  if (reference.kind() != Reference::BUDGET_APPROVAL) return absl::OkStatus();
  RETURN_IF_ERROR(kernel::CheckMoney(reference.budget(), "reference.budget"));
  if (reference.assessed_share_bp() <= kShareMaxBp) return absl::OkStatus();
  return kernel::Invalid("BAD_SHARE",
                         "assessed money may reach at most 7500 basis points of a budget",
                         {{"rule", "F-2"},
                          {"available", absl::StrCat(kShareMaxBp)},
                          {"wanted", absl::StrCat(reference.assessed_share_bp())}});
}

absl::StatusOr<Decision> ProposeReference(const Context& context,
                                          const v1::ProposeReferenceRequest& request,
                                          const State& state) {
  ASSIGN_OR_RETURN(const Operation operation, FindOperation(state.rows, request.operation()));
  const Reference& asked = request.reference();
  RETURN_IF_ERROR(CheckReference(asked));
  if (operation.references_size() >= kReferencesMax) {
    return kernel::TooMany("TOO_MANY_REFERENCES",
                           absl::StrCat(operation.name(), " has ", kReferencesMax, " references"));
  }
  v1::FinanceEvent event;
  event.mutable_reference_recorded()->set_operation(operation.name());
  Reference& reference = *event.mutable_reference_recorded()->mutable_reference();
  reference.set_number(static_cast<uint32_t>(operation.references_size()) + 1);
  reference.set_kind(asked.kind());
  reference.set_symbol(asked.symbol());
  *reference.mutable_decided_on() = asked.decided_on();
  *reference.mutable_valid_from() = asked.valid_from();
  *reference.mutable_valid_to() = asked.valid_to();
  reference.set_document_sha256(asked.document_sha256());
  if (asked.kind() == Reference::FUNDING_2719) reference.set_funding_2719(asked.funding_2719());
  if (asked.kind() == Reference::BUDGET_APPROVAL) {
    *reference.mutable_budget() = asked.budget();
    reference.set_assessed_share_bp(asked.assessed_share_bp());
  }
  reference.set_state(Reference::PROPOSED);
  reference.set_proposed_by(context.actor.person);
  return Decision{{kernel::DomainEvent(event)},
                  ReplyWith(operation.name(), kernel::DayOf(context.time))};
}

bool SamePeriod(const Reference& a, const Reference& b) {
  return kernel::DayOf(a.valid_from()) == kernel::DayOf(b.valid_from()) &&
         kernel::DayOf(a.valid_to()) == kernel::DayOf(b.valid_to());
}

bool Overlap(const Reference& a, const Reference& b) {
  return *kernel::DayOf(a.valid_from()) <= *kernel::DayOf(b.valid_to()) &&
         *kernel::DayOf(b.valid_from()) <= *kernel::DayOf(a.valid_to());
}

// A confirmed budget of the same period as `budget`, or null. A budget period is one thing: its
// budgets have the same first and last day, and periods do not overlap.
absl::StatusOr<const Reference*> EarlierBudget(const Operation& operation,
                                               const Reference& budget) {
  const Reference* earlier = nullptr;
  for (const Reference& other : operation.references()) {
    if (other.kind() != Reference::BUDGET_APPROVAL || other.state() != Reference::CONFIRMED ||
        !Overlap(other, budget)) {
      continue;
    }
    if (!SamePeriod(other, budget)) {
      return kernel::NotNow("OVERLAPPING_BUDGET",
                            absl::StrCat("reference ", other.number(), " of ", operation.name(),
                                         " is a budget of an overlapping period with other dates"),
                            {{"rule", "F-2"},
                             {"reference", absl::StrCat(other.number())},
                             {"instead", ShowCommand(operation)}});
    }
    RETURN_IF_ERROR(kernel::CheckSameCurrency(other.budget().currency_code(),
                                              budget.budget().currency_code(),
                                              "the budget of the period"));
    earlier = &other;
  }
  return earlier;
}

void OpenCeiling(const kernel::Accounts& accounts, Reference& budget, Event& event) {
  const uint32_t first = accounts.next_account();
  const std::string& unit = budget.budget().currency_code();
  books::OpenAccount({first, unit, AccountOpened::CREDIT_BALANCE}, event);
  books::OpenAccount({first + 1, unit, AccountOpened::NONE}, event);
  books::OpenAccount({first + 2, unit, AccountOpened::NONE}, event);
  budget.set_ceiling_account(first);
  budget.set_ceiling_source_account(first + 1);
  budget.set_ceiling_used_account(first + 2);
}

// Moves the books' ceiling to the cap that counts after the confirmation; returns whether more is
// used than that (rule F-3). What is already held or posted stays where it is.
bool MoveCeiling(const Ceiling& ceiling, Event& event) {
  const int64_t change_minor = ceiling.cap_minor - ceiling.credited_minor;
  if (change_minor > 0) {
    books::Move({ceiling.source_account, ceiling.account}, static_cast<uint64_t>(change_minor),
                event);
  } else {
    const int64_t free_minor = ceiling.credited_minor - ceiling.used_minor;
    const int64_t lowered_minor = std::min(-change_minor, free_minor);
    if (lowered_minor > 0) {
      books::Move({ceiling.account, ceiling.source_account}, static_cast<uint64_t>(lowered_minor),
                  event);
    }
  }
  return ceiling.breached();
}

// Adds to `event` what confirming `budget` does to the ceiling of its period.
absl::Status ConfirmBudget(const State& state, const Operation& operation, Reference& budget,
                           Event& event, v1::FinanceEvent::ReferenceRecorded& recorded) {
  ASSIGN_OR_RETURN(const Reference* earlier, EarlierBudget(operation, budget));
  if (earlier == nullptr) {
    OpenCeiling(state.accounts, budget, event);
  } else {
    budget.set_ceiling_account(earlier->ceiling_account());
    budget.set_ceiling_source_account(earlier->ceiling_source_account());
    budget.set_ceiling_used_account(earlier->ceiling_used_account());
  }
  Operation after = operation;
  *after.mutable_references(static_cast<int>(budget.number()) - 1) = budget;
  const Reference* counting = BudgetOn(after, *kernel::DayOf(budget.valid_from()));
  recorded.set_ceiling_breach(MoveCeiling(CeilingOf(*counting, state.accounts), event));
  recorded.set_ceiling_account(budget.ceiling_account());
  recorded.set_ceiling_source_account(budget.ceiling_source_account());
  recorded.set_ceiling_used_account(budget.ceiling_used_account());
  return absl::OkStatus();
}

absl::StatusOr<Decision> ConfirmReference(const Context& context,
                                          const v1::ConfirmReferenceRequest& request,
                                          const State& state) {
  ASSIGN_OR_RETURN(const Operation operation, FindOperation(state.rows, request.operation()));
  if (request.number() == 0 ||
      request.number() > static_cast<uint32_t>(operation.references_size())) {
    return kernel::Unknown("UNKNOWN_REFERENCE",
                           absl::StrCat("reference ", request.number(), " of ", operation.name()),
                           ShowCommand(operation));
  }
  Reference reference = operation.references(static_cast<int>(request.number()) - 1);
  const std::string title = absl::StrCat("reference ", request.number(), " of ", operation.name());
  if (reference.state() != Reference::PROPOSED) {
    return kernel::NotNow("NOT_PROPOSED", absl::StrCat(title, " is confirmed already"),
                          {{"instead", ShowCommand(operation)}});
  }
  if (reference.proposed_by() == context.actor.person) {
    return kernel::NotNow("SAME_PERSON", absl::StrCat(title, " was entered by the same person"),
                          {{"rule", "X-3"},
                           {"reference", absl::StrCat(request.number())},
                           {"instead", ShowCommand(operation)}});
  }
  reference.set_state(Reference::CONFIRMED);
  reference.set_confirmed_by(context.actor.person);
  v1::FinanceEvent event;
  auto& recorded = *event.mutable_reference_recorded();
  recorded.set_operation(operation.name());
  Event logged;
  if (reference.kind() == Reference::BUDGET_APPROVAL) {
    RETURN_IF_ERROR(ConfirmBudget(state, operation, reference, logged, recorded));
  }
  *recorded.mutable_reference() = reference;
  logged.entry.set_domain_event(event.SerializeAsString());
  return Decision{{logged}, ReplyWith(operation.name(), kernel::DayOf(context.time))};
}

absl::StatusOr<Operation> GetOperation(const Context& context,
                                       const v1::GetOperationRequest& request, const State& state) {
  ASSIGN_OR_RETURN(const Operation operation, FindOperation(state.rows, request.name()));
  return Shown(operation, kernel::DayOf(context.time), state.accounts);
}

absl::StatusOr<v1::ListOperationsResponse> ListOperations(const Context& context,
                                                          const v1::ListOperationsRequest& request,
                                                          const State& state) {
  return kernel::ListPage<Operation, v1::ListOperationsRequest, v1::ListOperationsResponse>(
      state.rows, kCollection, request, [](const Operation&) { return true; },
      [&](const Operation& row, v1::ListOperationsResponse& response) {
        *response.add_operations() = Shown(row, kernel::DayOf(context.time), state.accounts);
      });
}

}  // namespace

absl::StatusOr<Operation> FindOperation(const kernel::RowReader& rows, absl::string_view name) {
  RETURN_IF_ERROR(kernel::CheckName(name, "operations/*", "operation"));
  std::optional<Operation> row = kernel::TableReader<Operation>(rows).Find(name);
  if (!row.has_value()) return kernel::Unknown("UNKNOWN_OPERATION", name, "ch8 operation list");
  return *std::move(row);
}

void AddOperationRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.finance.v1.OperationService/";
  routes.AddCommand<v1::CreateOperationRequest>(service + "CreateOperation", CreateOperation);
  routes.AddCommand<v1::ProposeReferenceRequest>(service + "ProposeReference", ProposeReference);
  routes.AddCommand<v1::ConfirmReferenceRequest>(service + "ConfirmReference", ConfirmReference);
  routes.AddRead<v1::GetOperationRequest>(service + "GetOperation", kernel::ReadPath::kSequenced,
                                          GetOperation);
  routes.AddRead<v1::ListOperationsRequest>(service + "ListOperations",
                                            kernel::ReadPath::kSequenced, ListOperations);
}

void ApplyOperationCreated(const v1::FinanceEvent::OperationCreated& event, kernel::Rows& rows) {
  kernel::PutRow(rows, event.operation());
}

void ApplyReferenceRecorded(const v1::FinanceEvent::ReferenceRecorded& event, kernel::Rows& rows) {
  std::optional<Operation> operation = kernel::TableReader<Operation>(rows).Find(event.operation());
  const uint32_t number = event.reference().number();
  if (!operation.has_value() || number == 0) return;
  const uint32_t known = static_cast<uint32_t>(operation->references_size());
  if (number > known + 1) return;
  Reference& reference = number > known
                             ? *operation->add_references()
                             : *operation->mutable_references(static_cast<int>(number) - 1);
  reference = event.reference();
  kernel::PutRow(rows, *operation);
}

}  // namespace ch8::finance
