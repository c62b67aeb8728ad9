#ifndef CH8_STORAGE_ROCKS_SLICE_H_
#define CH8_STORAGE_ROCKS_SLICE_H_

#include <rocksdb/slice.h>

#include "absl/strings/string_view.h"

namespace ch8 {

inline rocksdb::Slice ToSlice(absl::string_view bytes) {
  return rocksdb::Slice(bytes.data(), bytes.size());
}

inline absl::string_view ToView(const rocksdb::Slice& slice) {
  return absl::string_view(slice.data(), slice.size());
}

}  // namespace ch8

#endif  // CH8_STORAGE_ROCKS_SLICE_H_
