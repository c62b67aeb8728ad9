#include "services/node/fitted_heads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "chapter8/federation/v1/peer_state.pb.h"
#include "services/federation/core/peer_log.h"
#include "storage/ledger/mem_ledger.h"
#include "storage/ledger/test_commits.h"
#include "storage/merkle/checkpoint.h"
#include "tests/support/status_matchers.h"

namespace ch8::node {
namespace {

using ::ch8::testing::IsOk;
using chapter8::federation::v1::PeerState;

// A source of 11 entries that was made anew, and a reader that has verified 15 of them.
class FittedHeadsTest : public ::testing::Test {
 protected:
  FittedHeadsTest() {
    Grow(10);
    note_ = SignCheckpoint({.origin = source_->origin(),
                            .size = 11,
                            .root = *source_->RootAt(11),
                            .extension_lines = {}},
                           SigningKey::Generate())
                .value();
    EXPECT_THAT(source_->KeepNote(11, note_), IsOk());
  }
  void Grow(size_t count) {
    ch8::testing::OwnedCommit commit =
        ch8::testing::MakeTestCommit(source_->log_id(), source_->durable_size(), count);
    EXPECT_THAT(source_->Commit(commit.request), IsOk());
    EXPECT_THAT(source_->Sync(), IsOk());
  }
  void Verified(uint64_t size, uint64_t last_index) {
    PeerState state;
    state.set_origin(source_->origin());
    state.set_verified_size(size);
    state.set_verified_root(std::string(32, 'r'));
    state.set_checkpoint_note("later");
    state.set_last_number(2);
    state.set_last_index(last_index);
    Ledger::CommitRequest commit;
    commit.rows.push_back(federation::PeerStateRow(state));
    EXPECT_THAT(reader_->Commit(commit), IsOk());
    EXPECT_THAT(reader_->Sync(), IsOk());
  }
  PeerState Kept() {
    const auto row =
        reader_->TakeSnapshot()->Get(Table::kPeer, federation::PeerStateKey(source_->origin()));
    return federation::PeerStateFrom(source_->origin(), *row).value();
  }
  int Fit(uint64_t rebuilt_size) {
    const auto fitted = FitHeads({{.ledger = source_.get(), .rebuilt_size = rebuilt_size},
                                  {.ledger = reader_.get(), .rebuilt_size = reader_rebuilt_size_}});
    EXPECT_THAT(fitted, IsOk());
    return fitted.value_or(-1);
  }

  std::unique_ptr<MemLedger> source_ = MemLedger::Create(ch8::testing::TestGenesis()).value();
  std::unique_ptr<MemLedger> reader_ =
      MemLedger::Create({.origin = "un.example/ch8/reader", .payload = "p", .salt = Sha256("s")})
          .value();
  uint64_t reader_rebuilt_size_ = 1;
  std::string note_;
};

TEST_F(FittedHeadsTest, AHeadBeyondTheCopyIsTakenBack) {
  Verified(15, 7);
  EXPECT_EQ(Fit(11), 1);
  EXPECT_EQ(Kept().verified_size(), 11u);
  EXPECT_EQ(Kept().verified_root(), source_->RootAt(11)->view());
  EXPECT_EQ(Kept().checkpoint_note(), note_);
  EXPECT_EQ(Kept().last_number(), 2u);
  EXPECT_EQ(Fit(11), 0);
}

TEST_F(FittedHeadsTest, WhatWasTakenIsNotTakenBack) {
  Verified(15, 12);
  EXPECT_EQ(Fit(11), 0);
  EXPECT_EQ(Kept().verified_size(), 15u);
}

TEST_F(FittedHeadsTest, ALedgerThatWasNotMadeAnewIsHeldToItsHeads) {
  Verified(15, 7);
  EXPECT_EQ(Fit(0), 0);
  EXPECT_EQ(Fit(9), 0) << "it has grown since";
  EXPECT_EQ(Kept().verified_size(), 15u);
}

TEST_F(FittedHeadsTest, WhatAReaderKnowsThatWasNeverLostStays) {
  Verified(15, 7);
  reader_rebuilt_size_ = 0;
  EXPECT_EQ(Fit(11), 0);
  EXPECT_EQ(Kept().verified_size(), 15u) << "the proof that the source's copy is too old";
}

TEST_F(FittedHeadsTest, AHeadThatTheCopyHasStays) {
  Verified(10, 7);
  EXPECT_EQ(Fit(11), 0);
  EXPECT_EQ(Kept().checkpoint_note(), "later");
}

}  // namespace
}  // namespace ch8::node
