#include "services/information/core/reports.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "chapter8/information/v1/information_service.pb.h"
#include "services/information/core/erasures.h"
#include "services/information/core/rules.h"
#include "services/kernel/due.h"
#include "services/kernel/fields.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "services/kernel/resources.h"
#include "services/kernel/spoken_ids.h"
#include "storage/base/status_macros.h"

namespace ch8::information {
namespace {

using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::InformationEvent;
using v1::Report;

constexpr absl::string_view kCollection = "reports/";
constexpr size_t kSaltSizeMin = 16;
constexpr size_t kSaltSizeMax = 64;
constexpr int kGroupsMax = 20;
constexpr size_t kDueMax = 256;
constexpr uint32_t kCredibilityMax = 6;

// How fine a place is.
enum class Grain { kNone, kCountry, kSubdivision, kLocode };

bool All(absl::string_view text, bool (*is)(unsigned char)) {
  return std::all_of(text.begin(), text.end(),
                     [is](char c) { return is(static_cast<unsigned char>(c)); });
}

bool IsLocodeLetter(unsigned char c) { return absl::ascii_isupper(c) || (c >= '2' && c <= '9'); }
bool IsCodeLetter(unsigned char c) { return absl::ascii_isupper(c) || absl::ascii_isdigit(c); }

// NG, NG-BO, NGMIU; kNone for anything else, e.g. coordinates or a village's name.
Grain GrainOf(absl::string_view place) {
  constexpr size_t kCountrySize = 2;
  constexpr size_t kLocodeSize = 5;
  constexpr size_t kSubdivisionSizeMax = 6;
  if (place.size() < kCountrySize || !All(place.substr(0, kCountrySize), absl::ascii_isupper)) {
    return Grain::kNone;
  }
  const absl::string_view rest = place.substr(kCountrySize);
  if (rest.empty()) return Grain::kCountry;
  if (rest[0] == '-') {
    const bool fits = rest.size() > 1 && place.size() <= kSubdivisionSizeMax;
    return fits && All(rest.substr(1), IsCodeLetter) ? Grain::kSubdivision : Grain::kNone;
  }
  return place.size() == kLocodeSize && All(rest, IsLocodeLetter) ? Grain::kLocode : Grain::kNone;
}

absl::string_view CountryOf(absl::string_view place) { return place.substr(0, 2); }

// The end of the retention day, in ledger time.
std::optional<kernel::Due> RetentionOf(const Report& report) {
  const std::optional<absl::CivilDay> last = kernel::DayOf(report.retain_until());
  if (!last.has_value()) return std::nullopt;
  const absl::Time end = absl::FromCivil(*last + 1, absl::UTCTimeZone());
  return kernel::Due{.time_us = absl::ToUnixMicros(end), .name = report.name()};
}

absl::Status CheckBody(const v1::FileReportRequest& request) {
  const absl::string_view title = request.body().title();
  const bool control = std::any_of(title.begin(), title.end(), [](char c) {
    return absl::ascii_iscntrl(static_cast<unsigned char>(c));
  });
  if (title.empty() || title.size() > kTitleSizeMax || control) {
    return kernel::Invalid("BAD_BODY", "the title must be one line of 1 to 200 bytes",
                           {{"field", "body.title"}});
  }
  if (request.body().narrative().empty() || request.body().narrative().size() > kNarrativeSizeMax) {
    return kernel::Invalid("BAD_BODY", "the narrative must have 1 to 262144 bytes",
                           {{"field", "body.narrative"}});
  }
  if (request.salt().size() < kSaltSizeMin || request.salt().size() > kSaltSizeMax) {
    return kernel::Invalid("BAD_SALT", "salt must be 16 to 64 random bytes", {{"field", "salt"}});
  }
  return absl::OkStatus();
}

absl::Status CheckGroups(const Report& asked, const State& state) {
  if (asked.groups_size() > kGroupsMax) {
    return kernel::BadField("resource.groups", "are more than 20");
  }
  for (const std::string& group : asked.groups()) {
    RETURN_IF_ERROR(kernel::FindResource<v1::Group>(state.rows, group, kGroups).status());
  }
  return absl::OkStatus();
}

// A sanitised version says no more of place and time than what it is made of (rule I-5).
absl::Status CheckDerivation(const Context& context, const Report& asked, const State& state) {
  if (asked.derived_from().empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Report source, FindOwnReport(context, state.rows, asked.derived_from()));
  if (!IsReadable(source)) {
    return kernel::NotNow("ENDED",
                          absl::StrCat(source.name(), " is ", Report::State_Name(source.state())),
                          {{"instead", kernel::ShowCommand(kReports, source.name())}});
  }
  const bool finer = GrainOf(asked.place()) > GrainOf(source.place()) ||
                     asked.date_precision() < source.date_precision();
  if (!finer && CountryOf(asked.place()) == CountryOf(source.place())) return absl::OkStatus();
  return kernel::NotNow(
      "NOT_COARSER",
      absl::StrCat("a sanitised version must not be finer in place or time than ", source.name()),
      {{"rule", "I-5"},
       {"place", source.place()},
       {"date_precision", Report::DatePrecision_Name(source.date_precision())},
       {"instead", kernel::ShowCommand(kReports, source.name())}});
}

absl::Status CheckSuperseded(const Context& context, const Report& asked, const State& state) {
  if (asked.supersedes().empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(const Report old, FindOwnReport(context, state.rows, asked.supersedes()));
  if (old.state() == Report::FILED || old.state() == Report::RELEASED) return absl::OkStatus();
  return kernel::NotNow("ENDED", absl::StrCat(old.name(), " is ", Report::State_Name(old.state())),
                        {{"instead", kernel::ShowCommand(kReports, old.name())}});
}

// What the officer says of it, and nothing that only a ledger may say.
Report AsAsked(const Report& asked) {
  Report report = asked;
  report.clear_name();
  report.clear_originator();
  report.clear_body_digest();
  report.clear_body_size_bytes();
  report.clear_state();
  report.clear_author();
  report.clear_reviewer();
  report.clear_received_from();
  report.clear_recall_reason();
  report.clear_superseded_by();
  report.clear_etag();
  return report;
}

absl::StatusOr<Decision> FileReport(const Context& context, const v1::FileReportRequest& request,
                                    const State& state) {
  const Report& asked = request.resource();
  RETURN_IF_ERROR(CheckReportFields(asked));
  const absl::CivilDay today = kernel::DayOf(context.time);
  if (*kernel::DayOf(asked.event_date()) > today) {
    return kernel::Invalid("BAD_DATES", "resource.event_date lies in the future");
  }
  if (*kernel::DayOf(asked.retain_until()) < today) {
    return kernel::Invalid("BAD_DATES", "resource.retain_until lies in the past");
  }
  RETURN_IF_ERROR(CheckBody(request));
  RETURN_IF_ERROR(CheckGroups(asked, state));
  RETURN_IF_ERROR(CheckDerivation(context, asked, state));
  RETURN_IF_ERROR(CheckSuperseded(context, asked, state));

  Decision decision;
  const std::string content = request.body().SerializeAsString();
  decision.bodies.push_back(
      kernel::MakeBody(Sha256({"ch8-body/v1\n", context.random, request.salt()}), content));
  Report report = AsAsked(asked);
  report.set_name(absl::StrCat(
      kCollection, kernel::NextSpokenId(state.rows, {.kind = kReportKind,
                                                     .organization = context.organization,
                                                     .time = context.time})));
  report.set_originator(context.organization);
  report.set_body_digest(std::string(decision.bodies.front().digest.view()));
  report.set_body_size_bytes(content.size());
  InformationEvent event;
  *event.mutable_report_filed()->mutable_report() = report;
  decision.events.push_back(kernel::DomainEvent(event));
  decision.reply = kernel::ReplyWith<Report>(report.name());
  return decision;
}

absl::StatusOr<Decision> ReviewReport(const Context& context,
                                      const v1::ReviewReportRequest& request, const State& state) {
  ASSIGN_OR_RETURN(const Report report, FindOwnReport(context, state.rows, request.name()));
  const std::string show = kernel::ShowCommand(kReports, report.name());
  if (report.derived_from().empty()) {
    return kernel::NotNow("NOT_SANITISED",
                          absl::StrCat(report.name(), " is no sanitised version of another report"),
                          {{"rule", "I-5"}, {"instead", show}});
  }
  if (report.reviewer() != 0) {
    return kernel::NotNow("ALREADY_REVIEWED", absl::StrCat(report.name(), " is reviewed already"),
                          {{"instead", show}});
  }
  RETURN_IF_ERROR(CheckOtherPerson(context, report.author(), report.name(), show));
  InformationEvent event;
  event.mutable_report_reviewed()->set_report(report.name());
  return Decision{{kernel::DomainEvent(event)}, kernel::ReplyWith<Report>(report.name())};
}

absl::StatusOr<Report> GetReport(const Context&, const v1::GetReportRequest& request,
                                 const State& state) {
  ASSIGN_OR_RETURN(const Report row, FindReport(state.rows, request.name()));
  return kernel::WithEtag(row);
}

absl::StatusOr<v1::ListReportsResponse> ListReports(const Context&,
                                                    const v1::ListReportsRequest& request,
                                                    const State& state) {
  return kernel::ListPage<Report, v1::ListReportsRequest, v1::ListReportsResponse>(
      state.rows, kCollection, request,
      [&](const Report& row) {
        return request.state() == Report::STATE_UNSPECIFIED || row.state() == request.state();
      },
      [](const Report& row, v1::ListReportsResponse& response) {
        *response.add_reports() = kernel::WithEtag(row);
      });
}

absl::StatusOr<v1::ReportBody> GetReportBody(const Context&,
                                             const v1::GetReportBodyRequest& request,
                                             const State& state) {
  ASSIGN_OR_RETURN(const Report row, FindReport(state.rows, request.name()));
  if (row.state() == Report::ERASED) return RefuseErased(state.rows, row, "ERASED");
  // What a legal hold keeps is kept to be read by those who may.
  const bool held =
      row.state() == Report::ERASURE_OWED && row.recall_reason() == v1::Recall::REASON_UNSPECIFIED;
  if (!IsReadable(row) && !held) {
    return kernel::NotNow(Report::State_Name(row.state()),
                          absl::StrCat("the content of ", row.name(), " is not served: it is ",
                                       Report::State_Name(row.state())),
                          {{"instead", kernel::ShowCommand(kReports, row.name())}});
  }
  ASSIGN_OR_RETURN(const Hash digest, Hash::FromBytes(row.body_digest()));
  const absl::StatusOr<std::string> bytes =
      state.bodies == nullptr ? absl::NotFoundError("no body store") : state.bodies->Get(digest);
  if (absl::IsNotFound(bytes.status())) {
    return kernel::Unknown("BODY_NOT_HERE", absl::StrCat("the content of ", row.name()),
                           kernel::ShowCommand(kReports, row.name()));
  }
  RETURN_IF_ERROR(bytes.status());
  ASSIGN_OR_RETURN(const std::string content, kernel::ContentOf(digest, *bytes));
  v1::ReportBody body;
  if (!body.ParseFromString(content)) {
    return kernel::NotNow("BODY_MALFORMED",
                          absl::StrCat("the content of ", row.name(), " does not parse"),
                          {{"instead", kernel::ShowCommand(kReports, row.name())}});
  }
  return body;
}

absl::StatusOr<v1::ListDisclosuresResponse> ListDisclosures(
    const Context&, const v1::ListDisclosuresRequest& request, const State& state) {
  RETURN_IF_ERROR(FindReport(state.rows, request.report()).status());
  return kernel::ListPage<v1::Disclosure, v1::ListDisclosuresRequest, v1::ListDisclosuresResponse>(
      state.rows, DisclosuresOf(request.report()), request,
      [](const v1::Disclosure&) { return true; },
      [](const v1::Disclosure& row, v1::ListDisclosuresResponse& response) {
        *response.add_disclosures() = row;
      });
}

// An own report that this one replaces, here or at a recipient.
void Supersede(const Report& by, kernel::Rows& rows) {
  if (by.supersedes().empty()) return;
  std::optional<Report> old = kernel::TableReader<Report>(rows).Find(by.supersedes());
  if (!old.has_value() || old->originator() != by.originator() || !IsReadable(*old)) return;
  old->set_state(Report::SUPERSEDED);
  old->set_superseded_by(by.name());
  kernel::PutRow(rows, *old);
}

void PutReport(const Report& report, kernel::Rows& rows) {
  kernel::PutRow(rows, report);
  rows.Put(Table::kRows, BodyKey(report.body_digest(), report.name()), report.name());
  if (const std::optional<kernel::Due> due = RetentionOf(report); due.has_value()) {
    kernel::PutDue(*due, rows);
  }
  Supersede(report, rows);
}

}  // namespace

absl::StatusOr<Report> FindReport(const kernel::RowReader& rows, absl::string_view name) {
  return kernel::FindResource<Report>(rows, name, kReports);
}

absl::StatusOr<Report> FindOwnReport(const Context& context, const kernel::RowReader& rows,
                                     absl::string_view name) {
  ASSIGN_OR_RETURN(const Report report, FindReport(rows, name));
  if (report.originator() == context.organization) return report;
  return kernel::NotNow("NOT_ORIGINATOR",
                        absl::StrCat(report.name(), " is ", report.originator(),
                                     "'s; only the originator may do this"),
                        {{"rule", "I-4"},
                         {"originator", report.originator()},
                         {"instead", kernel::ShowCommand(kReports, report.name())}});
}

absl::Status CheckReportFields(const Report& report) {
  if (!IsSet(report.kind(), Report::Kind_IsValid)) {
    return kernel::BadField("resource.kind", "is missing or unknown");
  }
  if (!IsSet(report.theme(), Report::Theme_IsValid)) {
    return kernel::BadField("resource.theme", "is missing or unknown");
  }
  if (!kernel::DayOf(report.event_date()).has_value()) {
    return kernel::Invalid("BAD_DATES", "resource.event_date must be a day of the calendar");
  }
  if (!IsSet(report.date_precision(), Report::DatePrecision_IsValid)) {
    return kernel::BadField("resource.date_precision", "is missing or unknown");
  }
  if (GrainOf(report.place()) == Grain::kNone) {
    return kernel::Invalid(
        "BAD_PLACE", "resource.place must be a country, a subdivision or a UN/LOCODE",
        {{"rule", "I-1"}, {"form", "NG, NG-BO or NGMIU"}, {"field", "resource.place"}});
  }
  if (!IsSet(report.reliability(), Report::Reliability_IsValid)) {
    return kernel::BadField("resource.reliability", "must be A to F");
  }
  if (report.credibility() == 0 || report.credibility() > kCredibilityMax) {
    return kernel::BadField("resource.credibility", "must be 1 to 6");
  }
  if (!IsSet(report.tlp(), v1::Tlp_IsValid)) {
    return kernel::BadField("resource.tlp", "is missing or unknown");
  }
  if (!IsSet(report.classification(), v1::Classification_IsValid)) {
    return kernel::BadField("resource.classification", "is missing or unknown");
  }
  if (!kernel::DayOf(report.retain_until()).has_value()) {
    return kernel::Invalid("BAD_DATES", "resource.retain_until must be a day of the calendar");
  }
  return absl::OkStatus();
}

void AddReportRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.information.v1.ReportService/";
  constexpr auto kSnapshot = kernel::ReadPath::kSnapshot;
  routes.AddCommand<v1::FileReportRequest>(service + "FileReport", FileReport);
  routes.AddCommand<v1::ReviewReportRequest>(service + "ReviewReport", ReviewReport);
  routes.AddRead<v1::GetReportRequest>(service + "GetReport", kSnapshot, GetReport);
  routes.AddRead<v1::ListReportsRequest>(service + "ListReports", kSnapshot, ListReports);
  routes.AddRead<v1::GetReportBodyRequest>(service + "GetReportBody", kSnapshot, GetReportBody);
  routes.AddRead<v1::ListDisclosuresRequest>(service + "ListDisclosures", kSnapshot,
                                             ListDisclosures);
}

std::vector<kernel::Event> DecideReportsDue(const Context& context, const State& state) {
  std::vector<kernel::Event> events;
  for (const std::string& name : kernel::DueNames(state.rows, context.time, kDueMax)) {
    InformationEvent event;
    event.mutable_report_expired()->set_report(name);
    events.push_back(kernel::DomainEvent(event));
  }
  return events;
}

void ApplyReportFiled(const kernel::Applied& applied, const InformationEvent::ReportFiled& event,
                      kernel::Rows& rows) {
  Report report = event.report();
  report.set_state(Report::FILED);
  report.set_author(applied.request.person());
  PutReport(report, rows);
  kernel::CountSpokenId(kernel::IdOf(report.name()), rows);
}

void ApplyReportReviewed(const kernel::Applied& applied,
                         const InformationEvent::ReportReviewed& event, kernel::Rows& rows) {
  std::optional<Report> report = kernel::TableReader<Report>(rows).Find(event.report());
  if (!report.has_value()) return;
  report->set_reviewer(applied.request.person());
  kernel::PutRow(rows, *report);
}

void ApplyReportReceived(const kernel::Applied& applied,
                         const InformationEvent::ReportReceived& event, kernel::Rows& rows) {
  const std::string given = GivenKey(event.report().name(), event.received_from());
  const bool first_word = event.received_from() == event.report().originator() &&
                          !rows.Get(Table::kRows, given).has_value();
  rows.Put(Table::kRows, given, applied.request.delivery().origin());
  const auto known = kernel::TableReader<Report>(rows).Find(event.report().name());
  if (known.has_value() && !first_word) return;
  if (known.has_value()) {  // A relay's word of it: its originator's takes its place.
    EndRetention(*known, rows);
    rows.Delete(Table::kRows, BodyKey(known->body_digest(), known->name()));
    if (IsErased(*known)) rows.Delete(Table::kRows, ErasureName(known->name()));
  }
  Report report = event.report();
  report.set_state(Report::FILED);
  report.set_received_from(event.received_from());
  PutReport(report, rows);
}

void ApplyReportExpired(const InformationEvent::ReportExpired& event, kernel::Rows& rows) {
  std::optional<Report> report = kernel::TableReader<Report>(rows).Find(event.report());
  if (!report.has_value()) return;
  EndRetention(*report, rows);
  if (!IsReadable(*report)) return;
  report->set_state(Report::EXPIRED);
  kernel::PutRow(rows, *report);
}

void EndRetention(const Report& report, kernel::Rows& rows) {
  if (const std::optional<kernel::Due> due = RetentionOf(report); due.has_value()) {
    kernel::DeleteDue(*due, rows);
  }
}

}  // namespace ch8::information
