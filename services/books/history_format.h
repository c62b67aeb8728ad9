#ifndef CH8_SERVICES_BOOKS_HISTORY_FORMAT_H_
#define CH8_SERVICES_BOOKS_HISTORY_FORMAT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "services/books/id.h"
#include "services/books/movements.h"

// The rows of SearchIndex::kHistory. Integers in keys are big-endian, those in values varints; all
// of it can be made anew from the log, so the format may change with a new name of the index.
//
//   'a' account u32              the account's unit, since it was opened
//   'h' id 16 bytes              a row's hold: its amount while it is open, 0 afterwards
//   'm' account u32, index u64   a block of the account's movements, from that entry on
//   'v'                          kHistoryFormat
//   't' index u64                the time of the request at that index, microseconds; of some
namespace ch8::books {

inline constexpr uint64_t kHistoryFormat = 1;

std::string FormatKey();
std::string UnitKey(uint32_t account);
std::string HoldKey(const Id& id);
std::string BlockKey(uint32_t account, uint64_t index);
// Nothing unless `key` is a BlockKey().
std::optional<uint32_t> AccountOfBlockKey(absl::string_view key);
std::string TimeKey(uint64_t index);
// Nothing unless `key` is a TimeKey().
std::optional<uint64_t> IndexOfTimeKey(absl::string_view key);

std::string EncodeNumber(uint64_t number);
// Errors: kDataLoss.
absl::StatusOr<uint64_t> DecodeNumber(absl::string_view value);

// How many movements a block has before it ends with its entry: two movements of one account by one
// entry are never parted.
inline constexpr size_t kBlockMovements = 64;

// A number of one account's movements, in order.
struct Block {
  AccountSums before;
  uint64_t posted_max = 0;  // Of one movement.
  std::vector<Movement> movements;
};

// The value of a block: `movements` are of one account, at least one, all with the same
// `account`.
std::string EncodeBlock(const AccountSums& before, absl::Span<const Movement> movements);

// Reads no more than the head of a block: what it takes to skip it. Errors: kDataLoss.
absl::StatusOr<uint64_t> DecodePostedMax(absl::string_view value);
// Errors: kDataLoss when key or value are not those of a block.
absl::StatusOr<Block> DecodeBlock(absl::string_view key, absl::string_view value);

}  // namespace ch8::books

#endif  // CH8_SERVICES_BOOKS_HISTORY_FORMAT_H_
