#include "services/node/key_change.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/federation/core/cosignatures.h"
#include "services/federation/core/records.h"
#include "services/kernel/authority.h"
#include "services/kernel/entry_form.h"
#include "services/trust/log_rekey.h"
#include "services/trust/organization_record.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/log_signers.h"

namespace ch8::node {
namespace {

using chapter8::directory::v1::OrganizationRecord;
using chapter8::directory::v1::SignedOrganizationRecord;
using chapter8::ledger::v1::CosignedHead;
using chapter8::ledger::v1::LogKeyChanged;

// The one by which the ledger's heads are signed: of its newest change of keys, or its genesis.
std::optional<OrganizationRecord> LoggedRecord(const NodeFolder& folder,
                                               const kernel::RowReader& rows) {
  return federation::RecordIn(rows.Get(Table::kRows, kernel::kLogKeyRow)
                                  .value_or(folder.genesis.signed_record().SerializeAsString()));
}

// The one that the ledger's facts know: of the directory, which another daemon may host.
std::optional<OrganizationRecord> KnownRecord(const NodeFolder& folder,
                                              const kernel::RowReader& rows) {
  const auto own = kernel::FindTrustDomain(rows, folder.record.trust_domain());
  return own.has_value() ? federation::RecordIn(own->signed_record()) : std::nullopt;
}

// Whether the keys of a log may go on as `after`.
bool Follow(const std::vector<LogKey>& before, const std::vector<LogKey>& after) {
  if (after.size() < before.size()) return false;
  for (size_t i = 0; i < before.size(); ++i) {
    const bool raised = before[i].until_size != 0 &&
                        (after[i].until_size == 0 || after[i].until_size > before[i].until_size);
    if (after[i].key != before[i].key || raised) return false;
  }
  return true;
}

// Errors: kFailedPrecondition when the record in `folder` is older than what the ledger has logged
// or knows, or is another one of the same sequence. A record that it knows and has never logged has
// named no key that signed here: it may be taken back by a later one (RekeyOptions::follows), and
// no verifier sees it.
absl::Status CheckFollows(const NodeFolder& folder, const LogSigners& log,
                          const std::optional<OrganizationRecord>& logged,
                          const std::optional<OrganizationRecord>& known) {
  const auto refuse = [&](const OrganizationRecord& before) {
    return absl::FailedPreconditionError(absl::StrCat(
        folder.path, "/org.record: record ", folder.record.sequence(), " does not follow record ",
        before.sequence(), ", which ", log.origin, " knows already; put the newest one there"));
  };
  const auto follows = [&](const OrganizationRecord& before) {
    return Follow(federation::LogSignersOf(before, log.origin).keys, log.keys);
  };
  const bool forked = known.has_value() && known->sequence() == folder.record.sequence() &&
                      known->SerializeAsString() != folder.record.SerializeAsString();
  if (forked) {
    return absl::FailedPreconditionError(
        absl::StrCat(folder.path, "/org.record is another record ", known->sequence(),
                     " than the one that ", log.origin,
                     " knows: the root key signed two of one number. Keep both, and make the next "
                     "with a number of its own: ch8 org rekey --follow, ops/runbook/lost-key.md"));
  }
  if (logged.has_value() && !follows(*logged)) return refuse(*logged);
  const bool behind = known.has_value() && folder.record.sequence() <= known->sequence();
  if (behind && !follows(*known)) return refuse(*known);
  return absl::OkStatus();
}

// Errors: kFailedPrecondition when a partner holds a head that the record takes back.
absl::Status CheckCosigned(const LogSigners& log, const kernel::RowReader& rows) {
  chapter8::ledger::v1::ListCosignaturesRequest request;
  do {
    ASSIGN_OR_RETURN(const auto page, federation::ListCosignatures(rows, request));
    for (const CosignedHead& head : page.heads()) {
      if (!absl::IsOutOfRange(OpenHead(head.note(), log, {}).status())) continue;
      return absl::FailedPreconditionError(absl::StrCat(
          "org.record takes back what is signed: ", head.witness(), " holds ", log.origin, " to ",
          head.size(), " entries, and the key that signed them would be believed for ",
          log.keys[log.keys.size() - 2].until_size,
          " only. Send nobody this record; ops/runbook/lost-key.md says how to take it back"));
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return absl::OkStatus();
}

// What the log is to say: as `ch8 org rekey` has it, with the old key's signature, or else by the
// newest record alone.
absl::StatusOr<LogKeyChanged> ChangeTo(const NodeFolder& folder, absl::string_view service,
                                       const LogSigners& log) {
  const std::string path = trust::LogKeyFilesOf(folder.path, service).change;
  ASSIGN_OR_RETURN(std::optional<LogKeyChanged> change, trust::ReadKeyChange(path));
  SignedOrganizationRecord envelope;
  if (change.has_value() && envelope.ParseFromString(change->organization_record())) {
    const auto record = trust::VerifyUpdate(envelope, folder.genesis.signed_record());
    const bool current =
        record.ok() && federation::LogSignersOf(*record, log.origin).keys.back() == log.keys.back();
    if (current) {
      const PublicKey& old_key = log.keys[log.keys.size() - 2].key;
      if (!change->old_key_signature().empty() &&
          !old_key.Verifies(trust::record::KeyChangeBytes(envelope.record()),
                            absl::string_view(change->old_key_signature()))) {
        return absl::FailedPreconditionError(
            absl::StrCat(path, " holds a signature that is not the former key's"));
      }
      return *std::move(change);
    }
  }
  LogKeyChanged by_root;
  by_root.set_organization_record(folder.signed_record.SerializeAsString());
  return by_root;
}

}  // namespace

absl::StatusOr<KeyPlan> PlanKey(const NodeFolder& folder, absl::string_view service,
                                const Ledger& ledger) {
  const LogSigners log = federation::LogSignersOf(folder.record, folder.Origin(service));
  const std::unique_ptr<Snapshot> snapshot = ledger.TakeSnapshot();
  const kernel::SnapshotRows rows(*snapshot);
  const std::optional<OrganizationRecord> logged = LoggedRecord(folder, rows);
  const absl::Status follows = CheckFollows(folder, log, logged, KnownRecord(folder, rows));
  RETURN_IF_ERROR(rows.status());
  RETURN_IF_ERROR(follows);
  KeyPlan plan;
  if (log.keys.size() < 2) return plan;
  plan.signs_above = log.keys[log.keys.size() - 2].until_size;
  if (logged.has_value() &&
      federation::LogSignersOf(*logged, log.origin).keys.back().key == log.keys.back().key) {
    return plan;
  }
  if (plan.signs_above > ledger.durable_size()) {
    return absl::FailedPreconditionError(
        absl::StrCat(folder.path, "/org.record believes the former key of ", log.origin, " for ",
                     plan.signs_above, " entries, but the log has ", ledger.durable_size(),
                     ": the size was mistyped, or this is an older copy of the data"));
  }
  RETURN_IF_ERROR(CheckCosigned(log, rows));
  ASSIGN_OR_RETURN(plan.change, ChangeTo(folder, service, log));
  return plan;
}

absl::StatusOr<std::vector<KeyPlan>> PlanKeys(const NodeFolder& folder,
                                              const std::vector<KeyPlanOf>& ledgers) {
  std::vector<KeyPlan> plans;
  std::string refuses;
  for (const KeyPlanOf& of : ledgers) {
    absl::StatusOr<KeyPlan> plan = PlanKey(folder, of.service, *of.ledger);
    if (absl::IsFailedPrecondition(plan.status()) || absl::IsInvalidArgument(plan.status())) {
      refuses = of.ledger->origin();
      plan = KeyPlan{.signs_above = std::numeric_limits<uint64_t>::max(),
                     .change = {},
                     .refused = std::string(plan.status().message())};
    }
    RETURN_IF_ERROR(plan.status());
    plans.push_back(*std::move(plan));
  }
  if (refuses.empty()) return plans;
  for (KeyPlan& plan : plans) {
    plan.record = KeyPlan::Record::kLeft;
    if (!plan.change.has_value()) continue;
    plan.change.reset();
    plan.refused =
        absl::StrCat("its new key waits: ", refuses, " refuses the record that names it");
  }
  return plans;
}

}  // namespace ch8::node
