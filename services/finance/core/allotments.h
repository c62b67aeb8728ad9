#ifndef CH8_SERVICES_FINANCE_CORE_ALLOTMENTS_H_
#define CH8_SERVICES_FINANCE_CORE_ALLOTMENTS_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "services/books/postings.h"
#include "services/finance/core/vocabulary.h"
#include "services/kernel/machine.h"

// Allotments: authority to give assessed money of one fund for one operation within its budget
// period. An allotment is an account of its own in the books, filled from the fund's; what counts
// toward the cap of resolution 2719 is taken from its period's ceiling in the same entry (rule
// F-2). Offers hold and give of an allotment, never of the assessed fund itself (rule F-15).
namespace ch8::finance {

void AddAllotmentRoutes(kernel::Routes& routes);

// What an offer's money is taken from: an extra-budgetary fund, or an allotment of an assessed one.
struct MoneySource {
  v1::Fund fund;
  std::optional<v1::Allotment> allotment;

  const std::string& name() const {
    return allotment.has_value() ? allotment->name() : fund.name();
  }
  // From its account to what the fund gave.
  books::AccountPair accounts() const {
    return {.debit = allotment.has_value() ? allotment->account() : fund.account(),
            .credit = fund.given_account()};
  }
};
// Errors: kInvalidArgument/BAD_NAME, BAD_FIELD when the fund named is not the allotment's;
// kNotFound/UNKNOWN_FUND, UNKNOWN_ALLOTMENT.
absl::StatusOr<MoneySource> SourceOf(const kernel::RowReader& rows, const v1::Offer& offer);

// Whether an allotment is for `operation`. Errors: kInvalidArgument/OTHER_OPERATION.
absl::Status CheckOperation(const MoneySource& source, absl::string_view operation);

// Whether money of `source` may go to `operation` now. Of an extra-budgetary fund it may.
// Errors: kFailedPrecondition/NOT_ACTIVATED (rule F-1), ALLOTMENT_NEEDED, ALLOTMENT_LAPSED,
// CEILING_BREACH (rule F-3).
absl::Status CheckAssessed(const kernel::Context& context, const kernel::State& state,
                           const MoneySource& source, const v1::Operation& operation);

void ApplyAllotmentRecorded(const v1::FinanceEvent::AllotmentRecorded& event, kernel::Rows& rows);

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_ALLOTMENTS_H_
