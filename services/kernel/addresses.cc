#include "services/kernel/addresses.h"

#include "absl/strings/str_cat.h"
#include "storage/base/bytes.h"

namespace ch8::kernel {
namespace {

std::string FormatNumberAndHash(uint64_t number, const Hash& hash) {
  std::string value = KeyU64(number);
  value.append(hash.view().data(), hash.view().size());
  return value;
}

bool ParseNumberAndHash(absl::string_view value, uint64_t& number, Hash& hash) {
  ByteReader reader(value);
  number = reader.ReadU64();
  const absl::StatusOr<Hash> parsed = Hash::FromBytes(reader.ReadBytes(Hash::kSize));
  if (!parsed.ok() || !reader.done()) return false;
  hash = *parsed;
  return true;
}

}  // namespace

std::string AddressedKey(absl::string_view recipient, uint64_t number) {
  return absl::StrCat("addressed/", recipient, "/", KeyU64(number));
}

std::string FormatAddressed(const Addressed& addressed) {
  return FormatNumberAndHash(addressed.index, addressed.leaf_hash);
}

std::optional<Addressed> ParseAddressed(absl::string_view value) {
  Addressed addressed;
  if (!ParseNumberAndHash(value, addressed.index, addressed.leaf_hash)) return std::nullopt;
  return addressed;
}

std::string AddressHeadKey(absl::string_view recipient) {
  return absl::StrCat("address-head/", recipient);
}

std::string FormatAddressHead(const AddressHead& head) {
  return FormatNumberAndHash(head.number, head.leaf_hash);
}

std::optional<AddressHead> ParseAddressHead(absl::string_view value) {
  AddressHead head;
  if (!ParseNumberAndHash(value, head.number, head.leaf_hash)) return std::nullopt;
  return head;
}

}  // namespace ch8::kernel
