#ifndef CH8_TESTS_FUZZ_FIXED_KEY_H_
#define CH8_TESTS_FUZZ_FIXED_KEY_H_

#include <string>

#include "absl/strings/string_view.h"
#include "storage/base/ed25519.h"
#include "storage/base/hash.h"

namespace ch8::fuzz {

inline constexpr absl::string_view kOrigin = "au.example/ch8/finance";

// The key of one name, always the same: whoever has it signs what a target is fed with.
inline SigningKey KeyOf(absl::string_view name) {
  return SigningKey::FromSeed(Sha256(name).view()).value();
}

}  // namespace ch8::fuzz

#endif  // CH8_TESTS_FUZZ_FIXED_KEY_H_
