// A whole ledger (sequencer, books, pages, ids, signed heads) on a disk of which every single
// change fails in turn; then the process dies and starts anew.
#include <gmock/gmock.h>

#include <future>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "services/books/ids.h"
#include "services/books/recovery.h"
#include "services/kernel/toy_machine.h"
#include "services/node/toy_node.h"
#include "storage/ledger/fsck.h"
#include "storage/merkle/checkpoint.h"
#include "tests/faults/failing_disk.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {
namespace {

namespace toy = kernel::toy;
using chapter8::books::v1::Balance;
using chapter8::books::v1::PostTransfersRequest;
using chapter8::books::v1::TransferRow;
using kernel::Outcome;
using node::Sequencer;
using node::ToyNode;

constexpr uint32_t kAccounts = 4;
constexpr uint64_t kBatches = 4;
constexpr int kSessions = 2;

TransferRow RowOf(uint64_t batch, uint32_t row) {
  TransferRow made;
  made.set_id_high(batch + 1);
  made.set_id_low(row + 1);
  made.set_debit_account(1 + row % kAccounts);
  made.set_credit_account(1 + (row + 1) % kAccounts);
  made.set_amount(batch + row + 1);
  return made;
}

// Rows that move, and rows that hold; two of the holds are ended by the batch after it, one with
// less, one with nothing.
kernel::Command Batch(uint64_t batch) {
  PostTransfersRequest request;
  request.set_request_id(absl::StrCat("batch-", batch));
  for (uint32_t row = 0; row < 12; ++row) {
    *request.add_rows() = RowOf(batch, row);
    if (row % 3 == 0) request.mutable_rows(static_cast<int>(row))->set_kind(TransferRow::HOLD);
  }
  for (uint32_t held : {0u, 3u}) {
    if (batch == 0) continue;
    TransferRow& end = *request.add_rows();
    end = RowOf(batch - 1, held);
    end.set_hold_id_high(end.id_high());
    end.set_hold_id_low(end.id_low());
    end.set_id_high(batch + 1);
    end.set_id_low(100 + held);
    end.set_kind(held == 0 ? TransferRow::POST_HELD : TransferRow::VOID_HELD);
    if (held != 0) end.clear_amount();
  }
  return toy::UnsignedCommand("bob", toy::kPostTransfers, request);
}

// One request, and what came back first.
struct Sent {
  kernel::Command command;
  Outcome first;
};

std::future<Outcome> Submit(Sequencer& sequencer, const kernel::Command& command) {
  auto promise = std::make_shared<std::promise<Outcome>>();
  sequencer.Submit(command, [promise](Outcome outcome) { promise->set_value(std::move(outcome)); });
  return promise->get_future();
}

// Works until something fails, and remembers what it was told.
class Workload {
 public:
  void Run(FailingDisk& disk, const std::function<void()>& begin) {
    for (int session = 0; session < kSessions; ++session) {
      const auto ledger = session == 0 ? RocksLedger::Create(disk.options(), toy::ToyGenesis())
                                       : RocksLedger::Open(disk.options());
      if (!ledger.ok()) return;
      const auto node = ToyNode::Open({.ledger = ledger->get(),
                                       .state_directory = disk.state(),
                                       .boot_id = disk.boot_id(),
                                       .id_window_limit = 40});
      if (!node.ok()) return;
      if (session == 0) begin();
      if (!Work((*node)->sequencer(), session)) return;
    }
    completed_ = true;
  }

  const std::vector<Sent>& acknowledged() const { return acknowledged_; }
  const std::vector<Sent>& open() const { return open_; }
  const std::vector<std::string>& notes() const { return notes_; }
  bool completed() const { return completed_; }

 private:
  bool Work(Sequencer& sequencer, int session) {
    if (session == 0) {
      if (!Take(sequencer, {node::OpenAccounts(kAccounts, "open")})) return false;
    }
    for (uint64_t i = 0; i < kBatches; ++i) {
      const uint64_t batch = static_cast<uint64_t>(session) * kBatches + i;
      std::vector<kernel::Command> commands = {Batch(batch)};
      if (i % 3 == 0) {
        // One group, or several in flight.
        commands.push_back(Batch(++next_extra_ + 1000));
        commands.push_back(node::CreatePost(absl::StrCat("p", batch), absl::StrCat("r", batch)));
      }
      if (!Take(sequencer, commands)) return false;
      if (const auto note = sequencer.SignedNote(); note.ok()) notes_.push_back(*note);
    }
    return true;
  }

  bool Take(Sequencer& sequencer, const std::vector<kernel::Command>& commands) {
    std::vector<std::future<Outcome>> outcomes;
    for (const kernel::Command& command : commands) outcomes.push_back(Submit(sequencer, command));
    bool all = true;
    for (size_t i = 0; i < commands.size(); ++i) {
      Sent sent = {.command = commands[i], .first = outcomes[i].get()};
      const bool acknowledged = sent.first.status.ok();
      all = all && acknowledged;
      (acknowledged ? acknowledged_ : open_).push_back(std::move(sent));
    }
    return all;
  }

  std::vector<Sent> acknowledged_;
  std::vector<Sent> open_;
  std::vector<std::string> notes_;
  uint64_t next_extra_ = 0;
  bool completed_ = false;
};

// Balances as the rows in the log have them, one after the other.
class NaiveReplay {
 public:
  explicit NaiveReplay(const Ledger& ledger) {
    EXPECT_THAT(ledger.ReadEntries(0, ledger.durable_size(),
                                   [&](const Entry& entry) {
                                     if (entry.entry_class != EntryClass::kTransfer) return true;
                                     TransferRow row;
                                     EXPECT_TRUE(row.ParseFromString(std::string(entry.payload)));
                                     Add(row);
                                     return true;
                                   }),
                IsOk());
  }

  struct Sums {
    uint64_t debits = 0, credits = 0, debits_held = 0, credits_held = 0;
  };
  Sums operator[](uint32_t account) const {
    const auto found = sums_.find(account);
    return found == sums_.end() ? Sums() : found->second;
  }
  size_t rows() const { return ids_.size(); }

 private:
  using Id = std::pair<uint64_t, uint64_t>;

  void Add(const TransferRow& row) {
    EXPECT_TRUE(ids_.insert({row.id_high(), row.id_low()}).second) << "a row is done twice";
    const auto hold = [&](uint64_t amount) {
      sums_[row.debit_account()].debits_held += amount;
      sums_[row.credit_account()].credits_held += amount;
    };
    const Id held = {row.hold_id_high(), row.hold_id_low()};
    if (row.kind() == TransferRow::HOLD) {
      holds_[{row.id_high(), row.id_low()}] = row.amount();
      return hold(row.amount());
    }
    if (row.kind() != TransferRow::POST) {
      EXPECT_TRUE(holds_.contains(held)) << "a hold is ended that there is not";
      hold(-holds_[held]);
      holds_.erase(held);
    }
    sums_[row.debit_account()].debits += row.amount();
    sums_[row.credit_account()].credits += row.amount();
  }

  std::map<uint32_t, Sums> sums_;
  std::map<Id, uint64_t> holds_;
  std::set<Id> ids_;
};

// Of the books as the log alone has them.
Hash ReplayedDigest(RocksLedger& ledger) {
  const books::LedgerIds older_ids(ledger);
  books::RecoverySource source = books::RecoverySourceOf(ledger);
  source.read_pages = [](const auto&) { return absl::OkStatus(); };
  source.ingest_ids = nullptr;
  const auto recovered = books::Recover(source, older_ids, books::Books::Options());
  EXPECT_THAT(recovered, IsOk());
  return recovered.ok() ? recovered->books->StateDigest() : Hash();
}

void ExpectHeadsHold(const RocksLedger& ledger, const std::vector<std::string>& notes) {
  const NoteVerifier log = NoteVerifier::Of(toy::kOrigin, toy::KeyOf("log").public_key());
  for (const std::string& note : notes) {
    const auto opened = OpenCheckpoint(note, log, {});
    ASSERT_THAT(opened, IsOk());
    ASSERT_LE(opened->checkpoint.size, ledger.durable_size()) << "a signed head is gone";
    EXPECT_EQ(*ledger.RootAt(opened->checkpoint.size), opened->checkpoint.root);
  }
}

void ExpectRepeats(Sequencer& sequencer, const Workload& work) {
  for (const Sent& sent : work.acknowledged()) {
    const Outcome again = Submit(sequencer, sent.command).get();
    ASSERT_THAT(again.status, IsOk()) << sent.command.method;
    EXPECT_EQ(again.reply, sent.first.reply) << "another reply than the one acknowledged";
    EXPECT_EQ(again.receipt.SerializeAsString(), sent.first.receipt.SerializeAsString());
  }
  for (const Sent& sent : work.open()) {
    const Outcome first = Submit(sequencer, sent.command).get();
    ASSERT_THAT(first.status, IsOk()) << sent.command.method;
    EXPECT_EQ(Submit(sequencer, sent.command).get().reply, first.reply);
  }
}

void ExpectBalances(Sequencer& sequencer, const NaiveReplay& replay) {
  for (uint32_t account = 1; account <= kAccounts; ++account) {
    const Outcome outcome = Submit(sequencer, node::GetBalance(account)).get();
    Balance balance;
    ASSERT_THAT(outcome.status, IsOk());
    ASSERT_TRUE(balance.ParseFromString(outcome.reply));
    EXPECT_EQ(balance.debits_posted(), replay[account].debits);
    EXPECT_EQ(balance.credits_posted(), replay[account].credits);
    EXPECT_EQ(balance.debits_held(), replay[account].debits_held);
    EXPECT_EQ(balance.credits_held(), replay[account].credits_held);
  }
}

void ExpectSound(FailingDisk& disk, After after, const Workload& work) {
  const auto ledger = RocksLedger::Open(disk.options());
  ASSERT_THAT(ledger, IsOk());
  const auto report = Fsck(**ledger, (*ledger)->stored_log());
  ASSERT_THAT(report, IsOk());
  EXPECT_FALSE(report->difference.has_value()) << Describe(*report->difference);
  ExpectHeadsHold(**ledger, work.notes());
  const Hash digest = ReplayedDigest(**ledger);
  const auto node = ToyNode::Open({.ledger = ledger->get(),
                                   .state_directory = disk.state(),
                                   .boot_id = disk.boot_id(),
                                   .id_window_limit = 40});
  ASSERT_THAT(node, IsOk());
  EXPECT_EQ((*node)->start_digest(), digest) << "pages and tail differ from the whole log";
  Sequencer& sequencer = (*node)->sequencer();
  ExpectRepeats(sequencer, work);
  const NaiveReplay replay(**ledger);
  // The first request opens the accounts.
  EXPECT_TRUE(replay.rows() > 0 || work.acknowledged().size() <= 1);
  ExpectBalances(sequencer, replay);
  const auto note = sequencer.SignedNote();
  if (after == After::kPowerLoss) {
    EXPECT_THAT(note, StatusIs(absl::StatusCode::kFailedPrecondition)) << "nobody has vouched";
  } else {
    ASSERT_THAT(note, IsOk());
    ExpectHeadsHold(**ledger, {*note});
  }
}

void FailEvery(const Fault& fault) {
  const uint64_t changes = FailEveryChange([&](uint64_t n) {
    FailingDisk disk;
    Workload work;
    work.Run(disk, [&] { disk.FailAt(n, fault); });
    const bool failed = disk.failed();
    EXPECT_TRUE(failed || work.completed()) << "it stopped without a reason";
    disk.Restart(fault.after, n);
    ExpectSound(disk, fault.after, work);
    return failed;
  });
  EXPECT_GT(changes, 100u) << "the workload hardly touched the disk";
}

TEST(FailedWrites, TornThenPowerLoss) {
  FailEvery({.kind = FaultKind::kTorn, .after = After::kPowerLoss});
}

TEST(FailedWrites, TornThenProcessCrash) {
  FailEvery({.kind = FaultKind::kTorn, .after = After::kProcessCrash});
}

TEST(FailedWrites, OneErrorThenPowerLoss) {
  FailEvery({.kind = FaultKind::kError, .lasts = Lasts::kOnce, .after = After::kPowerLoss});
}

TEST(FailedWrites, OneErrorThenProcessCrash) {
  FailEvery({.kind = FaultKind::kError, .lasts = Lasts::kOnce, .after = After::kProcessCrash});
}

TEST(FailedWrites, FullDiskThenProcessCrash) {
  FailEvery({.kind = FaultKind::kNoSpace, .after = After::kProcessCrash});
}

}  // namespace
}  // namespace ch8::testing
