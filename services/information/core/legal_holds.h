#ifndef CH8_SERVICES_INFORMATION_CORE_LEGAL_HOLDS_H_
#define CH8_SERVICES_INFORMATION_CORE_LEGAL_HOLDS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/information/core/vocabulary.h"
#include "services/kernel/machine.h"

// Legal holds: while one stands on a report, its body is not erased here (rule X-8). Each
// organization's own; they do not cross.
namespace ch8::information {

void AddLegalHoldRoutes(kernel::Routes& routes);

// Whether any hold stands on the report.
bool IsHeld(const kernel::RowReader& rows, absl::string_view report);

// Errors: kFailedPrecondition/ON_HOLD, with how many stand and which is the first.
absl::Status CheckNotHeld(const kernel::RowReader& rows, absl::string_view report);

void ApplyLegalHoldRecorded(const v1::InformationEvent::LegalHoldRecorded& event,
                            kernel::Rows& rows);

}  // namespace ch8::information

#endif  // CH8_SERVICES_INFORMATION_CORE_LEGAL_HOLDS_H_
