#include "chapter8/training/v1/training_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

namespace v1 = chapter8::training::v1;

absl::Status Show(const Arguments& arguments, Session& session) {
  v1::GetBookingRequest request;
  request.set_name(BookingName(arguments.Get("booking")));
  v1::Booking booking;
  RETURN_IF_ERROR(session.Read("training.v1.CalendarService.GetBooking", request, booking));
  session.ShowRecord(booking);
  return absl::OkStatus();
}

absl::Status List(const Arguments& arguments, Session& session) {
  v1::ListBookingsRequest request;
  if (arguments.Has("for")) request.set_exercise(ExerciseName(arguments.Get("for")));
  std::vector<v1::Booking> bookings;
  RETURN_IF_ERROR(ListAll<v1::ListBookingsResponse>(
      session, "training.v1.CalendarService.ListBookings", request,
      [&](const v1::ListBookingsResponse& page) {
        bookings.insert(bookings.end(), page.bookings().begin(), page.bookings().end());
      }));
  session.ShowList(Pointers(bookings), {{"booking", "name"},
                                        {"state", "state"},
                                        {"side", "side"},
                                        {"exercise", "exercise"},
                                        {"line", "line"},
                                        {"kind", "kind"},
                                        {"of", "bookable"},
                                        {"days", "days"},
                                        {"quantity", "quantity"},
                                        {"giver", "giver"},
                                        {"receiver", "receiver"},
                                        {"held until", "hold_ends_us"}});
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> BookingCommands() {
  return {{.path = {"booking", "show"},
           .summary = "a booking, as this ledger knows it, step by step",
           .parameters = {Positional("booking", "e.g. BKG-UN-26-0003")},
           .run = Show,
           .notes = ""},
          {.path = {"booking", "list"},
           .summary = "all bookings given or received",
           .parameters = {Optional("for", "EXERCISE", "only those for it")},
           .run = List,
           .notes = ""}};
}

}  // namespace ch8::cli
