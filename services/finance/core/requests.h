#ifndef CH8_SERVICES_FINANCE_CORE_REQUESTS_H_
#define CH8_SERVICES_FINANCE_CORE_REQUESTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "services/finance/core/vocabulary.h"
#include "services/kernel/machine.h"

// Requests for money between organizations. The asker's ledger is the truth about what is asked;
// the addressee keeps a copy. What offers came to, each ledger sums up from the steps it knows.
namespace ch8::finance {

void AddRequestRoutes(kernel::Routes& routes);

// Errors: kInvalidArgument/BAD_NAME; kNotFound/UNKNOWN_REQUEST.
absl::StatusOr<v1::FundingRequest> FindRequest(const kernel::RowReader& rows,
                                               absl::string_view name);

// Rule F-20: whether the unit that the request is for may get support today.
// Errors: those of kernel::CheckSupport().
absl::Status CheckBeneficiary(const kernel::Context& context, const kernel::RowReader& rows,
                              const v1::FundingRequest& request);

// Errors: kFailedPrecondition/NOT_OPEN.
absl::Status CheckOpen(const v1::FundingRequest& request);

// The pinned organization. Errors: kFailedPrecondition/NOT_PINNED.
absl::StatusOr<chapter8::directory::v1::Organization> FindPinned(const kernel::RowReader& rows,
                                                                 absl::string_view name);

// Another organization's request, made or withdrawn. Deferred: UNKNOWN_OPERATION, and
// UNKNOWN_REQUEST for the withdrawal of one that has not come. Refused: NOT_REQUESTER,
// NOT_ADDRESSEE, BAD_REQUEST, OTHER_REQUEST (one of this number says something else).
kernel::Verdict DecideRequestDelivery(const kernel::Context& context,
                                      const chapter8::directory::v1::Organization& sender,
                                      const v1::FundingRequest& request,
                                      const kernel::State& state);

void ApplyRequestRecorded(const kernel::Applied& applied,
                          const v1::FinanceEvent::RequestRecorded& event, kernel::Rows& rows);

// Adds to what offers for the request came to; OPEN and MET follow.
struct RequestChange {
  std::string request;
  int64_t accepted_minor = 0;
  int64_t received_minor = 0;
};
void ApplyRequestChange(const RequestChange& change, kernel::Rows& rows);

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_REQUESTS_H_
