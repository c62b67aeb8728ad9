#include <optional>

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

absl::StatusOr<std::vector<v1::CalendarEntry>> Entries(const Arguments& arguments,
                                                       Session& session) {
  RETURN_IF_ERROR(session.Connect());
  v1::ListCalendarRequest request;
  ASSIGN_OR_RETURN(const std::string bookable,
                   BookableName(arguments.Get("calendar"), session.own()));
  request.set_bookable(bookable);
  std::vector<v1::CalendarEntry> entries;
  RETURN_IF_ERROR(ListAll<v1::ListCalendarResponse>(
      session, "training.v1.CalendarService.ListCalendar", request,
      [&](const v1::ListCalendarResponse& page) {
        entries.insert(entries.end(), page.entries().begin(), page.entries().end());
      }));
  return entries;
}

absl::Status Show(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const std::vector<v1::CalendarEntry> entries, Entries(arguments, session));
  session.ShowList(Pointers(entries), {{"from", "start"},
                                       {"half", "start_half"},
                                       {"to", "end"},
                                       {"until half", "end_half"},
                                       {"booking", "booking"},
                                       {"reason", "reason"}});
  return absl::OkStatus();
}

absl::StatusOr<v1::Half> ParseHalf(const Arguments& arguments, const std::string& option) {
  if (!arguments.Has(option)) return v1::HALF_UNSPECIFIED;
  ASSIGN_OR_RETURN(const int half, ParseEnum(*v1::Half_descriptor(), arguments.Get(option)));
  return static_cast<v1::Half>(half);
}

absl::Status Block(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  v1::SetBlackoutRequest request;
  ASSIGN_OR_RETURN(const std::string bookable,
                   BookableName(arguments.Get("calendar"), session.own()));
  request.set_bookable(bookable);
  v1::CalendarEntry& entry = *request.mutable_resource();
  ASSIGN_OR_RETURN(const v1::DateRange days, ParseDays(arguments));
  *entry.mutable_start() = days.start();
  *entry.mutable_end() = days.end();
  ASSIGN_OR_RETURN(const v1::Half start_half, ParseHalf(arguments, "from-half"));
  ASSIGN_OR_RETURN(const v1::Half end_half, ParseHalf(arguments, "to-half"));
  entry.set_start_half(start_half);
  entry.set_end_half(end_half);
  entry.set_reason(arguments.Get("reason"));
  v1::CalendarEntry blocked;
  RETURN_IF_ERROR(session.Act("training.v1.CalendarService.SetBlackout", request, blocked));
  session.ShowRecord(blocked);
  return absl::OkStatus();
}

absl::Status Unblock(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const auto from, ParseDate(arguments.Get("from")));
  ASSIGN_OR_RETURN(const std::vector<v1::CalendarEntry> entries, Entries(arguments, session));
  v1::ClearBlackoutRequest request;
  for (const v1::CalendarEntry& entry : entries) {
    if (FormatDate(entry.start()) == FormatDate(from) && entry.booking().empty()) {
      request.set_name(entry.name());
    }
  }
  if (request.name().empty()) {
    return absl::NotFoundError(absl::StrCat("nothing is blocked there from ", FormatDate(from),
                                            " on: ch8 calendar show ", arguments.Get("calendar")));
  }
  v1::CalendarEntry freed;
  RETURN_IF_ERROR(session.Act("training.v1.CalendarService.ClearBlackout", request, freed));
  session.ShowRecord(freed);
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> CalendarCommands() {
  const Parameter calendar = Positional("calendar", "e.g. venue:NAIROBI, instructor:i-7");
  const std::vector<std::string> halves = EnumWords(*v1::Half_descriptor());
  return {
      {.path = {"calendar", "show"},
       .summary = "what takes a venue or instructor",
       .parameters = {calendar},
       .run = Show,
       .notes = ""},
      {.path = {"calendar", "block"},
       .summary = "block a time: maintenance, leave",
       .parameters = {calendar, Required("from", "2026-05-04", "the first day"),
                      Optional("to", "2026-05-08", "the last day; else one day"),
                      Required("reason", "TEXT", "why; without names"),
                      Optional("from-half", "HALF", "afternoon: the first morning is free", halves),
                      Optional("to-half", "HALF", "morning: the last afternoon is free", halves)},
       .run = Block,
       .notes = ""},
      {.path = {"calendar", "unblock"},
       .summary = "free a blocked time",
       .parameters = {calendar, Required("from", "2026-05-04", "the first day blocked")},
       .run = Unblock,
       .notes = ""}};
}

}  // namespace ch8::cli
