#include "services/kernel/bodies.h"

#include "absl/strings/str_cat.h"

namespace ch8::kernel {

Body MakeBody(const Hash& salt, absl::string_view content) {
  Body body;
  body.bytes = absl::StrCat(salt.view(), content);
  body.digest = Sha256(body.bytes);
  return body;
}

absl::StatusOr<std::string> ContentOf(const Hash& digest, absl::string_view bytes) {
  if (bytes.size() < Hash::kSize || Sha256(bytes) != digest) {
    return absl::DataLossError(absl::StrCat("a body is not that of ", digest.ToHex()));
  }
  return std::string(bytes.substr(Hash::kSize));
}

absl::StatusOr<std::string> MemBodies::Get(const Hash& digest) const {
  const auto found = bodies_.find(std::string(digest.view()));
  if (found == bodies_.end()) {
    return absl::NotFoundError(absl::StrCat("no body ", digest.ToHex()));
  }
  return found->second;
}

bool MemBodies::Has(const Hash& digest) const {
  return bodies_.contains(std::string(digest.view()));
}

absl::Status MemBodies::Put(const Body& body) {
  bodies_.emplace(std::string(body.digest.view()), body.bytes);
  return absl::OkStatus();
}

absl::Status MemBodies::Erase(const Hash& digest) {
  bodies_.erase(std::string(digest.view()));
  return absl::OkStatus();
}

}  // namespace ch8::kernel
