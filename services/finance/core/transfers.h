#ifndef CH8_SERVICES_FINANCE_CORE_TRANSFERS_H_
#define CH8_SERVICES_FINANCE_CORE_TRANSFERS_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "chapter8/books/v1/transfer.pb.h"
#include "chapter8/books/v1/transfer_record.pb.h"
#include "services/books/transfer_rows.h"
#include "services/finance/core/vocabulary.h"
#include "services/kernel/machine.h"

// Where the two-sided transfer of services/books meets finance's rows: an offer is what people see,
// a TransferRecord what the protocol keeps, and both move with each logged step.
namespace ch8::finance {

// The offer that a step belongs to; nothing when its terms were not worth recording.
std::optional<v1::Offer> FindOfferOf(const kernel::RowReader& rows,
                                     const chapter8::books::v1::TransferStep& step);

// Giver: what an offer holds of its delegation's slice (rule A-2), in the same entry as its money.
// A VOID or POST ends the hold, and `moved_minor` is used for good.
void HoldSlice(const v1::Offer& offer, kernel::Event& event);
void EndSliceHold(const v1::Offer& offer, uint64_t moved_minor, kernel::Event& event);

// A VOID by the giver, with all that it frees. `record` is in a state that can be voided.
absl::StatusOr<kernel::Event> VoidEvent(const v1::Offer& offer,
                                        const chapter8::books::v1::TransferRecord& record,
                                        const books::VoidParts& parts);

// Offers whose hold ran out by `time`, soonest first, at most `count_max`.
std::vector<v1::Offer> OffersRunOut(const kernel::RowReader& rows, absl::Time time,
                                    size_t count_max);

void ApplyOfferRecorded(const kernel::Applied& applied,
                        const v1::FinanceEvent::OfferRecorded& event, kernel::Rows& rows);

// A step of either side: Entry.step is this ledger's own, Entry.peer_step the other's.
void ApplyTransferStep(const kernel::Applied& applied, kernel::Rows& rows);

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_TRANSFERS_H_
