#include "services/kernel/due.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace ch8::kernel {
namespace {

constexpr absl::string_view kPrefix = "due/";

std::string TimeKey(int64_t time_us) {
  return absl::StrCat(kPrefix, absl::StrFormat("%020d", time_us));
}

std::string KeyOf(const Due& due) { return absl::StrCat(TimeKey(due.time_us), "/", due.name); }

}  // namespace

void PutDue(const Due& due, Rows& rows) { rows.Put(Table::kRows, KeyOf(due), due.name); }

void DeleteDue(const Due& due, Rows& rows) { rows.Delete(Table::kRows, KeyOf(due)); }

std::vector<std::string> DueNames(const RowReader& rows, absl::Time time, size_t count_max) {
  // "0" sorts behind the "/" that follows a time.
  const std::string end = TimeKey(absl::ToUnixMicros(time)) + "0";
  std::vector<std::string> names;
  rows.Scan(Table::kRows, kPrefix, "", [&](absl::string_view key, absl::string_view name) {
    if (key > end || names.size() == count_max) return false;
    names.emplace_back(name);
    return true;
  });
  return names;
}

}  // namespace ch8::kernel
