#include "tests/support/node_lies.h"

#include <utility>

#include "storage/base/check.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/note.h"

namespace ch8::testing {
namespace {

using chapter8::federation::v1::PullResponse;

Checkpoint CheckpointOf(const PullResponse& response) {
  const auto note = ParseNote(response.checkpoint_note());
  Check(note.ok(), note.status().ToString());
  auto checkpoint = ParseCheckpoint(note->text);
  Check(checkpoint.ok(), checkpoint.status().ToString());
  return *std::move(checkpoint);
}

void SignAgain(const Checkpoint& checkpoint, const SigningKey& key, PullResponse& response) {
  const auto note = SignCheckpoint(checkpoint, key);
  Check(note.ok(), note.status().ToString());
  response.set_checkpoint_note(*note);
}

}  // namespace

const std::vector<LieCase>& AllLies() {
  static const std::vector<LieCase>& cases = *new std::vector<LieCase>{
      {Lie::kOtherKey, "other-key", "NOT_SIGNED"},
      {Lie::kOtherOrigin, "other-origin", "OTHER_ORIGIN"},
      {Lie::kForgedProof, "forged-proof", "NOT_INCLUDED"},
      {Lie::kForgedPayload, "forged-payload", "NOT_INCLUDED"},
      {Lie::kReplay, "replay", "REPLAYED"},
      {Lie::kHole, "hole", "HOLE"},
      {Lie::kWithheld, "withheld", "HOLE"},
      {Lie::kNotConsistent, "not-consistent", "NOT_CONSISTENT"},
      {Lie::kNewestBehind, "newest-behind", "NEWEST_BEHIND"},
      {Lie::kGarbage, "garbage", "NOTE_MALFORMED"},
  };
  return cases;
}

std::optional<Lie> LieOf(absl::string_view name) {
  if (name == "none") return Lie::kNone;
  for (const LieCase& one : AllLies()) {
    if (one.name == name) return one.lie;
  }
  return std::nullopt;
}

PullResponse Told(Lie lie, const SigningKey& key, PullResponse honest) {
  const bool about_entries = lie == Lie::kForgedProof || lie == Lie::kForgedPayload ||
                             lie == Lie::kReplay || lie == Lie::kHole || lie == Lie::kWithheld;
  Check(!about_entries || honest.entries_size() >= 2, "a lie about entries needs two");
  switch (lie) {
    case Lie::kNone:
      break;
    case Lie::kOtherKey:
      SignAgain(CheckpointOf(honest), SigningKey::Generate(), honest);
      break;
    case Lie::kOtherOrigin: {
      Checkpoint checkpoint = CheckpointOf(honest);
      checkpoint.origin += "/2";
      SignAgain(checkpoint, key, honest);
      break;
    }
    case Lie::kForgedProof:
      honest.mutable_entries(0)->mutable_inclusion_proof(0)->front() ^= 1;
      break;
    case Lie::kForgedPayload:
      honest.mutable_entries(0)->mutable_payload()->append("\xa2\x06\x01x");
      break;
    case Lie::kReplay:
      *honest.mutable_entries(1) = honest.entries(0);
      break;
    case Lie::kHole:
      honest.mutable_entries()->DeleteSubrange(0, 1);
      break;
    case Lie::kWithheld:
      honest.clear_entries();
      break;
    case Lie::kNotConsistent:
      honest.clear_consistency_proof();
      break;
    case Lie::kNewestBehind:
      honest.set_newest_number(honest.newest_number() - 1);
      break;
    case Lie::kGarbage:
      honest.set_checkpoint_note("not a note\n");
      break;
  }
  return honest;
}

}  // namespace ch8::testing
