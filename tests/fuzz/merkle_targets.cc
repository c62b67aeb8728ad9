// Leaves, notes, checkpoints, cosignatures, policies, tiles and proofs: what C2SP and RFC 6962
// define, as it comes from peers and out of exports.
#include "absl/strings/str_cat.h"
#include "storage/base/bytes.h"
#include "storage/base/check.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/cosignature.h"
#include "storage/merkle/leaf.h"
#include "storage/merkle/note.h"
#include "storage/merkle/policy.h"
#include "storage/merkle/proof.h"
#include "storage/merkle/test_tree.h"
#include "storage/merkle/tile.h"
#include "storage/merkle/tlog_proof.h"
#include "tests/fuzz/fixed_key.h"
#include "tests/fuzz/target.h"

namespace ch8::fuzz {
namespace {

using ::ch8::testing::TestTree;

constexpr uint64_t kTreeSize = 13;
constexpr absl::string_view kWitness = "un.example/witness";

const TestTree& Tree() {
  static const auto& tree = *new TestTree(TestTree::OfSize(kTreeSize));
  return tree;
}

std::string CheckpointText() {
  return FormatCheckpoint(
      {.origin = std::string(kOrigin), .size = kTreeSize, .root = Tree().Root(kTreeSize)});
}

std::string SignedNote() {
  return SignCheckpoint(
             {.origin = std::string(kOrigin), .size = kTreeSize, .root = Tree().Root(kTreeSize)},
             KeyOf(kOrigin))
      .value();
}

std::string CosignedNote() {
  return SignedNote() + FormatNoteSignature(Cosign(CheckpointText(), kWitness, KeyOf(kWitness),
                                                   absl::FromUnixSeconds(1'772'409'600))
                                                .value());
}

Outcome RunLeaf(absl::string_view input) {
  const absl::StatusOr<Leaf> leaf = DecodeLeaf(input);
  if (!leaf.ok()) return Refused(leaf.status());
  const auto bytes = EncodeLeaf(*leaf);
  return SameBytes(input, absl::string_view(bytes.data(), bytes.size()));
}

std::vector<std::string> LeafSeeds() {
  std::vector<std::string> seeds = {"C8L1", std::string(kLeafSize, 'x')};
  for (const EntryClass entry_class : {EntryClass::kAdministration, EntryClass::kSeal}) {
    const auto bytes = EncodeLeaf(
        {.entry_class = entry_class, .tag = {1, 2}, .payload_commit = Sha256("payload")});
    seeds.emplace_back(bytes.data(), bytes.size());
  }
  return seeds;
}

// Nobody but the key's owner makes a note that opens.
Outcome RunNote(absl::string_view input) {
  const absl::StatusOr<Note> note = ParseNote(input);
  const NoteVerifier verifier = NoteVerifier::Of(kOrigin, KeyOf(kOrigin).public_key());
  const absl::StatusOr<OpenedNote> opened = OpenNote(input, {verifier});
  if (!note.ok()) {
    Check(opened.status() == note.status(), "what does not parse does not open");
    return Refused(note.status());
  }
  if (!opened.ok()) {
    Refused(opened.status());
  } else {
    Check(opened->text == note->text && opened->verified.size() == 1, "it opens to what it says");
    Check(opened->verified[0] == SignNote(note->text, kOrigin, KeyOf(kOrigin)),
          "the signature is the key's");
  }
  return SameBytes(input, FormatNote(*note));
}

std::vector<std::string> NoteSeeds() {
  return {SignedNote(), CosignedNote(), "text\n\nno signature\n", SignedNote().substr(1)};
}

Outcome RunVerifierKey(absl::string_view input) {
  const absl::StatusOr<NoteVerifier> key = NoteVerifier::Parse(input);
  if (!key.ok()) return Refused(key.status());
  Check(IsValidKeyName(key->name), "the name may name a key");
  return SameBytes(input, key->Format());
}

std::vector<std::string> VerifierKeySeeds() {
  const PublicKey key = KeyOf(kOrigin).public_key();
  const std::string vkey = NoteVerifier::Of(kOrigin, key).Format();
  return {vkey, NoteVerifier::Of(kWitness, key, kNoteCosignatureV1).Format(), vkey.substr(0, 40)};
}

Outcome RunCheckpoint(absl::string_view input) {
  const absl::StatusOr<Checkpoint> checkpoint = ParseCheckpoint(input);
  if (!checkpoint.ok()) return Refused(checkpoint.status());
  return SameBytes(input, FormatCheckpoint(*checkpoint));
}

std::vector<std::string> CheckpointSeeds() {
  return {CheckpointText(), CheckpointText() + "extension\n", "origin\n007\n"};
}

// The blob of a cosignature: one that verifies is the one that the witness made at that time.
Outcome RunCosignature(absl::string_view input) {
  const NoteSignature signature = {.name = std::string(kWitness), .blob = std::string(input)};
  const absl::StatusOr<absl::Time> time = CosignatureTime(signature);
  const bool verifies = VerifiesCosignature(KeyOf(kWitness).public_key(), CheckpointText(), input);
  if (!time.ok()) {
    Check(!verifies, "what states no time verifies nothing");
    return Refused(time.status());
  }
  if (!verifies) return Outcome::kRefused;
  return SameBytes(input, Cosign(CheckpointText(), kWitness, KeyOf(kWitness), *time)->blob);
}

std::vector<std::string> CosignatureSeeds() {
  const NoteSignature made =
      Cosign(CheckpointText(), kWitness, KeyOf(kWitness), absl::FromUnixSeconds(1)).value();
  return {made.blob, std::string(kCosignatureBlobSize, '\0'), "short"};
}

// Every witness makes any quorum; none makes only the quorum of none.
Outcome RunPolicy(absl::string_view input) {
  const absl::StatusOr<Policy> policy = Policy::Parse(input);
  if (!policy.ok()) return Refused(policy.status());
  std::vector<NoteSignature> all;
  for (const NoteVerifier& witness : policy->WitnessVerifiers()) {
    all.push_back({.name = witness.name, .key_id = witness.key_id()});
  }
  Check(policy->IsWitnessed(all), "all witnesses make the quorum");
  const bool needs_none = policy->IsWitnessed({});
  for (const NoteSignature& one : all) {
    Check(!needs_none || policy->IsWitnessed({one}), "a witness more is none less");
  }
  for (const Policy::Party& log : policy->logs()) {
    Check(policy->FindLog(log.verifier.name) != nullptr, "a log is found by its origin");
  }
  return Outcome::kAccepted;
}

std::vector<std::string> PolicySeeds() {
  const std::string log =
      absl::StrCat("log ", NoteVerifier::Of(kOrigin, KeyOf(kOrigin).public_key()).Format(), "\n");
  std::string witnesses;
  for (const absl::string_view name : {"a", "b", "c"}) {
    absl::StrAppend(&witnesses, "witness ", name, " ",
                    NoteVerifier::Of(name, KeyOf(name).public_key(), kNoteCosignatureV1).Format(),
                    "\n");
  }
  return {absl::StrCat(log, "quorum none\n"),
          absl::StrCat("# comment\n", log, witnesses, "group g 2 a b c\nquorum g\n"),
          absl::StrCat(witnesses, "group g any a b\ngroup h all g c\nquorum h\n"),
          absl::StrCat(log, "group g 4 a\nquorum g\n")};
}

Outcome RunTilePath(absl::string_view input) {
  const absl::StatusOr<Tile> tile = ParseTilePath(input);
  if (!tile.ok()) return Refused(tile.status());
  return SameBytes(input, TilePath(*tile));
}

std::vector<std::string> TilePathSeeds() {
  return {"tile/0/x001/x234/067", "tile/7/000.p/255", "tile/entries/x001/000.p/1", "tile/8/000"};
}

Outcome RunEntryBundle(absl::string_view input) {
  const absl::StatusOr<std::vector<absl::string_view>> entries = ParseEntryBundle(input);
  if (!entries.ok()) return Refused(entries.status());
  return SameBytes(input, FormatEntryBundle(*entries).value());
}

std::vector<std::string> EntryBundleSeeds() {
  return {FormatEntryBundle({"one", "", "three"}).value(), std::string("\0\5abc", 5)};
}

TlogProof ProofOf(uint64_t index) {
  return {.extra = std::nullopt,
          .index = index,
          .hashes = InclusionProof(index, kTreeSize, Tree()).value(),
          .checkpoint_note = SignedNote()};
}

// A receipt that opens for a leaf is the one of that leaf.
Outcome RunTlogProof(absl::string_view input) {
  const absl::StatusOr<TlogProof> proof = ParseTlogProof(input);
  if (!proof.ok()) return Refused(proof.status());
  const NoteVerifier log = NoteVerifier::Of(kOrigin, KeyOf(kOrigin).public_key());
  const absl::StatusOr<OpenedCheckpoint> opened =
      OpenTlogProof(*proof, Tree().leaf_hash(5), log, {});
  if (!opened.ok()) {
    Refused(opened.status());
  } else {
    Check(opened->text == CheckpointText(), "only this head was ever signed");
    Check(proof->index == 5 && proof->hashes == ProofOf(5).hashes, "only this leaf is proven");
  }
  return SameBytes(input, FormatTlogProof(*proof));
}

std::vector<std::string> TlogProofSeeds() {
  TlogProof extra = ProofOf(5);
  extra.extra = "by hand";
  return {FormatTlogProof(ProofOf(5)), FormatTlogProof(extra), FormatTlogProof(ProofOf(12)),
          "c2sp.org/tlog-proof@v1\nindex 1\n"};
}

Outcome RunAddCheckpoint(absl::string_view input) {
  const absl::StatusOr<AddCheckpointRequest> request = ParseAddCheckpointRequest(input);
  if (!request.ok()) return Refused(request.status());
  return SameBytes(input, FormatAddCheckpointRequest(*request));
}

std::vector<std::string> AddCheckpointSeeds() {
  return {FormatAddCheckpointRequest({.old_size = 0, .checkpoint_note = SignedNote()}),
          FormatAddCheckpointRequest({.old_size = 5,
                                      .hashes = ConsistencyProof(5, kTreeSize, Tree()).value(),
                                      .checkpoint_note = CosignedNote()}),
          "old 1\nx\n"};
}

std::vector<Hash> ReadHashes(ByteReader& reader) {
  std::vector<Hash> hashes;
  while (reader.rest().size() >= Hash::kSize) {
    hashes.push_back(Hash::FromBytes(reader.ReadBytes(Hash::kSize)).value());
  }
  return hashes;
}

// index u64 · leaf hash · proof, in a tree of 13: what verifies is true, and is its one proof.
Outcome RunInclusion(absl::string_view input) {
  ByteReader reader(input);
  const uint64_t index = reader.ReadU64();
  const absl::StatusOr<Hash> leaf = Hash::FromBytes(reader.ReadBytes(Hash::kSize));
  if (!leaf.ok()) return Outcome::kRefused;
  const std::vector<Hash> proof = ReadHashes(reader);
  const absl::Status verified =
      VerifyInclusion(*leaf, index, kTreeSize, proof, Tree().Root(kTreeSize));
  if (!verified.ok()) return Refused(verified);
  Check(index < kTreeSize && *leaf == Tree().leaf_hash(index), "the leaf stands there");
  Check(proof == ProofOf(index).hashes, "one leaf has one proof");
  return Outcome::kAccepted;
}

std::vector<std::string> InclusionSeeds() {
  std::vector<std::string> seeds;
  for (const uint64_t index : {uint64_t{0}, uint64_t{7}, uint64_t{12}}) {
    std::string seed = absl::StrCat(KeyU64(index), Tree().leaf_hash(index).view());
    for (const Hash& hash : ProofOf(index).hashes) absl::StrAppend(&seed, hash.view());
    seeds.push_back(seed);
    seeds.push_back(seed.substr(0, seed.size() - Hash::kSize));
  }
  return seeds;
}

// old size u64 · old root · proof, to the tree of 13.
Outcome RunExtension(absl::string_view input) {
  ByteReader reader(input);
  const uint64_t old_size = reader.ReadU64();
  const absl::StatusOr<Hash> old_root = Hash::FromBytes(reader.ReadBytes(Hash::kSize));
  if (!old_root.ok()) return Outcome::kRefused;
  const std::vector<Hash> proof = ReadHashes(reader);
  const absl::Status verified =
      VerifyExtension(old_size, *old_root, kTreeSize, Tree().Root(kTreeSize), proof);
  if (!verified.ok()) return Refused(verified);
  Check(old_size <= kTreeSize, "a tree extends smaller ones");
  Check(*old_root == (old_size == 0 ? EmptyRoot() : Tree().Root(old_size)), "the root was its own");
  Check(proof == ConsistencyProof(old_size, kTreeSize, Tree()).value(), "there is one proof");
  return Outcome::kAccepted;
}

std::vector<std::string> ExtensionSeeds() {
  std::vector<std::string> seeds;
  for (const uint64_t old_size : {uint64_t{0}, uint64_t{6}, uint64_t{8}, kTreeSize}) {
    const Hash root = old_size == 0 ? EmptyRoot() : Tree().Root(old_size);
    std::string seed = absl::StrCat(KeyU64(old_size), root.view());
    const std::vector<Hash> proof = ConsistencyProof(old_size, kTreeSize, Tree()).value();
    for (const Hash& hash : proof) {
      absl::StrAppend(&seed, hash.view());
    }
    seeds.push_back(seed);
    seeds.push_back(absl::StrCat(seed, root.view()));
  }
  return seeds;
}

}  // namespace

std::vector<Target> MerkleTargets() {
  return {{"merkle_add_checkpoint", RunAddCheckpoint, AddCheckpointSeeds},
          {"merkle_checkpoint", RunCheckpoint, CheckpointSeeds},
          {"merkle_cosignature", RunCosignature, CosignatureSeeds},
          {"merkle_entry_bundle", RunEntryBundle, EntryBundleSeeds},
          {"merkle_extension", RunExtension, ExtensionSeeds},
          {"merkle_inclusion", RunInclusion, InclusionSeeds},
          {"merkle_leaf", RunLeaf, LeafSeeds},
          {"merkle_note", RunNote, NoteSeeds},
          {"merkle_policy", RunPolicy, PolicySeeds},
          {"merkle_tile_path", RunTilePath, TilePathSeeds},
          {"merkle_tlog_proof", RunTlogProof, TlogProofSeeds},
          {"merkle_verifier_key", RunVerifierKey, VerifierKeySeeds}};
}

}  // namespace ch8::fuzz
