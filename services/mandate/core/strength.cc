#include "services/mandate/core/strength.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "chapter8/mandate/v1/mandate_service.pb.h"
#include "services/kernel/fields.h"
#include "services/kernel/paging.h"
#include "services/kernel/spoken_ids.h"
#include "services/mandate/core/decisions.h"
#include "services/mandate/core/scope.h"
#include "storage/base/status_macros.h"

namespace ch8::mandate {
namespace {

using kernel::Context;
using kernel::State;
using v1::GenderTarget;
using v1::StrengthLine;
using v1::StrengthReport;

constexpr absl::string_view kReports = "strengthReports/";
constexpr absl::string_view kTargets = "genderTargets/";
constexpr absl::string_view kSpokenKind = "STR";
constexpr int kLinesMax = 200;
constexpr uint32_t kPersonsMax = 1'000'000;
constexpr uint32_t kWholeBp = 10'000;
constexpr absl::string_view kUniformed = "person-uniformed";
constexpr absl::string_view kPolice = "person-police";

bool IsPolice(StrengthLine::Category category) {
  return category == StrengthLine::FORMED_POLICE || category == StrengthLine::INDIVIDUAL_POLICE;
}

absl::Status CheckCategory(StrengthLine::Category category, absl::string_view field) {
  if (category != StrengthLine::CATEGORY_UNSPECIFIED && StrengthLine::Category_IsValid(category)) {
    return absl::OkStatus();
  }
  return kernel::BadField(field, "is missing or unknown");
}

absl::Status CheckLine(const StrengthLine& line) {
  const std::string& code = line.contributor();
  const bool alpha3 = code.size() == 3 && std::all_of(code.begin(), code.end(), [](char c) {
                        return absl::ascii_isupper(static_cast<unsigned char>(c));
                      });
  if (!alpha3) return kernel::BadField("lines.contributor", "must be an ISO 3166 alpha-3 code");
  RETURN_IF_ERROR(CheckCategory(line.category(), "lines.category"));
  if (line.women() > kPersonsMax || line.men() > kPersonsMax) {
    return kernel::BadField("lines", absl::StrCat("count more than ", kPersonsMax, " persons"));
  }
  if (line.women_leading() > line.women() || line.men_leading() > line.men()) {
    return kernel::BadField("lines", "have more leading than there are");
  }
  return absl::OkStatus();
}

absl::Status CheckLines(const StrengthReport& asked) {
  if (asked.lines().empty() || asked.lines_size() > kLinesMax) {
    return kernel::BadField("resource.lines", absl::StrCat("must be 1 to ", kLinesMax));
  }
  std::set<std::pair<std::string, int>> seen;
  for (const StrengthLine& line : asked.lines()) {
    RETURN_IF_ERROR(CheckLine(line));
    if (!seen.emplace(line.contributor(), line.category()).second) {
      return kernel::BadField("resource.lines", "name a contributor's category twice");
    }
  }
  return absl::OkStatus();
}

bool IsLastOfMonth(absl::CivilDay day) {
  return absl::CivilMonth(day) != absl::CivilMonth(day + 1);
}

std::vector<GenderTarget> Targets(const kernel::RowReader& rows) {
  std::vector<GenderTarget> targets;
  kernel::TableReader<GenderTarget>(rows).Scan(kTargets, "", [&](const GenderTarget& target) {
    targets.push_back(target);
    return true;
  });
  return targets;
}

// The ceilings of the operation's decisions in force that the counts are above.
void CompareWithCeilings(const kernel::RowReader& rows, absl::CivilDay day,
                         StrengthReport& report) {
  uint64_t uniformed = 0;
  uint64_t police = 0;
  for (const StrengthLine& line : report.lines()) {
    const uint64_t count = uint64_t{line.women()} + line.men();
    uniformed += count;
    if (IsPolice(line.category())) police += count;
  }
  kernel::TableReader<v1::Decision>(rows).Scan("decisions/", "", [&](const v1::Decision& decision) {
    if (decision.operation() != report.operation() || !InForce(decision, day)) return true;
    for (const v1::Ceiling& ceiling : decision.ceilings()) {
      const uint64_t count = ceiling.unit() == kUniformed ? uniformed
                             : ceiling.unit() == kPolice  ? police
                                                          : 0;
      if (count <= ceiling.quantity()) continue;
      report.add_above_ceiling(absl::StrCat(ceiling.unit(), " ", count, " of ", ceiling.quantity(),
                                            " (", decision.symbol(), ")"));
    }
    return true;
  });
}

absl::StatusOr<kernel::Decision> ReportStrength(const Context& context,
                                                const v1::ReportStrengthRequest& request,
                                                const State& state) {
  StrengthReport report = request.resource();
  RETURN_IF_ERROR(kernel::CheckName(report.operation(), "operations/*", "resource.operation"));
  const std::optional<absl::CivilDay> day = kernel::DayOf(report.as_of());
  if (!day.has_value() || !IsLastOfMonth(*day) || *day > kernel::DayOf(context.time)) {
    return kernel::Invalid("BAD_DATES", "resource.as_of must be the last day of a past month");
  }
  RETURN_IF_ERROR(CheckLines(report));
  report.set_name(
      absl::StrCat(kReports, kernel::NextSpokenId(state.rows, {.kind = kSpokenKind,
                                                               .organization = context.organization,
                                                               .time = context.time})));
  report.clear_totals();
  report.clear_above_ceiling();
  report.clear_etag();
  report.set_certified_by(context.actor.person);
  for (const v1::StrengthTotal& total :
       TotalsOf({report.lines().begin(), report.lines().end()}, Targets(state.rows), *day)) {
    *report.add_totals() = total;
  }
  CompareWithCeilings(state.rows, *day, report);
  v1::MandateEvent event;
  *event.mutable_strength_reported() = report;
  return kernel::Decision{{kernel::DomainEvent(event)},
                          kernel::ReplyWith<StrengthReport>(report.name())};
}

absl::StatusOr<kernel::Decision> EnterGenderTarget(const Context& context,
                                                   const v1::EnterGenderTargetRequest& request,
                                                   const State& state) {
  RETURN_IF_ERROR(kernel::CheckId(request.gender_target_id(), "gender_target_id"));
  GenderTarget target = request.resource();
  RETURN_IF_ERROR(CheckCategory(target.category(), "resource.category"));
  if (target.women_bp() > kWholeBp) {
    return kernel::BadField("resource.women_bp", "is more than 10000 basis points");
  }
  RETURN_IF_ERROR(CheckDates(target.valid_from(), target.valid_to()));
  RETURN_IF_ERROR(kernel::CheckText(target.source(), "resource.source"));
  target.set_name(absl::StrCat(kTargets, request.gender_target_id()));
  if (kernel::TableReader<GenderTarget>(state.rows).Find(target.name()).has_value()) {
    return kernel::Taken("GENDER_TARGET_EXISTS", target.name(), "ch8 strength targets");
  }
  target.set_entered_by(context.actor.person);
  target.clear_etag();
  v1::MandateEvent event;
  *event.mutable_gender_target_recorded() = target;
  return kernel::Decision{{kernel::DomainEvent(event)},
                          kernel::ReplyWith<GenderTarget>(target.name())};
}

absl::StatusOr<StrengthReport> GetStrengthReport(const Context&,
                                                 const v1::GetStrengthReportRequest& request,
                                                 const State& state) {
  ASSIGN_OR_RETURN(StrengthReport report, kernel::FindResource<StrengthReport>(
                                              state.rows, request.name(), kStrengthReport));
  return kernel::WithEtag(std::move(report));
}

absl::StatusOr<v1::ListStrengthReportsResponse> ListStrengthReports(
    const Context&, const v1::ListStrengthReportsRequest& request, const State& state) {
  return kernel::ListPage<StrengthReport, v1::ListStrengthReportsRequest,
                          v1::ListStrengthReportsResponse>(
      state.rows, kReports, request, [](const StrengthReport&) { return true; },
      [](const StrengthReport& row, v1::ListStrengthReportsResponse& response) {
        *response.add_strength_reports() = kernel::WithEtag(row);
      });
}

absl::StatusOr<v1::ListGenderTargetsResponse> ListGenderTargets(
    const Context&, const v1::ListGenderTargetsRequest& request, const State& state) {
  return kernel::ListPage<GenderTarget, v1::ListGenderTargetsRequest,
                          v1::ListGenderTargetsResponse>(
      state.rows, kTargets, request, [](const GenderTarget&) { return true; },
      [](const GenderTarget& row, v1::ListGenderTargetsResponse& response) {
        *response.add_gender_targets() = kernel::WithEtag(row);
      });
}

}  // namespace

std::vector<v1::StrengthTotal> TotalsOf(const std::vector<StrengthLine>& lines,
                                        const std::vector<GenderTarget>& targets,
                                        absl::CivilDay day) {
  std::map<StrengthLine::Category, v1::StrengthTotal> totals;
  for (const StrengthLine& line : lines) {
    v1::StrengthTotal& total = totals[line.category()];
    total.set_category(line.category());
    total.set_women(total.women() + line.women());
    total.set_men(total.men() + line.men());
  }
  std::vector<v1::StrengthTotal> result;
  for (auto& [category, total] : totals) {
    const uint64_t persons = uint64_t{total.women()} + total.men();
    if (persons > 0) {
      total.set_women_bp(static_cast<uint32_t>(uint64_t{total.women()} * kWholeBp / persons));
    }
    absl::CivilDay since;
    for (const GenderTarget& target : targets) {
      const absl::CivilDay from = *kernel::DayOf(target.valid_from());
      if (target.category() != category || day < from || day > *kernel::DayOf(target.valid_to())) {
        continue;
      }
      if (total.target_bp() != 0 && from < since) continue;
      total.set_target_bp(target.women_bp());
      since = from;
    }
    result.push_back(total);
  }
  return result;
}

void AddStrengthRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.mandate.v1.StrengthService/";
  routes.AddCommand<v1::ReportStrengthRequest>(service + "ReportStrength", ReportStrength);
  routes.AddCommand<v1::EnterGenderTargetRequest>(service + "EnterGenderTarget", EnterGenderTarget);
  routes.AddRead<v1::GetStrengthReportRequest>(service + "GetStrengthReport",
                                               kernel::ReadPath::kSnapshot, GetStrengthReport);
  routes.AddRead<v1::ListStrengthReportsRequest>(service + "ListStrengthReports",
                                                 kernel::ReadPath::kSnapshot, ListStrengthReports);
  routes.AddRead<v1::ListGenderTargetsRequest>(service + "ListGenderTargets",
                                               kernel::ReadPath::kSnapshot, ListGenderTargets);
}

}  // namespace ch8::mandate
