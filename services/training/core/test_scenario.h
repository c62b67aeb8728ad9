#ifndef CH8_SERVICES_TRAINING_CORE_TEST_SCENARIO_H_
#define CH8_SERVICES_TRAINING_CORE_TEST_SCENARIO_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/training/v1/training_service.pb.h"
#include "google/protobuf/text_format.h"
#include "services/kernel/refusal.h"
#include "services/training/core/test_ledger.h"
#include "services/training/core/vocabulary.h"
#include "storage/base/check.h"

// What most tests of the training core begin with, and short ways to say what they do.
namespace ch8::training {

// A message from its text form, as tests write it.
template <typename Message>
Message Parsed(absl::string_view text) {
  Message message;
  ch8::Check(google::protobuf::TextFormat::ParseFromString(std::string(text), &message),
             "a test's text proto does not parse");
  return message;
}

// "OK", or the refusal's reason.
template <typename T>
std::string ReasonOr(const absl::StatusOr<T>& result) {
  return result.ok() ? "OK" : kernel::ReasonOf(result.status());
}

// One value of a refusal's metadata, "" when it has none.
std::string MetadataOf(const absl::Status& refusal, const std::string& key);

// "start { … } end { … }" for days of May 2026.
std::string MayDays(int first, int last);

// Lines of the joint exercise, as the lead types them.
inline constexpr absl::string_view kNairobiLine =
    "lines { kind: VENUE organization: \"organizations/un\" "
    "bookable: \"organizations/un/venues/nairobi\" } ";
inline constexpr absl::string_view kUnInstructorLine =
    "lines { kind: INSTRUCTOR organization: \"organizations/un\" "
    "bookable: \"organizations/un/instructors/i-7\" qualification: \"CPX-CONTROL\" "
    "language: \"fr\" } ";
inline constexpr absl::string_view kEcowasInstructorLine =
    "lines { kind: INSTRUCTOR organization: \"organizations/ecowas\" "
    "bookable: \"organizations/ecowas/instructors/i-3\" language: \"fr\" } ";
inline constexpr absl::string_view kEcowasSeatsLine =
    "lines { kind: SEATS organization: \"organizations/ecowas\" quantity: 12 "
    "category: EXPERTS_AND_STAFF_OFFICERS women_min: 4 leadership: 1 leadership_women_min: 1 } ";
inline constexpr absl::string_view kAuSeatsLine =
    "lines { kind: SEATS organization: \"organizations/au\" quantity: 10 "
    "category: EXPERTS_AND_STAFF_OFFICERS women_min: 3 } ";

// The AU, which leads, the UN with venue nairobi (KENBO, 100 participants) and instructor i-7, and
// ECOWAS with instructor i-3; all of them are open in the year 2026. It is 2 March 2026.
struct Scenario {
  TestLedger au{"au", {"un", "ecowas"}};
  TestLedger un{"un", {"au", "ecowas"}};
  TestLedger ecowas{"ecowas", {"au", "un"}};

  Scenario();

  // The AU proposes a CPX with 30 seats on those days of May 2026. Nothing is delivered yet.
  absl::StatusOr<v1::Exercise> TryPropose(const std::string& lines, int first, int last,
                                          const std::string& more = "");
  std::string Propose(const std::string& lines, int first, int last);

  absl::StatusOr<v1::Exercise> Yes(TestLedger& ledger, const std::string& exercise,
                                   const std::vector<uint32_t>& lines);
  absl::StatusOr<v1::Exercise> No(TestLedger& ledger, const std::string& exercise,
                                  const std::vector<uint32_t>& lines, int suggest_from_may = 0);
  absl::StatusOr<v1::Exercise> Move(const std::string& exercise, int first, int last);
  absl::StatusOr<v1::Exercise> Confirm(const std::string& exercise,
                                       const std::vector<uint32_t>& without = {});
  absl::StatusOr<v1::Exercise> Cancel(const std::string& exercise);
  struct People {
    uint32_t female = 0;
    uint32_t male = 0;
    uint32_t women_leaders = 0;
    uint32_t men_leaders = 0;
  };
  absl::StatusOr<v1::Exercise> Nominate(TestLedger& ledger, const std::string& exercise,
                                        uint32_t line, const People& people);

  // Delivers in all directions until nothing is left.
  void Settle();
  std::vector<TestLedger*> ledgers() { return {&au, &un, &ecowas}; }

  v1::Exercise ExerciseAt(TestLedger& ledger, const std::string& exercise);
  v1::Line LineAt(TestLedger& ledger, const std::string& exercise, uint32_t line);
  v1::Booking BookingAt(TestLedger& ledger, const std::string& booking);
  std::vector<v1::Booking> BookingsAt(TestLedger& ledger);
  v1::Venue Nairobi();
  std::vector<v1::CalendarEntry> NairobiCalendar();
};

// Enters a standard as planner and confirms it as second.
void AddStandard(TestLedger& ledger, absl::string_view fields);

}  // namespace ch8::training

#endif  // CH8_SERVICES_TRAINING_CORE_TEST_SCENARIO_H_
