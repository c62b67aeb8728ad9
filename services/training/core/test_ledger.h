#ifndef CH8_SERVICES_TRAINING_CORE_TEST_LEDGER_H_
#define CH8_SERVICES_TRAINING_CORE_TEST_LEDGER_H_

#include <string>
#include <vector>

#include "services/books/test_ledger.h"
#include "services/training/core/machine.h"

namespace ch8::training {

inline const TrainingMachine kTestMachine;

// Officers of the training ledgers in tests. "twin" is the same person as planner.
inline constexpr books::TestOfficer kTestOfficers[] = {
    {"planner", 1, chapter8::authz::v1::TRAINING_PLANNER},
    {"second", 2, chapter8::authz::v1::TRAINING_PLANNER},
    {"twin", 1, chapter8::authz::v1::MANDATE_OFFICER},
    {"auditor", 3, chapter8::authz::v1::AUDITOR},
};

// One organization's training ledger.
class TestLedger final : public books::TestLedger {
 public:
  TestLedger(const std::string& id, const std::vector<std::string>& pinned)
      : books::TestLedger({.organization = id,
                           .pinned = pinned,
                           .service = "training",
                           .machine = &kTestMachine,
                           .officers = kTestOfficers}) {}
};

}  // namespace ch8::training

#endif  // CH8_SERVICES_TRAINING_CORE_TEST_LEDGER_H_
