// Kills a process that appends at full speed, at random instants, and compares what it had reported
// as durable with what a reopened ledger holds.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <future>
#include <random>
#include <thread>

#include "storage/base/bytes.h"
#include "storage/rocks/recovery_contract.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::testing {
namespace {

constexpr size_t kReportSize = sizeof(uint64_t) + Hash::kSize;

std::string WriterPath() {
  return std::filesystem::read_symlink("/proc/self/exe").parent_path() / "ledger_crash_writer";
}

// When the writer is killed: after so many reports, or when it has taken so long.
struct Moment {
  uint64_t reports = 0;
  std::chrono::milliseconds at_most;
};

// The last head that a writer reported before it was killed.
Acknowledged RunAndKill(const std::string& path, const Moment& moment) {
  int pipe_ends[2];
  EXPECT_EQ(::pipe2(pipe_ends, O_CLOEXEC), 0);
  const std::string writer = WriterPath();
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(pipe_ends[1], STDOUT_FILENO);
    ::execl(writer.c_str(), writer.c_str(), path.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(pipe_ends[1]);
  std::string reports;
  std::promise<void> enough;
  std::thread reader([&] {
    const size_t enough_bytes = moment.reports * kReportSize;
    char buffer[4096];
    ssize_t got = 0;
    while ((got = ::read(pipe_ends[0], buffer, sizeof(buffer))) > 0) {
      const bool had_enough = reports.size() >= enough_bytes;
      reports.append(buffer, static_cast<size_t>(got));
      if (!had_enough && reports.size() >= enough_bytes) enough.set_value();
    }
  });
  enough.get_future().wait_for(moment.at_most);
  ::kill(child, SIGKILL);
  int state = 0;
  EXPECT_EQ(::waitpid(child, &state, 0), child);
  EXPECT_TRUE(WIFSIGNALED(state)) << "the writer ended by itself";
  reader.join();
  ::close(pipe_ends[0]);

  Acknowledged last;
  if (reports.size() < kReportSize) return last;
  const size_t whole = reports.size() - reports.size() % kReportSize;
  ByteReader report(absl::string_view(reports).substr(whole - kReportSize, kReportSize));
  last.size = report.ReadU64();
  last.root = *Hash::FromBytes(report.ReadBytes(Hash::kSize));
  return last;
}

void KillRepeatedly(int kills, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::unique_ptr<TempDir> directory;
  int reported = 0;
  for (int i = 0; i < kills; ++i) {
    if (i % 5 == 0) directory = std::make_unique<TempDir>();
    const std::string path = *directory / "db";
    // Every fourth is killed by the clock, perhaps while it opens.
    const bool by_clock = i % 4 == 3;
    const Acknowledged last = RunAndKill(
        path, {.reports = 1 + random() % 200,
               .at_most = std::chrono::milliseconds(by_clock ? random() % 300 : 30'000)});
    if (last.size > 1) ++reported;
    const absl::StatusOr<std::unique_ptr<RocksLedger>> ledger =
        RocksLedger::Open({.path = path, .memtable_bytes = 4u << 20});
    if (absl::IsNotFound(ledger.status())) {
      EXPECT_EQ(last.size, 0u) << "killed before the genesis";
      continue;
    }
    ASSERT_THAT(ledger, IsOk()) << "kill " << i << " of seed " << seed;
    ExpectSound(**ledger, last);
  }
  EXPECT_GT(reported, kills / 2) << "the writer hardly ran";
}

#ifdef CH8_SLOW_TESTS
TEST(KillTest, FortyKills) { KillRepeatedly(40, std::random_device()()); }
#else
TEST(KillTest, FiveKills) { KillRepeatedly(5, 1); }
#endif

}  // namespace
}  // namespace ch8::testing
