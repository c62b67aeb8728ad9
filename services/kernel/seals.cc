#include "services/kernel/seals.h"

#include <string>
#include <utility>

#include "storage/base/bytes.h"
#include "storage/base/check.h"

namespace ch8::kernel {
namespace {

// No resource's name is without a "/".
constexpr absl::string_view kNewestKey = "sealed";

}  // namespace

std::optional<SealPlace> NewestSeal(const RowReader& rows) {
  const std::optional<std::string> value = rows.Get(Table::kRows, kNewestKey);
  if (!value.has_value()) return std::nullopt;
  ByteReader reader(*value);
  SealPlace place;
  place.index = reader.ReadU64();
  place.size = reader.ReadU64();
  place.time_us = static_cast<int64_t>(reader.ReadU64());
  Check(reader.done(), "the row of the newest seal does not parse");
  return place;
}

void PutNewestSeal(const SealPlace& place, Rows& rows) {
  std::string value = KeyU64(place.index);
  AppendU64(value, place.size);
  AppendU64(value, static_cast<uint64_t>(place.time_us));
  rows.Put(Table::kRows, kNewestKey, std::move(value));
}

}  // namespace ch8::kernel
