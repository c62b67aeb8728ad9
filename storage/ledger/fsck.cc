#include "storage/ledger/fsck.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/chunk.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/note.h"
#include "storage/merkle/tile.h"

namespace ch8 {
namespace {

constexpr size_t kNotesAtOnce = 4'096;
constexpr uint64_t kEnd = std::numeric_limits<uint64_t>::max();

absl::StatusOr<Checkpoint> CheckpointIn(absl::string_view note_bytes) {
  ASSIGN_OR_RETURN(const Note note, ParseNote(note_bytes));
  return ParseCheckpoint(note.text);
}

std::string KeptNote(uint64_t size) { return absl::StrCat("the kept note of size ", size); }

}  // namespace

std::string Describe(const Difference& difference) {
  const auto [begin, end, what] = difference;
  if (begin == end) return absl::StrCat("size ", begin, ": ", what);
  if (begin + 1 == end) return absl::StrCat("entry ", begin, ": ", what);
  return absl::StrCat("entries ", begin, " to ", end - 1, ": ", what);
}

LogCheck::LogCheck(const Ledger& ledger, const StoredLog& log)
    : ledger_(ledger), log_(log), size_(ledger.durable_size()) {}

absl::StatusOr<bool> LogCheck::Step(uint64_t entries) {
  const uint64_t start = frontier_.size();
  const uint64_t stop = start + std::min(size_ - start, entries);
  const absl::Status read =
      log_.VisitChunks(last_chunk_.value_or(0), [&](uint64_t first_index, auto chunk) {
        if (last_chunk_.has_value() && first_index <= *last_chunk_) return true;
        return TakeChunk(first_index, chunk) && (frontier_.size() < stop || torn_.has_value());
      });
  RETURN_IF_ERROR(status_);
  if (absl::IsDataLoss(read)) {
    const uint64_t next = frontier_.size();
    Differs({next, FirstReadableAfter(next), std::string(read.message())});
  } else if (!read.ok()) {
    return read;
  }
  const bool at_end = frontier_.size() == size_ || frontier_.size() == start || torn_.has_value();
  if (!report_.difference.has_value() && at_end) RETURN_IF_ERROR(EndOfChunks());
  report_.size = frontier_.size();
  report_.root = frontier_.Root();
  return !report_.difference.has_value() && !at_end;
}

bool LogCheck::Differs(Difference difference) {
  if (!report_.difference.has_value()) report_.difference = std::move(difference);
  return false;
}

bool LogCheck::TakeChunk(uint64_t first_index, absl::string_view chunk) {
  const uint64_t next = frontier_.size();
  if (torn_.has_value()) return Differs({next, first_index, *torn_});
  if (first_index > next) return Differs({next, first_index, "missing"});
  if (first_index < next) {
    return Differs({first_index, first_index + 1, "stored a second time, inside another chunk"});
  }
  if (const absl::Status decoded = DecodeChunk(chunk, entries_); !decoded.ok()) {
    torn_ = std::string(decoded.message());
    return true;  // Its end shows at the next one's beginning.
  }
  if (entries_.front().index != next) {
    torn_ = "the chunk is stored under another's key";
    return true;
  }
  last_chunk_ = first_index;
  ++report_.chunks;
  for (const Entry& entry : entries_) {
    if (frontier_.size() == size_) break;
    if (!Append(EntryLeafHash(ledger_.log_id(), entry))) return false;
  }
  return true;
}

bool LogCheck::Append(const Hash& leaf_hash) {
  bool go_on = true;
  frontier_.Append(leaf_hash, [&](int level, uint64_t index, const Hash& hash) {
    if (go_on && level % kTileHeight == 0) go_on = AddNode(level / kTileHeight, index, hash);
  });
  if (!go_on || !CompareNotes()) return false;
  return !doubt_.has_value() || !doubt_->proven || FinerToCome() || Conclude();
}

// Adds a node to its tile, and compares the tile when it is full.
bool LogCheck::AddNode(int level, uint64_t index, const Hash& hash) {
  std::string& tile = tiles_[level];
  tile.append(hash.view().data(), Hash::kSize);
  if (tile.size() < kTileWidth * Hash::kSize) return true;
  ++report_.tiles;
  return CompareTile({.level = level, .index = index / kTileWidth}, std::exchange(tile, {}));
}

bool LogCheck::CompareTile(const TileId& id, absl::string_view expected) {
  const uint64_t width = uint64_t{1} << (id.level * kTileHeight);  // Entries below one hash.
  const uint64_t first = id.index * kTileWidth * width;
  const uint64_t size = first + kTileWidth * width;
  const std::string name = absl::StrCat("tile ", id.level, "/", id.index);
  const absl::StatusOr<std::optional<std::string>> stored = log_.ReadTile(id);
  if (!stored.ok() && !absl::IsDataLoss(stored.status())) {
    status_ = stored.status();
    return false;
  }
  if (!stored.ok()) return Differs({size, size, std::string(stored.status().message())});
  if (!stored->has_value()) return Differs({size, size, name + " is missing"});
  if ((*stored)->size() != expected.size()) return Differs({size, size, name + " is torn"});
  const auto differing = std::mismatch(expected.begin(), expected.end(), (*stored)->begin()).first;
  if (differing == expected.end()) return Agrees(first, size);
  const uint64_t node = static_cast<uint64_t>(differing - expected.begin()) / Hash::kSize;
  return Contradicts(first + node * width, first + (node + 1) * width, name);
}

bool LogCheck::CompareNotes() {
  const uint64_t size = frontier_.size();
  if (size >= notes_through_ && !LoadNotes()) return false;
  const auto [begin, end] = roots_.equal_range(size);
  for (auto root = begin; root != end; ++root) {
    ++report_.notes;
    if (root->second != frontier_.Root()) {
      if (!Contradicts(vouched_, size, KeptNote(size))) return false;
      continue;
    }
    if (!Agrees(0, size)) return false;
    vouched_ = size;
  }
  return true;
}

bool LogCheck::LoadNotes() {
  roots_.clear();
  const uint64_t from = frontier_.size();
  notes_through_ = kEnd;
  const absl::Status read = log_.VisitNotes(from, [&](uint64_t size, absl::string_view bytes) {
    if (size > size_) return false;
    if (roots_.size() >= kNotesAtOnce && size != roots_.rbegin()->first) {
      notes_through_ = size;
      return false;
    }
    const absl::StatusOr<Checkpoint> checkpoint = CheckpointIn(bytes);
    if (!checkpoint.ok()) return Differs({size, size, KeptNote(size) + " does not parse"});
    if (checkpoint->size != size || checkpoint->origin != ledger_.origin()) {
      return Differs({size, size, KeptNote(size) + " is of another size or origin"});
    }
    roots_.emplace(size, checkpoint->root);
    return true;
  });
  if (absl::IsDataLoss(read)) return Differs({from, from, std::string(read.message())});
  if (!read.ok()) status_ = read;
  return read.ok() && !report_.difference.has_value();
}

// Something kept says of entries begin <= index < end what they say themselves.
bool LogCheck::Agrees(uint64_t begin, uint64_t end) {
  if (!doubt_.has_value() || doubt_->begin < begin || doubt_->begin >= end) return true;
  if (end < doubt_->end) {
    doubt_->begin = end;
    return true;
  }
  if (doubt_->proven) return Conclude();
  return Differs({doubt_->end, doubt_->end,
                  doubt_->kept + " is altered: what is kept of the log later fits the entries"});
}

bool LogCheck::Contradicts(uint64_t begin, uint64_t end, const std::string& kept) {
  if (end <= vouched_) {
    return Differs({end, end, kept + " is altered: the kept notes fit the entries"});
  }
  begin = std::max(begin, vouched_);
  if (!doubt_.has_value()) {
    doubt_ = Doubt{.begin = begin, .end = end, .kept = kept};
    return true;
  }
  if (std::max(doubt_->begin, begin) >= std::min(doubt_->end, end)) return Conclude();
  doubt_->begin = std::max(doubt_->begin, begin);
  doubt_->end = std::min(doubt_->end, end);
  doubt_->proven = true;
  return true;
}

// Whether a tile of level 1 may narrow the doubt still.
bool LogCheck::FinerToCome() const {
  constexpr uint64_t kTileEntries = kTileWidth * kTileWidth;
  const uint64_t tile_end = ((doubt_->end - 1) / kTileEntries + 1) * kTileEntries;
  return frontier_.size() < tile_end && tile_end <= size_;
}

bool LogCheck::Conclude() {
  if (doubt_->proven) {
    return Differs(
        {doubt_->begin, doubt_->end, absl::StrCat("altered: ", doubt_->kept, " has another hash")});
  }
  return Differs({doubt_->begin, doubt_->end,
                  absl::StrCat("altered, or ", doubt_->kept, " is: nothing else says which")});
}

absl::Status LogCheck::EndOfChunks() {
  const uint64_t end = frontier_.size();
  if (torn_.has_value()) {
    Differs({end, size_, *torn_});
    return absl::OkStatus();
  }
  if (end < size_) {
    Differs({end, size_, "missing: the log ends here"});
    return absl::OkStatus();
  }
  const absl::StatusOr<Hash> root = ledger_.RootAt(size_);
  if (absl::IsDataLoss(root.status())) {
    Differs({size_, size_, std::string(root.status().message())});
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(root.status());
  if (*root != frontier_.Root())
    Contradicts(vouched_, size_, "the root that the ledger answers with");
  if (doubt_.has_value()) Conclude();
  if (report_.difference.has_value()) return absl::OkStatus();
  return CheckNotesBeyond();
}

// What is signed is durable: asked after the note was read, for both grow.
absl::Status LogCheck::CheckNotesBeyond() {
  const absl::Status read = log_.VisitNotes(size_ + 1, [this](uint64_t size, absl::string_view) {
    const uint64_t end = ledger_.durable_size();
    if (size <= end) return true;
    return Differs({end, size, absl::StrCat("missing: a head of size ", size, " was signed")});
  });
  if (!absl::IsDataLoss(read)) return read;
  Differs({size_, size_, std::string(read.message())});
  return absl::OkStatus();
}

// A damaged block takes the chunks beside it along; behind it the log can be read again.
uint64_t LogCheck::FirstReadableAfter(uint64_t index) const {
  uint64_t unreadable = index;
  uint64_t readable = size_;
  while (readable - unreadable > 1) {
    const uint64_t middle = unreadable + (readable - unreadable) / 2;
    const bool ok =
        log_.VisitChunks(middle, [](uint64_t, absl::string_view) { return false; }).ok();
    (ok ? readable : unreadable) = middle;
  }
  return readable;
}

absl::StatusOr<FsckReport> Fsck(const Ledger& ledger, const StoredLog& log) {
  LogCheck check(ledger, log);
  while (true) {
    ASSIGN_OR_RETURN(const bool more, check.Step(kEnd));
    if (!more) return check.report();
  }
}

}  // namespace ch8
