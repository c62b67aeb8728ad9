#ifndef CH8_SERVICES_TRAINING_CORE_VOCABULARY_H_
#define CH8_SERVICES_TRAINING_CORE_VOCABULARY_H_

#include "absl/strings/string_view.h"
#include "chapter8/training/v1/training.pb.h"
#include "services/kernel/resources.h"

// Words that all of training uses.
namespace ch8::training {

namespace v1 = chapter8::training::v1;

// The kinds of spoken ids (services/kernel/spoken_ids.h) that training makes.
inline constexpr absl::string_view kExerciseIdKind = "EXR";
inline constexpr absl::string_view kBookingIdKind = "BKG";
inline constexpr absl::string_view kStandardIdKind = "STD";

inline constexpr kernel::ResourceKind kVenueKind = {
    .pattern = "organizations/*/venues/*", .noun = "venue", .unknown = "UNKNOWN_VENUE"};
inline constexpr kernel::ResourceKind kInstructorKind = {.pattern = "organizations/*/instructors/*",
                                                         .noun = "instructor",
                                                         .unknown = "UNKNOWN_INSTRUCTOR"};
inline constexpr kernel::ResourceKind kStandardKind = {
    .pattern = "standards/*", .noun = "standard", .unknown = "UNKNOWN_STANDARD"};
inline constexpr kernel::ResourceKind kExerciseKind = {
    .pattern = "exercises/*", .noun = "exercise", .unknown = "UNKNOWN_EXERCISE"};
inline constexpr kernel::ResourceKind kBookingKind = {
    .pattern = "bookings/*", .noun = "booking", .unknown = "UNKNOWN_BOOKING"};

// The units that training's books count in.
inline constexpr absl::string_view kVenueDayUnit = "venue-day";
inline constexpr absl::string_view kInstructorDayUnit = "instructor-day";
inline constexpr absl::string_view kSeatUnit = "seat";

}  // namespace ch8::training

#endif  // CH8_SERVICES_TRAINING_CORE_VOCABULARY_H_
