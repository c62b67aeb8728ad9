#include <utility>

#include "absl/strings/str_split.h"
#include "chapter8/mandate/v1/mandate_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::mandate::v1::EnterGenderTargetRequest;
using chapter8::mandate::v1::GenderTarget;
using chapter8::mandate::v1::GetStrengthReportRequest;
using chapter8::mandate::v1::ListGenderTargetsRequest;
using chapter8::mandate::v1::ListGenderTargetsResponse;
using chapter8::mandate::v1::ListStrengthReportsRequest;
using chapter8::mandate::v1::ListStrengthReportsResponse;
using chapter8::mandate::v1::ReportStrengthRequest;
using chapter8::mandate::v1::StrengthLine;
using chapter8::mandate::v1::StrengthReport;

constexpr uint64_t kPersonsMax = 1'000'000;

// "UGA:troops:400/4100" or "UGA:troops:400/4100:10/120", women before men, then those leading.
absl::StatusOr<StrengthLine> ParseLine(const std::string& text) {
  const std::vector<std::string> parts = absl::StrSplit(text, ':');
  const auto wrong = [&] {
    return absl::InvalidArgumentError(
        "'" + text + "' is no line; write COUNTRY:CATEGORY:WOMEN/MEN[:WOMEN/MEN leading]");
  };
  if (parts.size() < 3 || parts.size() > 4) return wrong();
  StrengthLine line;
  line.set_contributor(parts[0]);
  ASSIGN_OR_RETURN(const int category, ParseEnum(*StrengthLine::Category_descriptor(), parts[1]));
  line.set_category(static_cast<StrengthLine::Category>(category));
  for (size_t at = 2; at < parts.size(); ++at) {
    const std::vector<std::string> counts = absl::StrSplit(parts[at], '/');
    if (counts.size() != 2) return wrong();
    ASSIGN_OR_RETURN(const uint64_t women, ParseNumber(counts[0], "a count of women"));
    ASSIGN_OR_RETURN(const uint64_t men, ParseNumber(counts[1], "a count of men"));
    if (women > kPersonsMax || men > kPersonsMax) return wrong();
    if (at == 2) {
      line.set_women(static_cast<uint32_t>(women));
      line.set_men(static_cast<uint32_t>(men));
    } else {
      line.set_women_leading(static_cast<uint32_t>(women));
      line.set_men_leading(static_cast<uint32_t>(men));
    }
  }
  return line;
}

absl::Status Report(const Arguments& arguments, Session& session) {
  ReportStrengthRequest request;
  StrengthReport& report = *request.mutable_resource();
  report.set_operation(OperationName(arguments.Get("operation")));
  ASSIGN_OR_RETURN(*report.mutable_as_of(), ParseDate(arguments.Get("as-of")));
  for (const std::string& text : arguments.All("line")) {
    ASSIGN_OR_RETURN(*report.add_lines(), ParseLine(text));
  }
  StrengthReport made;
  RETURN_IF_ERROR(session.Act("mandate.v1.StrengthService.ReportStrength", request, made));
  session.ShowRecord(made);
  for (const std::string& above : made.above_ceiling()) session.Say("above the ceiling: " + above);
  return absl::OkStatus();
}

absl::Status Show(const Arguments& arguments, Session& session) {
  GetStrengthReportRequest request;
  request.set_name(StrengthReportName(arguments.Get("report")));
  StrengthReport report;
  RETURN_IF_ERROR(session.Read("mandate.v1.StrengthService.GetStrengthReport", request, report));
  session.ShowRecord(report);
  return absl::OkStatus();
}

absl::Status List(const Arguments&, Session& session) {
  std::vector<StrengthReport> reports;
  RETURN_IF_ERROR(ListAll<ListStrengthReportsResponse>(
      session, "mandate.v1.StrengthService.ListStrengthReports", ListStrengthReportsRequest(),
      [&](const ListStrengthReportsResponse& page) {
        reports.insert(reports.end(), page.strength_reports().begin(),
                       page.strength_reports().end());
      }));
  session.ShowList(Pointers(reports),
                   {{"report", "name"}, {"operation", "operation"}, {"as of", "as_of"}});
  return absl::OkStatus();
}

absl::Status AddTarget(const Arguments& arguments, Session& session) {
  EnterGenderTargetRequest request;
  request.set_gender_target_id(arguments.Get("id"));
  GenderTarget& target = *request.mutable_resource();
  ASSIGN_OR_RETURN(const int category,
                   ParseEnum(*StrengthLine::Category_descriptor(), arguments.Get("category")));
  target.set_category(static_cast<StrengthLine::Category>(category));
  ASSIGN_OR_RETURN(const uint64_t share, ParseNumber(arguments.Get("women-bp"), "basis points"));
  if (share > 10'000) return absl::InvalidArgumentError("a share is at most 10000 basis points");
  target.set_women_bp(static_cast<uint32_t>(share));
  ASSIGN_OR_RETURN(*target.mutable_valid_from(), ParseDate(arguments.Get("from")));
  ASSIGN_OR_RETURN(*target.mutable_valid_to(), ParseDate(arguments.Get("to")));
  target.set_source(arguments.Get("source"));
  GenderTarget made;
  RETURN_IF_ERROR(session.Act("mandate.v1.StrengthService.EnterGenderTarget", request, made));
  session.ShowRecord(made);
  return absl::OkStatus();
}

absl::Status ListTargets(const Arguments&, Session& session) {
  std::vector<GenderTarget> targets;
  RETURN_IF_ERROR(ListAll<ListGenderTargetsResponse>(
      session, "mandate.v1.StrengthService.ListGenderTargets", ListGenderTargetsRequest(),
      [&](const ListGenderTargetsResponse& page) {
        targets.insert(targets.end(), page.gender_targets().begin(), page.gender_targets().end());
      }));
  session.ShowList(Pointers(targets), {{"target", "name"},
                                       {"category", "category"},
                                       {"women bp", "women_bp"},
                                       {"from", "valid_from"},
                                       {"to", "valid_to"},
                                       {"source", "source"}});
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> StrengthCommands() {
  return {{.path = {"strength", "report"},
           .summary = "certify an operation's strength at the end of a month, by sex (T-8)",
           .parameters = {Positional("operation", "e.g. aussom"),
                          Required("as-of", "2026-02-28", "last day of the month"),
                          RequiredRepeated("line", "UGA:troops:400/4100:10/120",
                                           "country, category, women/men, of them leading")},
           .run = Report,
           .notes = "Shares are computed from these counts and held against the targets in force."},
          {.path = {"strength", "show"},
           .summary = "a strength report with its totals",
           .parameters = {Positional("report", "e.g. STR-AU-26-0001")},
           .run = Show,
           .notes = ""},
          {.path = {"strength", "list"},
           .summary = "all strength reports",
           .parameters = {},
           .run = List,
           .notes = ""},
          {.path = {"strength", "target"},
           .summary = "enter a target for the share of women, dated data",
           .parameters = {Positional("id", "letters, digits and -, e.g. troops-2026"),
                          Required("category", "CATEGORY", "of personnel",
                                   EnumWords(*StrengthLine::Category_descriptor())),
                          Required("women-bp", "1300", "in basis points"),
                          Required("from", "2026-01-01", "first day in force"),
                          Required("to", "2026-12-31", "last day in force"),
                          Required("source", "TEXT", "where the figure comes from")},
           .run = AddTarget,
           .notes = ""},
          {.path = {"strength", "targets"},
           .summary = "all targets",
           .parameters = {},
           .run = ListTargets,
           .notes = ""}};
}

}  // namespace ch8::cli
