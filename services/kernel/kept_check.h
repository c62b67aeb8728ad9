#ifndef CH8_SERVICES_KERNEL_KEPT_CHECK_H_
#define CH8_SERVICES_KERNEL_KEPT_CHECK_H_

#include <map>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "storage/ledger/ledger.h"

// What a ledger keeps beside its rows and log, held against the log: every answer that is still due
// to whoever repeats a request, and none that was not given; how far each other ledger was taken;
// which of its entries are parked; the newest time. Of an answer the reply itself cannot be
// checked, for it was made of rows as they were then.
//
// Thread safety: may be called from any thread. Errors: kDataLoss when storage cannot be read.
namespace ch8::kernel {

struct KeptCheck {
  std::optional<std::string> difference;  // The first, for people.
  // The last delivery of each other ledger, by its origin.
  std::map<std::string, chapter8::ledger::v1::Delivery> last_deliveries;
};
// Reads the log once; in memory are the answers of some seven days, without their replies.
absl::StatusOr<KeptCheck> CheckKept(const Ledger& ledger);

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_KEPT_CHECK_H_
