#ifndef CH8_SERVICES_NODE_REBUILT_LEDGER_H_
#define CH8_SERVICES_NODE_REBUILT_LEDGER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/node/modules.h"
#include "services/node/node_folder.h"
#include "storage/base/hash.h"

// A lost ledger, made anew from what partners gave back (`ch8 node recover`, federation/core/
// deposit.h).
namespace ch8::node {

struct RebuiltLedger {
  std::string origin;
  uint64_t size = 0;
  Hash root;
};

// Where `ch8 node recover` leaves what a partner gave back of a service: chapter8.federation.v1
// GivenBack messages in files named by eight digits, from 00000000 on, in their order.
std::string GivenBackPath(absl::string_view data, absl::string_view service);

// At which size the ledger of a folder, <data>/<service>, was made anew, as `rebuilt` in it says; 0
// if it never was. Errors: kDataLoss when the file does not parse; kUnavailable.
absl::StatusOr<uint64_t> RebuiltSize(const std::string& folder);

// Makes the ledger of `module` in `data` anew, when something was given back of it and there is no
// ledger yet: its log up to the last complete deposit, its rows by replay, the rest as deposited.
// Before it is put in its place everything is checked: who signed the deposits, the root that they
// state, and what `ch8d fsck` checks. Then what was given back is removed. Nothing when there was
// nothing to do. Killed at any instant, the next call begins anew.
//
// Errors: kDataLoss when what was given back is not a whole ledger, naming what is wrong;
// kFailedPrecondition when it is another organization's; kResourceExhausted, kUnavailable.
//
// Thread safety: any one thread; no daemon may run on `data`.
absl::StatusOr<std::optional<RebuiltLedger>> RebuildLedger(const Module& module,
                                                           const NodeFolder& folder,
                                                           const std::string& data);

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_REBUILT_LEDGER_H_
