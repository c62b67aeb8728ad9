#ifndef CH8_TESTS_FUZZ_TARGET_H_
#define CH8_TESTS_FUZZ_TARGET_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// Decoders of bytes that another party sent or a disk gave back, each with the property that it
// has whatever the bytes are. README.md has the list.
//
// Thread safety: none; one target runs at a time.
namespace ch8::fuzz {

enum class Outcome { kAccepted, kRefused };

struct Target {
  std::string name;  // Of its folder below corpus/, too.
  // Gives `input` to the decoder; aborts when the property does not hold.
  Outcome (*run)(absl::string_view input);
  // What its corpus started from: some that are accepted, some that are not.
  std::vector<std::string> (*seeds)();
};

// All of them, in the order of their names.
const std::vector<Target>& Targets();

// Aborts unless `status` is a refusal that somebody can do something with: an error of the
// decoder's own, not one of ours, with a text that is printable UTF-8.
Outcome Refused(const absl::Status& status);

// Accepted, if `encoded` is what was read, byte for byte.
Outcome SameBytes(absl::string_view input, absl::string_view encoded);

std::vector<Target> MerkleTargets();
std::vector<Target> TextTargets();
std::vector<Target> LedgerTargets();
std::vector<Target> BooksTargets();
std::vector<Target> KernelTargets();
std::vector<Target> FederationTargets();
std::vector<Target> TrustTargets();
std::vector<Target> VerifyTargets();
std::vector<Target> ClientTargets();

}  // namespace ch8::fuzz

#endif  // CH8_TESTS_FUZZ_TARGET_H_
