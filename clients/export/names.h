#ifndef CH8_CLIENTS_EXPORT_NAMES_H_
#define CH8_CLIENTS_EXPORT_NAMES_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

// How files of an export are named. README.md has the whole layout.
//
// Thread safety: any thread.
namespace ch8::audit {

// An origin as one file name: "un.example/ch8/finance" is "un.example+ch8+finance". No origin has a
// plus, so no two are one name.
std::string FlatName(absl::string_view origin);

// The folder of a ledger within the export: "finance".
std::string FolderOf(absl::string_view origin);

// Entries in one bundle, leaves in one tile.
inline constexpr uint64_t kBundleEntries = 256;

// The bundle in the folder `kind` of the level-0 tile of that number: "payloads/000",
// "payloads/000.p/17" when the tile has less than kBundleEntries.
std::string BundlePath(absl::string_view kind, uint64_t bundle, uint64_t entries);

}  // namespace ch8::audit

#endif  // CH8_CLIENTS_EXPORT_NAMES_H_
