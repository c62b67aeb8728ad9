#include "tests/bench/target.h"

#include "storage/rocks/rocks_ledger.h"

namespace ch8::bench {

absl::StatusOr<std::unique_ptr<Ledger>> Target::Reopen() const {
  return RocksLedger::Open({.path = ledger_path()});
}

}  // namespace ch8::bench
