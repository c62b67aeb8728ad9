#include "clients/verify/log_keys.h"

#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "clients/verify/log_files.h"
#include "clients/verify/refusal.h"
#include "storage/base/ed25519.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/text_fields.h"

namespace ch8::verify {
namespace {

using chapter8::directory::v1::OrganizationRecord;
using chapter8::directory::v1::SignedOrganizationRecord;

// The key in a PEM file as RFC 8410 has it, or nothing. One spelling only.
absl::StatusOr<PublicKey> ParsePem(absl::string_view pem) {
  const absl::Status malformed = absl::InvalidArgumentError("not an Ed25519 public key in PEM");
  if (!absl::ConsumePrefix(&pem, "-----BEGIN PUBLIC KEY-----\n") ||
      !absl::ConsumeSuffix(&pem, "\n-----END PUBLIC KEY-----\n")) {
    return malformed;
  }
  const auto der = DecodeBase64(pem);
  const std::string prefix = absl::HexStringToBytes("302a300506032b6570032100");
  if (!der.has_value() || der->compare(0, prefix.size(), prefix) != 0) return malformed;
  return PublicKey::FromBytes(der->substr(prefix.size()));
}

std::string KeyFile(absl::string_view origin) {
  return absl::StrCat("keys/", FlatName(origin), ".pem");
}

}  // namespace

absl::StatusOr<TrustedKeys> ReadKeys(ExportFiles& files) {
  TrustedKeys keys;
  std::string policy;
  for (const std::string& name : files.In("keys")) {
    const std::string file = absl::StrCat("keys/", name);
    absl::string_view flat = name;
    if (!absl::ConsumeSuffix(&flat, ".pem")) return RefuseFile(file, "is no .pem file");
    const std::string origin = absl::StrReplaceAll(flat, {{"+", "/"}});
    ASSIGN_OR_RETURN(const std::string pem, files.Read(file));
    const absl::StatusOr<PublicKey> key = ParsePem(pem);
    if (!key.ok() || !IsValidKeyName(origin)) return RefuseFile(file, key.status().message());
    keys.emplace(origin, NoteVerifier::Of(origin, *key));
  }
  for (const auto& [origin, key] : keys) absl::StrAppend(&policy, "log ", key.Format(), "\n");
  RETURN_IF_ERROR(files.Expect("policy.txt", policy + "quorum none\n"));
  return keys;
}

absl::Status CompareKeys(const TrustedKeys& exported, const TrustedKeys& trust) {
  for (const auto& [origin, key] : exported) {
    const auto trusted = trust.find(origin);
    if (trusted != trust.end() && !(trusted->second == key)) {
      return RefuseFile(KeyFile(origin), "is another key than the one that is trusted");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckGenesisRecord(absl::string_view signed_record, const NoteVerifier& key) {
  SignedOrganizationRecord envelope;
  OrganizationRecord record;
  if (!envelope.ParseFromArray(signed_record.data(), static_cast<int>(signed_record.size())) ||
      !record.ParseFromString(envelope.record())) {
    return RefuseEntry(key.name, 0, "its organization record does not parse");
  }
  const absl::StatusOr<PublicKey> root = PublicKey::FromBytes(record.root_public_key());
  const std::string signed_bytes =
      absl::StrCat("chapter8/organization-record/v1\n", envelope.record());
  if (!root.ok() || !root->Verifies(signed_bytes, absl::string_view(envelope.signature()))) {
    return RefuseEntry(key.name, 0, "its organization record is not signed by its root key");
  }
  for (const auto& log : record.log_keys()) {
    if (log.origin() == key.name && log.public_key() == key.key) return absl::OkStatus();
  }
  return RefuseEntry(key.name, 0, "its organization record gives the ledger another key");
}

}  // namespace ch8::verify
