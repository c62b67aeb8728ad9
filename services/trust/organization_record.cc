#include "services/trust/organization_record.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "services/trust/certificates.h"
#include "services/trust/record/record.h"
#include "services/trust/record/unknown_fields.h"
#include "storage/base/status_macros.h"

namespace ch8::trust {
namespace {

constexpr char kArmourBegin[] = "-----BEGIN CHAPTER8 ORGANIZATION RECORD-----";
constexpr char kArmourEnd[] = "-----END CHAPTER8 ORGANIZATION RECORD-----";
constexpr size_t kArmourLine = 64;

absl::Status Bad(absl::string_view field, absl::string_view rule) {
  return absl::InvalidArgumentError(absl::StrCat("organization record: ", field, " ", rule));
}

// `record`, if its authorities' certificates parse as well.
absl::StatusOr<OrganizationRecord> WithBundle(absl::StatusOr<OrganizationRecord> record) {
  RETURN_IF_ERROR(record.status());
  const absl::Status bundle = CheckCaBundle(record->ca_bundle_pem());
  if (!bundle.ok()) return Bad("ca_bundle_pem", bundle.message());
  return record;
}

}  // namespace

absl::Status CheckOrganizationRecord(const OrganizationRecord& record) {
  RETURN_IF_ERROR(record::Check(record));
  return WithBundle(record).status();
}

absl::StatusOr<OrganizationRecord> ParseOrganizationRecord(absl::string_view bytes) {
  return WithBundle(record::Parse(bytes));
}

absl::StatusOr<SignedOrganizationRecord> SignOrganizationRecord(const OrganizationRecord& record,
                                                                const SigningKey& root_key) {
  if (record.root_public_key().size() != PublicKey::kSize ||
      root_key.public_key().view() != record.root_public_key()) {
    return Bad("root_public_key", "is not the key it is to be signed with");
  }
  SignedOrganizationRecord result;
  result.set_record(record.SerializeAsString());
  RETURN_IF_ERROR(ParseOrganizationRecord(result.record()).status());
  const Signature signature = root_key.Sign(record::SignedBytes(result.record()));
  result.set_signature(signature.bytes.data(), signature.bytes.size());
  return result;
}

absl::StatusOr<OrganizationRecord> VerifyFirstContact(const SignedOrganizationRecord& record) {
  return WithBundle(record::VerifyFirstContact(record));
}

absl::StatusOr<OrganizationRecord> VerifyUpdate(const SignedOrganizationRecord& update,
                                                const SignedOrganizationRecord& pinned) {
  return WithBundle(record::VerifyUpdate(update, pinned));
}

std::string Fingerprint(absl::string_view record_bytes) {
  return record::Fingerprint(record_bytes);
}

std::string EncodeArmour(const SignedOrganizationRecord& record) {
  const std::string base64 = absl::Base64Escape(record.SerializeAsString());
  std::string result = absl::StrCat(kArmourBegin, "\n");
  for (size_t i = 0; i < base64.size(); i += kArmourLine) {
    absl::StrAppend(&result, base64.substr(i, kArmourLine), "\n");
  }
  absl::StrAppend(&result, kArmourEnd, "\n");
  return result;
}

absl::StatusOr<SignedOrganizationRecord> DecodeArmour(absl::string_view text) {
  const size_t begin = text.find(kArmourBegin);
  const size_t end = text.find(kArmourEnd);
  if (begin == absl::string_view::npos || end == absl::string_view::npos || end < begin ||
      text.find(kArmourBegin, begin + 1) != absl::string_view::npos) {
    return Bad("the file", "must hold one BEGIN and END CHAPTER8 ORGANIZATION RECORD block");
  }
  const size_t body = begin + sizeof(kArmourBegin) - 1;
  std::string base64;
  for (char c : text.substr(body, end - body)) {
    if (c != '\n' && c != '\r') base64.push_back(c);
  }
  std::string bytes;
  SignedOrganizationRecord record;
  if (base64.size() > 2 * kOrganizationRecordSizeMax || !absl::Base64Unescape(base64, &bytes) ||
      absl::Base64Escape(bytes) != base64) {
    return Bad("the file", "is not base64 between its BEGIN and END lines");
  }
  if (!record.ParseFromString(bytes) || HasUnknownFields(record)) {
    return Bad("the file", "does not hold a signed organization record");
  }
  return record;
}

}  // namespace ch8::trust
