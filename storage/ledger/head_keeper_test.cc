#include "storage/ledger/head_keeper.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "storage/ledger/mem_ledger.h"
#include "storage/ledger/test_commits.h"
#include "storage/merkle/checkpoint.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8 {
namespace {

using ::testing::HasSubstr;
using testing::IsOk;
using testing::MakeTestCommit;
using testing::StatusIs;
using testing::TempDir;
using testing::TestGenesis;

class FixedClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::UnixEpoch() + since_boot; }
  absl::Duration SinceBoot() const override { return since_boot; }

  absl::Duration since_boot = absl::Hours(1);
};

class HeadKeeperTest : public ::testing::Test {
 protected:
  void Open() {
    keeper_.reset();
    absl::StatusOr<std::unique_ptr<HeadKeeper>> keeper =
        HeadKeeper::Open({.ledger = *ledger_,
                          .key = key_,
                          .signs_above = signs_above_,
                          .rebuilt_size = rebuilt_size_,
                          .state_directory = directory_ / "state",
                          .boot_marker_directory = directory_ / "boot",
                          .boot_id = boot_id_,
                          .clock = clock_});
    ASSERT_THAT(keeper, IsOk());
    keeper_ = std::move(*keeper);
  }

  void Append(MemLedger& ledger, size_t count) {
    const testing::OwnedCommit commit =
        MakeTestCommit(ledger.log_id(), ledger.durable_size(), count);
    ASSERT_THAT(ledger.Commit(commit.request), IsOk());
    ASSERT_THAT(ledger.Sync(), IsOk());
  }

  uint64_t SizeOf(const absl::StatusOr<std::string>& note) {
    EXPECT_THAT(note, IsOk());
    const auto opened =
        OpenCheckpoint(*note, NoteVerifier::Of(ledger_->origin(), key_.public_key()), {});
    EXPECT_THAT(opened, IsOk());
    EXPECT_EQ(opened->checkpoint.root, *ledger_->RootAt(opened->checkpoint.size));
    return opened->checkpoint.size;
  }

  // What a backup keeps of the keeper's state.
  void CopyState(const std::string& from, const std::string& to) {
    std::filesystem::create_directories(directory_ / to);
    std::filesystem::copy_file((directory_ / from) + "/signed_head",
                               (directory_ / to) + "/signed_head",
                               std::filesystem::copy_options::overwrite_existing);
  }

  const TempDir directory_;
  const SigningKey key_ = SigningKey::Generate();
  uint64_t signs_above_ = 0;
  uint64_t rebuilt_size_ = 0;
  FixedClock clock_;
  std::string boot_id_ = "boot-1";
  std::unique_ptr<MemLedger> ledger_ = *MemLedger::Create(TestGenesis());
  std::unique_ptr<HeadKeeper> keeper_;
};

// What its predecessor is believed for, a key does not sign.
TEST_F(HeadKeeperTest, AKeySignsOnlyAboveItsPredecessorsHeads) {
  signs_above_ = 3;
  Open();
  EXPECT_TRUE(keeper_->vouched());
  Append(*ledger_, 2);
  EXPECT_THAT(keeper_->SignedNote(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("above 3")));
  Append(*ledger_, 1);
  EXPECT_EQ(SizeOf(keeper_->SignedNote()), 4U);
}

TEST_F(HeadKeeperTest, ANewLedgerIsVouchedAndItsGenesisSigned) {
  Open();
  EXPECT_TRUE(keeper_->vouched());
  EXPECT_TRUE(std::filesystem::exists(directory_ / "state/signed_head"));
  EXPECT_EQ(SizeOf(keeper_->SignedNote()), 1u);
  EXPECT_NE(*ledger_->NoteAtMost(1), std::nullopt);
}

TEST_F(HeadKeeperTest, SignsTheDurableSizeAndRepeatsItself) {
  Open();
  Append(*ledger_, 10);
  const testing::OwnedCommit unsynced = MakeTestCommit(ledger_->log_id(), 11, 5);
  ASSERT_THAT(ledger_->Commit(unsynced.request), IsOk());
  const absl::StatusOr<std::string> note = keeper_->SignedNote();
  EXPECT_EQ(SizeOf(note), 11u);
  EXPECT_EQ(*keeper_->SignedNote(), *note);
  ASSERT_THAT(ledger_->Sync(), IsOk());
  EXPECT_EQ(SizeOf(keeper_->SignedNote()), 16u);
  EXPECT_EQ(*ledger_->NoteAtMost(15), *note);
}

TEST_F(HeadKeeperTest, SignsWhenDueAndNotBefore) {
  Open();
  Append(*ledger_, 10);
  ASSERT_THAT(keeper_->SignIfDue(), IsOk());
  EXPECT_EQ(*ledger_->NoteAtMost(100), *ledger_->NoteAtMost(1));
  clock_.since_boot += absl::Milliseconds(100);
  ASSERT_THAT(keeper_->SignIfDue(), IsOk());
  EXPECT_EQ(SizeOf(**ledger_->NoteAtMost(100)), 11u);
}

TEST_F(HeadKeeperTest, ASameBootRestartGoesOnSigning) {
  Open();
  Append(*ledger_, 10);
  const std::string note = *keeper_->SignedNote();
  Append(*ledger_, 10);
  ledger_ = *ledger_->CrashCopy();
  Open();
  EXPECT_TRUE(keeper_->vouched());
  EXPECT_EQ(SizeOf(keeper_->SignedNote()), 21u);
}

TEST_F(HeadKeeperTest, AKillBetweenHeadAndMarkerGoesOnSigning) {
  Open();
  Append(*ledger_, 10);
  SizeOf(keeper_->SignedNote());
  std::filesystem::rename(directory_ / "boot", directory_ / "boot.old");
  std::filesystem::copy(directory_ / "boot.old", directory_ / "boot");
  Append(*ledger_, 10);
  SizeOf(keeper_->SignedNote());
  std::filesystem::remove_all(directory_ / "boot");
  std::filesystem::rename(directory_ / "boot.old", directory_ / "boot");
  Open();
  EXPECT_TRUE(keeper_->vouched());
}

TEST_F(HeadKeeperTest, AnotherBootNeedsAWaiver) {
  Open();
  Append(*ledger_, 10);
  SizeOf(keeper_->SignedNote());
  boot_id_ = "boot-2";
  Open();
  EXPECT_FALSE(keeper_->vouched());
  EXPECT_THAT(keeper_->SignedNote(),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("waive")));
  clock_.since_boot += absl::Hours(1);
  EXPECT_THAT(keeper_->SignIfDue(), IsOk());
  EXPECT_THAT(keeper_->Waive(11), StatusIs(absl::StatusCode::kFailedPrecondition));
  Append(*ledger_, 1);
  ASSERT_THAT(keeper_->Waive(11), IsOk());
  EXPECT_TRUE(keeper_->vouched());
  EXPECT_EQ(SizeOf(keeper_->SignedNote()), 12u);
  Open();
  EXPECT_TRUE(keeper_->vouched()) << "the waiver holds for the rest of this boot";
  boot_id_ = "boot-3";
  Open();
  EXPECT_THAT(keeper_->Waive(11),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("earlier start")));
  EXPECT_FALSE(keeper_->vouched());
}

TEST_F(HeadKeeperTest, ALostHeadFileNeedsAWaiver) {
  Append(*ledger_, 10);
  Open();
  EXPECT_THAT(keeper_->SignedNote(), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(HeadKeeperTest, ALogBehindItsHeadRefusesForEver) {
  Append(*ledger_, 10);
  std::unique_ptr<MemLedger> backup = *ledger_->CrashCopy();
  Append(*ledger_, 10);
  Open();
  Append(*ledger_, 1);
  ASSERT_THAT(keeper_->Waive(21), IsOk());
  SizeOf(keeper_->SignedNote());
  keeper_.reset();
  ledger_ = std::move(backup);
  for (const char* boot : {"boot-1", "boot-2"}) {
    boot_id_ = boot;
    Open();
    EXPECT_FALSE(keeper_->vouched());
    EXPECT_THAT(
        keeper_->SignedNote(),
        StatusIs(absl::StatusCode::kDataLoss, ::testing::AllOf(HasSubstr("22"), HasSubstr("11"))));
    EXPECT_THAT(keeper_->Waive(0), StatusIs(absl::StatusCode::kDataLoss));
  }
  Append(*ledger_, 10);
  EXPECT_THAT(keeper_->SignedNote(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(HeadKeeperTest, AnotherHistoryRefusesForEver) {
  Open();
  Append(*ledger_, 10);
  SizeOf(keeper_->SignedNote());
  keeper_.reset();
  ledger_ = *MemLedger::Create(TestGenesis());
  testing::OwnedCommit commit = MakeTestCommit(ledger_->log_id(), 500, 20);
  ASSERT_THAT(ledger_->Commit(commit.request), IsOk());
  ASSERT_THAT(ledger_->Sync(), IsOk());
  Open();
  EXPECT_THAT(keeper_->SignedNote(),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("another root at size 11")));
  EXPECT_THAT(keeper_->Waive(0), StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(HeadKeeperTest, RestoredStateIsRefusedInTheSameBoot) {
  Open();
  Append(*ledger_, 10);
  SizeOf(keeper_->SignedNote());
  CopyState("state", "backup");
  std::unique_ptr<MemLedger> backup = *ledger_->CrashCopy();
  Append(*ledger_, 10);
  SizeOf(keeper_->SignedNote());
  keeper_.reset();
  ledger_ = std::move(backup);
  CopyState("backup", "state");
  Open();
  EXPECT_THAT(keeper_->SignedNote(),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("head 21 was signed")));
}

TEST_F(HeadKeeperTest, StateThatWasLostIsNoMatterWhenTheLogHasWhatThisBootSigned) {
  Open();
  Append(*ledger_, 10);
  SizeOf(keeper_->SignedNote());
  keeper_.reset();
  std::filesystem::remove(directory_ / "state/signed_head");
  Append(*ledger_, 5);
  Open();
  EXPECT_EQ(SizeOf(keeper_->SignedNote()), 16u);
  keeper_.reset();
  std::filesystem::remove(directory_ / "state/signed_head");
  ledger_ = *MemLedger::Create(TestGenesis());
  testing::OwnedCommit commit = MakeTestCommit(ledger_->log_id(), 500, 20);
  ASSERT_THAT(ledger_->Commit(commit.request), IsOk());
  ASSERT_THAT(ledger_->Sync(), IsOk());
  Open();
  EXPECT_THAT(keeper_->SignedNote(),
              StatusIs(absl::StatusCode::kDataLoss, HasSubstr("another root at size 16")));
}

// Neither a partner's word nor the boot's says that a copy was the newest.
TEST_F(HeadKeeperTest, OnlyOfficersVouchForALogThatWasMadeAnew) {
  for (const size_t grown : {0, 10}) {
    SCOPED_TRACE(grown);
    keeper_.reset();
    std::filesystem::remove_all(directory_ / "state");
    std::filesystem::create_directory(directory_ / "state");
    if (grown > 0) Append(*ledger_, grown);
    rebuilt_size_ = ledger_->durable_size();
    Open();
    EXPECT_THAT(keeper_->SignedNote(), StatusIs(absl::StatusCode::kFailedPrecondition));
    EXPECT_THAT(keeper_->Vouch(), StatusIs(absl::StatusCode::kFailedPrecondition));
    Append(*ledger_, 1);
    ASSERT_THAT(keeper_->Waive(ledger_->durable_size() - 1), IsOk());
    EXPECT_EQ(SizeOf(keeper_->SignedNote()), rebuilt_size_ + 1);
    keeper_.reset();
    Open();
    EXPECT_EQ(SizeOf(keeper_->SignedNote()), rebuilt_size_ + 1) << "somebody has vouched";
  }
}

TEST_F(HeadKeeperTest, ADamagedHeadFileIsAnError) {
  Open();
  keeper_.reset();
  std::fstream file(directory_ / "state/signed_head", std::ios::in | std::ios::out);
  file.seekp(20);
  file.put('~');
  file.close();
  const auto keeper = HeadKeeper::Open({.ledger = *ledger_,
                                        .key = key_,
                                        .state_directory = directory_ / "state",
                                        .boot_marker_directory = directory_ / "boot",
                                        .boot_id = boot_id_,
                                        .clock = clock_});
  EXPECT_THAT(keeper, StatusIs(absl::StatusCode::kDataLoss, HasSubstr("damaged")));
}

TEST_F(HeadKeeperTest, NoNoteLeavesWhenTheHeadCannotBePersisted) {
  Open();
  Append(*ledger_, 10);
  std::filesystem::create_directory(directory_ / "state/signed_head.new");
  EXPECT_THAT(keeper_->SignedNote(), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(*ledger_->NoteAtMost(100), *ledger_->NoteAtMost(1));
  std::filesystem::remove(directory_ / "state/signed_head.new");
  EXPECT_EQ(SizeOf(keeper_->SignedNote()), 11u);
}

TEST_F(HeadKeeperTest, ReadsTheMachinesBootIdByDefault) {
  boot_id_.clear();
  Open();
  Append(*ledger_, 10);
  SizeOf(keeper_->SignedNote());
  Open();
  EXPECT_TRUE(keeper_->vouched());
}

}  // namespace
}  // namespace ch8
