#include "storage/base/bytes.h"

namespace ch8 {
namespace {

template <typename T>
void AppendBigEndian(std::string& out, T value) {
  char bytes[sizeof(T)];
  for (size_t i = sizeof(T); i > 0; --i) {
    bytes[i - 1] = static_cast<char>(value & 0xFF);
    value = static_cast<T>(value >> 8);
  }
  out.append(bytes, sizeof(T));
}

template <typename T>
T ReadBigEndian(absl::string_view bytes) {
  T value = 0;
  for (const char byte : bytes) {
    value = static_cast<T>(value << 8 | static_cast<unsigned char>(byte));
  }
  return value;
}

}  // namespace

void AppendU16(std::string& out, uint16_t value) { AppendBigEndian(out, value); }
void AppendU32(std::string& out, uint32_t value) { AppendBigEndian(out, value); }
void AppendU64(std::string& out, uint64_t value) { AppendBigEndian(out, value); }

std::string KeyU64(uint64_t value) {
  std::string key;
  AppendU64(key, value);
  return key;
}

absl::string_view ByteReader::ReadBytes(size_t size_bytes) {
  if (!ok_ || rest_.size() < size_bytes) {
    ok_ = false;
    return {};
  }
  const absl::string_view bytes = rest_.substr(0, size_bytes);
  rest_.remove_prefix(size_bytes);
  return bytes;
}

uint8_t ByteReader::ReadU8() { return ReadBigEndian<uint16_t>(ReadBytes(1)) & 0xFF; }
uint16_t ByteReader::ReadU16() { return ReadBigEndian<uint16_t>(ReadBytes(2)); }
uint32_t ByteReader::ReadU32() { return ReadBigEndian<uint32_t>(ReadBytes(4)); }
uint64_t ByteReader::ReadU64() { return ReadBigEndian<uint64_t>(ReadBytes(8)); }

}  // namespace ch8
