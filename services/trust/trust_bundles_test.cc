#include "services/trust/trust_bundles.h"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "services/trust/certificates.h"
#include "services/trust/openssl_tool.h"
#include "tests/support/data.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::trust {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::ReadFile;
using ::ch8::testing::StatusIs;
using ::ch8::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

KeyAndCertificate Authority(const std::string& domain, absl::Time not_before = absl::Now()) {
  return MakeCertificateAuthority(
             {.trust_domain = domain, .not_before = not_before, .validity = absl::Hours(24)})
      .value();
}

class TrustBundlesTest : public ::testing::Test {
 protected:
  TrustBundlesTest() {
    testing::WriteFile(au_files_.key_path, au_.key_pem);
    testing::WriteFile(au_files_.certificate_path, au_.certificate_pem);
    EXPECT_THAT(bundles_->Set("un.example", un_.certificate_pem), IsOk());
    EXPECT_THAT(bundles_->Set("au.example", au_.certificate_pem), IsOk());
  }

  std::string Issue(const KeyAndCertificate& authority, const std::string& uri,
                    absl::Time not_before = absl::Now(), absl::Duration validity = absl::Hours(1)) {
    return IssueCertificate({.authority_key_pem = authority.key_pem,
                             .authority_certificate_pem = authority.certificate_pem,
                             .request_pem = MakeKeyAndRequest().request_pem,
                             .id = SpiffeId::Parse(uri).value(),
                             .not_before = not_before,
                             .validity = validity})
        .value();
  }

  // A leaf that the AU's authority signs although it must not.
  std::string ForgedByAu(const std::string& names,
                         const std::string& extensions = "basicConstraints=critical,CA:FALSE\n") {
    return ReadFile(testing::Forge({.prefix = dir_ / "forged",
                                    .authority = au_files_,
                                    .names = names,
                                    .extensions = extensions})
                        .certificate_path);
  }

  absl::StatusOr<SpiffeId> Authenticate(const std::string& leaf, const std::string& chain = "") {
    return bundles_->Authenticate({.leaf_pem = leaf, .chain_pem = chain});
  }

  const TempDir dir_;
  const KeyAndCertificate un_ = Authority("un.example");
  const KeyAndCertificate au_ = Authority("au.example");
  const testing::Credential au_files_{.key_path = dir_ / "au.key",
                                      .certificate_path = dir_ / "au.pem"};
  const std::shared_ptr<TrustBundles> bundles_ = TrustBundles::Create().value();
};

TEST_F(TrustBundlesTest, EachDomainIsVouchedForByItsOwnAuthority) {
  for (const char* uri : {"spiffe://un.example/node/1", "spiffe://un.example/officer/okoye"}) {
    EXPECT_EQ(Authenticate(Issue(un_, uri))->ToString(), uri);
  }
  EXPECT_THAT(Authenticate(Issue(au_, "spiffe://au.example/node/1")), IsOk());
}

TEST_F(TrustBundlesTest, ANameOfTheUnByTheAuthorityOfTheAuIsRefused) {
  const std::string forged = ForgedByAu("URI:spiffe://un.example/node/9");
  EXPECT_THAT(Authenticate(forged),
              StatusIs(absl::StatusCode::kUnauthenticated,
                       HasSubstr("spiffe://un.example/node/9: no path to the CA bundle of un")));
  // The pool alone would have taken it: this is what the binding is for.
  testing::WriteFile(dir_ / "pool.pem", bundles_->PooledPem());
  const testing::ToolResult pooled = testing::RunOpenssl(
      absl::StrCat("verify -CAfile ", dir_ / "pool.pem", " ", dir_ / "forged.pem"));
  EXPECT_EQ(pooled.exit_code, 0) << pooled.output;
}

// A peer chooses what it sends besides its leaf: others' genuine certificates prove nothing.
TEST_F(TrustBundlesTest, GenuineCertificatesBesideAForgedLeafDoNotHelpIt) {
  const std::string forged = ForgedByAu("URI:spiffe://un.example/node/9");
  const std::string genuine = Issue(un_, "spiffe://un.example/node/9");
  for (const std::string& chain :
       {genuine, un_.certificate_pem, genuine + forged, genuine + un_.certificate_pem,
        au_.certificate_pem + un_.certificate_pem}) {
    EXPECT_THAT(Authenticate(forged, chain), StatusIs(absl::StatusCode::kUnauthenticated));
  }
  EXPECT_THAT(Authenticate(genuine, "no PEM"), StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST_F(TrustBundlesTest, ExactlyOneUriNameInTheGrammar) {
  for (const char* names : {
           "URI:spiffe://au.example/node/1,URI:spiffe://un.example/node/9",
           "URI:spiffe://au.example/node/1,URI:spiffe://au.example/node/1",
           "URI:spiffe://au.example/node/1,URI:https://au.example/",
           "DNS:au.example",
           "URI:https://au.example/node/1",
           "URI:spiffe://AU.example/node/1",
           "URI:spiffe://au.example/node/1/",
           "URI:spiffe://au.example/node/1?x",
           "URI:spiffe://au.example",
       }) {
    EXPECT_THAT(Authenticate(ForgedByAu(names)), StatusIs(absl::StatusCode::kUnauthenticated))
        << names;
  }
  EXPECT_THAT(Authenticate(ForgedByAu("URI:spiffe://au.example/node/1,DNS:localhost")), IsOk());
}

TEST_F(TrustBundlesTest, AuthoritiesWrongPurposesAndWrongTimesAreRefused) {
  const std::string name = "URI:spiffe://au.example/node/1";
  EXPECT_THAT(Authenticate(ForgedByAu(name, "basicConstraints=critical,CA:TRUE\n")),
              StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(Authenticate(ForgedByAu(name,
                                      "basicConstraints=critical,CA:FALSE\n"
                                      "extendedKeyUsage=serverAuth\n")),
              StatusIs(absl::StatusCode::kUnauthenticated));
  const KeyAndCertificate old = Authority("au.example", absl::Now() - absl::Hours(10));
  ASSERT_THAT(bundles_->Set("au.example", old.certificate_pem), IsOk());
  EXPECT_THAT(Authenticate(Issue(old, "spiffe://au.example/node/1", absl::Now() - absl::Hours(9),
                                 absl::Hours(1))),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("expired")));
  EXPECT_THAT(Authenticate(Issue(old, "spiffe://au.example/node/1", absl::Now() + absl::Hours(1),
                                 absl::Hours(1))),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("not yet valid")));
  EXPECT_THAT(Authenticate("no PEM"), StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(Authenticate(""), StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST_F(TrustBundlesTest, AnIntermediateOfTheSameDomainIsFollowed) {
  const testing::Credential root = testing::ForgeAuthority(dir_ / "root");
  const testing::Credential intermediate =
      testing::Forge({.prefix = dir_ / "intermediate",
                      .authority = root,
                      .names = "URI:spiffe://eccas.example",
                      .extensions = "basicConstraints=critical,CA:TRUE\n"
                                    "keyUsage=critical,keyCertSign\n"});
  const std::string leaf = ReadFile(testing::Forge({.prefix = dir_ / "leaf",
                                                    .authority = intermediate,
                                                    .names = "URI:spiffe://eccas.example/node/1"})
                                        .certificate_path);
  ASSERT_THAT(bundles_->Set("eccas.example", ReadFile(root.certificate_path)), IsOk());
  EXPECT_THAT(Authenticate(leaf, ReadFile(intermediate.certificate_path)), IsOk());
  EXPECT_THAT(Authenticate(leaf), StatusIs(absl::StatusCode::kUnauthenticated));
}

TEST_F(TrustBundlesTest, BundlesChangeWhileInUse) {
  const std::string leaf = Issue(au_, "spiffe://au.example/node/1");
  ASSERT_THAT(bundles_->Remove("au.example"), IsOk());
  EXPECT_THAT(Authenticate(leaf),
              StatusIs(absl::StatusCode::kUnauthenticated, HasSubstr("unknown here")));
  ASSERT_THAT(bundles_->Set("au.example", Authority("au.example").certificate_pem), IsOk());
  EXPECT_THAT(Authenticate(leaf), StatusIs(absl::StatusCode::kUnauthenticated));
  ASSERT_THAT(
      bundles_->Set("au.example", Authority("au.example").certificate_pem + au_.certificate_pem),
      IsOk());
  EXPECT_THAT(Authenticate(leaf), IsOk());
  EXPECT_THAT(bundles_->TrustDomains(), ElementsAre("au.example", "un.example"));
}

TEST_F(TrustBundlesTest, ThePoolFollowsAndHoldsCertificatesOnly) {
  EXPECT_EQ(ReadFile(bundles_->PooledPath()), au_.certificate_pem + un_.certificate_pem);
  ASSERT_THAT(bundles_->Set("au.example", "a remark\n" + un_.certificate_pem), IsOk());
  EXPECT_EQ(ReadFile(bundles_->PooledPath()), un_.certificate_pem + un_.certificate_pem);
  ASSERT_THAT(bundles_->Remove("au.example"), IsOk());
  ASSERT_THAT(bundles_->Remove("au.example"), IsOk());
  EXPECT_EQ(ReadFile(bundles_->PooledPath()), un_.certificate_pem);
  EXPECT_EQ(bundles_->PooledPem(), un_.certificate_pem);
  ASSERT_THAT(bundles_->Remove("un.example"), IsOk());
  EXPECT_EQ(bundles_->PooledPem(), "");
  EXPECT_EQ(ReadFile(bundles_->PooledPath()), un_.certificate_pem);
}

TEST_F(TrustBundlesTest, MalformedBundlesChangeNothing) {
  const std::string before = bundles_->PooledPem();
  EXPECT_THAT(bundles_->Set("AU.example", au_.certificate_pem),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(bundles_->Set("au.example", ""), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(bundles_->Set("au.example", Issue(au_, "spiffe://au.example/node/1")),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_EQ(bundles_->PooledPem(), before);
}

TEST_F(TrustBundlesTest, ReadersSeeWholePoolsWhileBundlesChange) {
  const std::string leaf = Issue(un_, "spiffe://un.example/node/1");
  const std::string with_au = au_.certificate_pem + un_.certificate_pem;
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::thread reader([&] {
    while (!stop) {
      const std::string pool = ReadFile(bundles_->PooledPath());
      if (pool != with_au && pool != un_.certificate_pem) ++wrong;
      if (!Authenticate(leaf).ok()) ++wrong;
    }
  });
  for (int i = 0; i < 200; ++i) {
    EXPECT_THAT(bundles_->Remove("au.example"), IsOk());
    EXPECT_THAT(bundles_->Set("au.example", au_.certificate_pem), IsOk());
  }
  stop = true;
  reader.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace ch8::trust
