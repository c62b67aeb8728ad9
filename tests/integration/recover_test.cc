// Real nodes, one of which loses its disk and has its ledgers from its partner's copies again.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "chapter8/federation/v1/deposit.pb.h"
#include "chapter8/federation/v1/deposit_service.grpc.pb.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "chapter8/ledger/v1/administration_service.pb.h"
#include "clients/lib/client.h"
#include "services/trust/files.h"
#include "services/trust/tls.h"
#include "services/trust/trust_bundles.h"
#include "tests/support/node_two.h"
#include "tests/support/node_wait.h"
#include "tests/support/shell.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {
namespace {

namespace fs = std::filesystem;
using chapter8::books::v1::Balance;
using chapter8::books::v1::GetBalanceRequest;
using chapter8::books::v1::OpenAccountsRequest;
using chapter8::books::v1::OpenAccountsResponse;
using chapter8::books::v1::PostTransfersRequest;
using chapter8::books::v1::PostTransfersResponse;
using chapter8::books::v1::TransferRow;
using chapter8::federation::v1::DepositService;
using chapter8::federation::v1::FetchDepositsRequest;
using chapter8::federation::v1::FetchDepositsResponse;
using chapter8::federation::v1::GetDepositRequest;
using chapter8::federation::v1::GetDepositResponse;
using chapter8::federation::v1::GivenBack;
using chapter8::finance::v1::CreateOperationRequest;
using chapter8::finance::v1::Offer;
using chapter8::finance::v1::Operation;
using chapter8::ledger::v1::GetHeadRequest;
using chapter8::ledger::v1::Head;
using chapter8::ledger::v1::WaiveHeadRequest;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr int64_t kAmount = 1'000'000;
const std::vector<std::string> kServices = {"directory", "finance", "witness"};

// The UN deposits with the AU.
class RecoverTest : public ::testing::Test {
 protected:
  RecoverTest() : un_(nodes_.un()), au_(nodes_.au()) {}

  std::string Reserve() { return nodes_.Reserve(kAmount); }
  void Finish(const std::string& offer) { nodes_.Finish(offer); }

  // That every entry of the UN has its copy at the AU.
  bool AwaitDeposited() {
    return WaitUntil([&] {
      const std::string metrics = un_.Metrics();
      for (const std::string& service : kServices) {
        const std::string line =
            absl::StrCat("\nch8_deposit_behind_entries{service=\"", service, "\"} 0\n");
        if (metrics.find(line) == std::string::npos) return false;
      }
      return true;
    });
  }

  uint64_t SizeOf(const std::string& service) {
    GetHeadRequest request;
    request.set_origin(un_.origin(service));
    const auto head =
        un_.As("auditor").Call<Head>("ledger.v1.AdministrationService.GetHead", request);
    EXPECT_THAT(head.status(), IsOk());
    return head.value_or(Head()).size();
  }
  bool AwaitSigning() {
    return WaitUntil([&] {
      for (const std::string& service : kServices) {
        GetHeadRequest request;
        request.set_origin(un_.origin(service));
        const auto head =
            un_.As("auditor").Call<Head>("ledger.v1.AdministrationService.GetHead", request);
        if (!head.ok() || head->note().empty()) return false;
      }
      return true;
    });
  }

  // Two administrators, who have compared what came back with what they have outside.
  void WaiveAll() {
    for (const std::string& service : kServices) {
      for (const char* officer : {"admin-1", "admin-2"}) {
        WaiveHeadRequest request;
        request.set_origin(un_.origin(service));
        request.set_request_id(client::NewRequestId());
        const std::string bytes = request.SerializeAsString();
        constexpr char kRpc[] = "ledger.v1.AdministrationService.WaiveHead";
        OfficerClient& as = un_.As(officer);
        EXPECT_THAT(
            as.SendWithAct(kRpc, bytes,
                           as.SignFor(request.origin(), kRpc, bytes, absl::Now() + absl::Hours(1)))
                .status,
            IsOk())
            << service;
      }
    }
  }

  static std::string OperationBytes(const std::string& id) {
    CreateOperationRequest operation;
    operation.set_operation_id(id);
    operation.mutable_resource()->set_title("Another mission");
    operation.mutable_resource()->set_lead("organizations/au");
    operation.set_request_id(absl::StrCat("0b0e7a52-8c0c-4b5e-9d5d-00000000", id));
    return operation.SerializeAsString();
  }
  client::WireReply CreateOperation(const std::string& id) {
    return un_.As("mandate-1")
        .Send("finance.v1.OperationService.CreateOperation", OperationBytes(id));
  }

  // The machine is gone: its disk, and what a boot forgets.
  void LoseUn() {
    un_.Kill();
    fs::remove_all(un_.data());
    fs::remove_all(un_.boot_markers());
  }
  ShellResult Recover() {
    return RunShell(absl::StrCat(ProgramPath("ch8"), " node recover --home ", un_.home(),
                                 " --data ", un_.data(), " --from-peer ", au_.home(),
                                 "/org.record 2>&1"));
  }
  ShellResult StartBriefly() {
    return RunShell(absl::StrCat("timeout 20 ", ProgramPath("ch8d"), " --home ", un_.home(),
                                 "/node --data ", un_.data(), " --boot-markers ",
                                 un_.boot_markers(), " --services directory,finance,witness"));
  }

  // Calls as `caller`'s node.
  static std::unique_ptr<DepositService::Stub> StubTo(const OrganizationNode& callee,
                                                      const OrganizationNode& caller) {
    const auto bundles = trust::TrustBundles::Create().value();
    EXPECT_THAT(
        bundles->Set(callee.domain(), trust::ReadSmallFile(callee.home() + "/node/ca.pem").value()),
        IsOk());
    const auto credentials =
        trust::MakeChannelCredentials({.certificate_path = caller.home() + "/node/node.pem",
                                       .key_path = caller.home() + "/node/node.key",
                                       .bundles = bundles,
                                       .expected_trust_domain = callee.domain()})
            .value();
    return DepositService::NewStub(grpc::CreateChannel(callee.endpoints().federation, credentials));
  }

  TwoNodes nodes_{{.un_arguments = {"--deposit-with", "au.example"}}};
  OrganizationNode& un_;
  OrganizationNode& au_;
};

TEST_F(RecoverTest, ALostLedgerComesBackWithAllThatWasPromised) {
  Finish(Reserve());
  const std::string open_offer = Reserve();
  const client::WireReply created = CreateOperation("0001");
  ASSERT_THAT(created.status, IsOk());
  ASSERT_TRUE(AwaitDeposited());
  const std::string fund = nodes_.Fund().SerializeAsString();
  const uint64_t size = SizeOf("finance");

  LoseUn();
  const ShellResult recovered = Recover();
  ASSERT_EQ(recovered.exit_code, 0) << recovered.output;
  EXPECT_THAT(recovered.output, HasSubstr(absl::StrCat(size)));
  un_.Start();
  EXPECT_THAT(un_.process().output(), HasSubstr("\"ledger_rebuilt\""));
  EXPECT_FALSE(fs::exists(un_.data() + "/finance/given_back"));
  EXPECT_FALSE(fs::exists(un_.data() + "/finance/rebuilding"));
  EXPECT_EQ(nodes_.Fund().SerializeAsString(), fund);
  // The partner who kept the copy is no witness that it was the newest.
  GetHeadRequest finance;
  finance.set_origin(un_.origin("finance"));
  const auto head =
      un_.As("auditor").Call<Head>("ledger.v1.AdministrationService.GetHead", finance);
  ASSERT_THAT(head.status(), IsOk());
  EXPECT_THAT(head->not_signed_because(), Not(IsEmpty()));
  WaiveAll();
  EXPECT_TRUE(AwaitSigning());

  // A retry from before the loss gets its first answer, and no second effect.
  const client::WireReply again = CreateOperation("0001");
  EXPECT_THAT(again.status, IsOk());
  EXPECT_EQ(again.reply, created.reply);
  EXPECT_EQ(again.receipt, created.receipt);
  // Both sides go on where they were, and so do the copies.
  Finish(open_offer);
  Finish(Reserve());
  EXPECT_TRUE(AwaitDeposited());
  ASSERT_EQ(un_.Stop(), 0);
  const ShellResult fsck = RunShell(absl::StrCat(ProgramPath("ch8d"), " fsck --data ", un_.data()));
  EXPECT_EQ(fsck.exit_code, 0) << fsck.output;

  // And once more, from copies of a ledger that was made anew.
  fs::remove_all(un_.data());
  fs::remove_all(un_.boot_markers());
  const ShellResult second = Recover();
  ASSERT_EQ(second.exit_code, 0) << second.output;
  un_.Start();
  WaiveAll();
  EXPECT_TRUE(AwaitSigning());
  Finish(Reserve());
  // From then on it is like any ledger.
  ASSERT_EQ(un_.Stop(), 0);
  fs::remove_all(un_.boot_markers());
  un_.Start();
  EXPECT_TRUE(AwaitSigning()) << "the partner's witness vouches";
}

// What nobody else has seen may be lost with the disk; what a partner could hold us to is not.
TEST_F(RecoverTest, ALaggingCopyContradictsNobody) {
  Finish(Reserve());
  ASSERT_TRUE(AwaitDeposited());
  const uint64_t size = SizeOf("finance");
  au_.process().Signal(SIGSTOP);
  ASSERT_THAT(CreateOperation("0002").status, IsOk());
  LoseUn();
  au_.process().Signal(SIGCONT);
  const ShellResult recovered = Recover();
  ASSERT_EQ(recovered.exit_code, 0) << recovered.output;
  un_.Start();
  WaiveAll();
  ASSERT_TRUE(AwaitSigning());
  EXPECT_GE(SizeOf("finance"), size);
  EXPECT_THAT(CreateOperation("0003").status, IsOk());
  Finish(Reserve());
  EXPECT_TRUE(AwaitDeposited());
  EXPECT_THAT(au_.Metrics(), HasSubstr("ch8_ledger_evidence{service=\"finance\"} 0"));
  EXPECT_THAT(au_.Metrics(), HasSubstr("ch8_feed_verification_failures_total 0"));
}

// In the middle of traffic, with no time for a last copy.
TEST_F(RecoverTest, ADiskIsLostUnderLoad) {
  Finish(Reserve());
  const std::string open_offer = Reserve();
  std::atomic<int> created{0};
  std::atomic<bool> ended{false};
  std::thread officers([&] {
    const auto officer = un_.NewClient("mandate-1");
    for (int i = 0; !ended; ++i) {
      const std::string id = absl::StrCat(1000 + i);
      const client::WireReply reply = officer->Send("finance.v1.OperationService.CreateOperation",
                                                    OperationBytes(id), absl::Seconds(2));
      if (reply.status.ok()) ++created;
    }
  });
  EXPECT_TRUE(WaitUntil([&] { return created > 200; }));
  un_.Kill();
  ended = true;
  officers.join();
  LoseUn();
  const ShellResult recovered = Recover();
  ASSERT_EQ(recovered.exit_code, 0) << recovered.output;
  un_.Start();
  WaiveAll();
  ASSERT_TRUE(AwaitSigning());
  // Whoever got an answer may ask again: either it is still known, or it is done now.
  for (int i = 0; i < created; ++i) {
    EXPECT_THAT(CreateOperation(absl::StrCat(1000 + i)).status, IsOk()) << i;
  }
  Finish(open_offer);
  Finish(Reserve());
  EXPECT_TRUE(AwaitDeposited());
  EXPECT_THAT(au_.Metrics(), HasSubstr("ch8_ledger_evidence{service=\"finance\"} 0"));
  EXPECT_THAT(au_.Metrics(), HasSubstr("ch8_feed_verification_failures_total 0"));
  ASSERT_EQ(un_.Stop(), 0);
  const ShellResult fsck = RunShell(absl::StrCat(ProgramPath("ch8d"), " fsck --data ", un_.data()));
  EXPECT_EQ(fsck.exit_code, 0) << fsck.output;
}

// Commits that are larger than a deposit.
TEST_F(RecoverTest, BulkRowsComeBackWithBalancesAndIds) {
  constexpr uint32_t kAccounts = 8;
  constexpr int kBatches = 4;
  OpenAccountsRequest open;
  open.set_count(kAccounts);
  open.set_unit("TENT");
  open.set_floor(chapter8::books::v1::AccountOpened::NONE);
  open.set_request_id(client::NewRequestId());
  const auto opened =
      un_.As("books").Call<OpenAccountsResponse>("books.v1.TransferService.OpenAccounts", open);
  ASSERT_THAT(opened.status(), IsOk());
  const uint32_t first = opened->first_account();
  const auto batch = [&](int number) {
    PostTransfersRequest post;
    post.set_request_id(absl::StrCat("5f0e7a52-8c0c-4b5e-9d5d-00000000000", number));
    for (uint64_t i = 0; i < 8'190; ++i) {
      TransferRow& row = *post.add_rows();
      row.set_id_high(static_cast<uint64_t>(number) + 1);
      row.set_id_low(i + 1);
      row.set_debit_account(first + static_cast<uint32_t>(i) % kAccounts);
      row.set_credit_account(first + static_cast<uint32_t>(i + 1 + i % 5) % kAccounts);
      row.set_amount(i % 97 + 1);
    }
    return post.SerializeAsString();
  };
  const auto post = [&](const std::string& bytes) {
    return un_.As("books").Send("books.v1.TransferService.PostTransfers", bytes);
  };
  const auto balances = [&] {
    std::vector<std::string> all;
    for (uint32_t account = first; account < first + kAccounts; ++account) {
      GetBalanceRequest request;
      request.set_account(account);
      auto balance = un_.As("books").Call<Balance>("books.v1.TransferService.GetBalance", request);
      EXPECT_THAT(balance.status(), IsOk());
      if (!balance.ok()) continue;
      balance->clear_as_of_size();  // It grows by whatever is logged.
      all.push_back(balance->SerializeAsString());
    }
    return all;
  };
  client::WireReply last;
  for (int number = 0; number < kBatches; ++number) {
    last = post(batch(number));
    ASSERT_THAT(last.status, IsOk());
  }
  const std::vector<std::string> before = balances();
  ASSERT_TRUE(AwaitDeposited());

  LoseUn();
  const ShellResult recovered = Recover();
  ASSERT_EQ(recovered.exit_code, 0) << recovered.output;
  un_.Start();
  WaiveAll();
  ASSERT_TRUE(AwaitSigning());
  EXPECT_EQ(balances(), before);
  const client::WireReply again = post(batch(kBatches - 1));
  EXPECT_EQ(again.reply, last.reply);
  EXPECT_EQ(balances(), before) << "a retry moves nothing";
  PostTransfersRequest used;
  ASSERT_TRUE(used.ParseFromString(batch(0)));
  used.mutable_rows()->DeleteSubrange(1, used.rows_size() - 1);
  used.set_request_id(client::NewRequestId());
  PostTransfersResponse answer;
  const client::WireReply reused = post(used.SerializeAsString());
  ASSERT_THAT(reused.status, IsOk());
  ASSERT_TRUE(answer.ParseFromString(reused.reply));
  EXPECT_EQ(answer.applied(), 0u) << "its id was used before the loss";
  EXPECT_EQ(balances(), before);
}

TEST_F(RecoverTest, WhatDoesNotHoldTogetherIsNotPutInPlace) {
  ASSERT_TRUE(AwaitDeposited());
  ASSERT_THAT(CreateOperation("0004").status, IsOk());
  ASSERT_TRUE(AwaitDeposited());
  LoseUn();
  ASSERT_EQ(Recover().exit_code, 0);
  const std::string path = un_.data() + "/finance/given_back/00000000";
  GivenBack given;
  {
    std::ifstream in(path, std::ios::binary);
    ASSERT_TRUE(given.ParseFromIstream(&in));
  }
  ASSERT_GT(given.deposits_size(), 1);
  struct Alteration {
    std::string complaint;
    std::function<void(GivenBack&)> alter;
  };
  const std::vector<Alteration> alterations = {
      {"is not signed by a key of un.example/ch8/finance",
       [](GivenBack& altered) {
         altered.mutable_deposits(0)->mutable_deposit()->mutable_signature()->back() ^= 1;
       }},
      {"another root",
       [](GivenBack& altered) {
         altered.mutable_deposits(1)->mutable_content()->mutable_chunks(0)->back() ^= 1;
       }},
      {"a deposit begins at entry",
       [](GivenBack& altered) { altered.mutable_deposits()->DeleteSubrange(0, 1); }},
      {"no deposit that was given back is complete",
       [](GivenBack& altered) { altered.clear_deposits(); }},
      {"is missing", [](GivenBack& altered) {
         auto& last = *altered.mutable_deposits(altered.deposits_size() - 1);
         last.mutable_content()->clear_peer_rows();
       }}};
  for (const Alteration& alteration : alterations) {
    GivenBack altered = given;
    alteration.alter(altered);
    std::ofstream(path, std::ios::binary) << altered.SerializeAsString();
    const ShellResult started = StartBriefly();
    EXPECT_EQ(started.exit_code, 1) << alteration.complaint << "\n" << started.output;
    EXPECT_THAT(started.output, HasSubstr(alteration.complaint));
    EXPECT_FALSE(fs::exists(un_.data() + "/finance/ledger"));
  }
  std::ofstream(path, std::ios::binary) << given.SerializeAsString();
  un_.Start();
  WaiveAll();
  EXPECT_TRUE(AwaitSigning());
}

TEST_F(RecoverTest, CopiesAreGivenToTheirOwnerAlone) {
  ASSERT_TRUE(AwaitDeposited());
  const auto fetch = [](DepositService::Stub& stub, const std::string& origin) {
    FetchDepositsRequest request;
    request.set_origin(origin);
    FetchDepositsResponse response;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    return stub.FetchDeposits(&context, request, &response);
  };
  const auto as_un = StubTo(au_, un_);
  const auto as_au = StubTo(un_, au_);
  EXPECT_TRUE(fetch(*as_un, un_.origin("finance")).ok());
  EXPECT_EQ(fetch(*as_un, au_.origin("finance")).error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(fetch(*as_un, "un.example/ch8/none").error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(fetch(*as_au, un_.origin("finance")).error_code(), grpc::StatusCode::NOT_FOUND);

  // The AU deposits with nobody.
  GetDepositRequest request;
  request.set_origin(au_.origin("finance"));
  GetDepositResponse response;
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  EXPECT_EQ(as_un->GetDeposit(&context, request, &response).error_code(),
            grpc::StatusCode::PERMISSION_DENIED);

  // What is kept says nothing to who keeps it.
  ASSERT_EQ(au_.Stop(), 0);
  const ShellResult found =
      RunShell(absl::StrCat("grep --recursive --binary-files=text --count aussom-trust ",
                            au_.data(), "/deposits | grep --invert-match ':0$'"));
  EXPECT_EQ(found.output, "");
  EXPECT_NE(RunShell(absl::StrCat("ls -A ", au_.data(), "/deposits")).output, "");
}

TEST_F(RecoverTest, WhatIsThereStays) {
  ASSERT_TRUE(AwaitDeposited());
  un_.Kill();
  fs::remove_all(un_.data() + "/finance");
  const ShellResult recovered = Recover();
  EXPECT_EQ(recovered.exit_code, 0) << recovered.output;
  EXPECT_THAT(recovered.output, HasSubstr("left as it is"));
  EXPECT_FALSE(fs::exists(un_.data() + "/directory/given_back"));
  un_.Start();
  GetHeadRequest directory;
  directory.set_origin(un_.origin("directory"));
  const auto head =
      un_.As("auditor").Call<Head>("ledger.v1.AdministrationService.GetHead", directory);
  ASSERT_THAT(head.status(), IsOk());
  EXPECT_THAT(head->not_signed_because(), IsEmpty());
}

}  // namespace
}  // namespace ch8::testing
