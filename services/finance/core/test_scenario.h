#ifndef CH8_SERVICES_FINANCE_CORE_TEST_SCENARIO_H_
#define CH8_SERVICES_FINANCE_CORE_TEST_SCENARIO_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/finance/v1/allotment_service.pb.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "google/protobuf/text_format.h"
#include "services/finance/core/test_ledger.h"
#include "services/finance/core/vocabulary.h"
#include "services/kernel/refusal.h"
#include "storage/base/check.h"

// What most tests of the finance core begin with, and short ways to say what they do.
namespace ch8::finance {

// A message from its text form, as tests write it.
template <typename Message>
Message Parsed(absl::string_view text) {
  Message message;
  ch8::Check(google::protobuf::TextFormat::ParseFromString(std::string(text), &message),
             "a test's text proto does not parse");
  return message;
}

// "OK", or the refusal's reason.
template <typename T>
std::string ReasonOr(const absl::StatusOr<T>& result) {
  return result.ok() ? "OK" : kernel::ReasonOf(result.status());
}

// One row of a table test: a request in text form and the outcome it wants.
struct Case {
  absl::string_view want;
  absl::string_view request;
};

// The UN and the AU, each with operations/aussom. At the UN: organizations/un/funds/trust, extra-
// budgetary, USD 1,000,000.00 paid in. At the AU: organizations/au/budgetLines/fuel in USD.
struct Scenario {
  TestLedger un{"un", {"au"}};
  TestLedger au{"au", {"un"}};

  Scenario();

  // The AU asks the UN for `amount_minor` US cents; the UN has taken it. Returns its name.
  std::string Request(int64_t amount_minor);
  // The UN's manager offers; returns the offer's name, or the refusal.
  struct OfferParts {
    std::string request;
    int64_t amount_minor = 0;
    int64_t amount_min_minor = 0;  // 0: the whole amount.
    std::string fund = "trust";
    int64_t hold_seconds = 3'600;
    std::string allotment = {};  // Its name; then the fund is not said.
  };
  absl::StatusOr<std::string> TryOffer(const OfferParts& parts);
  std::string Offer(const OfferParts& parts);
  // The UN's approver approves.
  absl::Status Approve(const std::string& offer);
  // A reserved offer that the AU has taken.
  std::string Reserved(const OfferParts& parts);

  absl::StatusOr<v1::Offer> Accept(const std::string& offer, int64_t amount_minor = 0);
  absl::StatusOr<v1::Offer> Reject(const std::string& offer);
  absl::Status Cancel(const std::string& offer);

  // The UN's manager allots `amount_minor` US cents of the fund to operations/aussom; returns the
  // allotment's name, or the refusal.
  absl::StatusOr<std::string> TryAllot(const std::string& fund, int64_t amount_minor);
  std::string Allot(const std::string& fund, int64_t amount_minor);
  absl::Status Reduce(const std::string& allotment, int64_t by_minor);

  // Delivers in both directions until nothing is left.
  void Settle();

  v1::Offer OfferAt(TestLedger& ledger, const std::string& offer);
  v1::FundingRequest RequestAt(TestLedger& ledger, const std::string& request);
  v1::Fund FundOf(const std::string& id);
  v1::Allotment AllotmentOf(const std::string& name);
  // What is allotted of the operation's cap, as the books have it.
  int64_t UsedOf(const std::string& operation);
  v1::BudgetLine Fuel();
};

// Creates a fund of the UN in USD and pays `amount_minor` into it.
void AddFund(TestLedger& un, absl::string_view id, absl::string_view fields, int64_t amount_minor);

// A reference of operations/aussom comes from the mandate ledger of `ledger`'s organization;
// `fields` are its kind and what that kind needs. In force for 2026 unless they say otherwise.
void AddReference(TestLedger& ledger, absl::string_view fields);
// Everything that rule F-1 asks for, with a budget of `budget_minor` US cents.
void Activate(TestLedger& ledger, int64_t budget_minor);

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_TEST_SCENARIO_H_
