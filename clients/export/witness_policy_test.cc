#include "clients/export/witness_policy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "chapter8/directory/v1/organization_record.pb.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/cosignature.h"
#include "tests/support/status_matchers.h"

namespace ch8::audit {
namespace {

using ::ch8::testing::StatusIs;
using chapter8::directory::v1::Organization;
using chapter8::directory::v1::OrganizationRecord;
using chapter8::directory::v1::SignedOrganizationRecord;
using chapter8::ledger::v1::CosignedHead;
using ::testing::HasSubstr;

constexpr char kOrigin[] = "un.example/ch8/finance";

class WitnessPolicyTest : public ::testing::Test {
 protected:
  static SigningKey KeyOf(const std::string& domain) {
    return SigningKey::FromSeed(Sha256(domain).view()).value();
  }

  static Organization Pinned(const std::string& domain) {
    OrganizationRecord record;
    record.set_trust_domain(domain);
    record.set_witness_public_key(std::string(KeyOf(domain).public_key().view()));
    SignedOrganizationRecord envelope;
    envelope.set_record(record.SerializeAsString());
    Organization organization;
    organization.set_state(Organization::PINNED);
    organization.set_signed_record(envelope.SerializeAsString());
    return organization;
  }

  std::string PolicyOf(uint64_t least) const {
    return FormatWitnessPolicy(logs_, witnesses_, least).value();
  }

  // A head of `size` entries, cosigned by the witness of `domain`.
  CosignedHead Head(const std::string& domain, uint64_t size) const {
    std::string note =
        SignCheckpoint({.origin = kOrigin, .size = size, .root = Sha256("root")}, log_key_).value();
    const NoteSignature cosignature =
        Cosign(ParseNote(note)->text, domain + "/witness", KeyOf(domain), absl::FromUnixSeconds(9))
            .value();
    CosignedHead head;
    head.set_witness(domain + "/witness");
    head.set_size(size);
    head.set_note(note + FormatNoteSignature(cosignature));
    return head;
  }

  const SigningKey log_key_ = SigningKey::Generate();
  const LogKeys logs_ = {{kOrigin, {.origin = kOrigin, .keys = {log_key_.public_key()}}}};
  const WitnessKeys witnesses_ =
      WitnessKeysOf({Pinned("au.example"), Pinned("ecowas.example"), Pinned("igad.example")})
          .value();
};

TEST_F(WitnessPolicyTest, TheKthLargestSizeIsTheOneWitnessed) {
  const std::vector<CosignedHead> heads = {Head("au.example", 7), Head("ecowas.example", 12),
                                           Head("igad.example", 9)};
  EXPECT_EQ(WitnessedSize(PolicyOf(1), kOrigin, heads).value(), 12u);
  EXPECT_EQ(WitnessedSize(PolicyOf(2), kOrigin, heads).value(), 9u);
  EXPECT_EQ(WitnessedSize(PolicyOf(3), kOrigin, heads).value(), 7u);
  EXPECT_EQ(WitnessedSize(PolicyOf(3), kOrigin, {heads[0], heads[1]}).value(), 0u);
}

TEST_F(WitnessPolicyTest, OneWitnessCountsOnce) {
  EXPECT_EQ(
      WitnessedSize(PolicyOf(2), kOrigin, {Head("au.example", 7), Head("au.example", 8)}).value(),
      0u);
}

TEST_F(WitnessPolicyTest, WhoIsNotInThePolicyDoesNotCount) {
  EXPECT_EQ(WitnessedSize(PolicyOf(1), kOrigin, {Head("other.example", 7)}).value(), 0u);
}

TEST_F(WitnessPolicyTest, AForgedCosignatureIsAnError) {
  CosignedHead forged = Head("au.example", 7);
  const std::string elsewhere = Head("au.example", 8).note();
  forged.set_note(ParseNote(forged.note())->text + elsewhere.substr(elsewhere.find("\n\n") + 1));
  EXPECT_THAT(WitnessedSize(PolicyOf(1), kOrigin, {forged}), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(WitnessPolicyTest, APolicyOfMoreThanThereAreIsRefused) {
  EXPECT_THAT(FormatWitnessPolicy(logs_, witnesses_, 4).status(),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("at most 3")));
  EXPECT_THAT(FormatWitnessPolicy(logs_, witnesses_, 0).status(),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(WitnessedSize(PolicyOf(1), "au.example/ch8/finance", {}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace ch8::audit
