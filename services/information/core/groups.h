#ifndef CH8_SERVICES_INFORMATION_CORE_GROUPS_H_
#define CH8_SERVICES_INFORMATION_CORE_GROUPS_H_

#include "services/information/core/vocabulary.h"
#include "services/kernel/machine.h"

// Groups of organizations. Their membership changes by two persons and never reaches back: what was
// released stays with whom it reached, and a new member gets nothing old by itself.
namespace ch8::information {

void AddGroupRoutes(kernel::Routes& routes);

void ApplyGroupCreated(const v1::InformationEvent::GroupCreated& event, kernel::Rows& rows);
void ApplyMembershipRecorded(const v1::InformationEvent::MembershipRecorded& event,
                             kernel::Rows& rows);

}  // namespace ch8::information

#endif  // CH8_SERVICES_INFORMATION_CORE_GROUPS_H_
