// Appends to a ledger at full speed until it is killed, and reports each durable head on stdout as
// size u64 · root. Argument: the ledger's path. The other half of kill_test.cc.
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string>
#include <thread>

#include "storage/base/bytes.h"
#include "storage/ledger/test_commits.h"
#include "storage/rocks/rocks_ledger.h"

namespace {

bool Report(const ch8::Ledger& ledger, uint64_t size) {
  const absl::StatusOr<ch8::Hash> root = ledger.RootAt(size);
  if (!root.ok()) return false;
  std::string head = ch8::KeyU64(size);
  head.append(root->view().data(), ch8::Hash::kSize);
  return ::write(STDOUT_FILENO, head.data(), head.size()) == static_cast<ssize_t>(head.size());
}

void SyncForEver(ch8::Ledger& ledger) {
  while (true) {
    const absl::StatusOr<uint64_t> size = ledger.Sync();
    if (!size.ok() || !Report(ledger, *size)) _exit(1);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const ch8::RocksLedgerOptions options{.path = argv[1], .memtable_bytes = 4u << 20};
  absl::StatusOr<std::unique_ptr<ch8::RocksLedger>> opened =
      ch8::RocksLedger::Create(options, ch8::testing::TestGenesis());
  if (absl::IsAlreadyExists(opened.status())) opened = ch8::RocksLedger::Open(options);
  if (!opened.ok()) {
    std::fprintf(stderr, "%s\n", opened.status().ToString().c_str());
    return 1;
  }
  ch8::Ledger& ledger = **opened;
  std::thread(SyncForEver, std::ref(ledger)).detach();
  while (true) {
    const uint64_t size = ledger.WrittenView().size();
    const uint64_t mixed = size * 0x9e3779b97f4a7c15 >> 40;
    const size_t count = 1 + (mixed % 4 == 0 ? mixed % 2000 : mixed % 20);
    const ch8::testing::OwnedCommit commit =
        ch8::testing::MakeTestCommit(ledger.log_id(), size, count);
    if (!ledger.Commit(commit.request).ok()) return 1;
  }
}
