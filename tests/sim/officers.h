#ifndef CH8_TESTS_SIM_OFFICERS_H_
#define CH8_TESTS_SIM_OFFICERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "chapter8/finance/v1/finance.pb.h"
#include "tests/sim/caller.h"
#include "tests/sim/node.h"
#include "tests/sim/occasion.h"
#include "tests/sim/random.h"

namespace ch8::sim {

// What the officers of all organizations do: whatever comes to mind, mostly about what they know to
// be there. Whether the rules allow it is the ledgers' matter.
//
// Thread safety: none.
class Officers {
 public:
  explicit Officers(Random& random) : random_(random), caller_(random, "request") {}

  // What a new organization enters first: an operation, a fund with money, a budget line.
  std::vector<Call> FirstCalls(const std::string& organization);
  // Anything an officer may try; what is asked for is asked of the partner.
  Call Any(const Occasion& occasion);
  // What an answer tells them: a request or an offer that is there now.
  void Learn(const Answer& answer);

 private:
  struct Asked {
    std::string name;
    std::string addressee;  // An id.
    int64_t amount_minor = 0;
    bool offered = false;
  };

  Call Ask(const Occasion& occasion);
  Call Offer(const Asked& asked, const std::string& delegation);
  Call Contribute(const std::string& organization);
  Call Answered(const chapter8::finance::v1::Offer& offer);
  Call OfGiver(const chapter8::finance::v1::Offer& offer);

  Random& random_;
  Caller caller_;
  std::vector<Asked> asked_;
  std::vector<chapter8::finance::v1::Offer> offers_;  // As last heard, from whichever side.
};

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_OFFICERS_H_
