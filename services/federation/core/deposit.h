#ifndef CH8_SERVICES_FEDERATION_CORE_DEPOSIT_H_
#define CH8_SERVICES_FEDERATION_CORE_DEPOSIT_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/federation/v1/deposit.pb.h"
#include "chapter8/federation/v1/deposit_service.pb.h"
#include "storage/base/hash.h"
#include "storage/ledger/ledger.h"
#include "storage/ledger/stored_log.h"
#include "storage/merkle/log_signers.h"

// The copy of a ledger that partners keep for it, in pieces: what goes into a piece, and who says
// that it is one. Encryption and storage are elsewhere (federation/rpc/depositor.h, services/node).
//
// Thread safety: all functions may be called from any thread.
namespace ch8::federation {

// A deposit's chunks, with the answers to their requests, stay below this, but for a first chunk.
inline constexpr size_t kDepositChunkBytesMax = 1024 * 1024;
// What a deposit may have in all, and a message with one: what a ledger knows of others has to fit.
inline constexpr size_t kDepositBytesMax = 48 * 1024 * 1024;
inline constexpr int kDepositMessageBytesMax = 64 * 1024 * 1024;

// A deposit before it is sealed and signed.
struct DepositDraft {
  uint64_t begin = 0;
  uint64_t end = 0;
  Hash root;              // Over the entries below `end`.
  bool complete = false;  // A commit ends there, and all that belongs to it is in here.
  chapter8::federation::v1::DepositContent content;
};

// A ledger whose copy is made.
struct DepositSource {
  const Ledger& ledger;
  const StoredLog& log;  // Its own.
  absl::string_view trust_domain;
};

// What follows on what `request` says the keeper holds; nothing when it holds all that is durable.
//
// Errors, domain "federation.chapter8": kFailedPrecondition/DEPOSIT_FORKED when that is not of this
// ledger's history, or is longer than it; kResourceExhausted/DEPOSIT_TOO_LARGE when what belongs to
// the newest commit fits in no message; kDataLoss when the ledger cannot be read.
absl::StatusOr<std::optional<DepositDraft>> DraftDeposit(
    const DepositSource& source, const chapter8::federation::v1::GetDepositRequest& request);

// The bytes that the log's key signs of a deposit of `origin`, whose `sealed` has that digest.
std::string DepositStatement(absl::string_view origin,
                             const chapter8::federation::v1::Deposit& deposit,
                             const Hash& sealed_digest);

// That a key of the log has signed the opened deposit. Of the last one of a copy it must be the key
// that is believed for its end: a former key may be in other hands.
// Errors: kDataLoss when none has.
enum class DepositPlace { kEarlier, kLast };
absl::Status CheckDeposit(const LogSigners& log,
                          const chapter8::federation::v1::OpenedDeposit& opened,
                          DepositPlace place);

}  // namespace ch8::federation

#endif  // CH8_SERVICES_FEDERATION_CORE_DEPOSIT_H_
