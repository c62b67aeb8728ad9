#include "clients/export/seal_files.h"

#include <google/protobuf/util/json_util.h>

#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/leaf.h"
#include "storage/merkle/note.h"
#include "storage/merkle/proof.h"
#include "storage/merkle/seal_row.h"

namespace ch8::audit {
namespace {

namespace v1 = chapter8::ledger::v1;

std::string Json(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  Check(status.ok(), "a message that JSON cannot carry");
  return json;
}

absl::StatusOr<std::vector<Hash>> HashesOf(
    const google::protobuf::RepeatedPtrField<std::string>& bytes) {
  std::vector<Hash> hashes;
  for (const std::string& each : bytes) {
    ASSIGN_OR_RETURN(hashes.emplace_back(), Hash::FromBytes(each));
  }
  return hashes;
}

absl::Status CheckRow(const v1::ProvenRow& proven, const v1::Seal& seal) {
  SealRow row{.scope = proven.row().scope(),
              .unit = proven.row().unit(),
              .entries = proven.row().entries()};
  if (!absl::SimpleAtoi(proven.row().gross_debits(), &row.gross_debits) ||
      !absl::SimpleAtoi(proven.row().gross_credits(), &row.gross_credits)) {
    return absl::InvalidArgumentError("sums that are no numbers");
  }
  ASSIGN_OR_RETURN(row.last_leaf_hash, Hash::FromBytes(proven.row().last_leaf_hash()));
  ASSIGN_OR_RETURN(const Hash salt, Hash::FromBytes(proven.salt()));
  ASSIGN_OR_RETURN(const Hash root, Hash::FromBytes(seal.root()));
  ASSIGN_OR_RETURN(const std::vector<Hash> hashes, HashesOf(proven.hashes()));
  return VerifyInclusion(SealRowHash(row, salt), proven.index(), seal.rows(), hashes, root);
}

absl::Status CheckSeal(const v1::BalanceProof& proof) {
  const v1::InclusionProof& inclusion = proof.inclusion();
  ASSIGN_OR_RETURN(const Note note, ParseNote(inclusion.checkpoint().note()));
  ASSIGN_OR_RETURN(const Checkpoint head, ParseCheckpoint(note.text));
  if (head.origin != proof.origin()) return absl::InvalidArgumentError("another ledger's head");
  ASSIGN_OR_RETURN(const Hash log_id, Hash::FromBytes(proof.log_id()));
  ASSIGN_OR_RETURN(const Hash salt, Hash::FromBytes(proof.seal().salt()));
  const Leaf leaf{.entry_class = EntryClass::kSeal,
                  .payload_commit = PayloadCommit(log_id, salt, proof.seal().payload())};
  ASSIGN_OR_RETURN(const std::vector<Hash> hashes, HashesOf(inclusion.hashes()));
  return VerifyInclusion(LeafHash(leaf), inclusion.index(), head.size, hashes, head.root);
}

}  // namespace

std::string FormatSealRows(const v1::SealRows& rows) { return Json(rows); }

absl::StatusOr<std::string> FormatBalanceProof(const v1::BalanceProof& proof) {
  v1::Entry entry;
  absl::Status holds = CheckSeal(proof);
  if (holds.ok() && !(entry.ParseFromString(proof.seal().payload()) && entry.has_seal())) {
    holds = absl::InvalidArgumentError("an entry that is no seal");
  }
  if (holds.ok()) holds = CheckRow(proof.row(), entry.seal());
  if (holds.ok()) return Json(proof);
  return absl::DataLossError(absl::StrCat("the node's proof of ", proof.row().row().scope(),
                                          " does not hold: ", holds.message()));
}

}  // namespace ch8::audit
