#ifndef CH8_SERVICES_NODE_KEY_CHANGE_H_
#define CH8_SERVICES_NODE_KEY_CHANGE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/node/node_folder.h"
#include "storage/ledger/ledger.h"

namespace ch8::node {

// Which heads a ledger's key signs, and what the log has to say of it first.
struct KeyPlan {
  // The size up to which the keys before it are believed; 0 when it is the first.
  uint64_t signs_above = 0;
  // The change that the log does not have yet.
  std::optional<chapter8::ledger::v1::LogKeyChanged> change;
  // Why the ledger signs nothing while this process runs; empty: it signs.
  std::string refused;
  // Whether the directory may put the record in force: one that a ledger here refuses stays a file.
  enum class Record { kTaken, kLeft } record = Record::kTaken;
};

// Holds the newest record in `folder` against what the service's `ledger` has logged.
//
// Errors, none of which a retry cures:
//   kFailedPrecondition  the record in the folder is older than one that the ledger has logged or
//                        knows, or another of the same sequence; or it believes the former key
//                        beyond the end of the log, which is then too short (restored from a
//                        backup?) or was never so long; or it takes back what a partner has
//                        cosigned (ledger.md §2, "Keys"); or the old key's signature is not good.
//   kInvalidArgument     the file that holds that signature is damaged.
//   kDataLoss            the ledger's rows are broken.
//
// Thread safety: any thread.
absl::StatusOr<KeyPlan> PlanKey(const NodeFolder& folder, absl::string_view service,
                                const Ledger& ledger);

// The plans of all ledgers of a node, which sign and log nothing of a record that one of them
// cannot take: that one signs nothing, nor does one whose own change stands in the same record, and
// the others go on as they were. Errors: kDataLoss as above.
struct KeyPlanOf {
  std::string service;
  const Ledger* ledger = nullptr;
};
absl::StatusOr<std::vector<KeyPlan>> PlanKeys(const NodeFolder& folder,
                                              const std::vector<KeyPlanOf>& ledgers);

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_KEY_CHANGE_H_
