#ifndef CH8_SERVICES_LOGISTICS_CORE_EXPOSURE_H_
#define CH8_SERVICES_LOGISTICS_CORE_EXPOSURE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "chapter8/books/v1/transfer_record.pb.h"
#include "services/kernel/machine.h"
#include "services/logistics/core/vocabulary.h"

// How much of another organization's goods may be given on while it could still rewrite the ledger
// by which they came (ledger.md §2, "Witnessing"). What counts is logged here: the limit, its
// dispatches, and the heads of its ledger that third organizations' witnesses cosigned.
namespace ch8::logistics {

void AddExposureRoutes(kernel::Routes& routes);

// Tells goods that may be given from those that wait. Limits and dispatches are read once.
//
// Thread safety: none; as the rows, which outlive it.
class Exposures {
 public:
  explicit Exposures(const kernel::RowReader& rows);

  // The limit that keeps `lot` back; null when none does.
  const v1::ExposureLimit* KeepsBack(const v1::Lot& lot) const;

 private:
  struct OfGiver {
    v1::ExposureLimit limit;
    uint64_t waits_from = 0;  // The first dispatch in its ledger that waits.
  };

  const kernel::RowReader& rows_;
  std::map<std::string, OfGiver> by_giver_;  // By its id; those of whom anything waits.
};

// That nothing an offer has picked is kept back; what goes back to its giver never is.
// Errors: kFailedPrecondition/UNWITNESSED.
absl::Status CheckWitnessed(const kernel::RowReader& rows, const v1::SupplyOffer& offer);

// What has to be witnessed of the ledger `origin` before more of its goods may be given, or soon.
std::optional<kernel::WitnessesWanted> WantedWitnesses(absl::string_view origin,
                                                       const kernel::RowReader& rows);

void ApplyExposureLimitSet(const v1::LogisticsEvent::ExposureLimitSet& event, kernel::Rows& rows);
// For Apply: the other organization's POST of `offer` is mirrored here.
void ApplyDispatchedToUs(const v1::SupplyOffer& offer,
                         const chapter8::books::v1::TransferRecord& record, kernel::Rows& rows);

}  // namespace ch8::logistics

#endif  // CH8_SERVICES_LOGISTICS_CORE_EXPOSURE_H_
