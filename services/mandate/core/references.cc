#include "services/mandate/core/references.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "chapter8/mandate/v1/reference_service.pb.h"
#include "services/kernel/fields.h"
#include "services/kernel/mandate_facts.h"
#include "services/kernel/money.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/mandate/core/scope.h"
#include "services/mandate/core/vocabulary.h"
#include "storage/base/status_macros.h"

namespace ch8::mandate {
namespace {

using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::Reference;

constexpr absl::string_view kCollection = "references/";
constexpr uint32_t kReferencesMax = 500;  // Of one operation.
constexpr uint32_t kShareMaxBp = 7'500;

std::string ListCommand(const Reference& reference) {
  return absl::StrCat("ch8 reference list --for ", kernel::IdOf(reference.operation()));
}

absl::Status CheckFunding(const Reference& asked) {
  if (asked.kind() != Reference::FUNDING_2719) return absl::OkStatus();
  if (asked.funding_2719() != Reference::FUNDING2719_UNSPECIFIED &&
      Reference::Funding2719_IsValid(asked.funding_2719())) {
    return absl::OkStatus();
  }
  return kernel::BadField("resource.funding_2719", "is missing or unknown");
}

absl::Status CheckBudget(const Reference& asked) {
  if (asked.kind() != Reference::BUDGET_APPROVAL) return absl::OkStatus();
  RETURN_IF_ERROR(kernel::CheckMoney(asked.budget(), "resource.budget"));
  if (asked.assessed_share_bp() <= kShareMaxBp) return absl::OkStatus();
  return kernel::Invalid("BAD_SHARE",
                         "assessed money may reach at most 7500 basis points of a budget",
                         {{"rule", "F-2"},
                          {"available", absl::StrCat(kShareMaxBp)},
                          {"wanted", absl::StrCat(asked.assessed_share_bp())}});
}

absl::Status CheckReference(const Reference& asked) {
  RETURN_IF_ERROR(kernel::CheckName(asked.operation(), "operations/*", "resource.operation"));
  if (asked.kind() == Reference::KIND_UNSPECIFIED || !Reference::Kind_IsValid(asked.kind())) {
    return kernel::BadField("resource.kind", "is missing or unknown");
  }
  RETURN_IF_ERROR(kernel::CheckText(asked.symbol(), "resource.symbol"));
  if (!kernel::DayOf(asked.decided_on()).has_value()) {
    return kernel::Invalid("BAD_DATES", "decided_on must be a day of the calendar");
  }
  RETURN_IF_ERROR(CheckDates(asked.valid_from(), asked.valid_to()));
  if (!asked.document_sha256().empty() && asked.document_sha256().size() != Hash::kSize) {
    return kernel::BadField("resource.document_sha256", "must have 32 bytes");
  }
  RETURN_IF_ERROR(CheckFunding(asked));
  return CheckBudget(asked);
}

Decision ProposedDecision(const Reference& reference) {
  v1::MandateEvent event;
  *event.mutable_reference_recorded() = reference;
  return Decision{{kernel::DomainEvent(event)}, kernel::ReplyWith<Reference>(reference.name())};
}

absl::StatusOr<Decision> ProposeReference(const Context& context,
                                          const v1::ProposeReferenceRequest& request,
                                          const State& state) {
  const Reference& asked = request.resource();
  RETURN_IF_ERROR(CheckReference(asked));
  const uint32_t number =
      static_cast<uint32_t>(kernel::ReferencesOf(state.rows, asked.operation()).size()) + 1;
  if (number > kReferencesMax) {
    return kernel::TooMany("TOO_MANY_REFERENCES",
                           absl::StrCat(asked.operation(), " has ", kReferencesMax, " references"));
  }
  Reference reference;
  reference.set_name(
      absl::StrFormat("%s%s/%03d", kCollection, kernel::IdOf(asked.operation()), number));
  reference.set_operation(asked.operation());
  reference.set_number(number);
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
  return ProposedDecision(reference);
}

bool SamePeriod(const Reference& a, const Reference& b) {
  return kernel::DayOf(a.valid_from()) == kernel::DayOf(b.valid_from()) &&
         kernel::DayOf(a.valid_to()) == kernel::DayOf(b.valid_to());
}

bool Overlap(const Reference& a, const Reference& b) {
  return *kernel::DayOf(a.valid_from()) <= *kernel::DayOf(b.valid_to()) &&
         *kernel::DayOf(b.valid_from()) <= *kernel::DayOf(a.valid_to());
}

// A budget period is one thing: its budgets have the same first and last day and one currency, and
// periods do not overlap.
absl::Status CheckPeriod(const kernel::RowReader& rows, const Reference& budget) {
  if (budget.kind() != Reference::BUDGET_APPROVAL) return absl::OkStatus();
  for (const Reference& other : kernel::ReferencesOf(rows, budget.operation())) {
    if (other.kind() != Reference::BUDGET_APPROVAL || other.state() != Reference::CONFIRMED ||
        !Overlap(other, budget)) {
      continue;
    }
    if (!SamePeriod(other, budget)) {
      return kernel::NotNow("OVERLAPPING_BUDGET",
                            absl::StrCat("reference ", other.number(), " of ", budget.operation(),
                                         " is a budget of an overlapping period with other dates"),
                            {{"rule", "F-2"},
                             {"reference", absl::StrCat(other.number())},
                             {"instead", ListCommand(budget)}});
    }
    RETURN_IF_ERROR(kernel::CheckSameCurrency(other.budget().currency_code(),
                                              budget.budget().currency_code(),
                                              "the budget of the period"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Reference> FindReference(const kernel::RowReader& rows, absl::string_view name) {
  RETURN_IF_ERROR(kernel::CheckName(name, "references/*/*", "name"));
  std::optional<Reference> row = kernel::TableReader<Reference>(rows).Find(name);
  if (!row.has_value()) return kernel::Unknown("UNKNOWN_REFERENCE", name, "ch8 reference list");
  return *std::move(row);
}

absl::StatusOr<Decision> ConfirmReference(const Context& context,
                                          const v1::ConfirmReferenceRequest& request,
                                          const State& state) {
  ASSIGN_OR_RETURN(Reference reference, FindReference(state.rows, request.name()));
  const std::string title =
      absl::StrCat("reference ", reference.number(), " of ", reference.operation());
  if (reference.state() != Reference::PROPOSED) {
    return kernel::NotNow("NOT_PROPOSED", absl::StrCat(title, " is confirmed already"),
                          {{"instead", ListCommand(reference)}});
  }
  if (reference.proposed_by() == context.actor.person) {
    return kernel::NotNow("SAME_PERSON", absl::StrCat(title, " was entered by the same person"),
                          {{"rule", "X-3"},
                           {"reference", absl::StrCat(reference.number())},
                           {"instead", ListCommand(reference)}});
  }
  RETURN_IF_ERROR(CheckPeriod(state.rows, reference));
  reference.set_state(Reference::CONFIRMED);
  reference.set_confirmed_by(context.actor.person);
  v1::MandateEvent event;
  *event.mutable_reference_recorded() = reference;
  return Decision{{FactEvent(event, context)}, kernel::ReplyWith<Reference>(reference.name())};
}

absl::StatusOr<Reference> GetReference(const Context&, const v1::GetReferenceRequest& request,
                                       const State& state) {
  ASSIGN_OR_RETURN(Reference reference, FindReference(state.rows, request.name()));
  return kernel::WithEtag(std::move(reference));
}

absl::StatusOr<v1::ListReferencesResponse> ListReferences(const Context&,
                                                          const v1::ListReferencesRequest& request,
                                                          const State& state) {
  std::string collection(kCollection);
  if (!request.operation().empty()) {
    RETURN_IF_ERROR(kernel::CheckName(request.operation(), "operations/*", "operation"));
    absl::StrAppend(&collection, kernel::IdOf(request.operation()), "/");
  }
  return kernel::ListPage<Reference, v1::ListReferencesRequest, v1::ListReferencesResponse>(
      state.rows, collection, request, [](const Reference&) { return true; },
      [](const Reference& row, v1::ListReferencesResponse& response) {
        *response.add_references() = kernel::WithEtag(row);
      });
}

}  // namespace

void AddReferenceRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.mandate.v1.ReferenceService/";
  routes.AddCommand<v1::ProposeReferenceRequest>(service + "ProposeReference", ProposeReference);
  routes.AddCommand<v1::ConfirmReferenceRequest>(service + "ConfirmReference", ConfirmReference);
  routes.AddRead<v1::GetReferenceRequest>(service + "GetReference", kernel::ReadPath::kSnapshot,
                                          GetReference);
  routes.AddRead<v1::ListReferencesRequest>(service + "ListReferences", kernel::ReadPath::kSnapshot,
                                            ListReferences);
}

}  // namespace ch8::mandate
