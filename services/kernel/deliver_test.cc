#include <gmock/gmock.h>

#include <random>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "services/kernel/authority.h"
#include "services/kernel/entry_form.h"
#include "services/kernel/execute.h"
#include "services/kernel/refusal.h"
#include "services/kernel/toy_ledger.h"
#include "storage/base/bytes.h"
#include "tests/support/status_matchers.h"

namespace ch8::kernel {
namespace {

using ch8::testing::IsOk;
using ch8::testing::StatusIs;
using chapter8::directory::v1::CreatePostRequest;
using chapter8::directory::v1::DirectoryEvent;
using chapter8::directory::v1::Post;
using chapter8::ledger::v1::Delivery;

constexpr absl::string_view kPeerOrigin = "au.example/ch8/toy";

// Entry `number` of another ledger, addressed to us, that records a post.
InboundEntry Inbound(absl::string_view origin, uint64_t number, absl::string_view id,
                     absl::string_view title) {
  DirectoryEvent event;
  event.mutable_post_recorded()->set_name(absl::StrCat("posts/", id));
  event.mutable_post_recorded()->set_title(std::string(title));
  InboundEntry inbound;
  inbound.delivered.origin = std::string(origin);
  inbound.delivered.index = number * 10;
  inbound.delivered.leaf_hash = Sha256(absl::StrCat(origin, number));
  inbound.delivered.entry.set_domain_event(event.SerializeAsString());
  inbound.number = number;
  inbound.checkpoint_size = number * 10 + 1;
  inbound.peer_row = {Table::kPeer, absl::StrCat("head/", origin), KeyU64(number * 10 + 1)};
  return inbound;
}

InboundEntry InboundStep(uint64_t number) {
  InboundEntry inbound = Inbound(kPeerOrigin, number, "", "");
  auto* step = inbound.delivered.entry.mutable_step();
  step->set_transfer_id(std::string(16, 'i'));
  step->mutable_reserve()->set_quantity(1);
  return inbound;
}

class DeliverTest : public ::testing::Test {
 protected:
  bool HasPost(absl::string_view id) {
    return ledger_.Rows(Table::kRows).count(absl::StrCat("posts/", id)) > 0;
  }
  size_t ParkedCount() {
    size_t count = 0;
    for (const auto& [key, value] : ledger_.Rows(Table::kPeer)) {
      if (key.compare(0, kParkedPrefix.size(), kParkedPrefix.data(), kParkedPrefix.size()) == 0) {
        ++count;
      }
    }
    return count;
  }
  Delivery LastDelivery() {
    const auto entries = ledger_.Entries();
    for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
      if (entry->request().has_delivery()) return entry->request().delivery();
    }
    return Delivery();
  }

  toy::ToyLedger ledger_;
};

TEST_F(DeliverTest, LogsVerdictAndEventsAndMovesTheCursor) {
  const uint64_t before = ledger_.size();

  EXPECT_THAT(ledger_.Deliver(Inbound(kPeerOrigin, 1, "liaison", "a post")).status, IsOk());

  EXPECT_TRUE(HasPost("liaison"));
  ASSERT_EQ(ledger_.size(), before + 2);
  const auto request = ledger_.Entries()[before].request();
  EXPECT_EQ(request.method(), "/internal/Deliver");
  EXPECT_EQ(request.delivery().origin(), kPeerOrigin);
  EXPECT_EQ(request.delivery().index(), 10u);
  EXPECT_EQ(request.delivery().number(), 1u);
  EXPECT_EQ(request.delivery().checkpoint_size(), 11u);
  EXPECT_EQ(request.delivery().verdict(), Delivery::ACCEPT);
  EXPECT_EQ(ledger_.Rows(Table::kPeer).at(absl::StrCat("head/", kPeerOrigin)), KeyU64(11));
}

TEST_F(DeliverTest, ADuplicateChangesNothingAndAGapIsRefused) {
  ledger_.Deliver(Inbound(kPeerOrigin, 1, "one", "a post"));
  ledger_.Deliver(Inbound(kPeerOrigin, 2, "two", "a post"));
  ledger_.Reopen();
  const uint64_t size = ledger_.size();

  EXPECT_THAT(ledger_.Deliver(Inbound(kPeerOrigin, 1, "other", "a post")).status, IsOk());
  EXPECT_THAT(ledger_.Deliver(Inbound(kPeerOrigin, 2, "other", "a post")).status, IsOk());
  const Outcome gap = ledger_.Deliver(Inbound(kPeerOrigin, 4, "four", "a post"));
  EXPECT_THAT(gap.status, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(ReasonOf(gap.status), "CURSOR_GAP");
  EXPECT_EQ(ledger_.size(), size);

  EXPECT_THAT(ledger_.Deliver(Inbound(kPeerOrigin, 3, "three", "a post")).status, IsOk());
  EXPECT_THAT(ledger_.Deliver(Inbound("ecowas.example/ch8/toy", 1, "e", "a post")).status, IsOk())
      << "each origin has its own cursor";
}

TEST_F(DeliverTest, RefusesWhatItsBytesCondemn) {
  InboundEntry inbound = Inbound(kPeerOrigin, 1, "one", "a post");
  inbound.delivered.entry.set_domain_event("\xff\xff");
  const uint64_t before = ledger_.size();
  EXPECT_THAT(ledger_.Deliver(inbound).status, IsOk());
  EXPECT_EQ(ledger_.size(), before + 1);
  EXPECT_EQ(LastDelivery().verdict(), Delivery::REFUSE);
  EXPECT_EQ(LastDelivery().reason(), "NOT_A_POST");
}

TEST_F(DeliverTest, ADeferredEntryIsParkedAndTakenWhenWhatItNeedsHasCome) {
  ledger_.Deliver(Inbound(kPeerOrigin, 1, "second", "needs posts/first"));
  EXPECT_EQ(LastDelivery().verdict(), Delivery::DEFER);
  EXPECT_EQ(LastDelivery().reason(), "NEEDS_POST");
  EXPECT_EQ(ParkedCount(), 1u);
  ledger_.RunDue();
  EXPECT_EQ(ParkedCount(), 1u);
  EXPECT_FALSE(HasPost("second"));

  // Later entries of the same ledger are not held up by it.
  ledger_.Deliver(Inbound(kPeerOrigin, 2, "third", "needs posts/second"));
  ledger_.Reopen();
  EXPECT_EQ(ledger_.RunDue(), 0);
  ledger_.Deliver(Inbound(kPeerOrigin, 3, "first", "a post"));

  while (ledger_.RunDue() > 0) continue;
  EXPECT_TRUE(HasPost("second"));
  EXPECT_TRUE(HasPost("third"));
  EXPECT_EQ(ParkedCount(), 0u);
  EXPECT_EQ(LastDelivery().verdict(), Delivery::ACCEPT);
  EXPECT_EQ(ledger_.RunDue(), 0);
}

TEST_F(DeliverTest, FactsOfTheOwnDirectoryAreTakenByTheKernel) {
  InboundEntry inbound = Inbound(toy::kDirectoryOrigin, 1, "logistics", "needs posts/nothing");
  EXPECT_THAT(ledger_.Deliver(inbound).status, IsOk());
  EXPECT_TRUE(HasPost("logistics"));
  EXPECT_EQ(ledger_.Entries().back().fact(), inbound.delivered.entry.domain_event());

  inbound = Inbound(toy::kDirectoryOrigin, 2, "", "");
  inbound.delivered.entry.set_fact("of another's");
  ledger_.Deliver(inbound);
  EXPECT_EQ(LastDelivery().verdict(), Delivery::REFUSE);
  EXPECT_EQ(LastDelivery().reason(), "NOT_A_FACT");
}

// Nobody else's directory is believed, whatever its entries are called.
TEST_F(DeliverTest, FactsOfAnotherDirectoryAreTheMachinesToJudge) {
  ledger_.Deliver(Inbound("au.example/ch8/directory", 1, "x", "needs posts/nothing"));
  EXPECT_EQ(LastDelivery().verdict(), Delivery::DEFER);
}

TEST_F(DeliverTest, StepsWaitUntilTheHeadIsVouchedFor) {
  ledger_.executor().SetHead(Executor::Head::kUnvouched);
  ledger_.Deliver(InboundStep(1));
  EXPECT_EQ(LastDelivery().verdict(), Delivery::DEFER);
  EXPECT_EQ(LastDelivery().reason(), "HEAD_NOT_VOUCHED");
  ledger_.RunDue();
  ledger_.RunDue();
  EXPECT_EQ(ParkedCount(), 1u);

  ledger_.executor().SetHead(Executor::Head::kVouched);
  EXPECT_EQ(ledger_.RunDue(), 2);
  EXPECT_EQ(ParkedCount(), 0u);
  EXPECT_TRUE(ledger_.Entries().back().has_step());
}

TEST_F(DeliverTest, ParkedEntriesKeepTheirForm) {
  const InboundEntry inbound = Inbound(kPeerOrigin, 7, "one", "a post");
  const auto parsed = ParseParked(FormatParked(inbound));
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->delivered.origin, inbound.delivered.origin);
  EXPECT_EQ(parsed->delivered.index, inbound.delivered.index);
  EXPECT_EQ(parsed->delivered.leaf_hash, inbound.delivered.leaf_hash);
  EXPECT_EQ(parsed->number, 7u);
  EXPECT_EQ(parsed->checkpoint_size, 71u);
  EXPECT_EQ(parsed->delivered.entry.SerializeAsString(),
            inbound.delivered.entry.SerializeAsString());
  EXPECT_FALSE(ParseParked("\xff").has_value());
  EXPECT_FALSE(ParseParked("").has_value());
  EXPECT_LT(ParkedKey(kPeerOrigin, 255), ParkedKey(kPeerOrigin, 256));
}

// Everything at random, in groups of random size, with restarts: the log alone gives the same rows.
TEST_F(DeliverTest, ReplayGivesEqualRows) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  const auto id = [&] { return absl::StrCat("p", random() % 40); };
  uint64_t delivered[2] = {0, 0};
  int requests = 0;
  const auto act = [&](Executor& executor) {
    const uint32_t what = random() % 8;
    if (what < 5) {
      CreatePostRequest request;
      request.set_post_id(id());
      const char* const titles[] = {"a post", "hold", "step"};
      request.mutable_resource()->set_title(titles[random() % 3]);
      request.set_request_id(absl::StrCat("r", ++requests));
      executor.Execute(
          toy::SignedCommand("ada", toy::kCreatePost, request, ledger_.now + absl::Hours(1)));
    } else {
      const bool fact = what == 7;
      const std::string title = random() % 2 == 0 ? "a post" : absl::StrCat("needs posts/", id());
      executor.Deliver(
          Inbound(fact ? toy::kDirectoryOrigin : kPeerOrigin, ++delivered[fact], id(), title));
    }
  };
  for (int group = 0; group < 60; ++group) {
    ledger_.now += absl::Seconds(random() % 20);
    ledger_.Group([&](Executor& executor) {
      for (uint32_t left = random() % 6; left > 0; --left) act(executor);
      executor.RunDue();
    });
    if (random() % 10 == 0) ledger_.Reopen();
  }
  EXPECT_GT(ledger_.size(), 100u);
  EXPECT_EQ(ledger_.ReplayedRows(), ledger_.Rows(Table::kRows));
}

TEST_F(DeliverTest, AWitnessedHeadThatFitsIntoNoEntryIsRefusedAndStopsNothing) {
  chapter8::ledger::v1::WitnessedHead head;
  head.set_origin(std::string(kPeerOrigin));
  head.set_size(7);
  head.set_witness("ecowas.example");
  const auto take = [&] {
    absl::Status status;
    ledger_.Group([&](Executor& executor) { status = executor.TakeWitnessed({head}).status; });
    return status;
  };
  const uint64_t before = ledger_.size();
  head.set_note(std::string(40'000, 'x'));
  EXPECT_THAT(take(), StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(ledger_.size(), before);
  head.set_note("note");
  EXPECT_THAT(take(), IsOk());
  EXPECT_EQ(ledger_.size(), before + 2);
  EXPECT_THAT(take(), IsOk()) << "known already";
  EXPECT_EQ(ledger_.size(), before + 2);
}

}  // namespace
}  // namespace ch8::kernel
