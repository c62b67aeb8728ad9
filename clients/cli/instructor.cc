#include "absl/strings/ascii.h"
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
  v1::AddInstructorRequest request;
  request.set_instructor_id(arguments.Get("id"));
  v1::Instructor& instructor = *request.mutable_resource();
  ASSIGN_OR_RETURN(const uint64_t person, ParseNumber(arguments.Get("person"), "a person number"));
  instructor.set_person(person);
  for (const std::string& code : arguments.All("qualification")) {
    instructor.add_qualifications(absl::AsciiStrToUpper(code));
  }
  for (const std::string& code : arguments.All("language")) {
    instructor.add_languages(absl::AsciiStrToLower(code));
  }
  ASSIGN_OR_RETURN(*instructor.mutable_opening(), ParseDays(arguments));
  v1::Instructor added;
  RETURN_IF_ERROR(session.Act("training.v1.CalendarService.AddInstructor", request, added));
  session.ShowRecord(added);
  return absl::OkStatus();
}

absl::Status Show(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  v1::GetInstructorRequest request;
  request.set_name(InstructorName(arguments.Get("instructor"), session.own()));
  v1::Instructor instructor;
  RETURN_IF_ERROR(session.Read("training.v1.CalendarService.GetInstructor", request, instructor));
  session.ShowRecord(instructor);
  return absl::OkStatus();
}

absl::Status List(const Arguments&, Session& session) {
  std::vector<v1::Instructor> instructors;
  RETURN_IF_ERROR(ListAll<v1::ListInstructorsResponse>(
      session, "training.v1.CalendarService.ListInstructors", v1::ListInstructorsRequest(),
      [&](const v1::ListInstructorsResponse& page) {
        instructors.insert(instructors.end(), page.instructors().begin(), page.instructors().end());
      }));
  session.ShowList(Pointers(instructors), {{"instructor", "name"},
                                           {"person", "person"},
                                           {"qualifications", "qualifications"},
                                           {"languages", "languages"},
                                           {"opening", "opening"},
                                           {"available days", "available_days"},
                                           {"held", "held_days"},
                                           {"given", "given_days"}});
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> InstructorCommands() {
  return {{.path = {"instructor", "add"},
           .summary = "add an instructor, free on all days of the opening",
           .parameters = {Positional("id", "letters, digits and -"),
                          Required("person", "NUMBER", "the person's number; no names"),
                          Repeated("qualification", "CPX-CONTROL", "a code; may be repeated"),
                          RequiredRepeated("language", "fr", "ISO 639; may be repeated"),
                          Required("from", "2026-01-01", "the first day of the opening"),
                          Required("to", "2026-12-31", "the last day")},
           .run = Add,
           .notes = ""},
          {.path = {"instructor", "show"},
           .summary = "an instructor with the days",
           .parameters = {Positional("instructor", "the id")},
           .run = Show,
           .notes = ""},
          {.path = {"instructor", "list"},
           .summary = "all instructors of this organization",
           .parameters = {},
           .run = List,
           .notes = ""}};
}

}  // namespace ch8::cli
