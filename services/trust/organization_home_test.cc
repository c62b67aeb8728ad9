#include "services/trust/organization_home.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/trust/files.h"
#include "services/trust/key_file.h"
#include "services/trust/openssl_tool.h"
#include "services/trust/organization_record.h"
#include "services/trust/trust_bundles.h"
#include "tests/support/data.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::trust {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::ReadFile;
using ::ch8::testing::StatusIs;
using ::ch8::testing::TempDir;
using ::testing::HasSubstr;

class OrganizationHomeTest : public ::testing::Test {
 protected:
  OrganizationHomeOptions Options() {
    return {.directory = home_,
            .organization = "un",
            .trust_domain = "un.example",
            .display_name = "United Nations (exercise)",
            .services = {"directory", "finance"},
            .administrators = {{"okoye", 1001}, {"larsen", 1002}},
            .now = absl::Now()};
  }

  bool NothingWasWritten() const { return std::filesystem::is_empty(dir_.path()); }

  const TempDir dir_;
  const std::string home_ = dir_ / "un";
};

TEST_F(OrganizationHomeTest, WritesEveryFileAndGuardsTheKeys) {
  ASSERT_THAT(InitOrganizationHome(Options()), IsOk());
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(home_)) {
    const std::string name = entry.path().lexically_relative(home_).string();
    struct stat facts;
    ASSERT_EQ(::stat(entry.path().c_str(), &facts), 0);
    if (entry.is_directory()) {
      EXPECT_EQ(facts.st_mode & 0777, 0700u) << name;
      continue;
    }
    files.insert(name);
    EXPECT_EQ(facts.st_mode & 0777, entry.path().extension() == ".key" ? 0600u : 0644u) << name;
  }
  EXPECT_EQ(
      files,
      (std::set<std::string>{
          "org.record", "root/root.key", "ca/ca.key", "ca/ca.pem", "node/node.key", "node/node.pem",
          "node/ca.pem", "node/log-directory.key", "node/log-finance.key", "node/genesis.textproto",
          "node/witness.key", "officers/okoye/tls.key", "officers/okoye/tls.pem",
          "officers/okoye/ca.pem", "officers/okoye/act.key", "officers/larsen/tls.key",
          "officers/larsen/tls.pem", "officers/larsen/ca.pem", "officers/larsen/act.key"}));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(dir_.path()),
                          std::filesystem::directory_iterator()),
            1);
}

TEST_F(OrganizationHomeTest, TheFilesAgreeWithEachOther) {
  const absl::StatusOr<SignedOrganizationRecord> made = InitOrganizationHome(Options());
  ASSERT_THAT(made, IsOk());
  const SignedOrganizationRecord on_disk = ReadRecordFile(home_ + "/org.record").value();
  EXPECT_EQ(on_disk.record(), made->record());
  const OrganizationRecord record = VerifyFirstContact(on_disk).value();
  EXPECT_EQ(record.sequence(), 1u);
  EXPECT_EQ(record.ca_bundle_pem(), ReadFile(home_ + "/ca/ca.pem"));
  EXPECT_EQ(record.root_public_key(),
            ReadSigningKey(home_ + "/root/root.key")->public_key().view());
  ASSERT_EQ(record.log_keys_size(), 2);
  EXPECT_EQ(record.log_keys(1).origin(), "un.example/ch8/finance");
  EXPECT_EQ(record.log_keys(1).public_key(),
            ReadSigningKey(home_ + "/node/log-finance.key")->public_key().view());

  const auto genesis = ReadGenesis(home_ + "/node/genesis.textproto");
  ASSERT_THAT(genesis, IsOk());
  EXPECT_EQ(genesis->signed_record().record(), made->record());
  ASSERT_EQ(genesis->administrators_size(), 2);
  EXPECT_EQ(genesis->administrators(0).officer(), "okoye");
  EXPECT_EQ(genesis->administrators(1).person(), 1002u);
  EXPECT_EQ(genesis->administrators(1).act_public_key(),
            ReadSigningKey(home_ + "/officers/larsen/act.key")->public_key().view());
}

TEST_F(OrganizationHomeTest, OpensslAndOurOwnVerifierTakeEveryCertificate) {
  ASSERT_THAT(InitOrganizationHome(Options()), IsOk());
  const auto bundles = TrustBundles::Create().value();
  ASSERT_THAT(bundles->Set("un.example", ReadFile(home_ + "/ca/ca.pem")), IsOk());
  for (const auto& [file, uri] :
       {std::pair{"/node/node.pem", "spiffe://un.example/node/1"},
        {"/officers/okoye/tls.pem", "spiffe://un.example/officer/okoye"},
        {"/officers/larsen/tls.pem", "spiffe://un.example/officer/larsen"}}) {
    const testing::ToolResult result = testing::RunOpenssl(
        absl::StrCat("verify -x509_strict -CAfile ", home_, "/ca/ca.pem ", home_, file));
    EXPECT_EQ(result.exit_code, 0) << result.output;
    EXPECT_EQ(bundles->Authenticate({.leaf_pem = ReadFile(home_ + file)})->ToString(), uri);
  }
  EXPECT_THAT(
      CheckKeyBelongs(ReadFile(home_ + "/node/node.key"), ReadFile(home_ + "/node/node.pem")),
      IsOk());
}

TEST_F(OrganizationHomeTest, AnExistingHomeIsNeverTouched) {
  std::filesystem::create_directory(home_);
  EXPECT_THAT(InitOrganizationHome(Options()), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_TRUE(std::filesystem::is_empty(home_));
  std::filesystem::remove(home_);
  std::filesystem::create_symlink("nowhere", home_);
  EXPECT_THAT(InitOrganizationHome(Options()), StatusIs(absl::StatusCode::kAlreadyExists));
  std::filesystem::remove(home_);
  ASSERT_THAT(InitOrganizationHome(Options()), IsOk());
  const std::string record = ReadFile(home_ + "/org.record");
  EXPECT_THAT(InitOrganizationHome(Options()), StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(ReadFile(home_ + "/org.record"), record);
}

TEST_F(OrganizationHomeTest, RefusedOptionsLeaveNothingBehind) {
  const struct {
    const char* why;
    void (*spoil)(OrganizationHomeOptions&);
  } cases[] = {
      {"one administrator", [](auto& o) { o.administrators.pop_back(); }},
      {"one person", [](auto& o) { o.administrators[1].person = 1001; }},
      {"one officer", [](auto& o) { o.administrators[1].officer = "okoye"; }},
      {"officer id", [](auto& o) { o.administrators[1].officer = "../x"; }},
      {"person number", [](auto& o) { o.administrators[1].person = 0; }},
      {"organization", [](auto& o) { o.organization = "UN"; }},
      {"trust domain", [](auto& o) { o.trust_domain = "un/example"; }},
      {"display name", [](auto& o) { o.display_name = ""; }},
      {"service",
       [](auto& o) {
         o.services = {"finance", "../x"};
       }},
      {"service twice",
       [](auto& o) {
         o.services = {"finance", "finance"};
       }},
      {"no service", [](auto& o) { o.services.clear(); }},
      {"DNS name", [](auto& o) { o.dns_names = {"a b"}; }},
      {"IP address", [](auto& o) { o.ip_addresses = {"1.2.3"}; }},
      {"validity", [](auto& o) { o.authority_validity = absl::Seconds(1); }},
  };
  for (const auto& row : cases) {
    OrganizationHomeOptions options = Options();
    row.spoil(options);
    EXPECT_THAT(InitOrganizationHome(options), StatusIs(absl::StatusCode::kInvalidArgument))
        << row.why;
    EXPECT_TRUE(NothingWasWritten()) << row.why;
  }
  OrganizationHomeOptions orphan = Options();
  orphan.directory = dir_ / "absent/un";
  EXPECT_THAT(InitOrganizationHome(orphan), StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(OrganizationHomeTest, ATrailingSlashIsTheSameFolder) {
  OrganizationHomeOptions options = Options();
  options.directory += "//";
  ASSERT_THAT(InitOrganizationHome(options), IsOk());
  EXPECT_TRUE(std::filesystem::exists(home_ + "/org.record"));
}

TEST_F(OrganizationHomeTest, FurtherOfficersAndNodesAreIssued) {
  ASSERT_THAT(InitOrganizationHome(Options()), IsOk());
  const KeyAndRequest made = MakeKeyAndRequest();
  const absl::StatusOr<std::string> officer = IssueOfficer(
      {.home = home_, .officer = "diallo", .request_pem = made.request_pem, .now = absl::Now()});
  ASSERT_THAT(officer, IsOk());
  EXPECT_THAT(CheckKeyBelongs(made.key_pem, *officer), IsOk());
  const absl::StatusOr<KeyAndCertificate> node =
      IssueNode({.home = home_, .node = "2", .dns_names = {"n2.un.example"}, .now = absl::Now()});
  ASSERT_THAT(node, IsOk());
  EXPECT_THAT(CheckKeyBelongs(node->key_pem, node->certificate_pem), IsOk());
  const auto bundles = TrustBundles::Create().value();
  ASSERT_THAT(bundles->Set("un.example", ReadFile(home_ + "/ca/ca.pem")), IsOk());
  EXPECT_EQ(bundles->Authenticate({.leaf_pem = *officer})->ToString(),
            "spiffe://un.example/officer/diallo");
  EXPECT_EQ(bundles
                ->Authenticate({.leaf_pem = node->certificate_pem,
                                .role = PresentedCertificates::Role::kServer})
                ->ToString(),
            "spiffe://un.example/node/2");

  ASSERT_EQ(::chmod((home_ + "/ca/ca.key").c_str(), 0644), 0);
  EXPECT_THAT(IssueNode({.home = home_, .node = "2", .now = absl::Now()}),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("chmod 600")));
}

TEST_F(OrganizationHomeTest, ALyingGenesisIsRefused) {
  ASSERT_THAT(InitOrganizationHome(Options()), IsOk());
  const std::string path = home_ + "/node/genesis.textproto";
  const std::string good = ReadFile(path);
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string text = good;
    text.replace(text.find(from), from.size(), to);
    testing::WriteFile(path, text);
    return ReadGenesis(path);
  };
  EXPECT_THAT(with("person: 1002", "person: 1001"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(with("larsen", "okoye"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(with("larsen", "LARSEN"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(with("person", "persona"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(with("United", "Untied"), StatusIs(absl::StatusCode::kUnauthenticated));
  EXPECT_THAT(with("larsen", "larsen"), IsOk());
}

}  // namespace
}  // namespace ch8::trust
