#ifndef CH8_TESTS_SUPPORT_NODE_LIES_H_
#define CH8_TESTS_SUPPORT_NODE_LIES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "chapter8/federation/v1/federation_service.pb.h"
#include "storage/base/ed25519.h"

// Ways to lie in answer to a Pull, for a peer that has its organization's real keys.
namespace ch8::testing {

enum class Lie {
  kNone,
  kOtherKey,       // The checkpoint signed by a key that nobody pinned.
  kOtherOrigin,    // A checkpoint of another log.
  kForgedProof,    // One bit of an inclusion proof flipped.
  kForgedPayload,  // An entry's bytes changed.
  kReplay,         // An entry given twice.
  kHole,           // The first new entry left out.
  kWithheld,       // No entries, though it says there are.
  kNotConsistent,  // The consistency proof left out.
  kNewestBehind,   // Says that it has fewer entries for us than it gives.
  kGarbage,        // Not a checkpoint.
};

// Every lie above but kNone, with its name and the reason that whoever verifies pages gives.
struct LieCase {
  Lie lie = Lie::kNone;
  std::string name;
  std::string reason;
};
const std::vector<LieCase>& AllLies();

// Nothing for an unknown name. "none" is kNone.
std::optional<Lie> LieOf(absl::string_view name);

// `honest` as the liar would give it. Needs at least two entries in it, and a state that has
// verified something before, for the lies about entries and consistency.
chapter8::federation::v1::PullResponse Told(Lie lie, const SigningKey& key,
                                            chapter8::federation::v1::PullResponse honest);

}  // namespace ch8::testing

#endif  // CH8_TESTS_SUPPORT_NODE_LIES_H_
