#include "services/trust/log_rekey.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/trust/key_file.h"
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
using OldKey = RekeyOptions::OldKey;

constexpr char kFinance[] = "un.example/ch8/finance";

class LogRekeyTest : public ::testing::Test {
 protected:
  LogRekeyTest() {
    EXPECT_THAT(InitOrganizationHome({.directory = home_,
                                      .organization = "un",
                                      .trust_domain = "un.example",
                                      .display_name = "United Nations (exercise)",
                                      .services = {"directory", "finance"},
                                      .administrators = {{"okoye", 1001}, {"larsen", 1002}},
                                      .now = absl::Now()}),
                IsOk());
  }

  RekeyOptions Options(uint64_t until_size, OldKey old_key = OldKey::kSigns) const {
    return {.home = home_,
            .service = "finance",
            .until_size = until_size,
            .old_key = old_key,
            .now = absl::Now()};
  }
  SignedOrganizationRecord SignedRecord() const {
    return ReadRecordFile(home_ + "/org.record").value();
  }
  // "key 1 until 9, key 2": those of finance in the home's record.
  std::string Keys() const {
    std::string text;
    const OrganizationRecord record = VerifyFirstContact(SignedRecord()).value();
    int number = 0;
    for (const auto& log : record.log_keys()) {
      if (log.origin() != kFinance) continue;
      absl::StrAppend(&text, text.empty() ? "" : ", ", "key ", ++number);
      if (log.until_size() > 0) absl::StrAppend(&text, " until ", log.until_size());
    }
    return text;
  }
  std::string SigningKeyInRecord() const {
    std::string key;
    const OrganizationRecord record = VerifyFirstContact(SignedRecord()).value();
    for (const auto& log : record.log_keys()) {
      if (log.origin() == kFinance) key = log.public_key();
    }
    return key;
  }
  std::string SigningKeyInFile() const {
    return std::string(ReadSigningKey(files_.key)->public_key().view());
  }
  // Name and content of every file of the home.
  std::map<std::string, std::string> Files() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(home_)) {
      if (!entry.is_regular_file()) continue;
      files[entry.path().lexically_relative(home_).string()] = ReadFile(entry.path().string());
    }
    return files;
  }

  const TempDir dir_;
  const std::string home_ = dir_ / "un";
  const LogKeyFiles files_ = LogKeyFilesOf(home_ + "/node", "finance");
};

TEST_F(LogRekeyTest, TheNextKeySignsAndTheOldOneSaysSo) {
  const SignedOrganizationRecord before = SignedRecord();
  const SigningKey old_key = ReadSigningKey(files_.key).value();
  const auto rekeyed = RekeyLog(Options(9));
  ASSERT_THAT(rekeyed, IsOk());
  EXPECT_EQ(rekeyed->what, Rekeyed::What::kDone);
  EXPECT_EQ(Keys(), "key 1 until 9, key 2");
  EXPECT_EQ(SigningKeyInFile(), SigningKeyInRecord());
  EXPECT_EQ(ReadSigningKey(rekeyed->retired_path)->public_key(), old_key.public_key());
  EXPECT_THAT(VerifyUpdate(rekeyed->record, before), IsOk());
  EXPECT_EQ(ReadFile(home_ + "/org.record"), ReadFile(home_ + "/node/org.record"));
  EXPECT_FALSE(std::filesystem::exists(files_.next));

  const auto change = ReadKeyChange(files_.change);
  ASSERT_THAT(change, IsOk());
  ASSERT_TRUE(change->has_value());
  EXPECT_EQ((*change)->organization_record(), rekeyed->record.SerializeAsString());
  EXPECT_TRUE(old_key.public_key().Verifies(
      absl::StrCat("chapter8/log-key-change/v1\n", rekeyed->record.record()),
      absl::string_view((*change)->old_key_signature())));
}

TEST_F(LogRekeyTest, ALostKeySignsNothing) {
  std::filesystem::remove(files_.key);
  EXPECT_THAT(RekeyLog(Options(9)),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("--lost")));
  EXPECT_EQ(Keys(), "key 1");
  const auto rekeyed = RekeyLog(Options(9, OldKey::kLost));
  ASSERT_THAT(rekeyed, IsOk());
  EXPECT_EQ(rekeyed->retired_path, "");
  EXPECT_EQ(Keys(), "key 1 until 9, key 2");
  EXPECT_EQ((*ReadKeyChange(files_.change).value()).old_key_signature(), "");
}

// A size below an earlier one revokes the earlier keys as well; none is ever given back.
TEST_F(LogRekeyTest, ALaterChangeMayRevokeMore) {
  ASSERT_THAT(RekeyLog(Options(9)), IsOk());
  ASSERT_THAT(RekeyLog(Options(20)), IsOk());
  EXPECT_EQ(Keys(), "key 1 until 9, key 2 until 20, key 3");
  ASSERT_THAT(RekeyLog(Options(7, OldKey::kLost)), IsOk());
  EXPECT_EQ(Keys(), "key 1 until 7, key 2 until 7, key 3 until 7, key 4");
}

// One that its ledger refuses is taken back: the next follows the record before it, with a number
// of its own, so that nobody who knows both can mistake one for the other.
TEST_F(LogRekeyTest, ARecordThatNobodyTookIsTakenBack) {
  const std::string before = dir_ / "before";
  std::filesystem::copy_file(home_ + "/org.record", before);
  const std::string first_key = SigningKeyInRecord();
  ASSERT_THAT(RekeyLog(Options(9)), IsOk());
  const std::string taken_back = SigningKeyInRecord();
  RekeyOptions options = Options(20);
  options.follows = before;
  const auto rekeyed = RekeyLog(options);
  ASSERT_THAT(rekeyed, IsOk());
  EXPECT_EQ(Keys(), "key 1 until 20, key 2");
  const OrganizationRecord record = VerifyFirstContact(rekeyed->record).value();
  EXPECT_EQ(record.sequence(), 3u);
  EXPECT_EQ(SigningKeyInFile(), SigningKeyInRecord());
  EXPECT_NE(SigningKeyInRecord(), taken_back);
  // The key before it signs, not the one that is taken back.
  const PublicKey signer = PublicKey::FromBytes(first_key).value();
  EXPECT_TRUE(signer.Verifies(
      absl::StrCat("chapter8/log-key-change/v1\n", rekeyed->record.record()),
      absl::string_view((*ReadKeyChange(files_.change).value()).old_key_signature())));

  options.follows = home_ + "/org.record";
  EXPECT_THAT(RekeyLog(options), StatusIs(absl::StatusCode::kInvalidArgument,
                                          HasSubstr("no older record of un.example")));
}

// Killed when node/org.record had its name, for another service: both are done.
TEST_F(LogRekeyTest, AnotherServicesChangeIsFinishedAndThenThisOnesMade) {
  const std::string before = ReadFile(home_ + "/org.record");
  RekeyOptions directory = Options(5);
  directory.service = "directory";
  ASSERT_THAT(RekeyLog(directory), IsOk());
  testing::WriteFile(home_ + "/org.record", before);
  const auto rekeyed = RekeyLog(Options(9));
  ASSERT_THAT(rekeyed, IsOk());
  EXPECT_EQ(rekeyed->what, Rekeyed::What::kDone);
  EXPECT_EQ(rekeyed->other_finished, "directory");
  EXPECT_EQ(Keys(), "key 1 until 9, key 2");
  EXPECT_EQ(VerifyFirstContact(SignedRecord())->sequence(), 3u);
}

TEST_F(LogRekeyTest, WhatItNeedsIsNamed) {
  RekeyOptions options = Options(9);
  options.service = "logistics";
  EXPECT_THAT(RekeyLog(options),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("un.example/ch8/logistics")));
  EXPECT_THAT(RekeyLog(Options(0)), StatusIs(absl::StatusCode::kInvalidArgument));
  std::filesystem::remove(home_ + "/root/root.key");
  EXPECT_THAT(RekeyLog(Options(9)),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("root/root.key")));
  EXPECT_EQ(Keys(), "key 1");
}

// Killed between any two files: the node's record and its key always fit, and asking again either
// does it or finishes what counts already, with no second key.
TEST_F(LogRekeyTest, IsNeverHalfDone) {
  const std::map<std::string, std::string> before = Files();
  ASSERT_THAT(RekeyLog(Options(9)), IsOk());
  const std::map<std::string, std::string> after = Files();
  const std::string key = "node/log-finance.key";
  const std::string next = "node/log-finance.next.key";
  // What each step leaves, in the order of log_rekey.h.
  const std::vector<std::function<void(std::map<std::string, std::string>&)>> steps = {
      [&](auto& files) { files[next] = after.at(key); },
      [&](auto& files) { files["node/log-finance.change"] = after.at("node/log-finance.change"); },
      [&](auto& files) { files["node/org.record"] = after.at("node/org.record"); },  // It counts.
      [&](auto& files) {
        files["node/log-finance.retired-2.key"] = files.at(key);
        files.erase(key);
      },
      [&](auto& files) {
        files[key] = files.at(next);
        files.erase(next);
      },
      [&](auto& files) { files["org.record"] = after.at("org.record"); },
  };
  constexpr size_t kCounts = 3;
  std::map<std::string, std::string> files = before;
  for (size_t done = 0; done <= steps.size(); ++done) {
    if (done > 0) steps[done - 1](files);
    for (const auto& [name, content] : Files()) std::filesystem::remove(home_ + "/" + name);
    for (const auto& [name, content] : files) {
      testing::WriteFile(home_ + "/" + name, content);
      std::filesystem::permissions(home_ + "/" + name, std::filesystem::perms::owner_read |
                                                           std::filesystem::perms::owner_write);
    }
    const auto again = RekeyLog(Options(9));
    ASSERT_THAT(again, IsOk()) << done;
    const bool was_done = done == steps.size();
    EXPECT_EQ(again->what == Rekeyed::What::kFinished, done >= kCounts && !was_done) << done;
    EXPECT_EQ(Keys(), was_done ? "key 1 until 9, key 2 until 9, key 3" : "key 1 until 9, key 2");
    EXPECT_EQ(SigningKeyInFile(), SigningKeyInRecord()) << done;
    EXPECT_EQ(again->record.record(), SignedRecord().record()) << done;
    if (done >= kCounts && !was_done) {
      EXPECT_EQ(Files(), after) << done;
    }
  }
  EXPECT_EQ(files, after);
}

}  // namespace
}  // namespace ch8::trust
