#ifndef CH8_SERVICES_TRAINING_CORE_ANSWERS_H_
#define CH8_SERVICES_TRAINING_CORE_ANSWERS_H_

#include "chapter8/directory/v1/directory.pb.h"
#include "services/kernel/machine.h"
#include "services/training/core/vocabulary.h"

// What an organization says to the lines of an exercise that name it: an owner, from its own
// calendar, about venues and instructors; a participant about its seats.
namespace ch8::training {

void AddAnswerRoutes(kernel::Routes& routes);

// Another organization's no. Refused: BAD_ANSWER (not one that an honest node gives).
kernel::Verdict DecideDeclineDelivery(const kernel::Context& context,
                                      const chapter8::directory::v1::Organization& sender,
                                      const v1::TrainingEvent::LinesDeclined& declined,
                                      const kernel::State& state);

void ApplyLinesDeclined(const v1::TrainingEvent::LinesDeclined& event, kernel::Rows& rows);

}  // namespace ch8::training

#endif  // CH8_SERVICES_TRAINING_CORE_ANSWERS_H_
