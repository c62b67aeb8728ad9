#include "services/books/history_format.h"

#include <google/protobuf/io/coded_stream.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "storage/base/bytes.h"

namespace ch8::books {
namespace {

using google::protobuf::io::CodedInputStream;
using google::protobuf::io::CodedOutputStream;

constexpr char kUnit = 'a';
constexpr char kHold = 'h';
constexpr char kBlock = 'm';
constexpr char kTime = 't';
constexpr char kFormat = 'v';

enum Flags : uint32_t { kIsCredit = 1, kHasPosted = 2, kHasHeld = 4 };

void Append(uint64_t number, std::string& out) {
  uint8_t bytes[10];
  const uint8_t* end = CodedOutputStream::WriteVarint64ToArray(number, bytes);
  out.append(reinterpret_cast<const char*>(bytes), static_cast<size_t>(end - bytes));
}

// So that small numbers of either sign are short.
uint64_t ZigZag(int64_t value) {
  return (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
}
int64_t FromZigZag(uint64_t value) {
  return static_cast<int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

absl::Status Malformed() { return absl::DataLossError("the history index has a malformed row"); }

// Reads varints; after one that is cut short all are 0 and ok() is false.
class NumberReader {
 public:
  explicit NumberReader(absl::string_view bytes)
      : stream_(reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<int>(bytes.size())),
        size_(static_cast<int>(bytes.size())) {}

  uint64_t Next() {
    uint64_t number = 0;
    ok_ = ok_ && stream_.ReadVarint64(&number);
    return ok_ ? number : 0;
  }
  bool ok() const { return ok_; }
  bool done() { return ok_ && stream_.CurrentPosition() == size_; }

 private:
  CodedInputStream stream_;
  const int size_;
  bool ok_ = true;
};

Movement ReadMovement(NumberReader& reader, const Movement& previous) {
  Movement movement = previous;
  movement.index += reader.Next();
  movement.time_us += static_cast<int64_t>(reader.Next());
  const uint64_t flags = reader.Next();
  movement.is_credit = (flags & kIsCredit) != 0;
  movement.other_account = static_cast<uint32_t>(reader.Next());
  movement.posted = (flags & kHasPosted) != 0 ? reader.Next() : 0;
  movement.held = (flags & kHasHeld) != 0 ? FromZigZag(reader.Next()) : 0;
  return movement;
}

}  // namespace

std::string FormatKey() { return std::string(1, kFormat); }

std::string UnitKey(uint32_t account) {
  std::string key(1, kUnit);
  AppendU32(key, account);
  return key;
}

std::string HoldKey(const Id& id) { return absl::StrCat(std::string(1, kHold), id.ToBytes()); }

std::string BlockKey(uint32_t account, uint64_t index) {
  std::string key(1, kBlock);
  AppendU32(key, account);
  AppendU64(key, index);
  return key;
}

std::optional<uint32_t> AccountOfBlockKey(absl::string_view key) {
  ByteReader reader(key);
  const bool is_block = reader.ReadU8() == kBlock;
  const uint32_t account = reader.ReadU32();
  reader.ReadU64();
  return is_block && reader.done() ? std::optional(account) : std::nullopt;
}

std::string TimeKey(uint64_t index) { return absl::StrCat(std::string(1, kTime), KeyU64(index)); }

std::optional<uint64_t> IndexOfTimeKey(absl::string_view key) {
  ByteReader reader(key);
  const bool is_time = reader.ReadU8() == kTime;
  const uint64_t index = reader.ReadU64();
  return is_time && reader.done() ? std::optional(index) : std::nullopt;
}

std::string EncodeNumber(uint64_t number) {
  std::string value;
  Append(number, value);
  return value;
}

absl::StatusOr<uint64_t> DecodeNumber(absl::string_view value) {
  NumberReader reader(value);
  const uint64_t number = reader.Next();
  if (!reader.done()) return Malformed();
  return number;
}

std::string EncodeBlock(const AccountSums& before, absl::Span<const Movement> movements) {
  uint64_t posted_max = 0;
  for (const Movement& movement : movements) posted_max = std::max(posted_max, movement.posted);
  std::string value;
  for (const uint64_t number :
       {posted_max, before.debits_posted, before.credits_posted, before.debits_held,
        before.credits_held, static_cast<uint64_t>(movements.front().time_us)}) {
    Append(number, value);
  }
  const Movement* previous = &movements.front();
  for (const Movement& movement : movements) {
    Append(movement.index - previous->index, value);
    Append(static_cast<uint64_t>(movement.time_us - previous->time_us), value);
    Append((movement.is_credit ? kIsCredit : 0u) | (movement.posted > 0 ? kHasPosted : 0u) |
               (movement.held != 0 ? kHasHeld : 0u),
           value);
    Append(movement.other_account, value);
    if (movement.posted > 0) Append(movement.posted, value);
    if (movement.held != 0) Append(ZigZag(movement.held), value);
    previous = &movement;
  }
  return value;
}

absl::StatusOr<uint64_t> DecodePostedMax(absl::string_view value) {
  NumberReader reader(value);
  const uint64_t posted_max = reader.Next();
  if (!reader.ok()) return Malformed();
  return posted_max;
}

absl::StatusOr<Block> DecodeBlock(absl::string_view key, absl::string_view value) {
  ByteReader key_reader(key);
  Movement previous;
  const bool is_block = key_reader.ReadU8() == kBlock;
  previous.account = key_reader.ReadU32();
  previous.index = key_reader.ReadU64();
  if (!is_block || !key_reader.done()) return Malformed();
  NumberReader reader(value);
  Block block;
  block.posted_max = reader.Next();
  block.before.debits_posted = reader.Next();
  block.before.credits_posted = reader.Next();
  block.before.debits_held = reader.Next();
  block.before.credits_held = reader.Next();
  previous.time_us = static_cast<int64_t>(reader.Next());
  while (reader.ok() && !reader.done()) {
    previous = ReadMovement(reader, previous);
    block.movements.push_back(previous);
  }
  if (!reader.ok() || block.movements.empty()) return Malformed();
  return block;
}

}  // namespace ch8::books
