#ifndef CH8_SERVICES_INFORMATION_CORE_RELEASES_H_
#define CH8_SERVICES_INFORMATION_CORE_RELEASES_H_

#include <optional>
#include <vector>

#include "services/information/core/vocabulary.h"
#include "services/kernel/machine.h"

// Giving reports to other organizations: each recipient's own entry, let through by release.h. And
// the register of who has what.
namespace ch8::information {

void AddReleaseRoutes(kernel::Routes& routes);

// Tells the originator of a relayed report what a relay's row of the register says now; nothing
// when the originator is this organization or not pinned here.
std::optional<kernel::Event> TellOriginator(const kernel::Context& context,
                                            const v1::Report& report,
                                            const v1::Disclosure& disclosure,
                                            const kernel::State& state);

// Whether somebody, as far as this register knows, gave the report to `organization`.
bool WasGivenTo(const kernel::RowReader& rows, absl::string_view report,
                absl::string_view organization);

// Whether `trust_domain` was given the report with this body, and may still have it.
bool MayFetchReportBody(absl::string_view trust_domain, const Hash& digest,
                        const kernel::RowReader& rows);
// The bodies of reports that were received and may be read.
std::vector<kernel::WantedBody> WantedReportBodies(const kernel::RowReader& rows);

void ApplyReportReleased(const v1::InformationEvent::ReportReleased& event, kernel::Rows& rows);
void ApplyDisclosureRecorded(const v1::InformationEvent::DisclosureRecorded& event,
                             kernel::Rows& rows);

}  // namespace ch8::information

#endif  // CH8_SERVICES_INFORMATION_CORE_RELEASES_H_
