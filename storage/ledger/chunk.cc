#include "storage/ledger/chunk.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "storage/base/bytes.h"
#include "storage/base/check.h"
#include "storage/base/limits.h"
#include "storage/base/status_macros.h"

namespace ch8 {
namespace {

constexpr absl::string_view kMagic = "C8K1";
constexpr size_t kHeaderSize = 4 + 8 + 1 + 1;
constexpr size_t kEntryFixedSize = 1 + 2 + 4 + 2;  // Without tag and payload.
constexpr uint8_t kHasTag = 0x80;
constexpr uint8_t kReserved = 0x40;
constexpr uint8_t kSlotMask = 0x3f;

static_assert(kChunkEntriesMax == kSlotMask + 1, "a slot must be able to name any entry's salt");
static_assert(kPayloadSizeMax <= 0xffff, "a payload's length has two bytes");
static_assert(kHeaderSize + Hash::kSize + kEntryFixedSize + sizeof(Tag) + kPayloadSizeMax <=
                  kChunkBytesMax,
              "the largest entry must fit a chunk of its own");

bool HasTag(const Tag& tag) { return tag != Tag{}; }

size_t EncodedSize(const NewEntry& entry) {
  return kEntryFixedSize + (HasTag(entry.tag) ? sizeof(Tag) : 0) + entry.payload.size();
}

absl::Status Malformed(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("malformed chunk: ", what));
}

absl::string_view Bytes(const Tag& tag) {
  return absl::string_view(reinterpret_cast<const char*>(tag.data()), tag.size());
}

absl::Status DecodeEntry(ByteReader& reader, Entry& entry) {
  const uint16_t entry_class = reader.ReadU16();
  if (entry_class < static_cast<uint16_t>(EntryClass::kAdministration) ||
      entry_class > static_cast<uint16_t>(EntryClass::kSeal)) {
    return Malformed("unknown entry class");
  }
  entry.entry_class = static_cast<EntryClass>(entry_class);
  entry.row = reader.ReadU32();
  return absl::OkStatus();
}

absl::Status DecodeTagAndPayload(ByteReader& reader, uint8_t flags, Entry& entry) {
  entry.tag = Tag{};
  if ((flags & kHasTag) != 0) {
    const absl::string_view tag = reader.ReadBytes(sizeof(Tag));
    std::copy(tag.begin(), tag.end(), entry.tag.begin());
    if (!HasTag(entry.tag)) return Malformed("zero tag stored");
  }
  const uint16_t length = reader.ReadU16();
  if (length > kPayloadSizeMax) return Malformed("payload too long");
  entry.payload = reader.ReadBytes(length);
  return reader.ok() ? absl::OkStatus() : Malformed("cut short");
}

}  // namespace

void ChunkPacker::Pack(uint64_t first_index, const std::vector<RequestEntries>& requests,
                       Emit emit) {
  first_index_ = first_index;
  for (const RequestEntries& request : requests) {
    for (const NewEntry& entry : request.entries) {
      Check(entry.payload.size() <= kPayloadSizeMax, "payload fits an entry");
      if (entry_count_ > 0 && !Fits(request, entry)) Flush(emit);
      Add(request, entry);
    }
  }
  if (entry_count_ > 0) Flush(emit);
}

bool ChunkPacker::Fits(const RequestEntries& request, const NewEntry& entry) const {
  const size_t salt = &request == last_request_ ? 0 : Hash::kSize;
  return entry_count_ < kChunkEntriesMax &&
         kHeaderSize + salts_.size() + salt + entries_.size() + EncodedSize(entry) <=
             kChunkBytesMax;
}

void ChunkPacker::Add(const RequestEntries& request, const NewEntry& entry) {
  if (&request != last_request_) {
    const absl::string_view salt = request.request_salt.view();
    const bool repeated =
        salt_count_ > 0 && absl::string_view(salts_).substr(salts_.size() - Hash::kSize) == salt;
    if (!repeated) {
      salts_.append(salt.data(), salt.size());
      ++salt_count_;
    }
    last_request_ = &request;
  }
  const bool has_tag = HasTag(entry.tag);
  entries_.push_back(static_cast<char>((salt_count_ - 1) | (has_tag ? kHasTag : 0)));
  AppendU16(entries_, static_cast<uint16_t>(entry.entry_class));
  AppendU32(entries_, entry.row);
  if (has_tag) entries_.append(Bytes(entry.tag).data(), sizeof(Tag));
  AppendU16(entries_, static_cast<uint16_t>(entry.payload.size()));
  entries_.append(entry.payload.data(), entry.payload.size());
  ++entry_count_;
}

void ChunkPacker::Flush(Emit emit) {
  chunk_.assign(kMagic.data(), kMagic.size());
  AppendU64(chunk_, first_index_);
  chunk_.push_back(static_cast<char>(entry_count_));
  chunk_.push_back(static_cast<char>(salt_count_));
  chunk_.append(salts_);
  chunk_.append(entries_);
  emit(first_index_, chunk_);
  first_index_ += entry_count_;
  entry_count_ = 0;
  salt_count_ = 0;
  last_request_ = nullptr;
  salts_.clear();
  entries_.clear();
}

absl::Status DecodeChunk(absl::string_view chunk, std::vector<Entry>& entries) {
  entries.clear();
  if (chunk.size() > kChunkBytesMax) return Malformed("too long");
  ByteReader reader(chunk);
  if (reader.ReadBytes(kMagic.size()) != kMagic) return Malformed("unknown format");
  const uint64_t first_index = reader.ReadU64();
  const size_t entry_count = reader.ReadU8();
  const size_t salt_count = reader.ReadU8();
  const absl::string_view salts = reader.ReadBytes(salt_count * Hash::kSize);
  if (!reader.ok()) return Malformed("cut short");
  if (entry_count == 0 || entry_count > kChunkEntriesMax) return Malformed("entry count");
  if (salt_count == 0 || salt_count > entry_count) return Malformed("salt count");
  if (first_index > UINT64_MAX - entry_count) return Malformed("position");
  for (size_t i = Hash::kSize; i < salts.size(); i += Hash::kSize) {
    if (salts.substr(i, Hash::kSize) == salts.substr(i - Hash::kSize, Hash::kSize)) {
      return Malformed("salt stored twice");
    }
  }

  size_t slot = 0;
  entries.resize(entry_count);
  for (size_t i = 0; i < entry_count; ++i) {
    Entry& entry = entries[i];
    entry.index = first_index + i;
    const uint8_t flags = reader.ReadU8();
    const size_t next_slot = flags & kSlotMask;
    const bool follows = next_slot == slot || (i > 0 && next_slot == slot + 1);
    if ((flags & kReserved) != 0 || !follows || next_slot >= salt_count) {
      return Malformed("salt slot");
    }
    slot = next_slot;
    const absl::string_view salt = salts.substr(slot * Hash::kSize, Hash::kSize);
    std::copy(salt.begin(), salt.end(), entry.request_salt.bytes.begin());
    RETURN_IF_ERROR(DecodeEntry(reader, entry));
    RETURN_IF_ERROR(DecodeTagAndPayload(reader, flags, entry));
  }
  if (slot + 1 != salt_count) return Malformed("salt without entry");
  if (!reader.done()) return Malformed("trailing bytes");
  return absl::OkStatus();
}

}  // namespace ch8
