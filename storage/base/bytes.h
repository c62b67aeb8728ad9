#ifndef CH8_STORAGE_BASE_BYTES_H_
#define CH8_STORAGE_BASE_BYTES_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

// Big-endian integers in stored bytes.
namespace ch8 {

void AppendU16(std::string& out, uint16_t value);
void AppendU32(std::string& out, uint32_t value);
void AppendU64(std::string& out, uint64_t value);

// The eight-byte key of a position, so that keys sort as positions do.
std::string KeyU64(uint64_t value);

// Reads fields off the front of a byte string. After the first short read every further read yields
// zero or an empty view and ok() is false, so a decoder checks once, at its end.
//
// Thread safety: none; views point into the bytes given, which must outlive them.
class ByteReader {
 public:
  explicit ByteReader(absl::string_view bytes) : rest_(bytes) {}

  uint8_t ReadU8();
  uint16_t ReadU16();
  uint32_t ReadU32();
  uint64_t ReadU64();
  absl::string_view ReadBytes(size_t size_bytes);

  bool ok() const { return ok_; }
  // True when everything was read and nothing was short.
  bool done() const { return ok_ && rest_.empty(); }
  absl::string_view rest() const { return rest_; }

 private:
  absl::string_view rest_;
  bool ok_ = true;
};

}  // namespace ch8

#endif  // CH8_STORAGE_BASE_BYTES_H_
