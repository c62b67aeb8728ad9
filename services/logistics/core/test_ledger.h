#ifndef CH8_SERVICES_LOGISTICS_CORE_TEST_LEDGER_H_
#define CH8_SERVICES_LOGISTICS_CORE_TEST_LEDGER_H_

#include <string>
#include <vector>

#include "services/books/test_ledger.h"
#include "services/logistics/core/machine.h"

namespace ch8::logistics {

inline const LogisticsMachine kTestMachine;

// Officers of the logistics ledgers in tests. "twin" is an approver, and the same person as supply;
// "eager" receives, and is the same person as requester; "counter" accepts, and is the same person
// as receiver.
inline constexpr books::TestOfficer kTestOfficers[] = {
    {"supply", 1, chapter8::authz::v1::SUPPLY_MANAGER},
    {"approver", 2, chapter8::authz::v1::APPROVER, 10'000'000'000},
    {"clerk", 3, chapter8::authz::v1::APPROVER, 100'000},
    {"requester", 4, chapter8::authz::v1::REQUESTER},
    {"accepter", 5, chapter8::authz::v1::ACCEPTER},
    {"receiver", 6, chapter8::authz::v1::RECEIVER},
    {"auditor", 7, chapter8::authz::v1::AUDITOR},
    {"twin", 1, chapter8::authz::v1::APPROVER, 10'000'000'000},
    {"eager", 4, chapter8::authz::v1::RECEIVER},
    {"counter", 6, chapter8::authz::v1::ACCEPTER},
    {"admin", 8, chapter8::authz::v1::ADMINISTRATOR},
    {"manager", 9, chapter8::authz::v1::SUPPLY_MANAGER},
};

// One organization's logistics ledger.
class TestLedger final : public books::TestLedger {
 public:
  TestLedger(const std::string& id, const std::vector<std::string>& pinned)
      : books::TestLedger({.organization = id,
                           .pinned = pinned,
                           .service = "logistics",
                           .machine = &kTestMachine,
                           .officers = kTestOfficers}) {}
};

}  // namespace ch8::logistics

#endif  // CH8_SERVICES_LOGISTICS_CORE_TEST_LEDGER_H_
