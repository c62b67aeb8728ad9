#include "services/directory/core/organizations.h"

#include <functional>

#include "absl/strings/ascii.h"
#include "absl/strings/str_replace.h"
#include "services/directory/core/directory_test_fixture.h"
#include "services/directory/core/rules.h"
#include "services/kernel/authority.h"
#include "services/kernel/refusal.h"
#include "tests/support/status_matchers.h"

namespace ch8::directory {
namespace {

using ::ch8::testing::StatusIs;
using chapter8::directory::v1::ConfirmOrganizationRequest;
using chapter8::directory::v1::DirectoryEvent;
using chapter8::directory::v1::GetOrganizationRequest;
using chapter8::directory::v1::ListOrganizationsRequest;
using chapter8::directory::v1::ListOrganizationsResponse;
using chapter8::directory::v1::Organization;
using chapter8::directory::v1::PinOrganizationRequest;
using chapter8::directory::v1::SignedOrganizationRecord;

class OrganizationsTest : public DirectoryTest {
 protected:
  static PinOrganizationRequest Pin(const TestRecord& record) {
    PinOrganizationRequest request;
    request.set_signed_record(record.Signed());
    request.set_fingerprint(record.Fingerprint());
    return request;
  }
  static ConfirmOrganizationRequest Confirm(const TestRecord& record) {
    ConfirmOrganizationRequest request;
    request.set_name("organizations/" + record.record.organization());
    request.set_fingerprint(record.Fingerprint());
    return request;
  }
  Organization PinByTwo(const TestRecord& record) {
    ReplyOf<Organization>(Run("admin-1", "PinOrganization", Pin(record)));
    return ReplyOf<Organization>(Run("admin-2", "ConfirmOrganization", Confirm(record)));
  }
  // The record in force for a trust domain, as the kernel and the edge see it.
  std::string InForce(const std::string& trust_domain) {
    const std::unique_ptr<Snapshot> snapshot = ledger_->TakeSnapshot();
    const auto found = kernel::FindTrustDomain(kernel::SnapshotRows(*snapshot), trust_domain);
    return found.has_value() ? found->signed_record() : "";
  }

  TestRecord au_{"au"};
};

TEST_F(OrganizationsTest, APinTakesTwoPersonsWhoBothCompareTheFingerprint) {
  const Organization proposed = ReplyOf<Organization>(Run("admin-1", "PinOrganization", Pin(au_)));
  EXPECT_EQ(proposed.name(), "organizations/au");
  EXPECT_EQ(proposed.trust_domain(), "au.example");
  EXPECT_EQ(proposed.state(), Organization::PROPOSED);
  EXPECT_EQ(proposed.proposed_by(), 1U);
  EXPECT_FALSE(proposed.own());
  EXPECT_EQ(InForce("au.example"), "");

  EXPECT_EQ(Reason("admin-1", "ConfirmOrganization", Confirm(au_)), "SAME_PERSON");
  ConfirmOrganizationRequest careless = Confirm(au_);
  careless.set_fingerprint("");
  EXPECT_EQ(Reason("admin-2", "ConfirmOrganization", careless), "FINGERPRINT_DIFFERS");
  EXPECT_EQ(InForce("au.example"), "");

  const Organization pinned =
      ReplyOf<Organization>(Run("admin-2", "ConfirmOrganization", Confirm(au_)));
  EXPECT_EQ(pinned.state(), Organization::PINNED);
  EXPECT_EQ(pinned.confirmed_by(), 2U);
  EXPECT_EQ(pinned.fingerprint(), au_.Fingerprint());
  EXPECT_EQ(InForce("au.example"), au_.Signed());
  EXPECT_EQ(Reason("admin-1", "ConfirmOrganization", Confirm(au_)), "NOT_PROPOSED");
}

TEST_F(OrganizationsTest, SpacesAndCapitalsOfAFingerprintDoNotMatter) {
  PinOrganizationRequest request = Pin(au_);
  request.set_fingerprint(
      absl::AsciiStrToUpper(absl::StrReplaceAll(au_.Fingerprint(), {{" ", ""}})));
  EXPECT_EQ(Reason("admin-1", "PinOrganization", request), "");
  request.mutable_fingerprint()->pop_back();
  EXPECT_EQ(Reason("admin-1", "PinOrganization", request), "FINGERPRINT_DIFFERS");
}

TEST_F(OrganizationsTest, RecordsThatAreNotWholeAreRefused) {
  const struct {
    const char* what;
    std::function<void(TestRecord&)> spoil;
  } rows[] = {
      {"other root signed", [](auto& r) { r.root = SigningKey::Generate(); }},
      {"bundle", [](auto& r) { r.record.set_ca_bundle_pem("broken"); }},
      {"no bundle", [](auto& r) { r.record.clear_ca_bundle_pem(); }},
      {"domain", [](auto& r) { r.record.set_trust_domain("au.example/x"); }},
      {"origin of another",
       [](auto& r) { r.record.mutable_log_keys(0)->set_origin("un.example/ch8/finance"); }},
      {"sequence", [](auto& r) { r.record.set_sequence(0); }},
      {"size", [](auto& r) { r.record.set_ca_bundle_pem(std::string(kPinnedRecordSizeMax, 'x')); }},
  };
  for (const auto& row : rows) {
    TestRecord spoilt("au");
    row.spoil(spoilt);
    const kernel::Outcome outcome = Run("admin-1", "PinOrganization", Pin(spoilt));
    EXPECT_EQ(kernel::ReasonOf(outcome.status), "BAD_RECORD") << row.what;
    EXPECT_THAT(outcome.status, StatusIs(absl::StatusCode::kInvalidArgument)) << row.what;
  }
  PinOrganizationRequest garbage = Pin(au_);
  garbage.set_signed_record("garbage");
  EXPECT_EQ(Reason("admin-1", "PinOrganization", garbage), "BAD_RECORD");
  garbage = Pin(au_);
  garbage.mutable_signed_record()->append("\xa2\x06\x01x", 4);  // Field 100.
  EXPECT_EQ(Reason("admin-1", "PinOrganization", garbage), "BAD_RECORD");
  EXPECT_EQ(Reason("admin-1", "PinOrganization", Pin(au_)), "");
}

TEST_F(OrganizationsTest, TheOwnOrganizationIsNotPinned) {
  own_.record.set_sequence(2);
  EXPECT_EQ(Reason("admin-1", "PinOrganization", Pin(own_)), "OWN_ORGANIZATION");
  TestRecord impostor("un-2");
  impostor.record.set_trust_domain("un.example");
  impostor.record.mutable_log_keys(0)->set_origin("un.example/ch8/finance");
  EXPECT_EQ(Reason("admin-1", "PinOrganization", Pin(impostor)), "OWN_ORGANIZATION");
}

TEST_F(OrganizationsTest, ATrustDomainIsOneOrganization) {
  TestRecord impostor("au-2");
  impostor.record.set_trust_domain("au.example");
  impostor.record.mutable_log_keys(0)->set_origin("au.example/ch8/finance");
  // Proposed before the real one is pinned: confirming it is refused afterwards.
  EXPECT_EQ(Reason("admin-1", "PinOrganization", Pin(impostor)), "");
  PinByTwo(au_);
  EXPECT_EQ(Reason("admin-2", "ConfirmOrganization", Confirm(impostor)), "TRUST_DOMAIN_TAKEN");
  EXPECT_EQ(Reason("admin-2", "PinOrganization", Pin(impostor)), "TRUST_DOMAIN_TAKEN");
}

TEST_F(OrganizationsTest, AProposalCanBeReplacedAndIsConfirmedOnlyAsRead) {
  ReplyOf<Organization>(Run("admin-1", "PinOrganization", Pin(au_)));
  TestRecord other("au");  // Another root key: nothing is pinned yet, so nothing is contradicted.
  ReplyOf<Organization>(Run("admin-1", "PinOrganization", Pin(other)));
  EXPECT_EQ(Reason("admin-2", "ConfirmOrganization", Confirm(au_)), "FINGERPRINT_DIFFERS");
  EXPECT_EQ(Reason("admin-2", "ConfirmOrganization", Confirm(other)), "");
  EXPECT_EQ(InForce("au.example"), other.Signed());
}

TEST_F(OrganizationsTest, AReplacementTakesTwoPersonsWhileTheOldPinStaysInForce) {
  const std::string before = au_.Signed();
  const std::string before_fingerprint = au_.Fingerprint();
  PinByTwo(au_);
  au_.record.set_sequence(2);
  au_.record.set_display_name("African Union, new name");
  const Organization proposed = ReplyOf<Organization>(Run("admin-2", "PinOrganization", Pin(au_)));
  EXPECT_EQ(proposed.state(), Organization::PINNED);
  EXPECT_EQ(proposed.fingerprint(), before_fingerprint);
  EXPECT_EQ(proposed.proposed_fingerprint(), au_.Fingerprint());
  EXPECT_EQ(proposed.proposed_record_by(), 2U);
  EXPECT_EQ(InForce("au.example"), before);

  EXPECT_EQ(Reason("admin-2", "ConfirmOrganization", Confirm(au_)), "SAME_PERSON");
  ConfirmOrganizationRequest of_the_old = Confirm(au_);
  of_the_old.set_fingerprint(before_fingerprint);
  EXPECT_EQ(Reason("admin-1", "ConfirmOrganization", of_the_old), "FINGERPRINT_DIFFERS");
  EXPECT_EQ(InForce("au.example"), before);

  const Organization replaced =
      ReplyOf<Organization>(Run("admin-1", "ConfirmOrganization", Confirm(au_)));
  EXPECT_EQ(replaced.display_name(), "African Union, new name");
  EXPECT_EQ(replaced.fingerprint(), au_.Fingerprint());
  EXPECT_EQ(replaced.proposed_by(), 2U);
  EXPECT_EQ(replaced.confirmed_by(), 1U);
  EXPECT_EQ(replaced.proposed_record(), "");
  EXPECT_EQ(replaced.proposed_fingerprint(), "");
  EXPECT_EQ(replaced.proposed_record_by(), 0U);
  EXPECT_EQ(InForce("au.example"), au_.Signed());
}

TEST_F(OrganizationsTest, AReplacementFollowsThePinnedRecord) {
  au_.record.set_sequence(5);
  PinByTwo(au_);
  const struct {
    const char* reason;
    std::function<void(TestRecord&)> change;
  } rows[] = {
      {"STALE_RECORD", [](auto&) {}},
      {"RECORD_FORKED", [](auto& r) { r.record.set_display_name("same sequence"); }},
      {"STALE_RECORD", [](auto& r) { r.record.set_sequence(4); }},
      {"OTHER_ROOT_KEY",
       [](auto& r) {
         r.root = SigningKey::Generate();
         r.record.set_root_public_key(std::string(r.root.public_key().view()));
         r.record.set_sequence(6);
       }},
      {"OTHER_TRUST_DOMAIN",
       [](auto& r) {
         r.record.set_trust_domain("au2.example");
         r.record.mutable_log_keys(0)->set_origin("au2.example/ch8/finance");
         r.record.set_sequence(6);
       }},
      {"BAD_RECORD",  // Names the pinned root key, signed by another.
       [](auto& r) {
         r.root = SigningKey::Generate();
         r.record.set_sequence(6);
       }},
      {"LOG_KEYS_DO_NOT_FOLLOW",
       [](auto& r) {
         r.record.mutable_log_keys(0)->set_public_key(std::string(32, 'n'));
         r.record.set_sequence(6);
       }},
      {"",  // Another key for what comes after 40 entries.
       [](auto& r) {
         auto& next = *r.record.add_log_keys();
         next = r.record.log_keys(0);
         next.set_public_key(std::string(32, 'n'));
         r.record.mutable_log_keys(0)->set_until_size(40);
         r.record.set_sequence(6);
       }},
      {"", [](auto& r) { r.record.set_sequence(6); }},
  };
  for (const auto& row : rows) {
    TestRecord next = au_;
    row.change(next);
    EXPECT_EQ(Reason("admin-1", "PinOrganization", Pin(next)), row.reason);
    EXPECT_EQ(InForce("au.example"), au_.Signed());
  }
}

// A node that finds a newer own record logs it as a fact for all ledgers; no other one.
TEST_F(OrganizationsTest, ANewerOwnRecordIsPutInForce) {
  const auto events = [&] {
    SignedOrganizationRecord newest;
    newest.ParseFromString(own_.Signed());
    const std::unique_ptr<Snapshot> snapshot = ledger_->TakeSnapshot();
    return OwnRecordEvents(kernel::SnapshotRows(*snapshot), newest);
  };
  EXPECT_EQ(events().size(), 0U);
  own_.record.set_sequence(3);
  own_.record.set_display_name("Another name");
  const std::vector<kernel::Event> due = events();
  ASSERT_EQ(due.size(), 1U);
  EXPECT_EQ(due[0].recipients, std::vector<std::string>{"un.example"});
  DirectoryEvent event;
  ASSERT_TRUE(event.ParseFromString(due[0].entry.domain_event()));
  EXPECT_EQ(event.organization_recorded().signed_record(), own_.Signed());
  EXPECT_EQ(event.organization_recorded().fingerprint(), own_.Fingerprint());
  EXPECT_EQ(event.organization_recorded().display_name(), "Another name");
  EXPECT_TRUE(event.organization_recorded().own());

  executor_->Begin(now_);
  ASSERT_TRUE(executor_->LogInternal("/internal/Open", due).status.ok());
  ASSERT_TRUE(ledger_->Commit(executor_->Finish()).ok());
  ASSERT_TRUE(ledger_->Sync().ok());
  EXPECT_EQ(InForce("un.example"), own_.Signed());
  own_.record.set_sequence(2);
  EXPECT_EQ(events().size(), 0U);
}

TEST_F(OrganizationsTest, TheLargestTwoRecordsFitOneEntry) {
  au_.record.set_ca_bundle_pem("");
  au_.record.set_ca_bundle_pem(std::string(kPinnedRecordSizeMax - au_.Signed().size() - 8, 'x'));
  PinByTwo(au_);
  au_.record.set_sequence(2);
  EXPECT_EQ(Reason("admin-1", "PinOrganization", Pin(au_)), "");
}

TEST_F(OrganizationsTest, OrganizationsAreReadByNameTheOwnIncluded) {
  PinByTwo(au_);
  const auto list = ReplyOf<ListOrganizationsResponse>(
      Read("admin-1", "ListOrganizations", ListOrganizationsRequest()));
  ASSERT_EQ(list.organizations_size(), 2);
  EXPECT_EQ(list.organizations(0).name(), "organizations/au");
  EXPECT_TRUE(list.organizations(1).own());
  GetOrganizationRequest get;
  get.set_name("organizations/ecowas");
  EXPECT_THAT(Read("admin-1", "GetOrganization", get).status,
              StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(Reason("admin-1", "ConfirmOrganization", Confirm(TestRecord("ecowas"))),
            "ORGANIZATION_NOT_FOUND");
}

}  // namespace
}  // namespace ch8::directory
