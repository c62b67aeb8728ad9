#include "services/finance/core/test_scenario.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "chapter8/mandate/v1/mandate.pb.h"
#include "services/finance/core/assessed.h"

namespace ch8::finance {
namespace {

template <typename T>
T Must(absl::StatusOr<T> result) {
  ch8::Check(result.ok(), result.status().ToString());
  return *std::move(result);
}

void AddOperation(TestLedger& ledger) {
  Must(ledger.Call<v1::Operation>("mandate-a", "OperationService/CreateOperation",
                                  Parsed<v1::CreateOperationRequest>(R"pb(
                                    operation_id: "aussom"
                                    resource { title: "AUSSOM" lead: "organizations/au" })pb")));
}

}  // namespace

void AddFund(TestLedger& un, absl::string_view id, absl::string_view fields, int64_t amount_minor) {
  Must(un.Call<v1::Fund>(
      "manager", "FundService/CreateFund",
      Parsed<v1::CreateFundRequest>(absl::StrCat("fund_id: \"", id, "\" resource { title: \"", id,
                                                 "\" currency_code: \"USD\" ", fields, " }"))));
  if (amount_minor == 0) return;
  Must(un.Call<v1::ImportContributionsResponse>(
      "manager", "FundService/ImportContributions",
      Parsed<v1::ImportContributionsRequest>(absl::StrCat(
          "fund: \"organizations/un/funds/", id,
          "\" contributions { donor: \"GBR\" state: PAID form: FINANCIAL decided_on { year: 2026 "
          "month: 1 day: 5 } original { currency_code: \"USD\" amount_minor: ",
          amount_minor, " } }"))));
}

void AddReference(TestLedger& ledger, absl::string_view fields) {
  const std::string from =
      absl::StrContains(fields, "valid_from") ? "" : "valid_from { year: 2026 month: 1 day: 1 } ";
  const std::string to =
      absl::StrContains(fields, "valid_to") ? "" : "valid_to { year: 2026 month: 12 day: 31 } ";
  const std::string decided =
      absl::StrContains(fields, "decided_on") ? "" : "decided_on { year: 2025 month: 12 day: 23 } ";
  const std::string collection = "references/aussom/";
  uint32_t number = 1;
  for (const auto& [name, row] : ledger.StoredRows()) {
    number += absl::StartsWith(name, collection) ? 1 : 0;
  }
  chapter8::mandate::v1::MandateEvent fact;
  Reference& reference = *fact.mutable_reference_recorded();
  reference =
      Parsed<Reference>(absl::StrCat("symbol: \"S/RES/2809 (2025)\" ", from, to, decided, fields));
  reference.set_name(absl::StrFormat("%s%03d", collection, number));
  reference.set_operation("operations/aussom");
  reference.set_number(number);
  reference.set_state(Reference::CONFIRMED);
  ch8::Check(ledger.TakeFact(fact).verdict() == chapter8::ledger::v1::Delivery::ACCEPT,
             "a fact that is not taken");
}

void Activate(TestLedger& ledger, int64_t budget_minor) {
  for (const absl::string_view kind :
       {"AU_PSC_REQUEST", "UNSC_RESOLUTION", "EXIT_STRATEGY", "APPROPRIATION", "DUE_DILIGENCE"}) {
    AddReference(ledger, absl::StrCat("kind: ", kind));
  }
  AddReference(ledger, absl::StrCat("kind: BUDGET_APPROVAL budget { currency_code: \"USD\" "
                                    "amount_minor: ",
                                    budget_minor, " }"));
  AddReference(ledger, "kind: FUNDING_2719 funding_2719: ACTIVATED");
}

Scenario::Scenario() {
  AddOperation(un);
  AddOperation(au);
  AddFund(un, "trust", "source: EXTRA_BUDGETARY", 100'000'000);
  Must(au.Call<v1::BudgetLine>(
      "manager", "BudgetService/CreateBudgetLine", Parsed<v1::CreateBudgetLineRequest>(R"pb(
        budget_line_id: "fuel"
        resource { title: "Fuel" operation: "operations/aussom" currency_code: "USD" })pb")));
}

std::string Scenario::Request(int64_t amount_minor) {
  auto request = Parsed<v1::MakeRequestRequest>(R"pb(
    resource {
      addressee: "organizations/un"
      operation: "operations/aussom"
      budget_line: "organizations/au/budgetLines/fuel"
      amount { currency_code: "USD" }
      needed_by { year: 2026 month: 3 day: 21 }
    })pb");
  request.mutable_resource()->mutable_amount()->set_amount_minor(amount_minor);
  const auto made =
      Must(au.Call<v1::FundingRequest>("requester", "RequestService/MakeRequest", request));
  un.PullFrom(au);
  return made.name();
}

absl::StatusOr<std::string> Scenario::TryOffer(const OfferParts& parts) {
  v1::MakeOfferRequest request;
  v1::Offer& offer = *request.mutable_resource();
  offer.set_request(parts.request);
  if (parts.allotment.empty()) {
    offer.set_fund(absl::StrCat("organizations/un/funds/", parts.fund));
  }
  offer.set_allotment(parts.allotment);
  offer.mutable_amount()->set_currency_code("USD");
  offer.mutable_amount()->set_amount_minor(parts.amount_minor);
  if (parts.amount_min_minor != 0) {
    offer.mutable_amount_min()->set_currency_code("USD");
    offer.mutable_amount_min()->set_amount_minor(parts.amount_min_minor);
  }
  offer.mutable_hold_duration()->set_seconds(parts.hold_seconds);
  const auto made = un.Call<v1::Offer>("manager", "OfferService/MakeOffer", request);
  if (!made.ok()) return made.status();
  return made->name();
}

std::string Scenario::Offer(const OfferParts& parts) { return Must(TryOffer(parts)); }

absl::Status Scenario::Approve(const std::string& offer) {
  v1::ApproveOfferRequest request;
  request.set_name(offer);
  return un.Call<v1::Offer>("approver", "OfferService/ApproveOffer", request).status();
}

std::string Scenario::Reserved(const OfferParts& parts) {
  const std::string offer = Offer(parts);
  ch8::Check(Approve(offer).ok(), "an approval that fails");
  au.PullFrom(un);
  return offer;
}

absl::StatusOr<v1::Offer> Scenario::Accept(const std::string& offer, int64_t amount_minor) {
  v1::AcceptOfferRequest request;
  request.set_name(offer);
  if (amount_minor > 0) {
    request.mutable_amount()->set_currency_code("USD");
    request.mutable_amount()->set_amount_minor(amount_minor);
  }
  return au.Call<v1::Offer>("accepter", "OfferService/AcceptOffer", request);
}

absl::StatusOr<v1::Offer> Scenario::Reject(const std::string& offer) {
  v1::RejectOfferRequest request;
  request.set_name(offer);
  request.set_reason(chapter8::books::v1::Reject::NOT_NEEDED);
  return au.Call<v1::Offer>("accepter", "OfferService/RejectOffer", request);
}

absl::Status Scenario::Cancel(const std::string& offer) {
  v1::CancelOfferRequest request;
  request.set_name(offer);
  return un.Call<v1::Offer>("manager", "OfferService/CancelOffer", request).status();
}

absl::StatusOr<std::string> Scenario::TryAllot(const std::string& fund, int64_t amount_minor) {
  v1::MakeAllotmentRequest request;
  v1::Allotment& allotment = *request.mutable_resource();
  allotment.set_fund(absl::StrCat("organizations/un/funds/", fund));
  allotment.set_operation("operations/aussom");
  allotment.mutable_amount()->set_currency_code("USD");
  allotment.mutable_amount()->set_amount_minor(amount_minor);
  const auto made = un.Call<v1::Allotment>("manager", "AllotmentService/MakeAllotment", request);
  if (!made.ok()) return made.status();
  return made->name();
}

std::string Scenario::Allot(const std::string& fund, int64_t amount_minor) {
  return Must(TryAllot(fund, amount_minor));
}

absl::Status Scenario::Reduce(const std::string& allotment, int64_t by_minor) {
  v1::ReduceAllotmentRequest request;
  request.set_name(allotment);
  request.mutable_amount()->set_currency_code("USD");
  request.mutable_amount()->set_amount_minor(by_minor);
  return un.Call<v1::Allotment>("manager", "AllotmentService/ReduceAllotment", request).status();
}

void Scenario::Settle() {
  for (int moved = 1; moved > 0;) moved = au.PullFrom(un) + un.PullFrom(au);
}

v1::Offer Scenario::OfferAt(TestLedger& ledger, const std::string& offer) {
  v1::GetOfferRequest request;
  request.set_name(offer);
  return Must(ledger.Get<v1::Offer>("OfferService/GetOffer", request));
}

v1::FundingRequest Scenario::RequestAt(TestLedger& ledger, const std::string& request_name) {
  v1::GetRequestRequest request;
  request.set_name(request_name);
  return Must(ledger.Get<v1::FundingRequest>("RequestService/GetRequest", request));
}

v1::Fund Scenario::FundOf(const std::string& id) {
  v1::GetFundRequest request;
  request.set_name(absl::StrCat("organizations/un/funds/", id));
  return Must(un.Get<v1::Fund>("FundService/GetFund", request));
}

v1::Allotment Scenario::AllotmentOf(const std::string& name) {
  v1::GetAllotmentRequest request;
  request.set_name(name);
  return Must(un.Get<v1::Allotment>("AllotmentService/GetAllotment", request));
}

int64_t Scenario::UsedOf(const std::string& operation) {
  v1::GetOperationRequest request;
  request.set_name(absl::StrCat("operations/", operation));
  return Must(un.Get<v1::Operation>("OperationService/GetOperation", request))
      .assessed_used()
      .amount_minor();
}

v1::BudgetLine Scenario::Fuel() {
  v1::GetBudgetLineRequest request;
  request.set_name("organizations/au/budgetLines/fuel");
  return Must(au.Get<v1::BudgetLine>("BudgetService/GetBudgetLine", request));
}

}  // namespace ch8::finance
