#ifndef CH8_TESTS_SIM_GOODS_AUDITOR_H_
#define CH8_TESTS_SIM_GOODS_AUDITOR_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "chapter8/books/v1/posting.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "chapter8/logistics/v1/consignment.pb.h"
#include "chapter8/logistics/v1/logistics.pb.h"

namespace ch8::sim {

// A god's view of goods: every unit stands in one place and has one custodian, whatever the
// ledgers' rows say. It adds up what logged postings do to the accounts that logged events open.
//
// A unit is its giver's until dispatch, the carrier's until the receiver logs its count, then the
// receiver's, or short. Between that count and the giver's notice of it both ledgers name it, and
// it is counted once.
//
// Every function answers OK, or says which invariant is broken.
// Thread safety: none.
class GoodsAuditor {
 public:
  // An entry of the ledger `origin`, of the request logged last; `received` when that was another
  // ledger's entry.
  enum class Source { kOwn, kReceived };
  absl::Status Read(const std::string& origin, const chapter8::ledger::v1::Entry& entry,
                    Source source);
  // A restored ledger goes on without what it lost.
  void Forget(const std::string& origin) { ledgers_.erase(origin); }

  // After every ledger was read.
  absl::Status Check() const;
  // Every count has closed its transit.
  absl::Status CheckAtRest() const;

 private:
  // What an account says of its item.
  enum class Place {
    kLot,
    kStaging,
    kTransit,
    kIssued,
    kClaims,
    kRecorded,
    kAdjusted,
    kReceived,
    kMemorandum
  };
  struct Account {
    std::string item;
    Place place = Place::kMemorandum;
  };
  struct Counted {
    int64_t good = 0;
    int64_t damaged = 0;
    int64_t short_of = 0;
    int64_t over = 0;

    friend bool operator==(const Counted&, const Counted&) = default;
  };
  using Sums = std::map<std::pair<std::string, Place>, int64_t>;  // By item, credits less debits.
  struct Ledger {
    std::map<uint32_t, Account> accounts;
    Sums sums;
    std::map<std::string, int64_t> dispatched;  // By consignment, at the giver.
    std::map<std::string, Counted> counted;     // At the receiver,
    std::map<std::string, Counted> closed;      // and at the giver.
    std::map<std::string, std::string> items;   // By consignment.
  };

  absl::Status ReadEvent(Ledger& ledger, const chapter8::logistics::v1::LogisticsEvent& event,
                         Source source);
  absl::Status ReadReceipt(Ledger& ledger, const chapter8::logistics::v1::Receipt& receipt,
                           Source source);
  static int64_t Sum(const Ledger& ledger, const std::string& item, Place place);
  absl::Status CheckConsignments(const std::string& giver, const Ledger& ledger) const;
  // Those that count at a receiver's; nothing when none has.
  std::optional<Counted> CountOf(const std::string& consignment) const;

  std::map<std::string, Ledger> ledgers_;  // By origin.
};

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_GOODS_AUDITOR_H_
