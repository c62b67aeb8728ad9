#ifndef CH8_TESTS_SIM_GOODS_OFFICERS_H_
#define CH8_TESTS_SIM_GOODS_OFFICERS_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "chapter8/logistics/v1/consignment.pb.h"
#include "chapter8/logistics/v1/logistics.pb.h"
#include "tests/sim/caller.h"
#include "tests/sim/node.h"
#include "tests/sim/occasion.h"
#include "tests/sim/random.h"

namespace ch8::sim {

// What the supply officers of all organizations do, as Officers for money: stock comes, is adjusted
// and put apart; goods are asked for, offered, dispatched, counted, sent back and argued about.
//
// Thread safety: none.
class GoodsOfficers {
 public:
  explicit GoodsOfficers(Random& random) : random_(random), caller_(random, "goods") {}

  // What a new organization enters first: an item, a depot, stock.
  std::vector<Call> FirstCalls(const std::string& organization);
  Call Any(const Occasion& occasion);
  void Learn(const Answer& answer);

 private:
  Call Record(const std::string& organization);
  Call Adjust(const std::string& lot);
  Call Quarantine(const std::string& lot);
  Call Ask(const Occasion& occasion);
  Call Offer(const chapter8::logistics::v1::MaterielRequest& asked, const std::string& delegation);
  Call OfGiver(const chapter8::logistics::v1::SupplyOffer& offer, absl::Time time);
  Call Dispatch(const chapter8::logistics::v1::SupplyOffer& offer, absl::Time time);
  Call Answered(const chapter8::logistics::v1::SupplyOffer& offer);
  Call OnTheWay(const chapter8::logistics::v1::SupplyOffer& offer, const std::string& organization);
  Call Count(const chapter8::logistics::v1::SupplyOffer& offer);
  Call Return(const chapter8::logistics::v1::SupplyOffer& offer);
  Call Argue(const std::string& organization);

  Random& random_;
  Caller caller_;
  uint64_t waybills_ = 0;
  std::map<std::string, std::vector<std::string>> lots_;  // By organization.
  std::vector<chapter8::logistics::v1::MaterielRequest> asked_;
  std::set<std::string> offered_;  // Names of requests that an offer has answered.
  // As last heard, from whichever side.
  std::vector<chapter8::logistics::v1::SupplyOffer> offers_;
  std::vector<std::string> discrepancies_;
};

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_GOODS_OFFICERS_H_
