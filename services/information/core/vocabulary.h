#ifndef CH8_SERVICES_INFORMATION_CORE_VOCABULARY_H_
#define CH8_SERVICES_INFORMATION_CORE_VOCABULARY_H_

#include "absl/strings/string_view.h"
#include "chapter8/information/v1/information.pb.h"
#include "services/kernel/resources.h"

// Words that all of the information service uses.
namespace ch8::information {

namespace v1 = chapter8::information::v1;

// The kinds of spoken ids (services/kernel/spoken_ids.h) that it makes.
inline constexpr absl::string_view kReportKind = "RPT";
inline constexpr absl::string_view kConsentKind = "CNS";

inline constexpr kernel::ResourceKind kReports{
    .pattern = "reports/*", .noun = "report", .unknown = "UNKNOWN_REPORT"};
inline constexpr kernel::ResourceKind kConsents{
    .pattern = "consents/*", .noun = "consent", .unknown = "UNKNOWN_CONSENT"};
inline constexpr kernel::ResourceKind kErasures{
    .pattern = "erasures/*", .noun = "erasure", .unknown = "UNKNOWN_ERASURE"};
inline constexpr kernel::ResourceKind kGroups{
    .pattern = "groups/*", .noun = "group", .unknown = "UNKNOWN_GROUP"};
inline constexpr kernel::ResourceKind kAgreements{
    .pattern = "agreements/*", .noun = "agreement", .unknown = "UNKNOWN_AGREEMENT"};

}  // namespace ch8::information

#endif  // CH8_SERVICES_INFORMATION_CORE_VOCABULARY_H_
