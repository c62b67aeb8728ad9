#include "services/books/id.h"

#include "storage/base/bytes.h"

namespace ch8::books {

std::string Id::ToBytes() const {
  std::string bytes;
  bytes.reserve(16);
  AppendU64(bytes, high);
  AppendU64(bytes, low);
  return bytes;
}

std::optional<Id> Id::FromBytes(absl::string_view bytes) {
  ByteReader reader(bytes);
  Id id;
  id.high = reader.ReadU64();
  id.low = reader.ReadU64();
  if (!reader.done()) return std::nullopt;
  return id;
}

}  // namespace ch8::books
