#include "services/federation/core/cosignatures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/federation/core/federation_test_fixture.h"
#include "services/kernel/refusal.h"
#include "storage/merkle/cosignature.h"
#include "tests/support/status_matchers.h"

namespace ch8::federation {
namespace {

using ::ch8::testing::IsOk;
using chapter8::ledger::v1::ListCosignaturesRequest;
using ::testing::ElementsAre;

constexpr char kOrigin[] = "un.example/ch8/finance";
constexpr char kAuWitness[] = "au.example/witness";

class NoRows final : public kernel::RowReader {
 public:
  std::optional<std::string> Get(Table, absl::string_view) const override { return std::nullopt; }
  void Scan(Table, absl::string_view, absl::string_view, const Visitor&) const override {}
  const absl::Status& status() const override { return status_; }

 private:
  absl::Status status_;
};

class CosignaturesTest : public ::testing::Test {
 protected:
  CosignaturesTest() {
    for (int i = 0; i < 9; ++i) log_.Append({});
  }

  std::string Cosigned(const std::string& note, const std::string& witness) const {
    const NoteSignature line =
        Cosign(ParseNote(note)->text, witness, witness_key_, absl::FromUnixSeconds(9)).value();
    return note + FormatNoteSignature(line);
  }
  LogSigners Log() const { return {.origin = kOrigin, .keys = keys_}; }
  NoteVerifier Witness(const std::string& name = kAuWitness) const {
    return NoteVerifier::Of(name, witness_key_.public_key(), kNoteCosignatureV1);
  }

  // Takes the note as the log's owner would; what came of it.
  std::string Take(const std::string& note, const std::string& name = kAuWitness) {
    const auto row = TakeCosignature(log_.ledger(), rows_, Log(), Witness(name), note);
    if (!row.ok()) return kernel::ReasonOf(row.status());
    if (!row->has_value()) return "known";
    rows_.Put((*row)->table, (*row)->key, *(*row)->value);
    return "taken";
  }
  std::vector<std::string> Listed() const {
    std::vector<std::string> listed;
    const auto response = ListCosignatures(rows_, ListCosignaturesRequest());
    EXPECT_THAT(response.status(), IsOk());
    for (const auto& head : response->heads()) {
      listed.push_back(absl::StrCat(head.witness(), " ", head.size()));
    }
    return listed;
  }

  TestLog log_{kOrigin};
  std::vector<LogKey> keys_ = {log_.key.public_key()};
  const SigningKey witness_key_ = SigningKey::Generate();
  const NoRows none_;
  kernel::Rows rows_{none_};
};

TEST_F(CosignaturesTest, TheLargestOfEachWitnessIsKept) {
  EXPECT_EQ(Take(Cosigned(log_.SignedNote(5), kAuWitness)), "taken");
  EXPECT_EQ(Take(Cosigned(log_.SignedNote(3), kAuWitness)), "known");
  EXPECT_EQ(Take(Cosigned(log_.SignedNote(5), kAuWitness)), "known");
  EXPECT_EQ(Take(Cosigned(log_.SignedNote(8), kAuWitness)), "taken");
  EXPECT_EQ(Take(Cosigned(log_.SignedNote(4), "ecowas.example/witness"), "ecowas.example/witness"),
            "taken");
  EXPECT_THAT(Listed(), ElementsAre("au.example/witness 8", "ecowas.example/witness 4"));
}

TEST_F(CosignaturesTest, LinesOfOthersAreNotKept) {
  const std::string note = Cosigned(log_.SignedNote(5), kAuWitness);
  const NoteSignature other =
      SignNote(ParseNote(note)->text, "other.example", SigningKey::Generate());
  ASSERT_EQ(Take(note + FormatNoteSignature(other)), "taken");
  EXPECT_EQ(ListCosignatures(rows_, ListCosignaturesRequest())->heads(0).note(), note);
}

TEST_F(CosignaturesTest, WithoutTheWitnesssSignatureItIsNothing) {
  EXPECT_EQ(Take(log_.SignedNote(5)), "NOT_COSIGNED");
  std::string bent = Cosigned(log_.SignedNote(5), kAuWitness);
  bent[bent.size() - 10] = bent[bent.size() - 10] == 'A' ? 'B' : 'A';
  EXPECT_EQ(Take(bent), "NOT_COSIGNED");
  EXPECT_EQ(Take("no note"), "NOT_COSIGNED");
}

// Our key signed it, and it is not ours: rolled back, or the key is in other hands.
TEST_F(CosignaturesTest, AHeadThatIsNotOfThisLogIsAnAlarm) {
  TestLog other(kOrigin);
  other.key = log_.key;
  for (int i = 0; i < 20; ++i) other.Append({.text = "another history"});
  EXPECT_EQ(Take(Cosigned(other.SignedNote(5), kAuWitness)), "OTHER_HISTORY");
  EXPECT_EQ(Take(Cosigned(other.SignedNote(20), kAuWitness)), "OTHER_HISTORY");
  EXPECT_THAT(Listed(), ElementsAre());
}

// A thief's, below the size at which the key was revoked: the ledger goes on under its new key.
TEST_F(CosignaturesTest, AHeadOfAnotherHistoryByAFormerKeyIsNoAlarm) {
  TestLog other(kOrigin);
  other.key = log_.key;
  for (int i = 0; i < 30; ++i) other.Append({.text = "another history"});
  keys_ = {{log_.key.public_key(), 7}, SigningKey::Generate().public_key()};
  EXPECT_EQ(Take(Cosigned(other.SignedNote(5), kAuWitness)), "FORMER_KEY");
  EXPECT_EQ(Take(Cosigned(log_.SignedNote(5), kAuWitness)), "taken");
}

// What a thief of the old key had cosigned is none of ours, and no reason to stop.
TEST_F(CosignaturesTest, AHeadByARevokedKeyIsNotKept) {
  const SigningKey next = SigningKey::Generate();
  keys_ = {{log_.key.public_key(), 5}, next.public_key()};
  TestLog other(kOrigin);
  other.key = log_.key;
  for (int i = 0; i < 20; ++i) other.Append({.text = "another history"});
  EXPECT_EQ(Take(Cosigned(other.SignedNote(20), kAuWitness)), "NOT_COSIGNED");
  EXPECT_EQ(Take(Cosigned(log_.SignedNote(6), kAuWitness)), "NOT_COSIGNED");
  EXPECT_EQ(Take(Cosigned(log_.SignedNote(5), kAuWitness)), "taken");
  log_.key = next;
  EXPECT_EQ(Take(Cosigned(log_.SignedNote(7), kAuWitness)), "taken");
  EXPECT_THAT(Listed(), ElementsAre("au.example/witness 7"));
}

}  // namespace
}  // namespace ch8::federation
