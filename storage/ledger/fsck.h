#ifndef CH8_STORAGE_LEDGER_FSCK_H_
#define CH8_STORAGE_LEDGER_FSCK_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/base/hash.h"
#include "storage/ledger/ledger.h"
#include "storage/ledger/stored_log.h"
#include "storage/merkle/tree.h"

namespace ch8 {

// The first place where what is stored and what follows from the raw entries part.
struct Difference {
  // What is altered, missing or unreadable are entries begin <= index < end, or some of them. An
  // empty range: no entry is at fault, but what is kept beside them, of the log at that size.
  uint64_t begin = 0;
  uint64_t end = 0;
  std::string what;
};
// "entry 65: …", "entries 65 to 128: …", "size 8191: …".
std::string Describe(const Difference& difference);

struct FsckReport {
  uint64_t size = 0;  // Entries that were read and hashed.
  Hash root;          // Recomputed over them.
  uint64_t chunks = 0;
  uint64_t tiles = 0;
  uint64_t notes = 0;
  std::optional<Difference> difference;  // None: everything agrees.
};

// Recomputes a ledger's durable log from its raw entries and compares, as far as one likes at a
// time: chunks follow each other without gap or overlap; every full tile is stored and right; every
// kept note states this log's origin and the root of its size; the root is the one the ledger
// answers with. Safe while the ledger serves. In memory are a chunk, one tile a level, and some
// thousand notes.
//
// What differs first is no verdict yet: a kept note may be altered as well as an entry before it.
// So reading goes on to the next note or tile that covers the same entries, which agrees with the
// entries or with the note; and where two of them accuse, the range is what both cover.
//
// Thread safety: none of its own; the ledger may be used meanwhile.
class LogCheck {
 public:
  // Of what is durable now. Both outlive the check.
  LogCheck(const Ledger& ledger, const StoredLog& log);

  // Reads some `entries` more, a chunk at least. False at the end: the report is whole, and
  // nothing may be called but report(). Damage that storage itself reports (kDataLoss) is a
  // difference; other errors of reading are returned.
  absl::StatusOr<bool> Step(uint64_t entries);

  const FsckReport& report() const { return report_; }

 private:
  // Something kept that contradicts the entries begin <= index < end; one of the two is altered.
  struct Doubt {
    uint64_t begin = 0;
    uint64_t end = 0;
    std::string kept;     // "the kept note of size 8191"
    bool proven = false;  // It is the entries: something else contradicts them too.
  };

  // All of these return whether to read on.
  bool Differs(Difference difference);
  bool TakeChunk(uint64_t first_index, absl::string_view chunk);
  bool Append(const Hash& leaf_hash);
  bool AddNode(int level, uint64_t index, const Hash& hash);
  bool CompareTile(const TileId& id, absl::string_view expected);
  bool CompareNotes();
  bool LoadNotes();
  bool Agrees(uint64_t begin, uint64_t end);
  bool Contradicts(uint64_t begin, uint64_t end, const std::string& kept);
  bool Conclude();
  bool FinerToCome() const;

  absl::Status EndOfChunks();
  absl::Status CheckNotesBeyond();
  uint64_t FirstReadableAfter(uint64_t index) const;

  const Ledger& ledger_;
  const StoredLog& log_;
  const uint64_t size_;
  FsckReport report_;
  absl::Status status_;  // An error that is no damage.
  Frontier frontier_;
  std::optional<uint64_t> last_chunk_;   // Key of the last one taken.
  std::optional<std::string> torn_;      // What is wrong with the chunk after it.
  std::multimap<uint64_t, Hash> roots_;  // As the kept notes state them, of the sizes that come.
  uint64_t notes_through_ = 0;           // Notes of smaller sizes are read.
  std::map<int, std::string> tiles_;     // The tile in progress, by level.
  uint64_t vouched_ = 0;                 // The largest size whose kept root is right.
  std::optional<Doubt> doubt_;
  std::vector<Entry> entries_;
};

// The whole check at once: about a minute per 50 million entries. Errors: those of Step().
absl::StatusOr<FsckReport> Fsck(const Ledger& ledger, const StoredLog& log);

}  // namespace ch8

#endif  // CH8_STORAGE_LEDGER_FSCK_H_
