#include "services/trust/record/record.h"

#include <arpa/inet.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "services/trust/record/names.h"
#include "services/trust/record/unknown_fields.h"
#include "storage/base/ed25519.h"
#include "storage/base/hash.h"
#include "storage/base/status_macros.h"

namespace ch8::trust::record {
namespace {

constexpr char kSignaturePrefix[] = "chapter8/organization-record/v1\n";
constexpr char kKeyChangePrefix[] = "chapter8/log-key-change/v1\n";
constexpr int kEndpointsMax = 64;
constexpr size_t kDisplayNameSizeMax = 200;

absl::Status Bad(absl::string_view field, absl::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat("organization record: ", field, " ", rule));
}

bool IsDigits(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isdigit(static_cast<unsigned char>(c));
  });
}

bool IsHost(const std::string& host) {
  unsigned char address[16];
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    return ::inet_pton(AF_INET6, host.substr(1, host.size() - 2).c_str(), address) == 1;
  }
  return IsTrustDomain(host) || ::inet_pton(AF_INET, host.c_str(), address) == 1;
}

bool IsTarget(const std::string& target) {
  const size_t colon = target.rfind(':');
  if (colon == std::string::npos) return false;
  const std::string port = target.substr(colon + 1);
  int number = 0;
  return IsHost(target.substr(0, colon)) && IsDigits(port) && port.size() <= 5 &&
         absl::SimpleAtoi(port, &number) && number >= 1 && number <= 65535;
}

absl::Status CheckEndpoints(const OrganizationRecord& record) {
  if (record.endpoints_size() > kEndpointsMax) return Bad("endpoints", "must be 64 at most");
  for (const OrganizationRecord::Endpoint& endpoint : record.endpoints()) {
    if (!IsResourceId(endpoint.service())) {
      return Bad("endpoints.service", "must match [a-z0-9-]{1,63}");
    }
    if (!IsTarget(endpoint.target())) return Bad("endpoints.target", "must be host:port");
  }
  return absl::OkStatus();
}

// The keys of each ledger, in their order. They live in the record.
using KeysByOrigin = std::map<std::string, std::vector<const OrganizationRecord::LogKey*>>;

KeysByOrigin KeysOf(const OrganizationRecord& record) {
  KeysByOrigin ledgers;
  for (const OrganizationRecord::LogKey& key : record.log_keys()) {
    ledgers[key.origin()].push_back(&key);
  }
  return ledgers;
}

// The keys of one ledger follow each other: the last one signs, each before it up to a size. Sizes
// may be equal, for a key may be revoked before it has signed anything.
absl::Status CheckOrder(const std::vector<const OrganizationRecord::LogKey*>& keys) {
  std::set<absl::string_view> seen;
  uint64_t size = 0;
  for (const OrganizationRecord::LogKey* key : keys) {
    if (!seen.insert(key->public_key()).second) {
      return Bad("log_keys.public_key", "is twice in one ledger");
    }
    const bool signs = key->until_size() == 0;
    if (signs != (key == keys.back())) {
      return Bad("log_keys.until_size", "must be 0 for the last key of a ledger and for no other");
    }
    if (!signs && key->until_size() < size) {
      return Bad("log_keys.until_size", "must not fall from one key of a ledger to the next");
    }
    size = key->until_size();
  }
  return absl::OkStatus();
}

absl::Status CheckLogKeys(const OrganizationRecord& record) {
  if (record.log_keys().empty() || record.log_keys_size() > kLogKeysMax) {
    return Bad("log_keys", "must be 1 to 64");
  }
  for (const OrganizationRecord::LogKey& key : record.log_keys()) {
    if (!IsOriginOf(record.trust_domain(), key.origin())) {
      return Bad("log_keys.origin", "must be <trust_domain>/ch8/<service>");
    }
    if (key.public_key().size() != PublicKey::kSize) {
      return Bad("log_keys.public_key", "must be 32 bytes");
    }
    if (key.public_key() == record.root_public_key()) {
      return Bad("log_keys.public_key", "must not be the root key");
    }
  }
  for (const auto& [origin, keys] : KeysOf(record)) RETURN_IF_ERROR(CheckOrder(keys));
  return absl::OkStatus();
}

// One key signs cosignatures and nothing else (storage/merkle/cosignature.h).
absl::Status CheckWitnessKey(const OrganizationRecord& record) {
  const std::string& witness = record.witness_public_key();
  if (witness.empty()) return absl::OkStatus();
  if (witness.size() != PublicKey::kSize) return Bad("witness_public_key", "must be 32 bytes");
  bool shared = witness == record.root_public_key();
  for (const OrganizationRecord::LogKey& key : record.log_keys()) {
    shared = shared || key.public_key() == witness;
  }
  return shared ? Bad("witness_public_key", "must sign nothing else") : absl::OkStatus();
}

// The record inside, if `root_public_key` signed its bytes.
absl::StatusOr<OrganizationRecord> VerifyUnder(absl::string_view root_public_key,
                                               const SignedOrganizationRecord& record) {
  ASSIGN_OR_RETURN(const PublicKey root, PublicKey::FromBytes(root_public_key));
  if (!root.Verifies(SignedBytes(record.record()), absl::string_view(record.signature()))) {
    return absl::UnauthenticatedError("organization record: not signed by its root key");
  }
  return Parse(record.record());
}

}  // namespace

std::string SignedBytes(absl::string_view record_bytes) {
  return absl::StrCat(kSignaturePrefix, record_bytes);
}

std::string KeyChangeBytes(absl::string_view record_bytes) {
  return absl::StrCat(kKeyChangePrefix, record_bytes);
}

absl::Status Check(const OrganizationRecord& record) {
  if (!IsResourceId(record.organization())) {
    return Bad("organization", "must match [a-z0-9-]{1,63}");
  }
  if (!IsTrustDomain(record.trust_domain())) {
    return Bad("trust_domain", "must be a lower-case DNS name");
  }
  const std::string& name = record.display_name();
  if (name.empty() || name.size() > kDisplayNameSizeMax ||
      std::any_of(name.begin(), name.end(),
                  [](char c) { return absl::ascii_iscntrl(static_cast<unsigned char>(c)); })) {
    return Bad("display_name", "must be 1 to 200 bytes without control characters");
  }
  if (record.ca_bundle_pem().empty()) return Bad("ca_bundle_pem", "must not be empty");
  if (record.root_public_key().size() != PublicKey::kSize) {
    return Bad("root_public_key", "must be 32 bytes");
  }
  RETURN_IF_ERROR(CheckEndpoints(record));
  RETURN_IF_ERROR(CheckLogKeys(record));
  RETURN_IF_ERROR(CheckWitnessKey(record));
  if (record.sequence() == 0) return Bad("sequence", "must be 1 or more");
  if (record.issued_at_unix_seconds() <= 0) return Bad("issued_at_unix_seconds", "must be set");
  return absl::OkStatus();
}

absl::StatusOr<OrganizationRecord> Parse(absl::string_view bytes) {
  OrganizationRecord record;
  if (bytes.size() > kSizeMax) return Bad("it", "is larger than 256 KiB");
  if (!record.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return Bad("it", "is not an OrganizationRecord");
  }
  if (HasUnknownFields(record)) return Bad("it", "has fields unknown here");
  RETURN_IF_ERROR(Check(record));
  return record;
}

absl::StatusOr<OrganizationRecord> VerifyFirstContact(const SignedOrganizationRecord& record) {
  ASSIGN_OR_RETURN(const OrganizationRecord claimed, Parse(record.record()));
  return VerifyUnder(claimed.root_public_key(), record);
}

absl::StatusOr<OrganizationRecord> VerifyUpdate(const SignedOrganizationRecord& update,
                                                const SignedOrganizationRecord& pinned) {
  ASSIGN_OR_RETURN(const OrganizationRecord before, Parse(pinned.record()));
  ASSIGN_OR_RETURN(OrganizationRecord after, VerifyUnder(before.root_public_key(), update));
  if (update.record() == pinned.record()) {
    return absl::AlreadyExistsError("organization record: this very record is pinned already");
  }
  if (after.organization() != before.organization() ||
      after.trust_domain() != before.trust_domain() ||
      after.root_public_key() != before.root_public_key()) {
    return absl::FailedPreconditionError(
        "organization record: id, trust domain or root key differ from the pinned ones");
  }
  if (after.sequence() <= before.sequence()) {
    return absl::FailedPreconditionError(
        absl::StrCat("organization record: sequence ", after.sequence(),
                     " does not rise above the pinned ", before.sequence(),
                     after.sequence() == before.sequence() ? "; two records of one sequence: "
                                                             "keep both as evidence"
                                                           : ""));
  }
  RETURN_IF_ERROR(CheckKeySuccession(before, after));
  return after;
}

absl::Status CheckKeySuccession(const OrganizationRecord& before, const OrganizationRecord& after) {
  KeysByOrigin now = KeysOf(after);
  for (const auto& [origin, keys] : KeysOf(before)) {
    const std::vector<const OrganizationRecord::LogKey*>& successors = now[origin];
    for (size_t i = 0; i < keys.size(); ++i) {
      if (i >= successors.size() || successors[i]->public_key() != keys[i]->public_key()) {
        return absl::FailedPreconditionError(
            absl::StrCat("organization record: key ", i + 1, " of ", origin,
                         " is dropped or altered; what it signed could not be verified any more"));
      }
      const uint64_t was = keys[i]->until_size();
      const uint64_t is = successors[i]->until_size();
      if (was != 0 && (is == 0 || is > was)) {
        return absl::FailedPreconditionError(absl::StrCat(
            "organization record: key ", i + 1, " of ", origin, " is believed for ", was,
            " entries, and would be for more: a key that was revoked stays revoked"));
      }
    }
  }
  return absl::OkStatus();
}

std::string Fingerprint(absl::string_view record_bytes) {
  const std::string hex = Sha256(record_bytes).ToHex();
  std::string result;
  for (size_t i = 0; i < hex.size(); i += 4) {
    absl::StrAppend(&result, i == 0 ? "" : " ", hex.substr(i, 4));
  }
  return result;
}

std::string TargetOf(const OrganizationRecord& record, absl::string_view service) {
  std::string target;
  for (const auto& endpoint : record.endpoints()) {
    if (endpoint.service() == service) return endpoint.target();
    if (endpoint.service() == "federation") target = endpoint.target();
  }
  return target;
}

}  // namespace ch8::trust::record
