#ifndef CH8_SERVICES_TRAINING_CORE_NOMINATIONS_H_
#define CH8_SERVICES_TRAINING_CORE_NOMINATIONS_H_

#include "chapter8/directory/v1/directory.pb.h"
#include "services/kernel/machine.h"
#include "services/training/core/vocabulary.h"

// Who takes the seats, as numbers by sex (rules T-6, T-8). A participant nominates for seats that
// are posted to it; the lead learns how many.
namespace ch8::training {

void AddNominationRoutes(kernel::Routes& routes);

// Another organization's nominations for its seats. Refused: BAD_NOMINATION (not one that an honest
// node makes).
kernel::Verdict DecideNominationDelivery(const kernel::Context& context,
                                         const chapter8::directory::v1::Organization& sender,
                                         const v1::TrainingEvent::SeatsNominated& nominated,
                                         const kernel::State& state);

void ApplySeatsNominated(const v1::TrainingEvent::SeatsNominated& event, kernel::Rows& rows);

}  // namespace ch8::training

#endif  // CH8_SERVICES_TRAINING_CORE_NOMINATIONS_H_
