#ifndef CH8_STORAGE_BASE_CHECK_H_
#define CH8_STORAGE_BASE_CHECK_H_

#include <source_location>

#include "absl/strings/string_view.h"

// Programmer errors. A ledger that has lost an invariant must not write another byte, so these
// abort the process, in release builds too; recovery starts from disk. Errors that can happen in a
// correct program (bad input, a full disk, an absent peer) are absl::Status instead.
//
// Thread safety: callable from any thread.
namespace ch8 {

// Aborts with `what` and the caller's position on stderr unless `condition` holds.
void Check(bool condition, absl::string_view what,
           std::source_location where = std::source_location::current());

// Aborts: control reached a place that a correct program never reaches.
[[noreturn]] void Unreachable(absl::string_view what,
                              std::source_location where = std::source_location::current());

}  // namespace ch8

#endif  // CH8_STORAGE_BASE_CHECK_H_
