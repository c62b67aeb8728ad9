#include "storage/merkle/seal_row.h"

#include <limits>

#include "storage/base/bytes.h"
#include "storage/base/check.h"
#include "storage/merkle/leaf.h"

namespace ch8 {
namespace {

constexpr absl::string_view kMagic = "C8S1";
// No request has as many rows (kBatchRowsMax), so no entry has this salt.
constexpr uint32_t kSecretRow = 0x80000000;

void AppendText(std::string& out, absl::string_view text) {
  Check(text.size() <= std::numeric_limits<uint16_t>::max(), "a scope or unit is too long");
  AppendU16(out, static_cast<uint16_t>(text.size()));
  out.append(text.data(), text.size());
}

void AppendU128(std::string& out, absl::uint128 value) {
  AppendU64(out, absl::Uint128High64(value));
  AppendU64(out, absl::Uint128Low64(value));
}

absl::uint128 ReadU128(ByteReader& reader) {
  const uint64_t high = reader.ReadU64();
  return absl::MakeUint128(high, reader.ReadU64());
}

Hash ReadHash(ByteReader& reader) {
  return Hash::FromBytes(reader.ReadBytes(Hash::kSize)).value_or(Hash{});
}

}  // namespace

std::string EncodeSealRow(const SealRow& row, const Hash& salt) {
  std::string bytes(kMagic);
  bytes.append(salt.view().data(), Hash::kSize);
  AppendText(bytes, row.scope);
  AppendText(bytes, row.unit);
  AppendU64(bytes, row.entries);
  AppendU128(bytes, row.gross_debits);
  AppendU128(bytes, row.gross_credits);
  bytes.append(row.last_leaf_hash.view().data(), Hash::kSize);
  return bytes;
}

absl::StatusOr<DecodedSealRow> DecodeSealRow(absl::string_view bytes) {
  ByteReader reader(bytes);
  DecodedSealRow decoded;
  const absl::string_view magic = reader.ReadBytes(kMagic.size());
  decoded.salt = ReadHash(reader);
  decoded.row.scope = std::string(reader.ReadBytes(reader.ReadU16()));
  decoded.row.unit = std::string(reader.ReadBytes(reader.ReadU16()));
  decoded.row.entries = reader.ReadU64();
  decoded.row.gross_debits = ReadU128(reader);
  decoded.row.gross_credits = ReadU128(reader);
  decoded.row.last_leaf_hash = ReadHash(reader);
  if (magic != kMagic || !reader.done()) {
    return absl::InvalidArgumentError("not the row of a seal");
  }
  return decoded;
}

Hash SealRowHash(const SealRow& row, const Hash& salt) {
  return LeafHash(EncodeSealRow(row, salt));
}

Hash SealSecret(const Hash& request_salt) { return EntrySalt(request_salt, kSecretRow); }

Hash SealRowSalt(const Hash& secret, uint64_t index) {
  Check(index < kSealRowsMax, "a seal has too many rows");
  return EntrySalt(secret, static_cast<uint32_t>(index));
}

}  // namespace ch8
