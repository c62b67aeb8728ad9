#ifndef CH8_SERVICES_LOGISTICS_CORE_OFFERS_H_
#define CH8_SERVICES_LOGISTICS_CORE_OFFERS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "chapter8/logistics/v1/offer_service.pb.h"
#include "google/protobuf/duration.pb.h"
#include "services/kernel/machine.h"
#include "services/logistics/core/vocabulary.h"

// Offers of goods: made by one person, approved by another, accepted by the other organization. The
// goods are held from the draft on. offers.cc makes them and reads them, offer_acts.cc has what
// follows until dispatch, returns.cc offers goods back.
namespace ch8::logistics {

void AddOfferRoutes(kernel::Routes& routes);

// Errors: kInvalidArgument/BAD_NAME; kNotFound/UNKNOWN_OFFER.
absl::StatusOr<v1::SupplyOffer> FindOffer(const kernel::RowReader& rows, absl::string_view name);

// Errors: kFailedPrecondition/NOT_GIVER, NOT_RECEIVER.
absl::Status CheckSide(const v1::SupplyOffer& offer, v1::SupplyOffer::Side side);
// kFailedPrecondition/`reason`: the offer is in another state than `wanted`.
absl::Status WrongState(const v1::SupplyOffer& offer, absl::string_view reason,
                        absl::string_view wanted);

// Errors: kInvalidArgument/BAD_HOLD_DURATION.
absl::Status CheckHoldDuration(const google::protobuf::Duration& duration);

// Rule A-3: the delegation that the offer names is in force; none is named where none is needed. A
// return needs none: it gives back what is the other's.
// Errors: those of kernel::CheckDelegated().
absl::Status CheckDelegation(const kernel::Context& context, const kernel::State& state,
                             const v1::SupplyOffer& offer);

// A draft by the caller for `receiver`: `asked` says request or original, item, quantity, depot,
// destination, duration, unit value and picks. Errors: kInvalidArgument/BAD_QUANTITY.
absl::StatusOr<kernel::Decision> MakeDraft(const kernel::Context& context,
                                           const kernel::State& state,
                                           const chapter8::directory::v1::Organization& receiver,
                                           v1::SupplyOffer asked);

// The acts of offer_acts.cc and returns.cc.
absl::StatusOr<kernel::Decision> ApproveOffer(const kernel::Context& context,
                                              const v1::ApproveOfferRequest& request,
                                              const kernel::State& state);
absl::StatusOr<kernel::Decision> CancelOffer(const kernel::Context& context,
                                             const v1::CancelOfferRequest& request,
                                             const kernel::State& state);
absl::StatusOr<kernel::Decision> AcceptOffer(const kernel::Context& context,
                                             const v1::AcceptOfferRequest& request,
                                             const kernel::State& state);
absl::StatusOr<kernel::Decision> RejectOffer(const kernel::Context& context,
                                             const v1::RejectOfferRequest& request,
                                             const kernel::State& state);
absl::StatusOr<kernel::Decision> ReturnGoods(const kernel::Context& context,
                                             const v1::ReturnGoodsRequest& request,
                                             const kernel::State& state);

// What can still go back of a counted offer's goods: found, and in no return.
int64_t ReturnableOf(const v1::SupplyOffer& offer);

// Holds that ran out by the ledger's time.
std::vector<kernel::Event> DecideOffersDue(const kernel::Context& context,
                                           const kernel::State& state);

}  // namespace ch8::logistics

#endif  // CH8_SERVICES_LOGISTICS_CORE_OFFERS_H_
