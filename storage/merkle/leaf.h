#ifndef CH8_STORAGE_MERKLE_LEAF_H_
#define CH8_STORAGE_MERKLE_LEAF_H_

#include <array>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/base/hash.h"

// The leaf: the 54 bytes of an entry that the Merkle tree hashes. It commits to a payload, and says
// nothing that could identify or link, so a ledger's leaves may be shown to anyone.
//
//   "C8L1"[4] · class u16 · tag[16] · payload_commit[32]          big-endian
//
// Every function here is part of a frozen format (ledger.md §1): golden vectors in
// testdata/leaf_vectors.txt hold it still, and an old ledger is read with these for ever.
//
// Thread safety: all functions here are pure and may be called from any thread.
namespace ch8 {

// What an entry is about, and all that its leaf tells an outsider.
enum class EntryClass : uint16_t {
  kAdministration = 1,  // The ledger itself: genesis, keys, posts, time corrections.
  kDomain = 2,          // Requests and the events that follow from them.
  kTransfer = 3,        // A step of a two-sided transfer.
  kWitness = 4,         // Another ledger's checkpoint.
  kSeal = 5,            // Sums over all scopes up to here.
};

// Which step of which transfer an entry is; all zero for every other entry. Nobody can tell from
// two tags that they belong to one transfer unless he knows the transfer's id.
using Tag = std::array<uint8_t, 16>;

// A transfer's random 128-bit id, chosen by the giver's side. The key of its tags, so it is secret
// from everyone but the two parties and their auditors.
using TransferId = std::array<uint8_t, 16>;

struct Leaf {
  EntryClass entry_class = EntryClass::kDomain;
  Tag tag{};
  Hash payload_commit;

  friend bool operator==(const Leaf&, const Leaf&) = default;
};

inline constexpr size_t kLeafSize = 54;

std::array<char, kLeafSize> EncodeLeaf(const Leaf& leaf);

// Errors: kInvalidArgument when `bytes` is not 54 long, does not start with "C8L1" or has an
// unknown class. Not retryable.
absl::StatusOr<Leaf> DecodeLeaf(absl::string_view bytes);

// RFC 6962 §2.1: SHA-256(0x00 ‖ the leaf's bytes).
Hash LeafHash(const Leaf& leaf);
// The same for the leaf of any log, given as raw bytes.
Hash LeafHash(absl::string_view raw);

// SHA-256(origin ‖ "\n" ‖ genesis payload): what each payload commitment of a log is bound to, so
// that no entry can be passed off as one of another log. `origin` has no newline.
Hash LogId(absl::string_view origin, absl::string_view genesis_payload);

// SHA-256(request_salt ‖ row u32): the salt of one entry. Disclosing it discloses no other.
Hash EntrySalt(const Hash& request_salt, uint32_t row);

// SHA-256("ch8-payload/v1\n" ‖ log_id ‖ salt ‖ payload). `payload` is the exact bytes as stored or
// received: never re-serialise to verify.
Hash PayloadCommit(const Hash& log_id, const Hash& salt, absl::string_view payload);

// The steps of a two-sided transfer that occur at most once in a log.
enum class TransferStep {
  kReserve,   // Giver: RESERVE.
  kAnswer,    // Receiver: ACCEPT or REJECT.
  kTerminal,  // Giver: POST or VOID.
  kMirror,    // Receiver: the giver's POST or VOID, taken over.
  kSettled,   // Giver: the mirror is proven.
};

// HMAC-SHA-256(key = id, giver origin ‖ "\n" ‖ this log's origin ‖ "\n" ‖ step)[:16], where step is
// `reserve`, `answer`, `terminal`, `mirror` or `settled`. No non-zero tag occurs twice in one log,
// so whoever holds only leaves can check that nothing was committed twice. Origins have no newline.
Tag TransferTag(const TransferId& id, absl::string_view giver_origin, absl::string_view this_origin,
                TransferStep step);

}  // namespace ch8

#endif  // CH8_STORAGE_MERKLE_LEAF_H_
