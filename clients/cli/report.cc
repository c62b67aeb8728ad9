#include <istream>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "chapter8/information/v1/erasure_service.pb.h"
#include "chapter8/information/v1/information_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/read_file.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::information::v1::AskConsentRequest;
using chapter8::information::v1::Classification;
using chapter8::information::v1::Classification_descriptor;
using chapter8::information::v1::Consent;
using chapter8::information::v1::DenyConsentRequest;
using chapter8::information::v1::Disclosure;
using chapter8::information::v1::Erasure;
using chapter8::information::v1::FileReportRequest;
using chapter8::information::v1::GetErasureRequest;
using chapter8::information::v1::GetReportBodyRequest;
using chapter8::information::v1::GetReportRequest;
using chapter8::information::v1::GrantConsentRequest;
using chapter8::information::v1::ListDisclosuresRequest;
using chapter8::information::v1::ListDisclosuresResponse;
using chapter8::information::v1::ListReportsRequest;
using chapter8::information::v1::ListReportsResponse;
using chapter8::information::v1::Recall;
using chapter8::information::v1::RecallReportRequest;
using chapter8::information::v1::RelayReportRequest;
using chapter8::information::v1::ReleaseReportRequest;
using chapter8::information::v1::Report;
using chapter8::information::v1::ReportBody;
using chapter8::information::v1::ReviewReportRequest;
using chapter8::information::v1::Tlp;
using chapter8::information::v1::Tlp_descriptor;

// "B2": how far the source is trusted, and how likely it is true.
absl::Status ParseSource(const std::string& text, Report& report) {
  Report::Reliability reliability = Report::RELIABILITY_UNSPECIFIED;
  const std::string upper = absl::AsciiStrToUpper(text);
  if (upper.size() != 2 || !Report::Reliability_Parse(upper.substr(0, 1), &reliability) ||
      upper[1] < '1' || upper[1] > '6') {
    return absl::InvalidArgumentError("--source: a letter A to F and a digit 1 to 6, e.g. B2");
  }
  report.set_reliability(reliability);
  report.set_credibility(static_cast<uint32_t>(upper[1] - '0'));
  return absl::OkStatus();
}

// What stands in --text, in the file of --file, or on standard input (--file -).
absl::StatusOr<std::string> Narrative(const Arguments& arguments, Session& session) {
  if (arguments.Has("text") == arguments.Has("file")) {
    return absl::InvalidArgumentError("give the narrative with --text or with --file, not both");
  }
  if (arguments.Has("text")) return arguments.Get("text");
  if (arguments.Get("file") != "-") return ReadFileText(arguments.Get("file"));
  std::istream& in = session.world().in;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

absl::Status FillReport(const Arguments& arguments, Report& report) {
  ASSIGN_OR_RETURN(const int kind, ParseEnum(*Report::Kind_descriptor(), arguments.Get("kind")));
  report.set_kind(static_cast<Report::Kind>(kind));
  ASSIGN_OR_RETURN(const int theme, ParseEnum(*Report::Theme_descriptor(), arguments.Get("theme")));
  report.set_theme(static_cast<Report::Theme>(theme));
  ASSIGN_OR_RETURN(*report.mutable_event_date(), ParseDate(arguments.Get("date")));
  const std::string precision = arguments.Has("precision") ? arguments.Get("precision") : "day";
  ASSIGN_OR_RETURN(const int exact, ParseEnum(*Report::DatePrecision_descriptor(), precision));
  report.set_date_precision(static_cast<Report::DatePrecision>(exact));
  report.set_place(absl::AsciiStrToUpper(arguments.Get("place")));
  RETURN_IF_ERROR(ParseSource(arguments.Get("source"), report));
  ASSIGN_OR_RETURN(
      const int tlp,
      ParseEnum(*Tlp_descriptor(), absl::StrReplaceAll(arguments.Get("tlp"), {{"+", "-"}})));
  report.set_tlp(static_cast<Tlp>(tlp));
  ASSIGN_OR_RETURN(const int classification,
                   ParseEnum(*Classification_descriptor(), arguments.Get("class")));
  report.set_classification(static_cast<Classification>(classification));
  ASSIGN_OR_RETURN(*report.mutable_retain_until(), ParseDate(arguments.Get("until")));
  for (const std::string& group : arguments.All("group")) report.add_groups(GroupName(group));
  report.set_originator_control(arguments.Has("orcon"));
  if (arguments.Has("derived-from")) {
    report.set_derived_from(ReportName(arguments.Get("derived-from")));
  }
  if (arguments.Has("supersedes")) report.set_supersedes(ReportName(arguments.Get("supersedes")));
  return absl::OkStatus();
}

absl::Status File(const Arguments& arguments, Session& session) {
  FileReportRequest request;
  RETURN_IF_ERROR(FillReport(arguments, *request.mutable_resource()));
  request.mutable_body()->set_title(arguments.Get("title"));
  ASSIGN_OR_RETURN(*request.mutable_body()->mutable_narrative(), Narrative(arguments, session));
  ASSIGN_OR_RETURN(*request.mutable_salt(), session.SecretOfRequest("report-salt"));
  Report filed;
  RETURN_IF_ERROR(session.Act("information.v1.ReportService.FileReport", request, filed));
  session.ShowRecord(filed);
  if (session.globals().dry_run) return absl::OkStatus();
  session.Say(filed.derived_from().empty()
                  ? absl::StrCat("next: ch8 report release ", IdOf(filed.name()),
                                 " --community (or --to ORG, --group GROUP)")
                  : absl::StrCat("next: another person: ch8 report review ", IdOf(filed.name())));
  return absl::OkStatus();
}

// Instead of the way to its content: when it was erased, why, and by whom.
absl::Status SayErased(const Report& report, Session& session) {
  GetErasureRequest request;
  request.set_name(ErasureName(report.name()));
  Erasure erasure;
  RETURN_IF_ERROR(session.Read("information.v1.ErasureService.GetErasure", request, erasure));
  const std::string basis =
      absl::StrCat("legal basis ", Erasure::Basis_Name(erasure.basis()),
                   erasure.reference().empty() ? "" : absl::StrCat(" (", erasure.reference(), ")"));
  if (erasure.state() == Erasure::OWED) {
    session.Say(absl::StrCat("erasure owed, ", basis, ", ordered by ", erasure.order().origin(),
                             "; kept under a legal hold: ch8 hold list --report ",
                             IdOf(report.name())));
    return absl::OkStatus();
  }
  session.Say(absl::StrCat(
      "erased on ", TimeText(absl::FromUnixMicros(erasure.decided_us())), ", ", basis, ", ",
      erasure.has_order() ? absl::StrCat("ordered by ", erasure.order().origin())
                          : absl::StrCat("by the posts ", IdOf(erasure.requested_post()), " and ",
                                         IdOf(erasure.decided_post()))));
  return absl::OkStatus();
}

absl::Status Show(const Arguments& arguments, Session& session) {
  GetReportRequest request;
  request.set_name(ReportName(arguments.Get("report")));
  Report report;
  RETURN_IF_ERROR(session.Read("information.v1.ReportService.GetReport", request, report));
  session.ShowRecord(report);
  if (report.state() == Report::ERASED || report.state() == Report::ERASURE_OWED) {
    return SayErased(report, session);
  }
  session.Say(absl::StrCat("next: ch8 report read ", IdOf(report.name()), "; ch8 report who ",
                           IdOf(report.name())));
  return absl::OkStatus();
}

absl::Status ReadBody(const Arguments& arguments, Session& session) {
  GetReportBodyRequest request;
  request.set_name(ReportName(arguments.Get("report")));
  ReportBody body;
  RETURN_IF_ERROR(session.Read("information.v1.ReportService.GetReportBody", request, body));
  if (session.globals().output != OutputFormat::kTable) {
    session.ShowRecord(body);
    return absl::OkStatus();
  }
  session.world().out << Printable(body.title()) << "\n\n";
  for (const absl::string_view line : absl::StrSplit(body.narrative(), '\n')) {
    session.world().out << Printable(line) << "\n";
  }
  return absl::OkStatus();
}

absl::Status List(const Arguments& arguments, Session& session) {
  ListReportsRequest request;
  if (arguments.Has("state")) {
    ASSIGN_OR_RETURN(const int state,
                     ParseEnum(*Report::State_descriptor(), arguments.Get("state")));
    request.set_state(static_cast<Report::State>(state));
  }
  std::vector<Report> reports;
  RETURN_IF_ERROR(ListAll<ListReportsResponse>(
      session, "information.v1.ReportService.ListReports", request,
      [&](const ListReportsResponse& page) {
        reports.insert(reports.end(), page.reports().begin(), page.reports().end());
      }));
  session.ShowList(Pointers(reports), {{"report", "name"},
                                       {"state", "state"},
                                       {"kind", "kind"},
                                       {"theme", "theme"},
                                       {"tlp", "tlp"},
                                       {"class", "classification"},
                                       {"place", "place"},
                                       {"date", "event_date"},
                                       {"originator", "originator"},
                                       {"from", "received_from"}});
  return absl::OkStatus();
}

absl::Status Review(const Arguments& arguments, Session& session) {
  ReviewReportRequest request;
  request.set_name(ReportName(arguments.Get("report")));
  Report reviewed;
  RETURN_IF_ERROR(session.Act("information.v1.ReportService.ReviewReport", request, reviewed));
  session.ShowRecord(reviewed);
  return absl::OkStatus();
}

void SayWho(const Report& report, Session& session) {
  if (session.globals().dry_run) return;
  session.Say(absl::StrCat("next: acknowledgements come by themselves: ch8 report who ",
                           IdOf(report.name())));
}

absl::Status Release(const Arguments& arguments, Session& session) {
  ReleaseReportRequest request;
  request.set_name(ReportName(arguments.Get("report")));
  for (const std::string& to : arguments.All("to")) {
    request.add_organizations(OrganizationName(to));
  }
  if (arguments.Has("group")) request.set_group(GroupName(arguments.Get("group")));
  request.set_community(arguments.Has("community"));
  Report released;
  RETURN_IF_ERROR(session.Act("information.v1.ReportService.ReleaseReport", request, released));
  session.ShowRecord(released);
  SayWho(released, session);
  return absl::OkStatus();
}

absl::Status Relay(const Arguments& arguments, Session& session) {
  RelayReportRequest request;
  request.set_name(ReportName(arguments.Get("report")));
  request.set_organization(OrganizationName(arguments.Get("to")));
  Report relayed;
  RETURN_IF_ERROR(session.Act("information.v1.ReportService.RelayReport", request, relayed));
  session.ShowRecord(relayed);
  SayWho(relayed, session);
  return absl::OkStatus();
}

absl::Status TakeBack(const Arguments& arguments, Session& session) {
  RecallReportRequest request;
  request.set_name(ReportName(arguments.Get("report")));
  ASSIGN_OR_RETURN(const int reason,
                   ParseEnum(*Recall::Reason_descriptor(), arguments.Get("reason")));
  request.set_reason(static_cast<Recall::Reason>(reason));
  RETURN_IF_ERROR(session.Confirm("Recall " + IdOf(request.name()) + " from everyone?"));
  Report recalled;
  RETURN_IF_ERROR(session.Act("information.v1.ReportService.RecallReport", request, recalled));
  session.ShowRecord(recalled);
  SayWho(recalled, session);
  return absl::OkStatus();
}

absl::Status Ask(const Arguments& arguments, Session& session) {
  AskConsentRequest request;
  request.set_report(ReportName(arguments.Get("report")));
  request.set_recipient(OrganizationName(arguments.Get("for")));
  Consent asked;
  RETURN_IF_ERROR(session.Act("information.v1.ConsentService.AskConsent", request, asked));
  session.ShowRecord(asked);
  if (!session.globals().dry_run) {
    session.Say(absl::StrCat("next: ", IdOf(asked.originator()),
                             " decides; follow it with: ch8 consent show ", IdOf(asked.name())));
  }
  return absl::OkStatus();
}

absl::Status Decide(const Arguments& arguments, Session& session) {
  if (arguments.Has("grant") == arguments.Has("deny")) {
    return absl::InvalidArgumentError("say --grant or --deny");
  }
  Consent decided;
  if (arguments.Has("grant")) {
    GrantConsentRequest request;
    request.set_name(ConsentName(arguments.Get("consent")));
    RETURN_IF_ERROR(session.Act("information.v1.ConsentService.GrantConsent", request, decided));
  } else {
    DenyConsentRequest request;
    request.set_name(ConsentName(arguments.Get("consent")));
    RETURN_IF_ERROR(session.Act("information.v1.ConsentService.DenyConsent", request, decided));
  }
  session.ShowRecord(decided);
  return absl::OkStatus();
}

// When the recipient's copy was destroyed, or why it is not.
std::string ErasedText(const Disclosure& row) {
  if (row.has_erased()) return TimeText(absl::FromUnixMicros(row.erased().time_us()));
  if (row.has_erasure_owed()) return "owed: under a hold of its own";
  return row.erasure_ordered_us() == 0 ? "" : "ordered";
}

absl::Status Who(const Arguments& arguments, Session& session) {
  ListDisclosuresRequest request;
  request.set_report(ReportName(arguments.Get("report")));
  std::vector<Disclosure> rows;
  RETURN_IF_ERROR(ListAll<ListDisclosuresResponse>(
      session, "information.v1.ReportService.ListDisclosures", request,
      [&](const ListDisclosuresResponse& page) {
        rows.insert(rows.end(), page.disclosures().begin(), page.disclosures().end());
      }));
  if (session.globals().output != OutputFormat::kTable) {
    session.ShowList(Pointers(rows), {});
    return absl::OkStatus();
  }
  const auto time = [](int64_t time_us) {
    return time_us == 0 ? std::string() : TimeText(absl::FromUnixMicros(time_us));
  };
  Table table;
  table.columns = {{"recipient"}, {"from"},     {"group"},    {"released"}, {"acknowledged"},
                   {"entry"},     {"recalled"}, {"complied"}, {"erased"}};
  for (const Disclosure& row : rows) {
    table.rows.push_back(
        {IdOf(row.recipient()), IdOf(row.giver()), IdOf(row.group()), time(row.released_us()),
         time(row.acknowledged().time_us()),
         row.has_acknowledged()
             ? absl::StrCat(row.acknowledged().origin(), " ", row.acknowledged().index())
             : "",
         time(row.recalled_us()), time(row.complied().time_us()), ErasedText(row)});
  }
  session.ShowTable(table);
  return absl::OkStatus();
}

std::vector<Parameter> FileParameters() {
  return {Required("kind", "KIND", "what it is", EnumWords(*Report::Kind_descriptor())),
          Required("theme", "THEME", "what it is about", EnumWords(*Report::Theme_descriptor())),
          Required("date", "2026-02-27", "the day of the event"),
          Optional("precision", "PRECISION", "how exact that day is, day if not given",
                   EnumWords(*Report::DatePrecision_descriptor())),
          Required("place", "PLACE", "country NG, subdivision NG-BO or UN/LOCODE NGMIU"),
          Required("source", "B2", "Admiralty grade: reliability A-F and credibility 1-6"),
          Required("tlp", "TLP", "how far it may go", EnumWords(*Tlp_descriptor())),
          Required("class", "CLASS", "how much harm it could do",
                   EnumWords(*Classification_descriptor())),
          Required("until", "2027-02-28", "the last day on which it is kept for use"),
          Required("title", "TEXT", "one line; content, never logged"),
          Optional("text", "TEXT", "the narrative; content, never logged"),
          Optional("file", "PATH", "the file that the narrative stands in; - is standard input"),
          Repeated("group", "GROUP", "may be released to this group and no other"),
          Flag("orcon", "recipients pass it to nobody without our consent"),
          Optional("derived-from", "REPORT", "it is a sanitised version of this one (I-5)"),
          Optional("supersedes", "REPORT", "it replaces this one")};
}

std::vector<Command> SharingCommands() {
  const Parameter report = Positional("report", "e.g. RPT-ECOWAS-26-0001");
  return {{.path = {"report", "release"},
           .summary = "give a report to organizations, to a group or to the community",
           .parameters = {report, Repeated("to", "ORG", "to this organization"),
                          Optional("group", "GROUP", "to the members of this group"),
                          Flag("community", "to every organization that an agreement covers")},
           .run = Release,
           .notes = "Say one of --to, --group, --community. A refusal names the test of rule I-4 "
                    "that fails."},
          {.path = {"report", "relay"},
           .summary = "pass a received report to another organization",
           .parameters = {report, Required("to", "ORG", "who gets it")},
           .run = Relay,
           .notes = ""},
          {.path = {"report", "ask"},
           .summary = "ask a report's originator whether another organization may have it",
           .parameters = {report, Required("for", "ORG", "who is to get it")},
           .run = Ask,
           .notes = ""},
          {.path = {"report", "consent"},
           .summary = "decide what another organization asked of our report",
           .parameters = {Positional("consent", "e.g. CNS-AU-26-0001"), Flag("grant", "it may"),
                          Flag("deny", "it may not")},
           .run = Decide,
           .notes = "What waits: ch8 consent list"},
          {.path = {"report", "recall"},
           .summary = "take a report back from everyone who has it",
           .parameters = {report, Required("reason", "REASON", "why",
                                           EnumWords(*Recall::Reason_descriptor()))},
           .run = TakeBack,
           .notes = ""},
          {.path = {"report", "who"},
           .summary = "who was given a report, and their receipts",
           .parameters = {report},
           .run = Who,
           .notes = ""}};
}

}  // namespace

std::vector<Command> ReportCommands() {
  const Parameter report = Positional("report", "e.g. RPT-ECOWAS-26-0001");
  std::vector<Command> commands = {
      {.path = {"report", "file"},
       .summary = "file a report; its content stays out of the ledger",
       .parameters = FileParameters(),
       .run = File,
       .notes =
           "ch8 report file --kind early-warning --theme security --date 2026-02-27 --place "
           "NG-BO --source B2\n    --tlp green --class unclassified --until 2027-02-28 --title "
           "\"Movements on the N3\" --file report.txt\nA try that broke off is repeated with its "
           "--request-id: it is filed once."},
      {.path = {"report", "show"},
       .summary = "what is known of a report, without its content",
       .parameters = {report},
       .run = Show,
       .notes = ""},
      {.path = {"report", "read"},
       .summary = "a report's title and narrative",
       .parameters = {report},
       .run = ReadBody,
       .notes = ""},
      {.path = {"report", "list"},
       .summary = "all reports, own and received",
       .parameters = {Optional("state", "STATE", "only those in this state",
                               EnumWords(*Report::State_descriptor()))},
       .run = List,
       .notes = ""},
      {.path = {"report", "review"},
       .summary = "review a sanitised version that another person wrote",
       .parameters = {report},
       .run = Review,
       .notes = ""}};
  const std::vector<Command> sharing = SharingCommands();
  commands.insert(commands.end(), sharing.begin(), sharing.end());
  return commands;
}

}  // namespace ch8::cli
