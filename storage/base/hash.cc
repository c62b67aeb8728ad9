#include "storage/base/hash.h"

#include <openssl/evp.h>

#include <cstring>
#include <memory>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "storage/base/check.h"

namespace ch8 {
namespace {

struct ContextDeleter {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// The algorithm and context are looked up once per thread: EVP_sha256() costs a provider fetch on
// every initialisation in OpenSSL 3.
EVP_MD_CTX* ThreadContext() {
  static EVP_MD* const kAlgorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local std::unique_ptr<EVP_MD_CTX, ContextDeleter> context;
  if (context == nullptr) {
    context.reset(EVP_MD_CTX_new());
    Check(context != nullptr && kAlgorithm != nullptr &&
              EVP_DigestInit_ex2(context.get(), kAlgorithm, nullptr) == 1,
          "OpenSSL offers no SHA-256");
  }
  return context.get();
}

}  // namespace

std::string Hash::ToHex() const { return absl::BytesToHexString(view()); }

absl::StatusOr<Hash> Hash::FromBytes(absl::string_view raw) {
  if (raw.size() != kSize) {
    return absl::InvalidArgumentError(absl::StrCat("a hash has 32 bytes, not ", raw.size()));
  }
  Hash hash;
  std::memcpy(hash.bytes.data(), raw.data(), kSize);
  return hash;
}

absl::StatusOr<Hash> Hash::FromHex(absl::string_view hex) {
  if (hex.size() != 2 * kSize) {
    return absl::InvalidArgumentError(absl::StrCat("a hash has 64 hex digits, not ", hex.size()));
  }
  for (const char digit : hex) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(digit))) {
      return absl::InvalidArgumentError("a hash has hexadecimal digits only");
    }
  }
  return FromBytes(absl::HexStringToBytes(hex));
}

Hash Sha256(std::initializer_list<absl::string_view> parts) {
  EVP_MD_CTX* const context = ThreadContext();
  bool ok = EVP_DigestInit_ex2(context, nullptr, nullptr) == 1;
  for (const absl::string_view part : parts) {
    ok = ok && EVP_DigestUpdate(context, part.data(), part.size()) == 1;
  }
  Hash hash;
  ok = ok && EVP_DigestFinal_ex(context, hash.data(), nullptr) == 1;
  Check(ok, "SHA-256 failed");
  return hash;
}

}  // namespace ch8
