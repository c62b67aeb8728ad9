#ifndef CH8_STORAGE_LEDGER_CHUNK_H_
#define CH8_STORAGE_LEDGER_CHUNK_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "storage/ledger/entry.h"

// A chunk: up to 64 consecutive entries of one commit in one stored value, which is what makes a
// bulk commit a hundred writes instead of eight thousand. Frozen format, big-endian:
//
//   chunk = "C8K1"[4] · first_index u64 · entry_count u8 · salt_count u8
//         · request_salt[32] × salt_count · entry × entry_count
//   entry = slot_and_flags u8 · class u16 · row u32 · (tag[16] if flag 0x80) · length u16 · payload
//
// The low six bits of slot_and_flags say which of the chunk's request salts is the entry's; flag
// 0x80 says that a tag follows; 0x40 is zero. Slots start at 0 and rise by at most one, so every
// salt is used and one list of entries has one encoding. Leaves are not stored: they are recomputed
// by EntryLeafHash(). A bulk row costs 9 bytes beside its payload and half a byte of salt.
namespace ch8 {

// Packs the entries of commits into chunks. Keeps its buffers from one call to the next.
//
// Thread safety: none.
class ChunkPacker {
 public:
  // Calls `emit` with each chunk of the requests' entries, in order; the first entry's position is
  // `first_index`. A chunk's bytes are valid only during the call. Every payload must be at most
  // kPayloadSizeMax long (checked: a longer one has no encoding).
  using Emit = absl::FunctionRef<void(uint64_t first_index, absl::string_view chunk)>;
  void Pack(uint64_t first_index, const std::vector<RequestEntries>& requests, Emit emit);

 private:
  bool Fits(const RequestEntries& request, const NewEntry& entry) const;
  void Add(const RequestEntries& request, const NewEntry& entry);
  void Flush(Emit emit);

  uint64_t first_index_ = 0;
  size_t entry_count_ = 0;
  size_t salt_count_ = 0;
  const RequestEntries* last_request_ = nullptr;
  std::string salts_;
  std::string entries_;
  std::string chunk_;
};

// Replaces `entries` with those of the chunk; their payloads point into `chunk`. Strict: whatever
// it accepts, ChunkPacker gives back byte for byte. Errors: kDataLoss, naming what is wrong.
absl::Status DecodeChunk(absl::string_view chunk, std::vector<Entry>& entries);

}  // namespace ch8

#endif  // CH8_STORAGE_LEDGER_CHUNK_H_
