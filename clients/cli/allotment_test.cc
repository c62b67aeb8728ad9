#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "chapter8/finance/v1/allotment_service.pb.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "clients/cli/fake_node.h"
#include "tests/support/temp_dir.h"

namespace ch8::cli {
namespace {

using ::ch8::testing::TempDir;
using ::chapter8::finance::v1::Allotment;
using ::chapter8::finance::v1::ListAllotmentsResponse;
using ::chapter8::finance::v1::MakeAllotmentRequest;
using ::chapter8::finance::v1::MakeOfferRequest;
using ::chapter8::finance::v1::Offer;
using ::chapter8::finance::v1::ReduceAllotmentRequest;
using ::testing::HasSubstr;

TEST(AllotmentCommandsTest, AnOfferNamesAFundOrAnAllotment) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  cli.node().Answer("MakeOffer", Offer());
  const std::vector<std::string> offer = {"offer",    "make",         "req-au-26-0041",
                                          "--amount", "USD:50000.00", "--hold",
                                          "72h",      "--allotment",  "alt-un-26-0003"};
  EXPECT_EQ(cli.Run(offer).exit_code, 0);
  MakeOfferRequest request;
  ASSERT_TRUE(request.ParseFromString(cli.node().calls.at(0).request));
  EXPECT_EQ(request.resource().allotment(), "allotments/ALT-UN-26-0003");
  EXPECT_EQ(request.resource().fund(), "");
  std::vector<std::string> both = offer;
  both.insert(both.end(), {"--fund", "assessed"});
  for (const std::vector<std::string>& wrong :
       {both, std::vector<std::string>(offer.begin(), offer.begin() + 7)}) {
    const Result result = cli.Run(wrong);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr("--fund FUND or --allotment ALLOTMENT, not both"));
  }
  EXPECT_EQ(cli.node().calls.size(), 1u);
}

TEST(AllotmentCommandsTest, AllotsToAnOperation) {
  const TempDir dir;
  CliHarness cli(dir.path().string());
  Allotment allotment;
  allotment.set_name("allotments/ALT-UN-26-0003");
  allotment.set_operation("operations/aussom");
  allotment.set_fund("organizations/un/funds/un-assessed");
  allotment.mutable_amount()->set_currency_code("USD");
  allotment.mutable_amount()->set_amount_minor(100000000);
  allotment.set_available_minor(40000000);
  allotment.set_given_minor(60000000);
  cli.node().Answer("MakeAllotment", allotment);
  const Result made = cli.Run({"allotment", "make", "--to", "AUSSOM", "--fund", "UN-ASSESSED",
                               "--amount", "USD:1000000.00"});
  EXPECT_EQ(made.exit_code, 0) << made.err;
  EXPECT_THAT(made.out, HasSubstr("USD 400,000.00"));
  MakeAllotmentRequest request;
  ASSERT_TRUE(request.ParseFromString(cli.node().calls.at(0).request));
  EXPECT_EQ(request.resource().operation(), "operations/aussom");
  EXPECT_EQ(request.resource().fund(), "organizations/un/funds/un-assessed");
  EXPECT_EQ(request.resource().amount().amount_minor(), 100000000);

  cli.node().Answer("ReduceAllotment", allotment);
  EXPECT_EQ(cli.Run({"allotment", "reduce", "alt-un-26-0003", "--by", "USD:5.00"}).exit_code, 0);
  ReduceAllotmentRequest reduce;
  ASSERT_TRUE(reduce.ParseFromString(cli.node().calls.at(1).request));
  EXPECT_EQ(reduce.name(), "allotments/ALT-UN-26-0003");
  EXPECT_EQ(reduce.amount().amount_minor(), 500);

  ListAllotmentsResponse page;
  *page.add_allotments() = allotment;
  cli.node().Answer("ListAllotments", page);
  const Result list = cli.Run({"allotment", "list", "--for", "aussom"});
  EXPECT_EQ(list.exit_code, 0) << list.err;
  EXPECT_THAT(list.out, HasSubstr("USD 1,000,000.00  USD 400,000.00"));
}

}  // namespace
}  // namespace ch8::cli
