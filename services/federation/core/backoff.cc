#include "services/federation/core/backoff.h"

#include <algorithm>
#include <limits>

namespace ch8::federation {

absl::Duration Backoff::NextWait(uint32_t random) {
  absl::Duration whole = options_.first;
  for (int i = 0; i < failures_ && whole < options_.cap; ++i) whole *= 2;
  whole = std::min(whole, options_.cap);
  if (failures_ < std::numeric_limits<int>::max()) ++failures_;
  const absl::Duration half = whole / 2;
  const int64_t spread_us = absl::ToInt64Microseconds(whole - half);
  const auto part =
      static_cast<int64_t>(static_cast<uint64_t>(random) % (static_cast<uint64_t>(spread_us) + 1));
  return half + absl::Microseconds(part);
}

}  // namespace ch8::federation
