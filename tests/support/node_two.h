#ifndef CH8_TESTS_SUPPORT_NODE_TWO_H_
#define CH8_TESTS_SUPPORT_NODE_TWO_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "chapter8/finance/v1/finance.pb.h"
#include "tests/support/node_organization.h"
#include "tests/support/temp_dir.h"

namespace ch8::testing {

inline constexpr char kOperation[] = "operations/aussom";
inline constexpr char kFund[] = "organizations/un/funds/aussom-trust";
inline constexpr char kBudgetLine[] = "organizations/au/budgetLines/mission-support";

// What an officer of the giver asks for.
struct OfferParts {
  int64_t amount_minor = 0;
  int64_t amount_min_minor = 0;  // 0: the whole amount.
  absl::Duration hold = absl::Hours(72);
};

// A UN and an AU node that have pinned each other, ready for money: at the UN a fund with
// `received_minor` cents received, at the AU a budget line, the same operation at both.
//
//   un: funds (fund manager), approver, mandate-1, mandate-2, auditor, books (bookkeeper)
//   au: support (requester), accepter, mandate-1, auditor
//
// Everything went through the API. What fails here aborts the test.
class TwoNodes {
 public:
  struct Options {
    int64_t received_minor = 100'000'000;
    std::string services = "directory,finance,witness";  // That both nodes host.
    std::vector<std::string> un_arguments = {};          // Of the UN's daemon.
  };
  TwoNodes() : TwoNodes(Options()) {}
  explicit TwoNodes(const Options& options);

  OrganizationNode& un() { return un_; }
  OrganizationNode& au() { return au_; }

  // The AU asks for money; waits until the UN knows. The request's name.
  std::string MakeRequest(int64_t amount_minor);

  // As the UN's fund manager and approver. The offer's name.
  absl::StatusOr<chapter8::finance::v1::Offer> MakeOffer(const std::string& request,
                                                         const OfferParts& parts);
  absl::StatusOr<chapter8::finance::v1::Offer> Approve(const std::string& offer);
  absl::StatusOr<chapter8::finance::v1::Offer> Cancel(const std::string& offer);
  // Both: made and approved. Aborts when refused.
  std::string Reserve(const std::string& request, const OfferParts& parts);
  // The same for all of a new request; waits until the AU knows.
  std::string Reserve(int64_t amount_minor);

  // As the AU's accepter; `amount_minor` 0 accepts all.
  absl::StatusOr<chapter8::finance::v1::Offer> Accept(const std::string& offer,
                                                      int64_t amount_minor = 0);
  absl::StatusOr<chapter8::finance::v1::Offer> Reject(const std::string& offer);

  // Reads one half. NOT_FOUND while it is not there.
  static absl::StatusOr<chapter8::finance::v1::Offer> Read(OrganizationNode& node,
                                                           const std::string& offer);
  // Waits for a state of one half; false when it does not come.
  static bool Await(OrganizationNode& node, const std::string& offer,
                    chapter8::finance::v1::Offer::State state);

  // Accepts all of an offer, as soon as the AU's node takes it, and waits until it is settled: two
  // halves of one tally. Aborts otherwise.
  void Finish(const std::string& offer);

  chapter8::finance::v1::Fund Fund();
  chapter8::finance::v1::BudgetLine BudgetLine();

 private:
  void AppointOfficers();
  void EnterOperation(OrganizationNode& node);
  void MakeFund(int64_t received_minor);
  void MakeBudgetLine();

  const TempDir folder_;
  OrganizationNode un_;
  OrganizationNode au_;
};

// What keeps the two halves of a transfer from agreeing, one line each: a step that only one half
// knows, or whose index, leaf hash or origin differ. Empty when they are two halves of one tally.
std::vector<std::string> Differences(const chapter8::finance::v1::Offer& giver,
                                     const chapter8::finance::v1::Offer& receiver);

}  // namespace ch8::testing

#endif  // CH8_TESTS_SUPPORT_NODE_TWO_H_
