#include "tests/support/node_two.h"

#include <map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "storage/base/check.h"
#include "tests/support/node_wait.h"

namespace ch8::testing {
namespace {

using chapter8::authz::v1::Role;
using chapter8::finance::v1::AcceptOfferRequest;
using chapter8::finance::v1::ApproveOfferRequest;
using chapter8::finance::v1::BudgetLine;
using chapter8::finance::v1::CancelOfferRequest;
using chapter8::finance::v1::Contribution;
using chapter8::finance::v1::CreateBudgetLineRequest;
using chapter8::finance::v1::CreateFundRequest;
using chapter8::finance::v1::CreateOperationRequest;
using chapter8::finance::v1::Fund;
using chapter8::finance::v1::FundingRequest;
using chapter8::finance::v1::GetBudgetLineRequest;
using chapter8::finance::v1::GetFundRequest;
using chapter8::finance::v1::GetOfferRequest;
using chapter8::finance::v1::GetRequestRequest;
using chapter8::finance::v1::ImportContributionsRequest;
using chapter8::finance::v1::ImportContributionsResponse;
using chapter8::finance::v1::MakeOfferRequest;
using chapter8::finance::v1::MakeRequestRequest;
using chapter8::finance::v1::Offer;
using chapter8::finance::v1::Operation;
using chapter8::finance::v1::RejectOfferRequest;

template <typename T>
T Must(absl::StatusOr<T> result, absl::string_view what) {
  Check(result.ok(), absl::StrCat(what, ": ", result.status().ToString()));
  return *std::move(result);
}

chapter8::type::v1::Money Dollars(int64_t amount_minor) {
  chapter8::type::v1::Money money;
  money.set_currency_code("USD");
  money.set_amount_minor(amount_minor);
  return money;
}

chapter8::type::v1::Date DaysFromNow(int days) {
  const absl::CivilDay day = absl::ToCivilDay(absl::Now(), absl::UTCTimeZone()) + days;
  chapter8::type::v1::Date date;
  date.set_year(static_cast<int32_t>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

template <typename Request>
Request OnOffer(const std::string& offer) {
  Request request;
  request.set_name(offer);
  request.set_request_id(client::NewRequestId());
  return request;
}

}  // namespace

TwoNodes::TwoNodes(const Options& options)
    : un_({.folder = folder_.path().string(),
           .organization = "un",
           .daemon_arguments = options.un_arguments,
           .services = options.services}),
      au_({.folder = folder_.path().string(), .organization = "au", .services = options.services}) {
  un_.Start();
  au_.Start();
  un_.Pin(au_);
  au_.Pin(un_);
  AppointOfficers();
  EnterOperation(un_);
  EnterOperation(au_);
  MakeFund(options.received_minor);
  MakeBudgetLine();
}

void TwoNodes::AppointOfficers() {
  un_.Appoint("mandate-1", Role::MANDATE_OFFICER);
  un_.Appoint("mandate-2", Role::MANDATE_OFFICER);
  un_.Appoint("funds", Role::FUND_MANAGER);
  un_.Appoint("approver", Role::APPROVER, 1'000'000'000);
  un_.Appoint("books", Role::BOOKKEEPER);
  un_.Appoint("auditor", Role::AUDITOR);
  au_.Appoint("mandate-1", Role::MANDATE_OFFICER);
  au_.Appoint("support", Role::REQUESTER);
  au_.Appoint("accepter", Role::ACCEPTER);
  au_.Appoint("auditor", Role::AUDITOR);
}

void TwoNodes::EnterOperation(OrganizationNode& node) {
  CreateOperationRequest request;
  request.set_operation_id("aussom");
  request.mutable_resource()->set_title("Support and stabilization mission");
  request.mutable_resource()->set_lead("organizations/au");
  request.set_request_id(client::NewRequestId());
  Must(node.As("mandate-1").Call<Operation>("finance.v1.OperationService.CreateOperation", request),
       "operation add");
}

void TwoNodes::MakeFund(int64_t received_minor) {
  CreateFundRequest create;
  create.set_fund_id("aussom-trust");
  create.mutable_resource()->set_title("Trust fund");
  create.mutable_resource()->set_source(Fund::EXTRA_BUDGETARY);
  create.mutable_resource()->set_currency_code("USD");
  create.mutable_resource()->set_operation(kOperation);
  create.set_request_id(client::NewRequestId());
  Must(un_.As("funds").Call<chapter8::finance::v1::Fund>("finance.v1.FundService.CreateFund",
                                                         create),
       "fund add");
  ImportContributionsRequest import;
  import.set_fund(kFund);
  Contribution& paid = *import.add_contributions();
  paid.set_donor("GBR");
  paid.set_state(Contribution::PAID);
  paid.set_form(Contribution::FINANCIAL);
  *paid.mutable_original() = Dollars(received_minor);
  *paid.mutable_decided_on() = DaysFromNow(-30);
  import.set_request_id(client::NewRequestId());
  Must(un_.As("funds").Call<ImportContributionsResponse>(
           "finance.v1.FundService.ImportContributions", import),
       "contribution import");
}

void TwoNodes::MakeBudgetLine() {
  CreateBudgetLineRequest create;
  create.set_budget_line_id("mission-support");
  create.mutable_resource()->set_title("Mission support");
  create.mutable_resource()->set_operation(kOperation);
  create.mutable_resource()->set_currency_code("USD");
  create.set_request_id(client::NewRequestId());
  Must(au_.As("mandate-1")
           .Call<chapter8::finance::v1::BudgetLine>("finance.v1.BudgetService.CreateBudgetLine",
                                                    create),
       "budget add");
}

std::string TwoNodes::MakeRequest(int64_t amount_minor) {
  MakeRequestRequest make;
  make.mutable_resource()->set_addressee("organizations/un");
  make.mutable_resource()->set_operation(kOperation);
  make.mutable_resource()->set_budget_line(kBudgetLine);
  *make.mutable_resource()->mutable_amount() = Dollars(amount_minor);
  *make.mutable_resource()->mutable_needed_by() = DaysFromNow(60);
  make.set_request_id(client::NewRequestId());
  // The pin reaches the finance ledger a moment after the officers' acts do.
  absl::StatusOr<FundingRequest> made;
  const bool asked = WaitUntil([&] {
    made = au_.As("support").Call<FundingRequest>("finance.v1.RequestService.MakeRequest", make);
    make.set_request_id(client::NewRequestId());
    return made.ok() || ReasonOf(made.status()) != "NOT_PINNED";
  });
  Check(asked && made.ok(), absl::StrCat("request make: ", made.status().ToString()));
  GetRequestRequest get;
  get.set_name(made->name());
  const bool arrived = WaitUntil([&] {
    return un_.As("auditor").Call<FundingRequest>("finance.v1.RequestService.GetRequest", get).ok();
  });
  Check(arrived, "the request does not reach the UN");
  return made->name();
}

absl::StatusOr<Offer> TwoNodes::MakeOffer(const std::string& request, const OfferParts& parts) {
  MakeOfferRequest make;
  make.mutable_resource()->set_request(request);
  make.mutable_resource()->set_fund(kFund);
  *make.mutable_resource()->mutable_amount() = Dollars(parts.amount_minor);
  if (parts.amount_min_minor > 0) {
    *make.mutable_resource()->mutable_amount_min() = Dollars(parts.amount_min_minor);
  }
  make.mutable_resource()->mutable_hold_duration()->set_seconds(absl::ToInt64Seconds(parts.hold));
  make.set_request_id(client::NewRequestId());
  return un_.As("funds").Call<Offer>("finance.v1.OfferService.MakeOffer", make);
}

absl::StatusOr<Offer> TwoNodes::Approve(const std::string& offer) {
  return un_.As("approver")
      .Call<Offer>("finance.v1.OfferService.ApproveOffer", OnOffer<ApproveOfferRequest>(offer));
}

absl::StatusOr<Offer> TwoNodes::Cancel(const std::string& offer) {
  return un_.As("funds").Call<Offer>("finance.v1.OfferService.CancelOffer",
                                     OnOffer<CancelOfferRequest>(offer));
}

std::string TwoNodes::Reserve(const std::string& request, const OfferParts& parts) {
  const Offer made = Must(MakeOffer(request, parts), "offer make");
  Must(Approve(made.name()), "offer approve");
  return made.name();
}

absl::StatusOr<Offer> TwoNodes::Accept(const std::string& offer, int64_t amount_minor) {
  auto request = OnOffer<AcceptOfferRequest>(offer);
  if (amount_minor != 0) *request.mutable_amount() = Dollars(amount_minor);
  return au_.As("accepter").Call<Offer>("finance.v1.OfferService.AcceptOffer", request);
}

absl::StatusOr<Offer> TwoNodes::Reject(const std::string& offer) {
  auto request = OnOffer<RejectOfferRequest>(offer);
  request.set_reason(chapter8::books::v1::Reject::TERMS);
  return au_.As("accepter").Call<Offer>("finance.v1.OfferService.RejectOffer", request);
}

absl::StatusOr<Offer> TwoNodes::Read(OrganizationNode& node, const std::string& offer) {
  GetOfferRequest request;
  request.set_name(offer);
  return node.As("auditor").Call<Offer>("finance.v1.OfferService.GetOffer", request);
}

bool TwoNodes::Await(OrganizationNode& node, const std::string& offer, Offer::State state) {
  return WaitUntil([&] {
    const absl::StatusOr<Offer> read = Read(node, offer);
    return read.ok() && read->state() == state;
  });
}

std::string TwoNodes::Reserve(int64_t amount_minor) {
  const std::string offer = Reserve(MakeRequest(amount_minor), {.amount_minor = amount_minor});
  Check(Await(au_, offer, Offer::RESERVED), "an offer that does not arrive");
  return offer;
}

void TwoNodes::Finish(const std::string& offer) {
  absl::Status accepted;
  const bool taken = WaitUntil([&] {
    accepted = Accept(offer).status();
    return accepted.ok();
  });
  Check(taken, accepted.ToString());
  Check(Await(un_, offer, Offer::SETTLED), "an offer that is not settled");
  const std::vector<std::string> differences =
      Differences(Must(Read(un_, offer), "its half"), Must(Read(au_, offer), "its half"));
  Check(differences.empty(), absl::StrJoin(differences, "; "));
}

Fund TwoNodes::Fund() {
  GetFundRequest request;
  request.set_name(kFund);
  return Must(un_.As("auditor").Call<chapter8::finance::v1::Fund>("finance.v1.FundService.GetFund",
                                                                  request),
              "fund show");
}

BudgetLine TwoNodes::BudgetLine() {
  GetBudgetLineRequest request;
  request.set_name(kBudgetLine);
  return Must(au_.As("auditor").Call<chapter8::finance::v1::BudgetLine>(
                  "finance.v1.BudgetService.GetBudgetLine", request),
              "budget show");
}

std::vector<std::string> Differences(const Offer& giver, const Offer& receiver) {
  std::vector<std::string> differences;
  std::map<std::string, const chapter8::books::v1::StepPlace*> theirs;
  for (const chapter8::books::v1::StepPlace& step : receiver.steps()) theirs[step.step()] = &step;
  const auto differ = [&](const chapter8::books::v1::StepPlace& a, const std::string& what) {
    differences.push_back(
        absl::StrCat(a.step(), " at ", a.index(), " of ", a.origin(), ": ", what));
  };
  for (const chapter8::books::v1::StepPlace& ours : giver.steps()) {
    const auto found = theirs.find(ours.step());
    // SETTLED ends the giver's half; whether the receiver hears of it changes nothing there.
    if (found == theirs.end()) {
      if (ours.step() != "SETTLED") differ(ours, "the receiver's half does not have it");
      continue;
    }
    const chapter8::books::v1::StepPlace& other = *found->second;
    if (other.origin() != ours.origin()) differ(ours, "other origin " + other.origin());
    if (other.index() != ours.index()) differ(ours, absl::StrCat("other index ", other.index()));
    if (other.leaf_hash() != ours.leaf_hash()) {
      differ(ours, "other leaf " + absl::BytesToHexString(other.leaf_hash()));
    }
    theirs.erase(found);
  }
  for (const auto& [name, step] : theirs) differ(*step, "the giver's half does not have it");
  if (giver.transfer_id() != receiver.transfer_id()) differences.push_back("other transfer ids");
  return differences;
}

}  // namespace ch8::testing
