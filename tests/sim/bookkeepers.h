#ifndef CH8_TESTS_SIM_BOOKKEEPERS_H_
#define CH8_TESTS_SIM_BOOKKEEPERS_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "chapter8/books/v1/posting.pb.h"
#include "tests/sim/caller.h"
#include "tests/sim/node.h"
#include "tests/sim/random.h"

namespace ch8::sim {

// What bookkeepers do in their finance ledgers: they open internal accounts and post rows between
// them in bulk, in groups of which all rows apply or none. Many do not: what is not there is moved,
// ids come twice, holds end twice or between other accounts, and some accounts are no rows'
// business.
//
// Thread safety: none.
class Bookkeepers {
 public:
  explicit Bookkeepers(Random& random) : random_(random), caller_(random, "rows") {}

  std::vector<Call> FirstCalls();
  Call Any(const std::string& organization);
  void Learn(const std::string& organization, const Answer& answer);

 private:
  // Upper and lower half.
  using RowId = std::pair<uint64_t, uint64_t>;
  struct Known {
    std::vector<uint32_t> accounts;
    std::vector<RowId> ids;  // Of rows that were sent.
    std::vector<chapter8::books::v1::TransferRow> holds;
  };

  Call Open(const std::string& unit, uint32_t count,
            chapter8::books::v1::AccountOpened::Floor floor);
  uint32_t AnyAccount(const Known& known);
  void EndHold(const chapter8::books::v1::TransferRow& hold, chapter8::books::v1::TransferRow& row);
  chapter8::books::v1::TransferRow AnyRow(Known& known);

  Random& random_;
  Caller caller_;
  std::map<std::string, Known> known_;  // By organization.
};

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_BOOKKEEPERS_H_
