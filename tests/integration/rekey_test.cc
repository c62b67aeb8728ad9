// Real nodes, one of which changes the key that signs its money ledger's heads.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "chapter8/federation/v1/federation_service.grpc.pb.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "chapter8/ledger/v1/administration_service.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "chapter8/witness/v1/witness_service.pb.h"
#include "clients/lib/client.h"
#include "services/trust/files.h"
#include "services/trust/key_file.h"
#include "services/trust/log_rekey.h"
#include "services/trust/organization_record.h"
#include "services/trust/tls.h"
#include "services/trust/trust_bundles.h"
#include "storage/merkle/checkpoint.h"
#include "tests/support/node_two.h"
#include "tests/support/node_wait.h"
#include "tests/support/shell.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {
namespace {

using chapter8::directory::v1::GetOrganizationRequest;
using chapter8::directory::v1::Organization;
using chapter8::federation::v1::AddCheckpointRequest;
using chapter8::federation::v1::AddCheckpointResponse;
using chapter8::federation::v1::FederationService;
using chapter8::finance::v1::CreateOperationRequest;
using chapter8::finance::v1::Offer;
using chapter8::finance::v1::Operation;
using chapter8::ledger::v1::CosignedHead;
using chapter8::ledger::v1::Entry;
using chapter8::ledger::v1::GetHeadRequest;
using chapter8::ledger::v1::Head;
using chapter8::ledger::v1::ListCosignaturesRequest;
using chapter8::ledger::v1::ListCosignaturesResponse;
using chapter8::ledger::v1::ListPeersRequest;
using chapter8::ledger::v1::ListPeersResponse;
using chapter8::ledger::v1::LoggedEntry;
using chapter8::ledger::v1::LogKeyChanged;
using chapter8::ledger::v1::Peer;
using chapter8::ledger::v1::ReadEntriesRequest;
using chapter8::ledger::v1::ReadEntriesResponse;
using chapter8::witness::v1::ListWitnessedHeadsRequest;
using chapter8::witness::v1::ListWitnessedHeadsResponse;
using chapter8::witness::v1::WitnessedHead;
using ::testing::HasSubstr;
using OldKey = trust::RekeyOptions::OldKey;

constexpr int64_t kAmount = 1'000'000;

// The UN changes the key of its finance ledger; the AU reads that ledger.
class RekeyTest : public ::testing::Test {
 protected:
  RekeyTest() : un_(nodes_.un()), au_(nodes_.au()) {}

  void SetUp() override {
    Settle();
    ASSERT_TRUE(WaitUntil([&] { return Held().size() > 1 && Held().size() == VerifiedSize(); }));
  }

  std::string Reserve() { return nodes_.Reserve(kAmount); }
  void Finish(const std::string& offer) { nodes_.Finish(offer); }
  void Settle() { Finish(Reserve()); }

  // Something that the AU has to hear of.
  void GrowUn(const std::string& operation_id) {
    CreateOperationRequest operation;
    operation.set_operation_id(operation_id);
    operation.mutable_resource()->set_title("Another mission");
    operation.mutable_resource()->set_lead("organizations/au");
    operation.set_request_id(client::NewRequestId());
    ASSERT_THAT(un_.As("mandate-1")
                    .Call<Operation>("finance.v1.OperationService.CreateOperation", operation)
                    .status(),
                IsOk());
  }

  void Rekey(uint64_t until_size, OldKey old_key, const std::string& follows = "") {
    const auto rekeyed = trust::RekeyLog({.home = un_.home(),
                                          .service = "finance",
                                          .until_size = until_size,
                                          .old_key = old_key,
                                          .follows = follows,
                                          .now = absl::Now()});
    ASSERT_THAT(rekeyed.status(), IsOk());
    un_.ReadRecord();
  }

  Head HeadOfUn(const std::string& service) {
    GetHeadRequest request;
    request.set_origin(un_.origin(service));
    const auto head =
        un_.As("auditor").Call<Head>("ledger.v1.AdministrationService.GetHead", request);
    EXPECT_THAT(head.status(), IsOk());
    return head.value_or(Head());
  }

  // What the UN's finance ledger has signed last. The node has stopped, or rests.
  uint64_t SignedSize() const {
    const std::vector<std::string> lines =
        absl::StrSplit(trust::ReadSmallFile(un_.data() + "/finance/signed_head").value(), '\n');
    uint64_t size = 0;
    EXPECT_TRUE(absl::SimpleAtoi(lines.at(2), &size));
    return size;
  }

  // What the AU's witness holds of the UN's finance ledger, as the AU knows it.
  WitnessedHead Held() {
    const auto page = au_.As("auditor").Call<ListWitnessedHeadsResponse>(
        "witness.v1.WitnessService.ListWitnessedHeads", ListWitnessedHeadsRequest());
    for (const WitnessedHead& head : page->heads()) {
      if (head.origin() == un_.origin("finance")) return head;
    }
    return WitnessedHead();
  }
  // The same, as the UN knows it.
  uint64_t CosignedSize() {
    ListCosignaturesRequest request;
    request.set_origin(un_.origin("finance"));
    const auto page = un_.As("auditor").Call<ListCosignaturesResponse>(
        "ledger.v1.LedgerService.ListCosignatures", request);
    return page.ok() && page->heads_size() > 0 ? page->heads(0).size() : 0;
  }
  // How far the AU's finance ledger believes the UN's.
  uint64_t VerifiedSize() {
    ListPeersRequest request;
    request.set_origin(au_.origin("finance"));
    const auto page =
        au_.As("auditor").Call<ListPeersResponse>("ledger.v1.LedgerService.ListPeers", request);
    for (const Peer& peer : page->peers()) {
      if (peer.origin() == un_.origin("finance")) return peer.verified_size();
    }
    return 0;
  }

  // The changes of its key that the UN's finance ledger has logged.
  std::vector<LogKeyChanged> LoggedChanges() {
    std::vector<LogKeyChanged> changes;
    ReadEntriesRequest request;
    request.set_origin(un_.origin("finance"));
    request.set_end(1'000'000);
    while (true) {
      const auto page = un_.As("auditor").Call<ReadEntriesResponse>(
          "ledger.v1.LedgerService.ReadEntries", request);
      EXPECT_THAT(page.status(), IsOk());
      if (!page.ok() || page->entries().empty()) return changes;
      for (const LoggedEntry& logged : page->entries()) {
        Entry entry;
        if (entry.ParseFromString(logged.payload()) &&
            entry.administration().has_log_key_changed()) {
          changes.push_back(entry.administration().log_key_changed());
        }
      }
      request.set_begin(page->begin() + static_cast<uint64_t>(page->entries_size()));
    }
  }

  double AuMetric(absl::string_view name) {
    const std::string metrics = au_.Metrics();
    const size_t at = metrics.find(absl::StrCat("\n", name, " "));
    if (at == std::string::npos) return -1;
    return std::stod(metrics.substr(at + name.size() + 2));
  }

  // Shows the AU's witness a head of the UN's finance ledger, as the UN's node.
  grpc::Status ShowAu(uint64_t size, const SigningKey& key) {
    const auto bundles = trust::TrustBundles::Create().value();
    EXPECT_THAT(
        bundles->Set(au_.domain(), trust::ReadSmallFile(au_.home() + "/node/ca.pem").value()),
        IsOk());
    const auto credentials =
        trust::MakeChannelCredentials({.certificate_path = un_.home() + "/node/node.pem",
                                       .key_path = un_.home() + "/node/node.key",
                                       .bundles = bundles,
                                       .expected_trust_domain = au_.domain()})
            .value();
    const auto stub =
        FederationService::NewStub(grpc::CreateChannel(au_.endpoints().federation, credentials));
    AddCheckpointRequest request;
    request.set_note(
        SignCheckpoint({.origin = un_.origin("finance"), .size = size, .root = Sha256("forged")},
                       key)
            .value());
    request.set_old_size(Held().size());
    AddCheckpointResponse response;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
    return stub->AddCheckpoint(&context, request, &response);
  }

  TwoNodes nodes_;
  OrganizationNode& un_;
  OrganizationNode& au_;
};

TEST_F(RekeyTest, AKeyIsReplacedInTheMiddleOfTraffic) {
  const SigningKey old_key = trust::ReadSigningKey(un_.home() + "/node/log-finance.key").value();
  const std::string open_offer = Reserve();
  ASSERT_EQ(un_.Stop(), 0);
  Rekey(SignedSize(), OldKey::kSigns);
  un_.Start();

  // The log says it, and the old key with it.
  const std::vector<LogKeyChanged> changes = LoggedChanges();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].organization_record(), un_.signed_record());
  trust::SignedOrganizationRecord envelope;
  ASSERT_TRUE(envelope.ParseFromString(changes[0].organization_record()));
  EXPECT_TRUE(
      old_key.public_key().Verifies(absl::StrCat("chapter8/log-key-change/v1\n", envelope.record()),
                                    absl::string_view(changes[0].old_key_signature())));
  // So do the organization's own facts.
  GetOrganizationRequest own;
  own.set_name(un_.name());
  const auto organization =
      un_.As("auditor").Call<Organization>("directory.v1.DirectoryService.GetOrganization", own);
  ASSERT_THAT(organization.status(), IsOk());
  EXPECT_EQ(organization->signed_record(), un_.signed_record());

  // Until two persons of the AU have confirmed the new record, nothing new is believed there; then
  // at once, with no restart.
  const uint64_t believed = VerifiedSize();
  const double failures = AuMetric("ch8_feed_verification_failures_total");
  GrowUn("second");
  ASSERT_TRUE(
      WaitUntil([&] { return AuMetric("ch8_feed_verification_failures_total") > failures; }));
  EXPECT_EQ(VerifiedSize(), believed);
  au_.Pin(un_);
  EXPECT_TRUE(WaitUntil([&] { return VerifiedSize() > believed; }));
  Finish(open_offer);
  Settle();
  EXPECT_FALSE(Held().has_disowned());

  // A restart finds the change logged.
  ASSERT_EQ(un_.Stop(), 0);
  un_.Start();
  Settle();
  EXPECT_EQ(LoggedChanges().size(), 1u);
}

// The old key goes on signing, in whatever hands; its heads end at the size that was stated.
TEST_F(RekeyTest, AStolenKeySignsNothingAboveTheRevokedSize) {
  const SigningKey stolen = trust::ReadSigningKey(un_.home() + "/node/log-finance.key").value();
  ASSERT_TRUE(WaitUntil([&] { return SignedSize() == Held().size(); }));
  const uint64_t revoked_at = SignedSize();
  Rekey(revoked_at, OldKey::kLost);  // The node that runs still has the old key.
  au_.Pin(un_);
  const double failures = AuMetric("ch8_feed_verification_failures_total");
  // The AU's ledgers hear of it one after another.
  ASSERT_TRUE(WaitUntil([&] {
    return ShowAu(revoked_at + 10, stolen).error_code() == grpc::StatusCode::OUT_OF_RANGE;
  }));
  GrowUn("second");
  ASSERT_TRUE(
      WaitUntil([&] { return AuMetric("ch8_feed_verification_failures_total") > failures; }));
  EXPECT_EQ(VerifiedSize(), revoked_at);
  EXPECT_EQ(Held().size(), revoked_at);

  ASSERT_EQ(un_.Stop(), 0);
  un_.Start();
  const std::vector<LogKeyChanged> changes = LoggedChanges();
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].old_key_signature(), "");
  EXPECT_TRUE(WaitUntil([&] { return VerifiedSize() > revoked_at; }));
  Settle();
  EXPECT_EQ(ShowAu(Held().size() + 10, stolen).error_code(), grpc::StatusCode::OUT_OF_RANGE);
  EXPECT_FALSE(Held().has_disowned());
  EXPECT_EQ(AuMetric("ch8_ledger_disowned{service=\"witness\"}"), 0);
}

TEST_F(RekeyTest, WhatAPartnerHoldsCannotBeTakenBack) {
  ASSERT_TRUE(WaitUntil([&] { return CosignedSize() == Held().size(); }));
  const WitnessedHead held = Held();
  const SigningKey old_key = trust::ReadSigningKey(un_.home() + "/node/log-finance.key").value();
  Rekey(held.size() - 1, OldKey::kLost);

  // Whoever does it all the same: the AU keeps both statements, and what it holds.
  au_.Pin(un_);
  ASSERT_TRUE(WaitUntil([&] {
    return ShowAu(held.size() + 10, old_key).error_code() == grpc::StatusCode::OUT_OF_RANGE;
  }));
  EXPECT_EQ(Held().size(), held.size());
  EXPECT_EQ(Held().note(), held.note());
  EXPECT_EQ(Held().disowned().note(), held.note());
  EXPECT_EQ(Held().disowned().organization_record(), un_.signed_record());
  EXPECT_EQ(AuMetric("ch8_ledger_disowned{service=\"witness\"}"), 1);
  EXPECT_EQ(VerifiedSize(), held.size());

  // The UN's own node knows what the AU holds, and does not go along. Its other ledgers do.
  ASSERT_EQ(un_.Stop(), 0);
  un_.Start();
  EXPECT_THAT(HeadOfUn("finance").not_signed_because(),
              HasSubstr("takes back what is signed: au.example/witness"));
  EXPECT_NE(HeadOfUn("directory").note(), "");
  EXPECT_THAT(un_.process().output(), HasSubstr("\"key_refused\""));
  EXPECT_EQ(LoggedChanges().size(), 0u);
}

// The same mistake, which nobody else has seen: it is taken back.
TEST_F(RekeyTest, ARecordThatTheLedgerRefusesIsTakenBack) {
  ASSERT_TRUE(WaitUntil([&] { return CosignedSize() == Held().size(); }));
  const uint64_t held = CosignedSize();
  ASSERT_EQ(un_.Stop(), 0);
  const std::string before = un_.home() + "/org.record.before";
  std::filesystem::copy_file(un_.home() + "/org.record", before);
  Rekey(held - 1, OldKey::kSigns);
  un_.Start();
  EXPECT_THAT(HeadOfUn("finance").not_signed_because(), HasSubstr("takes back what is signed"));
  // Without a head nothing is moved.
  EXPECT_EQ(HeadOfUn("finance").note(), "");
  ASSERT_EQ(un_.Stop(), 0);
  Rekey(SignedSize(), OldKey::kSigns, before);
  un_.Start();
  EXPECT_NE(HeadOfUn("finance").note(), "");
  ASSERT_EQ(LoggedChanges().size(), 1u);
  EXPECT_NE(LoggedChanges()[0].old_key_signature(), "");
  au_.Pin(un_);
  Settle();
}

// VERIFY.md tells openssl which of a ledger's keys to take.
void ExpectOpensslTakesTheKeyThatSigned(const std::string& exported) {
  for (const std::string ledger : {"", "L=finance K=keys/un.example+ch8+finance.pem; "}) {
    const ShellResult openssl = RunShell(absl::StrCat(
        "set -e; cd ", exported, "; eval \"$(sed --quiet 's/^    L=/L=/p' VERIFY.md)\"; ", ledger,
        "eval \"$(sed --quiet 's/^    \\(sed\\|openssl\\) /\\1 /p' VERIFY.md | sed "
        "'s|/tmp/|../|g')\""));
    EXPECT_EQ(openssl.exit_code, 0) << openssl.output;
    EXPECT_THAT(openssl.output, HasSubstr("Signature Verified Successfully"));
  }
}

// With an auditor's shell beside it.
class RekeyExportTest : public RekeyTest {
 protected:
  RekeyExportTest() {
    AddContext("au", au_);
    AddContext("un", un_);
  }

  void Ch8(const std::string& arguments) const {
    const ShellResult done = RunShell(
        absl::StrCat("CH8_CONFIG=", work_ / "config", " ", ProgramPath("ch8"), " ", arguments));
    EXPECT_EQ(done.exit_code, 0) << arguments << "\n" << done.output;
  }
  void AddContext(const std::string& name, OrganizationNode& node) const {
    Ch8(absl::StrCat("context add ", name, " --officer-dir ", node.FilesOf("auditor").folder,
                     " --endpoints ", node.data(), "/endpoints.json"));
  }
  // What an auditor of the AU and one of the UN write down now.
  void Write(const std::string& number) {
    ASSERT_TRUE(WaitUntil([&] { return VerifiedSize() == SignedSize(); }));
    Ch8("--as au audit trust --out " + work_ / ("trust-" + number));
    Ch8("--as au audit head un --out " + work_ / ("heads-" + number));
    Ch8("--as un audit export --out " + work_ / ("export-" + number));
  }
  ShellResult Verify(const std::string& files) const {
    return RunShell(
        absl::StrCat("cd ", work_.path().string(), " && ", ProgramPath("ch8-verify"), " ", files));
  }

  const TempDir work_;
};

// An auditor who trusts the first key follows the ledger through every later one, offline.
TEST_F(RekeyExportTest, AnExportIsVerifiedFromAnyOfItsKeys) {
  Write("1");
  ASSERT_EQ(un_.Stop(), 0);
  const SigningKey first_key = trust::ReadSigningKey(un_.home() + "/node/log-finance.key").value();
  const uint64_t until = SignedSize();
  Rekey(until, OldKey::kSigns);
  un_.Start();
  au_.Pin(un_);
  Settle();
  Write("2");
  for (const std::string trust : {"trust-1", "trust-2"}) {
    const ShellResult report = Verify("export-2 --trust " + trust + " --head heads-2");
    EXPECT_EQ(report.exit_code, 0) << report.output;
    EXPECT_THAT(report.output, HasSubstr("which the old key has signed"));
  }
  // A record cannot void what its owner signed with a key that the auditor trusts.
  std::ofstream(work_ / "heads-void") << *SignCheckpoint(
      {.origin = un_.origin("finance"), .size = until + 1, .root = Sha256("void")}, first_key);
  const ShellResult voided = Verify("export-2 --trust trust-1 --head heads-void");
  EXPECT_EQ(voided.exit_code, 7) << voided.output;
  EXPECT_THAT(voided.output, HasSubstr("takes back a head"));
  EXPECT_NE(Verify("export-2 --trust trust-2 --head heads-void").exit_code, 7);
  ExpectOpensslTakesTheKeyThatSigned(work_ / "export-2");

  // The second key is lost: only the root key vouches for the third, and only a head by a trusted
  // key shows whose root key that is.
  ASSERT_EQ(un_.Stop(), 0);
  Rekey(SignedSize(), OldKey::kLost);
  un_.Start();
  au_.Pin(un_);
  Settle();
  Write("3");
  EXPECT_EQ(Verify("export-3 --trust trust-3 --head heads-3").exit_code, 0);
  const ShellResult unknown_root = Verify("export-3 --trust trust-2 --head heads-3");
  EXPECT_EQ(unknown_root.exit_code, 1) << unknown_root.output;
  EXPECT_THAT(unknown_root.output, HasSubstr("the root key may be anybody's"));
  for (const std::string outside :
       {"--trust trust-2 --head heads-2", "--trust trust-1 --head heads-1"}) {
    const ShellResult report = Verify("export-3 " + outside);
    EXPECT_EQ(report.exit_code, 0) << report.output;
    EXPECT_THAT(report.output, HasSubstr("the root key alone says so"));
  }
  // Former keys for what they signed, and old exports stay what they were.
  EXPECT_EQ(Verify("export-1 --trust trust-3 --head heads-1").exit_code, 0);
  EXPECT_EQ(Verify("export-2 --trust trust-3 --head heads-2").exit_code, 0);
}

// Nor does a partner's change of keys, which the AU's export has pinned, void an older trust file.
TEST_F(RekeyExportTest, APartnersLaterKeyIsFollowedByTheRecordsPinned) {
  Write("1");
  ASSERT_EQ(un_.Stop(), 0);
  Rekey(SignedSize(), OldKey::kLost);
  un_.Start();
  au_.Pin(un_);
  Settle();
  ASSERT_TRUE(WaitUntil([&] { return VerifiedSize() == SignedSize(); }));
  Ch8("--as un audit head au --out " + work_ / "heads");
  Ch8("--as au audit export --out " + work_ / "export");
  const ShellResult report = Verify("export --trust trust-1 --head heads");
  EXPECT_EQ(report.exit_code, 0) << report.output;
  EXPECT_THAT(report.output, HasSubstr("is signed by a later key of un.example/ch8/finance"));
}

TEST_F(RekeyTest, ASizeThatTheLogNeverHadIsRefused) {
  ASSERT_EQ(un_.Stop(), 0);
  Rekey(SignedSize() + 1'000, OldKey::kSigns);
  un_.Start();
  EXPECT_THAT(HeadOfUn("finance").not_signed_because(), HasSubstr("the size was mistyped"));
  ASSERT_EQ(un_.Stop(), 0);
  // A smaller one mends it: nobody has seen the first.
  Rekey(SignedSize(), OldKey::kLost);
  un_.Start();
  au_.Pin(un_);
  Settle();
}

}  // namespace
}  // namespace ch8::testing
