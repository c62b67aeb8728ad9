// What a daemon does with requests that are wrong, over mutual TLS, from officers who may make
// them: one clear error each, nothing written, nobody else held up.
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/clock.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "chapter8/ledger/v1/administration_service.pb.h"
#include "google/protobuf/unknown_field_set.h"
#include "tests/support/node_organization.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::testing {
namespace {

using absl::StatusCode;
using chapter8::authz::v1::Role;
using chapter8::finance::v1::Contribution;
using chapter8::finance::v1::CreateFundRequest;
using chapter8::finance::v1::Fund;
using chapter8::finance::v1::GetFundRequest;
using chapter8::finance::v1::ImportContributionsRequest;
using chapter8::finance::v1::ListFundsRequest;
using chapter8::finance::v1::ListFundsResponse;
using chapter8::ledger::v1::GetHeadRequest;
using chapter8::ledger::v1::Head;

constexpr char kCreateFund[] = "finance.v1.FundService.CreateFund";
constexpr char kImport[] = "finance.v1.FundService.ImportContributions";
constexpr char kListFunds[] = "finance.v1.FundService.ListFunds";
constexpr size_t kRequestSizeMax = 4 * 1024 * 1024;
constexpr int kUnknownField = 4711;

struct Case {
  std::string name;
  std::string rpc;
  std::string request;
  StatusCode code = StatusCode::kInvalidArgument;
  std::string reason;  // Of the ErrorInfo; "" for what gRPC itself refuses.
};

CreateFundRequest GoodFund(const std::string& id) {
  CreateFundRequest request;
  request.set_fund_id(id);
  request.mutable_resource()->set_title("A fund");
  request.mutable_resource()->set_source(Fund::EXTRA_BUDGETARY);
  request.mutable_resource()->set_currency_code("USD");
  request.set_request_id(client::NewRequestId());
  return request;
}

ImportContributionsRequest GoodImport() {
  ImportContributionsRequest request;
  request.set_fund("organizations/un/funds/first");
  Contribution& row = *request.add_contributions();
  row.set_donor("GBR");
  row.set_state(Contribution::PAID);
  row.set_form(Contribution::FINANCIAL);
  row.mutable_original()->set_currency_code("USD");
  row.mutable_original()->set_amount_minor(100);
  const absl::CivilDay day = absl::ToCivilDay(absl::Now(), absl::UTCTimeZone());
  row.mutable_decided_on()->set_year(static_cast<int32_t>(day.year()));
  row.mutable_decided_on()->set_month(day.month());
  row.mutable_decided_on()->set_day(day.day());
  request.set_request_id(client::NewRequestId());
  return request;
}

// `request` after a change.
template <typename Request>
std::string With(Request request, const std::function<void(Request&)>& change) {
  change(request);
  return request.SerializeAsString();
}

std::string WithFund(const std::function<void(CreateFundRequest&)>& change) {
  return With<CreateFundRequest>(GoodFund("bad"), change);
}

std::string WithImport(const std::function<void(ImportContributionsRequest&)>& change) {
  return With<ImportContributionsRequest>(GoodImport(), change);
}

void AddUnknown(google::protobuf::Message& message) {
  message.GetReflection()->MutableUnknownFields(&message)->AddVarint(kUnknownField, 1);
}

std::vector<Case> MalformedCases() {
  CreateFundRequest good = GoodFund("bad");
  const std::string bytes = good.SerializeAsString();
  CreateFundRequest large = good;
  large.mutable_resource()->set_title(std::string(kRequestSizeMax, 'x'));
  std::string oversize = large.SerializeAsString();
  large.mutable_resource()->set_title(
      std::string(kRequestSizeMax - (oversize.size() - kRequestSizeMax) + 1, 'x'));
  oversize = large.SerializeAsString();
  EXPECT_EQ(oversize.size(), kRequestSizeMax + 1);
  return {
      {"truncated", kCreateFund, bytes.substr(0, bytes.size() - 3), StatusCode::kInvalidArgument,
       "MALFORMED_REQUEST"},
      {"not protobuf", kCreateFund, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
       StatusCode::kInvalidArgument, "MALFORMED_REQUEST"},
      {"malformed read", kListFunds, "\x08", StatusCode::kInvalidArgument, "MALFORMED_REQUEST"},
      {"one byte above 4 MiB", kCreateFund, oversize, StatusCode::kResourceExhausted, ""},
      {"not UTF-8", kCreateFund,
       WithFund([](auto& r) { r.mutable_resource()->set_title("\xff\xfe"); }),
       StatusCode::kInvalidArgument, "MALFORMED_REQUEST"},
      {"not UTF-8 in a list", kImport,
       WithImport([](auto& r) { r.mutable_contributions(0)->set_donor("\xc3\x28"); }),
       StatusCode::kInvalidArgument, "MALFORMED_REQUEST"},
      {"unknown field", kCreateFund, WithFund([](auto& r) { AddUnknown(r); }),
       StatusCode::kInvalidArgument, "UNKNOWN_FIELD"},
      {"unknown field within", kCreateFund,
       WithFund([](auto& r) { AddUnknown(*r.mutable_resource()); }), StatusCode::kInvalidArgument,
       "UNKNOWN_FIELD"},
      {"unknown field within a list", kImport,
       WithImport([](auto& r) { AddUnknown(*r.mutable_contributions(0)->mutable_original()); }),
       StatusCode::kInvalidArgument, "UNKNOWN_FIELD"},
      {"unknown field in a read", kListFunds,
       With<ListFundsRequest>({}, [](auto& r) { AddUnknown(r); }), StatusCode::kInvalidArgument,
       "UNKNOWN_FIELD"},
  };
}

std::vector<Case> RequestIdCases() {
  const auto with_id = [](const std::string& id) {
    return WithFund([&](auto& r) { r.set_request_id(id); });
  };
  return {
      {"no request id", kCreateFund, with_id(""), StatusCode::kInvalidArgument, "NO_REQUEST_ID"},
      {"request id with a path", kCreateFund, with_id("../../x"), StatusCode::kInvalidArgument,
       "BAD_REQUEST_ID"},
      {"request id with a newline", kCreateFund, with_id("a\nb"), StatusCode::kInvalidArgument,
       "BAD_REQUEST_ID"},
      {"request id of 64", kCreateFund, with_id(std::string(64, 'a')), StatusCode::kInvalidArgument,
       "BAD_REQUEST_ID"},
  };
}

std::vector<Case> IdCases() {
  std::vector<Case> cases;
  const std::vector<std::pair<std::string, std::string>> ids = {
      {"path", "../x"},
      {"slash", "a/b"},
      {"newline", "a\nb"},
      {"capitals", "Fund"},
      {"nothing", ""},
      {"64", std::string(64, 'a')},
      {"NUL", std::string("a\0b", 3)},
      {"space", "a b"},
      {"percent", "a%2fb"},
  };
  for (const auto& [name, id] : ids) {
    cases.push_back({"fund id: " + name, kCreateFund,
                     WithFund([&id = id](auto& r) { r.set_fund_id(id); }),
                     StatusCode::kInvalidArgument, "BAD_ID"});
  }
  for (const std::string& bad :
       std::vector<std::string>{"organizations/un/funds/../first", "funds/first",
                                "organizations/un/funds/a\nb", std::string(5000, 'a'), ""}) {
    cases.push_back({"name " + bad.substr(0, 40), "finance.v1.FundService.GetFund",
                     With<GetFundRequest>({}, [&](auto& r) { r.set_name(bad); }),
                     StatusCode::kInvalidArgument, "BAD_NAME"});
  }
  return cases;
}

std::vector<Case> MoneyCases() {
  const auto amount = [](int64_t minor) {
    return WithImport(
        [&](auto& r) { r.mutable_contributions(0)->mutable_original()->set_amount_minor(minor); });
  };
  const auto currency = [](const std::string& code) {
    return WithImport(
        [&](auto& r) { r.mutable_contributions(0)->mutable_original()->set_currency_code(code); });
  };
  std::vector<Case> cases = {
      {"amount 0", kImport, amount(0), StatusCode::kInvalidArgument, "BAD_AMOUNT"},
      {"amount below 0", kImport, amount(-1), StatusCode::kInvalidArgument, "BAD_AMOUNT"},
      {"least amount", kImport, amount(std::numeric_limits<int64_t>::min()),
       StatusCode::kInvalidArgument, "BAD_AMOUNT"},
      {"sums above 2^63", kImport, WithImport([](auto& r) {
         const auto most = std::numeric_limits<int64_t>::max();
         r.mutable_contributions(0)->mutable_original()->set_amount_minor(most);
         *r.add_contributions() = r.contributions(0);
       }),
       StatusCode::kInvalidArgument, "BAD_AMOUNT"},
      {"no rate for another currency", kImport, currency("EUR"), StatusCode::kInvalidArgument,
       "BAD_RATE"},
  };
  for (const std::string& code : std::vector<std::string>{"XXQ", "usd", "US", "USDX", ""}) {
    cases.push_back({"currency " + code, kImport, currency(code), StatusCode::kInvalidArgument,
                     "UNKNOWN_CURRENCY"});
    cases.push_back({"fund's currency " + code, kCreateFund,
                     WithFund([&](auto& r) { r.mutable_resource()->set_currency_code(code); }),
                     StatusCode::kInvalidArgument, "UNKNOWN_CURRENCY"});
  }
  return cases;
}

std::vector<Case> PageCases() {
  const auto page = [](int32_t size, const std::string& token) {
    return With<ListFundsRequest>({}, [&](auto& r) {
      r.set_page_size(size);
      r.set_page_token(token);
    });
  };
  return {
      {"page size below 0", kListFunds, page(-1, ""), StatusCode::kInvalidArgument,
       "BAD_PAGE_SIZE"},
      {"least page size", kListFunds, page(std::numeric_limits<int32_t>::min(), ""),
       StatusCode::kInvalidArgument, "BAD_PAGE_SIZE"},
      {"page token", kListFunds, page(0, "!!not base64!!"), StatusCode::kInvalidArgument,
       "BAD_PAGE_TOKEN"},
  };
}

class BadInputTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempDir();
    node_ = new OrganizationNode({.folder = folder_->path().string(), .organization = "un"});
    node_->Start();
    node_->Appoint("funds", Role::FUND_MANAGER);
    node_->Appoint("clerk", Role::MANDATE_OFFICER);
    ASSERT_THAT(node_->As("funds").Call<Fund>(kCreateFund, GoodFund("first")), IsOk());
  }
  static void TearDownTestSuite() {
    EXPECT_EQ(node_->Stop(), 0) << node_->process().output();
    delete node_;
    delete folder_;
  }

  static Head HeadOf(const std::string& service) {
    GetHeadRequest request;
    request.set_origin(node_->origin(service));
    const auto head =
        node_->As("clerk").Call<Head>("ledger.v1.AdministrationService.GetHead", request);
    EXPECT_THAT(head, IsOk());
    return head.value_or(Head());
  }
  static std::string ListedFunds() {
    const auto funds = node_->As("clerk").Call<ListFundsResponse>(kListFunds, ListFundsRequest());
    EXPECT_THAT(funds, IsOk());
    return funds.ok() ? funds->SerializeAsString() : "";
  }

  static void ExpectRefused(const std::vector<Case>& cases) {
    const uint64_t size = HeadOf("finance").size();
    const std::string funds = ListedFunds();
    for (const Case& one : cases) {
      SCOPED_TRACE(one.name);
      const client::WireReply reply = node_->As("funds").Send(one.rpc, one.request);
      EXPECT_THAT(reply.status, StatusIs(one.code));
      EXPECT_EQ(ReasonOf(reply.status), one.reason) << reply.status;
      EXPECT_EQ(reply.receipt, "");
    }
    EXPECT_TRUE(node_->process().running());
    EXPECT_EQ(HeadOf("finance").size(), size);
    EXPECT_EQ(ListedFunds(), funds);
  }

  static TempDir* folder_;
  static OrganizationNode* node_;
};
TempDir* BadInputTest::folder_ = nullptr;
OrganizationNode* BadInputTest::node_ = nullptr;

TEST_F(BadInputTest, MalformedAndOversizeRequests) { ExpectRefused(MalformedCases()); }
TEST_F(BadInputTest, RequestIds) { ExpectRefused(RequestIdCases()); }
TEST_F(BadInputTest, IdsAndNames) { ExpectRefused(IdCases()); }
TEST_F(BadInputTest, AmountsAndCurrencies) { ExpectRefused(MoneyCases()); }
TEST_F(BadInputTest, Pages) { ExpectRefused(PageCases()); }

TEST_F(BadInputTest, AHugePageIsClamped) {
  ListFundsRequest request;
  request.set_page_size(std::numeric_limits<int32_t>::max());
  EXPECT_THAT(node_->As("clerk").Call<ListFundsResponse>(kListFunds, request), IsOk());
}

TEST_F(BadInputTest, ARequestIdIsGoodForOneBodyOnly) {
  CreateFundRequest request = GoodFund("once");
  const client::WireReply first = node_->As("funds").Send(kCreateFund, request.SerializeAsString());
  ASSERT_THAT(first.status, IsOk());
  const uint64_t size = HeadOf("finance").size();
  const client::WireReply again = node_->As("funds").Send(kCreateFund, request.SerializeAsString());
  EXPECT_THAT(again.status, IsOk());
  EXPECT_EQ(again.reply, first.reply);
  EXPECT_EQ(again.receipt, first.receipt);
  request.mutable_resource()->set_title("Another body");
  const client::WireReply other = node_->As("funds").Send(kCreateFund, request.SerializeAsString());
  EXPECT_THAT(other.status, StatusIs(StatusCode::kAlreadyExists));
  EXPECT_EQ(ReasonOf(other.status), "REQUEST_ID_REUSED");
  EXPECT_EQ(HeadOf("finance").size(), size);
}

TEST_F(BadInputTest, SignaturesThatAreNotOverTheseBytes) {
  const std::string request = GoodFund("bad").SerializeAsString();
  OfficerClient& funds = node_->As("funds");
  const absl::Time later = absl::Now() + absl::Hours(1);
  const auto send = [&](const std::string& act) {
    return ReasonOf(funds.SendWithAct(kCreateFund, request, act).status);
  };
  const uint64_t size = HeadOf("finance").size();
  EXPECT_EQ(send(""), "ACT_NOT_SIGNED");
  EXPECT_EQ(send("rubbish"), "BAD_ACT");
  EXPECT_EQ(send(funds.Sign(kCreateFund, request + "x", later)), "ACT_FORGED");
  EXPECT_EQ(send(funds.Sign(kImport, request, later)), "ACT_FORGED");
  EXPECT_EQ(send(funds.Sign(kCreateFund, request, absl::Now() - absl::Seconds(5))), "EXPIRED");
  EXPECT_EQ(send(funds.Sign(kCreateFund, request, absl::Now() + absl::Hours(24 * 8))), "BAD_ACT");
  EXPECT_EQ(send(node_->As("clerk").Sign(kCreateFund, request, later)), "ACT_KEY_DIFFERS");
  EXPECT_EQ(HeadOf("finance").size(), size);
}

TEST_F(BadInputTest, ActsWithoutTheRole) {
  const uint64_t size = HeadOf("finance").size();
  const client::WireReply reply =
      node_->As("clerk").Send(kCreateFund, GoodFund("bad").SerializeAsString());
  EXPECT_THAT(reply.status, StatusIs(StatusCode::kPermissionDenied));
  EXPECT_EQ(ReasonOf(reply.status), "NO_ROLE");
  EXPECT_EQ(HeadOf("finance").size(), size);
}

}  // namespace
}  // namespace ch8::testing
