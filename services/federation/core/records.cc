#include "services/federation/core/records.h"

#include "absl/strings/str_cat.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/kernel/authority.h"

namespace ch8::federation {

using chapter8::directory::v1::OrganizationRecord;
using chapter8::directory::v1::SignedOrganizationRecord;

std::optional<OrganizationRecord> RecordIn(absl::string_view signed_record) {
  SignedOrganizationRecord outer;
  OrganizationRecord record;
  if (!outer.ParseFromArray(signed_record.data(), static_cast<int>(signed_record.size())) ||
      !record.ParseFromString(outer.record())) {
    return std::nullopt;
  }
  return record;
}

std::string GenesisRecord(const Ledger& ledger) {
  std::string record;
  const absl::Status read = ledger.ReadEntries(0, 1, [&](const Entry& stored) {
    chapter8::ledger::v1::Entry entry;
    if (entry.ParseFromArray(stored.payload.data(), static_cast<int>(stored.payload.size()))) {
      record = entry.genesis().organization_record();
    }
    return false;
  });
  return read.ok() ? record : "";
}

std::optional<OrganizationRecord> PinnedRecord(const kernel::RowReader& rows,
                                               absl::string_view trust_domain) {
  const auto organization = kernel::FindTrustDomain(rows, trust_domain);
  if (!organization.has_value()) return std::nullopt;
  return RecordIn(organization->signed_record());
}

std::vector<PublicKey> LogKeysOf(const OrganizationRecord& record, absl::string_view origin) {
  std::vector<PublicKey> keys;
  for (const auto& log_key : record.log_keys()) {
    if (log_key.origin() != origin) continue;
    absl::StatusOr<PublicKey> key = PublicKey::FromBytes(log_key.public_key());
    if (key.ok()) keys.push_back(*key);
  }
  return keys;
}

std::optional<NoteVerifier> LogVerifierOf(const OrganizationRecord& record,
                                          absl::string_view origin) {
  const std::vector<PublicKey> keys = LogKeysOf(record, origin);
  if (keys.empty()) return std::nullopt;
  return NoteVerifier::Of(origin, keys.front());
}

std::optional<NoteVerifier> WitnessOf(const OrganizationRecord& record) {
  const absl::StatusOr<PublicKey> key = PublicKey::FromBytes(record.witness_public_key());
  if (!key.ok()) return std::nullopt;
  return NoteVerifier::Of(absl::StrCat(record.trust_domain(), "/witness"), *key,
                          kNoteCosignatureV1);
}

std::string TargetOf(const OrganizationRecord& record, absl::string_view service) {
  std::string target;
  for (const auto& endpoint : record.endpoints()) {
    if (endpoint.service() == service) return endpoint.target();
    if (endpoint.service() == "federation") target = endpoint.target();
  }
  return target;
}

}  // namespace ch8::federation
