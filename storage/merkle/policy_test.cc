#include "storage/merkle/policy.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "storage/base/hash.h"
#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

NoteVerifier KeyOf(absl::string_view name, uint8_t type) {
  const std::string seed = std::string(Sha256(name).view());
  return NoteVerifier::Of(name, SigningKey::FromSeed(seed)->public_key(), type);
}

std::string Witness(absl::string_view name) {
  return absl::StrCat("witness ", name, " ", KeyOf(name, kNoteCosignatureV1).Format(), "\n");
}

std::string Log(absl::string_view origin) {
  return absl::StrCat("log ", KeyOf(origin, kNoteEd25519).Format(), "\n");
}

// As if these witnesses' cosignatures had been verified.
std::vector<NoteSignature> CosignedBy(const std::vector<std::string>& names) {
  std::vector<NoteSignature> signatures;
  for (const std::string& name : names) {
    signatures.push_back({.name = name, .key_id = KeyOf(name, kNoteCosignatureV1).key_id()});
  }
  return signatures;
}

// The example of C2SP tlog-policy, with keys.
std::string TwoLevels() {
  return absl::StrCat("# two levels\n", Log("un.example/log"), "\n", Witness("X1"), Witness("X2"),
                      Witness("X3"), "group X-witnesses 2 X1 X2 X3\n", Witness("Y1"), Witness("Y2"),
                      "\tgroup  Y-witnesses any Y1 Y2 \n",
                      "group X-and-Y all X-witnesses Y-witnesses\n  # comment\nquorum X-and-Y\n");
}

TEST(PolicyTest, CountsAcrossGroups) {
  const absl::StatusOr<Policy> policy = Policy::Parse(TwoLevels());
  ASSERT_THAT(policy, IsOk());
  EXPECT_EQ(policy->logs().size(), 1u);
  EXPECT_EQ(policy->witnesses().size(), 5u);
  EXPECT_EQ(policy->WitnessVerifiers().size(), 5u);
  ASSERT_NE(policy->FindLog("un.example/log"), nullptr);
  EXPECT_EQ(*policy->FindLog("un.example/log"), KeyOf("un.example/log", kNoteEd25519));
  EXPECT_EQ(policy->FindLog("au.example/log"), nullptr);

  EXPECT_TRUE(policy->IsWitnessed(CosignedBy({"X1", "X3", "Y2"})));
  EXPECT_TRUE(policy->IsWitnessed(CosignedBy({"X1", "X2", "X3", "Y1", "Y2"})));
  EXPECT_FALSE(policy->IsWitnessed(CosignedBy({"X1", "Y1", "Y2"})));
  EXPECT_FALSE(policy->IsWitnessed(CosignedBy({"X1", "X1", "Y1"})));
  EXPECT_FALSE(policy->IsWitnessed(CosignedBy({"X1", "X2", "X3"})));
  EXPECT_FALSE(policy->IsWitnessed({}));
}

TEST(PolicyTest, AQuorumMayBeOneWitnessOrNone) {
  const absl::StatusOr<Policy> one = Policy::Parse(Witness("W") + "quorum W\n");
  ASSERT_THAT(one, IsOk());
  EXPECT_TRUE(one->IsWitnessed(CosignedBy({"W"})));
  EXPECT_FALSE(one->IsWitnessed({}));
  NoteSignature other_key = CosignedBy({"W"})[0];
  ++other_key.key_id;
  EXPECT_FALSE(one->IsWitnessed({other_key}));

  const absl::StatusOr<Policy> none = Policy::Parse("quorum none\n");
  ASSERT_THAT(none, IsOk());
  EXPECT_TRUE(none->IsWitnessed({}));
}

TEST(PolicyTest, KeepsUrls) {
  std::string line = Witness("W");
  line.insert(line.size() - 1, " https://witness.example/w");
  const absl::StatusOr<Policy> policy = Policy::Parse(line + "quorum W\n");
  ASSERT_THAT(policy, IsOk());
  EXPECT_EQ(policy->witnesses()[0].url, "https://witness.example/w");
}

struct BadPolicy {
  std::string text;
  std::string want_message;
};

TEST(PolicyTest, RefusesWithTheLine) {
  const std::string plain_key = KeyOf("W", kNoteEd25519).Format();
  const std::vector<BadPolicy> cases = {
      {"", "no quorum"},
      {"quorum none", "line 1: it does not end"},
      {"quorum none\nquorum none\n", "line 2: a policy has one quorum"},
      {"quorum W\n" + Witness("W"), "line 1: W is not defined"},
      {"Quorum none\n", "line 1: 'Quorum' is not a keyword"},
      {"quorum none\r\n", "control character"},
      {"log\n", "want log"},
      {"log un.example/log+00000000+AA==\n", "verifier key"},
      {Log("a") + Log("a"), "line 2: a log's key is listed twice"},
      {Witness("W") + Witness("W"), "line 2: the name W is taken"},
      {Witness("W") + "witness V " + KeyOf("W", kNoteCosignatureV1).Format() + "\n",
       "a witness's key is listed twice"},
      {"witness none " + KeyOf("W", kNoteCosignatureV1).Format() + "\n", "none is taken"},
      {"witness W " + plain_key + "\n", "not for cosignatures"},
      {Witness("W") + "group W any W\n", "the name W is taken"},
      {"group g any W\n", "W is not defined"},
      {Witness("W") + "group g any\n", "want group"},
      {Witness("W") + "group g 0 W\n", "asks for none"},
      {Witness("W") + "group g 2 W\n", "more than all"},
      {Witness("W") + "group g -1 W\n", "decimal"},
      {Witness("W") + "group g any W W\n", "W is a member already"},
      {Witness("W") + "group g any W\ngroup h any W\n", "line 3: W is a member already"},
      {"group g any none\n", "none is not defined"},
  };
  for (const BadPolicy& bad : cases) {
    EXPECT_THAT(Policy::Parse(bad.text),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(bad.want_message)))
        << bad.text;
  }
}

}  // namespace
}  // namespace ch8
