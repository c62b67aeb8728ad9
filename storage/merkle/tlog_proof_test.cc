#include "storage/merkle/tlog_proof.h"

#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "storage/merkle/proof.h"
#include "storage/merkle/test_tree.h"
#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using testing::IsOk;
using testing::StatusIs;
using testing::TestTree;

constexpr absl::string_view kOrigin = "un.example/ch8/finance";

SigningKey LogKey() {
  return SigningKey::FromSeed(std::string(SigningKey::kSeedSize, 'l')).value();
}

TlogProof ProofOf(const TestTree& tree, uint64_t index) {
  const Checkpoint checkpoint{
      .origin = std::string(kOrigin), .size = tree.size(), .root = tree.Root(tree.size())};
  return {.extra = std::nullopt,
          .index = index,
          .hashes = InclusionProof(index, tree.size(), tree).value(),
          .checkpoint_note = SignCheckpoint(checkpoint, LogKey()).value()};
}

TEST(TlogProofTest, RoundTripsWithAndWithoutExtraData) {
  const TestTree tree = TestTree::OfSize(11);
  TlogProof proof = ProofOf(tree, 4);
  EXPECT_EQ(ParseTlogProof(FormatTlogProof(proof)).value(), proof);
  proof.extra = "opaque \n bytes";
  EXPECT_EQ(ParseTlogProof(FormatTlogProof(proof)).value(), proof);
  proof.hashes.clear();
  proof.extra = "";
  EXPECT_EQ(ParseTlogProof(FormatTlogProof(proof)).value(), proof);
}

TEST(TlogProofTest, OpensForTheRightLeafOnly) {
  const TestTree tree = TestTree::OfSize(11);
  const NoteVerifier log = NoteVerifier::Of(kOrigin, LogKey().public_key());
  TlogProof proof = ProofOf(tree, 4);

  const absl::StatusOr<OpenedCheckpoint> opened = OpenTlogProof(proof, tree.leaf_hash(4), log, {});

  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->checkpoint.size, 11u);
  EXPECT_THAT(OpenTlogProof(proof, tree.leaf_hash(5), log, {}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  proof.index = 11;
  EXPECT_THAT(OpenTlogProof(proof, tree.leaf_hash(4), log, {}),
              StatusIs(absl::StatusCode::kInvalidArgument));
  NoteVerifier other = log;
  other.name = "au.example/ch8/finance";
  EXPECT_THAT(OpenTlogProof(ProofOf(tree, 4), tree.leaf_hash(4), other, {}),
              StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST(TlogProofTest, RefusesOtherSpellings) {
  const std::string good = FormatTlogProof(ProofOf(TestTree::OfSize(11), 4));
  ASSERT_THAT(ParseTlogProof(good), IsOk());
  const auto changed = [&](absl::string_view from, absl::string_view to) {
    return absl::StrReplaceAll(good, {{from, to}});
  };
  for (const std::string& bad : {
           std::string(),
           changed("@v1", "@v2"),
           changed("index 4\n", "index 04\n"),
           changed("index 4\n", "index\n"),
           changed("index 4\n", ""),
           changed("index 4\n", "index 4\r\n"),
           changed("index 4\n", "index 4\nAAAA\n"),
           changed("index 4\n", "extra A\nindex 4\n"),
           changed("index 4\n", "extra AAAA"),
           changed("index 4\n", "index 4\nextra AAAA\n"),
           changed("=\n\n", "=\n"),
           good.substr(0, 40),
       }) {
    EXPECT_THAT(ParseTlogProof(bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
}

TEST(AddCheckpointRequestTest, RoundTrips) {
  const AddCheckpointRequest request{
      .old_size = 3, .hashes = {Sha256("a"), Sha256("b")}, .checkpoint_note = "note"};
  EXPECT_EQ(ParseAddCheckpointRequest(FormatAddCheckpointRequest(request)).value(), request);
  const AddCheckpointRequest first{.checkpoint_note = "note"};
  EXPECT_EQ(FormatAddCheckpointRequest(first), "old 0\n\nnote");
  EXPECT_EQ(ParseAddCheckpointRequest("old 0\n\nnote").value(), first);
}

TEST(AddCheckpointRequestTest, TakesSixtyThreeHashesAtMost) {
  AddCheckpointRequest request{.old_size = 1, .hashes = std::vector<Hash>(kProofHashesMax)};
  EXPECT_THAT(ParseAddCheckpointRequest(FormatAddCheckpointRequest(request)), IsOk());
  request.hashes.emplace_back();
  EXPECT_THAT(ParseAddCheckpointRequest(FormatAddCheckpointRequest(request)),
              StatusIs(absl::StatusCode::kInvalidArgument));
  for (const char* bad : {"", "old 1", "old 1\n", "old -1\n\n", "old  1\n\n", "new 1\n\n"}) {
    EXPECT_THAT(ParseAddCheckpointRequest(bad), StatusIs(absl::StatusCode::kInvalidArgument));
  }
}

}  // namespace
}  // namespace ch8
