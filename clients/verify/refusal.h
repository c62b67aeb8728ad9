#ifndef CH8_CLIENTS_VERIFY_REFUSAL_H_
#define CH8_CLIENTS_VERIFY_REFUSAL_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace ch8::verify {

// Why an export is refused: what is wrong, and where. Travels as a kDataLoss status.
struct Refusal {
  std::string file{};             // Relative to the export; empty when an entry is at fault.
  std::string origin{};           // The ledger; empty when a file outside the ledgers is at fault.
  std::optional<uint64_t> index;  // The first wrong entry.
  std::string what;
};

absl::Status RefuseFile(absl::string_view file, absl::string_view what);
absl::Status RefuseLedger(absl::string_view origin, absl::string_view what);
absl::Status RefuseEntry(absl::string_view origin, uint64_t index, absl::string_view what);

// The refusal that a status is, or nothing: then it is something that could not be read.
std::optional<Refusal> RefusalOf(const absl::Status& status);

// "un.example/ch8/finance, entry 17: its leaf is another than the one in the tree".
std::string Describe(const Refusal& refusal);

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_REFUSAL_H_
