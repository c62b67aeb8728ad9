// 200 callers at once, over mutual TLS, for the last of what two real nodes have: money, goods, a
// ceiling that two ledgers spend, seats. Exactly what is there is granted, whoever comes first.
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <latch>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "chapter8/logistics/v1/offer_service.pb.h"
#include "chapter8/logistics/v1/stock_service.pb.h"
#include "chapter8/mandate/v1/mandate_service.pb.h"
#include "chapter8/training/v1/training_service.pb.h"
#include "clients/lib/status_details.h"
#include "storage/base/check.h"
#include "tests/support/node_two.h"
#include "tests/support/node_wait.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {
namespace {

namespace finance_v1 = chapter8::finance::v1;
namespace logistics_v1 = chapter8::logistics::v1;
namespace mandate_v1 = chapter8::mandate::v1;
namespace training_v1 = chapter8::training::v1;
using chapter8::authz::v1::Role;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::Ge;
using ::testing::Le;
using ::testing::Pair;

constexpr int kCallers = 200;
constexpr int kGranted = 120;  // Units that are there for them.
constexpr int kOfficers = 4;   // Who call; each has 50 calls under way, within a node's limit.
constexpr absl::Duration kAnswerWithin = absl::Seconds(60);

template <typename T>
T Must(absl::StatusOr<T> result, absl::string_view what) {
  Check(result.ok(), absl::StrCat(what, ": ", result.status().ToString()));
  return *std::move(result);
}

// A request from its text form, with an id of its own.
template <typename Request>
Request Fresh(absl::string_view text) {
  Request request;
  Check(google::protobuf::TextFormat::ParseFromString(std::string(text), &request), text);
  request.set_request_id(client::NewRequestId());
  return request;
}

// `{ year: … }` of a day that is so many days from today.
std::string Day(int days) {
  const absl::CivilDay day = absl::ToCivilDay(absl::Now(), absl::UTCTimeZone()) + days;
  return absl::StrCat("{ year: ", day.year(), " month: ", day.month(), " day: ", day.day(), " }");
}

struct Caller {
  OfficerClient* officer;
  std::string rpc;
  std::string request;
};

// What callers were told, in their order.
using Answers = std::vector<absl::Status>;

// Every caller on a thread of its own, all let go together; each calls once.
Answers CallAtOnce(const std::vector<Caller>& callers) {
  Answers answers(callers.size());
  std::latch ready(static_cast<ptrdiff_t>(callers.size()));
  std::vector<std::thread> threads;
  for (size_t i = 0; i < callers.size(); ++i) {
    threads.emplace_back([&, i] {
      ready.arrive_and_wait();
      answers[i] =
          callers[i].officer->Send(callers[i].rpc, callers[i].request, kAnswerWithin).status;
    });
  }
  for (std::thread& thread : threads) thread.join();
  return answers;
}

// How often "OK" and how often each reason.
std::map<std::string, int> CountOf(const Answers& answers) {
  std::map<std::string, int> counts;
  for (const absl::Status& answer : answers) {
    const std::string reason = ReasonOf(answer);
    ++counts[answer.ok() ? "OK" : reason.empty() ? answer.ToString() : reason];
  }
  return counts;
}

// Whoever was refused wanted one unit more than there was, and is told so.
void ExpectNothingWasLeft(const Answers& answers) {
  for (const absl::Status& answer : answers) {
    if (answer.ok()) continue;
    const auto figures = client::ErrorInfoOf(answer).metadata();
    int64_t available = 0;
    int64_t wanted = 0;
    ASSERT_TRUE(figures.contains("available") && figures.contains("wanted")) << answer;
    ASSERT_TRUE(absl::SimpleAtoi(figures.at("available"), &available)) << answer;
    ASSERT_TRUE(absl::SimpleAtoi(figures.at("wanted"), &wanted)) << answer;
    EXPECT_EQ(wanted, available + 1) << answer;
  }
}

// One pair of nodes for each suite: what one delegates, another would have to act under.
class RaceTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    nodes_ = new TwoNodes({.services = "directory,mandate,finance,logistics,training,witness"});
    for (OrganizationNode* node : {&nodes_->un(), &nodes_->au()}) {
      node->Appoint("supply", Role::SUPPLY_MANAGER);
      node->Appoint("planner", Role::TRAINING_PLANNER);
    }
    for (int i = 2; i <= kOfficers; ++i) {
      for (const std::string role : {"funds", "supply", "planner"}) {
        nodes_->un().AppointTo(absl::StrCat("posts/", role, "-post"), absl::StrCat(role, "-", i));
      }
    }
    // The ledgers hear of appointments one after the other: the last of them, and all are known.
    for (OrganizationNode* node : {&nodes_->un(), &nodes_->au()}) {
      const std::string newest =
          node == &nodes_->un() ? absl::StrCat("planner-", kOfficers) : "planner";
      for (const char* read :
           {"mandate.v1.DecisionService.ListDecisions", "logistics.v1.DepotService.ListDepots",
            "training.v1.ExerciseService.ListExercises"}) {
        Check(WaitUntil([&] { return node->As(newest).Send(read, "").status.ok(); }), read);
      }
    }
  }
  static void TearDownTestSuite() {
    delete nodes_;
    nodes_ = nullptr;
  }

  // `count` callers who send `request`, each with an id of its own, by the UN's officers of a role
  // in turn: "funds", "funds-2" …
  template <typename Request>
  static std::vector<Caller> Callers(int count, const std::string& role, const std::string& rpc,
                                     Request request) {
    std::vector<Caller> callers;
    for (int i = 0; i < count; ++i) {
      const int turn = i % kOfficers;
      OfficerClient& officer =
          nodes_->un().As(turn == 0 ? role : absl::StrCat(role, "-", turn + 1));
      request.set_request_id(client::NewRequestId());
      callers.push_back({&officer, rpc, request.SerializeAsString()});
    }
    return callers;
  }

  // Calls `send` until the answer is not about a fact that has not arrived yet.
  template <typename Response, typename Request>
  static Response WhenKnown(OfficerClient& officer, const std::string& rpc, Request request,
                            absl::string_view not_yet) {
    absl::StatusOr<Response> answer;
    WaitUntil([&] {
      request.set_request_id(client::NewRequestId());
      answer = officer.Call<Response>(rpc, request);
      return ReasonOf(answer.status()) != not_yet;
    });
    return Must(std::move(answer), rpc);
  }

  // Of offers on `request` in one of the two ledgers: how many stand in each state.
  template <typename ListRequest, typename ListResponse>
  static std::map<std::string, int> OffersOf(OrganizationNode& node, const std::string& rpc,
                                             const std::string& request) {
    ListRequest list;
    list.set_page_size(1'000);
    list.set_request(request);
    const auto page = Must(node.As("auditor").Call<ListResponse>(rpc, list), rpc);
    std::map<std::string, int> states;
    for (const auto& offer : page.offers()) {
      ++states[std::decay_t<decltype(offer)>::State_Name(offer.state())];
    }
    return states;
  }

  static TwoNodes* nodes_;
};
TwoNodes* RaceTest::nodes_ = nullptr;

class MoneyRaceTest : public RaceTest {
 protected:
  // One cent for `request` out of the fund.
  static finance_v1::MakeOfferRequest OneCent(const std::string& request) {
    finance_v1::MakeOfferRequest make;
    make.mutable_resource()->set_request(request);
    make.mutable_resource()->set_fund(kFund);
    make.mutable_resource()->mutable_amount()->set_currency_code("USD");
    make.mutable_resource()->mutable_amount()->set_amount_minor(1);
    make.mutable_resource()->mutable_hold_duration()->set_seconds(3'600);
    return make;
  }
  static std::vector<finance_v1::Offer> OffersOn(OrganizationNode& node,
                                                 const std::string& request) {
    finance_v1::ListOffersRequest list;
    list.set_page_size(1'000);
    list.set_request(request);
    const auto page = Must(node.As("auditor").Call<finance_v1::ListOffersResponse>(
                               "finance.v1.OfferService.ListOffers", list),
                           "offer list");
    return {page.offers().begin(), page.offers().end()};
  }
  static constexpr char kMakeOffer[] = "finance.v1.OfferService.MakeOffer";
};

TEST_F(MoneyRaceTest, TheLastCentOfAFundIsGivenOnce) {
  const finance_v1::Fund before = nodes_->Fund();
  const int64_t received_before = nodes_->BudgetLine().received_minor();
  const std::string other = nodes_->MakeRequest(before.available_minor());
  const auto rest = nodes_->MakeOffer(other, {.amount_minor = before.available_minor() - kGranted});
  ASSERT_THAT(rest, IsOk());
  const std::string request = nodes_->MakeRequest(1'000'00);

  const Answers answers = CallAtOnce(Callers(kCallers, "funds", kMakeOffer, OneCent(request)));

  EXPECT_THAT(CountOf(answers),
              ElementsAre(Pair("INSUFFICIENT", kCallers - kGranted), Pair("OK", kGranted)));
  ExpectNothingWasLeft(answers);
  EXPECT_EQ(nodes_->Fund().available_minor(), 0);
  EXPECT_EQ(nodes_->Fund().held_minor(), before.held_minor() + before.available_minor());

  for (const finance_v1::Offer& offer : OffersOn(nodes_->un(), request)) {
    ASSERT_THAT(nodes_->Approve(offer.name()), IsOk());
    ASSERT_TRUE(TwoNodes::Await(nodes_->au(), offer.name(), finance_v1::Offer::RESERVED));
    ASSERT_THAT(nodes_->Accept(offer.name()), IsOk());
  }
  const auto posted = [&](OrganizationNode& node) {
    int64_t sum = 0;
    for (const auto& offer : OffersOn(node, request)) sum += offer.posted_minor();
    return sum;
  };
  EXPECT_TRUE(WaitUntil([&] { return posted(nodes_->au()) == kGranted; }));
  EXPECT_EQ(posted(nodes_->un()), kGranted);
  EXPECT_EQ(nodes_->Fund().given_minor(), before.given_minor() + kGranted);
  EXPECT_EQ(nodes_->BudgetLine().received_minor(), received_before + kGranted);
  ASSERT_THAT(nodes_->Cancel(rest->name()), IsOk());
}

// A ceiling of 60 cents: 40 are in the finance ledger, and while 100 officers spend them there, 100
// others move the remaining 20 over from the mandate ledger.
class CeilingRaceTest : public MoneyRaceTest {
 protected:
  static constexpr int kCeiling = 60;
  static constexpr int kMoved = 40;
  static constexpr int kEach = kCallers / 2;
  static constexpr char kAllot[] = "mandate.v1.DelegationService.AllotSlice";

  static std::string Delegate() {
    const std::string scope =
        absl::StrCat(" use_of_force: NONE valid_from ", Day(-30), " valid_to ", Day(300),
                     " ceilings { unit: \"USD\" quantity: ", kCeiling, " } ");
    auto propose = Fresh<mandate_v1::ProposeDecisionRequest>(absl::StrCat(
        "decision_id: \"sres-2809\" resource { body: UN_SECURITY_COUNCIL symbol: \"S/RES/2809\" "
        "title: \"Authorises AUSSOM\" operation: \"operations/aussom\" places: \"SO\" decided_on ",
        Day(-40), scope, "}"));
    propose.mutable_resource()->set_document_sha256(std::string(32, 'd'));
    OfficerClient& first = nodes_->un().As("mandate-1");
    OfficerClient& second = nodes_->un().As("mandate-2");
    Must(first.Call<mandate_v1::Decision>("mandate.v1.DecisionService.ProposeDecision", propose),
         "decision");
    Must(second.Call<mandate_v1::Decision>(
             "mandate.v1.DecisionService.ConfirmDecision",
             Fresh<mandate_v1::ConfirmDecisionRequest>("name: \"decisions/sres-2809\"")),
         "decision confirm");
    const auto made = Must(
        first.Call<mandate_v1::Delegation>(
            "mandate.v1.DelegationService.ProposeDelegation",
            Fresh<mandate_v1::ProposeDelegationRequest>(absl::StrCat(
                "resource { parent: \"decisions/sres-2809\" post: \"posts/funds-post\" purpose: "
                "\"Support\" places: \"SOKMU\" ",
                scope, "}"))),
        "delegation");
    Must(second.Call<mandate_v1::Delegation>("mandate.v1.DelegationService.ConfirmDelegation",
                                             Fresh<mandate_v1::ConfirmDelegationRequest>(
                                                 absl::StrCat("name: \"", made.name(), "\""))),
         "delegation confirm");
    return made.name();
  }

  static mandate_v1::AllotSliceRequest Slice(const std::string& delegation, int quantity) {
    return Fresh<mandate_v1::AllotSliceRequest>(absl::StrCat(
        "resource { delegation: \"", delegation,
        "\" service: \"finance\" ceiling { unit: \"USD\" quantity: ", quantity, " } }"));
  }

  // What the slices of the delegation carry that have arrived, settled in both ledgers.
  static uint64_t Settled(const std::string& delegation) {
    mandate_v1::ListSlicesRequest list;
    list.set_page_size(1'000);
    const auto page = Must(nodes_->un().As("auditor").Call<mandate_v1::ListSlicesResponse>(
                               "mandate.v1.DelegationService.ListSlices", list),
                           "slices");
    uint64_t settled = 0;
    for (const mandate_v1::Slice& slice : page.slices()) {
      if (slice.delegation() != delegation || slice.steps_size() == 0) continue;
      const bool done = slice.steps(slice.steps_size() - 1).step() == "SETTLED";
      if (done && slice.state() == mandate_v1::Slice::POSTED) settled += slice.ceiling().quantity();
    }
    return settled;
  }

  static uint64_t LeftToAllot(const std::string& delegation) {
    mandate_v1::GetDelegationRequest get;
    get.set_name(delegation);
    return static_cast<uint64_t>(Must(nodes_->un().As("auditor").Call<mandate_v1::Delegation>(
                                          "mandate.v1.DelegationService.GetDelegation", get),
                                      "delegation show")
                                     .ceilings(0)
                                     .available());
  }
};

TEST_F(CeilingRaceTest, TheLastUnitOfACeilingIsSpentInOneLedger) {
  const std::string request = nodes_->MakeRequest(1'000'00);
  const std::string delegation = Delegate();
  Must(nodes_->un().As("mandate-1").Call<mandate_v1::Slice>(kAllot, Slice(delegation, kMoved)),
       "slice");
  ASSERT_TRUE(WaitUntil([&] { return Settled(delegation) == kMoved; }));
  finance_v1::MakeOfferRequest spend = OneCent(request);
  spend.mutable_resource()->set_delegation(delegation);

  std::vector<Caller> callers = Callers(kEach, "funds", kMakeOffer, spend);
  for (int i = 0; i < kEach; ++i) {
    OfficerClient& officer = nodes_->un().As(i % 2 == 0 ? "mandate-1" : "mandate-2");
    callers.push_back({&officer, kAllot, Slice(delegation, 1).SerializeAsString()});
  }
  const Answers answers = CallAtOnce(callers);

  const Answers spent(answers.begin(), answers.begin() + kEach);
  const Answers moved(answers.begin() + kEach, answers.end());
  EXPECT_THAT(CountOf(moved), ElementsAre(Pair("OK", kCeiling - kMoved),
                                          Pair("OVER_CEILING", kEach - (kCeiling - kMoved))));
  ExpectNothingWasLeft(answers);
  auto counts = CountOf(spent);
  const int at_once = counts["OK"];
  EXPECT_THAT(at_once, AllOf(Ge(kMoved), Le(kCeiling)));
  EXPECT_EQ(counts["OVER_CEILING"], kEach - at_once);

  // Those who came before the last slices did come again: what is left of the 60, and no more.
  ASSERT_TRUE(WaitUntil([&] { return Settled(delegation) == kCeiling; }));
  const Answers again = CallAtOnce(Callers(kCallers, "funds", kMakeOffer, spend));
  EXPECT_EQ(CountOf(again)["OVER_CEILING"], kCallers - (kCeiling - at_once));
  EXPECT_EQ(LeftToAllot(delegation), 0u);
  int64_t used = 0;
  for (const finance_v1::Offer& offer : OffersOn(nodes_->un(), request)) {
    EXPECT_EQ(offer.delegation(), delegation);
    used += offer.amount().amount_minor();
  }
  EXPECT_EQ(used, kCeiling);
}

class GoodsRaceTest : public RaceTest {
 protected:
  static constexpr char kDepot[] = "organizations/un/depots/kemba";

  static void AddCatalogue(OrganizationNode& node, absl::string_view depot,
                           absl::string_view locode) {
    Must(node.As("supply").Call<logistics_v1::Item>(
             "logistics.v1.CatalogueService.CreateItem",
             Fresh<logistics_v1::CreateItemRequest>(
                 "item_id: \"tent-10p\" resource { title: \"Tent, 10 persons\" base_unit: \"ea\" "
                 "category: TENTAGE unit_value { currency_code: \"USD\" amount_minor: 98000 } }")),
         "item");
    Must(node.As("supply").Call<logistics_v1::Depot>(
             "logistics.v1.DepotService.CreateDepot",
             Fresh<logistics_v1::CreateDepotRequest>(
                 absl::StrCat("depot_id: \"", depot, "\" resource { title: \"", depot,
                              "\" locode: \"", locode, "\" }"))),
         "depot");
  }
  static void Stock(int quantity) {
    Must(nodes_->un().As("supply").Call<logistics_v1::Lot>(
             "logistics.v1.StockService.RecordStock",
             Fresh<logistics_v1::RecordStockRequest>(
                 absl::StrCat("quantity: ", quantity,
                              " reason: \"PO-1\" resource { item: \"items/tent-10p\" depot: \"",
                              kDepot, "\" }"))),
         "stock");
  }
  static std::map<std::string, int> Offers(OrganizationNode& node, const std::string& request) {
    return OffersOf<logistics_v1::ListOffersRequest, logistics_v1::ListOffersResponse>(
        node, "logistics.v1.OfferService.ListOffers", request);
  }
  static logistics_v1::MaterielRequest::Line LineAt(OrganizationNode& node,
                                                    const std::string& request) {
    logistics_v1::GetRequestRequest get;
    get.set_name(request);
    return Must(node.As("auditor").Call<logistics_v1::MaterielRequest>(
                    "logistics.v1.RequestService.GetRequest", get),
                "request show")
        .lines(0);
  }
};

TEST_F(GoodsRaceTest, TheLastUnitOfStockIsGivenOnce) {
  OrganizationNode& un = nodes_->un();
  OrganizationNode& au = nodes_->au();
  AddCatalogue(un, "kemba", "KEMBA");
  AddCatalogue(au, "sokmu", "SOKMU");
  for (const int lot : {70, kGranted - 70}) Stock(lot);
  const std::string request =
      WhenKnown<logistics_v1::MaterielRequest>(
          au.As("support"), "logistics.v1.RequestService.MakeRequest",
          Fresh<logistics_v1::MakeRequestRequest>(absl::StrCat(
              "resource { addressee: \"organizations/un\" operation: \"operations/aussom\" "
              "destination: \"organizations/au/depots/sokmu\" needed_by ",
              Day(60), " lines { item: \"items/tent-10p\" quantity: 10000 } }")),
          "NOT_PINNED")
          .name();
  logistics_v1::GetRequestRequest get;
  get.set_name(request);
  ASSERT_TRUE(WaitUntil([&] {
    return un.As("auditor")
        .Send("logistics.v1.RequestService.GetRequest", get.SerializeAsString())
        .status.ok();
  }));
  const auto one = Fresh<logistics_v1::MakeOfferRequest>(absl::StrCat(
      "resource { request: \"", request, "\" item: \"items/tent-10p\" quantity: 1 depot: \"",
      kDepot, "\" hold_duration { seconds: 3600 } }"));

  const Answers answers =
      CallAtOnce(Callers(kCallers, "supply", "logistics.v1.OfferService.MakeOffer", one));

  EXPECT_THAT(CountOf(answers),
              ElementsAre(Pair("INSUFFICIENT", kCallers - kGranted), Pair("OK", kGranted)));
  ExpectNothingWasLeft(answers);
  logistics_v1::FindStockRequest find;
  find.set_item("items/tent-10p");
  EXPECT_EQ(Must(un.As("auditor").Call<logistics_v1::FindStockResponse>(
                     "logistics.v1.StockService.FindStock", find),
                 "stock find")
                .available(),
            0);

  logistics_v1::ListOffersRequest list;
  list.set_page_size(1'000);
  list.set_request(request);
  const auto drafts = Must(un.As("auditor").Call<logistics_v1::ListOffersResponse>(
                               "logistics.v1.OfferService.ListOffers", list),
                           "offer list");
  for (const logistics_v1::SupplyOffer& draft : drafts.offers()) {
    const std::string name = absl::StrCat("name: \"", draft.name(), "\"");
    Must(un.As("approver")
             .Call<logistics_v1::SupplyOffer>("logistics.v1.OfferService.ApproveOffer",
                                              Fresh<logistics_v1::ApproveOfferRequest>(name)),
         "offer approve");
    WhenKnown<logistics_v1::SupplyOffer>(au.As("accepter"), "logistics.v1.OfferService.AcceptOffer",
                                         Fresh<logistics_v1::AcceptOfferRequest>(name),
                                         "UNKNOWN_OFFER");
  }
  const auto all = ElementsAre(Pair("ACCEPTED", kGranted));
  EXPECT_TRUE(WaitUntil([&] { return Offers(un, request)["ACCEPTED"] == kGranted; }));
  EXPECT_THAT(Offers(un, request), all);
  EXPECT_THAT(Offers(au, request), all);
  EXPECT_EQ(LineAt(un, request).accepted(), kGranted);
  EXPECT_EQ(LineAt(au, request).accepted(), kGranted);
}

class SeatsRaceTest : public RaceTest {
 protected:
  static training_v1::SeatTable SeatsAt(OrganizationNode& node, const std::string& exercise) {
    training_v1::GetSeatTableRequest get;
    get.set_name(exercise);
    return Must(node.As("auditor").Call<training_v1::SeatTable>(
                    "training.v1.ExerciseService.GetSeatTable", get),
                "seats");
  }
};

TEST_F(SeatsRaceTest, TheLastSeatOfAnExerciseIsFilledOnce) {
  OrganizationNode& un = nodes_->un();
  OrganizationNode& au = nodes_->au();
  const std::string exercise =
      WhenKnown<training_v1::Exercise>(
          au.As("planner"), "training.v1.ExerciseService.ProposeExercise",
          Fresh<training_v1::ProposeExerciseRequest>(absl::StrCat(
              "resource { kind: CPX title: \"Amani\" seats: ", kGranted,
              " hold_duration { seconds: 3600 } days { start ", Day(90), " end ", Day(92),
              " } lines { kind: SEATS organization: \"organizations/un\" category: TROOPS "
              "quantity: ",
              kGranted, " } }")),
          "NOT_PINNED")
          .name();
  const std::string name = absl::StrCat("name: \"", exercise, "\"");
  const auto yes =
      Fresh<training_v1::AnswerExerciseRequest>(absl::StrCat(name, " lines: 1 answer: YES"));
  WhenKnown<training_v1::Exercise>(un.As("planner"), "training.v1.ExerciseService.AnswerExercise",
                                   yes, "UNKNOWN_EXERCISE");
  ASSERT_TRUE(WaitUntil([&] {
    const training_v1::SeatTable seats = SeatsAt(un, exercise);
    return seats.rows_size() == 1 && seats.rows(0).state() == training_v1::Line::POSTED;
  }));

  const Answers answers =
      CallAtOnce(Callers(kCallers, "planner", "training.v1.ExerciseService.NominateSeats",
                         Fresh<training_v1::NominateSeatsRequest>(
                             absl::StrCat(name, " line: 1 nominated { female: 1 }"))));

  EXPECT_THAT(CountOf(answers),
              ElementsAre(Pair("OK", kGranted), Pair("SEATS_FULL", kCallers - kGranted)));
  ExpectNothingWasLeft(answers);
  EXPECT_EQ(SeatsAt(un, exercise).nominated().female(), kGranted);
  EXPECT_TRUE(WaitUntil([&] { return SeatsAt(au, exercise).nominated().female() == kGranted; }));
}

}  // namespace
}  // namespace ch8::testing
