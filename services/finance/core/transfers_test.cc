#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "services/finance/core/test_scenario.h"
#include "services/kernel/refusal.h"
#include "tests/support/status_matchers.h"

namespace ch8::finance {
namespace {

using ::ch8::testing::IsOk;
using chapter8::books::v1::TransferStep;
using chapter8::ledger::v1::Delivery;
using v1::FundingRequest;

constexpr int64_t kPaidIn = 100'000'000;

std::vector<std::string> StepsOf(const v1::Offer& offer) {
  std::vector<std::string> steps;
  for (const auto& step : offer.steps()) steps.push_back(step.step());
  return steps;
}

// Both halves of each offer agree, nothing is held any more, and both logs replay.
void ExpectAtRest(Scenario& scenario, const std::string& offer, v1::Offer::State giver,
                  v1::Offer::State receiver) {
  EXPECT_EQ(scenario.OfferAt(scenario.un, offer).state(), giver);
  EXPECT_EQ(scenario.OfferAt(scenario.au, offer).state(), receiver);
  EXPECT_EQ(scenario.FundOf("trust").held_minor(), 0);
  EXPECT_EQ(scenario.Fuel().receivable_minor(), 0);
  EXPECT_EQ(scenario.FundOf("trust").given_minor(), scenario.Fuel().received_minor());
  for (TestLedger* ledger : {&scenario.un, &scenario.au}) {
    EXPECT_EQ(ledger->StoredRows(), ledger->ReplayedRows());
    EXPECT_EQ(ledger->books().StateDigest(), ledger->ReplayedBooksDigest());
  }
}

TEST(TransfersTest, RequestsCrossWithoutTheMaker) {
  Scenario scenario;
  const std::string request = scenario.Request(5'000);
  EXPECT_EQ(request, "requests/REQ-AU-26-0001");
  EXPECT_EQ(scenario.Request(1), "requests/REQ-AU-26-0002");
  EXPECT_EQ(scenario.RequestAt(scenario.au, request).made_by(), 6u);
  const FundingRequest copy = scenario.RequestAt(scenario.un, request);
  EXPECT_EQ(copy.made_by(), 0u);
  EXPECT_EQ(copy.amount().amount_minor(), 5'000);
  EXPECT_EQ(copy.state(), FundingRequest::OPEN);
}

TEST(TransfersTest, AnOfferGoesAllTheWay) {
  Scenario scenario;
  const std::string request = scenario.Request(5'000);
  const std::string offer =
      scenario.Offer({.request = request, .amount_minor = 5'000, .amount_min_minor = 1'000});
  EXPECT_EQ(offer, "offers/OFF-UN-26-0001");
  EXPECT_EQ(scenario.FundOf("trust").held_minor(), 5'000);
  EXPECT_EQ(scenario.au.PullFrom(scenario.un), 0);  // Nobody is told of a draft.
  ASSERT_THAT(scenario.Approve(offer), IsOk());
  EXPECT_EQ(scenario.FundOf("trust").held_minor(), 5'000);
  scenario.au.PullFrom(scenario.un);
  ASSERT_THAT(scenario.Accept(offer, 4'000), IsOk());
  EXPECT_EQ(scenario.Fuel().receivable_minor(), 4'000);
  EXPECT_EQ(scenario.Fuel().received_minor(), 0);
  EXPECT_EQ(scenario.RequestAt(scenario.au, request).accepted_minor(), 4'000);
  scenario.Settle();

  ExpectAtRest(scenario, offer, v1::Offer::SETTLED, v1::Offer::POSTED);
  EXPECT_EQ(scenario.FundOf("trust").available_minor(), kPaidIn - 4'000);
  EXPECT_EQ(scenario.Fuel().received_minor(), 4'000);
  const v1::Offer given = scenario.OfferAt(scenario.un, offer);
  EXPECT_EQ(given.made_by(), 3u);
  EXPECT_EQ(given.approved_by(), 4u);
  EXPECT_EQ(StepsOf(given),
            (std::vector<std::string>{"RESERVE", "ACCEPT", "POST", "MIRROR", "SETTLED"}));
  EXPECT_EQ(StepsOf(scenario.OfferAt(scenario.au, offer)),
            (std::vector<std::string>{"RESERVE", "ACCEPT", "POST", "MIRROR"}));
  for (TestLedger* ledger : {&scenario.un, &scenario.au}) {
    EXPECT_EQ(scenario.RequestAt(*ledger, request).received_minor(), 4'000);
    EXPECT_EQ(scenario.RequestAt(*ledger, request).state(), FundingRequest::OPEN);
  }
}

TEST(TransfersTest, ARequestIsMetOnce) {
  Scenario scenario;
  const std::string request = scenario.Request(1'000);
  const std::string first = scenario.Reserved({.request = request, .amount_minor = 1'000});
  const std::string second = scenario.Reserved({.request = request, .amount_minor = 1'000});
  ASSERT_THAT(scenario.Accept(first), IsOk());
  EXPECT_EQ(ReasonOr(scenario.Accept(second)), "NOT_OPEN");
  ASSERT_THAT(scenario.Reject(second), IsOk());
  scenario.Settle();
  EXPECT_EQ(scenario.RequestAt(scenario.un, request).state(), FundingRequest::MET);
  EXPECT_EQ(scenario.RequestAt(scenario.au, request).state(), FundingRequest::MET);
  ExpectAtRest(scenario, first, v1::Offer::SETTLED, v1::Offer::POSTED);
  ExpectAtRest(scenario, second, v1::Offer::REJECTED, v1::Offer::REJECTED);
  EXPECT_EQ(scenario.OfferAt(scenario.un, second).end_reason(), "NOT_NEEDED");
}

TEST(TransfersTest, CancelledAndExpiredOffersFreeTheMoney) {
  Scenario scenario;
  const std::string request = scenario.Request(1'000);
  const std::string draft = scenario.Offer({.request = request, .amount_minor = 10});
  const std::string cancelled = scenario.Reserved({.request = request, .amount_minor = 20});
  const std::string expired =
      scenario.Reserved({.request = request, .amount_minor = 30, .hold_seconds = 60});
  EXPECT_EQ(scenario.FundOf("trust").held_minor(), 60);
  ASSERT_THAT(scenario.Cancel(draft), IsOk());
  ASSERT_THAT(scenario.Cancel(cancelled), IsOk());
  EXPECT_EQ(kernel::ReasonOf(scenario.Cancel(cancelled)), "NOT_CANCELLABLE");
  EXPECT_EQ(scenario.un.Advance(absl::Seconds(60) - absl::Microseconds(1)), 0);
  EXPECT_GT(scenario.un.Advance(absl::Microseconds(1)), 0);
  EXPECT_EQ(scenario.un.Advance(absl::Hours(9)), 0);
  scenario.Settle();
  EXPECT_EQ(scenario.OfferAt(scenario.un, draft).state(), v1::Offer::CANCELLED);
  ExpectAtRest(scenario, cancelled, v1::Offer::CANCELLED, v1::Offer::CANCELLED);
  ExpectAtRest(scenario, expired, v1::Offer::EXPIRED, v1::Offer::EXPIRED);
}

TEST(TransfersTest, DraftsRunOutToo) {
  Scenario scenario;
  const std::string draft =
      scenario.Offer({.request = scenario.Request(1'000), .amount_minor = 10, .hold_seconds = 60});
  scenario.un.Advance(absl::Seconds(60));
  EXPECT_EQ(scenario.OfferAt(scenario.un, draft).state(), v1::Offer::EXPIRED);
  EXPECT_EQ(scenario.FundOf("trust").held_minor(), 0);
  EXPECT_EQ(kernel::ReasonOf(scenario.Approve(draft)), "NOT_DRAFT");
}

// The hold counts from the approval, by the giver's clock alone, and a late ACCEPT changes nothing.
TEST(TransfersTest, AnAcceptThatComesAfterTheVoid) {
  Scenario scenario;
  const std::string offer = scenario.Reserved(
      {.request = scenario.Request(1'000), .amount_minor = 1'000, .hold_seconds = 60});
  ASSERT_THAT(scenario.Accept(offer), IsOk());
  scenario.un.Advance(absl::Seconds(61));
  EXPECT_EQ(scenario.OfferAt(scenario.un, offer).state(), v1::Offer::EXPIRED);
  scenario.Settle();
  ExpectAtRest(scenario, offer, v1::Offer::EXPIRED, v1::Offer::EXPIRED);
  EXPECT_EQ(scenario.FundOf("trust").available_minor(), kPaidIn);
}

// Only a logged VOID ends a hold: an ACCEPT that comes first is posted, however late it is.
TEST(TransfersTest, AnAcceptBeforeTheVoidIsPosted) {
  Scenario scenario;
  const std::string request = scenario.Request(1'000);
  const std::string offer =
      scenario.Reserved({.request = request, .amount_minor = 1'000, .hold_seconds = 60});
  scenario.au.Advance(absl::Hours(400));
  ASSERT_THAT(scenario.Accept(offer), IsOk());
  scenario.Settle();
  ExpectAtRest(scenario, offer, v1::Offer::SETTLED, v1::Offer::POSTED);
}

// Every entry twice: the second time changes nothing.
TEST(TransfersTest, DuplicatesHaveNoEffect) {
  Scenario scenario;
  const std::string offer =
      scenario.Reserved({.request = scenario.Request(1'000), .amount_minor = 1'000});
  const auto again = [](TestLedger& to, const TestLedger& from, uint64_t number) {
    const auto entry = from.Addressed(to.trust_domain(), number);
    ASSERT_TRUE(entry.has_value());
    const auto rows = to.StoredRows();
    EXPECT_EQ(to.Deliver(*entry).verdict(), Delivery::ACCEPT);
    EXPECT_EQ(to.StoredRows(), rows);
  };
  again(scenario.un, scenario.au, 1);  // The request.
  again(scenario.au, scenario.un, 1);  // RESERVE.
  ASSERT_THAT(scenario.Accept(offer), IsOk());
  const auto accept = scenario.au.Addressed(scenario.un.trust_domain(), 2);
  ASSERT_TRUE(accept.has_value());
  scenario.un.Deliver(*accept);
  again(scenario.un, scenario.au, 2);  // ACCEPT, after POST.
  const auto post = scenario.un.Addressed(scenario.au.trust_domain(), 2);
  ASSERT_TRUE(post.has_value());
  scenario.au.Deliver(*post);
  again(scenario.au, scenario.un, 2);  // POST, after MIRROR.
  const auto mirror = scenario.au.Addressed(scenario.un.trust_domain(), 3);
  ASSERT_TRUE(mirror.has_value());
  scenario.un.Deliver(*mirror);
  ExpectAtRest(scenario, offer, v1::Offer::SETTLED, v1::Offer::POSTED);
}

TEST(TransfersTest, ARequestWaitsForItsOperation) {
  Scenario scenario;
  ASSERT_THAT(scenario.au.Call<v1::Operation>(
                  "mandate-a", "OperationService/CreateOperation",
                  Parsed<v1::CreateOperationRequest>(
                      R"(operation_id: "new" resource { title: "N" lead: "organizations/au" })")),
              IsOk());
  ASSERT_THAT(scenario.au.Call<v1::BudgetLine>(
                  "manager", "BudgetService/CreateBudgetLine",
                  Parsed<v1::CreateBudgetLineRequest>(
                      R"(budget_line_id: "new" resource { title: "N" operation: "operations/new"
                         currency_code: "USD" })")),
              IsOk());
  ASSERT_THAT(scenario.au.Call<FundingRequest>("requester", "RequestService/MakeRequest",
                                               Parsed<v1::MakeRequestRequest>(R"pb(
                                                 resource {
                                                   addressee: "organizations/un"
                                                   operation: "operations/new"
                                                   budget_line: "organizations/au/budgetLines/new"
                                                   amount { currency_code: "USD" amount_minor: 5 }
                                                   needed_by { year: 2026 month: 4 day: 1 }
                                                 })pb")),
              IsOk());
  const auto entry = scenario.au.Addressed("un.example", 1);
  ASSERT_TRUE(entry.has_value());
  const Delivery deferred = scenario.un.Deliver(*entry);
  EXPECT_EQ(deferred.verdict(), Delivery::DEFER);
  EXPECT_EQ(deferred.reason(), "UNKNOWN_OPERATION");
  ASSERT_THAT(scenario.un.Call<v1::Operation>(
                  "mandate-a", "OperationService/CreateOperation",
                  Parsed<v1::CreateOperationRequest>(
                      R"(operation_id: "new" resource { title: "N" lead: "organizations/au" })")),
              IsOk());
  scenario.Request(7);  // Another delivery: what waited is decided again.
  EXPECT_EQ(scenario.RequestAt(scenario.un, "requests/REQ-AU-26-0001").amount().amount_minor(), 5);
}

TEST(TransfersTest, ForgedRequestsAreRefused) {
  Scenario scenario;
  scenario.Request(1'000);
  const auto honest = scenario.au.Addressed("un.example", 1);
  ASSERT_TRUE(honest.has_value());
  const auto deliver = [&](const std::function<void(FundingRequest&)>& forge) {
    kernel::Delivered forged = *honest;
    v1::FinanceEvent event;
    ch8::Check(event.ParseFromString(forged.entry.domain_event()), "bad event");
    forge(*event.mutable_request_recorded()->mutable_request());
    forged.entry.set_domain_event(event.SerializeAsString());
    const Delivery delivery = scenario.un.Deliver(forged);
    return absl::StrCat(Delivery::Verdict_Name(delivery.verdict()), " ", delivery.reason());
  };
  EXPECT_EQ(deliver([](auto& r) { r.set_requester("organizations/un"); }), "REFUSE NOT_REQUESTER");
  EXPECT_EQ(deliver([](auto& r) { r.set_addressee("organizations/x"); }), "REFUSE NOT_ADDRESSEE");
  EXPECT_EQ(deliver([](auto& r) { r.set_name("requests/REQ-UN-26-0001"); }), "REFUSE BAD_REQUEST");
  EXPECT_EQ(deliver([](auto& r) { r.mutable_amount()->set_amount_minor(-1); }),
            "REFUSE BAD_REQUEST");
  EXPECT_EQ(deliver([](auto& r) { r.set_budget_line("organizations/un/budgetLines/x"); }),
            "REFUSE BAD_REQUEST");
  EXPECT_EQ(deliver([](auto& r) { r.mutable_amount()->set_amount_minor(2); }),
            "REFUSE OTHER_REQUEST");
  EXPECT_EQ(deliver([](auto& r) { r.set_state(FundingRequest::MET); }), "REFUSE BAD_REQUEST");
  EXPECT_EQ(deliver([](auto& r) {
              r.set_name("requests/REQ-AU-26-0009");
              r.set_state(FundingRequest::WITHDRAWN);
            }),
            "DEFER UNKNOWN_REQUEST");
}

TEST(TransfersTest, StrangersAndOddEntriesAreNotTaken) {
  Scenario scenario;
  scenario.Request(1'000);
  kernel::Delivered delivered = *scenario.au.Addressed("un.example", 1);
  const auto reason = [&](const std::string& origin) {
    delivered.origin = origin;
    return scenario.un.Deliver(delivered).reason();
  };
  EXPECT_EQ(reason("ecowas.example/ch8/finance"), "UNKNOWN_ORGANIZATION");
  EXPECT_EQ(reason("au.example/ch8/logistics"), "NOT_FINANCE");
  EXPECT_EQ(reason("au.example"), "NOT_FINANCE");
  delivered.entry.Clear();
  EXPECT_EQ(reason("au.example/ch8/finance"), "UNEXPECTED_ENTRY");
  delivered.entry.set_domain_event("\xff");
  EXPECT_EQ(reason("au.example/ch8/finance"), "MALFORMED_EVENT");
  delivered.entry.set_domain_event("");
  EXPECT_EQ(reason("au.example/ch8/finance"), "UNEXPECTED_ENTRY");
}

// A RESERVE as a lying giver would log it.
struct LyingGiver {
  Scenario scenario;
  kernel::Delivered honest;

  LyingGiver() {
    const std::string offer =
        scenario.Offer({.request = scenario.Request(1'000), .amount_minor = 1'000});
    ch8::Check(scenario.Approve(offer).ok(), "an approval that fails");
    honest = *scenario.un.Addressed("au.example", 1);
  }

  // Delivers the RESERVE with other terms, rightly hashed.
  Delivery Deliver(const std::function<void(v1::OfferTerms&)>& forge) {
    kernel::Delivered forged = honest;
    v1::OfferTerms terms;
    TransferStep& step = *forged.entry.mutable_step();
    ch8::Check(terms.ParseFromString(step.reserve().terms()), "bad terms");
    forge(terms);
    step.mutable_reserve()->set_terms(terms.SerializeAsString());
    step.set_terms_hash(std::string(Sha256(step.reserve().terms()).view()));
    forged.index += 100;
    forged.leaf_hash = Sha256(step.reserve().terms());
    return scenario.au.Deliver(forged);
  }
};

// Well-formed and forbidden: taken as a fact, and answered by REJECT, so that the giver's hold
// ends.
TEST(TransfersTest, ForbiddenTermsAreRejectedByRule) {
  const std::vector<std::pair<std::string, std::function<void(v1::OfferTerms&)>>> cases = {
      {"BAD_TERMS", [](auto& t) { t.set_offer("offers/OFF-AU-26-0001"); }},
      {"BAD_TERMS", [](auto& t) { t.set_amount_minor(999); }},
      {"BAD_TERMS", [](auto& t) { t.set_fund("organizations/au/funds/trust"); }},
      {"BAD_TERMS", [](auto& t) { t.set_currency_code("ZZZ"); }},
      {"UNKNOWN_REQUEST", [](auto& t) { t.set_request("requests/REQ-AU-26-0077"); }},
      {"OTHER_TERMS", [](auto& t) { t.set_budget_line("organizations/au/budgetLines/x"); }},
      {"OTHER_TERMS", [](auto& t) { t.set_operation("operations/x"); }},
      {"OTHER_TERMS", [](auto& t) { t.set_currency_code("EUR"); }}};
  for (const auto& [want, forge] : cases) {
    LyingGiver lying;
    const uint64_t before = lying.scenario.au.size();
    const Delivery delivery = lying.Deliver(forge);
    EXPECT_EQ(delivery.verdict(), Delivery::ACCEPT) << want;
    EXPECT_EQ(delivery.reason(), want);
    const auto entries = lying.scenario.au.Entries(before);
    ASSERT_FALSE(entries.empty());
    EXPECT_TRUE(entries.back().step().has_reject()) << want;
    EXPECT_EQ(entries.back().addresses(0).recipient(), "un.example");
    EXPECT_EQ(lying.scenario.au.StoredRows(), lying.scenario.au.ReplayedRows());
  }
}

TEST(TransfersTest, WrongHashesAndOtherTermsAreRefused) {
  LyingGiver lying;
  kernel::Delivered forged = lying.honest;
  forged.entry.mutable_step()->mutable_reserve()->set_terms("other");
  EXPECT_EQ(lying.scenario.au.Deliver(forged).reason(), "TERMS_HASH");
  forged = lying.honest;
  forged.entry.mutable_step()->set_receiver_origin("ecowas.example/ch8/finance");
  EXPECT_EQ(lying.scenario.au.Deliver(forged).reason(), "WRONG_AUTHOR");
  EXPECT_EQ(lying.scenario.au.Deliver(lying.honest).verdict(), Delivery::ACCEPT);
  const Delivery other =
      lying.Deliver([](auto& terms) { terms.set_fund("organizations/un/funds/y"); });
  EXPECT_EQ(other.verdict(), Delivery::REFUSE);
}

TEST(TransfersTest, AForgedAcceptMovesNothing) {
  Scenario scenario;
  const std::string offer = scenario.Reserved(
      {.request = scenario.Request(1'000), .amount_minor = 1'000, .amount_min_minor = 500});
  ASSERT_THAT(scenario.Accept(offer, 700), IsOk());
  const kernel::Delivered honest = *scenario.au.Addressed("un.example", 2);
  kernel::Delivered forged = honest;
  forged.entry.mutable_step()->mutable_accept()->set_quantity(1'001);
  EXPECT_EQ(scenario.un.Deliver(forged).verdict(), Delivery::REFUSE);
  forged = honest;
  forged.entry.mutable_step()->mutable_accept()->mutable_reserve()->set_index(1);
  EXPECT_EQ(scenario.un.Deliver(forged).verdict(), Delivery::REFUSE);
  forged = honest;
  forged.entry.mutable_step()->set_transfer_id("0123456789abcdef");
  EXPECT_EQ(scenario.un.Deliver(forged).verdict(), Delivery::REFUSE);
  EXPECT_EQ(scenario.FundOf("trust").given_minor(), 0);
  EXPECT_EQ(scenario.un.Deliver(honest).verdict(), Delivery::ACCEPT);
  EXPECT_EQ(scenario.FundOf("trust").given_minor(), 700);
  EXPECT_EQ(scenario.un.StoredRows(), scenario.un.ReplayedRows());
}

}  // namespace
}  // namespace ch8::finance
