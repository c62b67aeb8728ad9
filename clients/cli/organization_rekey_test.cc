#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "clients/cli/fake_node.h"
#include "tests/support/data.h"
#include "tests/support/temp_dir.h"

// `ch8 org rekey`, on a home that `ch8 org init` has made.
namespace ch8::cli {
namespace {

using ::ch8::testing::ReadFile;
using ::ch8::testing::TempDir;
using chapter8::ledger::v1::CosignedHead;
using chapter8::ledger::v1::ListCosignaturesResponse;
using ::testing::HasSubstr;
using ::testing::Not;

class RekeyTest : public ::testing::Test {
 protected:
  RekeyTest() {
    const Result made = cli_.Run({"org", "init", home_, "--id", "un", "--domain", "un.example",
                                  "--name", "UN", "--admin", "okoye=101", "--admin", "larsen=102"});
    EXPECT_EQ(made.exit_code, 0) << made.err;
  }

  // What the partners' witnesses have cosigned, as the node's officer writes it down.
  std::string Cosigned(const std::string& origin) {
    ListCosignaturesResponse page;
    for (const auto& [witness, size] :
         {std::pair("au.example/witness", 40), std::pair("ecowas.example/witness", 36)}) {
      CosignedHead& head = *page.add_heads();
      head.set_witness(witness);
      head.set_size(static_cast<uint64_t>(size));
      head.set_note(absl::StrCat(origin, "\n", size, "\nroot\n\n"));
    }
    cli_.node().Answer("ListCosignatures", page);
    const Result listed = cli_.Run({"ledger", "cosignatures", "finance", "-o", "json"});
    EXPECT_EQ(listed.exit_code, 0) << listed.err;
    return cli_.WriteFile("cosigned.json", listed.out);
  }
  Result Rekey(const std::vector<std::string>& more) {
    std::vector<std::string> args = {"org", "rekey", "--home", home_, "--service", "finance"};
    args.insert(args.end(), more.begin(), more.end());
    return cli_.Run(args);
  }

  const TempDir dir_;
  CliHarness cli_{dir_.path().string()};
  const std::string home_ = dir_ / "un";
};

TEST_F(RekeyTest, MakesTheNextRecordAndSaysWhatToDoWithIt) {
  const std::string before = ReadFile(home_ + "/org.record");
  const Result result =
      Rekey({"--until-size", "40", "--cosigned", Cosigned("un.example/ch8/finance")});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, HasSubstr("finance"));
  EXPECT_THAT(result.err, HasSubstr("log-finance.retired-2.key"));
  EXPECT_THAT(result.err, HasSubstr("offline"));
  EXPECT_NE(ReadFile(home_ + "/org.record"), before);
  const Result shown = cli_.Run({"org", "record", "show", home_ + "/org.record"});
  EXPECT_THAT(shown.out, HasSubstr("un.example/ch8/finance, former key until 40 entries"));
}

TEST_F(RekeyTest, WhatAPartnerHoldsIsNotTakenBack) {
  const std::string before = ReadFile(home_ + "/org.record");
  const Result result =
      Rekey({"--until-size", "39", "--cosigned", Cosigned("un.example/ch8/finance")});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, HasSubstr("BELOW_WITNESSED"));
  EXPECT_THAT(result.err, HasSubstr("au.example/witness"));
  EXPECT_THAT(result.err, HasSubstr("--service finance --until-size 40"));
  EXPECT_EQ(ReadFile(home_ + "/org.record"), before);
}

TEST_F(RekeyTest, AnotherLedgersCosignaturesAreNoBound) {
  EXPECT_EQ(
      Rekey({"--until-size", "99", "--cosigned", Cosigned("un.example/ch8/logistics")}).exit_code,
      2);
  EXPECT_EQ(Rekey({"--until-size", "99", "--cosigned", cli_.WriteFile("x", "no json")}).exit_code,
            2);
  EXPECT_EQ(Rekey({"--until-size", "99", "--cosigned", cli_.WriteFile("x", "[]")}).exit_code, 0);
}

TEST_F(RekeyTest, ARecordThatNobodyTookIsTakenBack) {
  const std::string before = dir_ / "before";
  std::filesystem::copy_file(home_ + "/org.record", before);
  EXPECT_EQ(Rekey({"--until-size", "7"}).exit_code, 0);
  const Result again = Rekey({"--until-size", "40", "--follow", before});
  EXPECT_EQ(again.exit_code, 0) << again.err;
  const Result shown = cli_.Run({"org", "record", "show", home_ + "/org.record"});
  EXPECT_THAT(shown.out, HasSubstr("former key until 40 entries"));
  EXPECT_THAT(shown.out, Not(HasSubstr("former key until 7 entries")));
}

TEST_F(RekeyTest, TheSixtyFifthKeyIsRefused) {
  Result result;
  for (int size = 1; size < 66 && result.exit_code == 0; ++size) {
    result = Rekey({"--until-size", absl::StrCat(size)});
  }
  EXPECT_NE(result.exit_code, 0);
  EXPECT_THAT(result.err, HasSubstr("TOO_MANY_KEYS"));
  EXPECT_THAT(result.err, HasSubstr("none is ever dropped"));
  EXPECT_THAT(result.err, HasSubstr("64 of 64"));
}

TEST_F(RekeyTest, WhatIsMissingIsNamed) {
  EXPECT_EQ(Rekey({"--until-size", "0"}).exit_code, 2);
  std::filesystem::remove(home_ + "/node/log-finance.key");
  const Result refused = Rekey({"--until-size", "40"});
  EXPECT_EQ(refused.exit_code, 4);
  EXPECT_THAT(refused.err, HasSubstr("--lost"));
  const Result done = Rekey({"--until-size", "40", "--lost"});
  EXPECT_EQ(done.exit_code, 0) << done.err;
  EXPECT_THAT(done.err, Not(HasSubstr("retired")));
  std::filesystem::remove(home_ + "/root/root.key");
  EXPECT_EQ(Rekey({"--until-size", "50"}).exit_code, 3);
}

}  // namespace
}  // namespace ch8::cli
