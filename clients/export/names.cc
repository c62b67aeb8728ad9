#include "clients/export/names.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "storage/merkle/tile.h"

namespace ch8::audit {

std::string FlatName(absl::string_view origin) { return absl::StrReplaceAll(origin, {{"/", "+"}}); }

std::string FolderOf(absl::string_view origin) {
  constexpr absl::string_view kBefore = "/ch8/";
  const size_t at = origin.find(kBefore);
  return FlatName(at == absl::string_view::npos ? origin : origin.substr(at + kBefore.size()));
}

std::string BundlePath(absl::string_view kind, uint64_t bundle, uint64_t entries) {
  const std::string path = TilePath({.kind = TileKind::kEntries,
                                     .level = 0,
                                     .index = bundle,
                                     .width = static_cast<int>(entries)});
  return absl::StrCat(kind, "/", absl::StripPrefix(path, "tile/entries/"));
}

}  // namespace ch8::audit
