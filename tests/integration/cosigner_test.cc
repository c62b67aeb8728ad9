// A reader and its witness: who is asked for what until a head is covered.
#include "services/federation/rpc/cosigner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "services/kernel/refusal.h"
#include "storage/merkle/cosignature.h"
#include "storage/merkle/proof.h"
#include "storage/merkle/test_tree.h"
#include "tests/support/status_matchers.h"

namespace ch8::federation {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::TestTree;
using chapter8::federation::v1::AddCheckpointRequest;
using chapter8::federation::v1::AddCheckpointResponse;
using ::testing::ElementsAre;

constexpr char kOrigin[] = "au.example/ch8/finance";
constexpr char kOwnWitness[] = "un.example/witness";

class ScriptedWitness final : public Cosigner {
 public:
  absl::StatusOr<AddCheckpointResponse> AddCheckpoint(
      const AddCheckpointRequest& request) override {
    old_sizes.push_back(request.old_size());
    return answer(request);
  }
  std::function<absl::StatusOr<AddCheckpointResponse>(const AddCheckpointRequest&)> answer;
  std::vector<uint64_t> old_sizes;
};

// The ledger's node: gives proofs of its tree.
class TreeSource final : public Source {
 public:
  explicit TreeSource(const TestTree& tree) : tree_(tree) {}
  absl::StatusOr<chapter8::federation::v1::PullResponse> Pull(
      const chapter8::federation::v1::PullRequest&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::vector<std::string>> ProveConsistency(const std::string&, uint64_t old_size,
                                                            uint64_t new_size) override {
    const auto proof = ConsistencyProof(old_size, new_size, tree_);
    if (!proof.ok()) return proof.status();
    std::vector<std::string> raw;
    for (const Hash& hash : *proof) raw.emplace_back(hash.view());
    return raw;
  }
  void Cancel() override {}

 private:
  const TestTree& tree_;
};

class HaveCosignedTest : public ::testing::Test {
 protected:
  std::string Note(uint64_t size, const Hash& root) const {
    return SignCheckpoint({.origin = kOrigin, .size = size, .root = root}, log_key_).value();
  }
  // What the witness gives for a head of that size.
  AddCheckpointResponse Known(uint64_t size) const { return Known(size, tree_.Root(size)); }
  AddCheckpointResponse Known(uint64_t size, const Hash& root) const {
    const std::string note = Note(size, root);
    AddCheckpointResponse response;
    response.set_cosigned_note(note +
                               FormatNoteSignature(Cosign(ParseNote(note)->text, kOwnWitness,
                                                          witness_key_, absl::FromUnixSeconds(9))
                                                       .value()));
    return response;
  }
  // As a reader that knew `verified_size` and has verified a head of 10.
  absl::StatusOr<std::string> Have(uint64_t verified_size) {
    const Checkpoint head{.origin = kOrigin, .size = 10, .root = tree_.Root(10)};
    return HaveCosigned(
        witness_, NoteVerifier::Of(kOwnWitness, witness_key_.public_key(), kNoteCosignatureV1),
        source_, {.origin = kOrigin, .keys = {log_key_.public_key()}},
        {.checkpoint = head,
         .note = Note(10, head.root),
         .verified_size = verified_size,
         .extension = source_.ProveConsistency(kOrigin, verified_size, 10).value()});
  }

  const SigningKey log_key_ = SigningKey::Generate();
  const SigningKey witness_key_ = SigningKey::Generate();
  const TestTree tree_ = TestTree::OfSize(20);
  ScriptedWitness witness_;
  TreeSource source_{tree_};
};

TEST_F(HaveCosignedTest, AWitnessThatStandsWhereTheReaderDoesIsAskedOnce) {
  witness_.answer = [&](const AddCheckpointRequest&) { return Known(10); };
  EXPECT_EQ(Have(4).value(), Known(10).cosigned_note());
  EXPECT_THAT(witness_.old_sizes, ElementsAre(4));
}

TEST_F(HaveCosignedTest, OneThatIsBehindOrBlankIsBroughtForward) {
  witness_.answer = [&](const AddCheckpointRequest& request) {
    return Known(request.old_size() == 2 ? 10 : 2);
  };
  EXPECT_THAT(Have(4), IsOk());
  EXPECT_THAT(witness_.old_sizes, ElementsAre(4, 2));
  witness_.old_sizes.clear();
  witness_.answer = [&](const AddCheckpointRequest& request) {
    return request.old_size() == 0 ? Known(10) : AddCheckpointResponse();
  };
  EXPECT_THAT(Have(4), IsOk());
  EXPECT_THAT(witness_.old_sizes, ElementsAre(4, 0));
}

TEST_F(HaveCosignedTest, OneThatIsAheadCoversWhatLiesUnderItsHead) {
  witness_.answer = [&](const AddCheckpointRequest&) { return Known(17); };
  EXPECT_EQ(Have(4).value(), Known(17).cosigned_note());
  witness_.answer = [&](const AddCheckpointRequest&) { return Known(17, Sha256("other")); };
  EXPECT_EQ(kernel::ReasonOf(Have(4).status()), "NOT_WITNESSED");
}

TEST_F(HaveCosignedTest, AnotherHeadOfThatSizeIsNotBelieved) {
  witness_.answer = [&](const AddCheckpointRequest&) { return Known(10, Sha256("other")); };
  EXPECT_EQ(kernel::ReasonOf(Have(4).status()), "NOT_WITNESSED");
}

TEST_F(HaveCosignedTest, WithoutTheWitnesssOwnSignatureNothingIsBelieved) {
  witness_.answer = [&](const AddCheckpointRequest&) {
    AddCheckpointResponse response;
    response.set_cosigned_note(Note(10, tree_.Root(10)));
    return response;
  };
  EXPECT_EQ(kernel::ReasonOf(Have(4).status()), "NOT_COSIGNED");
}

TEST_F(HaveCosignedTest, GoesNotOnForEver) {
  witness_.answer = [&](const AddCheckpointRequest& request) {
    return Known(request.old_size() == 2 ? 3 : 2);
  };
  EXPECT_THAT(Have(4), ::ch8::testing::StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(HaveCosignedTest, TheWitnesssRefusalIsTheReaders) {
  witness_.answer = [&](const AddCheckpointRequest&) { return absl::DataLossError("two"); };
  EXPECT_THAT(Have(4), ::ch8::testing::StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace ch8::federation
