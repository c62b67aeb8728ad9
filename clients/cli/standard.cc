#include <limits>

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

absl::StatusOr<uint32_t> ParseFigure(const Arguments& arguments, const std::string& option) {
  if (!arguments.Has(option)) return 0;
  ASSIGN_OR_RETURN(const uint64_t figure, ParseNumber(arguments.Get(option), option));
  if (figure <= std::numeric_limits<uint32_t>::max()) return static_cast<uint32_t>(figure);
  return absl::InvalidArgumentError(absl::StrCat("--", option, " is too large"));
}

void Present(const v1::Standard& standard, Session& session) {
  session.ShowRecord(standard);
  if (standard.state() == v1::Standard::PROPOSED && !session.globals().dry_run) {
    session.Say(absl::StrCat("next: another person confirms it: ch8 standard confirm ",
                             IdOf(standard.name())));
  }
}

absl::Status Propose(const Arguments& arguments, Session& session) {
  v1::ProposeStandardRequest request;
  v1::Standard& standard = *request.mutable_resource();
  if (arguments.Has("category")) {
    ASSIGN_OR_RETURN(const int category,
                     ParseEnum(*v1::Category_descriptor(), arguments.Get("category")));
    standard.set_category(static_cast<v1::Category>(category));
  }
  if (arguments.Has("conference")) {
    ASSIGN_OR_RETURN(const int kind,
                     ParseEnum(*v1::ConferenceKind_descriptor(), arguments.Get("conference")));
    standard.set_conference(static_cast<v1::ConferenceKind>(kind));
  }
  ASSIGN_OR_RETURN(const uint32_t women_bp, ParseFigure(arguments, "women-bp"));
  ASSIGN_OR_RETURN(const uint32_t months, ParseFigure(arguments, "months"));
  standard.set_women_bp(women_bp);
  standard.set_months_min(months);
  ASSIGN_OR_RETURN(*standard.mutable_in_force(), ParseDays(arguments));
  standard.set_source(arguments.Get("source"));
  v1::Standard proposed;
  RETURN_IF_ERROR(session.Act("training.v1.StandardService.ProposeStandard", request, proposed));
  Present(proposed, session);
  return absl::OkStatus();
}

absl::Status Confirm(const Arguments& arguments, Session& session) {
  v1::ConfirmStandardRequest request;
  request.set_name(StandardName(arguments.Get("standard")));
  v1::Standard confirmed;
  RETURN_IF_ERROR(session.Act("training.v1.StandardService.ConfirmStandard", request, confirmed));
  Present(confirmed, session);
  return absl::OkStatus();
}

absl::Status Show(const Arguments& arguments, Session& session) {
  v1::GetStandardRequest request;
  request.set_name(StandardName(arguments.Get("standard")));
  v1::Standard standard;
  RETURN_IF_ERROR(session.Read("training.v1.StandardService.GetStandard", request, standard));
  Present(standard, session);
  return absl::OkStatus();
}

absl::Status List(const Arguments&, Session& session) {
  std::vector<v1::Standard> standards;
  RETURN_IF_ERROR(ListAll<v1::ListStandardsResponse>(
      session, "training.v1.StandardService.ListStandards", v1::ListStandardsRequest(),
      [&](const v1::ListStandardsResponse& page) {
        standards.insert(standards.end(), page.standards().begin(), page.standards().end());
      }));
  session.ShowList(Pointers(standards), {{"standard", "name"},
                                         {"state", "state"},
                                         {"category", "category"},
                                         {"women bp", "women_bp"},
                                         {"conference", "conference"},
                                         {"months", "months_min"},
                                         {"in force", "in_force"},
                                         {"source", "source"}});
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> StandardCommands() {
  return {{.path = {"standard", "propose"},
           .summary = "enter a share of women or a planning gap, with its dates",
           .parameters = {Optional("category", "CATEGORY", "whose share of women (T-8)",
                                   EnumWords(*v1::Category_descriptor())),
                          Optional("women-bp", "2300", "the least share, in basis points"),
                          Optional("conference", "KIND", "or whose gap (T-4)",
                                   EnumWords(*v1::ConferenceKind_descriptor())),
                          Optional("months", "2", "the least months before the exercise"),
                          Required("from", "2026-01-01", "the first day in force"),
                          Required("to", "2026-12-31", "the last day in force"),
                          Required("source", "TEXT", "where it is written")},
           .run = Propose,
           .notes = "It counts once another person has confirmed it."},
          {.path = {"standard", "confirm"},
           .summary = "confirm a standard that another person entered",
           .parameters = {Positional("standard", "e.g. STD-AU-26-0001")},
           .run = Confirm,
           .notes = ""},
          {.path = {"standard", "show"},
           .summary = "a standard",
           .parameters = {Positional("standard", "e.g. STD-AU-26-0001")},
           .run = Show,
           .notes = ""},
          {.path = {"standard", "list"},
           .summary = "all standards",
           .parameters = {},
           .run = List,
           .notes = ""}};
}

}  // namespace ch8::cli
