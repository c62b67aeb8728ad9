#include "storage/ledger/fsck.h"

#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/chunk.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/note.h"
#include "storage/merkle/tile.h"
#include "storage/merkle/tree.h"

namespace ch8 {
namespace {

// One run over one log. Every method that finds a difference notes it and returns false.
class Recheck {
 public:
  Recheck(const Ledger& ledger, const StoredLog& log)
      : ledger_(ledger), log_(log), size_(ledger.durable_size()) {}

  absl::StatusOr<FsckReport> Run() {
    RETURN_IF_ERROR(CollectNotes());
    if (!report_.difference.has_value()) Recompute();
    report_.size = frontier_.size();
    report_.root = frontier_.Root();
    if (!report_.difference.has_value()) CheckEnd();
    return std::move(report_);
  }

 private:
  bool Differs(uint64_t index, std::string what) {
    report_.difference = Difference{.index = index, .what = std::move(what)};
    return false;
  }

  absl::Status CollectNotes() {
    return log_.VisitNotes([this](uint64_t size, absl::string_view bytes) {
      if (report_.difference.has_value()) return;
      const absl::StatusOr<Note> note = ParseNote(bytes);
      absl::StatusOr<Checkpoint> checkpoint =
          note.ok() ? ParseCheckpoint(note->text) : note.status();
      if (!checkpoint.ok()) {
        Differs(size, "kept note does not parse");
      } else if (checkpoint->size != size || checkpoint->origin != ledger_.origin()) {
        Differs(size, "kept note is of another size or origin");
      } else if (size > size_) {
        Differs(size_, absl::StrCat("the log ends here, but a head of size ", size, " was signed"));
      } else {
        ++report_.notes;
        roots_.emplace(size, checkpoint->root);
      }
    });
  }

  void Recompute() {
    const absl::Status read = log_.VisitChunks(0, [this](uint64_t first_index, auto chunk) {
      return frontier_.size() < size_ && ReadChunk(first_index, chunk);
    });
    if (!read.ok()) Differs(frontier_.size(), std::string(read.message()));
  }

  bool ReadChunk(uint64_t first_index, absl::string_view chunk) {
    const uint64_t next = frontier_.size();
    if (first_index != next) {
      return Differs(next,
                     absl::StrCat("entry is missing: the next chunk starts at ", first_index));
    }
    const absl::Status decoded = DecodeChunk(chunk, entries_);
    if (!decoded.ok()) return Differs(next, std::string(decoded.message()));
    if (entries_.front().index != next) return Differs(next, "chunk is stored under another's key");
    ++report_.chunks;
    for (const Entry& entry : entries_) {
      if (frontier_.size() == size_) break;
      if (!Append(EntryLeafHash(ledger_.log_id(), entry))) return false;
    }
    return true;
  }

  bool Append(const Hash& leaf_hash) {
    bool agrees = true;
    frontier_.Append(leaf_hash, [&](int level, uint64_t index, const Hash& hash) {
      if (agrees && level % kTileHeight == 0) agrees = AddNode(level / kTileHeight, index, hash);
    });
    if (!agrees) return false;
    const auto [begin, end] = roots_.equal_range(frontier_.size());
    for (auto root = begin; root != end; ++root) {
      if (root->second != frontier_.Root()) {
        return Differs(frontier_.size(), "kept note states another root");
      }
    }
    return true;
  }

  // Adds a node to its tile, and compares the tile when it is full.
  bool AddNode(int level, uint64_t index, const Hash& hash) {
    std::string& tile = tiles_[level];
    tile.append(hash.view().data(), Hash::kSize);
    if (tile.size() < kTileWidth * Hash::kSize) return true;
    const TileId id{.level = level, .index = index / kTileWidth};
    const absl::StatusOr<std::optional<std::string>> stored = log_.ReadTile(id);
    const uint64_t first_entry = (index / kTileWidth * kTileWidth) << (level * kTileHeight);
    if (!stored.ok()) return Differs(first_entry, std::string(stored.status().message()));
    const std::string expected = std::exchange(tile, {});
    ++report_.tiles;
    if (*stored == expected) return true;
    return Differs(first_entry, absl::StrCat("tile ", level, "/", id.index,
                                             stored->has_value() ? " differs" : " is missing"));
  }

  void CheckEnd() {
    if (frontier_.size() < size_) {
      Differs(frontier_.size(), "entry is missing: the log ends here");
      return;
    }
    const absl::StatusOr<Hash> root = ledger_.RootAt(size_);
    if (!root.ok()) {
      Differs(size_, std::string(root.status().message()));
    } else if (*root != report_.root) {
      Differs(size_, "the ledger answers with another root");
    }
  }

  const Ledger& ledger_;
  const StoredLog& log_;
  const uint64_t size_;
  FsckReport report_;
  Frontier frontier_;
  std::multimap<uint64_t, Hash> roots_;  // As the kept notes state them.
  std::map<int, std::string> tiles_;     // The tile in progress, by level.
  std::vector<Entry> entries_;
};

}  // namespace

absl::StatusOr<FsckReport> Fsck(const Ledger& ledger, const StoredLog& log) {
  return Recheck(ledger, log).Run();
}

}  // namespace ch8
