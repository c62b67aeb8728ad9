#ifndef CH8_SERVICES_INFORMATION_CORE_ERASURES_H_
#define CH8_SERVICES_INFORMATION_CORE_ERASURES_H_

#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "services/information/core/vocabulary.h"
#include "services/kernel/machine.h"

// Erasures of reports' bodies: requested by one person and approved by another, or ordered by
// whoever gave us the report. A recipient erases at its originator's order, unless a legal hold of
// its own stands: then it owes the erasure and says so.
namespace ch8::information {

void AddErasureRoutes(kernel::Routes& routes);

// Whether the report's body is erased here, or owed.
bool IsErased(const v1::Report& report);
// Whether this organization's own officers have erased the report: no release brings it again.
bool ErasedByOwnDecision(const kernel::RowReader& rows, absl::string_view report);
// The refusal of what needs a body that is erased, with the day, the legal basis and who decided:
// kFailedPrecondition with `reason`.
absl::Status RefuseErased(const kernel::RowReader& rows, const v1::Report& report,
                          absl::string_view reason);

// Carries out an erasure that is owed; nothing when none is. To be called when the last hold goes.
std::vector<kernel::Event> OwedErasureEvents(const kernel::Context& context,
                                             absl::string_view report, const kernel::State& state);

// A giver's order to erase; a recipient's word that it has, or owes it.
kernel::Verdict DecideErasureOrdered(const kernel::Context& context,
                                     const chapter8::directory::v1::Organization& sender,
                                     const kernel::Delivered& delivered,
                                     const v1::InformationEvent::ErasureOrdered& event,
                                     const kernel::State& state);

void ApplyErasureRecorded(const v1::InformationEvent::ErasureRecorded& event, kernel::Rows& rows);
void ApplyErasureOrdered(const kernel::Applied& applied,
                         const v1::InformationEvent::ErasureOrdered& event, kernel::Rows& rows);

}  // namespace ch8::information

#endif  // CH8_SERVICES_INFORMATION_CORE_ERASURES_H_
