#ifndef CH8_SERVICES_TRAINING_CORE_EXERCISE_COURSE_H_
#define CH8_SERVICES_TRAINING_CORE_EXERCISE_COURSE_H_

#include "services/kernel/machine.h"

// What the lead does with an exercise that is proposed: moves it to other days, confirms it once
// everything is there, cancels it. Days that it no longer uses go back to their owners.
namespace ch8::training {

void AddExerciseCourseRoutes(kernel::Routes& routes);

}  // namespace ch8::training

#endif  // CH8_SERVICES_TRAINING_CORE_EXERCISE_COURSE_H_
