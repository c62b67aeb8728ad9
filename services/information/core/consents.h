#ifndef CH8_SERVICES_INFORMATION_CORE_CONSENTS_H_
#define CH8_SERVICES_INFORMATION_CORE_CONSENTS_H_

#include "chapter8/directory/v1/directory.pb.h"
#include "services/information/core/vocabulary.h"
#include "services/kernel/machine.h"

// Consent of a report's originator to one relay (rule I-4): asked by a holder, decided by the
// originator, kept by both.
namespace ch8::information {

void AddConsentRoutes(kernel::Routes& routes);

// A question from a holder of our report, the originator's answer to ours, or its word that a relay
// may give us its report. Refused: BAD_CONSENT,
// NOT_ORIGINATOR, NOT_DISCLOSED (it does not have the report from us), OTHER_CONSENT, NOT_ASKED.
kernel::Verdict DecideConsentDelivery(const kernel::Context& context,
                                      const chapter8::directory::v1::Organization& sender,
                                      const kernel::Delivered& delivered,
                                      const v1::Consent& consent, const kernel::State& state);

void ApplyConsentRecorded(const kernel::Applied& applied,
                          const v1::InformationEvent::ConsentRecorded& event, kernel::Rows& rows);

void ApplyConsentReceived(const v1::InformationEvent::ConsentReceived& event, kernel::Rows& rows);

}  // namespace ch8::information

#endif  // CH8_SERVICES_INFORMATION_CORE_CONSENTS_H_
