#ifndef CH8_STORAGE_LEDGER_LEDGER_CONTRACT_H_
#define CH8_STORAGE_LEDGER_LEDGER_CONTRACT_H_

#include <gtest/gtest.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "storage/ledger/ledger.h"
#include "storage/ledger/stored_log.h"

// What every Ledger must do. ledger_contract.cc holds the cases; each implementation's test program
// compiles it in and instantiates it:
//
//   INSTANTIATE_TEST_SUITE_P(Mem, LedgerContract, ::testing::Values(&MakeMemHarness));
namespace ch8::testing {

// One ledger under test, freshly created from TestGenesis().
class LedgerHarness {
 public:
  virtual ~LedgerHarness() = default;

  virtual Ledger& ledger() = 0;
  virtual const StoredLog& stored_log() = 0;

  // Takes the power away, dropping all that was not synced, and starts again. Invalidates ledger().
  virtual void Crash() = 0;
};

using MakeHarness = std::unique_ptr<LedgerHarness> (*)();

class LedgerContract : public ::testing::TestWithParam<MakeHarness> {
 protected:
  LedgerContract() : harness_(GetParam()()) {}

  Ledger& ledger() { return harness_->ledger(); }

  // Commits `count` entries without syncing.
  void Write(size_t count);
  // Commits and syncs.
  void Append(size_t count);
  // The leaf hashes of all durable entries, recomputed from what is read back.
  std::vector<Hash> ReadLeafHashes();

  std::unique_ptr<LedgerHarness> harness_;
};

}  // namespace ch8::testing

#endif  // CH8_STORAGE_LEDGER_LEDGER_CONTRACT_H_
