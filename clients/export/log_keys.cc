#include "clients/export/log_keys.h"

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "storage/base/status_macros.h"

namespace ch8::audit {

using chapter8::directory::v1::Organization;
using chapter8::directory::v1::OrganizationRecord;
using chapter8::directory::v1::SignedOrganizationRecord;

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
  LogKeys keys;
  ASSIGN_OR_RETURN(const std::vector<OrganizationRecord> records, PinnedRecords(organizations));
  for (const OrganizationRecord& record : records) {
    for (const auto& log : record.log_keys()) {
      ASSIGN_OR_RETURN(const PublicKey key, PublicKey::FromBytes(log.public_key()));
      keys.insert_or_assign(log.origin(), NoteVerifier::Of(log.origin(), key));
    }
  }
  return keys;
}

absl::StatusOr<LogKeys> WitnessKeysOf(const std::vector<Organization>& organizations) {
  LogKeys keys;
  ASSIGN_OR_RETURN(const std::vector<OrganizationRecord> records, PinnedRecords(organizations));
  for (const OrganizationRecord& record : records) {
    if (record.witness_public_key().empty()) continue;
    ASSIGN_OR_RETURN(const PublicKey key, PublicKey::FromBytes(record.witness_public_key()));
    const std::string name = absl::StrCat(record.trust_domain(), "/witness");
    keys.insert_or_assign(record.trust_domain(), NoteVerifier::Of(name, key, kNoteCosignatureV1));
  }
  return keys;
}

std::string FormatTrust(const LogKeys& keys) {
  std::string text;
  for (const auto& [origin, key] : keys) absl::StrAppend(&text, key.Format(), "\n");
  return text;
}

absl::StatusOr<LogKeys> ParseTrust(absl::string_view text) {
  LogKeys keys;
  int number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    if (line.empty() || line.front() == '#') continue;
    absl::StatusOr<NoteVerifier> key = NoteVerifier::Parse(line);
    if (!key.ok() || !key->CanVerify() || key->type != kNoteEd25519) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", number, ": not the verifier key of an Ed25519 log"));
    }
    const std::string origin = key->name;
    if (!keys.emplace(origin, *std::move(key)).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("line ", number, ": a second key of ", origin));
    }
  }
  return keys;
}

std::string FormatPolicy(const LogKeys& keys) {
  std::string text;
  for (const auto& [origin, key] : keys) absl::StrAppend(&text, "log ", key.Format(), "\n");
  return text + "quorum none\n";
}

std::string FormatPem(const NoteVerifier& key) {
  // SEQUENCE { SEQUENCE { OID 1.3.101.112 } BIT STRING (32 bytes) }, the same for every key.
  constexpr absl::string_view kPrefix("\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", 12);
  return absl::StrCat("-----BEGIN PUBLIC KEY-----\n",
                      absl::Base64Escape(absl::StrCat(kPrefix, key.key)),
                      "\n-----END PUBLIC KEY-----\n");
}

}  // namespace ch8::audit
