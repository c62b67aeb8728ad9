#include "storage/merkle/leaf.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <algorithm>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "storage/base/bytes.h"
#include "storage/base/check.h"

namespace ch8 {
namespace {

constexpr absl::string_view kLeafMagic = "C8L1";
constexpr absl::string_view kPayloadDomain = "ch8-payload/v1\n";
constexpr absl::string_view kLeafPrefix("\x00", 1);  // RFC 6962 §2.1.

absl::string_view StepName(TransferStep step) {
  switch (step) {
    case TransferStep::kReserve:
      return "reserve";
    case TransferStep::kAnswer:
      return "answer";
    case TransferStep::kTerminal:
      return "terminal";
    case TransferStep::kMirror:
      return "mirror";
    case TransferStep::kSettled:
      return "settled";
  }
  Unreachable("transfer step without a name");
}

bool IsKnownClass(uint16_t value) {
  return value >= static_cast<uint16_t>(EntryClass::kAdministration) &&
         value <= static_cast<uint16_t>(EntryClass::kSeal);
}

}  // namespace

std::array<char, kLeafSize> EncodeLeaf(const Leaf& leaf) {
  const auto entry_class = static_cast<uint16_t>(leaf.entry_class);
  std::array<char, kLeafSize> bytes;
  auto out = std::copy(kLeafMagic.begin(), kLeafMagic.end(), bytes.begin());
  *out++ = static_cast<char>(entry_class >> 8);
  *out++ = static_cast<char>(entry_class & 0xFF);
  out = std::copy(leaf.tag.begin(), leaf.tag.end(), out);
  out = std::copy(leaf.payload_commit.bytes.begin(), leaf.payload_commit.bytes.end(), out);
  Check(out == bytes.end(), "a leaf is not 54 bytes");
  return bytes;
}

absl::StatusOr<Leaf> DecodeLeaf(absl::string_view bytes) {
  ByteReader reader(bytes);
  const absl::string_view magic = reader.ReadBytes(kLeafMagic.size());
  const uint16_t entry_class = reader.ReadU16();
  Leaf leaf;
  const absl::string_view tag = reader.ReadBytes(leaf.tag.size());
  const absl::string_view commit = reader.ReadBytes(Hash::kSize);
  if (!reader.done()) {
    return absl::InvalidArgumentError(absl::StrCat("a leaf has 54 bytes, not ", bytes.size()));
  }
  if (magic != kLeafMagic) return absl::InvalidArgumentError("a leaf does not start with C8L1");
  if (!IsKnownClass(entry_class)) {
    return absl::InvalidArgumentError(absl::StrCat("a leaf has the unknown class ", entry_class));
  }
  leaf.entry_class = static_cast<EntryClass>(entry_class);
  std::copy(tag.begin(), tag.end(), leaf.tag.begin());
  std::copy(commit.begin(), commit.end(), leaf.payload_commit.bytes.begin());
  return leaf;
}

Hash LeafHash(const Leaf& leaf) {
  const std::array<char, kLeafSize> bytes = EncodeLeaf(leaf);
  return LeafHash(absl::string_view(bytes.data(), bytes.size()));
}

Hash LeafHash(absl::string_view raw) { return Sha256({kLeafPrefix, raw}); }

Hash LogId(absl::string_view origin, absl::string_view genesis_payload) {
  return Sha256({origin, "\n", genesis_payload});
}

Hash EntrySalt(const Hash& request_salt, uint32_t row) {
  std::string row_bytes;
  AppendU32(row_bytes, row);
  return Sha256({request_salt.view(), row_bytes});
}

Hash PayloadCommit(const Hash& log_id, const Hash& salt, absl::string_view payload) {
  return Sha256({kPayloadDomain, log_id.view(), salt.view(), payload});
}

Tag TransferTag(const TransferId& id, absl::string_view giver_origin, absl::string_view this_origin,
                TransferStep step) {
  const std::string message = absl::StrCat(giver_origin, "\n", this_origin, "\n", StepName(step));
  Hash mac;
  unsigned int mac_size = 0;
  const unsigned char* const done = HMAC(EVP_sha256(), id.data(), static_cast<int>(id.size()),
                                         reinterpret_cast<const unsigned char*>(message.data()),
                                         message.size(), mac.data(), &mac_size);
  Check(done != nullptr && mac_size == Hash::kSize, "HMAC-SHA-256 failed");
  Tag tag;
  std::copy_n(mac.bytes.begin(), tag.size(), tag.begin());
  return tag;
}

}  // namespace ch8
