#include "tests/sim/checked_signatures.h"

#include <string>
#include <unordered_map>

#include "storage/base/ed25519.h"

namespace {

// What libsodium said, by signature, key and message.
std::unordered_map<std::string, int>& Checked() {
  static auto* const checked = new std::unordered_map<std::string, int>();
  return *checked;
}

}  // namespace

// The names are the linker's (--wrap).
extern "C" {

int __real_crypto_sign_verify_detached(const unsigned char* signature, const unsigned char* message,
                                       unsigned long long message_size, const unsigned char* key);

int __wrap_crypto_sign_verify_detached(const unsigned char* signature, const unsigned char* message,
                                       unsigned long long message_size, const unsigned char* key) {
  const auto text = [](const unsigned char* bytes) { return reinterpret_cast<const char*>(bytes); };
  std::string question(text(signature), ch8::Signature::kSize);
  question.append(text(key), ch8::PublicKey::kSize).append(text(message), message_size);
  const auto [known, is_new] = Checked().try_emplace(std::move(question));
  if (is_new) {
    known->second = __real_crypto_sign_verify_detached(signature, message, message_size, key);
  }
  return known->second;
}

}  // extern "C"

namespace ch8::sim {

void ForgetCheckedSignatures() { Checked().clear(); }

}  // namespace ch8::sim
