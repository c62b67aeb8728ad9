#ifndef CH8_STORAGE_ROCKS_LEDGER_KEYS_H_
#define CH8_STORAGE_ROCKS_LEDGER_KEYS_H_

#include "absl/strings/string_view.h"

// RocksLedger's own records. Their bytes are part of the format.
namespace ch8 {

// In Family::kMeta.
inline constexpr absl::string_view kFormatKey = "!format";  // kFormatValue.
inline constexpr absl::string_view kOriginKey = "!origin";  // The log's origin.
inline constexpr absl::string_view kHeadKey = "!head";      // size u64 · root, of the last commit.
inline constexpr absl::string_view kCheckedKey = "!checked";  // size u64: gapless up to here.
inline constexpr absl::string_view kFormatValue = "ch8-ledger/1";

// In the families of indexes. A run's watermark is part of the run's own file, so neither is there
// without the other; the index's keys have a prefix that keeps them apart from it.
inline constexpr absl::string_view kThroughKey = "!through";  // size u64.
inline constexpr char kIndexPrefix = 'k';

}  // namespace ch8

#endif  // CH8_STORAGE_ROCKS_LEDGER_KEYS_H_
