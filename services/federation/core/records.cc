#include "services/federation/core/records.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
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

std::optional<OrganizationRecord> PinnedRecord(const kernel::RowReader& rows,
                                               absl::string_view trust_domain) {
  const auto organization = kernel::FindTrustDomain(rows, trust_domain);
  if (!organization.has_value()) return std::nullopt;
  return RecordIn(organization->signed_record());
}

std::map<std::string, OrganizationRecord> NewestPinnedRecords(
    const std::vector<const Ledger*>& ledgers) {
  std::map<std::string, OrganizationRecord> records;
  for (const Ledger* ledger : ledgers) {
    const std::unique_ptr<Snapshot> snapshot = ledger->TakeSnapshot();
    const kernel::SnapshotRows rows(*snapshot);
    for (const auto& organization : kernel::PinnedOrganizations(rows)) {
      if (organization.own()) continue;
      OrganizationRecord& newest = records[organization.trust_domain()];
      auto record = RecordIn(organization.signed_record()).value_or(OrganizationRecord());
      if (record.sequence() > newest.sequence()) newest = std::move(record);
    }
  }
  return records;
}

LogSigners LogSignersOf(const OrganizationRecord& record, absl::string_view origin) {
  LogSigners log{.origin = std::string(origin), .keys = {}};
  for (const auto& log_key : record.log_keys()) {
    if (log_key.origin() != origin) continue;
    const absl::StatusOr<PublicKey> key = PublicKey::FromBytes(log_key.public_key());
    if (key.ok()) log.keys.emplace_back(*key, log_key.until_size());
  }
  return log;
}

std::optional<NoteVerifier> WitnessOf(const OrganizationRecord& record) {
  const absl::StatusOr<PublicKey> key = PublicKey::FromBytes(record.witness_public_key());
  if (!key.ok()) return std::nullopt;
  return NoteVerifier::Of(absl::StrCat(record.trust_domain(), "/witness"), *key,
                          kNoteCosignatureV1);
}

}  // namespace ch8::federation
