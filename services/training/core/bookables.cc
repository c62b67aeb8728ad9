#include "services/training/core/bookables.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "chapter8/training/v1/training_service.pb.h"
#include "services/books/postings.h"
#include "services/kernel/fields.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "services/training/core/slots.h"
#include "storage/base/status_macros.h"

namespace ch8::training {
namespace {

using chapter8::books::v1::AccountOpened;
using kernel::Context;
using kernel::Decision;
using kernel::State;
using v1::Instructor;
using v1::Venue;

constexpr uint32_t kCapacityMax = 100'000;
constexpr int64_t kOpeningDaysMax = 20 * 366;
constexpr int kCodesMax = 50;
constexpr size_t kCodeSizeMax = 20;
constexpr int32_t kLatitudeMax = 90'000'000;
constexpr int32_t kLongitudeMax = 180'000'000;

std::string VenueCollection(const Context& context) {
  return absl::StrCat(context.organization, "/venues/");
}

std::string InstructorCollection(const Context& context) {
  return absl::StrCat(context.organization, "/instructors/");
}

// The stored row with its days.
template <typename Row>
Row Shown(const Row& stored, const kernel::Accounts& accounts) {
  Row row = kernel::WithEtag(stored);
  const absl::StatusOr<kernel::Balance> days = accounts.Find(row.account());
  const absl::StatusOr<kernel::Balance> given = accounts.Find(row.given_account());
  if (!days.ok() || !given.ok()) return row;  // A dry run's own row.
  row.set_available_days(days->available());
  row.set_held_days(static_cast<int64_t>(days->debits_held));
  row.set_given_days(given->credits_posted - given->debits_posted);
  return row;
}

template <typename Row>
std::function<std::string(const State&)> ReplyWith(std::string name) {
  return [name = std::move(name)](const State& after) {
    const auto row = kernel::TableReader<Row>(after.rows).Find(name);
    return Shown(row.value_or(Row()), after.accounts).SerializeAsString();
  };
}

// UN/LOCODE: two letters of the country, three of the place (A-Z, 2-9).
bool IsUnlocode(absl::string_view code) {
  constexpr size_t kCountrySize = 2;
  constexpr size_t kSize = 5;
  if (code.size() != kSize) return false;
  for (size_t i = 0; i < code.size(); ++i) {
    const bool letter = absl::ascii_isupper(static_cast<unsigned char>(code[i]));
    if (!letter && (i < kCountrySize || code[i] < '2' || code[i] > '9')) return false;
  }
  return true;
}

absl::StatusOr<Days> OpeningOf(const v1::DateRange& range) {
  const std::optional<Days> days = DaysOf(range);
  if (days.has_value() && days->count() <= kOpeningDaysMax) return *days;
  return kernel::Invalid("BAD_DATES",
                         "resource.opening must be a first and a last day, at most 20 years apart",
                         {{"field", "resource.opening"}});
}

// Opens the accounts of a bookable and moves the days of its opening in.
template <typename Row>
void OpenDays(const Days& opening, absl::string_view unit, uint32_t first, Row& row,
              kernel::Event& event) {
  books::OpenAccount({first, unit, AccountOpened::NONE}, event);
  books::OpenAccount({first + 1, unit, AccountOpened::CREDIT_BALANCE}, event);
  books::OpenAccount({first + 2, unit, AccountOpened::NONE}, event);
  books::Move({first, first + 1}, static_cast<uint64_t>(opening.count()), event);
  row.set_source_account(first);
  row.set_account(first + 1);
  row.set_given_account(first + 2);
}

absl::StatusOr<Decision> AddVenue(const Context& context, const v1::AddVenueRequest& request,
                                  const State& state) {
  RETURN_IF_ERROR(kernel::CheckId(request.venue_id(), "venue_id"));
  const Venue& asked = request.resource();
  RETURN_IF_ERROR(CheckLocation(asked.location()));
  if (asked.capacity() == 0 || asked.capacity() > kCapacityMax) {
    return kernel::BadField("resource.capacity", "must be from 1 to 100,000");
  }
  ASSIGN_OR_RETURN(const Days opening, OpeningOf(asked.opening()));
  const std::string name = absl::StrCat(VenueCollection(context), request.venue_id());
  if (kernel::TableReader<Venue>(state.rows).Find(name).has_value()) {
    return kernel::Taken("VENUE_EXISTS", name, kernel::ShowCommand(kVenueKind, name));
  }
  Venue venue;
  venue.set_name(name);
  *venue.mutable_location() = asked.location();
  venue.set_capacity(asked.capacity());
  *venue.mutable_opening() = asked.opening();
  kernel::Event accounts;
  OpenDays(opening, kVenueDayUnit, state.accounts.next_account(), venue, accounts);
  v1::TrainingEvent event;
  *event.mutable_venue_added()->mutable_venue() = venue;
  accounts.entry.set_domain_event(event.SerializeAsString());
  return Decision{{std::move(accounts)}, ReplyWith<Venue>(name)};
}

template <typename IsCode>
absl::Status CheckCodes(const google::protobuf::RepeatedPtrField<std::string>& codes,
                        absl::string_view field, absl::string_view form, IsCode is_code) {
  if (codes.size() <= kCodesMax && std::all_of(codes.begin(), codes.end(), is_code)) {
    return absl::OkStatus();
  }
  return kernel::BadField(field, absl::StrCat("must be at most ", kCodesMax, " of ", form));
}

bool IsQualification(const std::string& code) {
  return !code.empty() && code.size() <= kCodeSizeMax &&
         std::all_of(code.begin(), code.end(), [](unsigned char c) {
           return absl::ascii_isupper(c) || absl::ascii_isdigit(c) || c == '-';
         });
}

bool IsLanguage(const std::string& code) {
  return (code.size() == 2 || code.size() == 3) &&
         std::all_of(code.begin(), code.end(),
                     [](unsigned char c) { return absl::ascii_islower(c); });
}

absl::StatusOr<Decision> AddInstructor(const Context& context,
                                       const v1::AddInstructorRequest& request,
                                       const State& state) {
  RETURN_IF_ERROR(kernel::CheckId(request.instructor_id(), "instructor_id"));
  const Instructor& asked = request.resource();
  if (asked.person() == 0) return kernel::BadField("resource.person", "is missing");
  RETURN_IF_ERROR(CheckCodes(asked.qualifications(), "resource.qualifications",
                             "[A-Z0-9-]{1,20}, such as CPX-CONTROL", IsQualification));
  if (asked.languages().empty()) return kernel::BadField("resource.languages", "is missing");
  RETURN_IF_ERROR(CheckCodes(asked.languages(), "resource.languages",
                             "the ISO 639 codes, such as fr", IsLanguage));
  ASSIGN_OR_RETURN(const Days opening, OpeningOf(asked.opening()));
  const std::string name = absl::StrCat(InstructorCollection(context), request.instructor_id());
  if (kernel::TableReader<Instructor>(state.rows).Find(name).has_value()) {
    return kernel::Taken("INSTRUCTOR_EXISTS", name, kernel::ShowCommand(kInstructorKind, name));
  }
  Instructor instructor;
  instructor.set_name(name);
  instructor.set_person(asked.person());
  *instructor.mutable_qualifications() = asked.qualifications();
  *instructor.mutable_languages() = asked.languages();
  *instructor.mutable_opening() = asked.opening();
  kernel::Event accounts;
  OpenDays(opening, kInstructorDayUnit, state.accounts.next_account(), instructor, accounts);
  v1::TrainingEvent event;
  *event.mutable_instructor_added()->mutable_instructor() = instructor;
  accounts.entry.set_domain_event(event.SerializeAsString());
  return Decision{{std::move(accounts)}, ReplyWith<Instructor>(name)};
}

absl::StatusOr<Venue> GetVenue(const Context&, const v1::GetVenueRequest& request,
                               const State& state) {
  ASSIGN_OR_RETURN(const Venue venue,
                   kernel::FindResource<Venue>(state.rows, request.name(), kVenueKind));
  return Shown(venue, state.accounts);
}

absl::StatusOr<v1::ListVenuesResponse> ListVenues(const Context& context,
                                                  const v1::ListVenuesRequest& request,
                                                  const State& state) {
  return kernel::ListPage<Venue, v1::ListVenuesRequest, v1::ListVenuesResponse>(
      state.rows, VenueCollection(context), request, [](const Venue&) { return true; },
      [&](const Venue& venue, v1::ListVenuesResponse& response) {
        *response.add_venues() = Shown(venue, state.accounts);
      });
}

absl::StatusOr<Instructor> GetInstructor(const Context&, const v1::GetInstructorRequest& request,
                                         const State& state) {
  ASSIGN_OR_RETURN(const Instructor instructor,
                   kernel::FindResource<Instructor>(state.rows, request.name(), kInstructorKind));
  return Shown(instructor, state.accounts);
}

absl::StatusOr<v1::ListInstructorsResponse> ListInstructors(
    const Context& context, const v1::ListInstructorsRequest& request, const State& state) {
  return kernel::ListPage<Instructor, v1::ListInstructorsRequest, v1::ListInstructorsResponse>(
      state.rows, InstructorCollection(context), request, [](const Instructor&) { return true; },
      [&](const Instructor& instructor, v1::ListInstructorsResponse& response) {
        *response.add_instructors() = Shown(instructor, state.accounts);
      });
}

}  // namespace

absl::Status CheckLocation(const v1::Location& location) {
  RETURN_IF_ERROR(kernel::CheckText(location.title(), "resource.location.title"));
  if (!location.unlocode().empty() && !IsUnlocode(location.unlocode())) {
    return kernel::BadField("resource.location.unlocode", "is no UN/LOCODE, such as KENBO");
  }
  if (!location.has_coordinates()) {
    if (!location.unlocode().empty()) return absl::OkStatus();
    return kernel::BadField("resource.location", "needs a UN/LOCODE or coordinates");
  }
  const v1::Coordinates& at = location.coordinates();
  if (at.latitude_e6() < -kLatitudeMax || at.latitude_e6() > kLatitudeMax ||
      at.longitude_e6() < -kLongitudeMax || at.longitude_e6() > kLongitudeMax) {
    return kernel::BadField("resource.location.coordinates", "are not on the map");
  }
  return absl::OkStatus();
}

void AddBookableRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.training.v1.CalendarService/";
  const auto sequenced = kernel::ReadPath::kSequenced;  // For the balances.
  routes.AddCommand<v1::AddVenueRequest>(service + "AddVenue", AddVenue);
  routes.AddRead<v1::GetVenueRequest>(service + "GetVenue", sequenced, GetVenue);
  routes.AddRead<v1::ListVenuesRequest>(service + "ListVenues", sequenced, ListVenues);
  routes.AddCommand<v1::AddInstructorRequest>(service + "AddInstructor", AddInstructor);
  routes.AddRead<v1::GetInstructorRequest>(service + "GetInstructor", sequenced, GetInstructor);
  routes.AddRead<v1::ListInstructorsRequest>(service + "ListInstructors", sequenced,
                                             ListInstructors);
}

void ApplyVenueAdded(const v1::TrainingEvent::VenueAdded& event, kernel::Rows& rows) {
  kernel::PutRow(rows, event.venue());
}

void ApplyInstructorAdded(const v1::TrainingEvent::InstructorAdded& event, kernel::Rows& rows) {
  kernel::PutRow(rows, event.instructor());
}

}  // namespace ch8::training
