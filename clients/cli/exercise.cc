#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "chapter8/training/v1/training_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/exercise_calendar.h"
#include "clients/cli/exercise_lines.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "services/trust/files.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

namespace v1 = chapter8::training::v1;
using chapter8::type::v1::PersonCount;
using v1::Exercise;
using v1::Line;

absl::StatusOr<uint32_t> ParseCount(const Arguments& arguments, const std::string& option) {
  if (!arguments.Has(option)) return 0;
  ASSIGN_OR_RETURN(const uint64_t count, ParseNumber(arguments.Get(option), option));
  if (count <= std::numeric_limits<uint32_t>::max()) return static_cast<uint32_t>(count);
  return absl::InvalidArgumentError(absl::StrCat("--", option, " is too large"));
}

absl::StatusOr<std::vector<uint32_t>> ParseLines(const Arguments& arguments,
                                                 const std::string& option) {
  std::vector<uint32_t> lines;
  for (const std::string& typed : arguments.All(option)) {
    ASSIGN_OR_RETURN(const uint64_t line, ParseNumber(typed, "a line's number"));
    if (line > std::numeric_limits<uint32_t>::max()) {
      return absl::InvalidArgumentError("a line's number is too large");
    }
    lines.push_back(static_cast<uint32_t>(line));
  }
  return lines;
}

// What an officer of this organization can do next; empty when nothing.
std::string NextStep(const Exercise& exercise, const Session& session) {
  const std::string id = IdOf(exercise.name());
  if (exercise.state() != Exercise::PROPOSED) return "";
  bool all_posted = true;
  for (const Line& line : exercise.lines()) {
    const bool ours = IdOf(line.organization()) == session.own();
    const bool asked =
        line.kind() == Line::SEATS ? line.state() == Line::RESERVED : line.state() == Line::ASKED;
    if (ours && asked) {
      return absl::StrCat("next: ch8 exercise answer ", id, " --line ", line.number(),
                          line.kind() == Line::SEATS ? " --accept" : " --accept --hold 7d",
                          ", or --decline --reason TEXT");
    }
    all_posted = all_posted && line.state() == Line::POSTED;
  }
  const bool lead = IdOf(exercise.lead()) == session.own();
  return lead && all_posted ? absl::StrCat("next: ch8 exercise confirm ", id) : "";
}

void Present(const Exercise& exercise, Session& session) {
  session.ShowRecord(exercise);
  if (session.globals().dry_run) return;
  for (const v1::PlanningWarning& warning : exercise.warnings()) {
    session.Say(absl::StrCat("warning (T-4): ", v1::ConferenceKind_Name(warning.conference()),
                             " on ", FormatDate(warning.date()), " is ", warning.days_short(),
                             " days later than ", FormatDate(warning.latest()), ", ",
                             warning.months_min(), " months before the first day"));
  }
  const std::string next = NextStep(exercise, session);
  if (!next.empty()) session.Say(next);
}

absl::Status ReadConferences(const Arguments& arguments, Exercise& exercise) {
  for (const auto& [option, kind] :
       {std::pair("ipc", v1::IPC), std::pair("mpc", v1::MPC), std::pair("fpc", v1::FPC)}) {
    if (!arguments.Has(option)) continue;
    v1::Conference& conference = *exercise.add_conferences();
    conference.set_kind(kind);
    ASSIGN_OR_RETURN(*conference.mutable_date(), ParseDate(arguments.Get(option)));
  }
  return absl::OkStatus();
}

absl::Status Propose(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  v1::ProposeExerciseRequest request;
  Exercise& exercise = *request.mutable_resource();
  ASSIGN_OR_RETURN(const int kind, ParseEnum(*Exercise::Kind_descriptor(), arguments.Get("kind")));
  exercise.set_kind(static_cast<Exercise::Kind>(kind));
  exercise.set_title(arguments.Get("title"));
  ASSIGN_OR_RETURN(*exercise.mutable_days(), ParseDays(arguments));
  RETURN_IF_ERROR(ReadConferences(arguments, exercise));
  ASSIGN_OR_RETURN(const uint32_t seats, ParseCount(arguments, "seats"));
  exercise.set_seats(seats);
  ASSIGN_OR_RETURN(*exercise.mutable_hold_duration(), ParseHold(arguments.Get("hold")));
  for (const std::string& venue : arguments.All("venue")) {
    *exercise.add_lines() = VenueLine(venue, session.own());
  }
  for (const std::string& instructor : arguments.All("instructor")) {
    ASSIGN_OR_RETURN(*exercise.add_lines(), InstructorLine(instructor, session.own()));
  }
  for (const std::string& offered : arguments.All("offer")) {
    ASSIGN_OR_RETURN(*exercise.add_lines(), SeatsLine(offered));
  }
  Exercise proposed;
  RETURN_IF_ERROR(session.Act("training.v1.ExerciseService.ProposeExercise", request, proposed));
  Present(proposed, session);
  return absl::OkStatus();
}

absl::Status Offer(const Arguments& arguments, Session& session) {
  v1::OfferSeatsRequest request;
  request.set_name(ExerciseName(arguments.Get("exercise")));
  ASSIGN_OR_RETURN(*request.mutable_line(), SeatsLine(arguments.Get("seats")));
  Exercise exercise;
  RETURN_IF_ERROR(session.Act("training.v1.ExerciseService.OfferSeats", request, exercise));
  Present(exercise, session);
  return absl::OkStatus();
}

absl::Status Answer(const Arguments& arguments, Session& session) {
  v1::AnswerExerciseRequest request;
  request.set_name(ExerciseName(arguments.Get("exercise")));
  ASSIGN_OR_RETURN(const std::vector<uint32_t> lines, ParseLines(arguments, "line"));
  request.mutable_lines()->Add(lines.begin(), lines.end());
  if (arguments.Has("accept") == arguments.Has("decline")) {
    return absl::InvalidArgumentError("say --accept or --decline");
  }
  request.set_answer(arguments.Has("accept") ? v1::YES : v1::NO);
  if (arguments.Has("hold")) {
    ASSIGN_OR_RETURN(*request.mutable_hold_duration(), ParseHold(arguments.Get("hold")));
  }
  request.set_reason(arguments.Get("reason"));
  if (arguments.Has("suggest-from")) {
    ASSIGN_OR_RETURN(*request.mutable_suggest_from(), ParseDate(arguments.Get("suggest-from")));
  }
  Exercise exercise;
  RETURN_IF_ERROR(session.Act("training.v1.ExerciseService.AnswerExercise", request, exercise));
  Present(exercise, session);
  return absl::OkStatus();
}

absl::Status Move(const Arguments& arguments, Session& session) {
  v1::MoveExerciseRequest request;
  request.set_name(ExerciseName(arguments.Get("exercise")));
  ASSIGN_OR_RETURN(*request.mutable_days(), ParseDays(arguments));
  Exercise exercise;
  RETURN_IF_ERROR(session.Act("training.v1.ExerciseService.MoveExercise", request, exercise));
  Present(exercise, session);
  return absl::OkStatus();
}

absl::StatusOr<PersonCount> ParsePersons(const Arguments& arguments, const std::string& prefix) {
  PersonCount persons;
  ASSIGN_OR_RETURN(const uint32_t female, ParseCount(arguments, absl::StrCat(prefix, "female")));
  ASSIGN_OR_RETURN(const uint32_t male, ParseCount(arguments, absl::StrCat(prefix, "male")));
  ASSIGN_OR_RETURN(const uint32_t unstated,
                   ParseCount(arguments, absl::StrCat(prefix, "unstated")));
  persons.set_female(female);
  persons.set_male(male);
  persons.set_unstated(unstated);
  return persons;
}

absl::Status Nominate(const Arguments& arguments, Session& session) {
  v1::NominateSeatsRequest request;
  request.set_name(ExerciseName(arguments.Get("exercise")));
  ASSIGN_OR_RETURN(const uint32_t line, ParseCount(arguments, "line"));
  request.set_line(line);
  ASSIGN_OR_RETURN(*request.mutable_nominated(), ParsePersons(arguments, ""));
  ASSIGN_OR_RETURN(*request.mutable_leaders(), ParsePersons(arguments, "leaders-"));
  Exercise exercise;
  RETURN_IF_ERROR(session.Act("training.v1.ExerciseService.NominateSeats", request, exercise));
  Present(exercise, session);
  return absl::OkStatus();
}

absl::Status Confirm(const Arguments& arguments, Session& session) {
  v1::ConfirmExerciseRequest request;
  request.set_name(ExerciseName(arguments.Get("exercise")));
  ASSIGN_OR_RETURN(const std::vector<uint32_t> without, ParseLines(arguments, "without"));
  request.mutable_without()->Add(without.begin(), without.end());
  Exercise exercise;
  RETURN_IF_ERROR(session.Act("training.v1.ExerciseService.ConfirmExercise", request, exercise));
  Present(exercise, session);
  return absl::OkStatus();
}

absl::Status Cancel(const Arguments& arguments, Session& session) {
  v1::CancelExerciseRequest request;
  request.set_name(ExerciseName(arguments.Get("exercise")));
  RETURN_IF_ERROR(session.Confirm(absl::StrCat("Cancel ", IdOf(request.name()), "?")));
  Exercise exercise;
  RETURN_IF_ERROR(session.Act("training.v1.ExerciseService.CancelExercise", request, exercise));
  Present(exercise, session);
  return absl::OkStatus();
}

absl::StatusOr<Exercise> Get(const Arguments& arguments, Session& session) {
  v1::GetExerciseRequest request;
  request.set_name(ExerciseName(arguments.Get("exercise")));
  Exercise exercise;
  RETURN_IF_ERROR(session.Read("training.v1.ExerciseService.GetExercise", request, exercise));
  return exercise;
}

absl::Status Show(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const Exercise exercise, Get(arguments, session));
  Present(exercise, session);
  return absl::OkStatus();
}

absl::Status List(const Arguments&, Session& session) {
  std::vector<Exercise> exercises;
  RETURN_IF_ERROR(ListAll<v1::ListExercisesResponse>(
      session, "training.v1.ExerciseService.ListExercises", v1::ListExercisesRequest(),
      [&](const v1::ListExercisesResponse& page) {
        exercises.insert(exercises.end(), page.exercises().begin(), page.exercises().end());
      }));
  session.ShowList(Pointers(exercises), {{"exercise", "name"},
                                         {"state", "state"},
                                         {"kind", "kind"},
                                         {"lead", "lead"},
                                         {"days", "days"},
                                         {"seats", "seats"},
                                         {"title", "title"}});
  return absl::OkStatus();
}

// "33.3 %", or "n/a" of nobody (rule T-8).
template <typename Message>
std::string WomenText(const Message& message) {
  if (!message.has_women_bp()) return "n/a";
  return absl::StrFormat("%d.%d %%", message.women_bp() / 100, message.women_bp() % 100 / 10);
}

absl::Status Seats(const Arguments& arguments, Session& session) {
  v1::GetSeatTableRequest request;
  request.set_name(ExerciseName(arguments.Get("exercise")));
  v1::SeatTable seats;
  RETURN_IF_ERROR(session.Read("training.v1.ExerciseService.GetSeatTable", request, seats));
  if (session.globals().output == OutputFormat::kJson) {
    session.ShowRecord(seats);
    return absl::OkStatus();
  }
  constexpr auto kRight = Column::Align::kRight;
  Table table;
  table.columns = {{"line", kRight},
                   {"organization", Column::Align::kLeft},
                   {"category", Column::Align::kLeft},
                   {"state", Column::Align::kLeft},
                   {"seats", kRight},
                   {"women_at_least", kRight},
                   {"female", kRight},
                   {"male", kRight},
                   {"unstated", kRight},
                   {"women", kRight},
                   {"leaders_female", kRight},
                   {"leaders_male", kRight}};
  const auto add = [&](const std::vector<std::string>& first, uint32_t women_min,
                       const PersonCount& all, const std::string& women,
                       const PersonCount& leaders) {
    std::vector<std::string> row = first;
    for (const uint32_t count : {women_min, all.female(), all.male(), all.unstated()}) {
      row.push_back(absl::StrCat(count));
    }
    row.push_back(women);
    row.push_back(absl::StrCat(leaders.female()));
    row.push_back(absl::StrCat(leaders.male()));
    table.rows.push_back(std::move(row));
  };
  uint32_t women_min = 0;
  for (const v1::SeatRow& row : seats.rows()) {
    add({absl::StrCat(row.line()), ShortName(row.organization(), session.own()),
         v1::Category_Name(row.category()), Line::State_Name(row.state()),
         absl::StrCat(row.seats())},
        row.women_min(), row.nominated(), WomenText(row), row.leaders());
    women_min += row.women_min();
  }
  add({"", "all", "", "", absl::StrCat(seats.seats())}, women_min, seats.nominated(),
      WomenText(seats), seats.leaders());
  session.ShowTable(table);
  return absl::OkStatus();
}

absl::Status Ics(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const Exercise exercise, Get(arguments, session));
  const std::string out = arguments.Get("out");
  RETURN_IF_ERROR(trust::WriteFileAtomically(out, ExerciseCalendar(exercise), trust::kPublicMode));
  session.Say(absl::StrCat("wrote ", 1 + exercise.conferences_size(), " events, version ",
                           exercise.version(), ", to ", out));
  return absl::OkStatus();
}

Command OnExercise(std::string verb, std::string summary,
                   absl::Status (*run)(const Arguments&, Session&),
                   std::vector<Parameter> more = {}) {
  std::vector<Parameter> parameters = {Positional("exercise", "e.g. EXR-AU-26-0007")};
  parameters.insert(parameters.end(), more.begin(), more.end());
  return {.path = {"exercise", std::move(verb)},
          .summary = std::move(summary),
          .parameters = std::move(parameters),
          .run = run,
          .notes = ""};
}

Command ProposeCommand() {
  return {
      .path = {"exercise", "propose"},
      .summary =
          "lead: propose an exercise to everyone whose venue, instructor or people it "
          "needs",
      .parameters = {Required("kind", "KIND", "its type", EnumWords(*Exercise::Kind_descriptor())),
                     Required("title", "TEXT", "its name"),
                     Required("from", "2026-05-04", "the first day"),
                     Optional("to", "2026-05-08", "the last day; else one day"),
                     Optional("ipc", "2025-10-06", "the initial planning conference"),
                     Optional("mpc", "2025-12-01", "the main planning conference"),
                     Optional("fpc", "2026-03-02", "the final planning conference"),
                     Optional("seats", "NUMBER", "participants in all"),
                     Required("hold", "14d", "how long seats are held for an answer: 72h, 14d"),
                     Repeated("venue", "un/nairobi", "asked of its owner"),
                     Repeated("instructor", "un/i-7[:CPX-CONTROL[:fr]]",
                              "asked of the employer, with what is needed"),
                     Repeated(
                         "offer", "ecowas:troops:12[:4[:1[:1]]][@UNIT]",
                         "seats: for whom, category, how many, women at least, leadership posts, "
                         "women in them")},
      .run = Propose,
      .notes =
          "Lines are numbered in this order: venues, instructors, seats. Every "
          "organization answers its\nown: ch8 exercise answer."};
}

}  // namespace

std::vector<Command> ExerciseCommands() {
  Command ics = OnExercise("ics", "write it as an iCalendar file", Ics,
                           {Required("out", "FILE", "the file to write")});
  ics.writes_files = true;
  const Parameter female = Optional("female", "NUMBER", "women");
  const Parameter male = Optional("male", "NUMBER", "men");
  const Parameter unstated = Optional("unstated", "NUMBER", "persons whose sex is not stated");
  return {
      ProposeCommand(),
      OnExercise("offer", "lead: offer seats that nobody has", Offer,
                 {Required("seats", "ecowas:troops:12[:4[:1[:1]]]", "as in propose --offer")}),
      OnExercise("answer", "owner or participant: accept or decline lines", Answer,
                 {RequiredRepeated("line", "NUMBER", "a line that asks you; may be repeated"),
                  Flag("accept", "yes to all of them"), Flag("decline", "no to all of them"),
                  Optional("hold", "7d", "accept: how long days are held for the lead"),
                  Optional("reason", "TEXT", "decline: why"),
                  Optional("suggest-from", "2026-05-11",
                           "decline: suggest the next free days from this day on")}),
      OnExercise("move", "lead: move it to other days; venues and instructors are asked anew", Move,
                 {Required("from", "2026-05-11", "the first day"),
                  Optional("to", "2026-05-15", "the last day; else one day")}),
      OnExercise("nominate", "participant: fill seats, by sex", Nominate,
                 {Required("line", "NUMBER", "the line of your seats"), female, male, unstated,
                  Optional("leaders-female", "NUMBER", "women of them in leadership posts"),
                  Optional("leaders-male", "NUMBER", "men of them in leadership posts"),
                  Optional("leaders-unstated", "NUMBER", "others of them in leadership posts")}),
      OnExercise("seats", "seats and nominations by sex", Seats),
      OnExercise("confirm", "lead: confirm it once every line is posted", Confirm,
                 {Repeated("without", "NUMBER", "a line declined that it goes without")}),
      OnExercise("cancel", "lead: cancel it; days go back to their owners", Cancel),
      std::move(ics),
      OnExercise("show", "an exercise, as this ledger knows it", Show),
      {.path = {"exercise", "list"},
       .summary = "all exercises led or taken part in",
       .parameters = {},
       .run = List,
       .notes = ""}};
}

}  // namespace ch8::cli
