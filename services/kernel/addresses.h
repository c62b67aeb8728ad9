#ifndef CH8_SERVICES_KERNEL_ADDRESSES_H_
#define CH8_SERVICES_KERNEL_ADDRESSES_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "storage/base/hash.h"

// Rows (Table::kRows) by which the entries addressed to another organization are found and chained.
// A recipient is a trust domain, which has no "/".
//
// Thread safety: all functions are pure and may be called from any thread.
namespace ch8::kernel {

// Where an addressed entry stands in the log.
struct Addressed {
  uint64_t index = 0;
  Hash leaf_hash;
};

// The row of entry `number` in the chain addressed to `recipient`.
std::string AddressedKey(absl::string_view recipient, uint64_t number);
// The index, 8 bytes big-endian, and the 32 bytes of the hash.
std::string FormatAddressed(const Addressed& addressed);
// Nothing when `value` is not what FormatAddressed() makes.
std::optional<Addressed> ParseAddressed(absl::string_view value);

// The end of the chain addressed to one recipient: its newest entry's number and leaf hash. A chain
// without entries has no row, and number 0.
struct AddressHead {
  uint64_t number = 0;
  Hash leaf_hash;
};

std::string AddressHeadKey(absl::string_view recipient);
// The number, 8 bytes big-endian, and the 32 bytes of the hash.
std::string FormatAddressHead(const AddressHead& head);
// Nothing when `value` is not what FormatAddressHead() makes.
std::optional<AddressHead> ParseAddressHead(absl::string_view value);

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_ADDRESSES_H_
