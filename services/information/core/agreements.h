#ifndef CH8_SERVICES_INFORMATION_CORE_AGREEMENTS_H_
#define CH8_SERVICES_INFORMATION_CORE_AGREEMENTS_H_

#include <functional>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "services/information/core/vocabulary.h"
#include "services/kernel/machine.h"

// Sharing agreements (rule I-6): entered by one person, confirmed by another, in force on the days
// they name.
namespace ch8::information {

void AddAgreementRoutes(kernel::Routes& routes);

// Whether it counts on the ledger's UTC day.
bool InForce(const v1::SharingAgreement& agreement, absl::Time time);

// Visits the agreements, whatever their state, that both organizations are parties of.
struct PartiesPair {
  absl::string_view a;
  absl::string_view b;
};
void ForAgreementsOf(const kernel::RowReader& rows, const PartiesPair& parties,
                     const std::function<void(const v1::SharingAgreement&)>& visit);

void ApplyAgreementRecorded(const v1::InformationEvent::AgreementRecorded& event,
                            kernel::Rows& rows);

}  // namespace ch8::information

#endif  // CH8_SERVICES_INFORMATION_CORE_AGREEMENTS_H_
