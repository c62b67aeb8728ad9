// Starts after which nobody knows whether something was rolled back: another boot, an older copy of
// the database. Nothing is signed, and no transfer goes on, until all partners' witnesses have
// shown what they hold, or two administrators vouch; a log that is shorter than what it has signed
// cannot be vouched for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "chapter8/ledger/v1/administration_service.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "storage/rocks/rocks_ledger.h"
#include "tests/support/node_two.h"
#include "tests/support/node_wait.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {
namespace {

using chapter8::authz::v1::Role;
using chapter8::finance::v1::AcceptOfferRequest;
using chapter8::finance::v1::ApproveOfferRequest;
using chapter8::finance::v1::CreateFundRequest;
using chapter8::finance::v1::Fund;
using chapter8::finance::v1::Offer;
using chapter8::ledger::v1::GetHeadRequest;
using chapter8::ledger::v1::Head;
using chapter8::ledger::v1::HeadWaived;
using chapter8::ledger::v1::WaiveHeadRequest;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr int64_t kAmount = 1'000'000;

absl::StatusOr<Head> HeadOf(OrganizationNode& node, const std::string& service) {
  GetHeadRequest request;
  request.set_origin(node.origin(service));
  return node.As("admin-1").Call<Head>("ledger.v1.AdministrationService.GetHead", request);
}

absl::StatusOr<Head> Waive(OrganizationNode& node, const std::string& officer,
                           const std::string& service) {
  WaiveHeadRequest request;
  request.set_origin(node.origin(service));
  request.set_request_id(client::NewRequestId());
  // The client signs for the ledger of the rpc's package; here the request names it.
  const std::string bytes = request.SerializeAsString();
  const client::WireReply reply = node.As(officer).SendWithAct(
      "ledger.v1.AdministrationService.WaiveHead", bytes,
      node.As(officer).SignFor(request.origin(), "ledger.v1.AdministrationService.WaiveHead", bytes,
                               absl::Now() + absl::Hours(1)));
  if (!reply.status.ok()) return reply.status;
  Head head;
  return head.ParseFromString(reply.reply) ? absl::StatusOr<Head>(head)
                                           : absl::InternalError("reply");
}

// One attempt: a client that is told to retry would wait for an administrator who does not come.
template <typename Request>
absl::Status TryOnce(OfficerClient& officer, absl::string_view rpc, const std::string& offer) {
  Request request;
  request.set_name(offer);
  request.set_request_id(client::NewRequestId());
  return officer.Send(rpc, request.SerializeAsString()).status;
}

absl::Status AddFund(OrganizationNode& node, const std::string& id) {
  CreateFundRequest request;
  request.set_fund_id(id);
  request.mutable_resource()->set_title("A fund");
  request.mutable_resource()->set_source(Fund::EXTRA_BUDGETARY);
  request.mutable_resource()->set_currency_code("USD");
  request.set_request_id(client::NewRequestId());
  return node.As("funds").Call<Fund>("finance.v1.FundService.CreateFund", request).status();
}

std::vector<HeadWaived> WaiversIn(const std::string& database) {
  RocksLedgerOptions options;
  options.path = database;
  const auto ledger = RocksLedger::Open(options);
  EXPECT_THAT(ledger, IsOk());
  std::vector<HeadWaived> waivers;
  if (!ledger.ok()) return waivers;
  const absl::Status read =
      (*ledger)->ReadEntries(0, (*ledger)->durable_size(), [&](const Entry& stored) {
        chapter8::ledger::v1::Entry entry;
        const bool parsed =
            entry.ParseFromArray(stored.payload.data(), static_cast<int>(stored.payload.size()));
        if (parsed && entry.administration().has_head_waived()) {
          waivers.push_back(entry.administration().head_waived());
        }
        return true;
      });
  EXPECT_THAT(read, IsOk());
  return waivers;
}

// Both administrators, for each of the ledgers.
void WaiveAll(OrganizationNode& node, const std::vector<std::string>& services) {
  for (const std::string& service : services) {
    ASSERT_THAT(Waive(node, "admin-1", service), IsOk()) << service;
    ASSERT_THAT(Waive(node, "admin-2", service), IsOk()) << service;
  }
}

bool Signs(OrganizationNode& node, const std::string& service) {
  const absl::StatusOr<Head> head = HeadOf(node, service);
  return head.ok() && !head->note().empty();
}

// Another boot: what a reboot empties is empty.
void StartAfterReboot(OrganizationNode& node) {
  ASSERT_EQ(node.Stop(), 0) << node.process().output();
  std::filesystem::remove_all(node.boot_markers());
  node.Start();
}

// The partner is not there to be asked.
TEST(RebootTest, NoTransferGoesOnUntilTwoAdministratorsVouch) {
  TwoNodes nodes;
  OrganizationNode& un = nodes.un();
  const std::string request = nodes.MakeRequest(2 * kAmount);
  const absl::StatusOr<Offer> draft = nodes.MakeOffer(request, {.amount_minor = kAmount});
  ASSERT_THAT(draft, IsOk());
  nodes.au().Kill();
  StartAfterReboot(un);

  const absl::StatusOr<Head> head = HeadOf(un, "finance");
  ASSERT_THAT(head, IsOk());
  EXPECT_THAT(head->note(), IsEmpty());
  EXPECT_THAT(head->not_signed_because(), Not(IsEmpty()));
  const absl::Status step = TryOnce<ApproveOfferRequest>(
      un.As("approver"), "finance.v1.OfferService.ApproveOffer", draft->name());
  EXPECT_THAT(step, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(ReasonOf(step), "HEAD_NOT_VOUCHED");
  EXPECT_THAT(AddFund(un, "unvouched"), IsOk());

  EXPECT_EQ(ReasonOf(Waive(un, "auditor", "finance").status()), "NO_ROLE");
  const uint64_t size = HeadOf(un, "finance")->size();
  const absl::StatusOr<Head> first = Waive(un, "admin-1", "finance");
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->size(), size);
  EXPECT_THAT(first->not_signed_because(), HasSubstr("another administrator"));
  EXPECT_FALSE(Signs(un, "finance"));
  EXPECT_EQ(ReasonOf(Waive(un, "admin-1", "finance").status()), "SAME_PERSON");
  ASSERT_THAT(Waive(un, "admin-2", "finance"), IsOk());
  WaiveAll(un, {"directory", "witness"});
  EXPECT_EQ(ReasonOf(Waive(un, "admin-2", "finance").status()), "ALREADY_VOUCHED");
  EXPECT_THAT(HeadOf(un, "finance")->note(), HasSubstr(un.origin("finance")));

  nodes.au().Start();
  ASSERT_THAT(nodes.Approve(draft->name()), IsOk());
  ASSERT_TRUE(TwoNodes::Await(nodes.au(), draft->name(), Offer::RESERVED));
  ASSERT_THAT(nodes.Accept(draft->name()), IsOk());
  EXPECT_TRUE(TwoNodes::Await(un, draft->name(), Offer::SETTLED));
  // Facts of the directory go on reaching finance.
  un.Appoint("late", Role::AUDITOR);

  ASSERT_EQ(un.Stop(), 0);
  const std::vector<HeadWaived> waivers = WaiversIn(un.database("finance"));
  ASSERT_THAT(waivers, SizeIs(2));
  EXPECT_EQ(waivers[0].size(), size);
}

TEST(RebootTest, AWaiverCountsForOneStart) {
  TwoNodes nodes;
  nodes.au().Kill();
  StartAfterReboot(nodes.un());
  ASSERT_THAT(Waive(nodes.un(), "admin-1", "finance"), IsOk());
  StartAfterReboot(nodes.un());
  const absl::StatusOr<Head> again = Waive(nodes.un(), "admin-2", "finance");
  ASSERT_THAT(again, IsOk());
  EXPECT_THAT(again->not_signed_because(), HasSubstr("another administrator"));
  EXPECT_FALSE(Signs(nodes.un(), "finance"));
}

TEST(RebootTest, AnAcceptWaitsForTheReceiversHead) {
  TwoNodes nodes;
  const std::string request = nodes.MakeRequest(kAmount);
  const std::string offer = nodes.Reserve(request, {.amount_minor = kAmount});
  ASSERT_TRUE(TwoNodes::Await(nodes.au(), offer, Offer::RESERVED));
  nodes.un().Kill();
  StartAfterReboot(nodes.au());
  const absl::Status step = TryOnce<AcceptOfferRequest>(
      nodes.au().As("accepter"), "finance.v1.OfferService.AcceptOffer", offer);
  EXPECT_EQ(ReasonOf(step), "HEAD_NOT_VOUCHED");
  WaiveAll(nodes.au(), {"finance", "directory", "witness"});
  nodes.un().Start();
  ASSERT_THAT(nodes.Accept(offer), IsOk());
  EXPECT_TRUE(TwoNodes::Await(nodes.un(), offer, Offer::SETTLED));
  EXPECT_TRUE(TwoNodes::Await(nodes.au(), offer, Offer::POSTED));
}

TEST(RebootTest, PartnersVouchForWhatTheyHold) {
  TwoNodes nodes;
  const std::string request = nodes.MakeRequest(kAmount);
  const std::string offer = nodes.Reserve(request, {.amount_minor = kAmount});
  ASSERT_TRUE(TwoNodes::Await(nodes.au(), offer, Offer::RESERVED));
  StartAfterReboot(nodes.un());
  for (const std::string service : {"directory", "finance", "witness"}) {
    EXPECT_TRUE(WaitUntil([&] { return Signs(nodes.un(), service); }))
        << service << ": " << HeadOf(nodes.un(), service)->not_signed_because();
  }
  ASSERT_THAT(nodes.Accept(offer), IsOk());
  EXPECT_TRUE(TwoNodes::Await(nodes.un(), offer, Offer::SETTLED));
  ASSERT_EQ(nodes.un().Stop(), 0);
  EXPECT_THAT(WaiversIn(nodes.un().database("finance")), IsEmpty());
}

// The whole folder was put back, promise and all, and the boot is another one: only the partner
// knows.
TEST(RebootTest, APartnerFindsOutThatALedgerWasRolledBack) {
  TwoNodes nodes;
  OrganizationNode& un = nodes.un();
  ASSERT_EQ(un.Stop(), 0);
  const TempDir copy;
  std::filesystem::copy(un.data(), copy.path() / "un", std::filesystem::copy_options::recursive);
  un.Start();
  const std::string request = nodes.MakeRequest(kAmount);
  const std::string offer = nodes.Reserve(request, {.amount_minor = kAmount});
  ASSERT_TRUE(TwoNodes::Await(nodes.au(), offer, Offer::RESERVED));
  ASSERT_EQ(un.Stop(), 0);
  std::filesystem::remove_all(un.data());
  std::filesystem::rename(copy.path() / "un", un.data());
  std::filesystem::remove_all(un.boot_markers());
  un.Start();
  EXPECT_TRUE(WaitUntil([&] {
    const absl::StatusOr<Head> head = HeadOf(un, "finance");
    return head.ok() && absl::StrContains(head->not_signed_because(), "au.example/witness");
  })) << HeadOf(un, "finance")->not_signed_because();
  EXPECT_EQ(ReasonOf(Waive(un, "admin-1", "finance").status()), "HEAD_REFUSED");
}

class RestoreTest : public ::testing::Test {
 protected:
  RestoreTest() {
    node_.Start();
    node_.Appoint("funds", Role::FUND_MANAGER);
    EXPECT_THAT(AddFund(node_, "before"), IsOk());
    EXPECT_EQ(node_.Stop(), 0);
    Copy(finance(), copy());
    node_.Start();
    EXPECT_THAT(AddFund(node_, "after"), IsOk());
    EXPECT_TRUE(WaitUntil([this] {
      const absl::StatusOr<Head> head = HeadOf(node_, "finance");
      return head.ok() && !head->note().empty();
    }));
    signed_size_ = HeadOf(node_, "finance")->size();
    EXPECT_EQ(node_.Stop(), 0);
  }

  std::string finance() const { return node_.data() + "/finance"; }
  std::string copy() const { return folder_ / "copy"; }

  static void Copy(const std::string& from, const std::string& to) {
    std::filesystem::remove_all(to);
    std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
  }

  void ExpectRefusesToSign() {
    const absl::StatusOr<Head> head = HeadOf(node_, "finance");
    ASSERT_THAT(head, IsOk());
    EXPECT_LT(head->size(), signed_size_);
    EXPECT_THAT(head->note(), IsEmpty());
    EXPECT_THAT(head->not_signed_because(), HasSubstr(absl::StrCat(signed_size_)));
    EXPECT_EQ(ReasonOf(Waive(node_, "admin-1", "finance").status()), "HEAD_REFUSED");
  }

  const TempDir folder_;
  OrganizationNode node_{{.folder = folder_.path().string(), .organization = "un"}};
  uint64_t signed_size_ = 0;
};

TEST_F(RestoreTest, AnOlderDatabaseRefusesToSignAndSaysWhatIsMissing) {
  Copy(copy() + "/ledger", finance() + "/ledger");
  node_.Start();
  ExpectRefusesToSign();
}

// The promise was restored with the database, so only this boot's marker gives it away.
TEST_F(RestoreTest, AnOlderFolderIsFoundOutWithinTheBoot) {
  Copy(copy(), finance());
  node_.Start();
  ExpectRefusesToSign();
}

}  // namespace
}  // namespace ch8::testing
