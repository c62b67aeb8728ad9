#include "services/federation/core/peer_log.h"

#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "google/protobuf/stubs/logging.h"
#include "services/federation/core/federation_test_fixture.h"
#include "services/federation/core/pull.h"
#include "services/kernel/refusal.h"
#include "storage/base/limits.h"
#include "storage/merkle/checkpoint.h"
#include "tests/support/status_matchers.h"

namespace ch8::federation {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using chapter8::federation::v1::Equivocation;
using chapter8::federation::v1::PeerState;
using chapter8::federation::v1::ProvenEntry;
using chapter8::federation::v1::PullRequest;
using chapter8::federation::v1::PullResponse;

constexpr char kOrigin[] = "un.example/ch8/finance";
const absl::Time kNow = absl::FromUnixSeconds(1'772'409'700);

// The AU reads the UN's finance ledger.
class PeerLogTest : public ::testing::Test {
 protected:
  PeerLogTest() { state_ = PeerStateFrom(kOrigin, std::nullopt).value(); }

  PeerLog Peer() const {
    return {.origin = kOrigin, .keys = {un_.key.public_key()}, .trust_domain = kAu};
  }
  PullRequest Request(uint32_t entries_max = 0) const {
    PullRequest request = NextPull(state_);
    request.set_entries_max(entries_max);
    return request;
  }
  absl::StatusOr<VerifiedPage> Verify(const PullResponse& response) const {
    return VerifyPull(Peer(), state_, Request(), response, kNow);
  }
  std::string Reason(const PullResponse& response) const {
    const auto page = Verify(response);
    return page.ok() ? "" : kernel::ReasonOf(page.status());
  }
  // Takes everything there is.
  void TakeAll() {
    const auto page = Verify(un_.Pull(Request(), kAu));
    ASSERT_THAT(page, IsOk());
    state_ = page->state;
  }

  TestLog un_{kOrigin};
  PeerState state_;
};

TEST_F(PeerLogTest, HonestPagesOfEverySizeVerifyFromEveryStart) {
  constexpr int kEntries = 23;
  for (int i = 0; i < kEntries; ++i) {
    un_.Append({.recipient = kAu, .text = absl::StrCat("event ", i)});
    if (i % 4 == 1) un_.Append({.recipient = "", .text = "internal"});
    if (i % 5 == 2) un_.Append({.recipient = "ecowas.example", .text = "other"});
  }
  for (uint32_t page_size = 1; page_size <= kEntries + 1; ++page_size) {
    state_ = PeerStateFrom(kOrigin, std::nullopt).value();
    int taken = 0;
    while (taken < kEntries) {
      const PullRequest request = Request(page_size);
      const auto page = VerifyPull(Peer(), state_, request, un_.Pull(request, kAu), kNow);
      ASSERT_THAT(page, IsOk()) << page_size << " after " << taken;
      ASSERT_FALSE(page->entries.empty());
      for (const kernel::InboundEntry& inbound : page->entries) {
        EXPECT_EQ(inbound.delivered.entry.domain_event(), absl::StrCat("event ", taken));
        EXPECT_EQ(inbound.number, static_cast<uint64_t>(++taken));
        EXPECT_EQ(inbound.delivered.origin, kOrigin);
        EXPECT_EQ(inbound.checkpoint_size, un_.ledger().durable_size());
      }
      state_ = page->state;
    }
    EXPECT_EQ(taken, kEntries);
  }
}

TEST_F(PeerLogTest, ReadingGoesOnFromTheRowOfAnyEntry) {
  for (int i = 0; i < 6; ++i) un_.Append({.recipient = kAu, .text = absl::StrCat(i)});
  const auto page = Verify(un_.Pull(Request(), kAu));
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->entries.size(), 6U);
  un_.Append({.recipient = kAu, .text = "6"});
  for (const kernel::InboundEntry& inbound : page->entries) {
    EXPECT_EQ(inbound.peer_row.table, Table::kPeer);
    EXPECT_EQ(inbound.peer_row.key, "peer/un.example/ch8/finance");
    state_ = PeerStateFrom(kOrigin, inbound.peer_row.value).value();
    EXPECT_EQ(state_.last_number(), inbound.number);
    const auto rest = Verify(un_.Pull(Request(), kAu));
    ASSERT_THAT(rest, IsOk());
    EXPECT_EQ(rest->entries.size(), 7 - inbound.number);
  }
}

TEST_F(PeerLogTest, AGrowingLogIsFollowedThroughEverySize) {
  for (int i = 0; i < 40; ++i) {
    if (i % 3 != 0) un_.Append({.recipient = i % 2 == 0 ? kAu : "", .text = "x"});
    const uint64_t size_before = state_.verified_size();
    const auto page = Verify(un_.Pull(Request(), kAu));
    ASSERT_THAT(page, IsOk()) << i;
    EXPECT_EQ(page->grown, un_.ledger().durable_size() > size_before);
    state_ = page->state;
    EXPECT_EQ(state_.verified_size(), un_.ledger().durable_size());
  }
}

TEST_F(PeerLogTest, AStepOfATransferVerifiesWithItsTag) {
  un_.Append({.recipient = kAu, .step = ReserveStep()});
  const auto page = Verify(un_.Pull(Request(), kAu));
  ASSERT_THAT(page, IsOk());
  EXPECT_TRUE(page->entries[0].delivered.entry.step().has_reserve());
}

TEST_F(PeerLogTest, TheIdIsLearntFromTheGenesisOnceAndHeldTo) {
  TakeAll();
  EXPECT_EQ(state_.log_id(), un_.ledger().log_id().view());
  un_.Append({.recipient = kAu});
  state_.set_log_id(std::string(32, 'x'));
  EXPECT_EQ(Reason(un_.Pull(Request(), kAu)), "NOT_INCLUDED");
  state_.set_log_id("short");
  EXPECT_EQ(Reason(un_.Pull(Request(), kAu)), "STATE_BROKEN");
}

// --- Lies told on the way: the answer of an honest log, altered. ---

struct Alteration {
  const char* what;
  const char* reason;
  std::function<void(PullResponse&)> alter;
};

void Flip(std::string& bytes, size_t at = 0) { bytes[at] ^= 1; }

const Alteration kAlterations[] = {
    {"no note", "NOTE_MALFORMED", [](auto& r) { r.clear_checkpoint_note(); }},
    {"root", "NOT_SIGNED",
     [](auto& r) {
       const size_t line = r.checkpoint_note().find('\n', r.checkpoint_note().find('\n') + 1) + 1;
       char& letter = (*r.mutable_checkpoint_note())[line];
       letter = letter == 'A' ? 'B' : 'A';
     }},
    {"origin", "OTHER_ORIGIN",
     [](auto& r) {
       r.set_checkpoint_note(absl::StrReplaceAll(r.checkpoint_note(), {{"finance", "logistix"}}));
     }},
    {"consistency proof flipped", "NOT_CONSISTENT",
     [](auto& r) { Flip(*r.mutable_consistency_proof(0)); }},
    {"consistency proof cut", "NOT_CONSISTENT",
     [](auto& r) { r.mutable_consistency_proof()->RemoveLast(); }},
    {"consistency proof longer", "NOT_CONSISTENT",
     [](auto& r) { r.add_consistency_proof(std::string(32, 0)); }},
    {"consistency node short", "NOT_CONSISTENT",
     [](auto& r) { r.mutable_consistency_proof(0)->pop_back(); }},
    {"payload", "NOT_INCLUDED", [](auto& r) { Flip(*r.mutable_entries(1)->mutable_payload(), 2); }},
    {"salt", "NOT_INCLUDED", [](auto& r) { Flip(*r.mutable_entries(1)->mutable_salt()); }},
    {"tag", "NOT_INCLUDED", [](auto& r) { Flip(*r.mutable_entries(1)->mutable_tag()); }},
    {"class", "NOT_INCLUDED", [](auto& r) { r.mutable_entries(1)->set_entry_class(3); }},
    {"index", "NOT_INCLUDED", [](auto& r) { r.mutable_entries(1)->set_index(0); }},
    {"index beyond", "NOT_INCLUDED", [](auto& r) { r.mutable_entries(1)->set_index(1 << 30); }},
    {"inclusion proof", "NOT_INCLUDED",
     [](auto& r) { Flip(*r.mutable_entries(1)->mutable_inclusion_proof(0)); }},
    {"inclusion proof cut", "NOT_INCLUDED",
     [](auto& r) { r.mutable_entries(1)->mutable_inclusion_proof()->RemoveLast(); }},
    {"inclusion node long", "MALFORMED_ENTRY",
     [](auto& r) { r.mutable_entries(1)->mutable_inclusion_proof(0)->push_back('x'); }},
    {"inclusion proof endless", "MALFORMED_ENTRY",
     [](auto& r) {
       while (r.entries(1).inclusion_proof_size() < 65) {
         r.mutable_entries(1)->add_inclusion_proof(std::string(32, 0));
       }
     }},
    {"tag short", "MALFORMED_ENTRY",
     [](auto& r) { r.mutable_entries(1)->mutable_tag()->pop_back(); }},
    {"salt long", "MALFORMED_ENTRY",
     [](auto& r) { r.mutable_entries(1)->mutable_salt()->push_back(0); }},
    {"class wide", "MALFORMED_ENTRY",
     [](auto& r) { r.mutable_entries(1)->set_entry_class(0x10002); }},
    {"oversize", "OVERSIZE_PAYLOAD",
     [](auto& r) { r.mutable_entries(1)->set_payload(std::string(kPayloadSizeMax + 1, 'x')); }},
    {"dropped", "HOLE", [](auto& r) { r.mutable_entries()->DeleteSubrange(1, 1); }},
    {"first dropped", "HOLE", [](auto& r) { r.mutable_entries()->DeleteSubrange(0, 1); }},
    {"all withheld", "HOLE", [](auto& r) { r.clear_entries(); }},
    {"reordered", "HOLE", [](auto& r) { r.mutable_entries()->SwapElements(0, 1); }},
    {"twice", "REPLAYED",
     [](auto& r) {
       const ProvenEntry last = r.entries(r.entries_size() - 1);
       *r.mutable_entries(r.entries_size() - 1) = r.entries(r.entries_size() - 2);
     }},
    {"newest lower than given", "NEWEST_BEHIND", [](auto& r) { r.set_newest_number(2); }},
    {"more than asked for", "TOO_MANY_ENTRIES",
     [](auto& r) {
       while (r.entries_size() <= 256) *r.add_entries() = r.entries(0);
     }},
};

TEST_F(PeerLogTest, EveryAlterationOnTheWayIsRefusedWithItsReason) {
  for (int i = 0; i < 3; ++i) un_.Append({.recipient = kAu, .text = absl::StrCat("old ", i)});
  TakeAll();
  un_.Append({.recipient = "", .text = "internal"});
  for (int i = 0; i < 4; ++i) un_.Append({.recipient = kAu, .text = absl::StrCat("new ", i)});
  const PullResponse honest = un_.Pull(Request(), kAu);
  ASSERT_EQ(Reason(honest), "");
  ASSERT_EQ(honest.entries_size(), 4);
  for (const Alteration& row : kAlterations) {
    PullResponse altered = honest;
    row.alter(altered);
    EXPECT_EQ(Reason(altered), row.reason) << row.what;
  }
}

TEST_F(PeerLogTest, ARefusedEntryIsNamed) {
  un_.Append({.recipient = ""});
  const uint64_t index = un_.Append({.recipient = kAu});
  PullResponse altered = un_.Pull(Request(), kAu);
  Flip(*altered.mutable_entries(0)->mutable_payload());
  const absl::Status status = Verify(altered).status();
  EXPECT_EQ(kernel::ErrorInfoOf(status).metadata().at("index"), absl::StrCat(index));
  EXPECT_EQ(kernel::ErrorInfoOf(status).metadata().at("origin"), kOrigin);
  EXPECT_EQ(kernel::ErrorInfoOf(status).domain(), "federation.chapter8");
}

TEST_F(PeerLogTest, NoFlippedBitOfAPageIsTaken) {
  un_.Append({.recipient = kAu, .step = ReserveStep()});
  un_.Append({.recipient = kAu, .text = "x"});
  const PullResponse honest = un_.Pull(Request(), kAu);
  const auto truth = Verify(honest);
  ASSERT_THAT(truth, IsOk());
  const std::string bytes = honest.SerializeAsString();
  const google::protobuf::LogSilencer quiet;
  int refused = 0;
  for (size_t i = 0; i < bytes.size(); ++i) {
    std::string damaged = bytes;
    damaged[i] = static_cast<char>(damaged[i] ^ (1 << (i % 8)));
    PullResponse response;
    if (!response.ParseFromString(damaged)) continue;
    const auto page = Verify(response);
    if (!page.ok()) {
      ++refused;
      continue;
    }
    // What is taken is the truth or less of it: only unproven words on the side were touched.
    ASSERT_LE(page->entries.size(), truth->entries.size()) << i;
    for (size_t e = 0; e < page->entries.size(); ++e) {
      EXPECT_EQ(page->entries[e].delivered.entry.SerializeAsString(),
                truth->entries[e].delivered.entry.SerializeAsString());
      EXPECT_EQ(page->entries[e].delivered.leaf_hash, truth->entries[e].delivered.leaf_hash);
    }
    EXPECT_EQ(page->state.verified_root(), truth->state.verified_root());
  }
  EXPECT_GT(refused, 500);
}

// --- First contact. ---

TEST_F(PeerLogTest, AtFirstContactTheGenesisIsProvenToo) {
  un_.Append({.recipient = kAu});
  const PullResponse honest = un_.Pull(Request(), kAu);
  const Alteration rows[] = {
      {"missing", "NO_GENESIS", [](auto& r) { r.clear_genesis(); }},
      {"another entry", "BAD_GENESIS", [](auto& r) { *r.mutable_genesis() = r.entries(0); }},
      {"payload", "BAD_GENESIS", [](auto& r) { Flip(*r.mutable_genesis()->mutable_payload(), 3); }},
      {"salt", "BAD_GENESIS", [](auto& r) { Flip(*r.mutable_genesis()->mutable_salt()); }},
      {"proof", "BAD_GENESIS",
       [](auto& r) { Flip(*r.mutable_genesis()->mutable_inclusion_proof(0)); }},
      {"class", "BAD_GENESIS", [](auto& r) { r.mutable_genesis()->set_entry_class(2); }},
      {"a proof of growth from nothing", "NOT_CONSISTENT",
       [](auto& r) { r.add_consistency_proof(std::string(32, 0)); }},
  };
  for (const Alteration& row : rows) {
    PullResponse altered = honest;
    row.alter(altered);
    EXPECT_EQ(Reason(altered), row.reason) << row.what;
  }
}

TEST_F(PeerLogTest, ALogThatStartsFromSomethingElseIsRefused) {
  chapter8::ledger::v1::Entry newer = TestLog::GenesisOf(kOrigin);
  newer.mutable_genesis()->set_format(2);
  chapter8::ledger::v1::Entry administration;
  administration.mutable_administration()->mutable_head_waived();
  for (const auto& genesis :
       {newer, TestLog::GenesisOf("un.example/ch8/logistics"), administration}) {
    TestLog log(kOrigin, genesis);
    log.key = un_.key;
    EXPECT_EQ(Reason(log.Pull(Request(), kAu)), "BAD_GENESIS") << genesis.ShortDebugString();
  }
}

// --- Lies that the log itself signs. ---

TEST_F(PeerLogTest, AnotherKeyIsNotBelieved) {
  un_.Append({.recipient = kAu});
  PeerLog peer = Peer();
  peer.keys = {SigningKey::Generate().public_key()};
  const PullResponse response = un_.Pull(Request(), kAu);
  EXPECT_EQ(kernel::ReasonOf(VerifyPull(peer, state_, Request(), response, kNow).status()),
            "NOT_SIGNED");
}

// Under one history and two keys: the old one up to the size stated, the new one above.
TEST_F(PeerLogTest, AKeyThatWasReplacedIsBelievedForWhatItSignedInTime) {
  const SigningKey old_key = un_.key;
  const SigningKey new_key = SigningKey::Generate();
  const auto reason = [&](const SigningKey& signer, uint64_t until_size) {
    un_.key = signer;
    const PeerLog peer{.origin = kOrigin,
                       .keys = {{old_key.public_key(), until_size}, new_key.public_key()},
                       .trust_domain = kAu};
    const auto page = VerifyPull(peer, state_, Request(), un_.Pull(Request(), kAu), kNow);
    return page.ok() ? "" : kernel::ReasonOf(page.status());
  };
  un_.Append({.recipient = kAu});
  const uint64_t size = un_.ledger().durable_size();
  EXPECT_EQ(reason(old_key, size), "");
  EXPECT_EQ(reason(old_key, size - 1), "KEY_REVOKED");
  EXPECT_EQ(reason(new_key, size), "NOT_SIGNED");
  EXPECT_EQ(reason(new_key, size - 1), "");
}

TEST_F(PeerLogTest, TheSameKeyForAnotherLedgerIsNotBelieved) {
  TestLog logistics("un.example/ch8/logistics");
  logistics.key = un_.key;
  PullRequest request;
  request.set_origin("un.example/ch8/logistics");
  EXPECT_EQ(Reason(logistics.Pull(request, kAu)), "OTHER_ORIGIN");
}

TEST_F(PeerLogTest, AnOldPageReplayedIsRefused) {
  un_.Append({.recipient = kAu});
  const PullResponse old = un_.Pull(Request(), kAu);
  TakeAll();
  EXPECT_EQ(Reason(old), "REPLAYED");  // Same head: nothing new to prove.
  un_.Append({.recipient = kAu});
  TakeAll();
  EXPECT_EQ(Reason(old), "OLD_CHECKPOINT");
}

TEST_F(PeerLogTest, AShorterLogIsRefused) {
  for (int i = 0; i < 5; ++i) un_.Append({.recipient = ""});
  TakeAll();
  PullResponse shorter = un_.Pull(Request(), kAu);
  shorter.set_checkpoint_note(un_.SignedNote(4));
  EXPECT_EQ(Reason(shorter), "OLD_CHECKPOINT");
  EXPECT_THAT(Verify(shorter), StatusIs(absl::StatusCode::kFailedPrecondition));
}

TEST_F(PeerLogTest, TwoHistoriesOfOneSizeAreEvidence) {
  TestLog fork(kOrigin);
  fork.key = un_.key;
  un_.Append({.recipient = kAu, .text = "told to the AU"});
  fork.Append({.recipient = kAu, .text = "told to others"});
  TakeAll();
  const std::string first_note = state_.checkpoint_note();
  PullResponse forked = fork.Pull(Request(), kAu);
  const absl::Status status = Verify(forked).status();
  EXPECT_EQ(kernel::ReasonOf(status), "EQUIVOCATION");
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kDataLoss));
  const std::optional<Equivocation> evidence = EvidenceOf(status);
  ASSERT_TRUE(evidence.has_value());
  EXPECT_EQ(evidence->origin(), kOrigin);
  // Anyone with the pinned key can check it: two notes, one size, two roots.
  const NoteVerifier verifier = NoteVerifier::Of(kOrigin, un_.key.public_key());
  const auto first = OpenCheckpoint(evidence->first_note(), verifier, {});
  const auto second = OpenCheckpoint(evidence->second_note(), verifier, {});
  ASSERT_THAT(first, IsOk());
  ASSERT_THAT(second, IsOk());
  EXPECT_EQ(evidence->first_note(), first_note);
  EXPECT_EQ(first->checkpoint.size, second->checkpoint.size);
  EXPECT_NE(first->checkpoint.root, second->checkpoint.root);
  EXPECT_FALSE(EvidenceOf(absl::OkStatus()).has_value());
}

TEST_F(PeerLogTest, AForkThatGrewFurtherIsNotConsistent) {
  TestLog fork(kOrigin);
  fork.key = un_.key;
  for (int i = 0; i < 3; ++i) un_.Append({.recipient = ""});
  TakeAll();
  for (int i = 0; i < 5; ++i) fork.Append({.recipient = kAu, .text = "other"});
  EXPECT_EQ(Reason(fork.Pull(Request(), kAu)), "NOT_CONSISTENT");
}

TEST_F(PeerLogTest, ACommittedEntryThatBreaksItsFormIsRefused) {
  chapter8::books::v1::TransferStep nameless = ReserveStep();
  nameless.clear_transfer_id();
  chapter8::books::v1::TransferStep kindless = ReserveStep();
  kindless.clear_reserve();
  chapter8::books::v1::TransferStep two_lines = ReserveStep();
  two_lines.set_giver_origin("un.example/ch8/finance\nau.example");
  const Tag some_tag = {1};
  const struct {
    const char* reason;
    TestLog::EntryParts entry;
  } rows[] = {
      {"", {.recipient = kAu}},
      {"", {.recipient = kAu, .step = ReserveStep()}},
      {"NOT_ADDRESSED", {.recipient = kAu, .addresses = 0}},
      {"NOT_ADDRESSED", {.recipient = kAu, .addresses = 2}},
      {"UNREADABLE_ENTRY", {.recipient = kAu, .payload = "\xff\xff"}},
      {"HOLE", {.recipient = kAu, .number = 3}},
      {"REPLAYED", {.recipient = kAu, .number = 1}},
      {"REPLAYED", {.recipient = kAu, .number = 0}},
      {"CHAIN_BROKEN", {.recipient = kAu, .previous_leaf_hash = ""}},
      {"CHAIN_BROKEN", {.recipient = kAu, .previous_leaf_hash = std::string(32, 'x')}},
      {"WRONG_CLASS", {.recipient = kAu, .entry_class = EntryClass::kTransfer}},
      {"WRONG_CLASS", {.recipient = kAu, .entry_class = EntryClass::kAdministration}},
      {"WRONG_CLASS",
       {.recipient = kAu, .step = ReserveStep(), .entry_class = EntryClass::kDomain}},
      {"WRONG_TAG", {.recipient = kAu, .tag = some_tag}},
      {"WRONG_TAG", {.recipient = kAu, .step = ReserveStep(), .tag = Tag{}}},
      {"WRONG_TAG", {.recipient = kAu, .step = ReserveStep(), .tag = some_tag}},
      {"BAD_STEP", {.recipient = kAu, .step = nameless, .tag = some_tag}},
      {"BAD_STEP", {.recipient = kAu, .step = kindless, .tag = some_tag}},
      {"BAD_STEP", {.recipient = kAu, .step = two_lines, .tag = some_tag}},
  };
  for (const auto& row : rows) {
    TestLog log(kOrigin);
    log.key = un_.key;
    log.Append({.recipient = kAu, .text = "first"});
    log.Append(row.entry);
    state_ = PeerStateFrom(kOrigin, std::nullopt).value();
    EXPECT_EQ(Reason(log.Pull(Request(), kAu)), row.reason);
  }
}

TEST_F(PeerLogTest, AnEntryForAnotherRecipientIsNotOurs) {
  un_.Append({.recipient = "ecowas.example"});
  PullResponse for_other = un_.Pull(Request(), "ecowas.example");
  EXPECT_EQ(Reason(for_other), "NOT_ADDRESSED");
}

TEST_F(PeerLogTest, AnEntryChainedAgainstTheLogsOrderIsRefused) {
  // The second entry of the chain is committed before the first: two rows, swapped on the way.
  const uint64_t early = un_.Append({.recipient = kAu, .text = "first"});
  TakeAll();
  state_.set_last_index(early + 1);
  un_.Append({.recipient = kAu, .text = "second"});
  EXPECT_EQ(Reason(un_.Pull(Request(), kAu)), "CHAIN_BROKEN");
}

TEST_F(PeerLogTest, ARequestFromElsewhereIsOurOwnMistake) {
  un_.Append({.recipient = kAu});
  const PullResponse response = un_.Pull(Request(), kAu);
  for (const auto& change : std::vector<std::function<void(PullRequest&)>>{
           [](auto& r) { r.set_after_number(1); }, [](auto& r) { r.set_verified_size(1); },
           [](auto& r) { r.set_origin("un.example/ch8/logistics"); }}) {
    PullRequest request = Request();
    change(request);
    EXPECT_EQ(kernel::ReasonOf(VerifyPull(Peer(), state_, request, response, kNow).status()),
              "OTHER_REQUEST");
  }
}

// --- State. ---

TEST_F(PeerLogTest, ABrokenRowIsToldFromNone) {
  EXPECT_EQ(PeerStateFrom(kOrigin, std::nullopt)->verified_size(), 0U);
  EXPECT_THAT(PeerStateFrom(kOrigin, "\xff"), StatusIs(absl::StatusCode::kDataLoss));
  TakeAll();
  const RowWrite row = PeerStateRow(state_);
  EXPECT_EQ(PeerStateFrom(kOrigin, row.value)->SerializeAsString(), state_.SerializeAsString());
  EXPECT_THAT(PeerStateFrom("au.example/ch8/finance", row.value),
              StatusIs(absl::StatusCode::kDataLoss));
}

TEST_F(PeerLogTest, FreshnessSaysHowFarBehindWeAre) {
  EXPECT_EQ(FreshnessOf(state_, kNow).age, absl::InfiniteDuration());
  for (int i = 0; i < 5; ++i) un_.Append({.recipient = kAu});
  const PullRequest request = Request(2);
  state_ = VerifyPull(Peer(), state_, request, un_.Pull(request, kAu), kNow)->state;
  const Freshness freshness = FreshnessOf(state_, kNow + absl::Seconds(90));
  EXPECT_EQ(freshness.verified_size, 6U);
  EXPECT_EQ(freshness.taken, 2U);
  EXPECT_EQ(freshness.waiting, 3U);
  EXPECT_EQ(freshness.age, absl::Seconds(90));
  EXPECT_EQ(FreshnessOf(state_, kNow - absl::Seconds(1)).age, absl::ZeroDuration());
}

}  // namespace
}  // namespace ch8::federation
