#ifndef CH8_SERVICES_INFORMATION_CORE_REPORTS_H_
#define CH8_SERVICES_INFORMATION_CORE_REPORTS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/information/core/vocabulary.h"
#include "services/kernel/machine.h"

// Reports: filing, review, reading. Content goes into the body store, its digest into the log.
namespace ch8::information {

inline constexpr size_t kTitleSizeMax = 200;
inline constexpr size_t kNarrativeSizeMax = 256 * 1024;

void AddReportRoutes(kernel::Routes& routes);

// Errors: kInvalidArgument/BAD_NAME; kNotFound/UNKNOWN_REPORT.
absl::StatusOr<v1::Report> FindReport(const kernel::RowReader& rows, absl::string_view name);
// The same for a report that this organization wrote. Errors also: NOT_ORIGINATOR.
absl::StatusOr<v1::Report> FindOwnReport(const kernel::Context& context,
                                         const kernel::RowReader& rows, absl::string_view name);

// Whether everything that the one who files a report says of it is well formed: what FileReport
// asks of an officer and DecideDelivery of a peer. Errors: kInvalidArgument/BAD_FIELD, BAD_DATES,
// BAD_PLACE.
absl::Status CheckReportFields(const v1::Report& report);

// Reports whose retention day is over.
std::vector<kernel::Event> DecideReportsDue(const kernel::Context& context,
                                            const kernel::State& state);

void ApplyReportFiled(const kernel::Applied& applied,
                      const v1::InformationEvent::ReportFiled& event, kernel::Rows& rows);
void ApplyReportReviewed(const kernel::Applied& applied,
                         const v1::InformationEvent::ReportReviewed& event, kernel::Rows& rows);
void ApplyReportReceived(const kernel::Applied& applied,
                         const v1::InformationEvent::ReportReceived& event, kernel::Rows& rows);
void ApplyReportExpired(const v1::InformationEvent::ReportExpired& event, kernel::Rows& rows);

// No longer falls due. For the ends of a report.
void EndRetention(const v1::Report& report, kernel::Rows& rows);

}  // namespace ch8::information

#endif  // CH8_SERVICES_INFORMATION_CORE_REPORTS_H_
