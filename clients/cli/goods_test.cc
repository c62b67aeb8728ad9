#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chapter8/logistics/v1/consignment_service.pb.h"
#include "chapter8/logistics/v1/offer_service.pb.h"
#include "chapter8/logistics/v1/stock_service.pb.h"
#include "clients/cli/fake_node.h"
#include "clients/cli/values.h"
#include "clients/lib/money.h"
#include "tests/support/temp_dir.h"

// `ch8 request`, `offer` and `consignment` when goods are meant: what is sent where, and what an
// officer reads.
namespace ch8::cli {
namespace {

namespace v1 = ::chapter8::logistics::v1;
using ::ch8::testing::TempDir;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

template <typename Message>
Message SentIn(const client::WireCall& call) {
  Message message;
  EXPECT_TRUE(message.ParseFromString(call.request));
  return message;
}

TEST(Goods, ItemsAndQuantitiesAreReadAsTyped) {
  const auto line = ParseItemQuantity("TENT-10P=120");
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->item, "items/tent-10p");
  EXPECT_EQ(line->quantity, 120);
  for (const char* bad : {"TENT-10P", "=3", "TENT=", "TENT=1.5", "TENT=-1", "TENT=x"}) {
    EXPECT_FALSE(ParseItemQuantity(bad).ok()) << bad;
  }
}

TEST(Goods, WhatIsAskedForSaysWhichLedgerIsAsked) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  v1::MaterielRequest made;
  made.set_name("requests/LRQ-UN-26-0001");
  made.set_addressee("organizations/au");
  cli.node().Answer("MakeRequest", made);
  const Result result =
      cli.Run({"request", "make", "--to", "au", "--operation", "AUSSOM", "--item", "TENT-10P=120",
               "--item", "WATER=9", "--deliver-to", "KEMBA", "--by", "2026-03-21"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  ASSERT_EQ(cli.node().calls.size(), 1u);
  EXPECT_EQ(cli.node().calls[0].method, "/chapter8.logistics.v1.RequestService/MakeRequest");
  const auto sent = SentIn<v1::MakeRequestRequest>(cli.node().calls[0]).resource();
  EXPECT_EQ(sent.destination(), "organizations/un/depots/kemba");
  ASSERT_EQ(sent.lines_size(), 2);
  EXPECT_EQ(sent.lines(0).item(), "items/tent-10p");
  EXPECT_EQ(sent.lines(1).quantity(), 9);
  EXPECT_THAT(
      cli.Run({"request", "make", "--to", "au", "--operation", "aussom", "--by", "2026-03-21"}).err,
      HasSubstr("for money with --line and --amount, or for goods with --item"));
}

TEST(Goods, AnIdsKindSaysWhichLedgerIsMeant) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  v1::SupplyOffer offer;
  offer.set_name("offers/LOF-UN-26-0107");
  cli.node().Answer("MakeOffer", offer);
  cli.node().Answer("ApproveOffer", offer);
  EXPECT_EQ(cli.Run({"offer", "make", "lrq-au-26-0041", "--line", "TENT-10P=120", "--from", "KEMBA",
                     "--dry-run"})
                .exit_code,
            0);
  EXPECT_EQ(cli.Run({"offer", "approve", "LOF-UN-26-0107"}).exit_code, 0);
  ASSERT_EQ(cli.node().calls.size(), 2u);
  EXPECT_EQ(cli.node().calls[0].method, "/chapter8.logistics.v1.OfferService/MakeOffer");
  EXPECT_EQ(cli.node().calls[1].method, "/chapter8.logistics.v1.OfferService/ApproveOffer");
  const auto sent = SentIn<v1::MakeOfferRequest>(cli.node().calls[0]);
  EXPECT_TRUE(sent.validate_only());
  EXPECT_EQ(sent.resource().depot(), "organizations/un/depots/kemba");
  EXPECT_EQ(sent.resource().hold_duration().seconds(), 72 * 3'600);
  EXPECT_THAT(cli.Run({"offer", "make", "REQ-AU-26-0041"}).err,
              HasSubstr("money needs --fund FUND"));
  EXPECT_THAT(cli.Run({"offer", "make", "LRQ-AU-26-0041"}).err,
              HasSubstr("goods need --line ITEM=QUANTITY and --from DEPOT"));
}

// A waybill's number is its giver's: of two givers' the officer says which.
TEST(Goods, AWaybillOfTwoGiversIsNotGuessed) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  v1::ListConsignmentsResponse found;
  found.add_consignments()->set_name("consignments/au/WB-7781");
  found.add_consignments()->set_name("consignments/un/WB-7781");
  cli.node().Answer("ListConsignments", found);
  cli.node().Answer("GetConsignment", found.consignments(1));
  const Result refused = cli.Run({"consignment", "show", "WB-7781"});
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("write au/WB-7781 or un/WB-7781"));
  EXPECT_EQ(cli.Run({"consignment", "show", "un/WB-7781"}).exit_code, 0);
  EXPECT_EQ(SentIn<v1::GetConsignmentRequest>(cli.node().calls.back()).name(),
            "consignments/un/WB-7781");
}

TEST(Goods, StatusSaysWhereNoRateIsSet) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  v1::SupplyStatus status;
  v1::SupplyStatus::Line& rations = *status.add_lines();
  rations.set_item("items/ration");
  rations.set_daily(850);
  rations.set_days_of_supply(0);
  status.add_lines()->set_item("items/tent-10p");
  cli.node().Answer("GetSupplyStatus", status);
  const std::vector<std::string> show = {"supply", "status", "--at", "KEMBA"};
  const std::string text = cli.Run(show).out;
  EXPECT_THAT(text, HasSubstr("no rate"));
  EXPECT_THAT(text, ContainsRegex("850 +0\n")) << "nothing for a day is no missing rate";
  EXPECT_THAT(text, Not(HasSubstr(" -1")));
  const std::string json = cli.Run({"supply", "status", "--at", "KEMBA", "-o", "json"}).out;
  EXPECT_THAT(json, HasSubstr("\"days_of_supply\": \"0\""));
  EXPECT_EQ(json.find("days_of_supply"), json.rfind("days_of_supply")) << "of the rations alone";
}

// The screen of the first ten minutes.
TEST(Goods, ACountSaysWhatCameAndWhatOpened) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  v1::ListConsignmentsResponse found;
  found.add_consignments()->set_name("consignments/au/WB-7781");
  cli.node().Answer("ListConsignments", found);
  v1::Receipt receipt;
  receipt.set_name("receipts/RCP-UN-26-0001");
  receipt.set_depot("organizations/un/depots/sokmu");
  receipt.set_item("items/tent-10p");
  receipt.set_dispatched(120);
  receipt.set_good(114);
  receipt.set_damaged(2);
  receipt.set_short_(4);
  receipt.set_counted_time_us(1'773'997'920'000'000);  // 20 Mar 2026 09:12 UTC.
  receipt.set_discrepancy("discrepancies/DSC-UN-26-0005");
  cli.node().Answer("ReceiveConsignment", receipt);
  v1::Discrepancy opened;
  opened.set_name("discrepancies/DSC-UN-26-0005");
  opened.set_damaged(2);
  opened.set_short_(4);
  *opened.mutable_value() = *client::ParseMoney("USD:5880.00");
  opened.set_owner("organizations/au");
  *opened.mutable_answer_due() = *ParseDate("2026-04-03");
  cli.node().Answer("GetDiscrepancy", opened);
  const Result result = cli.Run({"consignment", "receive", "wb-7781", "--line", "TENT-10P",
                                 "--good", "114", "--damaged", "2", "--short", "4"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err,
              HasSubstr("Received SOKMU 2026-03-20 09:12 UTC   TENT-10P shipped 120 = good 114 + "
                        "damaged 2 + short 4, in transit 0"));
  EXPECT_THAT(result.err, HasSubstr("DSC-UN-26-0005 opened: 6 missing or damaged, USD 5,880.00, "
                                    "owner au, answer due 2026-04-03"));
  ASSERT_EQ(cli.node().calls.size(), 3u);
  const auto sent = SentIn<v1::ReceiveConsignmentRequest>(cli.node().calls[1]);
  EXPECT_EQ(sent.name(), "consignments/au/WB-7781");
  EXPECT_EQ(sent.counts(0).good(), 114);
  EXPECT_EQ(sent.counts(0).short_(), 4);
}

}  // namespace
}  // namespace ch8::cli
