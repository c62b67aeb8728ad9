#ifndef CH8_SERVICES_KERNEL_MANDATE_FACTS_H_
#define CH8_SERVICES_KERNEL_MANDATE_FACTS_H_

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/mandate/v1/mandate.pb.h"
#include "services/kernel/machine.h"
#include "services/kernel/rows.h"

// Facts of the organization's mandate ledger, as each of its other ledgers keeps them: clearances,
// delegations and references, checked at the moment of the act by the ledger that writes it (rule
//
//
// Thread safety: none; as the rows.
namespace ch8::kernel {

// What any ledger makes of an event of its own organization's mandate ledger: a fact, logged here,
// and what follows from it for this service. The end of a delegation is logged for the mandate
// ledger to see (rule A-7).
Verdict MandateFactVerdict(const Context& context, const Delivered& delivered,
                           const Machine& machine, const State& state);

// Keeps what decisions here rest on; other events change nothing.
void ApplyMandateFact(const chapter8::mandate::v1::MandateEvent& event, Rows& rows);

std::optional<chapter8::mandate::v1::Clearance> FindClearance(const RowReader& rows,
                                                              absl::string_view unit);
std::optional<chapter8::mandate::v1::Delegation> FindDelegation(const RowReader& rows,
                                                                absl::string_view name);

bool IsEnded(const chapter8::mandate::v1::Delegation& delegation);

// The references of an operation, in the order entered.
std::vector<chapter8::mandate::v1::Reference> ReferencesOf(const RowReader& rows,
                                                           absl::string_view operation);

// Rule F-20: whether the unit may get support today.
// Errors: kFailedPrecondition/NO_CLEARANCE (metadata: unit, held, needed, instead),
// CLEARANCE_ENDED, SUPPORT_WITHHELD, SUPPORT_SUSPENDED (rule F-21).
absl::Status CheckClearance(const Context& context, const RowReader& rows, absl::string_view unit);

// Rules F-20 and F-21 for support to another organization: the unit that it is for may get it. An
// organization that keeps clearances supports nobody who is not named; one that keeps none asks
// for no name. `show` is the command that shows what should have named the unit.
// Errors: those of CheckClearance(); kFailedPrecondition/UNIT_NEEDED.
absl::Status CheckSupport(const Context& context, const RowReader& rows, absl::string_view unit,
                          absl::string_view show);

// The delegation, if it is in force today. Errors: kInvalidArgument/BAD_NAME;
// kNotFound/UNKNOWN_DELEGATION; kFailedPrecondition/DELEGATION_NOT_IN_FORCE (rule A-3).
absl::StatusOr<chapter8::mandate::v1::Delegation> DelegationInForce(const Context& context,
                                                                    const RowReader& rows,
                                                                    absl::string_view name);

// An act that spends money, or goods of that value.
struct DelegatedAct {
  absl::string_view delegation;  // Empty: it names none.
  absl::string_view operation;
  absl::string_view unit;  // An ISO 4217 code.
};
// The delegation that the act names is in force. It may name none until this organization has
// delegated such acts to somebody, by a delegation with a ceiling in any currency: another currency
// or operation is no way around it, and its end gives nobody the authority back (rule A-3).
// Errors: those of DelegationInForce(); kFailedPrecondition/DELEGATION_NEEDED (metadata: operation,
// unit, instead).
absl::Status CheckDelegated(const Context& context, const RowReader& rows, const DelegatedAct& act);

// Whether the actor's post may act under it for `operation`.
// Errors: kFailedPrecondition/NOT_DELEGATE, OTHER_OPERATION (rule A-1).
absl::Status CheckDelegate(const Context& context,
                           const chapter8::mandate::v1::Delegation& delegation,
                           absl::string_view operation);

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_MANDATE_FACTS_H_
