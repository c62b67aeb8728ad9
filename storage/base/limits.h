#ifndef CH8_STORAGE_BASE_LIMITS_H_
#define CH8_STORAGE_BASE_LIMITS_H_

#include <cstddef>
#include <cstdint>

// Limits that more than one layer must agree on. Each is part of a format or of an API promise;
// change one only together with the document that states it.
namespace ch8 {

// One entry's payload (the exact bytes of one protobuf message).
inline constexpr size_t kPayloadSizeMax = 32 * 1024;

// One commit: a group of requests written and synced together.
inline constexpr size_t kCommitEntriesMax = 16'384;
inline constexpr size_t kCommitBytesMax = 4 * 1024 * 1024;

// One value of the log column family.
inline constexpr size_t kChunkEntriesMax = 64;
inline constexpr size_t kChunkBytesMax = 64 * 1024;

// Rows of one bulk request.
inline constexpr size_t kBatchRowsMax = 8'190;

// A page of a list: the default, and what larger wishes are clamped to.
inline constexpr int kPageSizeDefault = 100;
inline constexpr int kPageSizeMax = 1'000;

}  // namespace ch8

#endif  // CH8_STORAGE_BASE_LIMITS_H_
