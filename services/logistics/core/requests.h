#ifndef CH8_SERVICES_LOGISTICS_CORE_REQUESTS_H_
#define CH8_SERVICES_LOGISTICS_CORE_REQUESTS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "services/kernel/machine.h"
#include "services/logistics/core/vocabulary.h"

// Requests for goods between organizations. The asker's ledger is the truth about what is asked;
// the addressee keeps a copy. What offers came to, each ledger sums up from the steps it knows.
namespace ch8::logistics {

void AddRequestRoutes(kernel::Routes& routes);

// Errors: kInvalidArgument/BAD_NAME; kNotFound/UNKNOWN_REQUEST.
absl::StatusOr<v1::MaterielRequest> FindRequest(const kernel::RowReader& rows,
                                                absl::string_view name);

// Errors: kFailedPrecondition/NOT_OPEN.
absl::Status CheckOpen(const v1::MaterielRequest& request);

// The line that asks for `item`. Errors: kFailedPrecondition/NO_LINE.
absl::StatusOr<v1::MaterielRequest::Line> FindLine(const v1::MaterielRequest& request,
                                                   absl::string_view item);

// That the line still lacks `quantity`, `taken` of it being spoken for.
// Errors: kFailedPrecondition/OVER_REQUEST.
struct LineWish {
  int64_t taken = 0;
  int64_t quantity = 0;
};
absl::Status CheckWithinLine(const v1::MaterielRequest& request,
                             const v1::MaterielRequest::Line& line, const LineWish& wish);

// The pinned organization. Errors: kFailedPrecondition/NOT_PINNED.
absl::StatusOr<chapter8::directory::v1::Organization> FindPinned(const kernel::RowReader& rows,
                                                                 absl::string_view name);

// Another organization's request, made or withdrawn. Deferred: UNKNOWN_ITEM, and UNKNOWN_REQUEST
// for the withdrawal of one that has not come. Refused: NOT_REQUESTER, NOT_ADDRESSEE, BAD_REQUEST,
// OTHER_UNIT (an item is counted otherwise here), OTHER_REQUEST (one of this number says something
// else).
kernel::Verdict DecideRequestDelivery(const kernel::Context& context,
                                      const chapter8::directory::v1::Organization& sender,
                                      const v1::MaterielRequest& request,
                                      const kernel::State& state);

void ApplyRequestRecorded(const kernel::Applied& applied,
                          const v1::LogisticsEvent::RequestRecorded& event, kernel::Rows& rows);

// For Apply: what changed in offers that answer a request's line.
struct RequestChange {
  std::string request;
  std::string item;
  int64_t offered = 0;
  int64_t accepted = 0;
  int64_t received = 0;
};
void ApplyRequestChange(const RequestChange& change, kernel::Rows& rows);

// Rule F-20: whether the unit that the request is for may get support today.
// Errors: those of kernel::CheckSupport().
absl::Status CheckBeneficiary(const kernel::Context& context, const kernel::RowReader& rows,
                              const v1::MaterielRequest& request);

}  // namespace ch8::logistics

#endif  // CH8_SERVICES_LOGISTICS_CORE_REQUESTS_H_
