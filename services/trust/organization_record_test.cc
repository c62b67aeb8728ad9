#include "services/trust/organization_record.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/trust/certificates.h"
#include "services/trust/key_file.h"
#include "services/trust/openssl_tool.h"
#include "storage/base/hash.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::trust {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using ::ch8::testing::TempDir;
using ::testing::HasSubstr;

// Another key of the first ledger.
void AddKey(OrganizationRecord& record, uint64_t until_size) {
  OrganizationRecord::LogKey& key = *record.add_log_keys();
  key.set_origin(record.log_keys(0).origin());
  key.set_public_key(std::string(SigningKey::Generate().public_key().view()));
  key.set_until_size(until_size);
}

class OrganizationRecordTest : public ::testing::Test {
 protected:
  OrganizationRecordTest() {
    record_.set_organization("un");
    record_.set_trust_domain("un.example");
    record_.set_display_name("United Nations (exercise)");
    record_.set_ca_bundle_pem(
        MakeCertificateAuthority(
            {.trust_domain = "un.example", .not_before = absl::Now(), .validity = absl::Hours(24)})
            ->certificate_pem);
    OrganizationRecord::Endpoint* endpoint = record_.add_endpoints();
    endpoint->set_service("finance");
    endpoint->set_target("finance.un.example:7443");
    OrganizationRecord::LogKey* key = record_.add_log_keys();
    key->set_origin("un.example/ch8/finance");
    key->set_public_key(std::string(SigningKey::Generate().public_key().view()));
    record_.set_root_public_key(std::string(root_.public_key().view()));
    record_.set_sequence(7);
    record_.set_issued_at_unix_seconds(1'795'435'200);
  }

  SignedOrganizationRecord Signed(const OrganizationRecord& record) const {
    return SignOrganizationRecord(record, root_).value();
  }
  SignedOrganizationRecord Signed() const { return Signed(record_); }

  // `bytes` as if the root key had signed them without any check.
  SignedOrganizationRecord SignedBlindly(const std::string& bytes) const {
    SignedOrganizationRecord result;
    result.set_record(bytes);
    result.set_signature(
        std::string(root_.Sign(absl::StrCat("chapter8/organization-record/v1\n", bytes)).view()));
    return result;
  }

  const SigningKey root_ = SigningKey::Generate();
  OrganizationRecord record_;
};

TEST_F(OrganizationRecordTest, ASignedRecordVerifiesAndSurvivesItsFileForm) {
  const SignedOrganizationRecord signed_record = Signed();
  ASSERT_THAT(VerifyFirstContact(signed_record), IsOk());
  const std::string armour = EncodeArmour(signed_record);
  for (const std::string& text : {armour, absl::StrCat("To: the AU\n\n", armour, "\nregards\n"),
                                  absl::StrReplaceAll(armour, {{"\n", "\r\n"}})}) {
    const absl::StatusOr<SignedOrganizationRecord> read = DecodeArmour(text);
    ASSERT_THAT(read, IsOk());
    EXPECT_EQ(read->record(), signed_record.record());
    EXPECT_EQ(read->signature(), signed_record.signature());
  }
}

TEST_F(OrganizationRecordTest, OpensslVerifiesTheSignature) {
  const TempDir dir;
  const SignedOrganizationRecord signed_record = Signed();
  ASSERT_THAT(WritePublicKey(dir / "root.pub", root_.public_key()), IsOk());
  testing::WriteFile(dir / "signature", signed_record.signature());
  testing::WriteFile(dir / "signed",
                     absl::StrCat("chapter8/organization-record/v1\n", signed_record.record()));
  const testing::ToolResult result =
      testing::RunOpenssl(absl::StrCat("pkeyutl -verify -rawin -pubin -inkey ", dir / "root.pub",
                                       " -sigfile ", dir / "signature", " -in ", dir / "signed"));
  EXPECT_EQ(result.exit_code, 0) << result.output;
}

TEST_F(OrganizationRecordTest, NoTamperedByteIsAccepted) {
  const SignedOrganizationRecord good = Signed();
  for (size_t i = 0; i < good.record().size(); ++i) {
    SignedOrganizationRecord damaged = good;
    (*damaged.mutable_record())[i] ^= 0x01;
    EXPECT_FALSE(VerifyFirstContact(damaged).ok()) << i;
    EXPECT_THAT(VerifyUpdate(damaged, good), StatusIs(absl::StatusCode::kUnauthenticated)) << i;
  }
  for (size_t i = 0; i < good.signature().size(); ++i) {
    SignedOrganizationRecord damaged = good;
    (*damaged.mutable_signature())[i] ^= 0x01;
    EXPECT_THAT(VerifyFirstContact(damaged), StatusIs(absl::StatusCode::kUnauthenticated)) << i;
  }
}

TEST_F(OrganizationRecordTest, ASignatureOfAnotherPurposeIsRefused) {
  SignedOrganizationRecord undivided = Signed();
  undivided.set_signature(std::string(root_.Sign(undivided.record()).view()));
  EXPECT_THAT(VerifyFirstContact(undivided), StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST_F(OrganizationRecordTest, UpdatesRiseUnderThePinnedRoot) {
  const SignedOrganizationRecord pinned = Signed();
  const auto update = [&](const std::function<void(OrganizationRecord&)>& change) {
    OrganizationRecord next = record_;
    next.set_sequence(8);
    change(next);
    return VerifyUpdate(Signed(next), pinned);
  };
  EXPECT_THAT(update([](OrganizationRecord& next) { next.set_display_name("UN"); }), IsOk());
  EXPECT_THAT(update([](OrganizationRecord& next) { next.set_sequence(900); }), IsOk());
  EXPECT_THAT(update([](OrganizationRecord& next) { next.set_sequence(6); }),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("does not rise")));
  EXPECT_THAT(update([](OrganizationRecord& next) {
                next.set_sequence(7);
                next.set_display_name("UN");
              }),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("evidence")));
  EXPECT_THAT(update([](OrganizationRecord& next) { next.set_organization("unx"); }),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(update([](OrganizationRecord& next) {
                next.set_trust_domain("unx.example");
                next.mutable_log_keys(0)->set_origin("unx.example/ch8/finance");
              }),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(VerifyUpdate(pinned, pinned), StatusIs(absl::StatusCode::kAlreadyExists));
}

TEST_F(OrganizationRecordTest, KeysOfALedgerFollowEachOther) {
  record_.mutable_log_keys(0)->set_until_size(9);
  AddKey(record_, 9);  // Revoked before it signed anything.
  AddKey(record_, 20);
  OrganizationRecord::LogKey& other = *record_.add_log_keys();
  other.set_origin("un.example/ch8/directory");
  other.set_public_key(record_.log_keys(0).public_key());
  AddKey(record_, 0);
  EXPECT_THAT(CheckOrganizationRecord(record_), IsOk());
}

// An update may close a key and lower a size, and nothing else that concerns old keys.
TEST_F(OrganizationRecordTest, AnUpdateRevokesAndNeverGivesBack) {
  AddKey(record_, 0);
  record_.mutable_log_keys(0)->set_until_size(9);
  const SignedOrganizationRecord pinned = Signed();
  const struct {
    const char* refusal;  // Empty: accepted.
    std::function<void(OrganizationRecord&)> change;
  } rows[] = {
      {"",
       [](auto& r) {
         r.mutable_log_keys(1)->set_until_size(12);
         AddKey(r, 0);
       }},
      {"", [](auto& r) { r.mutable_log_keys(0)->set_until_size(8); }},
      {"", [](auto& r) { r.add_endpoints()->CopyFrom(r.endpoints(0)); }},
      {"stays revoked", [](auto& r) { r.mutable_log_keys(0)->set_until_size(10); }},
      {"dropped or altered", [](auto& r) { r.mutable_log_keys()->DeleteSubrange(0, 1); }},
      {"dropped or altered",
       [](auto& r) { r.mutable_log_keys(0)->set_public_key(std::string(32, 'x')); }},
      {"dropped or altered",
       [](auto& r) { r.mutable_log_keys(1)->set_public_key(std::string(32, 'x')); }},
      {"stays revoked",
       [](auto& r) {
         r.mutable_log_keys()->DeleteSubrange(1, 1);
         r.mutable_log_keys(0)->set_until_size(0);
       }},
      {"stays revoked",
       [](auto& r) {
         r.mutable_log_keys(0)->set_until_size(20);
         r.mutable_log_keys(1)->set_until_size(20);
         AddKey(r, 0);
       }},
  };
  for (const auto& row : rows) {
    OrganizationRecord next = record_;
    next.set_sequence(8);
    row.change(next);
    const absl::Status updated = VerifyUpdate(Signed(next), pinned).status();
    if (*row.refusal == '\0') {
      EXPECT_THAT(updated, IsOk());
    } else {
      EXPECT_THAT(updated, StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(row.refusal)));
    }
  }
}

TEST_F(OrganizationRecordTest, AnotherRootNeverReplacesThePinnedOne) {
  const SignedOrganizationRecord pinned = Signed();
  const SigningKey usurper = SigningKey::Generate();
  OrganizationRecord next = record_;
  next.set_sequence(8);
  next.set_root_public_key(std::string(usurper.public_key().view()));
  const SignedOrganizationRecord forged = SignOrganizationRecord(next, usurper).value();
  EXPECT_THAT(VerifyFirstContact(forged), IsOk());  // Why a fingerprint is compared.
  EXPECT_THAT(VerifyUpdate(forged, pinned), StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_NE(Fingerprint(forged.record()), Fingerprint(pinned.record()));
  EXPECT_THAT(VerifyUpdate(SignedBlindly(next.SerializeAsString()), pinned),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(SignOrganizationRecord(record_, usurper),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(OrganizationRecordTest, EachFieldKeepsToItsGrammar) {
  const struct {
    const char* field;
    std::function<void(OrganizationRecord&)> spoil;
  } cases[] = {
      {"organization", [](auto& r) { r.set_organization("UN"); }},
      {"organization", [](auto& r) { r.clear_organization(); }},
      {"trust_domain", [](auto& r) { r.set_trust_domain("un.example/x"); }},
      {"display_name", [](auto& r) { r.clear_display_name(); }},
      {"display_name", [](auto& r) { r.set_display_name("UN\nALERT"); }},
      {"display_name", [](auto& r) { r.set_display_name(std::string(201, 'x')); }},
      {"ca_bundle_pem", [](auto& r) { r.set_ca_bundle_pem("none"); }},
      {"ca_bundle_pem", [](auto& r) { r.clear_ca_bundle_pem(); }},
      {"root_public_key", [](auto& r) { r.set_root_public_key(std::string(31, 'x')); }},
      {"endpoints",
       [](auto& r) {
         while (r.endpoints_size() < 65) *r.add_endpoints() = r.endpoints(0);
       }},
      {"endpoints.service", [](auto& r) { r.mutable_endpoints(0)->set_service("a/b"); }},
      {"endpoints.target", [](auto& r) { r.mutable_endpoints(0)->set_target("un.example"); }},
      {"endpoints.target", [](auto& r) { r.mutable_endpoints(0)->set_target("un.example:0"); }},
      {"endpoints.target", [](auto& r) { r.mutable_endpoints(0)->set_target("un.example:65536"); }},
      {"endpoints.target", [](auto& r) { r.mutable_endpoints(0)->set_target("unix:/tmp/x:1"); }},
      {"endpoints.target", [](auto& r) { r.mutable_endpoints(0)->set_target("[::g]:1"); }},
      {"log_keys", [](auto& r) { r.clear_log_keys(); }},
      {"log_keys.origin",
       [](auto& r) { r.mutable_log_keys(0)->set_origin("au.example/ch8/finance"); }},
      {"log_keys.origin",
       [](auto& r) { r.mutable_log_keys(0)->set_origin("un.example/ch9/finance"); }},
      {"log_keys.origin",
       [](auto& r) { r.mutable_log_keys(0)->set_origin("un.example/ch8/finance/x"); }},
      {"log_keys.public_key",
       [](auto& r) {
         r.mutable_log_keys(0)->set_until_size(9);
         *r.add_log_keys() = r.log_keys(0);
         r.mutable_log_keys(1)->set_until_size(0);
       }},
      {"log_keys.until_size", [](auto& r) { r.mutable_log_keys(0)->set_until_size(9); }},
      {"log_keys.until_size", [](auto& r) { AddKey(r, 0); }},
      {"log_keys.until_size",
       [](auto& r) {
         AddKey(r, 9);
         std::swap(*r.mutable_log_keys(0), *r.mutable_log_keys(1));
         AddKey(r, 0);
       }},
      {"log_keys.until_size",
       [](auto& r) {
         r.mutable_log_keys(0)->set_until_size(9);
         AddKey(r, 8);
         AddKey(r, 0);
       }},
      {"log_keys.public_key",
       [](auto& r) { r.mutable_log_keys(0)->set_public_key(std::string(33, 'x')); }},
      {"log_keys.public_key",
       [](auto& r) { r.mutable_log_keys(0)->set_public_key(r.root_public_key()); }},
      {"sequence", [](auto& r) { r.clear_sequence(); }},
      {"issued_at_unix_seconds", [](auto& r) { r.set_issued_at_unix_seconds(-1); }},
  };
  ASSERT_THAT(CheckOrganizationRecord(record_), IsOk());
  for (const auto& row : cases) {
    OrganizationRecord spoilt = record_;
    row.spoil(spoilt);
    EXPECT_THAT(CheckOrganizationRecord(spoilt),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(row.field)));
    EXPECT_THAT(VerifyFirstContact(SignedBlindly(spoilt.SerializeAsString())),
                StatusIs(absl::StatusCode::kInvalidArgument))
        << row.field;
  }
}

TEST_F(OrganizationRecordTest, TargetsOfEveryKindAndSuccessorLogsAreAllowed) {
  for (const char* target : {"127.0.0.1:1", "[::1]:65535", "localhost:7443", "a.b.example:80"}) {
    record_.mutable_endpoints(0)->set_target(target);
    EXPECT_THAT(CheckOrganizationRecord(record_), IsOk()) << target;
  }
  record_.mutable_log_keys(0)->set_origin("un.example/ch8/finance/2");
  EXPECT_THAT(CheckOrganizationRecord(record_), IsOk());
}

TEST_F(OrganizationRecordTest, UnknownFieldsAreRefusedAtEveryDepth) {
  const std::string extra("\xa2\x06\x01x", 4);  // Field 100, one byte.
  EXPECT_THAT(VerifyFirstContact(SignedBlindly(record_.SerializeAsString() + extra)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("unknown")));
  OrganizationRecord inner = record_;
  inner.GetReflection()->MutableUnknownFields(&inner)->AddLengthDelimited(
      6, record_.log_keys(0).SerializeAsString() + extra);
  EXPECT_THAT(VerifyFirstContact(SignedBlindly(inner.SerializeAsString())),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("unknown")));
}

TEST_F(OrganizationRecordTest, AnOversizeRecordIsRefused) {
  EXPECT_THAT(ParseOrganizationRecord(std::string(kOrganizationRecordSizeMax + 1, 'x')),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("256 KiB")));
}

TEST_F(OrganizationRecordTest, TheFingerprintIsReadAloudInSixteenGroups) {
  EXPECT_EQ(Fingerprint("abc"),  // FIPS 180-2, B.1.
            "ba78 16bf 8f01 cfea 4141 40de 5dae 2223 b003 61a3 9617 7a9c b410 ff61 f200 15ad");
}

TEST_F(OrganizationRecordTest, MalformedArmourIsRefused) {
  const std::string good = EncodeArmour(Signed());
  const std::string begin = "-----BEGIN CHAPTER8 ORGANIZATION RECORD-----\n";
  const std::string end = "-----END CHAPTER8 ORGANIZATION RECORD-----\n";
  for (const std::string& text :
       {std::string(), begin, begin + end.substr(1), end + begin, good + good,
        begin + "====\n" + end, begin + "AA\n" + end, begin + "AB==\n" + end,
        begin + "Zm9v YmFy\n" + end, begin + "Zm9v\n" + end, good.substr(0, good.size() - 10)}) {
    EXPECT_THAT(DecodeArmour(text), StatusIs(absl::StatusCode::kInvalidArgument)) << text;
  }
}

}  // namespace
}  // namespace ch8::trust
