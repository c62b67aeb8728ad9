#include "services/node/sequencer.h"

#include <gmock/gmock.h>

#include <filesystem>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "chapter8/ledger/v1/administration_service.pb.h"
#include "services/books/recovery.h"
#include "services/kernel/entry_form.h"
#include "services/kernel/refusal.h"
#include "services/node/toy_node.h"
#include "storage/base/bytes.h"
#include "storage/ledger/mem_ledger.h"
#include "storage/rocks/rocks_ledger.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::node {
namespace {

namespace toy = kernel::toy;
using ch8::testing::IsOk;
using ch8::testing::StatusIs;
using ch8::testing::TempDir;
using chapter8::books::v1::PostTransfersResponse;
using kernel::Outcome;
using kernel::ReasonOf;

enum class Kind { kMem, kRocks };

// A node on a ledger of either kind, and what a restart of it finds.
class SequencerTest : public ::testing::TestWithParam<Kind> {
 protected:
  SequencerTest() {
    std::filesystem::create_directory(state_);
    if (GetParam() == Kind::kMem) {
      ledger_ = *MemLedger::Create(toy::ToyGenesis());
    } else {
      ledger_ = *RocksLedger::Create(Rocks(), toy::ToyGenesis());
    }
    Start();
  }

  void Start() { node_.emplace(NodeOptions()); }
  ToyNode::Options NodeOptions() {
    return {.ledger = ledger_.get(), .state_directory = state_, .id_window_limit = ids_in_memory_};
  }
  // Ends the node, then opens its ledger as a new process would.
  void Restart() {
    node_.reset();
    if (GetParam() == Kind::kMem) {
      ledger_ = *static_cast<MemLedger&>(*ledger_).CrashCopy();
    } else {
      ledger_.reset();
      ledger_ = *RocksLedger::Open(Rocks());
    }
    Start();
  }
  Sequencer& sequencer() { return node_->sequencer(); }
  RocksLedgerOptions Rocks() { return {.path = directory_ / "db", .memtable_bytes = 8u << 20}; }

  const TempDir directory_;
  const std::string state_ = directory_ / "state";
  size_t ids_in_memory_ = books::IdWindow::kLimitDefault;
  std::unique_ptr<Ledger> ledger_;
  std::optional<ToyNode> node_;
};

INSTANTIATE_TEST_SUITE_P(All, SequencerTest, ::testing::Values(Kind::kMem, Kind::kRocks),
                         [](const auto& test) {
                           return test.param == Kind::kMem ? "Mem" : "Rocks";
                         });

// Some threads, each with everything there is; every answer looks at the disk when it arrives.
TEST_P(SequencerTest, AnswersManyThreadsAndOnlyWhatIsDurable) {
  constexpr int kThreads = 4;
  constexpr int kRounds = 40;
  constexpr uint32_t kRows = 25;
  constexpr uint32_t kAccounts = 10;
  ASSERT_THAT(Call(sequencer(), OpenAccounts(kAccounts, "open")).status, IsOk());
  std::atomic<int> answers{0};
  std::atomic<int> applied{0};
  const auto check = [&](const Outcome& outcome) {
    EXPECT_THAT(outcome.status, IsOk());
    if (!outcome.receipt.origin().empty()) {
      EXPECT_LT(outcome.receipt.index(), ledger_->durable_size());
    }
    ++answers;
  };
  const auto work = [&](int thread) {
    for (int round = 0; round < kRounds; ++round) {
      const uint64_t number = static_cast<uint64_t>(thread * kRounds + round);
      sequencer().Submit(CreatePost(absl::StrCat("p", number), absl::StrCat("post-", number)),
                         check);
      sequencer().Submit(PostTransfers({.number = number, .rows = kRows, .accounts = kAccounts}),
                         [&](const Outcome& outcome) {
                           PostTransfersResponse response;
                           EXPECT_TRUE(response.ParseFromString(outcome.reply));
                           EXPECT_LT(response.first_index() + response.applied(),
                                     ledger_->durable_size());
                           applied += static_cast<int>(response.applied());
                           check(outcome);
                         });
      sequencer().Submit(GetBalance(1), check);
      chapter8::directory::v1::ListPostsRequest list;
      sequencer().Submit(toy::UnsignedCommand("bob", toy::kListPosts, list), check);
    }
  };
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) threads.emplace_back(work, thread);
  for (std::thread& thread : threads) thread.join();

  Restart();

  EXPECT_EQ(answers.load(), 4 * kThreads * kRounds);
  EXPECT_EQ(applied.load(), kThreads * kRounds * static_cast<int>(kRows));
  // 2 for the accounts; of each round 2 for the post and 1 above the rows.
  EXPECT_EQ(ledger_->durable_size(), 7u + 2 + kThreads * kRounds * (2 + 1 + kRows));
  EXPECT_EQ(node_->stopped_count(), 0);
}

TEST_P(SequencerTest, ACleanStopLeavesPagesThatSayAll) {
  Call(sequencer(), OpenAccounts(200, "open"));
  for (uint64_t number = 0; number < 20; ++number) {
    Call(sequencer(), PostTransfers({.number = number, .rows = 300, .accounts = 200}));
  }
  Restart();
  chapter8::books::v1::Balance balance;
  ASSERT_TRUE(balance.ParseFromString(Call(sequencer(), GetBalance(1)).reply));
  EXPECT_EQ(balance.debits_posted(), 40u);

  // The same books as from the log alone, and as from the pages alone.
  const books::LedgerIds ids(*ledger_);
  books::RecoverySource log_alone = books::RecoverySourceOf(*ledger_);
  log_alone.read_pages = [](const auto&) { return absl::OkStatus(); };
  log_alone.ingest_ids = nullptr;
  const auto rebuilt = books::Recover(log_alone, ids, {});
  ASSERT_THAT(rebuilt, IsOk());
  EXPECT_EQ(rebuilt->replayed_from, 0u);
  EXPECT_EQ(rebuilt->books->StateDigest(), node_->start_digest());

  books::RecoverySource pages_alone = books::RecoverySourceOf(*ledger_);
  pages_alone.ids_through_size = pages_alone.size;  // Ids are in no page.
  const auto loaded = books::Recover(pages_alone, ids, {});
  ASSERT_THAT(loaded, IsOk());
  EXPECT_EQ(loaded->replayed_from, ledger_->durable_size());
  EXPECT_EQ(loaded->books->StateDigest(), node_->start_digest());
}

TEST_P(SequencerTest, RetriesGetTheirFirstAnswerAcrossARestart) {
  Call(sequencer(), OpenAccounts(2, "open"));
  const kernel::Command batch = PostTransfers({.number = 1, .rows = 3, .accounts = 2});
  const Outcome first = Call(sequencer(), batch);
  const auto expect_the_same = [&] {
    const Outcome again = Call(sequencer(), batch);
    EXPECT_THAT(again.status, IsOk());
    EXPECT_EQ(again.reply, first.reply);
    EXPECT_EQ(again.receipt.SerializeAsString(), first.receipt.SerializeAsString());
  };
  expect_the_same();
  Restart();
  expect_the_same();

  // The same ids under another request id are known too.
  chapter8::books::v1::PostTransfersRequest request;
  ASSERT_TRUE(request.ParseFromString(batch.request));
  request.set_request_id("another");
  PostTransfersResponse response;
  response.ParseFromString(
      Call(sequencer(), toy::UnsignedCommand("bob", toy::kPostTransfers, request)).reply);
  EXPECT_EQ(response.applied(), 0u);
  ASSERT_EQ(response.refused_size(), 3);
  EXPECT_EQ(response.refused(0).result(), PostTransfersResponse::ID_EXISTS);
}

// Ids leave memory in runs; none is forgotten on the way.
TEST_P(SequencerTest, IdsStayKnownWhenTheyLeaveMemory) {
  ids_in_memory_ = 500;
  Restart();
  Call(sequencer(), OpenAccounts(2, "open"));
  for (uint64_t number = 0; number < 30; ++number) {
    Call(sequencer(), PostTransfers({.number = number, .rows = 100, .accounts = 2}));
  }
  for (int restart = 0; restart < 2; ++restart) {
    for (uint64_t number = 0; number < 30; ++number) {
      chapter8::books::v1::PostTransfersRequest request;
      request.ParseFromString(
          PostTransfers({.number = number, .rows = 100, .accounts = 2}).request);
      request.set_request_id(absl::StrCat("again-", restart, "-", number));
      PostTransfersResponse response;
      response.ParseFromString(
          Call(sequencer(), toy::UnsignedCommand("bob", toy::kPostTransfers, request)).reply);
      EXPECT_EQ(response.applied(), 0u) << number;
    }
    Restart();
  }
  EXPECT_GT(ledger_->indexed_size(SearchIndex::kIds), 0u);
}

TEST_P(SequencerTest, WakesThoseWhoWaitForGrowth) {
  const uint64_t size = ledger_->durable_size();
  EXPECT_EQ(sequencer().WaitForGrowth(size, absl::Milliseconds(1)), size);
  EXPECT_EQ(sequencer().WaitForGrowth(size - 1, absl::Hours(1)), size);

  uint64_t grown = 0;
  std::thread waiter([&] { grown = sequencer().WaitForGrowth(size, absl::Hours(1)); });
  Call(sequencer(), CreatePost("supply", "r1"));
  waiter.join();
  EXPECT_GT(grown, size);
}

TEST_P(SequencerTest, TakesDeliveriesOfAnySize) {
  constexpr uint64_t kEntries = 700;
  std::vector<kernel::InboundEntry> inbound(kEntries);
  for (uint64_t i = 0; i < kEntries; ++i) {
    chapter8::directory::v1::DirectoryEvent event;
    event.mutable_post_recorded()->set_name(absl::StrCat("posts/p", i));
    event.mutable_post_recorded()->set_title(std::string(10'000, 'x'));
    inbound[i].delivered.origin = "au.example/ch8/toy";
    inbound[i].delivered.index = i;
    inbound[i].delivered.entry.set_domain_event(event.SerializeAsString());
    inbound[i].number = i + 1;
    inbound[i].peer_row = {Table::kPeer, "head/au", KeyU64(i)};
  }
  const uint64_t before = ledger_->durable_size();
  Answers answers;
  sequencer().SubmitInbound(inbound, answers.Expect());
  sequencer().SubmitInbound(inbound, answers.Expect());

  for (const Outcome& outcome : answers.WaitForAll()) EXPECT_THAT(outcome.status, IsOk());

  EXPECT_EQ(ledger_->durable_size(), before + 2 * kEntries);
}

TEST_P(SequencerTest, RefusesWhatHasNoForm) {
  const auto reason = [&](kernel::Command command) {
    const Outcome outcome = Call(sequencer(), std::move(command));
    EXPECT_FALSE(outcome.status.ok());
    return ReasonOf(outcome.status);
  };
  const uint64_t size = ledger_->durable_size();
  EXPECT_EQ(reason(CreatePost("a", "")), "NO_REQUEST_ID");
  EXPECT_EQ(reason(CreatePost("a", std::string(64, 'r'))), "BAD_REQUEST_ID");
  EXPECT_EQ(reason(CreatePost("a", "../r")), "BAD_REQUEST_ID");
  EXPECT_EQ(reason(CreatePost("a", "r\n")), "BAD_REQUEST_ID");
  kernel::Command command = CreatePost("a", "r");
  command.request += "\xba\x3e\x01x";
  EXPECT_EQ(reason(command), "UNKNOWN_FIELD");
  command.request = "\xff";
  EXPECT_EQ(reason(command), "MALFORMED_REQUEST");
  kernel::Command batch = PostTransfers({.number = 1});
  batch.request += "\xff";
  EXPECT_EQ(reason(batch), "MALFORMED_REQUEST");
  batch.request = "";
  EXPECT_EQ(reason(batch), "MALFORMED_REQUEST");
  command.method = "/no.such.Service/Method";
  EXPECT_THAT(Call(sequencer(), command).status, StatusIs(absl::StatusCode::kUnimplemented));
  EXPECT_EQ(ledger_->durable_size(), size);
}

chapter8::ledger::v1::Head HeadOf(Sequencer& sequencer) {
  chapter8::ledger::v1::GetHeadRequest request;
  request.set_origin(std::string(toy::kOrigin));
  chapter8::ledger::v1::Head head;
  const Outcome outcome = Call(
      sequencer,
      toy::UnsignedCommand("bob", "/chapter8.ledger.v1.AdministrationService/GetHead", request));
  EXPECT_THAT(outcome.status, IsOk());
  EXPECT_TRUE(head.ParseFromString(outcome.reply));
  return head;
}

kernel::Command WaivesHead(absl::string_view officer, absl::string_view request_id) {
  chapter8::ledger::v1::WaiveHeadRequest request;
  request.set_origin(std::string(toy::kOrigin));
  request.set_request_id(std::string(request_id));
  return toy::SignedCommand(officer, "/chapter8.ledger.v1.AdministrationService/WaiveHead", request,
                            absl::Now() + absl::Hours(1));
}

TEST_P(SequencerTest, AfterAnotherBootNothingIsSignedUntilTwoAdministratorsVouch) {
  Call(sequencer(), CreatePost("supply", "r1"));
  EXPECT_NE(HeadOf(sequencer()).note(), "");
  EXPECT_EQ(ReasonOf(Call(sequencer(), WaivesHead("ada", "w0")).status), "ALREADY_VOUCHED");
  node_.reset();
  ToyNode::Options options = NodeOptions();
  options.boot_id = "another boot";
  node_.emplace(options);

  EXPECT_NE(HeadOf(sequencer()).not_signed_because(), "");
  EXPECT_EQ(ReasonOf(Call(sequencer(), CreatePost("a", "r2", "step")).status), "HEAD_NOT_VOUCHED");
  const kernel::Command first = WaivesHead("ada", "w1");
  EXPECT_THAT(Call(sequencer(), first).status, IsOk());
  EXPECT_THAT(Call(sequencer(), first).status, IsOk()) << "the same act, and its kept answer";
  EXPECT_EQ(ReasonOf(Call(sequencer(), WaivesHead("ada", "w2")).status), "SAME_PERSON");
  EXPECT_NE(HeadOf(sequencer()).not_signed_because(), "");
  const Outcome waived = Call(sequencer(), WaivesHead("grace", "w3"));
  EXPECT_THAT(waived.status, IsOk());
  const chapter8::ledger::v1::Head head = HeadOf(sequencer());
  EXPECT_NE(head.note(), "");
  EXPECT_GT(head.size(), waived.receipt.index());
  EXPECT_EQ(head.root(), ledger_->RootAt(head.size())->view());
  EXPECT_THAT(Call(sequencer(), CreatePost("a", "r2", "step")).status, IsOk());
}

}  // namespace
}  // namespace ch8::node
