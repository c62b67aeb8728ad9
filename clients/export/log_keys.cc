#include "clients/export/log_keys.h"

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "clients/export/names.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/checkpoint.h"

namespace ch8::audit {

using chapter8::directory::v1::Organization;
using chapter8::directory::v1::OrganizationRecord;
using chapter8::directory::v1::SignedOrganizationRecord;
using chapter8::witness::v1::WitnessedHead;

namespace {

absl::StatusOr<std::vector<OrganizationRecord>> PinnedRecords(
    const std::vector<Organization>& organizations) {
  std::vector<OrganizationRecord> records;
  for (const Organization& organization : organizations) {
    if (organization.state() != Organization::PINNED) continue;
    SignedOrganizationRecord envelope;
    if (!envelope.ParseFromString(organization.signed_record()) ||
        !records.emplace_back().ParseFromString(envelope.record())) {
      return absl::DataLossError(
          absl::StrCat("the record of ", organization.name(), " does not parse"));
    }
  }
  return records;
}

}  // namespace

absl::StatusOr<LogKeys> LogKeysOf(const std::vector<Organization>& organizations) {
  LogKeys chains;
  ASSIGN_OR_RETURN(const std::vector<OrganizationRecord> records, PinnedRecords(organizations));
  for (const OrganizationRecord& record : records) {
    for (const auto& log : record.log_keys()) {
      ASSIGN_OR_RETURN(const PublicKey key, PublicKey::FromBytes(log.public_key()));
      LogSigners& chain = chains[log.origin()];
      chain.origin = log.origin();
      chain.keys.emplace_back(key, log.until_size());
    }
  }
  return chains;
}

absl::Status KeepCosigned(const std::vector<WitnessedHead>& heads, LogKeys& chains) {
  for (const WitnessedHead& head : heads) {
    const auto chain = chains.find(head.origin());
    if (!head.has_disowned() || chain == chains.end()) continue;
    ASSIGN_OR_RETURN(const Note note, ParseNote(head.disowned().note()));
    ASSIGN_OR_RETURN(const Checkpoint held, ParseCheckpoint(note.text));
    bool kept = false;
    for (LogKey& key : chain->second.keys) {
      const NoteVerifier signer = NoteVerifier::Of(head.origin(), key.key);
      kept = kept || OpenCheckpoint(head.disowned().note(), signer, {}).ok();
      if (kept && key.until_size != 0) key.until_size = std::max(key.until_size, held.size);
    }
    if (!kept) {
      return absl::DataLossError(
          absl::StrCat("the head kept of ", head.origin(), " was signed by none of its keys"));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<WitnessKeys> WitnessKeysOf(const std::vector<Organization>& organizations) {
  WitnessKeys keys;
  ASSIGN_OR_RETURN(const std::vector<OrganizationRecord> records, PinnedRecords(organizations));
  for (const OrganizationRecord& record : records) {
    if (record.witness_public_key().empty()) continue;
    ASSIGN_OR_RETURN(const PublicKey key, PublicKey::FromBytes(record.witness_public_key()));
    const std::string name = absl::StrCat(record.trust_domain(), "/witness");
    keys.insert_or_assign(record.trust_domain(), NoteVerifier::Of(name, key, kNoteCosignatureV1));
  }
  return keys;
}

std::string FormatTrust(const LogKeys& chains) {
  std::string text;
  for (const auto& [origin, chain] : chains) {
    for (const LogKey& key : chain.keys) {
      absl::StrAppend(&text, NoteVerifier::Of(origin, key.key).Format());
      if (key.until_size != 0) absl::StrAppend(&text, " ", key.until_size);
      text += "\n";
    }
  }
  return text;
}

std::string FormatPolicy(const LogKeys& chains) {
  std::string text;
  for (const auto& [origin, chain] : chains) {
    for (const LogKey& key : chain.keys) {
      absl::StrAppend(&text, "log ", NoteVerifier::Of(origin, key.key).Format(), "\n");
    }
  }
  return text + "quorum none\n";
}

std::string KeyPath(const LogSigners& log, size_t n) {
  const uint64_t until_size = log.keys.at(n - 1).until_size;
  const std::string stem = absl::StrCat("keys/", FlatName(log.origin));
  return until_size == 0 ? stem + ".pem"
                         : absl::StrCat(stem, ".", n, "-until-", until_size, ".pem");
}

std::string FormatPem(const NoteVerifier& key) {
  // SEQUENCE { SEQUENCE { OID 1.3.101.112 } BIT STRING (32 bytes) }, the same for every key.
  constexpr absl::string_view kPrefix("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12);
  return absl::StrCat("-----BEGIN PUBLIC KEY-----\n",
                      absl::Base64Escape(absl::StrCat(kPrefix, key.key)),
                      "\n-----END PUBLIC KEY-----\n");
}

}  // namespace ch8::audit
