#ifndef CH8_SERVICES_LOGISTICS_CORE_TRANSFERS_H_
#define CH8_SERVICES_LOGISTICS_CORE_TRANSFERS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "chapter8/books/v1/transfer.pb.h"
#include "chapter8/books/v1/transfer_record.pb.h"
#include "services/books/slices.h"
#include "services/books/transfer_rows.h"
#include "services/kernel/machine.h"
#include "services/logistics/core/vocabulary.h"

// Where the two-sided transfer of services/books meets logistics' rows: an offer is what people
// see, a TransferRecord what the protocol keeps, and both move with each logged step.
//
// A transfer has one account on each side, and an offer may take several lots. So a draft moves its
// lots' goods into a staging account of its own and holds them there; RESERVE takes over that hold;
// VOID ends it and moves the goods back to their lots in the same entry; POST moves them on to the
// offer's transit account, which the receiver's COUNT closes.
namespace ch8::logistics {

// The offer that a step belongs to; nothing when its terms were not worth recording.
std::optional<v1::SupplyOffer> FindOfferOf(const kernel::RowReader& rows,
                                           const chapter8::books::v1::TransferStep& step);

// Giver: the goods of the picks go from their lots into the staging account, and are held there.
void StageGoods(const v1::SupplyOffer& offer, const kernel::RowReader& rows, kernel::Event& event);
// Giver: once the hold has ended in the same entry, the goods go back to their lots.
void UnstageGoods(const v1::SupplyOffer& offer, const kernel::RowReader& rows,
                  kernel::Event& event);

// A VOID by the giver, with all that it frees. `record` is in a state that can be voided.
absl::StatusOr<kernel::Event> VoidEvent(const v1::SupplyOffer& offer,
                                        const chapter8::books::v1::TransferRecord& record,
                                        const books::VoidParts& parts,
                                        const kernel::RowReader& rows);

// What the offer has of its delegation's slice (rule A-2): held with the draft, spent by dispatch,
// freed when the offer ends otherwise.
books::SliceHold SliceHoldOf(const v1::SupplyOffer& offer);

// An offer that changes outside of the protocol.
kernel::Event OfferEvent(const v1::SupplyOffer& offer);

// Whether the giver still holds its goods: before dispatch, and not ended.
bool IsHeldByGiver(const v1::SupplyOffer& offer);

// For Apply: an offer's new state, with all that follows from it: what is due, lots' figures, the
// request's sums, and the original's when it is a return.
void PutOffer(const std::optional<v1::SupplyOffer>& before, const v1::SupplyOffer& after,
              kernel::Rows& rows);

void ApplyOfferRecorded(const v1::LogisticsEvent::OfferRecorded& event, kernel::Rows& rows);

// A step of either side: Entry.step is this ledger's own, Entry.peer_step the other's.
void ApplyTransferStep(const kernel::Applied& applied, kernel::Rows& rows);

}  // namespace ch8::logistics

#endif  // CH8_SERVICES_LOGISTICS_CORE_TRANSFERS_H_
