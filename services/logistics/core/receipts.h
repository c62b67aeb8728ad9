#ifndef CH8_SERVICES_LOGISTICS_CORE_RECEIPTS_H_
#define CH8_SERVICES_LOGISTICS_CORE_RECEIPTS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "services/kernel/machine.h"
#include "services/logistics/core/vocabulary.h"

// COUNT: what the receiver found of a consignment (rule L-10). At the receiver the goods enter its
// stock, what is damaged or over in quarantine; at the giver transit closes. The count names the
// giver's POST by index and leaf hash.
namespace ch8::logistics {

void AddReceiptRoutes(kernel::Routes& routes);

// The lots of an offer as they cross: one for each lot number, with the earliest expiry.
std::vector<v1::Pick> LotsByNumber(const v1::SupplyOffer& offer);

// The receiver's count of what this ledger dispatched. Refused: NOT_RECEIVER, UNKNOWN_CONSIGNMENT,
// BAD_RECEIPT, COUNT_MISMATCH, OTHER_POST, SECOND_COUNT.
kernel::Verdict DecideReceiptDelivery(const kernel::Context& context,
                                      const chapter8::directory::v1::Organization& sender,
                                      const v1::Receipt& receipt, const kernel::State& state);

void ApplyReceiptRecorded(const kernel::Applied& applied,
                          const v1::LogisticsEvent::ReceiptRecorded& event, kernel::Rows& rows);

}  // namespace ch8::logistics

#endif  // CH8_SERVICES_LOGISTICS_CORE_RECEIPTS_H_
