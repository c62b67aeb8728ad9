#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <random>

#include "absl/strings/str_cat.h"
#include "services/finance/core/test_scenario.h"
#include "tests/support/status_matchers.h"

namespace ch8::finance {
namespace {

using chapter8::books::v1::TransferStep;
using v1::Contribution;

// What a ledger's events say, added up without postings, rows or books.
struct Auditor {
  struct Offer {
    std::string source;  // A fund or an allotment.
    int64_t amount_minor = 0;
    bool held = false;
  };
  std::map<std::string, Contribution> contributions;
  std::map<std::string, Offer> offers;         // By transfer id; the giver's.
  std::map<std::string, int64_t> receivables;  // By transfer id; the receiver's.
  std::map<std::string, int64_t> given_minor;  // By source.
  std::map<std::string, v1::Allotment> allotments;
  int64_t mirrored_minor = 0;

  explicit Auditor(const TestLedger& ledger) {
    for (const auto& entry : ledger.Entries()) {
      if (entry.has_step()) Read(entry.step());
      v1::FinanceEvent event;
      if (!entry.has_domain_event() || !event.ParseFromString(entry.domain_event())) continue;
      if (event.has_contribution_recorded()) {
        const Contribution& row = event.contribution_recorded().contribution();
        contributions[row.name()] = row;
      }
      if (event.has_offer_recorded()) Read(event.offer_recorded().offer());
      if (event.has_allotment_recorded()) {
        const v1::Allotment& row = event.allotment_recorded().allotment();
        allotments[row.name()] = row;
      }
    }
  }

  void Read(const v1::Offer& offer) {
    if (offer.side() != v1::Offer::GIVER) return;
    offers[offer.transfer_id()] = {offer.allotment().empty() ? offer.fund() : offer.allotment(),
                                   offer.amount().amount_minor(),
                                   offer.state() == v1::Offer::DRAFT};
  }

  void Read(const TransferStep& step) {
    if (step.has_accept()) {
      receivables[step.transfer_id()] = static_cast<int64_t>(step.accept().quantity());
    } else if (step.has_mirror()) {
      receivables.erase(step.transfer_id());
      mirrored_minor += static_cast<int64_t>(step.mirror().quantity());
    } else if (step.has_post() || step.has_void_()) {
      Offer& offer = offers[step.transfer_id()];
      offer.held = false;
      if (step.has_post()) {
        given_minor[offer.source] += static_cast<int64_t>(step.post().quantity());
      }
    }
  }

  int64_t HeldOf(const std::string& source) const {
    int64_t held = 0;
    for (const auto& [id, offer] : offers) {
      if (offer.source == source && offer.held) held += offer.amount_minor;
    }
    return held;
  }

  int64_t GivenOf(const std::string& source) const {
    const auto given = given_minor.find(source);
    return given == given_minor.end() ? 0 : given->second;
  }

  void ExpectAllotment(const v1::Allotment& shown) const {
    const v1::Allotment& row = allotments.at(shown.name());
    EXPECT_EQ(shown.held_minor(), HeldOf(row.name()));
    EXPECT_EQ(shown.given_minor(), GivenOf(row.name()));
    EXPECT_EQ(shown.available_minor(),
              row.amount().amount_minor() - HeldOf(row.name()) - GivenOf(row.name()));
    EXPECT_GE(shown.available_minor(), 0);
  }

  int64_t AllottedMinor() const {
    int64_t allotted = 0;
    for (const auto& [name, row] : allotments) allotted += row.amount().amount_minor();
    return allotted;
  }

  void ExpectFund(const v1::Fund& fund) const {
    int64_t received = 0;
    int64_t committed = 0;
    int64_t pledged = 0;
    for (const auto& [name, row] : contributions) {
      if (row.fund() != fund.name()) continue;
      received += row.paid_minor();
      if (row.state() == Contribution::PLEDGED) pledged += row.amount_minor();
      if (row.state() >= Contribution::COMMITTED && row.state() <= Contribution::PAID) {
        committed += row.amount_minor();
      }
    }
    int64_t allotted = 0;
    int64_t given = GivenOf(fund.name());
    for (const auto& [name, row] : allotments) {
      if (row.fund() != fund.name()) continue;
      allotted += row.amount().amount_minor() - GivenOf(name);
      given += GivenOf(name);
    }
    EXPECT_EQ(fund.received_minor(), received);
    EXPECT_EQ(fund.committed_minor(), committed);
    EXPECT_EQ(fund.pledged_minor(), pledged);
    EXPECT_EQ(fund.held_minor(), HeldOf(fund.name()));
    EXPECT_EQ(fund.given_minor(), given);
    EXPECT_EQ(fund.in_allotments_minor(), allotted);
    EXPECT_EQ(fund.available_minor(), received - HeldOf(fund.name()) - given - allotted);
    EXPECT_GE(fund.available_minor(), 0);
  }
};

void ExpectDoubleEntry(const TestLedger& ledger) {
  uint64_t debits = 0;
  uint64_t credits = 0;
  uint64_t debits_held = 0;
  uint64_t credits_held = 0;
  for (uint32_t account = 1; account < ledger.books().next_account(); ++account) {
    const auto balance = ledger.books().Find(account);
    ASSERT_TRUE(balance.ok());
    debits += balance->debits_posted;
    credits += balance->credits_posted;
    debits_held += balance->debits_held;
    credits_held += balance->credits_held;
  }
  EXPECT_EQ(debits, credits);
  EXPECT_EQ(debits_held, credits_held);
}

constexpr int64_t kBudgetMinor = 40'000;
constexpr int64_t kCapMinor = 30'000;

// Officers of both organizations do whatever comes to mind, with partial delivery in between.
class RandomOfficers {
 public:
  explicit RandomOfficers(uint64_t seed) : random_(seed) {
    AddFund(scenario_.un, "assessed", "source: ASSESSED counts_toward_2719: true", 50'000);
    Activate(scenario_.un, kBudgetMinor);
  }

  void Act() {
    switch (Pick(15)) {
      case 0:
        requests_.push_back(scenario_.Request(1'000 + Pick(9'000)));
        break;
      case 1:
      case 2:
        return Make();
      case 3:
      case 4:
        if (const auto draft = AnyIn(scenario_.un, v1::Offer::DRAFT)) {
          scenario_.Approve(draft->name()).IgnoreError();
        }
        break;
      case 5:
      case 6:
        if (const auto offer = AnyIn(scenario_.au, v1::Offer::RESERVED)) {
          const int64_t least = offer->amount_min().amount_minor();
          const int64_t span = offer->amount().amount_minor() - least + 1;
          scenario_.Accept(offer->name(), least + Pick(span)).status().IgnoreError();
        }
        break;
      case 7:
        if (offers_.empty()) break;
        if (Pick(2) == 0) {
          scenario_.Reject(AnyOffer()).status().IgnoreError();
        } else {
          scenario_.Cancel(AnyOffer()).IgnoreError();
        }
        break;
      case 8:
        scenario_.un.Advance(absl::Seconds(Pick(300)));
        break;
      case 9:
        return Contribute();
      case 10:
        Allot();
        break;
      case 11:
        if (!allotments_.empty()) {
          scenario_.Reduce(AnyAllotment(), 1 + Pick(3'000)).IgnoreError();
        }
        break;
      case 12:
        if (Pick(4) == 0) MoveBudget();
        break;
      case 13:
        scenario_.au.PullFrom(scenario_.un, 1 + static_cast<int>(Pick(6)));
        break;
      default:
        scenario_.un.PullFrom(scenario_.au, 1 + static_cast<int>(Pick(6)));
    }
  }

  void Check() {
    const Auditor giver(scenario_.un);
    giver.ExpectFund(scenario_.FundOf("trust"));
    giver.ExpectFund(scenario_.FundOf("assessed"));
    for (const std::string& allotment : allotments_) {
      giver.ExpectAllotment(scenario_.AllotmentOf(allotment));
    }
    EXPECT_EQ(giver.AllottedMinor(), scenario_.UsedOf("aussom"));
    EXPECT_LE(giver.AllottedMinor(), allotted_max_minor_);
    EXPECT_EQ(CeilingMinor(), std::max<int64_t>(cap_minor_ - giver.AllottedMinor(), 0));
    const Auditor receiver(scenario_.au);
    int64_t receivable = 0;
    for (const auto& [id, quantity] : receiver.receivables) receivable += quantity;
    EXPECT_EQ(scenario_.Fuel().received_minor(), receiver.mirrored_minor);
    EXPECT_EQ(scenario_.Fuel().receivable_minor(), receivable);
    ExpectDoubleEntry(scenario_.un);
    ExpectDoubleEntry(scenario_.au);
  }

  // Given out of allotments.
  int64_t AssessedGivenMinor() { return scenario_.FundOf("assessed").given_minor(); }

  // When everything has been delivered and all holds ran out, both sides agree.
  void CheckAtRest() {
    scenario_.un.Advance(absl::Hours(1));
    scenario_.Settle();
    Check();
    EXPECT_GT(scenario_.Fuel().received_minor(), 0);  // The officers got something done.
    EXPECT_EQ(scenario_.FundOf("trust").held_minor(), 0);
    for (const std::string& allotment : allotments_) {
      EXPECT_EQ(scenario_.AllotmentOf(allotment).held_minor(), 0);
    }
    EXPECT_EQ(scenario_.Fuel().receivable_minor(), 0);
    EXPECT_EQ(scenario_.FundOf("trust").given_minor() + scenario_.FundOf("assessed").given_minor(),
              scenario_.Fuel().received_minor());
    for (const std::string& request : requests_) {
      const auto asked = scenario_.RequestAt(scenario_.au, request);
      const auto known = scenario_.RequestAt(scenario_.un, request);
      EXPECT_EQ(asked.received_minor(), known.received_minor());
      EXPECT_EQ(asked.accepted_minor(), known.accepted_minor());
      EXPECT_EQ(asked.state(), known.state());
    }
    for (TestLedger* ledger : {&scenario_.un, &scenario_.au}) {
      EXPECT_EQ(ledger->StoredRows(), ledger->ReplayedRows());
      EXPECT_EQ(ledger->books().StateDigest(), ledger->ReplayedBooksDigest());
    }
  }

 private:
  int64_t Pick(int64_t count) {
    return static_cast<int64_t>(random_() % static_cast<uint64_t>(count));
  }
  // An offer that `ledger` knows in this state, if there is one.
  std::optional<v1::Offer> AnyIn(TestLedger& ledger, v1::Offer::State state) {
    const auto page =
        ledger.Get<v1::ListOffersResponse>("OfferService/ListOffers", v1::ListOffersRequest());
    std::vector<v1::Offer> fitting;
    for (const v1::Offer& offer : page->offers()) {
      if (offer.state() == state) fitting.push_back(offer);
    }
    if (fitting.empty()) return std::nullopt;
    return fitting[static_cast<size_t>(Pick(static_cast<int64_t>(fitting.size())))];
  }

  const std::string& AnyOffer() {
    const int64_t count = static_cast<int64_t>(offers_.size());
    return offers_[static_cast<size_t>(count - 1 - Pick(std::min<int64_t>(count, 4)))];
  }

  const std::string& AnyAllotment() {
    return allotments_[static_cast<size_t>(Pick(static_cast<int64_t>(allotments_.size())))];
  }

  void Allot() {
    const int64_t amount_minor = 1 + Pick(12'000);
    const auto made = scenario_.TryAllot("assessed", amount_minor);
    if (made.ok()) allotments_.push_back(*made);
  }

  // The budget of the period is decided anew, lower or higher; what is allotted stays.
  void MoveBudget() {
    const int64_t budget_minor = 4 * (1 + Pick(10'000));
    AddReference(
        scenario_.un,
        absl::StrCat("kind: BUDGET_APPROVAL budget { currency_code: \"USD\" amount_minor: ",
                     budget_minor, " }"));
    cap_minor_ = budget_minor / 4 * 3;
    allotted_max_minor_ = std::max(allotted_max_minor_, cap_minor_);
  }

  // What the books' ceiling has left to be allotted.
  int64_t CeilingMinor() {
    v1::GetOperationRequest request;
    request.set_name("operations/aussom");
    const auto operation =
        scenario_.un.Get<v1::Operation>("OperationService/GetOperation", request);
    return scenario_.un.books().Find(operation->budget_ceilings(0).account())->available();
  }

  void Make() {
    if (requests_.empty()) return;
    const bool of_allotment = !allotments_.empty() && Pick(2) == 0;
    const int64_t amount_minor = 1 + Pick(9'000);
    const auto made =
        scenario_.TryOffer({.request = requests_[requests_.size() - 1 -
                                                 static_cast<size_t>(Pick(std::min<int64_t>(
                                                     static_cast<int64_t>(requests_.size()), 3)))],
                            .amount_minor = amount_minor,
                            .amount_min_minor = 1 + Pick(amount_minor),
                            .hold_seconds = 1 + Pick(1'800),
                            .allotment = of_allotment ? AnyAllotment() : ""});
    if (made.ok()) offers_.push_back(*made);
  }

  void Contribute() {
    auto request = Parsed<v1::ImportContributionsRequest>(R"pb(
      fund: "organizations/un/funds/trust"
      contributions {
        donor: "KEN"
        form: FINANCIAL
        decided_on { year: 2026 month: 1 day: 5 }
        original { currency_code: "KES" }
        exchange_rate: "129.35"
        rate_source: "UNORE"
        rate_date { year: 2026 month: 1 day: 1 }
      })pb");
    Contribution& row = *request.mutable_contributions(0);
    row.mutable_original()->set_amount_minor(1'000 + Pick(1'000'000));
    row.set_state(std::array{Contribution::PLEDGED, Contribution::COMMITTED,
                             Contribution::PAID}[static_cast<size_t>(Pick(3))]);
    const auto imported = scenario_.un.Call<v1::ImportContributionsResponse>(
        "manager", "FundService/ImportContributions", request);
    ASSERT_THAT(imported, ::ch8::testing::IsOk());
    v1::AdvanceContributionRequest advance;
    advance.set_name(imported->contributions(0).name());
    advance.set_state(static_cast<Contribution::State>(1 + Pick(6)));
    advance.set_paid_now_minor(Pick(1'000));
    scenario_.un.Call<Contribution>("manager", "FundService/AdvanceContribution", advance)
        .status()
        .IgnoreError();
  }

  std::mt19937_64 random_;
  Scenario scenario_;
  std::vector<std::string> requests_;
  std::vector<std::string> offers_;
  std::vector<std::string> allotments_;
  int64_t cap_minor_ = kCapMinor;
  int64_t allotted_max_minor_ = kCapMinor;  // The highest cap there ever was.
};

TEST(FinancePropertyTest, FiguresFollowFromTheEvents) {
  int64_t assessed_given_minor = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    RandomOfficers officers(seed);
    for (int step = 1; step <= 300; ++step) {
      officers.Act();
      if (step % 25 == 0) officers.Check();
    }
    officers.CheckAtRest();
    if (::testing::Test::HasFailure()) return;
    assessed_given_minor += officers.AssessedGivenMinor();
  }
  EXPECT_GT(assessed_given_minor, 0);
}

}  // namespace
}  // namespace ch8::finance
