#include "services/kernel/erased_bodies.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace ch8::kernel {
namespace {

constexpr absl::string_view kPrefix = "erased-body/";

std::string KeyOf(const Hash& digest) { return absl::StrCat(kPrefix, digest.ToHex()); }

}  // namespace

void MarkErased(const Hash& digest, std::string why, Rows& rows) {
  rows.Put(Table::kRows, KeyOf(digest), std::move(why));
}

std::optional<std::string> WhyErased(const RowReader& rows, const Hash& digest) {
  return rows.Get(Table::kRows, KeyOf(digest));
}

std::optional<Hash> ErasedBy(const RowWrite& row) {
  absl::string_view hex(row.key.data(), row.key.size());
  if (row.table != Table::kRows || !row.value.has_value() || !absl::ConsumePrefix(&hex, kPrefix)) {
    return std::nullopt;
  }
  const absl::StatusOr<Hash> digest = Hash::FromBytes(absl::HexStringToBytes(hex));
  return digest.ok() ? std::optional(*digest) : std::nullopt;
}

}  // namespace ch8::kernel
