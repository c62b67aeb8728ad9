#ifndef CH8_CLIENTS_EXPORT_WITNESS_POLICY_H_
#define CH8_CLIENTS_EXPORT_WITNESS_POLICY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "clients/export/log_keys.h"

// How many other organizations must hold a ledger to a head before one calls it witnessed, as a
// C2SP tlog-policy: a file that any tool for transparency logs reads.
//
// Thread safety: any thread.
namespace ch8::audit {

// A policy for all keys that the logs have had, by which `least` of `witnesses` must have cosigned
// a head of `logs`. Errors: kInvalidArgument unless 1 <= least <= the number of witnesses.
absl::StatusOr<std::string> FormatWitnessPolicy(const LogKeys& logs, const WitnessKeys& witnesses,
                                                uint64_t least);

// The largest size of `origin` that enough of the policy's witnesses hold it to, going by `heads`,
// whose signatures are verified here: what a witness cosigned at some size covers all smaller ones.
// 0 when no size has enough.
//
// Errors: kInvalidArgument when `policy` is none, or does not name the log; kDataLoss when a head
// does not verify: the node's answer is wrong.
absl::StatusOr<uint64_t> WitnessedSize(
    absl::string_view policy, absl::string_view origin,
    const std::vector<chapter8::ledger::v1::CosignedHead>& heads);

}  // namespace ch8::audit

#endif  // CH8_CLIENTS_EXPORT_WITNESS_POLICY_H_
