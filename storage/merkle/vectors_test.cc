// Vectors from outside: transparency-dev/merkle, transparency-dev/tessera, and a log made with an
// independent Python reference. What and whence: the README beside the data.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/cosignature.h"
#include "storage/merkle/leaf.h"
#include "storage/merkle/note.h"
#include "storage/merkle/policy.h"
#include "storage/merkle/proof.h"
#include "storage/merkle/tile.h"
#include "storage/merkle/tlog_proof.h"
#include "tests/support/data.h"
#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using nlohmann::json;
using testing::DataPath;
using testing::IsOk;
using testing::ReadFile;

constexpr absl::string_view kTesseraKey =
    "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";

std::string Generated(const std::string& name) {
  return ReadFile(DataPath("tlog/generated/" + name));
}

json GeneratedVectors() { return json::parse(Generated("vectors.json")); }

std::string BytesOf(const json& field) {
  std::string bytes;
  EXPECT_TRUE(absl::Base64Unescape(field.get<std::string>(), &bytes));
  return bytes;
}

// The hash of a base64 field. A few vectors hold byte strings that are no hashes, mostly to be
// refused: each gets one hash of its own, so that what was equal or different stays so.
Hash HashOf(const json& field) {
  const std::string bytes = BytesOf(field);
  const absl::StatusOr<Hash> hash = Hash::FromBytes(bytes);
  return hash.ok() ? *hash : Sha256({"stands for: ", bytes});
}

std::vector<Hash> HashesOf(const json& field) {
  std::vector<Hash> hashes;
  if (field.is_null()) return hashes;
  for (const json& hash : field) hashes.push_back(HashOf(hash));
  return hashes;
}

// Empty roots and leaf hashes cannot be said with Hash; reading the field refuses them.
absl::Status VerifyInclusionVector(const json& vector) {
  if (BytesOf(vector["root"]).empty() || BytesOf(vector["leafHash"]).empty()) {
    return Hash::FromBytes("").status();
  }
  return VerifyInclusion(HashOf(vector["leafHash"]), vector["leafIdx"].get<uint64_t>(),
                         vector["treeSize"].get<uint64_t>(), HashesOf(vector["proof"]),
                         HashOf(vector["root"]));
}

absl::Status VerifyConsistencyVector(const json& vector) {
  return VerifyConsistency(vector["size1"].get<uint64_t>(), HashOf(vector["root1"]),
                           vector["size2"].get<uint64_t>(), HashOf(vector["root2"]),
                           HashesOf(vector["proof"]));
}

std::vector<std::string> JsonFilesUnder(const std::string& folder) {
  std::vector<std::string> paths;
  for (const auto& file : std::filesystem::recursive_directory_iterator(DataPath(folder))) {
    if (file.path().extension() == ".json") paths.push_back(file.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

// A tiled log on disk; checks nothing.
TileNodeReader ReaderOf(const std::string& log, uint64_t size) {
  return TileNodeReader(size, [log](const Tile& tile) -> absl::StatusOr<std::string> {
    return ReadFile(DataPath(log + TilePath(tile)));
  });
}

// The leaves in a log's entry bundles.
std::vector<std::string> LeavesOf(const std::string& log, uint64_t size) {
  std::vector<std::string> leaves;
  for (Tile tile : TilesOfSize(size)) {
    if (tile.level != 0) continue;
    tile.kind = TileKind::kEntries;
    const std::string bytes = ReadFile(DataPath(log + TilePath(tile)));
    const absl::StatusOr<std::vector<absl::string_view>> entries = ParseEntryBundle(bytes);
    EXPECT_THAT(entries, IsOk());
    EXPECT_EQ(entries->size(), static_cast<size_t>(tile.width));
    for (const absl::string_view entry : *entries) leaves.emplace_back(entry);
  }
  return leaves;
}

TEST(MerkleProofVectors, InclusionAgrees) {
  const std::vector<std::string> paths = JsonFilesUnder("tlog/merkle-proofs/testdata/inclusion");
  for (const std::string& path : paths) {
    const json vector = json::parse(ReadFile(path));
    const absl::Status status = VerifyInclusionVector(vector);
    EXPECT_EQ(!status.ok(), vector["wantErr"].get<bool>()) << path << ": " << status;
  }
  EXPECT_EQ(paths.size(), 98u);
}

TEST(MerkleProofVectors, ConsistencyAgrees) {
  const std::vector<std::string> paths = JsonFilesUnder("tlog/merkle-proofs/testdata/consistency");
  for (const std::string& path : paths) {
    const json vector = json::parse(ReadFile(path));
    const absl::Status status = VerifyConsistencyVector(vector);
    EXPECT_EQ(!status.ok(), vector["wantErr"].get<bool>()) << path << ": " << status;
  }
  EXPECT_EQ(paths.size(), 98u);
}

TEST(TesseraLog, CheckpointsTilesAndProofsAgreeAtEverySize) {
  const std::string log = "tlog/tessera-log/testdata/log/";
  const NoteVerifier verifier = NoteVerifier::Parse(kTesseraKey).value();
  const std::vector<std::string> leaves = LeavesOf(log, 15);
  ASSERT_EQ(leaves.size(), 15u);
  Frontier frontier;
  std::vector<Hash> roots;
  for (uint64_t size = 0; size <= leaves.size(); ++size) {
    const absl::StatusOr<OpenedCheckpoint> opened =
        OpenCheckpoint(ReadFile(DataPath(absl::StrCat(log, "checkpoint.", size))), verifier, {});
    ASSERT_THAT(opened, IsOk());
    const Checkpoint& checkpoint = opened->checkpoint;
    EXPECT_EQ(checkpoint.size, size);
    EXPECT_EQ(FormatCheckpoint(checkpoint), opened->text);
    if (size > 0) frontier.Append(LeafHash(leaves[size - 1]));
    EXPECT_EQ(checkpoint.root, frontier.Root());
    roots.push_back(checkpoint.root);

    const TileNodeReader reader = ReaderOf(log, size);
    EXPECT_EQ(RootAt(size, reader).value(), checkpoint.root);
    for (uint64_t index = 0; index < size; ++index) {
      EXPECT_THAT(VerifyInclusion(LeafHash(leaves[index]), index, size,
                                  InclusionProof(index, size, reader).value(), checkpoint.root),
                  IsOk());
      EXPECT_THAT(VerifyExtension(index, roots[index], size, checkpoint.root,
                                  ConsistencyProof(index, size, reader).value()),
                  IsOk());
    }
  }
}

TEST(GeneratedLog, LeavesTilesAndRootsAgree) {
  const json vectors = GeneratedVectors();
  const std::vector<std::string> leaves = LeavesOf("tlog/generated/log/", 1000);
  ASSERT_EQ(leaves.size(), 1000u);
  EXPECT_EQ(leaves[700], Generated("entry-700.bin"));
  const TileNodeReader reader = ReaderOf("tlog/generated/log/", 1000);
  Frontier frontier;
  size_t compared_count = 0;
  for (uint64_t size = 0; size <= leaves.size(); ++size) {
    if (size > 0) frontier.Append(LeafHash(leaves[size - 1]));
    const auto want = vectors["roots"].find(std::to_string(size));
    if (want == vectors["roots"].end()) continue;
    ++compared_count;
    EXPECT_EQ(frontier.Root().ToHex(), want->get<std::string>());
    EXPECT_EQ(RootAt(size, reader).value().ToHex(), want->get<std::string>());
  }
  EXPECT_EQ(compared_count, 18u);
}

TEST(GeneratedLog, ProofsAreTheSameHashes) {
  const json vectors = GeneratedVectors();
  const TileNodeReader reader = ReaderOf("tlog/generated/log/", 1000);
  ASSERT_EQ(vectors["inclusion"].size(), 16u);
  for (const json& v : vectors["inclusion"]) {
    const auto index = v["index"].get<uint64_t>();
    const auto size = v["size"].get<uint64_t>();
    const std::vector<Hash> proof = HashesOf(v["proof"]);
    EXPECT_EQ(InclusionProof(index, size, reader).value(), proof);
    EXPECT_THAT(VerifyInclusion(HashOf(v["leaf_hash"]), index, size, proof, HashOf(v["root"])),
                IsOk());
  }
  ASSERT_EQ(vectors["consistency"].size(), 14u);
  for (const json& v : vectors["consistency"]) {
    const auto old_size = v["size1"].get<uint64_t>();
    const auto new_size = v["size2"].get<uint64_t>();
    const std::vector<Hash> proof = HashesOf(v["proof"]);
    EXPECT_EQ(ConsistencyProof(old_size, new_size, reader).value(), proof);
    EXPECT_THAT(
        VerifyConsistency(old_size, HashOf(v["root1"]), new_size, HashOf(v["root2"]), proof),
        IsOk());
  }
}

TEST(GeneratedLog, SignsTheSameCheckpointAndCosignatures) {
  const json vectors = GeneratedVectors();
  const std::string want = Generated("log/checkpoint");
  const Policy policy = Policy::Parse(Generated("policy.txt")).value();
  const NoteVerifier& log = policy.logs().at(0).verifier;
  const auto key_of = [&](const std::string& name) {
    const std::string hex = vectors["keys"][name]["seed_hex"].get<std::string>();
    return SigningKey::FromSeed(absl::HexStringToBytes(hex)).value();
  };

  const absl::StatusOr<OpenedCheckpoint> opened =
      OpenCheckpoint(want, log, policy.WitnessVerifiers());

  ASSERT_THAT(opened, IsOk());
  EXPECT_EQ(opened->cosignatures.size(), 2u);
  EXPECT_TRUE(policy.IsWitnessed(opened->cosignatures));
  std::string note = SignCheckpoint(opened->checkpoint, key_of(log.name)).value();
  for (const Policy::Party& witness : policy.witnesses()) {
    const std::string& name = witness.verifier.name;
    const auto seconds = vectors["cosign_times"][name].get<int64_t>();
    EXPECT_EQ(witness.verifier.Format(), vectors["keys"][name]["vkey"].get<std::string>());
    note += FormatNoteSignature(
        Cosign(opened->text, name, key_of(name), absl::FromUnixSeconds(seconds)).value());
  }
  EXPECT_EQ(note, want);
  EXPECT_EQ(CosignedMessage(1'767'225'600, opened->text), Generated("cosigned-message.au.bin"));
}

TEST(GeneratedLog, TlogProofOpens) {
  const Policy policy = Policy::Parse(Generated("policy.txt")).value();
  const std::string bytes = Generated("entry-700.tlog-proof");
  const absl::StatusOr<TlogProof> proof = ParseTlogProof(bytes);
  ASSERT_THAT(proof, IsOk());
  EXPECT_EQ(FormatTlogProof(*proof), bytes);
  EXPECT_EQ(proof->index, 700u);
  const absl::StatusOr<OpenedCheckpoint> opened =
      OpenTlogProof(*proof, LeafHash(Generated("entry-700.bin")), policy.logs().at(0).verifier,
                    policy.WitnessVerifiers());
  ASSERT_THAT(opened, IsOk());
  EXPECT_TRUE(policy.IsWitnessed(opened->cosignatures));
}

TEST(GeneratedLog, AddCheckpointRequestExtendsTheOldCheckpoint) {
  const Policy policy = Policy::Parse(Generated("policy.txt")).value();
  const NoteVerifier& log = policy.logs().at(0).verifier;
  const Checkpoint old_head =
      OpenCheckpoint(Generated("checkpoint.500"), log, {}).value().checkpoint;
  const std::string bytes = Generated("add-checkpoint-500-1000.txt");
  const absl::StatusOr<AddCheckpointRequest> request = ParseAddCheckpointRequest(bytes);
  ASSERT_THAT(request, IsOk());
  EXPECT_EQ(FormatAddCheckpointRequest(*request), bytes);
  EXPECT_EQ(request->old_size, old_head.size);
  const absl::StatusOr<OpenedCheckpoint> opened =
      OpenCheckpoint(request->checkpoint_note, log, policy.WitnessVerifiers());
  ASSERT_THAT(opened, IsOk());
  const Checkpoint& new_head = opened->checkpoint;
  EXPECT_THAT(
      VerifyExtension(old_head.size, old_head.root, new_head.size, new_head.root, request->hashes),
      IsOk());
}

}  // namespace
}  // namespace ch8
