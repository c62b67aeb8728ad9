#include "storage/ledger/mem_rows.h"

namespace ch8 {

void MemRows::Apply(uint64_t version, uint64_t oldest_read, const std::vector<RowWrite>& writes) {
  for (const RowWrite& write : writes) {
    History& history = tables_[static_cast<size_t>(write.table)][write.key];
    while (history.size() > 1 && history[1].since <= oldest_read) history.erase(history.begin());
    if (!history.empty() && history.back().since == version) history.pop_back();
    history.push_back({.since = version, .bytes = write.value});
  }
}

const std::optional<std::string>* MemRows::Seen(const History& history, uint64_t version) {
  for (auto value = history.rbegin(); value != history.rend(); ++value) {
    if (value->since <= version) return &value->bytes;
  }
  return nullptr;
}

std::optional<std::string> MemRows::Get(Table table, absl::string_view key,
                                        uint64_t version) const {
  const auto& rows = tables_[static_cast<size_t>(table)];
  const auto found = rows.find(std::string(key));
  if (found == rows.end()) return std::nullopt;
  const std::optional<std::string>* value = Seen(found->second, version);
  return value == nullptr ? std::nullopt : *value;
}

std::optional<std::pair<std::string, std::string>> MemRows::First(Table table,
                                                                  absl::string_view begin,
                                                                  uint64_t version) const {
  const auto& rows = tables_[static_cast<size_t>(table)];
  for (auto row = rows.lower_bound(std::string(begin)); row != rows.end(); ++row) {
    const std::optional<std::string>* value = Seen(row->second, version);
    if (value != nullptr && value->has_value()) return std::make_pair(row->first, **value);
  }
  return std::nullopt;
}

MemRows MemRows::AsOf(uint64_t version) const {
  MemRows copy;
  for (size_t table = 0; table < tables_.size(); ++table) {
    for (const auto& [key, history] : tables_[table]) {
      const std::optional<std::string>* value = Seen(history, version);
      if (value != nullptr && value->has_value()) {
        copy.tables_[table][key] = {{.since = 0, .bytes = *value}};
      }
    }
  }
  return copy;
}

}  // namespace ch8
