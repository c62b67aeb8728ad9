#ifndef CH8_SERVICES_TRAINING_CORE_LINES_H_
#define CH8_SERVICES_TRAINING_CORE_LINES_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chapter8/type/v1/person_count.pb.h"
#include "services/kernel/machine.h"
#include "services/training/core/slots.h"
#include "services/training/core/vocabulary.h"

// The lines of an exercise: what it needs of each organization and what it gives to each.
namespace ch8::training {

inline constexpr int kLinesMax = 64;
inline constexpr uint32_t kSeatsMax = 100'000;

// The line of that number; null when there is none.
const v1::Line* FindLine(const v1::Exercise& exercise, uint32_t number);

// A line as it will stand, from what the lead asks for. `days` are the exercise's.
// Errors: kInvalidArgument/BAD_FIELD, BAD_NAME; kNotFound for a venue or instructor of the lead's
// own that does not exist; kFailedPrecondition/NOT_PINNED, WOMEN_MINIMUM (rule T-8).
absl::StatusOr<v1::Line> NewLine(const kernel::Context& context, const kernel::State& state,
                                 const v1::Line& asked, const Days& days);

// Whether another organization's line is one that an honest node makes.
bool WellFormedLine(const v1::Line& line, const Days& days);

// All persons of a count.
uint64_t TotalOf(const chapter8::type::v1::PersonCount& count);
// Women among them in basis points, rounded down. Not for empty counts: they have no share.
uint32_t WomenBp(const chapter8::type::v1::PersonCount& count);

// Whether all nominated persons fit the line: seats, leadership posts, and the places kept for
// women in each. Errors: kFailedPrecondition/SEATS_FULL (rule T-6), LEADERSHIP_FULL (rule T-6),
// WOMEN_MINIMUM (rule T-8), all with figures.
struct Nominees {
  chapter8::type::v1::PersonCount nominated;
  chapter8::type::v1::PersonCount leaders;
};
absl::Status CheckNominees(const v1::Exercise& exercise, const v1::Line& line,
                           const Nominees& nominees);

// For Apply: changes a line of a stored exercise; nothing when either is not there.
struct LineKey {
  std::string exercise;
  uint32_t number = 0;
};
void ChangeLine(const LineKey& key, kernel::Rows& rows,
                const std::function<void(v1::Line&)>& change);

}  // namespace ch8::training

#endif  // CH8_SERVICES_TRAINING_CORE_LINES_H_
