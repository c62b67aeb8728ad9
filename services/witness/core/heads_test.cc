#include "services/witness/core/heads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "services/kernel/refusal.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/proof.h"
#include "storage/merkle/test_tree.h"

namespace ch8::witness {
namespace {

using ::ch8::testing::TestTree;
using chapter8::federation::v1::AddCheckpointRequest;
using chapter8::witness::v1::WitnessedHead;
using Verdict = Judgement::Verdict;

constexpr char kOrigin[] = "au.example/ch8/finance";
const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class JudgeTest : public ::testing::Test {
 protected:
  std::string Note(uint64_t size) const { return NoteOf(size, tree_.Root(size)); }
  std::string NoteOf(uint64_t size, const Hash& root) const {
    return SignCheckpoint({.origin = kOrigin, .size = size, .root = root}, signer_).value();
  }

  AddCheckpointRequest Request(uint64_t old_size, uint64_t size) const {
    AddCheckpointRequest request;
    request.set_note(Note(size));
    request.set_old_size(old_size);
    const std::vector<Hash> proof = ConsistencyProof(old_size, size, tree_).value();
    for (const Hash& hash : proof) request.add_consistency_proof(std::string(hash.view()));
    return request;
  }

  Judgement Judge(const AddCheckpointRequest& request) const {
    return witness::Judge(
        known_,
        {.signers = {.origin = kOrigin, .keys = keys_}, .organization_record = "the record"},
        request, kNow);
  }
  // Has `size` cosigned.
  void Cosign(uint64_t size) {
    const Judgement judgement = Judge(Request(known_.size(), size));
    ASSERT_EQ(judgement.verdict, Verdict::kCosign) << judgement.status;
    ASSERT_TRUE(judgement.remember);
    known_ = judgement.head;
  }
  std::string Refusal(const AddCheckpointRequest& request) const {
    const Judgement judgement = Judge(request);
    EXPECT_EQ(judgement.verdict, Verdict::kRefuse);
    return kernel::ReasonOf(judgement.status);
  }

  // The record replaces the key after `until_size` entries.
  void Replace(uint64_t until_size) {
    keys_ = {{key_.public_key(), until_size}, next_key_.public_key()};
  }

  const SigningKey key_ = SigningKey::Generate();
  const SigningKey next_key_ = SigningKey::Generate();
  SigningKey signer_ = key_;  // Of what is shown.
  std::vector<LogKey> keys_ = {key_.public_key()};
  const TestTree tree_ = TestTree::OfSize(20);
  WitnessedHead known_ = HeadFrom(kOrigin, std::nullopt).value();
};

TEST_F(JudgeTest, EverySizeAfterEveryOtherIsCosignedByItsProof) {
  for (uint64_t old_size = 1; old_size < 20; ++old_size) {
    for (uint64_t size = old_size + 1; size <= 20; ++size) {
      known_ = HeadFrom(kOrigin, std::nullopt).value();
      Cosign(old_size);
      Cosign(size);
      EXPECT_EQ(known_.size(), size);
      EXPECT_EQ(known_.root(), tree_.Root(size).view());
      EXPECT_EQ(known_.cosigned_at_us(), absl::ToUnixMicros(kNow));
    }
  }
}

TEST_F(JudgeTest, TheKnownHeadIsCosignedAgainWithoutBeingRememberedAgain) {
  Cosign(7);
  AddCheckpointRequest again = Request(7, 7);
  again.set_old_size(3);
  const Judgement judgement = Judge(again);
  EXPECT_EQ(judgement.verdict, Verdict::kCosign);
  EXPECT_FALSE(judgement.remember);
}

TEST_F(JudgeTest, WhoIsWrongAboutTheSizeIsToldTheHeadKnown) {
  Cosign(7);
  for (const AddCheckpointRequest& request : {Request(3, 9), Request(0, 9), Request(3, 5)}) {
    const Judgement judgement = Judge(request);
    EXPECT_EQ(judgement.verdict, Verdict::kOtherSize);
    EXPECT_EQ(judgement.head.size(), 7u);
    EXPECT_FALSE(judgement.remember);
  }
  known_ = HeadFrom(kOrigin, std::nullopt).value();
  EXPECT_EQ(Judge(Request(3, 9)).verdict, Verdict::kOtherSize);
}

TEST_F(JudgeTest, AProofThatDoesNotLeadThereIsRefused) {
  Cosign(7);
  AddCheckpointRequest none = Request(7, 12);
  none.clear_consistency_proof();
  EXPECT_EQ(Refusal(none), "NOT_CONSISTENT");
  AddCheckpointRequest bent = Request(7, 12);
  bent.mutable_consistency_proof(0)->at(0) ^= 1;
  EXPECT_EQ(Refusal(bent), "NOT_CONSISTENT");
  AddCheckpointRequest odd = Request(7, 12);
  odd.mutable_consistency_proof(0)->pop_back();
  EXPECT_EQ(Refusal(odd), "NOT_CONSISTENT");
  AddCheckpointRequest other = Request(7, 12);
  other.set_note(NoteOf(12, Sha256("another history")));
  EXPECT_EQ(Refusal(other), "NOT_CONSISTENT");
}

TEST_F(JudgeTest, AFirstHeadComesWithoutAProof) {
  AddCheckpointRequest request = Request(0, 12);
  request.add_consistency_proof(std::string(tree_.Root(1).view()));
  EXPECT_EQ(Refusal(request), "NOT_CONSISTENT");
}

TEST_F(JudgeTest, TwoRootsOfOneSizeEndAllTrust) {
  Cosign(7);
  AddCheckpointRequest forked;
  forked.set_note(NoteOf(7, Sha256("another history")));
  forked.set_old_size(7);
  const Judgement judgement = Judge(forked);
  EXPECT_EQ(judgement.verdict, Verdict::kRefuse);
  EXPECT_EQ(kernel::ReasonOf(judgement.status), "EQUIVOCATION");
  ASSERT_TRUE(judgement.remember);
  EXPECT_EQ(judgement.head.contradicted_by(), forked.note());
  EXPECT_EQ(judgement.head.note(), known_.note());

  known_ = judgement.head;
  EXPECT_EQ(Refusal(Request(7, 12)), "EQUIVOCATION");
  EXPECT_EQ(Refusal(Request(7, 7)), "EQUIVOCATION");
}

TEST_F(JudgeTest, OnlyTheLedgersOwnKeyCounts) {
  AddCheckpointRequest request;
  const SigningKey other = SigningKey::Generate();
  request.set_note(
      SignCheckpoint({.origin = kOrigin, .size = 7, .root = tree_.Root(7)}, other).value());
  EXPECT_EQ(Refusal(request), "NOT_SIGNED");
  request.set_note("no note");
  EXPECT_EQ(Refusal(request), "NOTE_MALFORMED");
}

// What is remembered becomes an entry of at most 32 KiB.
TEST_F(JudgeTest, AHeadWithMoreThanAHeadInItIsRefused) {
  AddCheckpointRequest request;
  Checkpoint head{.origin = kOrigin, .size = 7, .root = tree_.Root(7)};
  head.extension_lines = {std::string(200'000, 'x')};
  request.set_note(SignCheckpoint(head, key_).value());
  EXPECT_EQ(Refusal(request), "NOTE_MALFORMED");
  head.extension_lines = {"x"};
  request.set_note(SignCheckpoint(head, key_).value());
  EXPECT_EQ(Refusal(request), "NOTE_MALFORMED");
}

TEST_F(JudgeTest, AHeadOfNothingIsRefused) { EXPECT_EQ(Refusal(Request(0, 0)), "NOTE_MALFORMED"); }

TEST_F(JudgeTest, ProofsWithoutEndAreRefused) {
  AddCheckpointRequest request = Request(0, 7);
  for (int i = 0; i < 65; ++i) request.add_consistency_proof(std::string(Hash::kSize, 'h'));
  EXPECT_EQ(Refusal(request), "NOT_CONSISTENT");
}

TEST_F(JudgeTest, LinesOfOthersAreNotRemembered) {
  AddCheckpointRequest request = Request(0, 7);
  const std::string own = request.note();
  const SigningKey other = SigningKey::Generate();
  const std::string text = ParseNote(own)->text;
  request.set_note(own + FormatNoteSignature(SignNote(text, "ecowas.example/witness", other)));
  EXPECT_EQ(Judge(request).head.note(), own);
}

TEST_F(JudgeTest, ANewKeyGoesOnWhereTheOldOneEnded) {
  Cosign(7);
  Replace(9);
  Cosign(9);  // Of that size the old key is believed still.
  EXPECT_EQ(Refusal(Request(9, 12)), "KEY_REVOKED");
  signer_ = next_key_;
  Cosign(12);
  EXPECT_FALSE(known_.has_disowned());
}

TEST_F(JudgeTest, AKeyThatTheRecordDoesNotNameIsNotBelieved) {
  signer_ = next_key_;
  EXPECT_EQ(Refusal(Request(0, 7)), "NOT_SIGNED");
}

// A revocation below what was cosigned: it is kept as evidence, and takes nothing back.
TEST_F(JudgeTest, ARevocationBelowWhatWasCosignedComesTooLate) {
  Cosign(7);
  const std::string cosigned = known_.note();
  Replace(5);
  // The thief's heads end there and then; the one cosigned stays what everything must extend.
  const Judgement thief = Judge(Request(7, 9));
  EXPECT_EQ(thief.verdict, Verdict::kRefuse);
  EXPECT_EQ(kernel::ReasonOf(thief.status), "KEY_REVOKED");
  ASSERT_TRUE(thief.remember);
  EXPECT_EQ(thief.head.size(), 7u);
  EXPECT_EQ(thief.head.disowned().note(), cosigned);
  EXPECT_EQ(thief.head.disowned().organization_record(), "the record");
  known_ = thief.head;
  EXPECT_FALSE(Judge(Request(7, 9)).remember);  // Once is enough.

  signer_ = next_key_;
  AddCheckpointRequest rewritten = Request(7, 9);
  rewritten.set_note(NoteOf(9, Sha256("another history")));
  EXPECT_EQ(Refusal(rewritten), "NOT_CONSISTENT");
  Cosign(9);
  EXPECT_EQ(known_.disowned().note(), cosigned);
}

TEST(HeadFromTest, ARowOfAnotherLedgerIsBroken) {
  WitnessedHead head;
  head.set_origin("au.example/ch8/logistics");
  EXPECT_EQ(kernel::ReasonOf(HeadFrom(kOrigin, head.SerializeAsString()).status()), "STATE_BROKEN");
}

}  // namespace
}  // namespace ch8::witness
