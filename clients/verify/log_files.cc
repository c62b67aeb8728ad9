#include "clients/verify/log_files.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/tile.h"

namespace ch8::verify {

std::string FlatName(absl::string_view origin) { return absl::StrReplaceAll(origin, {{"/", "+"}}); }

std::string LogFiles::Name(absl::string_view name) const {
  return absl::StrCat(log_.folder, "/", name);
}

absl::Status LogFiles::Load(uint64_t bundle) {
  if (loaded_ == bundle) return absl::OkStatus();
  const uint64_t first = bundle * kBundleEntries;
  const uint64_t count = std::min(kBundleEntries, log_.size - first);
  const std::string tile = TilePath(
      {.kind = TileKind::kEntries, .level = 0, .index = bundle, .width = static_cast<int>(count)});
  ASSIGN_OR_RETURN(
      const std::string bytes,
      files_->Read(Name(absl::StrCat("payloads/", absl::StripPrefix(tile, "tile/entries/")))));
  loaded_.reset();
  ASSIGN_OR_RETURN(entries_, ParseBundle(bytes, log_.origin, first, count));
  loaded_ = bundle;
  return absl::OkStatus();
}

absl::StatusOr<LogFiles::Read> LogFiles::At(uint64_t index) {
  if (!log_id_.has_value()) {
    RETURN_IF_ERROR(Load(0));
    log_id_ = LogId(log_.origin, entries_.front().payload);
  }
  RETURN_IF_ERROR(Load(index / kBundleEntries));
  Read read{.bundled = entries_[index % kBundleEntries], .leaf = {}};
  ASSIGN_OR_RETURN(read.leaf, LeafOf(read.bundled, *log_id_, log_.origin, index));
  return read;
}

absl::Status LogFiles::Visit(
    const std::function<absl::Status(uint64_t index, const Read& read)>& visit) {
  for (uint64_t index = 0; index < log_.size; ++index) {
    ASSIGN_OR_RETURN(const Read read, At(index));
    RETURN_IF_ERROR(visit(index, read));
  }
  return absl::OkStatus();
}

}  // namespace ch8::verify
