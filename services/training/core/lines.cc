#include "services/training/core/lines.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/kernel/authority.h"
#include "services/kernel/fields.h"
#include "services/kernel/mandate_facts.h"
#include "services/kernel/names.h"
#include "services/kernel/refusal.h"
#include "services/training/core/bookables.h"
#include "services/training/core/calendars.h"
#include "services/training/core/standards.h"
#include "storage/base/status_macros.h"

namespace ch8::training {
namespace {

using chapter8::directory::v1::Organization;
using chapter8::type::v1::PersonCount;
using kernel::Context;
using kernel::State;
using v1::Line;

constexpr uint64_t kBasisPoints = 10'000;
constexpr size_t kCodeSizeMax = 20;

std::string BookablePattern(const Line& line) {
  return absl::StrCat(line.organization(),
                      line.kind() == Line::VENUE ? "/venues/*" : "/instructors/*");
}

absl::Status CheckSeatFigures(const Line& asked) {
  if (asked.quantity() == 0 || asked.quantity() > kSeatsMax) {
    return kernel::BadField("line.quantity", "must be from 1 to 100,000 seats");
  }
  if (asked.category() == v1::CATEGORY_UNSPECIFIED || !v1::Category_IsValid(asked.category())) {
    return kernel::BadField("line.category", "is missing or unknown");
  }
  if (asked.women_min() > asked.quantity()) {
    return kernel::BadField("line.women_min", "is more than the seats");
  }
  if (asked.leadership() > asked.quantity()) {
    return kernel::BadField("line.leadership", "is more than the seats");
  }
  if (asked.leadership_women_min() > asked.leadership()) {
    return kernel::BadField("line.leadership_women_min", "is more than the leadership posts");
  }
  return asked.unit().empty() ? absl::OkStatus()
                              : kernel::CheckName(asked.unit(), "units/*", "line.unit");
}

// Rules F-20, for seats that another organization gets, and T-8: the women's minimum is at least
// the share in force on the first day.
absl::StatusOr<Line> NewSeats(const Context& context, const State& state, const Line& asked,
                              const Days& days) {
  RETURN_IF_ERROR(CheckSeatFigures(asked));
  if (asked.organization() != context.organization) {
    RETURN_IF_ERROR(kernel::CheckSupport(context, state.rows, asked.unit(), "ch8 clearance list"));
  }
  Line line;
  line.set_kind(Line::SEATS);
  line.set_organization(asked.organization());
  line.set_quantity(asked.quantity());
  line.set_category(asked.category());
  line.set_unit(asked.unit());
  line.set_women_min(asked.women_min());
  line.set_leadership(asked.leadership());
  line.set_leadership_women_min(asked.leadership_women_min());
  const std::optional<v1::Standard> standard =
      WomenStandard(state.rows, asked.category(), days.first);
  if (!standard.has_value()) return line;
  line.set_women_target_bp(standard->women_bp());
  const uint32_t needed = WomenNeeded(asked.quantity(), standard->women_bp());
  if (asked.women_min() >= needed) return line;
  return kernel::NotNow(
      "WOMEN_MINIMUM",
      absl::StrCat(asked.quantity(), " seats of ", v1::Category_Name(asked.category()), " need ",
                   needed, " for women at least, not ", asked.women_min(), ": ", standard->name(),
                   " asks for ", standard->women_bp(), " basis points"),
      {{"rule", "T-8"},
       {"seats", absl::StrCat(asked.quantity())},
       {"women_min", absl::StrCat(asked.women_min())},
       {"needed", absl::StrCat(needed)},
       {"target_bp", absl::StrCat(standard->women_bp())},
       {"standard", standard->name()},
       {"instead", kernel::ShowCommand(kStandardKind, standard->name())}});
}

absl::Status CheckCode(absl::string_view code, absl::string_view field) {
  RETURN_IF_ERROR(kernel::CheckOptionalText(code, field));
  return code.size() <= kCodeSizeMax ? absl::OkStatus()
                                     : kernel::BadField(field, "is longer than 20 bytes");
}

absl::StatusOr<Line> NewAsk(const Context& context, const State& state, const Line& asked,
                            const Days& days) {
  RETURN_IF_ERROR(kernel::CheckName(asked.bookable(), BookablePattern(asked), "line.bookable"));
  Line line;
  line.set_kind(asked.kind());
  line.set_organization(asked.organization());
  line.set_bookable(asked.bookable());
  line.set_quantity(static_cast<uint32_t>(days.count()));
  if (asked.kind() == Line::INSTRUCTOR) {
    RETURN_IF_ERROR(CheckCode(asked.qualification(), "line.qualification"));
    RETURN_IF_ERROR(CheckCode(asked.language(), "line.language"));
    line.set_qualification(asked.qualification());
    line.set_language(asked.language());
  }
  if (asked.organization() == context.organization) {
    RETURN_IF_ERROR(FindBookable(state.rows, asked.bookable()).status());
  }
  return line;
}

// A limit within a line, of which some is kept for women.
struct Places {
  absl::string_view noun;
  uint32_t count = 0;
  uint32_t women_min = 0;
};

absl::Status CheckWomen(const v1::Exercise& exercise, const Line& line, const Places& places,
                        const PersonCount& persons) {
  const uint64_t others = TotalOf(persons) - persons.female();
  const uint64_t open = places.count - places.women_min;
  if (others <= open) return absl::OkStatus();
  return kernel::NotNow(
      "WOMEN_MINIMUM",
      absl::StrCat("of ", places.count, " ", places.noun, " of line ", line.number(), " of ",
                   exercise.name(), ", ", places.women_min, " are kept for women: ", others,
                   " others are more than ", open),
      {{"rule", "T-8"},
       {"line", absl::StrCat(line.number())},
       {"places", std::string(places.noun)},
       {"seats", absl::StrCat(places.count)},
       {"women_min", absl::StrCat(places.women_min)},
       {"women", absl::StrCat(persons.female())},
       {"available", absl::StrCat(open)},
       {"wanted", absl::StrCat(others)},
       {"instead", absl::StrCat("ch8 exercise seats ", kernel::IdOf(exercise.name()))}});
}

absl::Status CheckRoom(const v1::Exercise& exercise, const Line& line, absl::string_view reason,
                       const Places& places, const PersonCount& persons) {
  if (TotalOf(persons) <= places.count) return absl::OkStatus();
  return kernel::NotNow(
      reason,
      absl::StrCat("line ", line.number(), " of ", exercise.name(), " has ", places.count, " ",
                   places.noun, ", fewer than the ", TotalOf(persons), " nominated"),
      {{"rule", "T-6"},
       {"line", absl::StrCat(line.number())},
       {"available", absl::StrCat(places.count)},
       {"wanted", absl::StrCat(TotalOf(persons))},
       {"instead", absl::StrCat("ch8 exercise seats ", kernel::IdOf(exercise.name()))}});
}

}  // namespace

const Line* FindLine(const v1::Exercise& exercise, uint32_t number) {
  for (const Line& line : exercise.lines()) {
    if (line.number() == number) return &line;
  }
  return nullptr;
}

absl::StatusOr<Line> NewLine(const Context& context, const State& state, const Line& asked,
                             const Days& days) {
  RETURN_IF_ERROR(kernel::CheckName(asked.organization(), "organizations/*", "line.organization"));
  const auto organization = kernel::FindOrganization(state.rows, asked.organization());
  if (asked.organization() != context.organization &&
      (!organization.has_value() || organization->state() != Organization::PINNED)) {
    return kernel::NotNow("NOT_PINNED",
                          absl::StrCat(asked.organization(), " is not an organization pinned here"),
                          {{"instead", "ch8 org list"}});
  }
  if (asked.kind() == Line::SEATS) return NewSeats(context, state, asked, days);
  if (asked.kind() == Line::VENUE || asked.kind() == Line::INSTRUCTOR) {
    return NewAsk(context, state, asked, days);
  }
  return kernel::BadField("line.kind", "is missing or unknown");
}

bool WellFormedLine(const Line& line, const Days& days) {
  if (!kernel::CheckName(line.organization(), "organizations/*", "organization").ok()) return false;
  if (line.has_location() && !CheckLocation(line.location()).ok()) return false;
  if (line.kind() == Line::SEATS) return CheckSeatFigures(line).ok();
  return (line.kind() == Line::VENUE || line.kind() == Line::INSTRUCTOR) &&
         kernel::CheckName(line.bookable(), BookablePattern(line), "bookable").ok() &&
         CheckCode(line.qualification(), "qualification").ok() &&
         CheckCode(line.language(), "language").ok() && line.quantity() == days.count();
}

uint64_t TotalOf(const PersonCount& count) {
  return uint64_t{count.female()} + count.male() + count.unstated();
}

uint32_t WomenBp(const PersonCount& count) {
  return static_cast<uint32_t>(count.female() * kBasisPoints / TotalOf(count));
}

absl::Status CheckNominees(const v1::Exercise& exercise, const Line& line,
                           const Nominees& nominees) {
  const Places seats = {.noun = "seats", .count = line.quantity(), .women_min = line.women_min()};
  const Places posts = {.noun = "leadership posts",
                        .count = line.leadership(),
                        .women_min = line.leadership_women_min()};
  RETURN_IF_ERROR(CheckRoom(exercise, line, "SEATS_FULL", seats, nominees.nominated));
  RETURN_IF_ERROR(CheckRoom(exercise, line, "LEADERSHIP_FULL", posts, nominees.leaders));
  RETURN_IF_ERROR(CheckWomen(exercise, line, seats, nominees.nominated));
  return CheckWomen(exercise, line, posts, nominees.leaders);
}

void ChangeLine(const LineKey& key, kernel::Rows& rows, const std::function<void(Line&)>& change) {
  auto exercise = kernel::TableReader<v1::Exercise>(rows).Find(key.exercise);
  if (!exercise.has_value()) return;
  for (Line& line : *exercise->mutable_lines()) {
    if (line.number() == key.number) change(line);
  }
  kernel::PutRow(rows, *exercise);
}

}  // namespace ch8::training
