// Steps of a transfer that are proven and false all the same: each is really in the AU's log,
// signed by the AU's key. The UN's ledger takes nothing by them, and what is honest goes on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/books/v1/transfer.pb.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "clients/lib/client.h"
#include "storage/base/hash.h"
#include "tests/integration/peer_feed.h"
#include "tests/support/node_wait.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {
namespace {

using chapter8::authz::v1::Role;
using chapter8::books::v1::TransferStep;
using chapter8::finance::v1::AcceptOfferRequest;
using chapter8::finance::v1::ApproveOfferRequest;
using chapter8::finance::v1::BudgetLine;
using chapter8::finance::v1::Contribution;
using chapter8::finance::v1::CreateBudgetLineRequest;
using chapter8::finance::v1::CreateFundRequest;
using chapter8::finance::v1::Fund;
using chapter8::finance::v1::FundingRequest;
using chapter8::finance::v1::GetBudgetLineRequest;
using chapter8::finance::v1::GetFundRequest;
using chapter8::finance::v1::GetOfferRequest;
using chapter8::finance::v1::ImportContributionsRequest;
using chapter8::finance::v1::ImportContributionsResponse;
using chapter8::finance::v1::MakeOfferRequest;
using chapter8::finance::v1::MakeRequestRequest;
using chapter8::finance::v1::Offer;
using chapter8::finance::v1::OfferTerms;
using chapter8::ledger::v1::Entry;

constexpr char kFund[] = "organizations/un/funds/trust";
constexpr char kLine[] = "organizations/un/budgetLines/support";
constexpr int64_t kReceived = 1'000'00;
constexpr int64_t kAmount = 100'00;

chapter8::type::v1::Money Dollars(int64_t amount_minor) {
  chapter8::type::v1::Money money;
  money.set_currency_code("USD");
  money.set_amount_minor(amount_minor);
  return money;
}

template <typename Request>
Request WithId(Request request) {
  request.set_request_id(client::NewRequestId());
  return request;
}

class TransferLiesTest : public ::testing::Test {
 protected:
  TransferLiesTest() {
    peer_.Appoint("funds", Role::FUND_MANAGER);
    peer_.StartPeerFeed();
  }

  template <typename Response, typename Request>
  Response Must(absl::string_view officer, absl::string_view rpc, const Request& request) {
    const auto response = peer_.un().Call<Response>(peer_.un().finance(), officer, rpc, request);
    EXPECT_THAT(response, IsOk()) << rpc;
    return response.value_or(Response());
  }

  // UN gives: an offer for the AU's request, reserved.
  Offer Reserved() {
    CreateFundRequest fund;
    fund.set_fund_id("trust");
    fund.mutable_resource()->set_title("Trust fund");
    fund.mutable_resource()->set_source(Fund::EXTRA_BUDGETARY);
    fund.mutable_resource()->set_currency_code("USD");
    Must<Fund>("funds", "finance.v1.FundService.CreateFund", WithId(fund));
    ImportContributionsRequest import;
    import.set_fund(kFund);
    Contribution& row = *import.add_contributions();
    row.set_donor("GBR");
    row.set_state(Contribution::PAID);
    row.set_form(Contribution::FINANCIAL);
    *row.mutable_original() = Dollars(kReceived);
    row.mutable_decided_on()->set_year(2026);
    row.mutable_decided_on()->set_month(1);
    row.mutable_decided_on()->set_day(15);
    Must<ImportContributionsResponse>("funds", "finance.v1.FundService.ImportContributions",
                                      WithId(import));
    peer_.LogRequest(1);
    EXPECT_TRUE(WaitUntil([this] { return peer_.HasRequest(1); }));
    MakeOfferRequest make;
    make.mutable_resource()->set_request(PeerFeed::RequestName(1));
    make.mutable_resource()->set_fund(kFund);
    *make.mutable_resource()->mutable_amount() = Dollars(kAmount);
    make.mutable_resource()->mutable_hold_duration()->set_seconds(3600);
    const auto made = Must<Offer>("funds", "finance.v1.OfferService.MakeOffer", WithId(make));
    ApproveOfferRequest approve;
    approve.set_name(made.name());
    return Must<Offer>("approver", "finance.v1.OfferService.ApproveOffer", WithId(approve));
  }

  // The honest ACCEPT of `offer`, for a test to spoil.
  static Entry AcceptOf(const Offer& offer, const std::string& terms_hash) {
    Entry entry;
    TransferStep& step = *entry.mutable_step();
    step.set_transfer_id(offer.transfer_id());
    step.set_giver_origin(offer.giver_origin());
    step.set_receiver_origin(offer.receiver_origin());
    step.set_terms_hash(terms_hash);
    step.mutable_accept()->set_quantity(kAmount);
    step.mutable_accept()->mutable_reserve()->set_index(offer.steps(0).index());
    step.mutable_accept()->mutable_reserve()->set_leaf_hash(offer.steps(0).leaf_hash());
    return entry;
  }

  // The terms hash of the RESERVE that the UN logged.
  std::string TermsHashOf(const Offer& offer) {
    std::string terms_hash;
    const uint64_t index = offer.steps(0).index();
    EXPECT_THAT(peer_.un().finance().ledger().ReadEntries(
                    index, index + 1,
                    [&](const ch8::Entry& stored) {
                      Entry entry;
                      EXPECT_TRUE(entry.ParseFromArray(stored.payload.data(),
                                                       static_cast<int>(stored.payload.size())));
                      terms_hash = entry.step().terms_hash();
                      return false;
                    }),
                IsOk());
    return terms_hash;
  }

  // Logs the entry at the AU and waits until the UN has decided it: the request behind it is there.
  void Deliver(const Entry& entry) {
    peer_.log().Append(entry, peer_.un().domain());
    peer_.LogRequest(++last_request_);
    EXPECT_TRUE(WaitUntil([this] { return peer_.HasRequest(last_request_); }));
  }

  Offer Read(const std::string& name) {
    GetOfferRequest get;
    get.set_name(name);
    return peer_.un()
        .Call<Offer>(peer_.un().finance(), "clerk", "finance.v1.OfferService.GetOffer", get)
        .value_or(Offer());
  }
  Fund ReadFund() {
    GetFundRequest get;
    get.set_name(kFund);
    return Must<Fund>("clerk", "finance.v1.FundService.GetFund", get);
  }
  BudgetLine ReadLine() {
    GetBudgetLineRequest get;
    get.set_name(kLine);
    return Must<BudgetLine>("clerk", "finance.v1.BudgetService.GetBudgetLine", get);
  }

  PeerFeed peer_;
  int last_request_ = 1;
};

TEST_F(TransferLiesTest, FalseAcceptsPostNothingAndTheTrueOneDoes) {
  peer_.Appoint("approver", Role::APPROVER);
  const Offer offer = Reserved();
  ASSERT_EQ(offer.state(), Offer::RESERVED);
  const Entry honest = AcceptOf(offer, TermsHashOf(offer));
  const auto spoiled = [&](const std::function<void(TransferStep&)>& spoil) {
    Entry entry = honest;
    spoil(*entry.mutable_step());
    return entry;
  };
  const std::string zeros(Hash::kSize, '\0');
  const std::pair<const char*, Entry> lies[] = {
      {"other terms", spoiled([&](TransferStep& step) { step.set_terms_hash(zeros); })},
      {"more than offered",
       spoiled([](TransferStep& step) { step.mutable_accept()->set_quantity(kAmount + 1); })},
      {"less than the least",
       spoiled([](TransferStep& step) { step.mutable_accept()->set_quantity(kAmount - 1); })},
      {"nothing", spoiled([](TransferStep& step) { step.mutable_accept()->set_quantity(0); })},
      {"of another RESERVE", spoiled([&](TransferStep& step) {
         step.mutable_accept()->mutable_reserve()->set_leaf_hash(zeros);
       })},
      {"of a transfer that is not",
       spoiled([](TransferStep& step) { step.set_transfer_id("fedcba9876543210"); })},
      {"for another receiver",
       spoiled([](TransferStep& step) { step.set_receiver_origin("eu.example/ch8/finance"); })},
      {"a POST by the receiver",
       spoiled([](TransferStep& step) { step.mutable_post()->set_quantity(kAmount); })},
      {"a MIRROR of nothing",
       spoiled([](TransferStep& step) { step.mutable_mirror()->set_quantity(kAmount); })},
  };
  for (const auto& [name, lie] : lies) {
    SCOPED_TRACE(name);
    Deliver(lie);
    EXPECT_EQ(Read(offer.name()).state(), Offer::RESERVED);
    EXPECT_EQ(ReadFund().held_minor(), kAmount);
    EXPECT_EQ(ReadFund().given_minor(), 0);
  }
  Deliver(honest);
  EXPECT_EQ(Read(offer.name()).state(), Offer::POSTED);
  EXPECT_EQ(ReadFund().given_minor(), kAmount);
  EXPECT_EQ(ReadFund().held_minor(), 0);

  // Saying it again, or taking it back, moves nothing.
  Deliver(spoiled([](TransferStep& step) {
    const auto reserve = step.accept().reserve();
    step.mutable_reject()->set_reason(chapter8::books::v1::Reject::TERMS);
    *step.mutable_reject()->mutable_reserve() = reserve;
  }));
  EXPECT_EQ(Read(offer.name()).state(), Offer::POSTED);
  EXPECT_EQ(ReadFund().given_minor(), kAmount);
  EXPECT_EQ(ReadFund().available_minor(), kReceived - kAmount);
}

// The AU gives; the UN's request is real, so that its terms can be right.
class ReceivingTest : public TransferLiesTest {
 protected:
  ReceivingTest() {
    peer_.Appoint("asker", Role::REQUESTER);
    peer_.Appoint("accepter", Role::ACCEPTER);
    CreateBudgetLineRequest line;
    line.set_budget_line_id("support");
    line.mutable_resource()->set_title("Support");
    line.mutable_resource()->set_operation("operations/aussom");
    line.mutable_resource()->set_currency_code("USD");
    Must<BudgetLine>("clerk", "finance.v1.BudgetService.CreateBudgetLine", WithId(line));
    MakeRequestRequest make;
    make.mutable_resource()->set_addressee("organizations/au");
    make.mutable_resource()->set_operation("operations/aussom");
    make.mutable_resource()->set_budget_line(kLine);
    *make.mutable_resource()->mutable_amount() = Dollars(kReceived);
    make.mutable_resource()->mutable_needed_by()->set_year(2030);
    make.mutable_resource()->mutable_needed_by()->set_month(1);
    make.mutable_resource()->mutable_needed_by()->set_day(1);
    request_ =
        Must<FundingRequest>("asker", "finance.v1.RequestService.MakeRequest", WithId(make)).name();
  }

  // A RESERVE of the AU's, honest but for what `spoil` does to its terms.
  Entry ReserveOf(int number, const std::function<void(OfferTerms&)>& spoil = nullptr) {
    OfferTerms terms;
    terms.set_offer(OfferName(number));
    terms.set_request(request_);
    terms.set_operation("operations/aussom");
    terms.set_budget_line(kLine);
    terms.set_fund("organizations/au/funds/trust");
    terms.set_currency_code("USD");
    terms.set_amount_minor(kAmount);
    if (spoil != nullptr) spoil(terms);
    Entry entry;
    TransferStep& step = *entry.mutable_step();
    step.set_transfer_id(absl::StrCat("transfer-", 1'000'000 + number));
    step.set_giver_origin("au.example/ch8/finance");
    step.set_receiver_origin("un.example/ch8/finance");
    step.mutable_reserve()->set_terms(terms.SerializeAsString());
    step.mutable_reserve()->set_quantity(kAmount);
    step.mutable_reserve()->set_quantity_min(kAmount);
    step.mutable_reserve()->mutable_hold_duration()->set_seconds(3600);
    step.set_terms_hash(std::string(Sha256(step.reserve().terms()).view()));
    return entry;
  }
  static std::string OfferName(int number) {
    return absl::StrCat("offers/OFF-AU-26-", 1'000 + number);
  }

  // The AU's POST of this much, naming the ACCEPT at `index` of the UN's log.
  static Entry PostOf(const Entry& reserve, uint64_t quantity, uint64_t index,
                      const std::string& leaf_hash) {
    Entry entry = reserve;
    auto& post = *entry.mutable_step()->mutable_post();
    post.set_quantity(quantity);
    post.mutable_accept()->set_index(index);
    post.mutable_accept()->set_leaf_hash(leaf_hash);
    return entry;
  }

  std::string request_;
};

TEST_F(ReceivingTest, TermsThatAreNotTheRequestsAreRejectedByRule) {
  const std::pair<const char*, std::function<void(OfferTerms&)>> lies[] = {
      {"other currency", [](OfferTerms& terms) { terms.set_currency_code("EUR"); }},
      {"other line",
       [](OfferTerms& terms) { terms.set_budget_line("organizations/un/budgetLines/other"); }},
      {"other operation", [](OfferTerms& terms) { terms.set_operation("operations/other"); }},
      {"no such request", [](OfferTerms& terms) { terms.set_request("requests/REQ-UN-26-9999"); }},
      {"more than is reserved", [](OfferTerms& terms) { terms.set_amount_minor(kAmount + 1); }},
      {"another's fund", [](OfferTerms& terms) { terms.set_fund("organizations/un/funds/trust"); }},
      {"another's offer", [](OfferTerms& terms) { terms.set_offer("offers/OFF-UN-26-0001"); }},
  };
  int number = 0;
  for (const auto& [name, spoil] : lies) {
    SCOPED_TRACE(name);
    Deliver(ReserveOf(++number, spoil));
    const Offer::State state = Read(OfferName(number)).state();
    EXPECT_TRUE(state == Offer::STATE_UNSPECIFIED || state == Offer::REJECTED)
        << Offer::State_Name(state);
    EXPECT_EQ(ReadLine().receivable_minor(), 0);
  }
  Deliver(ReserveOf(++number));
  EXPECT_EQ(Read(OfferName(number)).state(), Offer::RESERVED);
}

TEST_F(ReceivingTest, APostWithoutAnAcceptMovesNothing) {
  const Entry reserve = ReserveOf(1);
  Deliver(reserve);
  ASSERT_EQ(Read(OfferName(1)).state(), Offer::RESERVED);
  Deliver(PostOf(reserve, kAmount, 7, std::string(Hash::kSize, 'x')));
  EXPECT_NE(Read(OfferName(1)).state(), Offer::POSTED);
  EXPECT_EQ(Read(OfferName(1)).posted_minor(), 0);
  EXPECT_EQ(ReadLine().received_minor(), 0);
}

TEST_F(ReceivingTest, APostOfMoreThanWasAcceptedIsBookedUpToThat) {
  const Entry reserve = ReserveOf(1);
  Deliver(reserve);
  AcceptOfferRequest accept;
  accept.set_name(OfferName(1));
  const auto accepted =
      Must<Offer>("accepter", "finance.v1.OfferService.AcceptOffer", WithId(accept));
  ASSERT_EQ(accepted.state(), Offer::ACCEPTED);
  EXPECT_EQ(ReadLine().receivable_minor(), kAmount);
  EXPECT_EQ(ReadLine().received_minor(), 0);
  const chapter8::books::v1::StepPlace& step = accepted.steps(accepted.steps_size() - 1);
  Deliver(PostOf(reserve, kAmount * 5, step.index(), step.leaf_hash()));
  EXPECT_EQ(Read(OfferName(1)).posted_minor(), kAmount);
  EXPECT_EQ(ReadLine().received_minor(), kAmount);
  EXPECT_EQ(ReadLine().receivable_minor(), 0);
}

}  // namespace
}  // namespace ch8::testing
