#include "services/trust/certificates.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "services/trust/openssl_tool.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::trust {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using ::ch8::testing::TempDir;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class CertificatesTest : public ::testing::Test {
 protected:
  IssueOptions Options() {
    return {.authority_key_pem = authority_.key_pem,
            .authority_certificate_pem = authority_.certificate_pem,
            .request_pem = request_.request_pem,
            .id = {"un.example", SpiffeId::Kind::kNode, "1"},
            .dns_names = {"localhost", "node1.un.example"},
            .ip_addresses = {"127.0.0.1", "::1"},
            .not_before = now_,
            .validity = absl::Hours(24)};
  }

  const absl::Time now_ = absl::Now();
  const KeyAndCertificate authority_ =
      MakeCertificateAuthority(
          {.trust_domain = "un.example", .not_before = now_, .validity = absl::Hours(24 * 365)})
          .value();
  const KeyAndRequest request_ = MakeKeyAndRequest();
  const TempDir dir_;
};

TEST_F(CertificatesTest, OpensslVerifiesTheChainForBothEnds) {
  testing::WriteFile(dir_ / "ca.pem", authority_.certificate_pem);
  testing::WriteFile(dir_ / "leaf.pem", IssueCertificate(Options()).value());
  for (const char* purpose : {"sslclient", "sslserver"}) {
    const testing::ToolResult result =
        testing::RunOpenssl(absl::StrCat("verify -x509_strict -auth_level 2 -purpose ", purpose,
                                         " -CAfile ", dir_ / "ca.pem", " ", dir_ / "leaf.pem"));
    EXPECT_EQ(result.exit_code, 0) << result.output;
  }
}

TEST_F(CertificatesTest, OpensslPrintsTheNamesAndLimits) {
  testing::WriteFile(dir_ / "leaf.pem", IssueCertificate(Options()).value());
  const std::string names =
      testing::RunOpenssl(absl::StrCat("x509 -noout -ext subjectAltName -in ", dir_ / "leaf.pem"))
          .output;
  EXPECT_THAT(names, HasSubstr("URI:spiffe://un.example/node/1, DNS:localhost, "
                               "DNS:node1.un.example, IP Address:127.0.0.1, "
                               "IP Address:0:0:0:0:0:0:0:1\n"));
  const std::string text =
      testing::RunOpenssl(absl::StrCat("x509 -noout -text -in ", dir_ / "leaf.pem")).output;
  EXPECT_THAT(text, AllOf(HasSubstr("CA:FALSE"), HasSubstr("Digital Signature"),
                          HasSubstr("TLS Web Server Authentication, TLS Web Client"),
                          HasSubstr("NIST CURVE: P-256"), HasSubstr("ecdsa-with-SHA256")));
  testing::WriteFile(dir_ / "ca.pem", authority_.certificate_pem);
  EXPECT_THAT(
      testing::RunOpenssl(absl::StrCat("x509 -noout -text -in ", dir_ / "ca.pem")).output,
      AllOf(HasSubstr("CA:TRUE, pathlen:0"), HasSubstr("Certificate Sign, CRL Sign"),
            HasSubstr("CN = un.example Chapter8 CA"), HasSubstr("URI:spiffe://un.example")));
}

TEST_F(CertificatesTest, FactsAgreeWithOpenssl) {
  const std::string pem = IssueCertificate(Options()).value();
  testing::WriteFile(dir_ / "leaf.pem", pem);
  const CertificateFacts facts = DescribeCertificate(pem).value();
  EXPECT_THAT(facts.uri_names, ElementsAre("spiffe://un.example/node/1"));
  EXPECT_THAT(facts.dns_names, ElementsAre("localhost", "node1.un.example"));
  EXPECT_THAT(facts.ip_addresses, ElementsAre("127.0.0.1", "::1"));
  EXPECT_EQ(facts.common_name, "1");
  EXPECT_FALSE(facts.is_authority);
  EXPECT_EQ(facts.not_after, absl::FromUnixSeconds(absl::ToUnixSeconds(now_ + absl::Hours(24))));
  EXPECT_LE(facts.not_before, now_ - absl::Minutes(5));
  const std::string printed =
      testing::RunOpenssl(
          absl::StrCat("x509 -noout -serial -fingerprint -sha256 -in ", dir_ / "leaf.pem"))
          .output;
  EXPECT_THAT(printed, HasSubstr("serial=" + facts.serial + "\n"));
  EXPECT_THAT(absl::AsciiStrToLower(absl::StrReplaceAll(printed, {{":", ""}})),
              HasSubstr(facts.digest.ToHex()));
}

TEST_F(CertificatesTest, ALeafNeverOutlivesItsAuthority) {
  IssueOptions options = Options();
  options.validity = absl::Hours(24 * 3650);
  EXPECT_EQ(DescribeCertificate(IssueCertificate(options).value())->not_after,
            DescribeCertificate(authority_.certificate_pem)->not_after);
}

TEST_F(CertificatesTest, AnAuthorityIssuesOnlyInItsOwnDomainTimeAndKey) {
  IssueOptions options = Options();
  options.id.trust_domain = "au.example";
  EXPECT_THAT(IssueCertificate(options), StatusIs(absl::StatusCode::kFailedPrecondition));
  options = Options();
  options.not_before = now_ + absl::Hours(24 * 366);
  EXPECT_THAT(IssueCertificate(options), StatusIs(absl::StatusCode::kFailedPrecondition));
  options = Options();
  options.authority_key_pem = request_.key_pem;
  EXPECT_THAT(IssueCertificate(options), StatusIs(absl::StatusCode::kFailedPrecondition));
  options = Options();
  options.authority_key_pem = request_.key_pem;
  options.authority_certificate_pem = IssueCertificate(Options()).value();
  EXPECT_THAT(IssueCertificate(options), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(CertificatesTest, HostileNamesAreRefused) {
  const auto with_dns = [this](const std::string& name) {
    IssueOptions options = Options();
    options.dns_names = {name};
    return IssueCertificate(options);
  };
  for (const std::string& name :
       {std::string("a,URI:spiffe://un.example/officer/x"), std::string("*.example"),
        std::string("a\nb"), std::string("a\0b", 3), std::string("A.example"), std::string()}) {
    EXPECT_THAT(with_dns(name), StatusIs(absl::StatusCode::kInvalidArgument)) << name;
  }
  IssueOptions options = Options();
  options.ip_addresses = {"127.0.0.1.5"};
  EXPECT_THAT(IssueCertificate(options), StatusIs(absl::StatusCode::kInvalidArgument));
  options = Options();
  options.id.id = "1/../2";
  EXPECT_THAT(IssueCertificate(options), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(CertificatesTest, ARequestMustProveItsKeyAndTheKeyMustBeStrong) {
  const auto with_request = [this](const std::string& pem) {
    IssueOptions options = Options();
    options.request_pem = pem;
    return IssueCertificate(options);
  };
  const auto made = [this](const std::string& key) {
    const testing::ToolResult result =
        testing::RunOpenssl("req -new -nodes -subj /CN=x -keyout " + (dir_ / "k") + " " + key);
    EXPECT_EQ(result.exit_code, 0) << result.output;
    return result.output.substr(result.output.find("-----BEGIN CERTIFICATE REQUEST"));
  };
  EXPECT_THAT(with_request(made("-newkey ec -pkeyopt ec_paramgen_curve:P-384")), IsOk());
  EXPECT_THAT(with_request(made("-newkey rsa:2048")), IsOk());
  for (const std::string& key : {std::string("-newkey rsa:1024"), std::string("-newkey ed25519"),
                                 std::string("-newkey ec -pkeyopt ec_paramgen_curve:secp224r1")}) {
    EXPECT_THAT(with_request(made(key)), StatusIs(absl::StatusCode::kInvalidArgument)) << key;
  }
  std::string damaged = request_.request_pem;
  const size_t at = damaged.find("-----END") - 20;  // Within the signature.
  damaged[at] = damaged[at] == 'A' ? 'B' : 'A';
  EXPECT_THAT(with_request(damaged), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(with_request(""), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(CertificatesTest, SerialsDiffer) {
  EXPECT_NE(DescribeCertificate(IssueCertificate(Options()).value())->serial,
            DescribeCertificate(IssueCertificate(Options()).value())->serial);
}

TEST_F(CertificatesTest, ABundleHoldsAuthoritiesOnly) {
  const std::string ca = authority_.certificate_pem;
  const std::string leaf = IssueCertificate(Options()).value();
  EXPECT_THAT(CheckCaBundle(ca), IsOk());
  EXPECT_THAT(CheckCaBundle("text before\n" + ca + "\n" + ca), IsOk());
  std::string seventeen;
  for (int i = 0; i < 17; ++i) seventeen += ca;
  std::string damaged = ca;
  damaged[damaged.size() / 2] = '!';
  for (const std::string& bundle :
       {std::string(), std::string("no PEM"), leaf, ca + leaf, seventeen, damaged, ca + damaged,
        ca.substr(0, ca.size() / 2)}) {
    EXPECT_THAT(CheckCaBundle(bundle), StatusIs(absl::StatusCode::kInvalidArgument)) << bundle;
  }
}

TEST_F(CertificatesTest, AKeyBelongsToItsCertificateOnly) {
  const std::string leaf = IssueCertificate(Options()).value();
  EXPECT_THAT(CheckKeyBelongs(request_.key_pem, leaf), IsOk());
  EXPECT_THAT(CheckKeyBelongs(authority_.key_pem, leaf),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(leaf, Not(HasSubstr("PRIVATE")));
}

TEST_F(CertificatesTest, AuthorityOptionsAreChecked) {
  const auto make = [this](const std::string& domain, absl::Duration validity) {
    return MakeCertificateAuthority(
        {.trust_domain = domain, .not_before = now_, .validity = validity});
  };
  EXPECT_THAT(make("UN.example", absl::Hours(24)), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(make("un.example", absl::Minutes(59)), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(make("un.example", absl::Hours(24 * 367 * 30)),
              StatusIs(absl::StatusCode::kInvalidArgument));
  const std::string label(63, 'a');
  EXPECT_THAT(make(absl::StrCat(label, ".", label, ".example"), absl::Hours(24 * 365 * 29)),
              IsOk());
}

}  // namespace
}  // namespace ch8::trust
