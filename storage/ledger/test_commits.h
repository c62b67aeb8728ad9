#ifndef CH8_STORAGE_LEDGER_TEST_COMMITS_H_
#define CH8_STORAGE_LEDGER_TEST_COMMITS_H_

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "storage/base/hash.h"
#include "storage/ledger/genesis.h"
#include "storage/ledger/ledger.h"

// Commits for tests, whose contents follow from positions, so that a reader can tell what an entry
// must hold without having seen it written.
namespace ch8::testing {

Genesis TestGenesis();

// The payload of entry `index` (>= 1) of every test log.
std::string TestPayload(uint64_t index);

// A commit with the payloads that its views point into.
struct OwnedCommit {
  std::deque<std::string> payloads;
  Ledger::CommitRequest request;
};

// `count` entries from `first_index` on, in requests of up to 100, some with tags; and two rows,
// "size" in Table::kRows and "last" in Table::kAnswers, that both say the log's size afterwards.
OwnedCommit MakeTestCommit(const Hash& log_id, uint64_t first_index, size_t count);

// The row value that a commit which made the log `size` long has written.
std::string SizeRow(uint64_t size);

// RFC 6962 §2.1 as it is written there, recursively: shares nothing with storage/merkle.
Hash NaiveRoot(const std::vector<Hash>& leaf_hashes, size_t begin, size_t end);

}  // namespace ch8::testing

#endif  // CH8_STORAGE_LEDGER_TEST_COMMITS_H_
