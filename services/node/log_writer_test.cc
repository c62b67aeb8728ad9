#include "services/node/log_writer.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <string>

#include "absl/strings/str_cat.h"
#include "tests/support/data.h"
#include "tests/support/temp_dir.h"

namespace ch8::node {
namespace {

using ::testing::HasSubstr;
using ::testing::MatchesRegex;

TEST(LogWriterTest, WritesEveryLineBeforeItEnds) {
  const ch8::testing::TempDir dir;
  const int file = ::open((dir / "log").c_str(), O_WRONLY | O_CREAT, 0600);
  {
    LogWriter log(file);
    for (int i = 0; i < 1000; ++i) log.Write(absl::StrCat("line ", i, "\n"));
    log.Event("serving", {{"officers", "127.0.0.1:1"}, {"why", "a \"quoted\"\nline"}});
  }
  ::close(file);
  const std::string text = ch8::testing::ReadFile(dir / "log");
  EXPECT_THAT(text, HasSubstr("line 0\nline 1\n"));
  EXPECT_THAT(text, HasSubstr("line 999\n{\"time\":\""));
  EXPECT_THAT(
      text.substr(text.find('{')),
      MatchesRegex("\\{\"time\":\"[-0-9T:.]+Z\",\"event\":\"serving\","
                   "\"officers\":\"127.0.0.1:1\",\"why\":\"a .\"quoted.\".u000aline\"\\}\n"));
}

// A pipe that nobody reads fills up; the daemon must not wait for it.
TEST(LogWriterTest, AReaderThatSleepsCostsLinesAndNothingElse) {
  std::signal(SIGPIPE, SIG_IGN);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  {
    LogWriter log(ends[1]);
    const std::string line(200, 'x');
    for (int i = 0; i < 20'000; ++i) log.Write(line + "\n");
    ::close(ends[0]);  // The writer's blocked write now fails, and it ends.
  }
  ::close(ends[1]);
}

}  // namespace
}  // namespace ch8::node
