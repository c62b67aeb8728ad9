#include "storage/ledger/index_run.h"

#include <cstring>

namespace ch8 {
namespace {

struct Row {
  absl::string_view key;
  absl::string_view value;
};

Row RowAt(const std::string& bytes, size_t offset) {
  uint32_t sizes[2];
  static_assert(sizeof(sizes) == IndexRun::kRowOverhead);
  std::memcpy(sizes, bytes.data() + offset, sizeof(sizes));
  const absl::string_view rest = absl::string_view(bytes).substr(offset + sizeof(sizes));
  return {rest.substr(0, sizes[0]), rest.substr(sizes[0], sizes[1])};
}

}  // namespace

IndexRun::IndexRun(uint64_t through_size, size_t reserve_bytes) : through_size_(through_size) {
  bytes_.reserve(reserve_bytes);
}

IndexRun::IndexRun(uint64_t through_size,
                   std::initializer_list<std::pair<absl::string_view, absl::string_view>> rows)
    : through_size_(through_size) {
  for (const auto& [key, value] : rows) Add(key, value);
}

void IndexRun::Add(absl::string_view key, absl::string_view value) {
  if (size_ > 0 && key <= RowAt(bytes_, newest_).key) sorted_ = false;
  newest_ = bytes_.size();
  const uint32_t sizes[2] = {static_cast<uint32_t>(key.size()),
                             static_cast<uint32_t>(value.size())};
  bytes_.append(reinterpret_cast<const char*>(sizes), sizeof(sizes));
  bytes_.append(key.data(), key.size());
  bytes_.append(value.data(), value.size());
  ++size_;
}

void IndexRun::Visit(Visitor visit) const {
  size_t offset = 0;
  while (offset < bytes_.size()) {
    const Row row = RowAt(bytes_, offset);
    if (!visit(row.key, row.value)) return;
    offset += kRowOverhead + row.key.size() + row.value.size();
  }
}

}  // namespace ch8
