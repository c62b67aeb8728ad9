#include "services/training/core/standards.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "chapter8/training/v1/training_service.pb.h"
#include "services/kernel/fields.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "services/kernel/spoken_ids.h"
#include "storage/base/status_macros.h"

namespace ch8::training {
namespace {

using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::Standard;

constexpr absl::string_view kCollection = "standards/";
constexpr uint32_t kBasisPoints = 10'000;
constexpr uint32_t kMonthsMax = 120;

kernel::Event RecordedEvent(const Standard& standard) {
  v1::TrainingEvent event;
  *event.mutable_standard_recorded()->mutable_standard() = standard;
  return kernel::DomainEvent(event);
}

absl::Status CheckStandard(const Standard& asked) {
  const bool of_women = asked.category() != v1::CATEGORY_UNSPECIFIED;
  const bool of_gap = asked.conference() != v1::CONFERENCE_KIND_UNSPECIFIED;
  if (of_women == of_gap) {
    return kernel::BadField("resource.category", "or resource.conference is needed, not both");
  }
  if (of_women && !v1::Category_IsValid(asked.category())) {
    return kernel::BadField("resource.category", "is unknown");
  }
  if (of_gap && !v1::ConferenceKind_IsValid(asked.conference())) {
    return kernel::BadField("resource.conference", "is unknown");
  }
  if (of_women ? asked.women_bp() == 0 || asked.women_bp() > kBasisPoints : asked.women_bp() > 0) {
    return kernel::BadField("resource.women_bp", "must be from 1 to 10,000 with a category");
  }
  if (of_gap ? asked.months_min() == 0 || asked.months_min() > kMonthsMax
             : asked.months_min() > 0) {
    return kernel::BadField("resource.months_min", "must be from 1 to 120 with a conference");
  }
  RETURN_IF_ERROR(kernel::CheckText(asked.source(), "resource.source"));
  if (DaysOf(asked.in_force()).has_value()) return absl::OkStatus();
  return kernel::Invalid("BAD_DATES", "resource.in_force must be a first and a last day",
                         {{"field", "resource.in_force"}});
}

absl::StatusOr<Decision> ProposeStandard(const Context& context,
                                         const v1::ProposeStandardRequest& request,
                                         const State& state) {
  const Standard& asked = request.resource();
  RETURN_IF_ERROR(CheckStandard(asked));
  Standard standard;
  standard.set_name(absl::StrCat(
      kCollection, kernel::NextSpokenId(state.rows, {.kind = kStandardIdKind,
                                                     .organization = context.organization,
                                                     .time = context.time})));
  standard.set_category(asked.category());
  standard.set_women_bp(asked.women_bp());
  standard.set_conference(asked.conference());
  standard.set_months_min(asked.months_min());
  *standard.mutable_in_force() = asked.in_force();
  standard.set_source(asked.source());
  standard.set_state(Standard::PROPOSED);
  standard.set_proposed_by(context.actor.person);
  return Decision{{RecordedEvent(standard)}, kernel::ReplyWith<Standard>(standard.name())};
}

absl::StatusOr<Decision> ConfirmStandard(const Context& context,
                                         const v1::ConfirmStandardRequest& request,
                                         const State& state) {
  ASSIGN_OR_RETURN(Standard standard,
                   kernel::FindResource<Standard>(state.rows, request.name(), kStandardKind));
  const std::string show = kernel::ShowCommand(kStandardKind, standard.name());
  if (standard.state() != Standard::PROPOSED) {
    return kernel::NotNow("NOT_PROPOSED", absl::StrCat(standard.name(), " is confirmed already"),
                          {{"instead", show}});
  }
  if (standard.proposed_by() == context.actor.person) {
    return kernel::NotNow(
        "SAME_PERSON",
        absl::StrCat(standard.name(), " was entered by the same person, who cannot confirm it"),
        {{"rule", "X-3"}, {"instead", show}});
  }
  standard.set_state(Standard::CONFIRMED);
  standard.set_confirmed_by(context.actor.person);
  return Decision{{RecordedEvent(standard)}, kernel::ReplyWith<Standard>(standard.name())};
}

absl::StatusOr<Standard> GetStandard(const Context&, const v1::GetStandardRequest& request,
                                     const State& state) {
  ASSIGN_OR_RETURN(const Standard row,
                   kernel::FindResource<Standard>(state.rows, request.name(), kStandardKind));
  return kernel::WithEtag(row);
}

absl::StatusOr<v1::ListStandardsResponse> ListStandards(const Context&,
                                                        const v1::ListStandardsRequest& request,
                                                        const State& state) {
  return kernel::ListPage<Standard, v1::ListStandardsRequest, v1::ListStandardsResponse>(
      state.rows, kCollection, request, [](const Standard&) { return true; },
      [](const Standard& row, v1::ListStandardsResponse& response) {
        *response.add_standards() = kernel::WithEtag(row);
      });
}

// The confirmed standard in force on `day` that `fits`; of several, the one confirmed last.
template <typename Fits>
std::optional<Standard> InForce(const kernel::RowReader& rows, absl::CivilDay day, Fits fits) {
  std::optional<Standard> found;
  kernel::TableReader<Standard>(rows).Scan(kCollection, "", [&](const Standard& row) {
    const std::optional<Days> days = DaysOf(row.in_force());
    if (row.state() == Standard::CONFIRMED && fits(row) && days.has_value() && days->first <= day &&
        day <= days->last && (!found.has_value() || row.confirmed_at() > found->confirmed_at())) {
      found = row;
    }
    return true;
  });
  return found;
}

// So many months before, on the same day of the month or, where it has none, on its last.
absl::CivilDay MonthsBefore(absl::CivilDay day, uint32_t months) {
  const absl::CivilMonth month = absl::CivilMonth(day) - static_cast<int64_t>(months);
  const absl::CivilDay last = absl::CivilDay(month + 1) - 1;
  return std::min(absl::CivilDay(month) + (day.day() - 1), last);
}

}  // namespace

std::optional<Standard> WomenStandard(const kernel::RowReader& rows, v1::Category category,
                                      absl::CivilDay day) {
  return InForce(rows, day, [&](const Standard& row) {
    return row.category() == category && row.women_bp() > 0;
  });
}

uint32_t WomenNeeded(uint32_t seats, uint32_t women_bp) {
  const uint64_t scaled = uint64_t{seats} * women_bp + (kBasisPoints - 1);
  return static_cast<uint32_t>(scaled / kBasisPoints);
}

std::vector<v1::PlanningWarning> PlanningWarnings(
    const kernel::RowReader& rows,
    const google::protobuf::RepeatedPtrField<v1::Conference>& conferences, absl::CivilDay start) {
  std::vector<v1::PlanningWarning> warnings;
  for (const v1::Conference& conference : conferences) {
    const std::optional<absl::CivilDay> day = kernel::DayOf(conference.date());
    const std::optional<Standard> standard = InForce(rows, start, [&](const Standard& row) {
      return row.conference() == conference.kind() && row.months_min() > 0;
    });
    if (!day.has_value() || !standard.has_value()) continue;
    const absl::CivilDay latest = MonthsBefore(start, standard->months_min());
    if (*day <= latest) continue;
    v1::PlanningWarning& warning = warnings.emplace_back();
    warning.set_conference(conference.kind());
    *warning.mutable_date() = conference.date();
    *warning.mutable_latest() = DateOf(latest);
    warning.set_months_min(standard->months_min());
    warning.set_days_short(static_cast<uint32_t>(*day - latest));
    warning.set_standard(standard->name());
  }
  return warnings;
}

void AddStandardRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.training.v1.StandardService/";
  routes.AddCommand<v1::ProposeStandardRequest>(service + "ProposeStandard", ProposeStandard);
  routes.AddCommand<v1::ConfirmStandardRequest>(service + "ConfirmStandard", ConfirmStandard);
  routes.AddRead<v1::GetStandardRequest>(service + "GetStandard", kernel::ReadPath::kSnapshot,
                                         GetStandard);
  routes.AddRead<v1::ListStandardsRequest>(service + "ListStandards", kernel::ReadPath::kSnapshot,
                                           ListStandards);
}

void ApplyStandardRecorded(const kernel::Applied& applied,
                           const v1::TrainingEvent::StandardRecorded& event, kernel::Rows& rows) {
  Standard row = event.standard();
  if (row.state() == Standard::CONFIRMED) {
    row.set_confirmed_at(applied.index);
  } else {
    kernel::CountSpokenId(kernel::IdOf(row.name()), rows);
  }
  kernel::PutRow(rows, row);
}

}  // namespace ch8::training
