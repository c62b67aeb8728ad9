#include "absl/strings/str_cat.h"
#include "chapter8/training/v1/training_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/exercise_lines.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

namespace v1 = chapter8::training::v1;

absl::Status Add(const Arguments& arguments, Session& session) {
  v1::AddVenueRequest request;
  request.set_venue_id(arguments.Get("id"));
  v1::Venue& venue = *request.mutable_resource();
  v1::Location& location = *venue.mutable_location();
  location.set_title(arguments.Get("title"));
  location.set_unlocode(arguments.Get("unlocode"));
  if (arguments.Has("latitude") || arguments.Has("longitude")) {
    ASSIGN_OR_RETURN(const int32_t latitude, ParseDegrees(arguments.Get("latitude")));
    ASSIGN_OR_RETURN(const int32_t longitude, ParseDegrees(arguments.Get("longitude")));
    location.mutable_coordinates()->set_latitude_e6(latitude);
    location.mutable_coordinates()->set_longitude_e6(longitude);
  }
  ASSIGN_OR_RETURN(const uint64_t capacity, ParseNumber(arguments.Get("capacity"), "a capacity"));
  venue.set_capacity(static_cast<uint32_t>(capacity));
  if (venue.capacity() != capacity) return absl::InvalidArgumentError("a capacity is too large");
  ASSIGN_OR_RETURN(*venue.mutable_opening(), ParseDays(arguments));
  v1::Venue added;
  RETURN_IF_ERROR(session.Act("training.v1.CalendarService.AddVenue", request, added));
  session.ShowRecord(added);
  return absl::OkStatus();
}

absl::Status Show(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  v1::GetVenueRequest request;
  request.set_name(VenueName(arguments.Get("venue"), session.own()));
  v1::Venue venue;
  RETURN_IF_ERROR(session.Read("training.v1.CalendarService.GetVenue", request, venue));
  session.ShowRecord(venue);
  return absl::OkStatus();
}

absl::Status List(const Arguments&, Session& session) {
  std::vector<v1::Venue> venues;
  RETURN_IF_ERROR(ListAll<v1::ListVenuesResponse>(
      session, "training.v1.CalendarService.ListVenues", v1::ListVenuesRequest(),
      [&](const v1::ListVenuesResponse& page) {
        venues.insert(venues.end(), page.venues().begin(), page.venues().end());
      }));
  session.ShowList(Pointers(venues), {{"venue", "name"},
                                      {"location", "location"},
                                      {"capacity", "capacity"},
                                      {"opening", "opening"},
                                      {"available days", "available_days"},
                                      {"held", "held_days"},
                                      {"given", "given_days"}});
  return absl::OkStatus();
}

absl::Status Free(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  v1::GetFreeSlotsRequest request;
  request.set_bookable(VenueName(arguments.Get("venue"), session.own()));
  ASSIGN_OR_RETURN(const uint64_t days, ParseNumber(arguments.Get("days"), "a number of days"));
  request.set_days(static_cast<uint32_t>(days));
  if (request.days() != days) return absl::InvalidArgumentError("a number of days is too large");
  if (arguments.Has("from")) {
    ASSIGN_OR_RETURN(*request.mutable_from(), ParseDate(arguments.Get("from")));
  }
  v1::GetFreeSlotsResponse response;
  RETURN_IF_ERROR(session.Read("training.v1.CalendarService.GetFreeSlots", request, response));
  session.ShowList(Pointers(response.free()), {{"from", "start"}, {"to", "end"}});
  if (response.free().empty()) session.Say("never free so long");
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> VenueCommands() {
  return {{.path = {"venue", "add"},
           .summary = "add a venue, free on all days of its opening",
           .parameters = {Positional("id", "letters, digits and -"),
                          Required("title", "TEXT", "its name"),
                          Optional("unlocode", "KENBO", "where it is: UN/LOCODE"),
                          Optional("latitude", "-1.292066", "or degrees north"),
                          Optional("longitude", "36.821946", "and degrees east"),
                          Required("capacity", "NUMBER", "how many participants it takes"),
                          Required("from", "2026-01-01", "the first day of its opening"),
                          Required("to", "2026-12-31", "the last day")},
           .run = Add,
           .notes = ""},
          {.path = {"venue", "show"},
           .summary = "a venue with its days",
           .parameters = {Positional("venue", "its id")},
           .run = Show,
           .notes = ""},
          {.path = {"venue", "list"},
           .summary = "all venues of this organization",
           .parameters = {},
           .run = List,
           .notes = "Available days are neither held nor given; blackouts are in the calendar."},
          {.path = {"venue", "free"},
           .summary = "when a venue is next free",
           .parameters = {Positional("venue", "its id"),
                          Required("days", "NUMBER", "for so many days in a row"),
                          Optional("from", "2026-05-04", "not before; else today")},
           .run = Free,
           .notes = ""}};
}

}  // namespace ch8::cli
