#ifndef CH8_SERVICES_FINANCE_CORE_TEST_LEDGER_H_
#define CH8_SERVICES_FINANCE_CORE_TEST_LEDGER_H_

#include <string>
#include <vector>

#include "services/books/test_ledger.h"
#include "services/finance/core/machine.h"

namespace ch8::finance {

inline const FinanceMachine kTestMachine;

// Officers of the finance ledgers in tests. "twin" is an approver, and the same person as manager.
inline constexpr books::TestOfficer kTestOfficers[] = {
    {"mandate-a", 1, chapter8::authz::v1::MANDATE_OFFICER},
    {"mandate-b", 2, chapter8::authz::v1::MANDATE_OFFICER},
    {"manager", 3, chapter8::authz::v1::FUND_MANAGER},
    {"approver", 4, chapter8::authz::v1::APPROVER, 10'000'000'000},
    {"clerk", 5, chapter8::authz::v1::APPROVER, 100'000},
    {"requester", 6, chapter8::authz::v1::REQUESTER},
    {"accepter", 7, chapter8::authz::v1::ACCEPTER},
    {"auditor", 8, chapter8::authz::v1::AUDITOR},
    {"twin", 3, chapter8::authz::v1::APPROVER, 10'000'000'000},
    {"bookkeeper", 9, chapter8::authz::v1::BOOKKEEPER},
};

// One organization's finance ledger.
class TestLedger final : public books::TestLedger {
 public:
  TestLedger(const std::string& id, const std::vector<std::string>& pinned)
      : books::TestLedger({.organization = id,
                           .pinned = pinned,
                           .service = "finance",
                           .machine = &kTestMachine,
                           .officers = kTestOfficers}) {}
};

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_TEST_LEDGER_H_
