#include "tests/sim/officers.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "chapter8/finance/v1/finance_service.pb.h"

namespace ch8::sim {
namespace {

namespace v1 = chapter8::finance::v1;

constexpr size_t kRecent = 3;

void SetUsd(int64_t amount_minor, chapter8::type::v1::Money* money) {
  money->set_currency_code("USD");
  money->set_amount_minor(amount_minor);
}

std::string IdOf(absl::string_view organization) {
  return std::string(absl::StripPrefix(organization, "organizations/"));
}

// One of those made last: older ones have mostly ended.
template <typename T>
const T& Recent(const std::vector<T>& known, Random& random) {
  const size_t span = std::min(known.size(), kRecent);
  return known[known.size() - 1 - static_cast<size_t>(random.Pick(static_cast<int64_t>(span)))];
}

}  // namespace

std::string Officers::NextRequestId() { return absl::StrCat("request-", ++calls_); }

Call Officers::CallOf(const std::string& officer, const std::string& method,
                      const google::protobuf::Message& request, const std::string& request_id) {
  return {.officer = officer,
          .method = method,
          .request = request.SerializeAsString(),
          .request_id = request_id,
          .random = std::string(random_.NextHash().view().substr(0, 16))};
}

std::vector<Call> Officers::FirstCalls(const std::string& organization) {
  std::vector<Call> calls;
  v1::CreateOperationRequest operation;
  operation.set_operation_id("aussom");
  operation.mutable_resource()->set_title("AUSSOM");
  operation.mutable_resource()->set_lead("organizations/au");
  operation.set_request_id(NextRequestId());
  calls.push_back(
      CallOf("mandate-a", "OperationService/CreateOperation", operation, operation.request_id()));
  v1::CreateFundRequest fund;
  fund.set_fund_id("trust");
  fund.mutable_resource()->set_title("Trust fund");
  fund.mutable_resource()->set_source(v1::Fund::EXTRA_BUDGETARY);
  fund.mutable_resource()->set_currency_code("USD");
  fund.set_request_id(NextRequestId());
  calls.push_back(CallOf("manager", "FundService/CreateFund", fund, fund.request_id()));
  v1::CreateBudgetLineRequest line;
  line.set_budget_line_id("fuel");
  line.mutable_resource()->set_title("Fuel");
  line.mutable_resource()->set_operation("operations/aussom");
  line.mutable_resource()->set_currency_code("USD");
  line.set_request_id(NextRequestId());
  calls.push_back(CallOf("manager", "BudgetService/CreateBudgetLine", line, line.request_id()));
  calls.push_back(Contribute(organization));
  return calls;
}

Call Officers::Contribute(const std::string& organization) {
  v1::ImportContributionsRequest request;
  request.set_fund(absl::StrCat("organizations/", organization, "/funds/trust"));
  v1::Contribution& row = *request.add_contributions();
  row.set_donor("GBR");
  row.set_state(v1::Contribution::PAID);
  row.set_form(v1::Contribution::FINANCIAL);
  SetUsd(1 + random_.Pick(20'000), row.mutable_original());
  row.mutable_decided_on()->set_year(2026);
  row.mutable_decided_on()->set_month(1);
  row.mutable_decided_on()->set_day(5);
  request.set_request_id(NextRequestId());
  return CallOf("manager", "FundService/ImportContributions", request, request.request_id());
}

Call Officers::Ask(const std::string& organization, const std::string& addressee, absl::Time time) {
  v1::MakeRequestRequest request;
  v1::FundingRequest& asked = *request.mutable_resource();
  asked.set_addressee(absl::StrCat("organizations/", addressee));
  asked.set_operation("operations/aussom");
  asked.set_budget_line(absl::StrCat("organizations/", organization, "/budgetLines/fuel"));
  SetUsd(1 + random_.Pick(9'000), asked.mutable_amount());
  const absl::CivilDay day = absl::ToCivilDay(time, absl::UTCTimeZone()) + 20;
  asked.mutable_needed_by()->set_year(static_cast<int32_t>(day.year()));
  asked.mutable_needed_by()->set_month(day.month());
  asked.mutable_needed_by()->set_day(day.day());
  request.set_request_id(NextRequestId());
  return CallOf("requester", "RequestService/MakeRequest", request, request.request_id());
}

Call Officers::Offer(const Asked& asked) {
  v1::MakeOfferRequest request;
  v1::Offer& offer = *request.mutable_resource();
  offer.set_request(asked.name);
  offer.set_fund(absl::StrCat("organizations/", asked.addressee, "/funds/trust"));
  const int64_t amount_minor = 1 + random_.Pick(std::max<int64_t>(asked.amount_minor, 1));
  SetUsd(amount_minor, offer.mutable_amount());
  SetUsd(1 + random_.Pick(amount_minor), offer.mutable_amount_min());
  offer.mutable_hold_duration()->set_seconds(1 + random_.Pick(1'800));
  request.set_request_id(NextRequestId());
  return CallOf("manager", "OfferService/MakeOffer", request, request.request_id());
}

Call Officers::OfGiver(const Offered& offered) {
  if (random_.OneIn(6)) {
    v1::CancelOfferRequest request;
    request.set_name(offered.name);
    request.set_request_id(NextRequestId());
    return CallOf("manager", "OfferService/CancelOffer", request, request.request_id());
  }
  v1::ApproveOfferRequest request;
  request.set_name(offered.name);
  request.set_request_id(NextRequestId());
  return CallOf("approver", "OfferService/ApproveOffer", request, request.request_id());
}

Call Officers::Answered(const Offered& offered) {
  if (random_.OneIn(5)) {
    v1::RejectOfferRequest request;
    request.set_name(offered.name);
    request.set_reason(chapter8::books::v1::Reject::NOT_NEEDED);
    request.set_request_id(NextRequestId());
    return CallOf("accepter", "OfferService/RejectOffer", request, request.request_id());
  }
  v1::AcceptOfferRequest request;
  request.set_name(offered.name);
  const int64_t span = offered.amount_minor - offered.least_minor + 1;
  SetUsd(offered.least_minor + random_.Pick(span), request.mutable_amount());
  request.set_request_id(NextRequestId());
  return CallOf("accepter", "OfferService/AcceptOffer", request, request.request_id());
}

Call Officers::Any(const std::string& organization, const std::vector<std::string>& others,
                   absl::Time time) {
  std::vector<Asked> asked_here;
  for (const Asked& asked : asked_) {
    if (asked.addressee == organization) asked_here.push_back(asked);
  }
  std::vector<Offered> given;
  std::vector<Offered> got;
  for (const Offered& offered : offered_) {
    if (offered.giver == organization && (!offered.approved || random_.OneIn(8))) {
      given.push_back(offered);
    }
    if (offered.receiver == organization && offered.approved &&
        (!offered.answered || random_.OneIn(8))) {
      got.push_back(offered);
    }
  }
  const int64_t choice = random_.Pick(12);
  if (choice < 3 && !asked_here.empty()) return Offer(Recent(asked_here, random_));
  if (choice < 6 && !given.empty()) return OfGiver(Recent(given, random_));
  if (choice < 10 && !got.empty()) return Answered(Recent(got, random_));
  if (choice < 11 && !asked_here.empty()) return Contribute(organization);
  return Ask(organization, random_.PickOf(others), time);
}

void Officers::Learn(const Answer& answer) {
  if (!answer.status.ok()) return;
  if (answer.call.method == "RequestService/MakeRequest") {
    v1::FundingRequest row;
    row.ParseFromString(answer.reply);
    asked_.push_back({row.name(), IdOf(row.addressee()), row.amount().amount_minor()});
  } else if (answer.call.method == "OfferService/MakeOffer") {
    v1::Offer row;
    row.ParseFromString(answer.reply);
    offered_.push_back({row.name(), IdOf(row.giver()), IdOf(row.receiver()),
                        row.amount().amount_minor(), row.amount_min().amount_minor()});
  } else if (answer.call.method == "OfferService/ApproveOffer" ||
             answer.call.method == "OfferService/AcceptOffer" ||
             answer.call.method == "OfferService/RejectOffer") {
    v1::Offer row;
    row.ParseFromString(answer.reply);
    for (Offered& offered : offered_) {
      if (offered.name != row.name()) continue;
      offered.approved = true;
      offered.answered = answer.call.method != "OfferService/ApproveOffer";
    }
  }
}

}  // namespace ch8::sim
