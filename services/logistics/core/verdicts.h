#ifndef CH8_SERVICES_LOGISTICS_CORE_VERDICTS_H_
#define CH8_SERVICES_LOGISTICS_CORE_VERDICTS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/kernel/machine.h"

// Short ways to say what this ledger makes of another one's entry.
namespace ch8::logistics {

inline kernel::Verdict RefuseEntry(absl::string_view reason) {
  return {.verdict = chapter8::ledger::v1::Delivery::REFUSE,
          .reason = std::string(reason),
          .events = {}};
}

inline kernel::Verdict DeferEntry(absl::string_view reason) {
  return {.verdict = chapter8::ledger::v1::Delivery::DEFER,
          .reason = std::string(reason),
          .events = {}};
}

inline kernel::Verdict AcceptEntry(kernel::Event event) {
  kernel::Verdict verdict;
  verdict.events.push_back(std::move(event));
  return verdict;
}

}  // namespace ch8::logistics

#endif  // CH8_SERVICES_LOGISTICS_CORE_VERDICTS_H_
