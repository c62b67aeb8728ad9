#include "services/trust/certificates.h"

#include <openssl/err.h>
#include <openssl/obj_mac.h>
#include <openssl/pem.h>
#include <openssl/sha.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "services/trust/general_names.h"
#include "storage/base/check.h"
#include "storage/base/ed25519.h"
#include "storage/base/status_macros.h"

namespace ch8::trust {
namespace {

constexpr absl::Duration kClockSlack = absl::Minutes(5);
constexpr absl::Duration kAuthorityLifeMin = absl::Hours(1);
constexpr absl::Duration kAuthorityLifeMax = absl::Hours(24 * 366 * 30);
constexpr absl::Duration kLeafLifeMin = absl::Minutes(1);
constexpr size_t kCertificatesMax = 64;
constexpr size_t kBundleCertificatesMax = 16;
constexpr size_t kCommonNameMax = 64;  // RFC 5280, ub-common-name.

// Never asks at a terminal: an encrypted key is refused.
int NoPassword(char*, int, int, void*) { return -1; }

absl::Status Refused(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(what, ": ", OpensslError()));
}

PkeyPtr MakeKey() {
  PkeyPtr key(EVP_EC_gen("P-256"));
  Check(key != nullptr, "OpenSSL could not make a P-256 key");
  return key;
}

std::string KeyPem(EVP_PKEY* key) {
  const BioPtr bio(BIO_new(BIO_s_secmem()));
  Check(bio != nullptr && PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0,
                                                        nullptr, nullptr) == 1,
        "a private key could not be encoded");
  return BioText(bio.get());
}

std::string CertificatePem(X509* certificate) {
  const BioPtr bio(BIO_new(BIO_s_mem()));
  Check(bio != nullptr && PEM_write_bio_X509(bio.get(), certificate) == 1,
        "a certificate could not be encoded");
  return BioText(bio.get());
}

absl::StatusOr<PkeyPtr> ReadKey(absl::string_view pem) {
  const BioPtr bio = ReadingBio(pem);
  PkeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassword, nullptr));
  if (key == nullptr) return Refused("no private key in PEM");
  return key;
}

// Adds one extension in OpenSSL's configuration syntax; `value` is one of our constants.
void AddExtension(X509* certificate, X509* issuer, int nid, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value);
  Check(extension != nullptr && X509_add_ext(certificate, extension, -1) == 1,
        "an X.509 extension could not be added");
  X509_EXTENSION_free(extension);
}

void SetTime(ASN1_TIME* field, absl::Time time) {
  Check(ASN1_TIME_set(field, absl::ToTimeT(time)) != nullptr, "a time X.509 cannot express");
}

// 127 random bits: positive and never twice (CA/Browser Forum asks for 64).
void SetSerial(X509* certificate) {
  std::string bytes = RandomBytes(16);
  bytes[0] = static_cast<char>((bytes[0] & 0x3f) | 0x40);
  BIGNUM* number = BN_bin2bn(reinterpret_cast<const unsigned char*>(bytes.data()),
                             static_cast<int>(bytes.size()), nullptr);
  Check(number != nullptr && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)),
        "a serial number could not be set");
  BN_free(number);
}

struct Subject {
  std::string common_name;
  EVP_PKEY* key;
  absl::Time not_before;
  absl::Time not_after;
};

X509Ptr NewCertificate(const Subject& subject) {
  X509Ptr certificate(X509_new());
  Check(certificate != nullptr && X509_set_version(certificate.get(), X509_VERSION_3) == 1 &&
            X509_set_pubkey(certificate.get(), subject.key) == 1,
        "a certificate could not be started");
  SetSerial(certificate.get());
  SetTime(X509_getm_notBefore(certificate.get()), subject.not_before);
  SetTime(X509_getm_notAfter(certificate.get()), subject.not_after);
  const std::string name = subject.common_name.substr(0, kCommonNameMax);
  Check(
      X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate.get()), NID_commonName,
                                 MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name.data()),
                                 static_cast<int>(name.size()), -1, 0) == 1,
      "a subject could not be set");
  return certificate;
}

std::string DomainUri(absl::string_view trust_domain) {
  return absl::StrCat("spiffe://", trust_domain);
}

absl::Status CheckRequestKey(EVP_PKEY* key) {
  char group[32] = "";
  size_t size = 0;
  const int type = EVP_PKEY_get_base_id(key);
  if (type == EVP_PKEY_RSA && EVP_PKEY_get_bits(key) >= 2048) return absl::OkStatus();
  if (type == EVP_PKEY_EC && EVP_PKEY_get_group_name(key, group, sizeof(group), &size) == 1 &&
      (absl::string_view(group) == "prime256v1" || absl::string_view(group) == "secp384r1")) {
    return absl::OkStatus();
  }
  ERR_clear_error();
  return absl::InvalidArgumentError(
      "certificate request: the key must be P-256, P-384 or RSA of at least 2048 bits");
}

// The key that a request asks a certificate for and proves possession of.
absl::StatusOr<PkeyPtr> RequestKey(absl::string_view pem) {
  const BioPtr bio = ReadingBio(pem);
  const X509ReqPtr request(PEM_read_bio_X509_REQ(bio.get(), nullptr, NoPassword, nullptr));
  if (request == nullptr) return Refused("no certificate request in PEM");
  PkeyPtr key(X509_REQ_get_pubkey(request.get()));
  if (key == nullptr) return Refused("certificate request without a usable key");
  RETURN_IF_ERROR(CheckRequestKey(key.get()));
  if (X509_REQ_verify(request.get(), key.get()) != 1) {
    return Refused("certificate request: not signed by the key it names");
  }
  return key;
}

struct Authority {
  PkeyPtr key;
  X509Ptr certificate;
  CertificateFacts facts;
};

absl::StatusOr<Authority> ReadAuthority(const IssueOptions& options) {
  Authority authority;
  ASSIGN_OR_RETURN(authority.key, ReadKey(options.authority_key_pem));
  ASSIGN_OR_RETURN(std::vector<X509Ptr> chain,
                   ParseCertificates(options.authority_certificate_pem));
  authority.certificate = std::move(chain.front());
  ASSIGN_OR_RETURN(authority.facts, DescribeCertificate(authority.certificate.get()));
  if (X509_check_private_key(authority.certificate.get(), authority.key.get()) != 1) {
    ERR_clear_error();
    return absl::FailedPreconditionError("the authority's key and certificate do not match");
  }
  if (!authority.facts.is_authority ||
      authority.facts.uri_names != std::vector<std::string>{DomainUri(options.id.trust_domain)}) {
    return absl::FailedPreconditionError(
        absl::StrCat("the authority is not that of ", options.id.trust_domain));
  }
  if (options.not_before < authority.facts.not_before ||
      options.not_before + kLeafLifeMin > authority.facts.not_after) {
    return absl::FailedPreconditionError("the authority is not valid at this time");
  }
  return authority;
}

absl::StatusOr<absl::Time> ReadTime(const ASN1_TIME* time) {
  struct tm parts;
  if (ASN1_TIME_to_tm(time, &parts) != 1) return Refused("certificate with a malformed time");
  return absl::FromTM(parts, absl::UTCTimeZone());
}

std::string SerialText(const X509* certificate) {
  BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr);
  char* text = number == nullptr ? nullptr : BN_bn2hex(number);
  const std::string result = text == nullptr ? "" : text;
  OPENSSL_free(text);
  BN_free(number);
  return result;
}

std::string CommonName(const X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0) return "";
  unsigned char* text = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
  if (size < 0) return "";
  const std::string result(reinterpret_cast<char*>(text), static_cast<size_t>(size));
  OPENSSL_free(text);
  return result;
}

}  // namespace

absl::StatusOr<KeyAndCertificate> MakeCertificateAuthority(
    const CertificateAuthorityOptions& options) {
  if (!IsTrustDomain(options.trust_domain)) {
    return absl::InvalidArgumentError("authority: the trust domain must be a lower-case DNS name");
  }
  if (options.validity < kAuthorityLifeMin || options.validity > kAuthorityLifeMax) {
    return absl::InvalidArgumentError("authority: validity must lie between 1 hour and 30 years");
  }
  const PkeyPtr key = MakeKey();
  const X509Ptr certificate =
      NewCertificate({.common_name = absl::StrCat(options.trust_domain, " Chapter8 CA"),
                      .key = key.get(),
                      .not_before = options.not_before - kClockSlack,
                      .not_after = options.not_before + options.validity});
  X509* const x509 = certificate.get();
  Check(X509_set_issuer_name(x509, X509_get_subject_name(x509)) == 1, "no issuer could be set");
  AddExtension(x509, x509, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  AddExtension(x509, x509, NID_key_usage, "critical,keyCertSign,cRLSign");
  AddExtension(x509, x509, NID_subject_key_identifier, "hash");
  AddExtension(x509, x509, NID_authority_key_identifier, "keyid:always");
  RETURN_IF_ERROR(AddAlternativeNames(x509, {.uri_names = {DomainUri(options.trust_domain)}}));
  Check(X509_sign(x509, key.get(), EVP_sha256()) > 0, "an authority could not be signed");
  return KeyAndCertificate{.key_pem = KeyPem(key.get()), .certificate_pem = CertificatePem(x509)};
}

KeyAndRequest MakeKeyAndRequest() {
  const PkeyPtr key = MakeKey();
  const X509ReqPtr request(X509_REQ_new());
  const BioPtr bio(BIO_new(BIO_s_mem()));
  Check(request != nullptr && bio != nullptr && X509_REQ_set_version(request.get(), 0) == 1 &&
            X509_REQ_set_pubkey(request.get(), key.get()) == 1 &&
            X509_REQ_sign(request.get(), key.get(), EVP_sha256()) > 0 &&
            PEM_write_bio_X509_REQ(bio.get(), request.get()) == 1,
        "a certificate request could not be made");
  return {.key_pem = KeyPem(key.get()), .request_pem = BioText(bio.get())};
}

absl::StatusOr<std::string> IssueCertificate(const IssueOptions& options) {
  RETURN_IF_ERROR(SpiffeId::Parse(options.id.ToString()).status());
  if (options.validity < kLeafLifeMin) {
    return absl::InvalidArgumentError("certificate: validity must be at least 1 minute");
  }
  ASSIGN_OR_RETURN(const PkeyPtr key, RequestKey(options.request_pem));
  ASSIGN_OR_RETURN(const Authority authority, ReadAuthority(options));
  const X509Ptr certificate = NewCertificate(
      {.common_name = options.id.id,
       .key = key.get(),
       .not_before = options.not_before - kClockSlack,
       .not_after = std::min(options.not_before + options.validity, authority.facts.not_after)});
  X509* const x509 = certificate.get();
  X509* const issuer = authority.certificate.get();
  Check(X509_set_issuer_name(x509, X509_get_subject_name(issuer)) == 1, "no issuer could be set");
  AddExtension(x509, issuer, NID_basic_constraints, "critical,CA:FALSE");
  AddExtension(x509, issuer, NID_key_usage, "critical,digitalSignature");
  AddExtension(x509, issuer, NID_ext_key_usage, "serverAuth,clientAuth");
  AddExtension(x509, issuer, NID_subject_key_identifier, "hash");
  AddExtension(x509, issuer, NID_authority_key_identifier, "keyid:always");
  RETURN_IF_ERROR(AddAlternativeNames(x509, {.uri_names = {options.id.ToString()},
                                             .dns_names = options.dns_names,
                                             .ip_addresses = options.ip_addresses}));
  if (X509_sign(x509, authority.key.get(), EVP_sha256()) <= 0) {
    return Refused("the authority's key cannot sign");
  }
  return CertificatePem(x509);
}

absl::StatusOr<std::vector<X509Ptr>> ParseCertificates(absl::string_view pem) {
  const BioPtr bio = ReadingBio(pem);
  std::vector<X509Ptr> certificates;
  ERR_clear_error();
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr)) {
    certificates.emplace_back(certificate);
    if (certificates.size() > kCertificatesMax) {
      return absl::InvalidArgumentError("more than 64 certificates");
    }
  }
  const unsigned long end = ERR_peek_last_error();
  if (ERR_GET_LIB(end) != ERR_LIB_PEM || ERR_GET_REASON(end) != PEM_R_NO_START_LINE) {
    return Refused("malformed certificate in PEM");
  }
  ERR_clear_error();
  if (certificates.empty()) return absl::InvalidArgumentError("no certificate in PEM");
  return certificates;
}

absl::StatusOr<CertificateFacts> DescribeCertificate(X509* certificate) {
  CertificateFacts facts;
  ASSIGN_OR_RETURN(AlternativeNames names, ReadAlternativeNames(certificate));
  facts.uri_names = std::move(names.uri_names);
  facts.dns_names = std::move(names.dns_names);
  facts.ip_addresses = std::move(names.ip_addresses);
  facts.common_name = CommonName(certificate);
  facts.serial = SerialText(certificate);
  ASSIGN_OR_RETURN(facts.not_before, ReadTime(X509_get0_notBefore(certificate)));
  ASSIGN_OR_RETURN(facts.not_after, ReadTime(X509_get0_notAfter(certificate)));
  facts.is_authority = X509_check_ca(certificate) != 0;
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), facts.digest.data(), &size) != 1) {
    return Refused("certificate without a digest");
  }
  return facts;
}

absl::StatusOr<CertificateFacts> DescribeCertificate(absl::string_view pem) {
  ASSIGN_OR_RETURN(const std::vector<X509Ptr> certificates, ParseCertificates(pem));
  return DescribeCertificate(certificates.front().get());
}

absl::Status CheckCaBundle(absl::string_view pem) {
  ASSIGN_OR_RETURN(const std::vector<X509Ptr> certificates, ParseCertificates(pem));
  if (certificates.size() > kBundleCertificatesMax) {
    return absl::InvalidArgumentError("CA bundle of more than 16 certificates");
  }
  for (const X509Ptr& certificate : certificates) {
    if (X509_check_ca(certificate.get()) != 1) {
      return absl::InvalidArgumentError("CA bundle with a certificate that is no authority");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckKeyBelongs(absl::string_view key_pem, absl::string_view certificate_pem) {
  ASSIGN_OR_RETURN(const PkeyPtr key, ReadKey(key_pem));
  ASSIGN_OR_RETURN(const std::vector<X509Ptr> certificates, ParseCertificates(certificate_pem));
  if (X509_check_private_key(certificates.front().get(), key.get()) != 1) {
    return Refused("private key and certificate do not belong together");
  }
  return absl::OkStatus();
}

}  // namespace ch8::trust
