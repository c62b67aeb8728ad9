#include "services/node/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/status_matchers.h"

namespace ch8::node {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ConfigTest, DefaultsNeedOnlyTheTwoFolders) {
  const absl::StatusOr<Config> config = ParseConfig({"--home", "h", "--data=d"});
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->home, "h");
  EXPECT_EQ(config->data, "d");
  EXPECT_EQ(config->admin_socket, "d/admin.sock");
  EXPECT_EQ(config->listen, "127.0.0.1:0");
  EXPECT_EQ(config->disk_reserve_bytes, 256ull << 20);
  EXPECT_FALSE(config->exercise_clock.has_value());
  EXPECT_THAT(config->services, IsEmpty());
}

TEST(ConfigTest, EveryFlagIsTaken) {
  const absl::StatusOr<Config> config = ParseConfig(
      {"--home=h", "--data=d", "--services=finance", "--listen=0.0.0.0:9001", "--federation-listen",
       "[::1]:9002", "--metrics-listen=localhost:9003", "--admin-socket=/run/a.sock",
       "--boot-markers=/run/markers", "--exercise-clock=2026-03-02T09:00:00Z",
       "--exercise-ahead=48h", "--disk-reserve-mib=10", "--calls-per-caller-max=7"});
  ASSERT_THAT(config, IsOk());
  EXPECT_THAT(config->services, ElementsAre("finance"));
  EXPECT_EQ(ParseHostAndPort(config->federation_listen)->host, "::1");
  EXPECT_EQ(config->admin_socket, "/run/a.sock");
  EXPECT_EQ(config->exercise_clock, absl::FromUnixSeconds(1'772'442'000));
  EXPECT_EQ(config->exercise_ahead, absl::Hours(48));
  EXPECT_EQ(config->disk_reserve_bytes, 10ull << 20);
  EXPECT_EQ(config->calls_per_caller_max, 7u);
}

TEST(ConfigTest, ABadFlagIsNamedWithWhatItWants) {
  const struct {
    std::vector<std::string> arguments;
    const char* says;
  } kTable[] = {
      {{"--home", "h"}, "--data: is required"},
      {{"--data", "d"}, "--home: is required"},
      {{"--colour=red"}, "--colour: is no flag of ch8d"},
      {{"stray"}, "stray: is no flag"},
      {{"--home"}, "--home: wants DIR"},
      {{"--home="}, "--home: wants a value"},
      {{"--listen=9001"}, "--listen: wants HOST:PORT"},
      {{"--listen=:9001"}, "--listen: wants HOST:PORT"},
      {{"--listen=localhost:70000"}, "--listen: wants HOST:PORT"},
      {{"--listen=[::1:9001"}, "--listen: wants HOST:PORT"},
      {{"--metrics-listen=0.0.0.0:9003"}, "loopback"},
      {{"--services=finance,tents"}, "'tents' is none of directory, finance"},
      {{"--services="}, "'' is none of"},
      {{"--services=finance,finance"}, "names one twice"},
      {{"--exercise-clock=2 March"}, "wants a time like"},
      {{"--exercise-ahead=two days"}, "wants a duration like 48h"},
      {{"--exercise-ahead=-1h"}, "wants a duration like 48h"},
      {{"--exercise-ahead=inf"}, "wants a duration like 48h"},
      {{"--disk-reserve-mib=-1"}, "wants a number"},
      {{"--calls-per-caller-max=0"}, "wants at least 1"},
  };
  for (const auto& row : kTable) {
    EXPECT_THAT(ParseConfig(row.arguments),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(row.says)));
  }
}

TEST(ConfigTest, FsckNeedsTheDataAlone) {
  const absl::StatusOr<Config> config = ParseConfig({"fsck", "--data=d", "--services=finance"});
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->wish, Config::Wish::kFsck);
  EXPECT_EQ(config->data, "d");
  EXPECT_THAT(ParseConfig({"fsck"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("--data: is required")));
  EXPECT_THAT(ParseConfig({"--data=d", "fsck"}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("is no flag")));
}

TEST(ConfigTest, HelpNamesEveryFlag) {
  EXPECT_EQ(ParseConfig({"--home=h", "--help"})->wish, Config::Wish::kHelp);
  for (const char* flag :
       {"--home", "--data", "--services", "--listen", "--federation-listen", "--metrics-listen",
        "--admin-socket", "--boot-markers", "--exercise-clock", "--exercise-ahead",
        "--disk-reserve-mib", "--calls-per-caller-max"}) {
    EXPECT_THAT(HelpText(), HasSubstr(flag));
  }
}

}  // namespace
}  // namespace ch8::node
