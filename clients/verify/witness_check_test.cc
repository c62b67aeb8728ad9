#include "clients/verify/witness_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "clients/verify/refusal.h"
#include "storage/base/ed25519.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/cosignature.h"
#include "tests/support/status_matchers.h"

namespace ch8::verify {
namespace {

using ::ch8::testing::IsOk;
using ::testing::HasSubstr;

constexpr char kOrigin[] = "un.example/ch8/logistics";

// The AU's ledger has records of the UN, whose goods came, and of ECOWAS, whose witness saw to it.
class WitnessCheckTest : public ::testing::Test {
 protected:
  explicit WitnessCheckTest(Coverage coverage = Coverage::kComplete)
      : check_("au.example/ch8/logistics", coverage) {}

  // A fact of the own directory.
  void Record(const std::string& domain, const SigningKey& log, const SigningKey& witness) {
    chapter8::directory::v1::OrganizationRecord record;
    record.set_trust_domain(domain);
    record.set_witness_public_key(std::string(witness.public_key().view()));
    auto& key = *record.add_log_keys();
    key.set_origin(absl::StrCat(domain, "/ch8/logistics"));
    key.set_public_key(std::string(log.public_key().view()));
    chapter8::directory::v1::SignedOrganizationRecord envelope;
    envelope.set_record(record.SerializeAsString());
    chapter8::directory::v1::DirectoryEvent fact;
    auto& organization = *fact.mutable_organization_recorded();
    organization.set_trust_domain(domain);
    organization.set_signed_record(envelope.SerializeAsString());
    LogEntry entry;
    entry.entry.set_fact(fact.SerializeAsString());
    EXPECT_THAT(check_.Take(entry), IsOk());
  }

  static std::string Note(const SigningKey& log, const SigningKey& witness) {
    const Checkpoint head{.origin = kOrigin, .size = 7, .root = Sha256("root")};
    const std::string signed_note = SignCheckpoint(head, log).value();
    const NoteSignature line =
        Cosign(FormatCheckpoint(head), "ecowas.example/witness", witness, absl::FromUnixSeconds(9))
            .value();
    return signed_note + FormatNoteSignature(line);
  }

  // What is wrong with it; "" when nothing is.
  std::string Take(const std::string& note, const std::string& witness = "ecowas.example") {
    LogEntry entry;
    entry.index = 41;
    auto& head = *entry.entry.mutable_witnessed_head();
    head.set_origin(kOrigin);
    head.set_size(7);
    head.set_witness(witness);
    head.set_note(note);
    const absl::Status taken = check_.Take(entry);
    if (taken.ok()) return "";
    EXPECT_EQ(RefusalOf(taken)->index, 41U);
    return RefusalOf(taken)->what;
  }

  const SigningKey un_ = SigningKey::Generate();
  const SigningKey ecowas_ = SigningKey::Generate();
  const SigningKey other_ = SigningKey::Generate();
  WitnessCheck check_;
};

TEST_F(WitnessCheckTest, BothHaveToHaveSigned) {
  Record("un.example", un_, other_);
  Record("ecowas.example", other_, ecowas_);
  EXPECT_EQ(Take(Note(un_, ecowas_)), "");
  EXPECT_THAT(Take(Note(other_, ecowas_)), HasSubstr("have not both signed"));
  EXPECT_THAT(Take(Note(un_, other_)), HasSubstr("have not both signed"));
  EXPECT_THAT(
      Take(SignCheckpoint({.origin = kOrigin, .size = 7, .root = Sha256("root")}, un_).value()),
      HasSubstr("have not both signed"));
  EXPECT_THAT(Take("no note"), HasSubstr("have not both signed"));
}

TEST_F(WitnessCheckTest, ARecordThatCameLaterTakesNothingBack) {
  Record("un.example", un_, other_);
  Record("ecowas.example", other_, ecowas_);
  Record("ecowas.example", other_, other_);
  EXPECT_EQ(Take(Note(un_, ecowas_)), "");
  EXPECT_EQ(Take(Note(un_, other_)), "");
}

TEST_F(WitnessCheckTest, AWholeLedgerHasItsRecords) {
  Record("un.example", un_, other_);
  EXPECT_THAT(Take(Note(un_, ecowas_)), HasSubstr("no record"));
}

class SampleWitnessCheckTest : public WitnessCheckTest {
 protected:
  SampleWitnessCheckTest() : WitnessCheckTest(Coverage::kSample) {}
};

TEST_F(SampleWitnessCheckTest, OfASampleWhatIsThereIsChecked) {
  EXPECT_EQ(Take(Note(un_, other_)), "");
  Record("un.example", un_, other_);
  Record("ecowas.example", other_, ecowas_);
  EXPECT_THAT(Take(Note(un_, other_)), HasSubstr("have not both signed"));
}

}  // namespace
}  // namespace ch8::verify
