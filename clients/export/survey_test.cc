#include "clients/export/survey.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <initializer_list>

#include "absl/strings/str_cat.h"
#include "chapter8/books/v1/posting.pb.h"
#include "chapter8/finance/v1/finance.pb.h"
#include "chapter8/logistics/v1/logistics.pb.h"
#include "chapter8/mandate/v1/mandate.pb.h"
#include "google/protobuf/text_format.h"
#include "storage/merkle/leaf.h"
#include "tests/support/status_matchers.h"

namespace ch8::audit {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using chapter8::finance::v1::FinanceEvent;
using chapter8::ledger::v1::Entry;
using chapter8::ledger::v1::LoggedEntry;
using chapter8::logistics::v1::LogisticsEvent;
using chapter8::mandate::v1::MandateEvent;
using ::testing::ElementsAre;
using Kind = Selector::Kind;

constexpr char kIdA[] = "AAAAAAAAAAAAAAAA";
constexpr char kIdB[] = "BBBBBBBBBBBBBBBB";

template <typename Message>
Message Parsed(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message)) << text;
  return message;
}

std::string OfferTextOf(const char* name, const char* id) {
  return absl::StrCat("offer_recorded { offer { name: 'offers/", name, "' transfer_id: '", id,
                      "' } }");
}

// A log that tests write, an entry a line; entry 0 is a genesis.
class SurveyTest : public ::testing::Test {
 protected:
  SurveyTest() { Add(Parsed<Entry>("genesis { origin: 'un.example/ch8/finance' }")); }

  uint64_t Add(const Entry& entry) {
    LoggedEntry logged;
    logged.set_entry_class(static_cast<uint32_t>(EntryClass::kDomain));
    logged.set_payload(entry.SerializeAsString());
    entries_.push_back(logged);
    return entries_.size() - 1;
  }
  uint64_t Add(const std::string& text) { return Add(Parsed<Entry>(text)); }
  uint64_t Request(int64_t time_us, const std::string& more = "") {
    return Add(absl::StrCat("request { time_us: ", time_us, " ", more, " }"));
  }
  template <typename Event>
  uint64_t AddEvent(const std::string& text, const std::string& more = "") {
    Entry entry = Parsed<Entry>(more);
    entry.set_domain_event(Parsed<Event>(text).SerializeAsString());
    return Add(entry);
  }
  uint64_t AddRow(const std::string& text) {
    LoggedEntry logged;
    logged.set_entry_class(static_cast<uint32_t>(EntryClass::kTransfer));
    logged.set_payload(Parsed<chapter8::books::v1::TransferRow>(text).SerializeAsString());
    entries_.push_back(logged);
    return entries_.size() - 1;
  }
  uint64_t AddStep(const std::string& id, const std::string& step,
                   const std::string& field = "step") {
    return Add(absl::StrCat(field, " { transfer_id: '", id, "' giver_origin: ",
                            "'un.example/ch8/finance' receiver_origin: 'au.example/ch8/finance' ",
                            step, " }"));
  }

  Survey::Selection Select(std::vector<Selector> selectors) {
    Survey survey("un.example/ch8/finance", selectors);
    for (const LoggedEntry& entry : entries_) EXPECT_THAT(survey.Take(entry), IsOk());
    return survey.Select();
  }
  std::vector<uint64_t> Disclosed(std::vector<Selector> selectors) {
    const Survey::Selection selection = Select(std::move(selectors));
    std::vector<uint64_t> indexes;
    for (uint64_t i = 0; i < selection.disclosed.size(); ++i) {
      if (selection.disclosed[i]) indexes.push_back(i);
    }
    EXPECT_EQ(indexes.size(), selection.count);
    return indexes;
  }

  std::vector<LoggedEntry> entries_;
};

TEST_F(SurveyTest, ATransferIsDisclosedWholeAndByAnyOfItsNames) {
  Request(1);                                                   // 1
  AddEvent<FinanceEvent>(OfferTextOf("OFF-UN-26-0001", kIdA));  // 2
  Request(2);                                                   // 3
  AddEvent<FinanceEvent>(OfferTextOf("OFF-UN-26-0002", kIdB));  // 4
  Request(3, "rows: 2");                                        // 5
  AddStep(kIdA, "void { reason: EXPIRED }");                    // 6
  AddStep(kIdB, "void { reason: EXPIRED }");                    // 7
  EXPECT_THAT(Disclosed({{.kind = Kind::kTransfer, .what = kIdA}}), ElementsAre(0, 1, 2, 5, 6));
  EXPECT_THAT(Disclosed({{.kind = Kind::kTransfer, .what = "offers/OFF-UN-26-0002"}}),
              ElementsAre(0, 3, 4, 5, 7));
  EXPECT_THAT(
      Disclosed({{.kind = Kind::kTransfer, .what = kIdA}, {.kind = Kind::kTransfer, .what = kIdB}}),
      ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST_F(SurveyTest, GoodsAreFollowedToTheirCountAndNoFurther) {
  Request(1);                                                     // 1
  AddEvent<LogisticsEvent>(OfferTextOf("LOF-UN-26-0001", kIdA));  // 2
  AddStep(kIdA, "post { quantity: 1 }");                          // 3
  AddEvent<LogisticsEvent>(
      "consignment_recorded { consignment { name: 'consignments/un/WB-1' "
      "offer: 'offers/LOF-UN-26-0001' } }");                                                   // 4
  Request(2);                                                                                  // 5
  AddEvent<LogisticsEvent>("leg_recorded { consignment: 'consignments/un/WB-1' number: 2 }");  // 6
  Request(3);                                                                                  // 7
  AddEvent<LogisticsEvent>(
      "discrepancy_recorded { discrepancy { name: 'discrepancies/D-1' "
      "consignment: 'consignments/un/WB-1' } }");  // 8
  AddEvent<LogisticsEvent>(
      "lot_recorded { lot { name: 'organizations/un/lots/L-1' "
      "consignment: 'consignments/un/WB-1' } }");  // 9
  Request(4);                                      // 10
  AddEvent<LogisticsEvent>("offer_recorded { offer { name: 'offers/LOF-UN-26-0002' transfer_id: '" +
                           std::string(kIdB) +
                           "' picks { lot: 'organizations/un/lots/L-1' } } }");  // 11
  AddStep(kIdB, "reserve { }");                                                  // 12
  EXPECT_THAT(Disclosed({{.kind = Kind::kTransfer, .what = kIdA}}),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
}

// A title of as many letters as an id has bytes is no id.
TEST_F(SurveyTest, SixteenLettersAreNoTransfer) {
  Request(1);  // 1
  AddEvent<FinanceEvent>(
      "offer_recorded { offer { name: 'offers/OFF-UN-26-0001' giver: "
      "'organizations/un' transfer_id: 'AAAAAAAAAAAAAAAA' } }");  // 2
  AddStep(kIdA, "reserve { }");                                   // 3
  Request(2);                                                     // 4
  AddEvent<FinanceEvent>(
      "offer_recorded { offer { name: 'offers/OFF-UN-26-0002' giver: "
      "'organizations/un' transfer_id: 'BBBBBBBBBBBBBBBB' } }");  // 5
  AddStep(kIdB, "reserve { }");                                   // 6
  EXPECT_THAT(Disclosed({{.kind = Kind::kTransfer, .what = kIdA}}), ElementsAre(0, 1, 2, 3));
}

TEST_F(SurveyTest, ARowBringsItsWholeRequestAndTheHoldThatItEnds) {
  Request(1);  // 1
  Add("domain_event: 'x' accounts { account: 1 unit: 'T' } accounts { account: 2 unit: 'T' }");
  Request(2);                                                                   // 3
  AddRow("id_low: 1 debit_account: 1 credit_account: 2 amount: 5 kind: HOLD");  // 4
  AddRow("id_low: 2 debit_account: 1 credit_account: 2 amount: 5");             // 5
  Request(9);                                                                   // 6
  AddRow("id_low: 3 debit_account: 1 credit_account: 2 amount: 5 kind: POST_HELD hold_id_low: 1");
  Request(10);                                                       // 8
  AddRow("id_low: 4 debit_account: 1 credit_account: 2 amount: 5");  // 9
  EXPECT_THAT(Disclosed({{.kind = Kind::kPeriod, .from_us = 9, .until_us = 10}}),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
}

TEST_F(SurveyTest, AMandateIsWhatRestsOnIt) {
  Request(1);  // 1
  AddEvent<MandateEvent>(
      "decision_recorded { name: 'decisions/unsc-2809' operation: "
      "'operations/aussom' }");  // 2
  Request(2);                    // 3
  AddEvent<MandateEvent>(
      "delegation_recorded { name: 'delegations/DEL-UN-26-0001' parent: "
      "'decisions/unsc-2809' }");  // 4
  Request(3);                      // 5
  AddEvent<MandateEvent>(
      "delegation_recorded { name: 'delegations/DEL-UN-26-0002' parent: "
      "'delegations/DEL-UN-26-0001' }");  // 6
  Request(4);                             // 7
  AddEvent<FinanceEvent>(
      "offer_recorded { offer { name: 'offers/OFF-UN-26-0001' delegation: "
      "'delegations/DEL-UN-26-0002' transfer_id: 'AAAAAAAAAAAAAAAA' } }");    // 8
  Request(5);                                                                 // 9
  AddStep(kIdA, "reserve { }");                                               // 10
  Request(6);                                                                 // 11
  AddEvent<MandateEvent>("decision_recorded { name: 'decisions/unsc-28' }");  // 12
  EXPECT_THAT(Disclosed({{.kind = Kind::kMandate, .what = "decisions/unsc-2809"}}),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_THAT(Disclosed({{.kind = Kind::kMandate, .what = "delegations/DEL-UN-26-0002"}}),
              ElementsAre(0, 5, 6, 7, 8, 9, 10));
}

TEST_F(SurveyTest, ACounterpartyIsWhoSentOrGotItOrSharesATransfer) {
  Request(1);                                                                   // 1
  AddEvent<FinanceEvent>(OfferTextOf("OFF-UN-26-0001", kIdA));                  // 2
  Request(2, "rows: 1 delivery { origin: 'au.example/ch8/finance' }");          // 3
  Add("domain_event: 'theirs'");                                                // 4
  Request(3);                                                                   // 5
  AddStep(kIdA, "reserve { }");                                                 // 6
  Request(4);                                                                   // 7
  Add("domain_event: 'ours' addresses { recipient: 'au.example' number: 1 }");  // 8
  Request(5, "delivery { origin: 'au.example.org/ch8/finance' }");              // 9
  Add("domain_event: 'for another' addresses { recipient: 'ecowas.example' number: 1 }");
  EXPECT_THAT(Disclosed({{.kind = Kind::kCounterparty, .what = "au.example"}}),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8));
}

TEST_F(SurveyTest, KindsIntersectAndOneKindUnites) {
  Request(1);  // 1
  AddEvent<FinanceEvent>(
      "request_recorded { request { name: 'requests/REQ-AU-26-0001' operation: "
      "'operations/aussom' } }");  // 2
  Request(2);                      // 3
  AddEvent<FinanceEvent>(
      "request_recorded { request { name: 'requests/REQ-AU-26-0002' operation: "
      "'operations/minusca' } }");  // 4
  Request(3);                       // 5
  AddEvent<FinanceEvent>(
      "offer_recorded { offer { name: 'offers/OFF-UN-26-0001' request: "
      "'requests/REQ-AU-26-0001' } }");  // 6
  const Selector aussom{.kind = Kind::kOperation, .what = "operations/aussom"};
  const Selector minusca{.kind = Kind::kOperation, .what = "operations/minusca"};
  const Selector first{.kind = Kind::kPeriod, .from_us = 1, .until_us = 3};
  const Selector last{.kind = Kind::kPeriod, .from_us = 3, .until_us = 4};
  EXPECT_THAT(Disclosed({aussom}), ElementsAre(0, 1, 2, 5, 6));
  EXPECT_THAT(Disclosed({aussom, minusca}), ElementsAre(0, 1, 2, 3, 4, 5, 6));
  EXPECT_THAT(Disclosed({aussom, first}), ElementsAre(0, 1, 2));
  EXPECT_THAT(Disclosed({aussom, first, last}), ElementsAre(0, 1, 2, 5, 6));
  const Survey::Selection none = Select({minusca, last});
  EXPECT_EQ(none.selected, 0U);
  EXPECT_EQ(none.count, 1U);
  EXPECT_EQ(none.met, 3U);
  EXPECT_EQ(Select({{.kind = Kind::kOperation, .what = "operations/none"}}).met, 0U);
}

TEST_F(SurveyTest, AnAmountBringsTheEntriesThatSayInWhichUnitItIs) {
  Request(1);                                                                          // 1
  Add("domain_event: 'x' accounts { account: 1 unit: 'USD' }");                        // 2
  Add("domain_event: 'y' accounts { account: 2 unit: 'USD' }");                        // 3
  Add("domain_event: 'z' accounts { account: 3 unit: 'USD' }");                        // 4
  Request(2);                                                                          // 5
  Add("domain_event: 'm' postings { debit_account: 1 credit_account: 3 amount: 1 }");  // 6
  EXPECT_THAT(Disclosed({{.kind = Kind::kPeriod, .from_us = 2, .until_us = 3}}),
              ElementsAre(0, 1, 2, 4, 5, 6));
}

// A log of two accounts' worth: seals at 5 and 9 and 13.
class SealedSurveyTest : public SurveyTest {
 protected:
  SealedSurveyTest() {
    Request(1);  // 1
    Add("domain_event: 'x' accounts { account: 1 unit: 'T' } accounts { account: 2 unit: 'T' } "
        "accounts { account: 3 unit: 'T' }");                                            // 2
    Request(10);                                                                         // 3
    Add("domain_event: 'm' postings { debit_account: 1 credit_account: 2 amount: 1 }");  // 4
    Seal(11);                                                                            // 5, 6
    Request(20);                                                                         // 7
    Add("domain_event: 'm' postings { debit_account: 1 credit_account: 2 amount: 2 }");  // 8
    Seal(21);                                                                            // 9, 10
    Request(30);                                                                         // 11
    Add("domain_event: 'm' postings { debit_account: 1 credit_account: 3 amount: 3 } "
        "addresses { recipient: 'au.example' number: 1 }");                              // 12
    Seal(31);                                                                            // 13, 14
    Request(40);                                                                         // 15
    Add("domain_event: 'm' postings { debit_account: 1 credit_account: 2 amount: 4 }");  // 16
  }
  void Seal(int64_t time_us) {
    const uint64_t size = Request(time_us, "method: '/internal/Seal' rows: 1");
    Add(absl::StrCat("seal { size: ", size, " }"));
  }
  static Selector Account(int number) {
    return {
        .kind = Kind::kAccount, .what = absl::StrCat("accounts/", number), .service = "finance"};
  }
};

TEST_F(SealedSurveyTest, AnAccountIsBoundedByTheNewestSeal) {
  const Survey::Selection selection = Select({Account(3)});
  EXPECT_THAT(selection.seals, ElementsAre(14));
  EXPECT_THAT(selection.scopes, ElementsAre("accounts/3", "peers/au.example"));
  EXPECT_THAT(Disclosed({Account(3)}), ElementsAre(0, 1, 2, 11, 12, 13, 14));
  // All of account 1 is all of the others: and of both what came after the seal is beside it.
  const Survey::Selection first = Select({Account(1)});
  EXPECT_THAT(first.scopes,
              ElementsAre("accounts/1", "accounts/2", "accounts/3", "peers/au.example"));
}

// Each ledger has an account 3.
TEST_F(SealedSurveyTest, AnAccountIsOfTheLedgerThatIsNamed) {
  Selector elsewhere = Account(3);
  elsewhere.service = "logistics";
  const Survey::Selection selection = Select({elsewhere});
  EXPECT_EQ(selection.met, 0U);
  EXPECT_EQ(selection.selected, 0U);
  EXPECT_EQ(selection.count, 1U);
  EXPECT_EQ(Select({Account(3)}).met, 1U);
}

TEST_F(SealedSurveyTest, APeriodIsBoundedByTheSealsWithinIt) {
  const Selector period{.kind = Kind::kPeriod, .from_us = 5, .until_us = 25};
  // What accounts came to before is nobody's business who did not ask for them.
  EXPECT_THAT(Select({period}).seals, ElementsAre());
  EXPECT_THAT(Select({period}).scopes, ElementsAre());
  const Survey::Selection selection = Select({period, Account(2)});
  EXPECT_THAT(selection.seals, ElementsAre(6, 10));
  EXPECT_THAT(selection.scopes, ElementsAre("accounts/2"));
  // With an account, of the other one nothing is known to be whole that is not.
  const Survey::Selection both =
      Select({Account(3), {.kind = Kind::kPeriod, .from_us = 5, .until_us = 100}});
  EXPECT_THAT(both.seals, ElementsAre(6, 14));
  EXPECT_THAT(both.scopes, ElementsAre("accounts/3"));
  const Survey::Selection peer = Select({{.kind = Kind::kCounterparty, .what = "au.example"},
                                         {.kind = Kind::kPeriod, .from_us = 5, .until_us = 100}});
  EXPECT_THAT(peer.scopes, ElementsAre("peers/au.example"));
}

TEST_F(SealedSurveyTest, WithoutSealsInTheRightPlacesNothingIsBounded) {
  for (const auto& [from_us, until_us] : {std::pair(12, 25), {5, 15}, {32, 100}, {200, 300}}) {
    const Survey::Selection selection =
        Select({{.kind = Kind::kPeriod, .from_us = from_us, .until_us = until_us}});
    EXPECT_TRUE(selection.seals.empty()) << from_us;
    EXPECT_TRUE(selection.scopes.empty()) << from_us;
  }
  // Something of every scope is withheld.
  EXPECT_TRUE(
      Select({Account(2), {.kind = Kind::kPeriod, .from_us = 15, .until_us = 16}}).seals.empty());
}

TEST_F(SurveyTest, WhatRestsOnNothingIsABrokenAnswer) {
  const std::vector<Selector> none;
  Survey survey("un.example/ch8/finance", none);
  LoggedEntry logged;
  logged.set_payload(
      Parsed<Entry>("postings { debit_account: 1 credit_account: 2 }").SerializeAsString());
  EXPECT_THAT(survey.Take(logged), StatusIs(absl::StatusCode::kDataLoss));
  logged.set_payload("\xff");
  EXPECT_THAT(survey.Take(logged), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace ch8::audit
