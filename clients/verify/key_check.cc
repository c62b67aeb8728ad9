#include "clients/verify/key_check.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "clients/verify/refusal.h"
#include "storage/base/ed25519.h"
#include "storage/base/status_macros.h"

namespace ch8::verify {
namespace {

using chapter8::directory::v1::DirectoryEvent;
using chapter8::directory::v1::Organization;
using chapter8::directory::v1::OrganizationRecord;
using chapter8::directory::v1::SignedOrganizationRecord;
using chapter8::ledger::v1::LogKeyChanged;

constexpr absl::string_view kRecordPrefix = "chapter8/organization-record/v1\n";
constexpr absl::string_view kChangePrefix = "chapter8/log-key-change/v1\n";
constexpr absl::string_view kNoKey = "its organization record gives the ledger no key that signs";

// Whether `after` has all keys of `before`, believed for no more.
bool Follows(const std::vector<LogKey>& before, const std::vector<LogKey>& after) {
  if (after.size() < before.size()) return false;
  for (size_t i = 0; i < before.size(); ++i) {
    const uint64_t was = before[i].until_size;
    const uint64_t is = after[i].until_size;
    if (before[i].key != after[i].key || (was != 0 && (is == 0 || is > was))) return false;
  }
  return true;
}

// Whether the last key signs, and each before it up to a size that does not fall.
bool InOrder(const std::vector<LogKey>& keys) {
  uint64_t size = 1;
  for (const LogKey& key : keys) {
    const bool last = &key == &keys.back();
    if (last != (key.until_size == 0) || (!last && key.until_size < size)) return false;
    size = key.until_size;
  }
  return !keys.empty();
}

// Whether the log's keys begin with the trusted ones and go on.
bool GoesOn(const LogSigners& trusted, const LogSigners& log) {
  return log.keys.size() > trusted.keys.size() &&
         std::equal(trusted.keys.begin(), trusted.keys.end(), log.keys.begin(),
                    [](const LogKey& a, const LogKey& b) { return a.key == b.key; });
}

// What the trust file states of a key stands.
void Lower(const LogSigners& trusted, LogSigners& log) {
  for (size_t i = 0; i < trusted.keys.size(); ++i) {
    const uint64_t size = trusted.keys[i].until_size;
    uint64_t& until_size = log.keys[i].until_size;
    if (size != 0) until_size = std::min(until_size, size);
  }
}

absl::Status NotTrusted(const std::string& origin) {
  return RefuseLedger(origin, "is signed by a key that is not trusted");
}

}  // namespace

absl::Status KeyCheck::Refuse(uint64_t index, absl::string_view what) const {
  return RefuseEntry(log_.origin, index, what);
}

absl::StatusOr<KeyCheck::Record> KeyCheck::Open(absl::string_view signed_record, uint64_t index) {
  SignedOrganizationRecord envelope;
  OrganizationRecord record;
  if (!envelope.ParseFromArray(signed_record.data(), static_cast<int>(signed_record.size())) ||
      !record.ParseFromString(envelope.record())) {
    return Refuse(index, "its organization record does not parse");
  }
  if (root_key_.empty()) root_key_ = record.root_public_key();
  const absl::StatusOr<PublicKey> root = PublicKey::FromBytes(root_key_);
  const std::string signed_bytes = absl::StrCat(kRecordPrefix, envelope.record());
  if (!root.ok() || record.root_public_key() != root_key_ ||
      !root->Verifies(signed_bytes, absl::string_view(envelope.signature()))) {
    return Refuse(index, "its organization record is not signed by its root key");
  }
  Record opened{.bytes = envelope.record(), .keys = {}};
  for (const auto& log : record.log_keys()) {
    if (log.origin() != log_.origin) continue;
    const absl::StatusOr<PublicKey> key = PublicKey::FromBytes(log.public_key());
    if (!key.ok()) return Refuse(index, "its organization record holds a malformed key");
    opened.keys.emplace_back(*key, log.until_size());
  }
  if (!opened.keys.empty() && !InOrder(opened.keys)) {
    return Refuse(index, kNoKey);
  }
  return opened;
}

absl::Status KeyCheck::TakeGenesis(absl::string_view signed_record) {
  ASSIGN_OR_RETURN(Record record, Open(signed_record, 0));
  if (record.keys.empty()) return Refuse(0, kNoKey);
  log_.keys = std::move(record.keys);
  return absl::OkStatus();
}

absl::Status KeyCheck::TakePinned(const LogEntry& entry) {
  DirectoryEvent event;
  if (!entry.entry.has_fact() || !event.ParseFromString(entry.entry.fact())) {
    return absl::OkStatus();
  }
  const Organization& pinned = event.organization_recorded();
  const bool is_it = pinned.state() == Organization::PINNED && !pinned.own() &&
                     absl::StartsWith(log_.origin, pinned.trust_domain() + "/");
  if (!is_it) return absl::OkStatus();
  ASSIGN_OR_RETURN(Record record, Open(pinned.signed_record(), entry.index));
  if (!Follows(log_.keys, record.keys)) {
    return Refuse(entry.index, "a pinned record whose keys do not follow those before it");
  }
  log_.keys = std::move(record.keys);
  return absl::OkStatus();
}

absl::Status KeyCheck::Take(const LogEntry& entry) {
  if (!entry.entry.administration().has_log_key_changed()) return absl::OkStatus();
  if (log_.keys.empty()) return Refuse(entry.index, "a change of keys before a genesis");
  const LogKeyChanged& changed = entry.entry.administration().log_key_changed();
  ASSIGN_OR_RETURN(Record record, Open(changed.organization_record(), entry.index));
  if (record.keys.empty()) return Refuse(entry.index, kNoKey);
  if (record.keys.size() == log_.keys.size() || !Follows(log_.keys, record.keys)) {
    return Refuse(entry.index, "a change of keys that does not follow the keys before it");
  }
  const LogKey& old_key = record.keys[record.keys.size() - 2];
  KeyChange change{.index = entry.index, .until_size = old_key.until_size};
  if (change.until_size > entry.index) {
    return Refuse(entry.index, "believes the former key for more entries than there are");
  }
  if (!changed.old_key_signature().empty()) {
    if (!old_key.key.Verifies(absl::StrCat(kChangePrefix, record.bytes),
                              absl::string_view(changed.old_key_signature()))) {
      return Refuse(entry.index, "the former key has not signed its replacement");
    }
    change.by = KeyChange::By::kOldKey;
  }
  log_.keys = std::move(record.keys);
  changes_.push_back(change);
  return absl::OkStatus();
}

absl::StatusOr<FollowedKeys> FollowKeys(LogFiles& log, const LogSigners& trusted) {
  KeyCheck check(log.origin());
  FollowedKeys followed;
  const auto take = [&](uint64_t index, const LogFiles::Read& read) -> absl::Status {
    if (!read.bundled.has_value() || read.leaf.entry_class != EntryClass::kAdministration) {
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const LogEntry entry,
                     Understand(*read.bundled, read.leaf, log.origin(), index));
    if (index == 0) return check.TakeGenesis(entry.entry.genesis().organization_record());
    const size_t keys_before = check.log().keys.size();
    const size_t changes_before = check.changes().size();
    RETURN_IF_ERROR(check.Take(entry));
    const bool changed = check.changes().size() > changes_before;
    // A key that was never in the log before it is vouched for by the root alone.
    const bool by_old_key = changed && check.changes().back().by == KeyChange::By::kOldKey &&
                            check.log().keys.size() == keys_before + 1;
    const bool beyond = check.log().keys.size() > trusted.keys.size();
    if (changed && beyond && !by_old_key) followed.by_root = true;
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(log.Visit(take));
  if (!GoesOn(trusted, check.log())) return NotTrusted(log.origin());
  followed.log = check.log();
  Lower(trusted, followed.log);
  return followed;
}

absl::StatusOr<LogSigners> FollowPinned(LogFiles& log, const LogSigners& trusted) {
  KeyCheck check(trusted.origin);
  const auto take = [&](uint64_t index, const LogFiles::Read& read) -> absl::Status {
    const bool fact = read.bundled.has_value() && read.leaf.entry_class == EntryClass::kDomain;
    if (!fact) return absl::OkStatus();
    ASSIGN_OR_RETURN(const LogEntry entry,
                     Understand(*read.bundled, read.leaf, log.origin(), index));
    return check.TakePinned(entry);
  };
  RETURN_IF_ERROR(log.Visit(take));
  if (!GoesOn(trusted, check.log())) return NotTrusted(trusted.origin);
  LogSigners followed = check.log();
  Lower(trusted, followed);
  return followed;
}

}  // namespace ch8::verify
