#include "services/kernel/rows.h"

#include <algorithm>

namespace ch8::kernel {
namespace {

// The smallest key greater than every key that starts with `prefix`; empty when there is none.
std::string EndOfPrefix(absl::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xFF) end.pop_back();
  if (!end.empty()) end.back() = static_cast<char>(end.back() + 1);
  return end;
}

// `after` comes from page tokens: one from elsewhere must not lead out of the prefix.
std::string BeginOf(absl::string_view prefix, absl::string_view after) {
  if (after.empty()) return std::string(prefix);
  return std::max(std::string(prefix), absl::StrCat(after, absl::string_view("\0", 1)));
}

}  // namespace

std::optional<std::string> SnapshotRows::Get(Table table, absl::string_view key) const {
  absl::StatusOr<std::optional<std::string>> value = snapshot_.Get(table, key);
  if (!value.ok()) {
    status_.Update(value.status());
    return std::nullopt;
  }
  return *std::move(value);
}

void SnapshotRows::Scan(Table table, absl::string_view prefix, absl::string_view after,
                        const Visitor& visit) const {
  status_.Update(snapshot_.Scan(table, BeginOf(prefix, after), EndOfPrefix(prefix), visit));
}

std::optional<std::string> Rows::Get(Table table, absl::string_view key) const {
  const auto found = writes_.find(std::make_pair(table, std::string(key)));
  return found != writes_.end() ? found->second : base_.Get(table, key);
}

// Merges the base's rows with the writes, both in key order; a written key hides the base's.
void Rows::Scan(Table table, absl::string_view prefix, absl::string_view after,
                const Visitor& visit) const {
  const std::string begin = BeginOf(prefix, after);
  auto written = writes_.lower_bound(std::make_pair(table, begin));
  const auto in_range = [&] {
    return written != writes_.end() && written->first.first == table &&
           absl::string_view(written->first.second).substr(0, prefix.size()) == prefix;
  };
  bool go_on = true;
  const auto visit_written = [&] {
    if (written->second.has_value()) go_on = visit(written->first.second, *written->second);
    ++written;
  };
  base_.Scan(table, prefix, after, [&](absl::string_view key, absl::string_view value) {
    while (go_on && in_range() && absl::string_view(written->first.second) < key) visit_written();
    if (!go_on) return false;
    if (in_range() && absl::string_view(written->first.second) == key) {
      visit_written();
    } else {
      go_on = visit(key, value);
    }
    return go_on;
  });
  while (go_on && in_range()) visit_written();
}

void Rows::Put(Table table, absl::string_view key, std::string value) {
  writes_[std::make_pair(table, std::string(key))] = std::move(value);
}

void Rows::Delete(Table table, absl::string_view key) {
  writes_[std::make_pair(table, std::string(key))] = std::nullopt;
}

std::vector<RowWrite> Rows::TakeWrites() {
  std::vector<RowWrite> writes;
  writes.reserve(writes_.size());
  for (auto& [key, value] : writes_) {
    writes.push_back(RowWrite{key.first, key.second, std::move(value)});
  }
  writes_.clear();
  return writes;
}

}  // namespace ch8::kernel
