#include "clients/verify/log_files.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "clients/verify/refusal.h"
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
  loaded_.reset();
  entries_.assign(count, std::nullopt);
  if (log_.coverage == Coverage::kSample) {
    RETURN_IF_ERROR(LoadSample(tile, first, count));
  } else {
    ASSIGN_OR_RETURN(
        const std::string bytes,
        files_->Read(Name(absl::StrCat("payloads/", absl::StripPrefix(tile, "tile/entries/")))));
    ASSIGN_OR_RETURN(std::vector<BundledEntry> entries,
                     ParseBundle(bytes, log_.origin, first, count));
    std::move(entries.begin(), entries.end(), entries_.begin());
  }
  loaded_ = bundle;
  return absl::OkStatus();
}

absl::Status LogFiles::LoadSample(const std::string& tile, uint64_t first, uint64_t count) {
  ASSIGN_OR_RETURN(const std::string leaves, files_->Read(Name(tile)));
  const auto raw = ParseEntryBundle(leaves);
  if (!raw.ok() || raw->size() != count) {
    return RefuseFile(Name(tile), absl::StrCat("is no bundle of ", count, " leaves"));
  }
  leaves_.clear();
  for (const absl::string_view bytes : *raw) {
    const absl::StatusOr<Leaf> leaf = DecodeLeaf(bytes);
    if (!leaf.ok()) {
      return RefuseEntry(log_.origin, first + leaves_.size(), leaf.status().message());
    }
    leaves_.push_back(*leaf);
  }
  const std::string name =
      Name(absl::StrCat("disclosed/", absl::StripPrefix(tile, "tile/entries/")));
  if (!files_->Has(name)) return absl::OkStatus();  // Nothing of this bundle is disclosed.
  ASSIGN_OR_RETURN(const std::string bytes, files_->Read(name));
  ASSIGN_OR_RETURN(auto disclosed, ParseDisclosed(bytes, log_.origin, first, count));
  for (auto& [index, entry] : disclosed) {
    const Leaf& leaf = leaves_[index - first];
    entry.entry_class = static_cast<uint16_t>(leaf.entry_class);
    entry.tag = leaf.tag;
    entries_[index - first] = std::move(entry);
  }
  return absl::OkStatus();
}

absl::StatusOr<LogFiles::Read> LogFiles::At(uint64_t index) {
  if (!log_id_.has_value()) {
    RETURN_IF_ERROR(Load(0));
    if (!entries_.front().has_value()) {
      return RefuseEntry(log_.origin, 0, "the genesis is not disclosed");
    }
    log_id_ = LogId(log_.origin, entries_.front()->payload);
  }
  RETURN_IF_ERROR(Load(index / kBundleEntries));
  const size_t at = index % kBundleEntries;
  Read read{.bundled = entries_[at], .leaf = {}};
  if (!read.bundled.has_value()) {
    read.leaf = leaves_[at];
    return read;
  }
  ASSIGN_OR_RETURN(read.leaf, LeafOf(*read.bundled, *log_id_, log_.origin, index));
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
