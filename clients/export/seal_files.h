#ifndef CH8_CLIENTS_EXPORT_SEAL_FILES_H_
#define CH8_CLIENTS_EXPORT_SEAL_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "chapter8/ledger/v1/seal.pb.h"

// Rows of seals and balance proofs as files: JSON with the names of the proto, bytes in base64 and
// 64-bit numbers as texts, so that any language reads them without a library of ours.
//
// Thread safety: any thread.
namespace ch8::audit {

std::string FormatSealRows(const chapter8::ledger::v1::SealRows& rows);

// What `ch8 account prove` writes. Errors: kDataLoss when the proof does not lead from the row to
// the seal's root, from the seal to the signed head, or is of another ledger: the node's answer is
// wrong.
absl::StatusOr<std::string> FormatBalanceProof(const chapter8::ledger::v1::BalanceProof& proof);

}  // namespace ch8::audit

#endif  // CH8_CLIENTS_EXPORT_SEAL_FILES_H_
