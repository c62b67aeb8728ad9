#include "tests/sim/officers.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/civil_time.h"
#include "chapter8/finance/v1/finance_service.pb.h"

namespace ch8::sim {
namespace {

namespace v1 = chapter8::finance::v1;

// What is offered under a delegation at most, so that its slices suffice for some.
constexpr int64_t kDelegatedMinor = 800;

void SetUsd(int64_t amount_minor, chapter8::type::v1::Money* money) {
  money->set_currency_code("USD");
  money->set_amount_minor(amount_minor);
}

std::string IdOf(absl::string_view organization) {
  return std::string(absl::StripPrefix(organization, "organizations/"));
}

}  // namespace

std::vector<Call> Officers::FirstCalls(const std::string& organization) {
  std::vector<Call> calls;
  v1::CreateOperationRequest operation;
  operation.set_operation_id("aussom");
  operation.mutable_resource()->set_title("AUSSOM");
  operation.mutable_resource()->set_lead("organizations/au");
  calls.push_back(caller_.CallOf("mandate-a", "OperationService/CreateOperation", operation));
  v1::CreateFundRequest fund;
  fund.set_fund_id("trust");
  fund.mutable_resource()->set_title("Trust fund");
  fund.mutable_resource()->set_source(v1::Fund::EXTRA_BUDGETARY);
  fund.mutable_resource()->set_currency_code("USD");
  calls.push_back(caller_.CallOf("manager", "FundService/CreateFund", fund));
  v1::CreateBudgetLineRequest line;
  line.set_budget_line_id("fuel");
  line.mutable_resource()->set_title("Fuel");
  line.mutable_resource()->set_operation("operations/aussom");
  line.mutable_resource()->set_currency_code("USD");
  calls.push_back(caller_.CallOf("manager", "BudgetService/CreateBudgetLine", line));
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
  return caller_.CallOf("manager", "FundService/ImportContributions", request);
}

Call Officers::Ask(const Occasion& occasion) {
  v1::MakeRequestRequest request;
  v1::FundingRequest& asked = *request.mutable_resource();
  asked.set_addressee(NameOf(occasion.partner));
  asked.set_operation("operations/aussom");
  asked.set_budget_line(NameOf(occasion.organization) + "/budgetLines/fuel");
  SetUsd(1 + random_.Pick(9'000), asked.mutable_amount());
  const absl::CivilDay day = absl::ToCivilDay(occasion.time, absl::UTCTimeZone()) + 20;
  asked.mutable_needed_by()->set_year(static_cast<int32_t>(day.year()));
  asked.mutable_needed_by()->set_month(day.month());
  asked.mutable_needed_by()->set_day(day.day());
  return caller_.CallOf("requester", "RequestService/MakeRequest", request);
}

Call Officers::Offer(const Asked& asked, const std::string& delegation) {
  v1::MakeOfferRequest request;
  v1::Offer& offer = *request.mutable_resource();
  offer.set_request(asked.name);
  offer.set_fund(absl::StrCat("organizations/", asked.addressee, "/funds/trust"));
  const int64_t most_minor =
      delegation.empty() ? asked.amount_minor : std::min(asked.amount_minor, kDelegatedMinor);
  const int64_t amount_minor = 1 + random_.Pick(std::max<int64_t>(most_minor, 1));
  SetUsd(amount_minor, offer.mutable_amount());
  SetUsd(1 + random_.Pick(amount_minor), offer.mutable_amount_min());
  offer.mutable_hold_duration()->set_seconds(1 + random_.Pick(1'800));
  offer.set_delegation(delegation);
  return caller_.CallOf("manager", "OfferService/MakeOffer", request);
}

Call Officers::OfGiver(const v1::Offer& offer) {
  if (random_.OneIn(6)) {
    v1::CancelOfferRequest request;
    request.set_name(offer.name());
    return caller_.CallOf("manager", "OfferService/CancelOffer", request);
  }
  v1::ApproveOfferRequest request;
  request.set_name(offer.name());
  return caller_.CallOf("approver", "OfferService/ApproveOffer", request);
}

Call Officers::Answered(const v1::Offer& offer) {
  if (random_.OneIn(5)) {
    v1::RejectOfferRequest request;
    request.set_name(offer.name());
    request.set_reason(chapter8::books::v1::Reject::NOT_NEEDED);
    return caller_.CallOf("accepter", "OfferService/RejectOffer", request);
  }
  v1::AcceptOfferRequest request;
  request.set_name(offer.name());
  const int64_t least_minor = offer.amount_min().amount_minor();
  const int64_t span = offer.amount().amount_minor() - least_minor + 1;
  SetUsd(least_minor + random_.Pick(span), request.mutable_amount());
  return caller_.CallOf("accepter", "OfferService/AcceptOffer", request);
}

Call Officers::Any(const Occasion& occasion) {
  const std::string& organization = occasion.organization;
  const std::string name = NameOf(organization);
  std::vector<Asked> asked_here;
  for (const Asked& asked : asked_) {
    if (asked.addressee != organization) continue;
    if (!asked.offered || random_.OneIn(10)) asked_here.push_back(asked);
  }
  std::vector<v1::Offer> given;
  std::vector<v1::Offer> got;
  for (const v1::Offer& offer : offers_) {
    const bool stale = random_.OneIn(10);  // What the state does not allow is tried as well.
    const bool is_draft = offer.state() == v1::Offer::DRAFT;
    const bool is_reserved = offer.state() == v1::Offer::RESERVED;
    if (offer.giver() == name && (is_draft || stale)) given.push_back(offer);
    if (offer.receiver() == name && (is_reserved || stale)) got.push_back(offer);
  }
  for (int tries = 0; tries < 3; ++tries) {
    const int64_t choice = random_.Pick(12);
    if (choice < 5 && !got.empty()) return Answered(Recent(got, random_));
    if (choice >= 5 && choice < 8 && !given.empty()) return OfGiver(Recent(given, random_));
    if (choice >= 8 && choice < 10 && !asked_here.empty()) {
      return Offer(Older(asked_here, random_), occasion.delegation);
    }
    if (choice == 10) return Contribute(organization);
    if (choice == 11) break;
  }
  return Ask(occasion);
}

void Officers::Learn(const Answer& answer) {
  if (!answer.status.ok()) return;
  const std::string& method = answer.call.method;
  if (method == "RequestService/MakeRequest") {
    v1::FundingRequest row;
    row.ParseFromString(answer.reply);
    asked_.push_back({row.name(), IdOf(row.addressee()), row.amount().amount_minor()});
  } else if (method.substr(0, method.find('/')) == "OfferService") {
    v1::Offer learnt;
    learnt.ParseFromString(answer.reply);
    for (v1::Offer& offer : offers_) {
      if (offer.name() == learnt.name()) return offer.set_state(learnt.state());
    }
    for (Asked& asked : asked_) asked.offered = asked.offered || asked.name == learnt.request();
    offers_.push_back(learnt);
  }
}

}  // namespace ch8::sim
