#include "services/trust/log_rekey.h"

#include <google/protobuf/text_format.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/trust/files.h"
#include "services/trust/key_file.h"
#include "services/trust/organization_home.h"
#include "services/trust/organization_record.h"
#include "storage/base/ed25519.h"
#include "storage/base/status_macros.h"

namespace ch8::trust {
namespace {

using chapter8::ledger::v1::LogKeyChanged;

// One home and its record.
class Home {
 public:
  explicit Home(const RekeyOptions& options)
      : options_(options),
        node_(options.home + "/node"),
        files_(LogKeyFilesOf(node_, options.service)) {}

  absl::StatusOr<Rekeyed> Rekey() {
    ASSIGN_OR_RETURN(signed_record_, ReadRecordFile(RecordPath()));
    ASSIGN_OR_RETURN(record_, VerifyFirstContact(signed_record_));
    ASSIGN_OR_RETURN(const std::string cut_off, ReadCutOff());
    Rekeyed rekeyed;
    if (!cut_off.empty()) {
      ASSIGN_OR_RETURN(rekeyed.retired_path, PutInPlace());
      rekeyed.record = signed_record_;
      rekeyed.what = Rekeyed::What::kFinished;
      if (cut_off == options_.service) return rekeyed;
    }
    RETURN_IF_ERROR(Change());
    rekeyed.record = signed_record_;
    rekeyed.what = Rekeyed::What::kDone;
    rekeyed.other_finished = cut_off;
    ASSIGN_OR_RETURN(rekeyed.retired_path, PutInPlace());
    return rekeyed;
  }

 private:
  std::string RecordPath() const { return options_.home + "/org.record"; }
  std::string NodeRecordPath() const { return node_ + "/org.record"; }

  // Takes the node's record when it is newer than the home's: then a change was cut off after it
  // counted. The service of which; empty: none was.
  absl::StatusOr<std::string> ReadCutOff() {
    absl::StatusOr<SignedOrganizationRecord> newest = ReadRecordFile(NodeRecordPath());
    if (absl::IsNotFound(newest.status())) return "";
    RETURN_IF_ERROR(newest.status());
    absl::StatusOr<OrganizationRecord> record = VerifyFirstContact(*newest);
    if (!record.ok() || record->root_public_key() != record_.root_public_key() ||
        record->sequence() <= record_.sequence()) {
      return "";
    }
    std::string service;
    for (const OrganizationRecord::LogKey& log : record->log_keys()) {
      const bool new_key =
          log.until_size() == 0 && log.public_key() != SigningPublicKey(log.origin(), record_);
      if (new_key) service = log.origin().substr(log.origin().rfind('/') + 1);
    }
    signed_record_ = *std::move(newest);
    record_ = *std::move(record);
    return service;
  }

  // What the next record is made from.
  absl::StatusOr<OrganizationRecord> Followed() const {
    if (options_.follows.empty()) return record_;
    ASSIGN_OR_RETURN(const SignedOrganizationRecord older, ReadRecordFile(options_.follows));
    ASSIGN_OR_RETURN(OrganizationRecord record, VerifyFirstContact(older));
    if (record.root_public_key() != record_.root_public_key() ||
        record.trust_domain() != record_.trust_domain() ||
        record.sequence() >= record_.sequence()) {
      return absl::InvalidArgumentError(
          absl::StrCat(options_.follows, " is no older record of ", record_.trust_domain()));
    }
    return record;
  }

  // Up to the instant at which it counts.
  absl::Status Change() {
    ASSIGN_OR_RETURN(const SigningKey root, ReadSigningKey(options_.home + "/root/root.key"));
    ASSIGN_OR_RETURN(OrganizationRecord next, Followed());
    const std::string old_public_key = SigningPublicKey(Origin(), next);
    const SigningKey key = SigningKey::Generate();
    RETURN_IF_ERROR(NameKey(key.public_key(), next));
    LogKeyChanged change;
    ASSIGN_OR_RETURN(signed_record_, SignOrganizationRecord(next, root));
    change.set_organization_record(signed_record_.SerializeAsString());
    if (options_.old_key == RekeyOptions::OldKey::kSigns) {
      ASSIGN_OR_RETURN(const SigningKey old_key, OldKey(old_public_key));
      const Signature signature = old_key.Sign(record::KeyChangeBytes(signed_record_.record()));
      change.set_old_key_signature(std::string(signature.view()));
    }
    std::string text;
    if (!google::protobuf::TextFormat::PrintToString(change, &text)) {
      return absl::InternalError("a key change could not be written as text");
    }
    RETURN_IF_ERROR(WriteSigningKey(files_.next, key));
    RETURN_IF_ERROR(WriteFileAtomically(files_.change, text, kPublicMode));
    record_ = std::move(next);
    return WriteFileAtomically(NodeRecordPath(), EncodeArmour(signed_record_), kPublicMode);
  }

  std::string Origin() const {
    return absl::StrCat(record_.trust_domain(), "/ch8/", options_.service);
  }

  // Ends the keys so far and adds the next.
  absl::Status NameKey(const PublicKey& key, OrganizationRecord& next) const {
    if (options_.until_size == 0) {
      return absl::InvalidArgumentError("a key is believed for one entry at least: the genesis");
    }
    bool known = false;
    for (OrganizationRecord::LogKey& log : *next.mutable_log_keys()) {
      if (log.origin() != Origin()) continue;
      known = true;
      const uint64_t until = log.until_size() == 0 ? options_.until_size : log.until_size();
      log.set_until_size(std::min(until, options_.until_size));
    }
    if (!known) {
      return absl::InvalidArgumentError(absl::StrCat("the organization has no ledger ", Origin()));
    }
    if (next.log_keys_size() >= record::kLogKeysMax) {
      return absl::OutOfRangeError(
          absl::StrCat("the record names ", next.log_keys_size(), " keys of ledgers, and may name ",
                       record::kLogKeysMax,
                       ": none is ever dropped, since what it signed stays to be verified"));
    }
    OrganizationRecord::LogKey& added = *next.add_log_keys();
    added.set_origin(Origin());
    added.set_public_key(std::string(key.view()));
    next.set_sequence(record_.sequence() + 1);
    next.set_issued_at_unix_seconds(absl::ToUnixSeconds(options_.now));
    return absl::OkStatus();
  }

  static std::string SigningPublicKey(absl::string_view origin, const OrganizationRecord& record) {
    std::string signing;
    for (const OrganizationRecord::LogKey& log : record.log_keys()) {
      if (log.origin() == origin) signing = log.public_key();
    }
    return signing;
  }

  // In its place, or put aside by the record that is taken back.
  absl::StatusOr<SigningKey> OldKey(const std::string& public_key) const {
    absl::StatusOr<SigningKey> key = ReadSigningKey(files_.key);
    for (const std::string& path : {files_.key, RetiredPath(options_.service)}) {
      absl::StatusOr<SigningKey> found = ReadSigningKey(path);
      if (found.ok() && found->public_key().view() == public_key) return found;
    }
    const std::string why =
        key.ok() ? absl::StrCat(files_.key, " is not the key that the record names for ", Origin())
                 : std::string(key.status().message());
    return absl::FailedPreconditionError(
        absl::StrCat(why, "; a key that is lost or stolen is replaced with --lost"));
  }

  std::string RetiredPath(absl::string_view service) const {
    return absl::StrCat(node_, "/log-", service, ".retired-", record_.sequence(), ".key");
  }

  // After that instant: every key and record under the name that people look for. The name of the
  // old key; empty when there was none.
  absl::StatusOr<std::string> PutInPlace() {
    std::string retired_path;
    for (const OrganizationRecord::LogKey& log : record_.log_keys()) {
      if (log.until_size() != 0) continue;
      const std::string service = log.origin().substr(log.origin().rfind('/') + 1);
      const LogKeyFiles files = LogKeyFilesOf(node_, service);
      const absl::StatusOr<SigningKey> next = ReadSigningKey(files.next);
      if (absl::IsNotFound(next.status())) continue;
      RETURN_IF_ERROR(next.status());
      if (next->public_key().view() != log.public_key()) continue;
      const std::string aside = RetiredPath(service);
      const absl::Status moved = MoveFile(files.key, aside);
      if (!moved.ok() && !absl::IsNotFound(moved)) return moved;
      if (moved.ok()) retired_path = aside;
      RETURN_IF_ERROR(MoveFile(files.next, files.key));
    }
    RETURN_IF_ERROR(WriteFileAtomically(RecordPath(), EncodeArmour(signed_record_), kPublicMode));
    return retired_path;
  }

  const RekeyOptions& options_;
  const std::string node_;
  const LogKeyFiles files_;
  SignedOrganizationRecord signed_record_;  // The newest.
  OrganizationRecord record_;               // In it.
};

}  // namespace

LogKeyFiles LogKeyFilesOf(const std::string& node_folder, absl::string_view service) {
  const std::string stem = absl::StrCat(node_folder, "/log-", service);
  return {.key = stem + ".key", .next = stem + ".next.key", .change = stem + ".change"};
}

absl::StatusOr<Rekeyed> RekeyLog(const RekeyOptions& options) { return Home(options).Rekey(); }

absl::StatusOr<std::optional<LogKeyChanged>> ReadKeyChange(const std::string& path) {
  const absl::StatusOr<std::string> text = ReadSmallFile(path);
  if (absl::IsNotFound(text.status())) return std::nullopt;
  RETURN_IF_ERROR(text.status());
  LogKeyChanged change;
  if (!google::protobuf::TextFormat::ParseFromString(*text, &change)) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": not a change of a key in text form"));
  }
  return change;
}

}  // namespace ch8::trust
