#include "services/node/node_folder.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/trust/key_file.h"
#include "services/trust/log_rekey.h"
#include "services/trust/organization_home.h"
#include "services/trust/organization_record.h"
#include "services/trust/witness_rekey.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/durable_file.h"

namespace ch8::node {
namespace {

// The version of the formats that this program writes.
constexpr uint32_t kFormat = 1;

}  // namespace

std::string NodeFolder::Origin(absl::string_view service) const {
  return absl::StrCat(record.trust_domain(), "/ch8/", service);
}

absl::StatusOr<NodeFolder> NodeFolder::Read(const std::string& path) {
  NodeFolder folder;
  folder.path = path;
  absl::StatusOr<chapter8::directory::v1::Genesis> genesis =
      trust::ReadGenesis(path + "/genesis.textproto");
  if (absl::IsNotFound(genesis.status())) {
    return absl::NotFoundError(absl::StrCat(
        path, " has no genesis.textproto; --home is the node folder that `ch8 org init` wrote"));
  }
  RETURN_IF_ERROR(genesis.status());
  folder.genesis = *std::move(genesis);
  folder.signed_record = folder.genesis.signed_record();
  absl::StatusOr<trust::SignedOrganizationRecord> newest =
      trust::ReadRecordFile(path + "/org.record");
  if (newest.ok()) {
    const absl::Status follows =
        trust::VerifyUpdate(*newest, folder.genesis.signed_record()).status();
    if (!follows.ok() && !absl::IsAlreadyExists(follows)) {
      return absl::Status(follows.code(), absl::StrCat(path, "/org.record: ", follows.message()));
    }
    folder.signed_record = *std::move(newest);
  } else if (!absl::IsNotFound(newest.status())) {
    return newest.status();
  }
  ASSIGN_OR_RETURN(folder.record, trust::ParseOrganizationRecord(folder.signed_record.record()));
  return folder;
}

absl::StatusOr<SigningKey> NodeFolder::LogKey(absl::string_view service) const {
  const std::string origin = Origin(service);
  const trust::LogKeyFiles files = trust::LogKeyFilesOf(path, service);
  absl::Status why;
  for (const std::string& key_path : {files.key, files.next}) {
    absl::StatusOr<SigningKey> key = trust::ReadSigningKey(key_path);
    if (absl::IsNotFound(key.status()) && key_path == files.next) break;
    why = key.status();
    if (!key.ok()) continue;
    for (const auto& known : record.log_keys()) {
      if (known.origin() == origin && known.until_size() == 0 &&
          known.public_key() == key->public_key().view()) {
        return key;
      }
    }
    why = absl::FailedPreconditionError(absl::StrCat(
        files.key, " is not the key that the organization's record names for ", origin));
  }
  return why;
}

absl::StatusOr<SigningKey> NodeFolder::WitnessKey() const {
  const absl::StatusOr<SigningKey> next = trust::ReadSigningKey(trust::NextWitnessKeyPath(path));
  if (!next.ok() && !absl::IsNotFound(next.status())) return next.status();
  const auto is_named = [&](const SigningKey& key) {
    return record.witness_public_key() == key.public_key().view();
  };
  if (next.ok() && is_named(*next)) return next;
  ASSIGN_OR_RETURN(SigningKey key, trust::ReadSigningKey(trust::WitnessKeyPath(path)));
  if (is_named(key)) return key;
  return absl::FailedPreconditionError(
      absl::StrCat(trust::WitnessKeyPath(path),
                   " is not the key that the organization's record names for its witness"));
}

std::string NodeFolder::CreatedPath(absl::string_view service) const {
  return absl::StrCat(path, "/log-", service, ".created");
}

absl::StatusOr<std::optional<Hash>> NodeFolder::RememberedLog(absl::string_view service) const {
  const std::string file = CreatedPath(service);
  ASSIGN_OR_RETURN(const std::optional<std::string> hex, ReadFileIfPresent(file));
  if (!hex.has_value()) return std::nullopt;
  const absl::StatusOr<Hash> log_id = Hash::FromHex(absl::StripAsciiWhitespace(*hex));
  if (!log_id.ok()) return absl::DataLossError(absl::StrCat(file, " does not hold a log id"));
  return *log_id;
}

absl::Status NodeFolder::OtherLogExisted(absl::string_view service, const Hash& log_id) const {
  return absl::FailedPreconditionError(absl::StrCat(Origin(service), " existed with log id ",
                                                    log_id.ToHex(), " (", CreatedPath(service),
                                                    "); restore its data, or bring it back from a "
                                                    "partner: ch8 node recover"));
}

absl::Status NodeFolder::ExpectNoLog(absl::string_view service) const {
  ASSIGN_OR_RETURN(const std::optional<Hash> remembered, RememberedLog(service));
  if (!remembered.has_value()) return absl::OkStatus();
  return OtherLogExisted(service, *remembered);
}

absl::Status NodeFolder::RememberLog(absl::string_view service, const Hash& log_id) const {
  ASSIGN_OR_RETURN(const std::optional<Hash> remembered, RememberedLog(service));
  if (!remembered.has_value()) {
    return WriteFileDurably(CreatedPath(service), absl::StrCat(log_id.ToHex(), "\n"));
  }
  return *remembered == log_id ? absl::OkStatus() : OtherLogExisted(service, *remembered);
}

absl::StatusOr<chapter8::ledger::v1::Genesis> NodeFolder::LedgerGenesis(
    absl::string_view service, const Exercise& exercise) const {
  chapter8::ledger::v1::Genesis ledger;
  ledger.set_format(kFormat);
  ledger.set_origin(Origin(service));
  ledger.set_organization_record(genesis.signed_record().SerializeAsString());
  if (service == "directory") {
    for (const auto& first : genesis.administrators()) {
      auto* administrator = ledger.add_administrators();
      administrator->set_officer(first.officer());
      administrator->set_person(first.person());
      administrator->set_act_public_key(first.act_public_key());
    }
  }
  if (exercise.kind == Exercise::Kind::kExercise) {
    ledger.set_exercise(true);
    ledger.set_exercise_offset_us(absl::ToInt64Microseconds(exercise.offset));
  }
  return ledger;
}

}  // namespace ch8::node
