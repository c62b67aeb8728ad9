#include "services/node/sealer.h"

#include <gmock/gmock.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/kernel/refusal.h"
#include "services/node/toy_node.h"
#include "storage/ledger/mem_ledger.h"
#include "storage/merkle/proof.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::node {
namespace {

namespace toy = kernel::toy;
namespace v1 = chapter8::ledger::v1;
using ch8::testing::IsOk;
using ch8::testing::StatusIs;
using ch8::testing::TempDir;
using kernel::ReasonOf;

constexpr absl::string_view kService = "/chapter8.ledger.v1.LedgerService/";

// The system's clock, ahead by as much as the test says.
class AheadClock final : public Clock {
 public:
  absl::Time Now() const override {
    return system_.Now() + absl::Hours(hours.load() + wrong_hours.load());
  }
  absl::Duration SinceBoot() const override {
    return system_.SinceBoot() + absl::Hours(hours.load());
  }
  std::atomic<int> hours{0};
  std::atomic<int> wrong_hours{0};  // By which the wall clock alone is ahead.

 private:
  const SystemClock system_;
};

std::vector<Hash> HashesOf(const google::protobuf::RepeatedPtrField<std::string>& bytes) {
  std::vector<Hash> hashes;
  for (const std::string& hash : bytes) hashes.push_back(Hash::FromBytes(hash).value());
  return hashes;
}

// A ledger in memory with two accounts and 25 rows between them.
class SealerTest : public ::testing::Test {
 protected:
  SealerTest() {
    std::filesystem::create_directory(state_);
    Start();
    EXPECT_THAT(Call(node_->sequencer(), OpenAccounts(2, "open")).status, IsOk());
    Post(0);
  }

  void Start(uint64_t entries_max = Sealer::kEntriesMax) {
    node_.reset();
    ToyNode::Options options{.ledger = ledger_.get(), .state_directory = state_, .clock = &clock_};
    options.admit_writes = [this] {
      return full_ ? absl::ResourceExhaustedError("the disk is full") : absl::OkStatus();
    };
    options.seal_entries_max = entries_max;
    node_.emplace(options);
  }
  void Restart() {
    node_.reset();
    ledger_ = *ledger_->CrashCopy();
    Start();
  }
  void Post(uint64_t number) {
    EXPECT_THAT(Call(node_->sequencer(), PostTransfers({.number = number, .rows = 25})).status,
                IsOk());
  }
  template <typename Response, typename Request>
  absl::StatusOr<Response> Ask(absl::string_view rpc, Request request) {
    request.set_origin(ledger_->origin());
    const kernel::Outcome outcome =
        Call(node_->sequencer(), toy::UnsignedCommand("ada", absl::StrCat(kService, rpc), request));
    if (!outcome.status.ok()) return outcome.status;
    Response response;
    EXPECT_TRUE(response.ParseFromString(outcome.reply));
    return response;
  }
  v1::SealedLedger Seal() {
    const auto sealed = Ask<v1::SealedLedger>("SealLedger", v1::SealLedgerRequest());
    EXPECT_THAT(sealed, IsOk());
    return sealed.value_or(v1::SealedLedger());
  }
  absl::StatusOr<v1::BalanceProof> Prove(const std::string& scope, const std::string& unit = "") {
    v1::ProveBalanceRequest request;
    request.set_scope(scope);
    request.set_unit(unit);
    return Ask<v1::BalanceProof>("ProveBalance", request);
  }
  // As an auditor's call would have it, of a sealer that has no sums yet.
  absl::StatusOr<v1::SealRows> ReadRows(const v1::ReadSealRowsRequest& request,
                                        std::function<bool()> is_wanted = nullptr) {
    Sealer sealer({.runner = node_->sequencer(),
                   .clock = clock_,
                   .log = [](kernel::SealDraft, kernel::Runner::Done) {}});
    sealer.Start();
    std::promise<absl::StatusOr<v1::SealRows>> rows;
    EXPECT_THAT(sealer.Submit({.run = [&] { rows.set_value(sealer.ReadRows(request)); },
                               .is_wanted = std::move(is_wanted)}),
                IsOk());
    return rows.get_future().get();
  }
  // Once the sealer has looked whether a seal is due: it does after each answer.
  void LetItLook() {
    for (int i = 0; i < 2; ++i) Prove("accounts/1").status().IgnoreError();
  }
  std::string SumsPath() const { return state_ + "/seal_sums"; }

  const TempDir directory_;
  const std::string state_ = directory_ / "state";
  AheadClock clock_;
  std::atomic<bool> full_{false};
  std::unique_ptr<MemLedger> ledger_ = *MemLedger::Create(toy::ToyGenesis());
  std::optional<ToyNode> node_;
};

TEST_F(SealerTest, ASealCoversAllBeforeItAndIsOneEntry) {
  const uint64_t size = ledger_->durable_size();
  const v1::SealedLedger sealed = Seal();
  EXPECT_EQ(sealed.size(), size);
  EXPECT_EQ(sealed.index(), size + 1);  // After its request.
  EXPECT_EQ(sealed.rows(), 2u);
  EXPECT_EQ(ledger_->durable_size(), size + 2);
  const auto stored = ReadSeal(*ledger_, sealed.index());
  ASSERT_THAT(stored, IsOk());
  EXPECT_EQ(stored->seal.size(), size);
  EXPECT_EQ(stored->entry.entry_class(), static_cast<uint32_t>(EntryClass::kSeal));
  EXPECT_THAT(CheckSeals(*ledger_), IsOk());
  EXPECT_EQ(CheckSeals(*ledger_)->value_or(""), "");
}

// Else an export of a ledger that sleeps would grow it, and seals of peers each other.
TEST_F(SealerTest, OnlySealsAreNoReasonForASeal) {
  const v1::SealedLedger first = Seal();
  EXPECT_EQ(Seal().index(), first.index());
  clock_.hours = 100;
  LetItLook();
  EXPECT_EQ(ledger_->durable_size(), first.index() + 1);
  Post(1);
  const v1::SealedLedger second = Seal();
  EXPECT_EQ(second.size(), first.index() + 1 + 26);
  EXPECT_EQ(CheckSeals(*ledger_)->value_or(""), "");
}

TEST_F(SealerTest, ADayAfterTheLastOneItSealsByItself) {
  Seal();
  Post(1);
  const uint64_t size = ledger_->durable_size();
  clock_.hours = 23;
  LetItLook();
  EXPECT_EQ(ledger_->durable_size(), size);
  clock_.hours = 25;
  LetItLook();
  EXPECT_EQ(ledger_->durable_size(), size + 2);
  EXPECT_EQ(Seal().size(), size);
}

// A clock that was a year ahead once ends nothing: a day by the other clock is a day.
TEST_F(SealerTest, ASealFromTheFutureIsADayOldADayAfterItWasSeen) {
  clock_.wrong_hours = 365 * 24;
  Restart();
  Seal();
  clock_.wrong_hours = 0;
  Restart();
  Post(1);
  const uint64_t size = ledger_->durable_size();
  LetItLook();
  clock_.hours = 23;
  LetItLook();
  EXPECT_EQ(ledger_->durable_size(), size);
  clock_.hours = 25;
  LetItLook();
  EXPECT_EQ(ledger_->durable_size(), size + 2);
}

// Each is counted, and tried again a minute later.
TEST_F(SealerTest, ASealThatIsDueAndNotMadeIsCounted) {
  EXPECT_EQ(node_->sequencer().stats().seal_failures, 0u);
  clock_.hours = 25;
  full_ = true;
  LetItLook();
  EXPECT_EQ(node_->sequencer().stats().seal_failures, 1u);
  full_ = false;
  std::filesystem::create_directories(SumsPath() + "/x");  // Sums cannot be kept either.
  EXPECT_GT(Seal().size(), 0u);
  EXPECT_EQ(node_->sequencer().stats().seal_failures, 2u);
}

// The start could not hold the books against them; the next one shall.
TEST_F(SealerTest, SumsThatAreLostAreMadeAnewInTheBackground) {
  Seal();
  Post(1);
  std::filesystem::remove(SumsPath());
  Restart();
  LetItLook();
  EXPECT_TRUE(std::filesystem::exists(SumsPath()));
  const auto sums = SumsNow(*ledger_, SumsPath());
  ASSERT_THAT(sums, IsOk());
  ASSERT_TRUE(sums->has_value());
  EXPECT_EQ((*sums)->size(), ledger_->durable_size());
}

// A stop between logging a seal and keeping its sums leaves those of the seal before.
TEST_F(SealerTest, SumsOfAnEarlierSealLeadToThoseOfTheNewest) {
  Seal();
  std::filesystem::copy_file(SumsPath(), state_ + "/earlier");
  Post(1);
  const v1::SealedLedger newest = Seal();
  Post(2);
  const auto loaded = LoadSums(*ledger_, state_ + "/earlier");
  ASSERT_THAT(loaded, IsOk());
  ASSERT_NE(*loaded, nullptr);
  EXPECT_EQ((*loaded)->stored.index, newest.index());
  EXPECT_EQ((*loaded)->sums.size(), newest.size());
}

TEST_F(SealerTest, WhatNobodyWaitsForIsNotSummedUp) {
  v1::ReadSealRowsRequest rows;
  rows.set_index(Seal().index());
  rows.add_scopes("accounts/1");
  int asked = 0;
  EXPECT_THAT(ReadRows(rows, [&] { return ++asked < 2; }), StatusIs(absl::StatusCode::kCancelled));
  EXPECT_EQ(asked, 2) << "before all, and with the first entry";
  EXPECT_THAT(ReadRows(rows), IsOk());
}

// Whoever names no scope may have meant to name some.
TEST_F(SealerTest, TheSecretIsAskedForByName) {
  v1::ReadSealRowsRequest rows;
  rows.set_index(Seal().index());
  EXPECT_EQ(ReasonOf(ReadRows(rows).status()), "BAD_SCOPE");
  rows.set_secret(true);
  EXPECT_EQ(ReadRows(rows)->secret().size(), Hash::kSize);
  rows.add_scopes("accounts/1");
  EXPECT_EQ(ReasonOf(ReadRows(rows).status()), "BAD_SCOPE");
}

// With a job under way that waits for the test, and one behind it.
TEST_F(SealerTest, ADrainWaitsForNothingAndAnswersWhatWaits) {
  std::mutex mutex;
  std::condition_variable changed;
  bool drained = false;
  Sealer sealer({.runner = node_->sequencer(),
                 .clock = clock_,
                 .log = [](kernel::SealDraft, kernel::Runner::Done) {}});
  std::vector<std::string> reasons;
  ASSERT_THAT(sealer.Submit({.run =
                                 [&] {
                                   std::unique_lock<std::mutex> lock(mutex);
                                   changed.wait(lock, [&] { return drained; });
                                   reasons.emplace_back(ReasonOf(sealer.Seal().status()));
                                 }}),
              IsOk());
  v1::ProveBalanceRequest prove;
  prove.set_scope("accounts/1");
  ASSERT_THAT(
      sealer.Submit({.run =
                         [&] {
                           reasons.emplace_back(ReasonOf(sealer.ProveBalance(prove).status()));
                           reasons.emplace_back(
                               ReasonOf(sealer.ReadRows(v1::ReadSealRowsRequest()).status()));
                         }}),
      IsOk());
  sealer.Start();
  sealer.End();  // While the first still runs.
  EXPECT_EQ(ReasonOf(sealer.Submit({.run = [] {}})), "DRAINING");
  {
    const std::lock_guard<std::mutex> lock(mutex);
    drained = true;
    changed.notify_all();
  }
  sealer.Close();
  EXPECT_THAT(reasons, ::testing::ElementsAre("DRAINING", "DRAINING", "DRAINING"));
  // And the sequencer's drain ends its own.
  node_->sequencer().Drain();
  EXPECT_EQ(ReasonOf(Prove("accounts/1").status()), "DRAINING");
}

TEST_F(SealerTest, ALedgerThatWasNeverSealedIsADayAfterItsFirstEntry) {
  const uint64_t size = ledger_->durable_size();
  clock_.hours = 23;
  LetItLook();
  EXPECT_EQ(ledger_->durable_size(), size);
  clock_.hours = 25;
  LetItLook();
  EXPECT_EQ(ledger_->durable_size(), size + 2);
}

TEST_F(SealerTest, SoManyEntriesAfterTheLastOneItSealsByItself) {
  Start(100);
  const uint64_t size = Seal().index() + 1;
  for (uint64_t i = 1; i <= 3; ++i) Post(i);
  LetItLook();
  EXPECT_EQ(ledger_->durable_size(), size + 78);
  Post(4);
  LetItLook();
  EXPECT_EQ(ledger_->durable_size(), size + 104 + 2);
}

TEST_F(SealerTest, ABalanceIsProvenUnderASignedHead) {
  EXPECT_EQ(ReasonOf(Prove("accounts/1").status()), "NOT_SEALED");
  Seal();
  Post(1);  // After the seal: not in the proof.
  const auto proof = Prove("accounts/1", "USD");
  ASSERT_THAT(proof, IsOk());
  const v1::SealRow& told = proof->row().row();
  EXPECT_EQ(told.unit(), "USD");
  EXPECT_EQ(told.entries(), 26u);  // It was opened, and 25 rows.
  EXPECT_EQ(told.gross_debits(), "13");
  EXPECT_EQ(told.gross_credits(), "12");

  const v1::LoggedEntry& seal = proof->seal();
  const Leaf leaf{.entry_class = EntryClass::kSeal,
                  .payload_commit = PayloadCommit(
                      ledger_->log_id(), Hash::FromBytes(seal.salt()).value(), seal.payload())};
  const v1::InclusionProof& inclusion = proof->inclusion();
  EXPECT_THAT(VerifyInclusion(LeafHash(leaf), inclusion.index(), inclusion.checkpoint().size(),
                              HashesOf(inclusion.hashes()),
                              Hash::FromBytes(inclusion.checkpoint().root()).value()),
              IsOk());
  v1::Entry entry;
  ASSERT_TRUE(entry.ParseFromString(seal.payload()));
  const SealRow row{.scope = "accounts/1",
                    .unit = "USD",
                    .entries = 26,
                    .gross_debits = 13,
                    .gross_credits = 12,
                    .last_leaf_hash = Hash::FromBytes(told.last_leaf_hash()).value()};
  EXPECT_THAT(
      VerifyInclusion(SealRowHash(row, Hash::FromBytes(proof->row().salt()).value()),
                      proof->row().index(), entry.seal().rows(), HashesOf(proof->row().hashes()),
                      Hash::FromBytes(entry.seal().root()).value()),
      IsOk());

  EXPECT_EQ(ReasonOf(Prove("accounts/1", "EUR").status()), "NO_SUCH_SCOPE");
  EXPECT_EQ(ReasonOf(Prove("accounts/3").status()), "NO_SUCH_SCOPE");
  EXPECT_EQ(ReasonOf(Prove("peers/au.example").status()), "NO_SUCH_SCOPE");
  EXPECT_EQ(ReasonOf(Prove("funds/un").status()), "BAD_SCOPE");
}

// With the sums kept, without them, and with others in their place.
TEST_F(SealerTest, ARestartGoesOnFromTheNewestSeal) {
  const v1::SealedLedger first = Seal();
  const auto before = Prove("accounts/2");
  ASSERT_THAT(before, IsOk());
  for (const char* kept : {"as it was", "gone", "altered"}) {
    SCOPED_TRACE(kept);
    if (kept == std::string("gone")) std::filesystem::remove(SumsPath());
    if (kept == std::string("altered")) {
      std::fstream file(SumsPath(), std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(-1, std::ios::end);
      file.put('x');
    }
    const auto sums = LoadSums(*ledger_, SumsPath());
    ASSERT_THAT(sums, IsOk());
    EXPECT_EQ(*sums != nullptr, kept == std::string("as it was"));
    Restart();
    const auto after = Prove("accounts/2");
    ASSERT_THAT(after, IsOk());
    EXPECT_EQ(after->row().SerializeAsString(), before->row().SerializeAsString());
    EXPECT_EQ(Seal().index(), first.index());
  }
  Post(1);
  EXPECT_GT(Seal().size(), first.size());
  EXPECT_EQ(CheckSeals(*ledger_)->value_or(""), "");
  EXPECT_NE(LoadSums(*ledger_, SumsPath()).value(), nullptr);
}

TEST_F(SealerTest, NothingIsSealedWhileNothingMayBeWritten) {
  full_ = true;
  const uint64_t size = ledger_->durable_size();
  EXPECT_THAT(Ask<v1::SealedLedger>("SealLedger", v1::SealLedgerRequest()),
              StatusIs(absl::StatusCode::kResourceExhausted));
  clock_.hours = 25;
  LetItLook();
  EXPECT_EQ(ledger_->durable_size(), size);
  full_ = false;
  EXPECT_EQ(Seal().size(), size);
}

TEST_F(SealerTest, ASealThatIsNotTheSumIsNamed) {
  Seal();
  const uint64_t at = ledger_->durable_size();
  node_.reset();
  v1::Entry entry;
  entry.mutable_seal()->set_size(at);
  entry.mutable_seal()->set_rows(2);
  entry.mutable_seal()->set_root(std::string(Sha256("another").view()));
  const std::string payload = entry.SerializeAsString();
  Ledger::CommitRequest commit;
  RequestEntries& group = commit.requests.emplace_back();
  v1::Entry opening;
  opening.mutable_request()->set_method(std::string(kernel::kSealMethod));
  const std::string opening_payload = opening.SerializeAsString();
  group.entries.push_back(
      MakeEntry(ledger_->log_id(), group.request_salt,
                {.entry_class = EntryClass::kDomain, .tag = {}, .payload = opening_payload}));
  group.entries.push_back(
      MakeEntry(ledger_->log_id(), group.request_salt,
                {.entry_class = EntryClass::kSeal, .tag = {}, .row = 1, .payload = payload}));
  ASSERT_THAT(ledger_->Commit(commit), IsOk());
  ASSERT_THAT(ledger_->Sync(), IsOk());
  EXPECT_EQ(CheckSeals(*ledger_)->value_or(""),
            absl::StrCat("entry ", at + 1, ": the seal is not the sum of the entries before"));
}

}  // namespace
}  // namespace ch8::node
