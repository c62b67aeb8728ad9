#ifndef CH8_SERVICES_MANDATE_CORE_VOCABULARY_H_
#define CH8_SERVICES_MANDATE_CORE_VOCABULARY_H_

#include <string>

#include "absl/strings/string_view.h"
#include "chapter8/mandate/v1/mandate.pb.h"
#include "services/kernel/machine.h"
#include "services/kernel/resources.h"

// Words that all of mandate uses.
namespace ch8::mandate {

namespace v1 = chapter8::mandate::v1;

inline constexpr kernel::ResourceKind kDecision = {"decisions/*", "mandate", "UNKNOWN_DECISION"};
inline constexpr kernel::ResourceKind kDelegation = {"delegations/*", "delegation",
                                                     "UNKNOWN_DELEGATION"};
inline constexpr kernel::ResourceKind kSlice = {"slices/*", "slice", "UNKNOWN_SLICE",
                                                "ch8 delegation slices"};
inline constexpr kernel::ResourceKind kClearance = {"clearances/*", "clearance",
                                                    "UNKNOWN_CLEARANCE"};
inline constexpr kernel::ResourceKind kStrengthReport = {"strengthReports/*", "strength",
                                                         "UNKNOWN_STRENGTH_REPORT"};

// The own ledgers that take mandate's facts over, and so must log a revocation (rule A-7).
inline constexpr absl::string_view kReaders[] = {"finance", "logistics", "training"};
// Those whose acts spend slices of ceilings.
inline constexpr absl::string_view kSpenders[] = {"finance", "logistics"};

// An event that is a fact for the organization's other ledgers too.
inline kernel::Event FactEvent(const v1::MandateEvent& event, const kernel::Context& context) {
  kernel::Event logged = kernel::DomainEvent(event);
  logged.recipients = {context.trust_domain};
  return logged;
}

}  // namespace ch8::mandate

#endif  // CH8_SERVICES_MANDATE_CORE_VOCABULARY_H_
