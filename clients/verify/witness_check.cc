#include "clients/verify/witness_check.h"

#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "clients/verify/refusal.h"
#include "clients/verify/request_check.h"
#include "storage/base/ed25519.h"
#include "storage/merkle/log_signers.h"

namespace ch8::verify {

using chapter8::directory::v1::DirectoryEvent;
using chapter8::directory::v1::OrganizationRecord;
using chapter8::directory::v1::SignedOrganizationRecord;

absl::Status WitnessCheck::Take(const LogEntry& entry) {
  if (entry.entry.has_witnessed_head()) return TakeHead(entry);
  DirectoryEvent fact;
  if (entry.entry.has_fact() && fact.ParseFromString(entry.entry.fact()) &&
      fact.has_organization_recorded()) {
    const auto& organization = fact.organization_recorded();
    TakeRecord(organization.trust_domain(), organization.signed_record());
  }
  return absl::OkStatus();
}

void WitnessCheck::TakeRecord(absl::string_view trust_domain, absl::string_view signed_record) {
  SignedOrganizationRecord envelope;
  OrganizationRecord record;
  if (!envelope.ParseFromArray(signed_record.data(), static_cast<int>(signed_record.size())) ||
      !record.ParseFromString(envelope.record())) {
    return;
  }
  Known& known = known_[std::string(trust_domain)];
  if (const auto key = PublicKey::FromBytes(record.witness_public_key()); key.ok()) {
    known.witnesses.push_back(
        NoteVerifier::Of(absl::StrCat(trust_domain, "/witness"), *key, kNoteCosignatureV1));
  }
  known.newest = std::move(record);
}

absl::Status WitnessCheck::TakeHead(const LogEntry& entry) const {
  const auto& head = entry.entry.witnessed_head();
  const auto giver = known_.find(DomainOf(head.origin()));
  const auto third = known_.find(head.witness());
  if (giver == known_.end() || third == known_.end()) {
    if (coverage_ == Coverage::kSample) return absl::OkStatus();
    return RefuseEntry(origin_, entry.index, "a witnessed head of whom this ledger has no record");
  }
  LogSigners signers{.origin = head.origin(), .keys = {}};
  for (const auto& log : giver->second.newest.log_keys()) {
    const auto key = PublicKey::FromBytes(log.public_key());
    if (log.origin() == head.origin() && key.ok())
      signers.keys.emplace_back(*key, log.until_size());
  }
  // One by one: a note is refused where a line of a known key and name does not hold.
  for (const NoteVerifier& witness : third->second.witnesses) {
    const auto opened = OpenOldHead(head.note(), signers, {witness});
    if (opened.ok() && !opened->cosignatures.empty()) return absl::OkStatus();
  }
  return RefuseEntry(origin_, entry.index,
                     absl::StrCat("a witnessed head that ", head.origin(), " and the witness of ",
                                  head.witness(), " have not both signed"));
}

}  // namespace ch8::verify
