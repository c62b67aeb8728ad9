#include "services/kernel/witnessed.h"

#include <algorithm>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/kernel/addresses.h"
#include "storage/base/bytes.h"

namespace ch8::kernel {
namespace {

using chapter8::ledger::v1::WitnessedHead;

// Of one ledger, by witness; no origin is the beginning of another followed by a colon.
std::string Prefix(absl::string_view origin) { return absl::StrCat("witnessed/", origin, ":"); }

std::string KeyOf(const WitnessedHead& head) {
  return absl::StrCat(Prefix(head.origin()), head.witness());
}

}  // namespace

uint64_t WitnessedSize(const RowReader& rows, absl::string_view origin, uint32_t witnesses) {
  if (witnesses == 0) return std::numeric_limits<uint64_t>::max();
  std::vector<uint64_t> sizes;
  rows.Scan(Table::kRows, Prefix(origin), "", [&](absl::string_view, absl::string_view size) {
    sizes.push_back(ByteReader(size).ReadU64());
    return true;
  });
  if (sizes.size() < witnesses) return 0;
  std::sort(sizes.begin(), sizes.end(), std::greater<>());
  return sizes[witnesses - 1];
}

bool IsNewlyWitnessed(const RowReader& rows, const WitnessedHead& head) {
  const auto known = rows.Get(Table::kRows, KeyOf(head));
  return head.size() > (known.has_value() ? ByteReader(*known).ReadU64() : 0);
}

void ApplyWitnessedHead(const WitnessedHead& head, Rows& rows) {
  rows.Put(Table::kRows, KeyOf(head), KeyU64(head.size()));
}

}  // namespace ch8::kernel
