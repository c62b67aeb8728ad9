#ifndef CH8_STORAGE_MERKLE_SEAL_ROW_H_
#define CH8_STORAGE_MERKLE_SEAL_ROW_H_

#include <cstdint>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/base/hash.h"

// The rows of a seal: what every scope of a log came to in the entries that the seal covers. A seal
// commits to them by the root of a plain RFC 6962 tree whose leaves are, big-endian,
//
//   "C8S1"[4] · salt[32] · scope length u16 · scope · unit length u16 · unit
//     · entries u64 · gross debits u128 · gross credits u128 · last leaf hash[32]
//
// one for each scope and unit: the accounts by number, then the peers by name and unit, in the
// order of bytes. Whoever is shown one row learns no other, because each has its own salt:
//
//   secret   = SHA-256(request_salt ‖ u32 0x80000000)    EntrySalt() of a row that no request has
//   row salt = SHA-256(secret ‖ u32 row's index)         EntrySalt() again
//
// where request_salt is that of the seal's own request. The salt of the seal's entry, which is
// shown with it, is SHA-256(request_salt ‖ u32 1) and gives neither away.
//
// All of it is part of a frozen format (ledger.md §1): golden vectors are in
// testdata/seal_vectors.txt.
//
// Thread safety: all functions here are pure and may be called from any thread.
namespace ch8 {

struct SealRow {
  std::string scope;  // "accounts/7", "peers/au.example"
  std::string unit;   // "USD"; empty in the row that counts what is addressed to a peer.
  uint64_t entries = 0;
  absl::uint128 gross_debits = 0;
  absl::uint128 gross_credits = 0;
  Hash last_leaf_hash{};  // Of the last of these entries; all zero when there is none.

  friend bool operator==(const SealRow&, const SealRow&) = default;
};

inline constexpr absl::string_view kAccountScope = "accounts/";
inline constexpr absl::string_view kPeerScope = "peers/";

// The bytes of a row's leaf. Scope and unit are at most 65,535 bytes.
std::string EncodeSealRow(const SealRow& row, const Hash& salt);

// A row from its leaf's bytes, and the salt that is in them.
struct DecodedSealRow {
  SealRow row;
  Hash salt;
};
// Errors: kInvalidArgument. Not retryable.
absl::StatusOr<DecodedSealRow> DecodeSealRow(absl::string_view bytes);

// The hash of a row's leaf: SHA-256(0x00 ‖ its bytes).
Hash SealRowHash(const SealRow& row, const Hash& salt);

// What the salts of all rows of a seal follow from. Secret: it is shown only to whoever may see the
// whole ledger.
Hash SealSecret(const Hash& request_salt);
Hash SealRowSalt(const Hash& secret, uint64_t index);

// The most rows that a seal can have.
inline constexpr uint64_t kSealRowsMax = uint64_t{1} << 32;

}  // namespace ch8

#endif  // CH8_STORAGE_MERKLE_SEAL_ROW_H_
