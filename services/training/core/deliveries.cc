#include "services/training/core/deliveries.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "services/books/postings.h"
#include "services/kernel/authority.h"
#include "services/kernel/mandate_facts.h"
#include "services/kernel/names.h"
#include "services/kernel/spoken_ids.h"
#include "services/training/core/answers.h"
#include "services/training/core/bookables.h"
#include "services/training/core/bookings.h"
#include "services/training/core/exercises.h"
#include "services/training/core/lines.h"
#include "services/training/core/nominations.h"
#include "services/training/core/slots.h"

namespace ch8::training {
namespace {

using chapter8::books::v1::Reject;
using chapter8::books::v1::Reserve;
using chapter8::books::v1::TransferStep;
using chapter8::directory::v1::Organization;
using chapter8::ledger::v1::Delivery;
using kernel::Context;
using kernel::Delivered;
using kernel::Event;
using kernel::State;
using kernel::Verdict;
using v1::Booking;
using v1::BookingTerms;
using v1::Exercise;
using v1::Line;
using v1::TrainingEvent;

Verdict Refuse(absl::string_view reason) {
  return {.verdict = Delivery::REFUSE, .reason = std::string(reason), .events = {}};
}

absl::string_view UnitOf(Line::Kind kind) {
  if (kind == Line::SEATS) return kSeatUnit;
  return kind == Line::VENUE ? kVenueDayUnit : kInstructorDayUnit;
}

// Whether the terms name one booking of the giver's own, for the quantity that is reserved.
bool WellFormed(const BookingTerms& terms, const Reserve& reserve, const Organization& giver,
                const State& state) {
  return kernel::CheckName(terms.booking(), "bookings/*", "booking").ok() &&
         kernel::IsSpokenIdOf(kernel::IdOf(terms.booking()), kBookingIdKind, giver.name()) &&
         terms.quantity() == reserve.quantity() && reserve.quantity_min() == reserve.quantity() &&
         reserve.hold_duration().nanos() == 0 &&
         (!terms.has_location() || CheckLocation(terms.location()).ok()) &&
         DaysOf(terms.days()).has_value() &&
         !kernel::TableReader<Booking>(state.rows).Find(terms.booking()).has_value();
}

// What terms and line must agree on.
bool SameTerms(const BookingTerms& terms, const Line& line) {
  return terms.kind() == line.kind() && terms.bookable() == line.bookable() &&
         terms.women_min() == line.women_min() && terms.leadership() == line.leadership() &&
         terms.leadership_women_min() == line.leadership_women_min();
}

// Why this ledger's rules forbid a booking on these terms, or "".
absl::string_view Forbidden(const BookingTerms& terms, const Context& context,
                            const Organization& giver, const State& state) {
  const auto exercise = kernel::TableReader<Exercise>(state.rows).Find(terms.exercise());
  if (!exercise.has_value()) return "UNKNOWN_EXERCISE";
  if (exercise->state() != Exercise::PROPOSED) return "NOT_OPEN";
  const Line* line = FindLine(*exercise, terms.line());
  if (line == nullptr || !SameTerms(terms, *line)) return "OTHER_TERMS";
  const bool seats = line->kind() == Line::SEATS;
  if ((seats ? exercise->lead() : line->organization()) != giver.name() ||
      (seats ? line->organization() : exercise->lead()) != context.organization) {
    return "OTHER_TERMS";
  }
  if (terms.asked_version() != line->asked_version()) return "STALE";
  const bool same_days = terms.days().SerializeAsString() == exercise->days().SerializeAsString();
  if (terms.quantity() != line->quantity() || (!seats && !same_days)) return "OTHER_TERMS";
  const bool booked = line->state() == Line::RESERVED || line->state() == Line::POSTED;
  return booked ? "ALREADY_BOOKED" : "";
}

// The receiver's half of a booking, as it comes.
Booking ReceiverHalf(const BookingTerms& terms, const TransferStep& step, const Context& context,
                     const Organization& giver) {
  Booking booking;
  booking.set_name(terms.booking());
  booking.set_exercise(terms.exercise());
  booking.set_line(terms.line());
  booking.set_asked_version(terms.asked_version());
  booking.set_kind(terms.kind());
  booking.set_bookable(terms.bookable());
  *booking.mutable_days() = terms.days();
  booking.set_quantity(terms.quantity());
  booking.set_women_min(terms.women_min());
  booking.set_leadership(terms.leadership());
  booking.set_leadership_women_min(terms.leadership_women_min());
  if (terms.has_location()) *booking.mutable_location() = terms.location();
  booking.set_giver(giver.name());
  booking.set_receiver(context.organization);
  booking.set_side(Booking::RECEIVER);
  booking.set_state(Booking::RESERVED);
  booking.set_transfer_id(step.transfer_id());
  booking.set_giver_origin(step.giver_origin());
  booking.set_receiver_origin(step.receiver_origin());
  return booking;
}

// A RESERVE that the protocol lets in. What we asked for is accepted, the rest rejected by rule;
// seats wait for an officer.
Verdict DecideReserve(const Context& context, const books::StepDelivery& delivery,
                      const TransferStep& step, const Organization& giver, const State& state) {
  Verdict verdict = delivery.verdict;
  BookingTerms terms;
  Booking booking;
  std::optional<Booking> last;
  if (!terms.ParseFromString(step.reserve().terms()) ||
      !WellFormed(terms, step.reserve(), giver, state)) {
    verdict.reason = "BAD_TERMS";
  } else {
    verdict.reason = std::string(Forbidden(terms, context, giver, state));
    booking = ReceiverHalf(terms, step, context, giver);
    last = LastGiven(state, booking);
    // Asked anew while the last answer is open: one at a time.
    const bool open = last.has_value() && IsUnderWay(*last) && last->state() != Booking::POSTED;
    if (verdict.reason.empty() && open) verdict.reason = "ALREADY_BOOKED";
  }
  if (!verdict.reason.empty()) {
    const absl::StatusOr<books::OwnStep> reject =
        books::DecideReject(delivery.after, Reject::RULES);
    if (reject.ok()) verdict.events.push_back(books::StepEvent(*reject, giver.trust_domain()));
    return verdict;
  }
  Event recorded;
  if (!last.has_value() || !ReuseAccounts(state, *last, booking)) {
    OpenBookingAccounts(UnitOf(booking.kind()), state.accounts.next_account(), booking, recorded);
  }
  SetBookingRecorded(booking, recorded);
  verdict.events.insert(verdict.events.begin(), std::move(recorded));
  if (booking.kind() == Line::SEATS) return verdict;
  const absl::StatusOr<books::OwnStep> accept =
      books::DecideAccept(delivery.after, booking.quantity(),
                          {.debit = booking.counter_account(), .credit = booking.account()});
  if (accept.ok()) verdict.events.push_back(books::StepEvent(*accept, giver.trust_domain()));
  return verdict;
}

// Whether the exercise no longer uses days that were just posted.
bool IsUnused(const Booking& booking, const State& state) {
  if (booking.kind() == Line::SEATS || booking.side() != Booking::RECEIVER) return false;
  const auto exercise = kernel::TableReader<Exercise>(state.rows).Find(booking.exercise());
  if (!exercise.has_value()) return false;
  const Line* line = FindLine(*exercise, booking.line());
  return exercise->state() == Exercise::CANCELLED || line == nullptr ||
         line->asked_version() != booking.asked_version();
}

// Rules F-20 and F-21: whether seats may still go to the unit that they were offered to.
bool MayPost(const Context& context, const Booking& booking, const State& state) {
  if (booking.kind() != Line::SEATS) return true;
  const auto exercise = kernel::TableReader<Exercise>(state.rows).Find(booking.exercise());
  const Line* line = exercise.has_value() ? FindLine(*exercise, booking.line()) : nullptr;
  return line == nullptr ||
         kernel::CheckSupport(context, state.rows, line->unit(), "ch8 clearance list").ok();
}

// The giver's answer to a verified ACCEPT.
absl::StatusOr<books::OwnStep> Answer(const Context& context,
                                      const chapter8::books::v1::TransferRecord& accepted,
                                      const std::optional<Booking>& booking, const State& state) {
  if (booking.has_value() && !MayPost(context, *booking, state)) {
    return books::DecideVoid(accepted, {.reason = chapter8::books::v1::Void::CANCELLED,
                                        .ledger_time_us = absl::ToUnixMicros(context.time)});
  }
  return books::DecidePost(accepted, accepted.quantity_accepted());
}

Verdict DecideStep(const Context& context, const Delivered& delivered, const Organization& sender,
                   const State& state) {
  const TransferStep& step = delivered.entry.step();
  books::StepDelivery delivery = books::DecideStepDelivery(context, delivered, state.rows);
  if (delivery.opens) return DecideReserve(context, delivery, step, sender, state);
  const std::optional<Booking> booking = FindBookingOf(state.rows, step);
  if (delivery.accepts) {
    const absl::StatusOr<books::OwnStep> answer = Answer(context, delivery.after, booking, state);
    if (answer.ok()) {
      delivery.verdict.events.push_back(books::StepEvent(*answer, sender.trust_domain()));
    }
  }
  bool mirrored = false;
  for (const Event& event : delivery.verdict.events) {
    mirrored = mirrored || (event.entry.has_step() && event.entry.step().has_mirror() &&
                            event.entry.step().mirror().quantity() > 0);
  }
  if (mirrored && booking.has_value() && IsUnused(*booking, state)) {
    delivery.verdict.events.push_back(ReturnEvent(*booking));
  }
  return delivery.verdict;
}

// Days come back to their owner: once, all of them, from the organization that has them.
Verdict DecideReturn(const Organization& sender, const TrainingEvent::BookingReturned& returned,
                     const State& state) {
  const auto booking = kernel::TableReader<Booking>(state.rows).Find(returned.booking());
  if (!booking.has_value() || booking->side() != Booking::GIVER || booking->kind() == Line::SEATS ||
      booking->receiver() != sender.name() || booking->exercise() != returned.exercise() ||
      booking->quantity() != returned.quantity() ||
      (booking->state() != Booking::POSTED && booking->state() != Booking::SETTLED)) {
    return Refuse("BAD_RETURN");
  }
  TrainingEvent event;
  *event.mutable_booking_returned() = returned;
  Event logged = kernel::DomainEvent(event);
  books::Move({booking->counter_account(), booking->account()}, booking->quantity(), logged);
  return {.verdict = Delivery::ACCEPT, .reason = "", .events = {std::move(logged)}};
}

}  // namespace

Verdict DecideTrainingDelivery(const Context& context, const Delivered& delivered,
                               const State& state) {
  const absl::string_view trust_domain = books::TrustDomainOf(delivered.origin);
  const absl::string_view service = absl::string_view(delivered.origin).substr(trust_domain.size());
  if (trust_domain == context.trust_domain ||
      (service != "/ch8/training" && !absl::StartsWith(service, "/ch8/training/"))) {
    return Refuse("NOT_TRAINING");
  }
  const std::optional<Organization> sender = kernel::FindTrustDomain(state.rows, trust_domain);
  if (!sender.has_value()) {
    return {.verdict = Delivery::DEFER, .reason = "UNKNOWN_ORGANIZATION", .events = {}};
  }
  if (delivered.entry.has_step()) return DecideStep(context, delivered, *sender, state);
  if (!delivered.entry.has_domain_event()) return Refuse("UNEXPECTED_ENTRY");
  TrainingEvent event;
  if (!event.ParseFromString(delivered.entry.domain_event())) return Refuse("MALFORMED_EVENT");
  switch (event.kind_case()) {
    case TrainingEvent::kExerciseRecorded:
      return DecideExerciseDelivery(context, delivered, *sender,
                                    event.exercise_recorded().exercise(), state);
    case TrainingEvent::kLinesDeclined:
      return DecideDeclineDelivery(context, *sender, event.lines_declined(), state);
    case TrainingEvent::kSeatsNominated:
      return DecideNominationDelivery(context, *sender, event.seats_nominated(), state);
    case TrainingEvent::kBookingReturned:
      return DecideReturn(*sender, event.booking_returned(), state);
    default:
      return Refuse("UNEXPECTED_ENTRY");
  }
}

}  // namespace ch8::training
