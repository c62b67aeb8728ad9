#include "clients/verify/balance_check.h"

#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "clients/verify/json_file.h"
#include "clients/verify/log_entry.h"
#include "clients/verify/refusal.h"
#include "clients/verify/seal_check.h"
#include "clients/verify/trust.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/note.h"
#include "storage/merkle/proof.h"

namespace ch8::verify {
namespace {

using chapter8::ledger::v1::BalanceProof;

constexpr absl::string_view kEnd = "the balance proof";

// Anything that does not fit is the file's fault.
template <typename T>
absl::StatusOr<T> Refused(absl::StatusOr<T> result, absl::string_view part) {
  if (result.ok()) return result;
  return RefuseFile(kEnd, absl::StrCat(part, ": ", result.status().message()));
}

absl::StatusOr<std::optional<TrustedKeys>> KeysOf(const BalanceOutside& outside) {
  if (!outside.trust.has_value()) {
    if (!outside.heads.has_value()) return std::nullopt;
    return absl::InvalidArgumentError("--head needs --trust: else nobody knows who signed it");
  }
  absl::StatusOr<TrustedKeys> keys = ParseLogSigners(*outside.trust);
  if (keys.ok()) return *std::move(keys);
  return absl::InvalidArgumentError(absl::StrCat("the trust file: ", keys.status().message()));
}

// Why nobody outside is known to hold `head`; empty when somebody is.
absl::StatusOr<std::string> WhyNotHeld(const Checkpoint& head, const std::string& heads,
                                       const TrustedKeys& trust) {
  const auto unusable = [](const absl::Status& status) {
    return absl::InvalidArgumentError(absl::StrCat("the head file: ", status.message()));
  };
  const absl::StatusOr<std::vector<std::string>> notes = SplitNotes(heads);
  if (!notes.ok()) return unusable(notes.status());
  bool held = false;
  for (const std::string& note : *notes) {
    const absl::StatusOr<Checkpoint> other = OpenTrusted(note, trust);
    // Of another ledger, or by a former key above its size: it says nothing here.
    if (absl::IsNotFound(other.status()) || absl::IsOutOfRange(other.status())) continue;
    if (!other.ok()) return unusable(other.status());
    if (other->origin != head.origin || other->size != head.size) continue;
    if (other->root != head.root) {
      return RefuseLedger(head.origin,
                          absl::StrCat("signed two histories: the head of ", head.size,
                                       " entries that the head file has is of another root"));
    }
    held = true;
  }
  if (held) return "";
  return absl::StrCat("the head file has no head of just ", head.size, " entries of ", head.origin,
                      ": it could have signed another history");
}

absl::StatusOr<Checkpoint> OpenHead(const BalanceProof& proof,
                                    const std::optional<TrustedKeys>& trust) {
  const std::string& note = proof.inclusion().checkpoint().note();
  absl::StatusOr<Checkpoint> head;
  if (trust.has_value()) {
    head = OpenTrusted(note, *trust);
  } else if (const absl::StatusOr<Note> parsed = ParseNote(note); parsed.ok()) {
    head = ParseCheckpoint(parsed->text);
  } else {
    head = parsed.status();
  }
  ASSIGN_OR_RETURN(const Checkpoint checkpoint, Refused(head, "its signed head"));
  if (checkpoint.origin == proof.origin()) return checkpoint;
  return RefuseFile(kEnd, absl::StrCat("its signed head is of ", checkpoint.origin));
}

// What the file says beside what it proves: the same, or somebody wants it to be read otherwise.
absl::Status CheckAsides(const BalanceProof& proof, const Checkpoint& head, const Leaf& leaf) {
  const auto& told = proof.inclusion().checkpoint();
  if (told.origin() != head.origin || told.size() != head.size || told.root() != head.root.view()) {
    return RefuseFile(kEnd, "its checkpoint says another thing than the signed head");
  }
  if (proof.inclusion().leaf_hash() != LeafHash(leaf).view()) {
    return RefuseFile(kEnd, "its leaf_hash is not the seal's");
  }
  const bool plain = proof.seal().entry_class() == static_cast<uint32_t>(EntryClass::kSeal) &&
                     proof.seal().tag().empty();
  return plain ? absl::OkStatus()
               : RefuseFile(kEnd, "its seal has the class or tag of another entry");
}

// The seal's entry under the head.
absl::StatusOr<LogEntry> OpenSeal(const BalanceProof& proof, const Checkpoint& head) {
  const uint64_t index = proof.inclusion().index();
  BundledEntry bundled;
  bundled.entry_class = static_cast<uint16_t>(EntryClass::kSeal);
  bundled.payload = proof.seal().payload();
  ASSIGN_OR_RETURN(bundled.salt, Refused(Hash::FromBytes(proof.seal().salt()), "the seal's salt"));
  ASSIGN_OR_RETURN(const Hash log_id, Refused(Hash::FromBytes(proof.log_id()), "the log id"));
  std::vector<Hash> hashes;
  for (const std::string& bytes : proof.inclusion().hashes()) {
    ASSIGN_OR_RETURN(hashes.emplace_back(), Refused(Hash::FromBytes(bytes), "a hash"));
  }
  ASSIGN_OR_RETURN(const Leaf leaf, LeafOf(bundled, log_id, head.origin, index));
  const absl::Status included =
      VerifyInclusion(LeafHash(leaf), index, head.size, hashes, head.root);
  if (!included.ok()) {
    return RefuseEntry(head.origin, index,
                       absl::StrCat("is not the seal shown: ", included.message()));
  }
  RETURN_IF_ERROR(CheckAsides(proof, head, leaf));
  ASSIGN_OR_RETURN(LogEntry entry, Understand(bundled, leaf, head.origin, index));
  if (!entry.entry.has_seal() || entry.entry.seal().size() >= index) {
    return RefuseEntry(head.origin, index, "is no seal of the entries before it");
  }
  return entry;
}

}  // namespace

absl::StatusOr<BalanceFindings> CheckBalance(absl::string_view file,
                                             const BalanceOutside& outside) {
  ASSIGN_OR_RETURN(const std::optional<TrustedKeys> trust, KeysOf(outside));
  BalanceProof proof;
  const absl::Status parsed = ParseJsonFile(file, proof);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("the file is no balance proof: ", parsed.message()));
  }
  ASSIGN_OR_RETURN(const Checkpoint head, OpenHead(proof, trust));
  ASSIGN_OR_RETURN(const LogEntry entry, OpenSeal(proof, head));
  const auto& seal = entry.entry.seal();
  BalanceFindings findings{.origin = head.origin,
                           .row = {},
                           .size = seal.size(),
                           .index = entry.index,
                           .head_size = head.size,
                           .why_not_verified = ""};
  ASSIGN_OR_RETURN(findings.row, Refused(OpenRow(proof.row(), seal), "its row"));
  if (!trust.has_value()) {
    findings.why_not_verified = "no keys from outside (--trust): it may be signed by anybody";
  } else if (!outside.heads.has_value()) {
    findings.why_not_verified =
        "no head from outside (--head): the organization could have signed another history";
  } else {
    ASSIGN_OR_RETURN(findings.why_not_verified, WhyNotHeld(head, *outside.heads, *trust));
  }
  return findings;
}

std::string BalanceText(const BalanceFindings& findings) {
  const SealRow& row = findings.row;
  std::string text = "verified\n";
  if (!findings.why_not_verified.empty()) {
    text = absl::StrCat("consistent only: ", absl::CHexEscape(findings.why_not_verified), "\n");
  }
  absl::StrAppend(&text, "  ", absl::CHexEscape(findings.origin), ", ", absl::CHexEscape(row.scope),
                  row.unit.empty() ? "" : " in ", absl::CHexEscape(row.unit), ", over its first ",
                  findings.size, " entries\n");
  absl::StrAppend(&text, "    ", row.entries, " entries, the last with leaf ",
                  row.last_leaf_hash.ToHex(), "\n");
  const bool counts_only = row.unit.empty() && absl::StartsWith(row.scope, kPeerScope);
  if (!counts_only) {
    absl::StrAppend(&text, "    debits  ", Decimal(row.gross_debits), "\n    credits ",
                    Decimal(row.gross_credits), "\n");
  }
  absl::StrAppend(&text, "  by the seal in entry ", findings.index, ", under a signed head of ",
                  findings.head_size, " entries\n",
                  "  that the seal is honest only the whole ledger shows\n");
  return text;
}

std::string BalanceJson(const BalanceFindings& findings) {
  const SealRow& row = findings.row;
  nlohmann::ordered_json json;
  json["verdict"] = findings.why_not_verified.empty() ? "verified" : "consistent only";
  if (!findings.why_not_verified.empty()) json["why"] = findings.why_not_verified;
  json["origin"] = findings.origin;
  json["scope"] = row.scope;
  json["unit"] = row.unit;
  json["entries"] = row.entries;
  json["gross_debits"] = Decimal(row.gross_debits);
  json["gross_credits"] = Decimal(row.gross_credits);
  json["last_leaf_hash"] = row.last_leaf_hash.ToHex();
  json["seal"] = {{"index", findings.index}, {"size", findings.size}};
  json["head_size"] = findings.head_size;
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace ch8::verify
