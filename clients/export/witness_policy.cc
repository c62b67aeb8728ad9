#include "clients/export/witness_policy.h"

#include <functional>
#include <set>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/policy.h"

namespace ch8::audit {
namespace {

using chapter8::ledger::v1::CosignedHead;

// What a witness is held to have seen.
struct Seen {
  uint64_t size = 0;
  NoteSignature cosignature;
};

absl::StatusOr<std::vector<Seen>> Verify(const Policy& policy, const LogSigners& log,
                                         const std::vector<CosignedHead>& heads) {
  const std::vector<NoteVerifier> witnesses = policy.WitnessVerifiers();
  std::vector<Seen> seen;
  for (const CosignedHead& head : heads) {
    const absl::StatusOr<OpenedCheckpoint> opened = OpenOldHead(head.note(), log, witnesses);
    if (!opened.ok()) {
      return absl::DataLossError(
          absl::StrCat("the head that ", head.witness(),
                       " cosigned does not hold: ", opened.status().message()));
    }
    for (const NoteSignature& cosignature : opened->cosignatures) {
      seen.push_back({opened->checkpoint.size, cosignature});
    }
  }
  return seen;
}

}  // namespace

absl::StatusOr<std::string> FormatWitnessPolicy(const LogKeys& logs, const WitnessKeys& witnesses,
                                                uint64_t least) {
  if (least == 0 || least > witnesses.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("of ", witnesses.size(), " witnesses, at least 1 and at most ",
                     witnesses.size(), " can be asked for, not ", least));
  }
  std::string text;
  for (const auto& [origin, log] : logs) {
    for (const LogKey& key : log.keys) {
      absl::StrAppend(&text, "log ", NoteVerifier::Of(origin, key.key).Format(), "\n");
    }
  }
  std::string members;
  for (const auto& [domain, key] : witnesses) {
    absl::StrAppend(&text, "witness ", domain, " ", key.Format(), "\n");
    absl::StrAppend(&members, " ", domain);
  }
  absl::StrAppend(&text, "group others ", least, members, "\nquorum others\n");
  return text;
}

absl::StatusOr<uint64_t> WitnessedSize(absl::string_view policy, absl::string_view origin,
                                       const std::vector<CosignedHead>& heads) {
  ASSIGN_OR_RETURN(const Policy parsed, Policy::Parse(policy));
  LogSigners log{.origin = std::string(origin), .keys = {}};
  for (const Policy::Party& party : parsed.logs()) {
    if (party.name != origin) continue;
    ASSIGN_OR_RETURN(const PublicKey key, PublicKey::FromBytes(party.verifier.key));
    log.keys.emplace_back(key);
  }
  if (log.keys.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("the policy does not name the log ", origin));
  }
  ASSIGN_OR_RETURN(const std::vector<Seen> seen, Verify(parsed, log, heads));
  std::set<uint64_t, std::greater<>> sizes;
  for (const Seen& one : seen) sizes.insert(one.size);
  for (const uint64_t size : sizes) {
    std::vector<NoteSignature> cosignatures;
    for (const Seen& one : seen) {
      if (one.size >= size) cosignatures.push_back(one.cosignature);
    }
    if (parsed.IsWitnessed(cosignatures)) return size;
  }
  return 0;
}

}  // namespace ch8::audit
