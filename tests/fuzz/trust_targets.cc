// Who is who: organization records, certificates, keys, identities, officers' signatures.
#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "services/trust/act.h"
#include "services/trust/certificates.h"
#include "services/trust/key_file.h"
#include "services/trust/organization_record.h"
#include "services/trust/spiffe_id.h"
#include "storage/base/check.h"
#include "tests/fuzz/fixed_key.h"
#include "tests/fuzz/target.h"

namespace ch8::fuzz {
namespace {

using chapter8::directory::v1::OrganizationRecord;
using chapter8::directory::v1::SignedOrganizationRecord;

trust::KeyAndCertificate Authority() {
  return trust::MakeCertificateAuthority({.trust_domain = "au.example",
                                          .not_before = absl::FromUnixSeconds(1'772'409'600),
                                          .validity = absl::Hours(24 * 365 * 10)})
      .value();
}

std::string Leaf(const trust::KeyAndCertificate& authority) {
  return trust::IssueCertificate(
             {.authority_key_pem = authority.key_pem,
              .authority_certificate_pem = authority.certificate_pem,
              .request_pem = trust::MakeKeyAndRequest().request_pem,
              .id = trust::SpiffeId::Parse("spiffe://au.example/node/1").value(),
              .dns_names = {"node.au.example"},
              .ip_addresses = {"127.0.0.1", "::1"},
              .not_before = absl::FromUnixSeconds(1'772'409'600),
              .validity = absl::Hours(24)})
      .value();
}

OrganizationRecord Record() {
  OrganizationRecord record;
  record.set_organization("au");
  record.set_trust_domain("au.example");
  record.set_display_name("African Union (exercise)");
  record.set_ca_bundle_pem(Authority().certificate_pem);
  record.add_endpoints()->set_service("finance");
  record.mutable_endpoints(0)->set_target("finance.au.example:7443");
  record.add_log_keys()->set_origin(std::string(kOrigin));
  record.mutable_log_keys(0)->set_public_key(std::string(KeyOf(kOrigin).public_key().view()));
  record.set_root_public_key(std::string(KeyOf("root").public_key().view()));
  record.set_sequence(7);
  record.set_issued_at_unix_seconds(1'772'409'600);
  return record;
}

// The record's own bytes, signed by the root key that they name, if it is ours: only their form
// speaks against them. A record that is believed says nothing that goes unread.
Outcome RunRecord(absl::string_view input) {
  SignedOrganizationRecord envelope;
  envelope.set_record(std::string(input));
  envelope.set_signature(std::string(KeyOf("root").Sign(trust::record::SignedBytes(input)).view()));
  const absl::StatusOr<OrganizationRecord> record = trust::VerifyFirstContact(envelope);
  if (!record.ok()) return Refused(record.status());
  Check(record->root_public_key() == KeyOf("root").public_key().view(), "signed by its own key");
  OrganizationRecord again;
  Check(again.ParseFromString(record->SerializeAsString()), "it can be said again");
  Check(trust::CheckOrganizationRecord(again).ok(), "and is the same");
  Check(absl::IsAlreadyExists(trust::VerifyUpdate(envelope, envelope).status()),
        "no record succeeds itself");
  return Outcome::kAccepted;
}

std::vector<std::string> RecordSeeds() {
  OrganizationRecord other_domain = Record();
  other_domain.mutable_log_keys(0)->set_origin("un.example/ch8/finance");
  return {Record().SerializeAsString(), other_domain.SerializeAsString(), "\xff"};
}

Outcome RunArmour(absl::string_view input) {
  const absl::StatusOr<SignedOrganizationRecord> record = trust::DecodeArmour(input);
  if (!record.ok()) return Refused(record.status());
  const absl::StatusOr<SignedOrganizationRecord> again =
      trust::DecodeArmour(trust::EncodeArmour(*record));
  Check(again.ok() && again->record() == record->record() &&
            again->signature() == record->signature(),
        "its file form is the same record");
  return Outcome::kAccepted;
}

std::vector<std::string> ArmourSeeds() {
  SignedOrganizationRecord record;
  record.set_record("some bytes of a record, enough of them for more than one line of base64");
  record.set_signature(std::string(64, 's'));
  const std::string armour = trust::EncodeArmour(record);
  return {armour, absl::StrCat("To: the AU\r\n", armour, "regards\n"), armour.substr(0, 90)};
}

// Names are what OpenSSL read and C programs would read alike.
Outcome RunCertificates(absl::string_view input) {
  const absl::Status bundle = trust::CheckCaBundle(input);
  if (!bundle.ok()) Refused(bundle);
  const absl::StatusOr<std::vector<trust::X509Ptr>> certificates = trust::ParseCertificates(input);
  if (!certificates.ok()) {
    Check(!bundle.ok(), "a bundle holds certificates");
    return Refused(certificates.status());
  }
  for (const trust::X509Ptr& certificate : *certificates) {
    const auto facts = trust::DescribeCertificate(certificate.get());
    if (!facts.ok()) return Refused(facts.status());
    for (const auto& names : {facts->uri_names, facts->dns_names, facts->ip_addresses}) {
      for (const std::string& name : names) {
        Check(name.find('\0') == std::string::npos, "a name ends where it ends");
      }
    }
    Check(!bundle.ok() || facts->is_authority, "a bundle holds authorities");
  }
  return Outcome::kAccepted;
}

std::vector<std::string> CertificatesSeeds() {
  const trust::KeyAndCertificate authority = Authority();
  return {authority.certificate_pem,
          absl::StrCat(Leaf(authority), "text\n", authority.certificate_pem),
          authority.certificate_pem.substr(40), authority.key_pem};
}

Outcome RunKey(absl::string_view input) {
  const absl::StatusOr<PublicKey> verifying = trust::DecodePublicKey(input);
  const absl::StatusOr<SigningKey> signing = trust::DecodeSigningKey(input);
  if (verifying.ok()) {
    Check(trust::DecodePublicKey(trust::EncodePublicKey(*verifying)).value() == *verifying,
          "its file is the same key");
  } else {
    Refused(verifying.status());
  }
  if (signing.ok()) {
    Check(trust::DecodeSigningKey(trust::EncodeSigningKey(*signing))->seed() == signing->seed(),
          "its file is the same key");
  } else {
    Refused(signing.status());
  }
  return verifying.ok() || signing.ok() ? Outcome::kAccepted : Outcome::kRefused;
}

std::vector<std::string> KeySeeds() {
  const std::string pem = trust::EncodePublicKey(KeyOf("key").public_key());
  return {pem, trust::EncodeSigningKey(KeyOf("key")), pem.substr(3), Authority().key_pem};
}

Outcome RunSpiffe(absl::string_view input) {
  const absl::StatusOr<trust::SpiffeId> id = trust::SpiffeId::Parse(input);
  if (!id.ok()) return Refused(id.status());
  return SameBytes(input, id->ToString());
}

std::vector<std::string> SpiffeSeeds() {
  return {"spiffe://un.example/officer/okoye", "spiffe://un.example/svc/finance",
          "spiffe://un.example/officer/../okoye"};
}

Outcome RunAct(absl::string_view input) {
  const absl::StatusOr<trust::SignedAct> act = trust::DecodeSignedAct(input);
  if (!act.ok()) return Refused(act.status());
  const absl::StatusOr<trust::SignedAct> again =
      trust::DecodeSignedAct(trust::EncodeSignedAct(*act));
  Check(again.ok() && again->public_key == act->public_key &&
            again->not_after_unix_seconds == act->not_after_unix_seconds &&
            again->signature.bytes == act->signature.bytes,
        "it is sent on as it came");
  return Outcome::kAccepted;
}

std::vector<std::string> ActSeeds() {
  const auto act = trust::SignAct(
      KeyOf("okoye"), {.origin = std::string(kOrigin), .method = "/a.B/C", .request_digest = {}},
      absl::FromUnixSeconds(1'772'409'600));
  const std::string bytes = trust::EncodeSignedAct(*act);
  return {bytes, bytes.substr(0, bytes.size() - 1)};
}

}  // namespace

std::vector<Target> TrustTargets() {
  return {{"trust_act", RunAct, ActSeeds},
          {"trust_armour", RunArmour, ArmourSeeds},
          {"trust_certificates", RunCertificates, CertificatesSeeds},
          {"trust_key", RunKey, KeySeeds},
          {"trust_record", RunRecord, RecordSeeds},
          {"trust_spiffe", RunSpiffe, SpiffeSeeds}};
}

}  // namespace ch8::fuzz
