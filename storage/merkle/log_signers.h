#ifndef CH8_STORAGE_MERKLE_LOG_SIGNERS_H_
#define CH8_STORAGE_MERKLE_LOG_SIGNERS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "storage/base/ed25519.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/note.h"

// Who signs the heads of one log: one key at a time. When a key is replaced or revoked, a size is
// stated up to which it is believed, and its successor signs what is larger; so what was signed in
// time stays valid, and what a stolen key signs later is nothing.
//
// Thread safety: all functions are pure and may be called from any thread.
namespace ch8 {

// One key of a log.
struct LogKey {
  LogKey() = default;
  // Most logs have one key for all their life.
  LogKey(const PublicKey& public_key, uint64_t until = 0)  // NOLINT(google-explicit-constructor)
      : key(public_key), until_size(until) {}

  PublicKey key;
  uint64_t until_size = 0;  // The largest head it is believed for; 0: it signs now.

  bool Believes(uint64_t size) const { return until_size == 0 || size <= until_size; }

  friend bool operator==(const LogKey&, const LogKey&) = default;
};

struct LogSigners {
  std::string origin;
  std::vector<LogKey> keys;  // In the order in which they signed; their sizes never fall.
};

// The key believed for a head of `size`: the first one whose size is not exceeded. Null when there
// is none.
const LogKey* SignerAt(absl::Span<const LogKey> keys, uint64_t size);

// Opens a head that the key believed for its size has signed, as OpenCheckpoint() does.
//
// Errors, none retryable:
//   kInvalidArgument  malformed.
//   kUnauthenticated  of another origin, or not signed by that key.
//   kOutOfRange       signed by a key that is replaced or revoked, and larger than it is believed
//                     for.
absl::StatusOr<OpenedCheckpoint> OpenHead(absl::string_view note, const LogSigners& log,
                                          absl::Span<const NoteVerifier> witnesses);

// The same for a head that has been judged before: any key of the log may have signed it. Errors:
// as above but the last.
absl::StatusOr<OpenedCheckpoint> OpenOldHead(absl::string_view note, const LogSigners& log,
                                             absl::Span<const NoteVerifier> witnesses);

// By origin.
using LogSignersByOrigin = std::map<std::string, LogSigners, std::less<>>;

// C2SP verifier keys, one a line; empty lines and lines that start with # are skipped. Behind a key
// that was replaced stands, after a space, the size up to which it is believed; its successors
// follow in their order.
// Errors: kInvalidArgument, naming the line; also for a second key of one origin that does not
// follow, or a key of a type that cannot be checked.
absl::StatusOr<LogSignersByOrigin> ParseLogSigners(absl::string_view text);

}  // namespace ch8

#endif  // CH8_STORAGE_MERKLE_LOG_SIGNERS_H_
