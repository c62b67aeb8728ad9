#include "services/trust/log_rekey.h"

#include <google/protobuf/text_format.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
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

absl::Status Rename(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  const absl::Status status = absl::ErrnoToStatus(errno, absl::StrCat("cannot move ", from));
  if (status.code() != absl::StatusCode::kUnknown) return status;
  return absl::UnavailableError(status.message());
}

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
    ASSIGN_OR_RETURN(const bool cut_off, ReadCutOff());
    if (!cut_off) RETURN_IF_ERROR(Change());
    Rekeyed rekeyed{.record = signed_record_,
                    .retired_path = {},
                    .what = cut_off ? Rekeyed::What::kFinished : Rekeyed::What::kDone};
    ASSIGN_OR_RETURN(rekeyed.retired_path, PutInPlace());
    return rekeyed;
  }

 private:
  std::string RecordPath() const { return options_.home + "/org.record"; }
  std::string NodeRecordPath() const { return node_ + "/org.record"; }

  // Takes the node's record when it is newer than the home's: then a change was cut off after it
  // counted.
  absl::StatusOr<bool> ReadCutOff() {
    absl::StatusOr<SignedOrganizationRecord> newest = ReadRecordFile(NodeRecordPath());
    if (absl::IsNotFound(newest.status())) return false;
    RETURN_IF_ERROR(newest.status());
    absl::StatusOr<OrganizationRecord> record = VerifyUpdate(*newest, signed_record_);
    if (!record.ok()) return false;
    signed_record_ = *std::move(newest);
    record_ = *std::move(record);
    return true;
  }

  // Up to the instant at which it counts.
  absl::Status Change() {
    ASSIGN_OR_RETURN(const SigningKey root, ReadSigningKey(options_.home + "/root/root.key"));
    OrganizationRecord next = record_;
    const SigningKey key = SigningKey::Generate();
    RETURN_IF_ERROR(NameKey(key.public_key(), next));
    LogKeyChanged change;
    ASSIGN_OR_RETURN(signed_record_, SignOrganizationRecord(next, root));
    change.set_organization_record(signed_record_.SerializeAsString());
    if (options_.old_key == RekeyOptions::OldKey::kSigns) {
      ASSIGN_OR_RETURN(const SigningKey old_key, OldKey());
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
    OrganizationRecord::LogKey& added = *next.add_log_keys();
    added.set_origin(Origin());
    added.set_public_key(std::string(key.view()));
    next.set_sequence(record_.sequence() + 1);
    next.set_issued_at_unix_seconds(absl::ToUnixSeconds(options_.now));
    return absl::OkStatus();
  }

  std::string SigningPublicKey() const {
    std::string signing;
    for (const OrganizationRecord::LogKey& log : record_.log_keys()) {
      if (log.origin() == Origin()) signing = log.public_key();
    }
    return signing;
  }

  absl::StatusOr<SigningKey> OldKey() const {
    absl::StatusOr<SigningKey> key = ReadSigningKey(files_.key);
    const bool there = key.ok() && key->public_key().view() == SigningPublicKey();
    if (there) return key;
    const std::string why =
        key.ok() ? absl::StrCat(files_.key, " is not the key that the record names for ", Origin())
                 : std::string(key.status().message());
    return absl::FailedPreconditionError(
        absl::StrCat(why, "; a key that is lost or stolen is replaced with --lost"));
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
      const std::string aside =
          absl::StrCat(node_, "/log-", service, ".retired-", record_.sequence(), ".key");
      const absl::Status moved = Rename(files.key, aside);
      if (!moved.ok() && !absl::IsNotFound(moved)) return moved;
      if (moved.ok()) retired_path = aside;
      RETURN_IF_ERROR(Rename(files.next, files.key));
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
