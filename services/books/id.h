#ifndef CH8_SERVICES_BOOKS_ID_H_
#define CH8_SERVICES_BOOKS_ID_H_

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"

namespace ch8::books {

// The 128-bit id of a bulk row, of a hold or of a two-sided transfer: one space of ids per ledger,
// each used once for ever. A plain value.
struct Id {
  uint64_t high = 0;
  uint64_t low = 0;

  // 16 bytes, big-endian, so that keys sort as ids do.
  std::string ToBytes() const;
  // Nothing when `bytes` is not 16 long.
  static std::optional<Id> FromBytes(absl::string_view bytes);

  bool is_zero() const { return high == 0 && low == 0; }

  friend bool operator==(const Id&, const Id&) = default;
  friend auto operator<=>(const Id&, const Id&) = default;

  template <typename H>
  friend H AbslHashValue(H h, const Id& id) {
    return H::combine(std::move(h), id.high, id.low);
  }
};

}  // namespace ch8::books

#endif  // CH8_SERVICES_BOOKS_ID_H_
