#ifndef CH8_SERVICES_TRAINING_CORE_BOOKINGS_H_
#define CH8_SERVICES_TRAINING_CORE_BOOKINGS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/books/v1/transfer.pb.h"
#include "chapter8/books/v1/transfer_record.pb.h"
#include "google/protobuf/duration.pb.h"
#include "services/books/transfer_rows.h"
#include "services/kernel/machine.h"
#include "services/training/core/vocabulary.h"

// Where the two-sided transfer of services/books meets training's rows. A booking is what people
// see, a TransferRecord what the protocol keeps; with each logged step both move on, and with them
// the line of the exercise and the giver's calendar.
namespace ch8::training {

void AddBookingRoutes(kernel::Routes& routes);

// Errors: kInvalidArgument/BAD_HOLD_DURATION unless whole seconds, from 1 second to 366 days.
absl::Status CheckHold(const google::protobuf::Duration& hold, absl::string_view field);

// The booking that answers a line, from what the line asks; not yet of a side or transfer.
// `ahead` counts the bookings that one decision makes, from 1.
v1::Booking BookingFor(const kernel::Context& context, const kernel::State& state,
                       const v1::Exercise& exercise, const v1::Line& line, uint64_t ahead);

// What the giver logs: the booking, then its RESERVE, addressed to the receiver.
struct ReserveParts {
  v1::Booking booking;  // With receiver and receiver_origin, account and counter_account.
  uint64_t ahead = 1;
  int64_t hold_seconds = 0;
};
absl::StatusOr<std::vector<kernel::Event>> ReserveEvents(const kernel::Context& context,
                                                         const ReserveParts& parts);

// Opens the accounts that seats, or days from another organization, land in, from `first` on, in
// the event that records the booking. Returns how many there are.
uint32_t OpenBookingAccounts(absl::string_view unit, uint32_t first, v1::Booking& booking,
                             kernel::Event& event);

// The event that records `booking`, with the postings that `event` has.
void SetBookingRecorded(const v1::Booking& booking, kernel::Event& event);

// The receiver gives posted days back to their owner (or the lead to itself).
kernel::Event ReturnEvent(const v1::Booking& booking);

// Giver: the hold ends without moving anything.
absl::StatusOr<kernel::Event> VoidEvent(const kernel::Context& context, const kernel::State& state,
                                        const v1::Booking& booking,
                                        chapter8::books::v1::Void::Reason reason);

std::optional<v1::Booking> FindBookingOf(const kernel::RowReader& rows,
                                         const chapter8::books::v1::TransferStep& step);

// The booking of this ledger's that was last given for the same line as `booking`, a receiver's
// half; nothing when it is the first.
std::optional<v1::Booking> LastGiven(const kernel::State& state, const v1::Booking& booking);
// Whether a receiver's half may still come to something, or has.
bool IsUnderWay(const v1::Booking& booking);
// Lets `booking` stand on the accounts of `earlier`, when nothing is on them: a giver that reserves
// and voids again and again opens no more of them. False when something is.
bool ReuseAccounts(const kernel::State& state, const v1::Booking& earlier, v1::Booking& booking);

// Ends the holds that ran out by the ledger's time. At most 256 events.
std::vector<kernel::Event> DecideBookingsDue(const kernel::Context& context,
                                             const kernel::State& state);

void ApplyBookingRecorded(const v1::TrainingEvent::BookingRecorded& event, kernel::Rows& rows);
void ApplyBookingReturned(const v1::TrainingEvent::BookingReturned& event, kernel::Rows& rows);
// A step of either side: Entry.step is this ledger's own, Entry.peer_step the other's.
void ApplyTransferStep(const kernel::Applied& applied, kernel::Rows& rows);

}  // namespace ch8::training

#endif  // CH8_SERVICES_TRAINING_CORE_BOOKINGS_H_
