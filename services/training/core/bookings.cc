#include "services/training/core/bookings.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/training/v1/training_service.pb.h"
#include "services/books/postings.h"
#include "services/kernel/due.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "services/kernel/spoken_ids.h"
#include "services/training/core/calendars.h"
#include "services/training/core/lines.h"
#include "storage/base/status_macros.h"

namespace ch8::training {
namespace {

using chapter8::books::v1::AccountOpened;
using chapter8::books::v1::TransferRecord;
using chapter8::books::v1::TransferStep;
using chapter8::books::v1::Void;
using kernel::Context;
using kernel::State;
using v1::Booking;
using v1::Line;

constexpr absl::string_view kCollection = "bookings/";
constexpr int64_t kHoldSecondsMax = int64_t{366} * 24 * 3600;
constexpr size_t kDueMax = 256;
constexpr size_t kTransferIdSize = 16;

// One command makes several transfers: their ids follow from its random bytes.
std::string TransferIdOf(const Context& context, uint64_t ahead) {
  const Hash digest =
      Sha256({"chapter8/training/transfer/v1\n", context.random, absl::StrCat("\n", ahead)});
  return std::string(digest.view().substr(0, kTransferIdSize));
}

std::string TermsOf(const Booking& booking) {
  v1::BookingTerms terms;
  terms.set_booking(booking.name());
  terms.set_exercise(booking.exercise());
  terms.set_line(booking.line());
  terms.set_asked_version(booking.asked_version());
  terms.set_kind(booking.kind());
  terms.set_bookable(booking.bookable());
  *terms.mutable_days() = booking.days();
  terms.set_quantity(booking.quantity());
  terms.set_women_min(booking.women_min());
  terms.set_leadership(booking.leadership());
  terms.set_leadership_women_min(booking.leadership_women_min());
  if (booking.has_location()) *terms.mutable_location() = booking.location();
  return terms.SerializeAsString();
}

kernel::Due DueOf(const Booking& booking) {
  return {.time_us = booking.hold_ends_us(), .name = booking.name()};
}

// The booking that was last given to us for a line.
std::string LastGivenKey(const Booking& booking) {
  return absl::StrCat("last-given/", kernel::IdOf(booking.exercise()), "/", booking.line());
}

bool IsIdle(const State& state, uint32_t account) {
  const absl::StatusOr<kernel::Balance> balance = state.accounts.Find(account);
  return balance.ok() && balance->debits_posted == balance->credits_posted &&
         balance->debits_held == 0 && balance->credits_held == 0;
}

bool IsHeldByGiver(const Booking& booking) {
  return booking.side() == Booking::GIVER && booking.state() == Booking::RESERVED;
}

// Whether the booking takes days of a calendar of this ledger.
bool TakesDays(const Booking& booking) {
  return booking.kind() != Line::SEATS && booking.side() != Booking::RECEIVER &&
         (booking.state() == Booking::RESERVED || booking.state() == Booking::ACCEPTED ||
          booking.state() == Booking::POSTED || booking.state() == Booking::SETTLED);
}

Line::State LineStateOf(const Booking& booking) {
  switch (booking.state()) {
    case Booking::RESERVED:
    case Booking::ACCEPTED:
      return Line::RESERVED;
    case Booking::POSTED:
    case Booking::SETTLED:
      return Line::POSTED;
    case Booking::REJECTED:
      return booking.kind() == Line::SEATS ? Line::DECLINED : Line::LAPSED;
    case Booking::RETURNED:
      return Line::RETURNED;
    default:
      return Line::LAPSED;
  }
}

// Stores the booking, and what follows from it: when its hold ends, the days it takes, its line.
void PutBooking(const std::optional<Booking>& before, const Booking& after, kernel::Rows& rows) {
  if (before.has_value() && IsHeldByGiver(*before)) kernel::DeleteDue(DueOf(*before), rows);
  if (IsHeldByGiver(after)) kernel::PutDue(DueOf(after), rows);
  if (before.has_value() && TakesDays(*before)) DeleteEntry(EntryOf(*before).name(), rows);
  if (TakesDays(after)) PutEntry(EntryOf(after), rows);
  kernel::PutRow(rows, after);
  ChangeLine({after.exercise(), after.line()}, rows, [&](Line& line) {
    if (line.asked_version() != after.asked_version()) return;  // Asked anew since.
    if (before.has_value() && line.booking() != after.name()) return;
    line.set_booking(after.name());
    line.set_state(LineStateOf(after));
    if (after.has_location()) *line.mutable_location() = after.location();
  });
}

constexpr books::ResourceStates<Booking::State> kStates = {.reserved = Booking::RESERVED,
                                                           .accepted = Booking::ACCEPTED,
                                                           .rejected = Booking::REJECTED,
                                                           .expired = Booking::EXPIRED,
                                                           .cancelled = Booking::CANCELLED,
                                                           .posted = Booking::POSTED,
                                                           .settled = Booking::SETTLED};

absl::StatusOr<Booking> GetBooking(const Context&, const v1::GetBookingRequest& request,
                                   const State& state) {
  ASSIGN_OR_RETURN(const Booking row,
                   kernel::FindResource<Booking>(state.rows, request.name(), kBookingKind));
  return kernel::WithEtag(row);
}

absl::StatusOr<v1::ListBookingsResponse> ListBookings(const Context&,
                                                      const v1::ListBookingsRequest& request,
                                                      const State& state) {
  return kernel::ListPage<Booking, v1::ListBookingsRequest, v1::ListBookingsResponse>(
      state.rows, kCollection, request,
      [&](const Booking& row) {
        return request.exercise().empty() || row.exercise() == request.exercise();
      },
      [](const Booking& row, v1::ListBookingsResponse& response) {
        *response.add_bookings() = kernel::WithEtag(row);
      });
}

}  // namespace

absl::Status CheckHold(const google::protobuf::Duration& hold, absl::string_view field) {
  if (hold.seconds() >= 1 && hold.seconds() <= kHoldSecondsMax && hold.nanos() == 0) {
    return absl::OkStatus();
  }
  return kernel::Invalid("BAD_HOLD_DURATION",
                         absl::StrCat(field, " must be whole seconds, from 1 second to 366 days"),
                         {{"field", std::string(field)}, {"wanted", absl::StrCat(hold.seconds())}});
}

Booking BookingFor(const Context& context, const State& state, const v1::Exercise& exercise,
                   const Line& line, uint64_t ahead) {
  Booking booking;
  booking.set_name(absl::StrCat(
      kCollection,
      kernel::NextSpokenId(
          state.rows,
          {.kind = kBookingIdKind, .organization = context.organization, .time = context.time},
          ahead)));
  booking.set_exercise(exercise.name());
  booking.set_line(line.number());
  booking.set_asked_version(line.asked_version());
  booking.set_kind(line.kind());
  booking.set_bookable(line.bookable());
  *booking.mutable_days() = exercise.days();
  booking.set_quantity(line.quantity());
  booking.set_women_min(line.women_min());
  booking.set_leadership(line.leadership());
  booking.set_leadership_women_min(line.leadership_women_min());
  booking.set_giver(context.organization);
  booking.set_giver_origin(context.origin);
  return booking;
}

void SetBookingRecorded(const Booking& booking, kernel::Event& event) {
  v1::TrainingEvent recorded;
  *recorded.mutable_booking_recorded()->mutable_booking() = booking;
  event.entry.set_domain_event(recorded.SerializeAsString());
}

absl::StatusOr<std::vector<kernel::Event>> ReserveEvents(const Context& context,
                                                         const ReserveParts& parts) {
  Booking booking = parts.booking;
  booking.set_side(Booking::GIVER);
  booking.set_state(Booking::RESERVED);
  booking.set_transfer_id(TransferIdOf(context, parts.ahead));
  booking.set_hold_ends_us(absl::ToUnixMicros(context.time) + parts.hold_seconds * 1'000'000);
  ASSIGN_OR_RETURN(const books::OwnStep own,
                   books::DecideReserve({.transfer_id = booking.transfer_id(),
                                         .giver_origin = booking.giver_origin(),
                                         .receiver_origin = booking.receiver_origin(),
                                         .terms = TermsOf(booking),
                                         .quantity = booking.quantity(),
                                         .quantity_min = booking.quantity(),
                                         .hold_duration_s = parts.hold_seconds,
                                         .accounts = {.debit = booking.account(),
                                                      .credit = booking.counter_account()}}));
  std::vector<kernel::Event> events(1);
  SetBookingRecorded(booking, events.front());
  events.push_back(books::StepEvent(own, books::TrustDomainOf(booking.receiver_origin())));
  return events;
}

uint32_t OpenBookingAccounts(absl::string_view unit, uint32_t first, Booking& booking,
                             kernel::Event& event) {
  uint32_t next = first;
  if (booking.side() == Booking::RECEIVER) {
    booking.set_counter_account(next++);
    books::OpenAccount({booking.counter_account(), unit, AccountOpened::NONE}, event);
  }
  booking.set_account(next++);
  books::OpenAccount({booking.account(), unit, AccountOpened::CREDIT_BALANCE}, event);
  if (booking.kind() == Line::SEATS) {
    booking.set_filled_account(next++);
    books::OpenAccount({booking.filled_account(), unit, AccountOpened::NONE}, event);
  }
  return next - first;
}

std::optional<Booking> LastGiven(const State& state, const Booking& booking) {
  const auto name = state.rows.Get(Table::kRows, LastGivenKey(booking));
  return name.has_value() ? kernel::TableReader<Booking>(state.rows).Find(*name) : std::nullopt;
}

bool IsUnderWay(const Booking& booking) {
  return booking.state() == Booking::RESERVED || booking.state() == Booking::ACCEPTED ||
         booking.state() == Booking::POSTED;
}

bool ReuseAccounts(const State& state, const Booking& earlier, Booking& booking) {
  if (IsUnderWay(earlier) || earlier.kind() != booking.kind()) return false;
  const bool seats = booking.kind() == Line::SEATS;
  if (!IsIdle(state, earlier.account()) || !IsIdle(state, earlier.counter_account()) ||
      (seats && !IsIdle(state, earlier.filled_account()))) {
    return false;
  }
  booking.set_account(earlier.account());
  booking.set_counter_account(earlier.counter_account());
  if (seats) booking.set_filled_account(earlier.filled_account());
  return true;
}

kernel::Event ReturnEvent(const Booking& booking) {
  v1::TrainingEvent returned;
  returned.mutable_booking_returned()->set_booking(booking.name());
  returned.mutable_booking_returned()->set_exercise(booking.exercise());
  returned.mutable_booking_returned()->set_quantity(booking.quantity());
  kernel::Event event = kernel::DomainEvent(returned);
  books::Move({booking.account(), booking.counter_account()}, booking.quantity(), event);
  if (booking.side() == Booking::RECEIVER) {
    event.recipients.emplace_back(books::TrustDomainOf(booking.giver_origin()));
  }
  return event;
}

absl::StatusOr<kernel::Event> VoidEvent(const Context& context, const State& state,
                                        const Booking& booking, Void::Reason reason) {
  const auto record =
      books::FindTransfer(state.rows, booking.giver_origin(), booking.transfer_id());
  ASSIGN_OR_RETURN(
      const books::OwnStep own,
      books::DecideVoid(record.value_or(TransferRecord()),
                        {.reason = reason, .ledger_time_us = absl::ToUnixMicros(context.time)}));
  return books::StepEvent(own, books::TrustDomainOf(booking.receiver_origin()));
}

std::optional<Booking> FindBookingOf(const kernel::RowReader& rows, const TransferStep& step) {
  const std::optional<std::string> name = books::FindLinked(rows, step);
  return name.has_value() ? kernel::TableReader<Booking>(rows).Find(*name) : std::nullopt;
}

std::vector<kernel::Event> DecideBookingsDue(const Context& context, const State& state) {
  std::vector<kernel::Event> events;
  for (const std::string& name : kernel::DueNames(state.rows, context.time, kDueMax)) {
    const auto booking = kernel::TableReader<Booking>(state.rows).Find(name);
    if (!booking.has_value()) continue;
    absl::StatusOr<kernel::Event> event = VoidEvent(context, state, *booking, Void::EXPIRED);
    if (event.ok()) events.push_back(*std::move(event));
  }
  return events;
}

void AddBookingRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.training.v1.CalendarService/";
  routes.AddRead<v1::GetBookingRequest>(service + "GetBooking", kernel::ReadPath::kSnapshot,
                                        GetBooking);
  routes.AddRead<v1::ListBookingsRequest>(service + "ListBookings", kernel::ReadPath::kSnapshot,
                                          ListBookings);
}

void ApplyBookingRecorded(const v1::TrainingEvent::BookingRecorded& event, kernel::Rows& rows) {
  const Booking& booking = event.booking();
  const auto before = kernel::TableReader<Booking>(rows).Find(booking.name());
  if (!before.has_value()) {
    if (booking.side() != Booking::OWN) {
      books::LinkTransfer({booking.giver_origin(), booking.transfer_id()}, booking.name(), rows);
    }
    if (booking.side() != Booking::RECEIVER) {
      kernel::CountSpokenId(kernel::IdOf(booking.name()), rows);
    } else {
      rows.Put(Table::kRows, LastGivenKey(booking), booking.name());
    }
  }
  PutBooking(before, booking, rows);
}

void ApplyBookingReturned(const v1::TrainingEvent::BookingReturned& event, kernel::Rows& rows) {
  const auto before = kernel::TableReader<Booking>(rows).Find(event.booking());
  if (!before.has_value()) return;
  Booking after = *before;
  after.set_state(Booking::RETURNED);
  PutBooking(before, after, rows);
}

void ApplyTransferStep(const kernel::Applied& applied, kernel::Rows& rows) {
  const TransferStep& step =
      applied.entry.has_step() ? applied.entry.step() : applied.entry.peer_step();
  const std::optional<Booking> before = FindBookingOf(rows, step);
  const books::StepEntry logged = books::ApplyStepEntry(applied, {}, rows);
  if (!before.has_value()) return;
  Booking after = *before;
  *after.add_steps() = logged.place;
  // What was given back stays so, whatever the protocol still closes.
  if (before->state() != Booking::RETURNED) {
    after.set_state(books::StateOf(logged.record, kStates, logged.record.quantity()));
  }
  after.set_end_reason(books::EndReason(logged.record));
  PutBooking(before, after, rows);
}

}  // namespace ch8::training
