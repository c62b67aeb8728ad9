#include "services/trust/witness_rekey.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "services/trust/key_file.h"
#include "services/trust/log_rekey.h"
#include "services/trust/openssl_tool.h"
#include "services/trust/organization_home.h"
#include "services/trust/organization_record.h"
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
using What = WitnessRekeyed::What;

class WitnessRekeyTest : public ::testing::Test {
 protected:
  WitnessRekeyTest() {
    EXPECT_THAT(InitOrganizationHome({.directory = home_,
                                      .organization = "un",
                                      .trust_domain = "un.example",
                                      .display_name = "United Nations (exercise)",
                                      .services = {"directory", "witness"},
                                      .administrators = {{"okoye", 1001}, {"larsen", 1002}},
                                      .now = absl::Now()}),
                IsOk());
  }

  OrganizationRecord Record() const {
    return VerifyFirstContact(ReadRecordFile(home_ + "/org.record").value()).value();
  }
  std::string KeyInFile() const {
    const auto key = ReadSigningKey(WitnessKeyPath(node_));
    return key.ok() ? std::string(key->public_key().view()) : std::string(key.status().message());
  }

  const TempDir dir_;
  const std::string home_ = dir_ / "un";
  const std::string node_ = home_ + "/node";
};

TEST_F(WitnessRekeyTest, TheNextRecordNamesTheNextKeyAndFollows) {
  const SignedOrganizationRecord before = ReadRecordFile(home_ + "/org.record").value();
  const std::string old_key = KeyInFile();
  const auto rekeyed = RekeyWitness(home_, absl::Now());
  ASSERT_THAT(rekeyed, IsOk());
  EXPECT_EQ(rekeyed->what, What::kDone);
  EXPECT_THAT(VerifyUpdate(rekeyed->record, before), IsOk());
  EXPECT_EQ(Record().sequence(), 2u);
  EXPECT_NE(KeyInFile(), old_key);
  EXPECT_EQ(Record().witness_public_key(), KeyInFile());
  EXPECT_EQ(ReadFile(home_ + "/org.record"), ReadFile(node_ + "/org.record"));
  EXPECT_EQ(rekeyed->retired_path, node_ + "/witness.retired-2.key");
  EXPECT_EQ(std::string(ReadSigningKey(rekeyed->retired_path)->public_key().view()), old_key);
  EXPECT_FALSE(std::filesystem::exists(NextWitnessKeyPath(node_)));
}

TEST_F(WitnessRekeyTest, WhatWasCutOffIsFinishedWithoutAnotherKey) {
  const std::string record = ReadFile(home_ + "/org.record");
  const std::string old_file = ReadFile(WitnessKeyPath(node_));
  ASSERT_THAT(RekeyWitness(home_, absl::Now()), IsOk());
  const std::string new_key = KeyInFile();
  // As a kill right after node/org.record had its name leaves it.
  std::filesystem::rename(WitnessKeyPath(node_), NextWitnessKeyPath(node_));
  std::filesystem::rename(node_ + "/witness.retired-2.key", WitnessKeyPath(node_));
  ASSERT_EQ(ReadFile(WitnessKeyPath(node_)), old_file);
  testing::WriteFile(home_ + "/org.record", record);

  const auto rekeyed = RekeyWitness(home_, absl::Now());
  ASSERT_THAT(rekeyed, IsOk());
  EXPECT_EQ(rekeyed->what, What::kFinished);
  EXPECT_EQ(KeyInFile(), new_key);
  EXPECT_EQ(Record().sequence(), 2u);
  EXPECT_EQ(Record().witness_public_key(), new_key);
}

TEST_F(WitnessRekeyTest, ADraftThatDoesNotCountIsOverwritten) {
  std::filesystem::copy_file(WitnessKeyPath(node_), NextWitnessKeyPath(node_));
  const std::string old_key = KeyInFile();
  ASSERT_THAT(RekeyWitness(home_, absl::Now()), IsOk());
  EXPECT_NE(KeyInFile(), old_key);
  EXPECT_EQ(Record().witness_public_key(), KeyInFile());
}

TEST_F(WitnessRekeyTest, ALedgersChangeThatWasCutOffComesFirst) {
  const std::string before = ReadFile(home_ + "/org.record");
  const RekeyOptions directory{.home = home_,
                               .service = "directory",
                               .until_size = 5,
                               .old_key = RekeyOptions::OldKey::kSigns,
                               .now = absl::Now()};
  ASSERT_THAT(RekeyLog(directory), IsOk());
  testing::WriteFile(home_ + "/org.record", before);
  EXPECT_THAT(RekeyWitness(home_, absl::Now()),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("finish it first")));
  ASSERT_THAT(RekeyLog(directory), IsOk());
  EXPECT_THAT(RekeyWitness(home_, absl::Now()), IsOk());
  EXPECT_EQ(Record().sequence(), 3u);
}

TEST_F(WitnessRekeyTest, WithoutTheRootKeyNothingIsChanged) {
  std::filesystem::remove(home_ + "/root/root.key");
  const std::string record = ReadFile(home_ + "/org.record");
  const std::string key = KeyInFile();
  EXPECT_THAT(RekeyWitness(home_, absl::Now()), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(ReadFile(home_ + "/org.record"), record);
  EXPECT_EQ(KeyInFile(), key);
}

}  // namespace
}  // namespace ch8::trust
