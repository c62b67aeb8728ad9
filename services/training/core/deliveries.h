#ifndef CH8_SERVICES_TRAINING_CORE_DELIVERIES_H_
#define CH8_SERVICES_TRAINING_CORE_DELIVERIES_H_

#include "services/kernel/machine.h"

namespace ch8::training {

// Decides an entry of another organization's training ledger: an exercise, a no, nominations, days
// given back, or a step of a transfer. Reasons beside those of the functions it calls and of
// books::OnPeerStep():
//   deferred: UNKNOWN_ORGANIZATION, the sender is not pinned in this ledger's facts yet.
//   refused:  NOT_TRAINING, MALFORMED_EVENT, UNEXPECTED_ENTRY, BAD_RETURN.
// Days that this ledger asked for are accepted in the same commit, seats wait for an officer. A
// well-formed RESERVE of what is not, or no longer, asked for is taken as a fact and answered by
// REJECT{RULES}; the verdict's reason says why: BAD_TERMS, UNKNOWN_EXERCISE, NOT_OPEN, OTHER_TERMS,
// STALE, ALREADY_BOOKED. A verified ACCEPT is answered by POST. Days that are posted after the
// exercise moved or was cancelled go back at once.
kernel::Verdict DecideTrainingDelivery(const kernel::Context& context,
                                       const kernel::Delivered& delivered,
                                       const kernel::State& state);

}  // namespace ch8::training

#endif  // CH8_SERVICES_TRAINING_CORE_DELIVERIES_H_
