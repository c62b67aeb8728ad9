#ifndef CH8_SERVICES_INFORMATION_CORE_RECALLS_H_
#define CH8_SERVICES_INFORMATION_CORE_RECALLS_H_

#include <string>
#include <vector>

#include "services/information/core/vocabulary.h"
#include "services/kernel/machine.h"

// Taking reports back, along every release and relay.
namespace ch8::information {

void AddRecallRoutes(kernel::Routes& routes);

// What is recalled.
struct RecallParts {
  std::string report;
  v1::Recall::Reason reason = v1::Recall::REASON_UNSPECIFIED;
  std::string originator;
};
// Ends the report here, and sends the recall on to everyone whom this organization gave it.
std::vector<kernel::Event> RecallEvents(const kernel::Context& context, const RecallParts& parts,
                                        const kernel::State& state);

void ApplyReportRecalled(const kernel::Applied& applied,
                         const v1::InformationEvent::ReportRecalled& event, kernel::Rows& rows);

}  // namespace ch8::information

#endif  // CH8_SERVICES_INFORMATION_CORE_RECALLS_H_
