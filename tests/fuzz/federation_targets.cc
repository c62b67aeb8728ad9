// What the nodes of other organizations send: pages of their logs, and heads to cosign.
#include "absl/strings/str_cat.h"
#include "chapter8/federation/v1/federation_service.pb.h"
#include "services/federation/core/federation_test_fixture.h"
#include "services/federation/core/peer_log.h"
#include "services/kernel/entry_form.h"
#include "services/kernel/refusal.h"
#include "services/witness/core/heads.h"
#include "storage/base/bytes.h"
#include "storage/base/check.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/proof.h"
#include "storage/merkle/test_tree.h"
#include "tests/fuzz/fixed_key.h"
#include "tests/fuzz/target.h"

namespace ch8::fuzz {
namespace {

using chapter8::federation::v1::AddCheckpointRequest;
using chapter8::federation::v1::PeerState;
using chapter8::federation::v1::PullResponse;
using chapter8::witness::v1::WitnessedHead;
using federation::TestLog;

const absl::Time kNow = absl::FromUnixSeconds(1'772'409'600);

const federation::PeerLog& Peer() {
  static const auto& peer = *new federation::PeerLog{.origin = std::string(kOrigin),
                                                     .keys = {KeyOf(kOrigin).public_key()},
                                                     .trust_domain = federation::kUn};
  return peer;
}

std::unique_ptr<TestLog> NewLog() {
  auto log = std::make_unique<TestLog>(std::string(kOrigin));
  log->key = KeyOf(kOrigin);
  return log;
}

PeerState FirstContact() { return federation::PeerStateFrom(kOrigin, std::nullopt).value(); }

Outcome RefusedWithReason(const absl::Status& status) {
  Check(!kernel::ReasonOf(status).empty(), "a refusal has a reason");
  return Refused(status);
}

// An honest log: three entries for us among others, and what we know after the first of them.
struct Honest {
  std::unique_ptr<TestLog> log = NewLog();
  PeerState after_one;

  Honest() {
    log->Append({.recipient = federation::kUn});
    const auto request = federation::NextPull(FirstContact());
    after_one = federation::VerifyPull(Peer(), FirstContact(), request,
                                       log->Pull(request, federation::kUn), kNow)
                    ->state;
    log->Append({.recipient = "ecowas.example"});
    log->Append({.recipient = federation::kUn, .step = federation::ReserveStep()});
    log->Append({.recipient = federation::kUn});
  }
};
const Honest& TheHonest() {
  static const auto& honest = *new Honest;
  return honest;
}

// Which state, then a PullResponse. There is one history that the key has signed: whatever else is
// in a page that is accepted, its entries are of that history.
Outcome RunPull(absl::string_view input) {
  if (input.empty()) return Outcome::kRefused;
  const Honest& honest = TheHonest();
  const PeerState state = input[0] == '0' ? FirstContact() : honest.after_one;
  PullResponse response;
  if (!response.ParseFromString(std::string(input.substr(1)))) return Outcome::kRefused;
  const auto page =
      federation::VerifyPull(Peer(), state, federation::NextPull(state), response, kNow);
  if (!page.ok()) return RefusedWithReason(page.status());
  const Ledger& log = honest.log->ledger();
  Check(page->state.verified_root() == log.RootAt(page->state.verified_size())->view(),
        "a head of the one history");
  uint64_t number = state.last_number();
  for (const kernel::InboundEntry& inbound : page->entries) {
    const uint64_t index = inbound.delivered.index;
    Check(log.ReadEntries(index, index + 1,
                          [&](const Entry& entry) {
                            Check(EntryLeafHash(log.log_id(), entry) == inbound.delivered.leaf_hash,
                                  "an entry of the one history");
                            return true;
                          })
              .ok(),
          "within it");
    Check(inbound.number == ++number, "in order, without a hole");
  }
  Check(page->state.last_number() == number, "and remembered");
  return Outcome::kAccepted;
}

std::vector<std::string> PullSeeds() {
  const Honest& honest = TheHonest();
  const auto page = [&](const PeerState& state) {
    return honest.log->Pull(federation::NextPull(state), federation::kUn);
  };
  PullResponse without_first = page(FirstContact());
  without_first.mutable_entries()->DeleteSubrange(0, 1);
  return {absl::StrCat("0", page(FirstContact()).SerializeAsString()),
          absl::StrCat("1", page(honest.after_one).SerializeAsString()),
          absl::StrCat("0", page(honest.after_one).SerializeAsString()),
          absl::StrCat("0", without_first.SerializeAsString())};
}

// class u8 · tag or none u8 · tag · payload: an entry that the peer has logged and signed for, so
// that only its form speaks against it.
Outcome RunEntry(absl::string_view input) {
  ByteReader reader(input);
  const auto entry_class = static_cast<EntryClass>(reader.ReadU8());
  Tag tag{};
  if (reader.ReadU8() != 0) {
    const absl::string_view bytes = reader.ReadBytes(tag.size());
    std::copy(bytes.begin(), bytes.end(), tag.begin());
  }
  if (!reader.ok() || entry_class < EntryClass::kAdministration ||
      entry_class > EntryClass::kSeal) {
    return Outcome::kRefused;
  }
  const std::unique_ptr<TestLog> log = NewLog();
  log->Append({.recipient = federation::kUn,
               .entry_class = entry_class,
               .tag = tag,
               .payload = std::string(reader.rest())});
  const auto request = federation::NextPull(FirstContact());
  const auto page = federation::VerifyPull(Peer(), FirstContact(), request,
                                           log->Pull(request, federation::kUn), kNow);
  if (!page.ok()) return RefusedWithReason(page.status());
  Check(page->entries.size() == 1, "the entry is there");
  const auto& entry = page->entries[0].delivered.entry;
  if (entry.kind_case() != chapter8::ledger::v1::Entry::KIND_NOT_SET) {
    Check(kernel::ClassOf(entry) == entry_class, "its class is what it says");
    Check(kernel::TagOf(entry, kOrigin) == tag, "and so is its tag");
  }
  return Outcome::kAccepted;
}

std::vector<std::string> EntrySeeds() {
  chapter8::ledger::v1::Entry entry;
  entry.set_domain_event("event");
  entry.add_addresses()->set_recipient(federation::kUn);
  entry.mutable_addresses(0)->set_number(1);
  const std::string plain = entry.SerializeAsString();
  *entry.mutable_step() = federation::ReserveStep();
  entry.mutable_step()->set_giver_origin(std::string(kOrigin));
  const Tag tag = kernel::TagOf(entry, kOrigin);
  const std::string tag_bytes(tag.begin(), tag.end());
  const std::string step = entry.SerializeAsString();
  return {absl::StrCat(std::string("\2\0", 2), plain),
          absl::StrCat(std::string("\3\1", 2), tag_bytes, step),
          absl::StrCat(std::string("\3\0", 2), step), absl::StrCat(std::string("\4\0", 2), plain)};
}

constexpr uint64_t kTreeSize = 13;

const testing::TestTree& Tree() {
  static const auto& tree = *new testing::TestTree(testing::TestTree::OfSize(kTreeSize));
  return tree;
}

WitnessedHead KnownHead(uint64_t size) {
  WitnessedHead head = witness::HeadFrom(kOrigin, std::nullopt).value();
  if (size == 0) return head;
  head.set_size(size);
  head.set_root(std::string(Tree().Root(size).view()));
  return head;
}

AddCheckpointRequest RequestFor(uint64_t size, const Hash& root) {
  AddCheckpointRequest request;
  request.set_note(
      SignCheckpoint({.origin = std::string(kOrigin), .size = size, .root = root}, KeyOf(kOrigin))
          .value());
  return request;
}

// Once `head` is cosigned, no smaller one is, nor another root of its size.
void CheckBinds(const WitnessedHead& head, const witness::WitnessedLog& log) {
  using Verdict = witness::Judgement::Verdict;
  if (head.size() > 1) {
    const auto smaller =
        witness::Judge(head, log, RequestFor(head.size() - 1, Sha256("smaller")), kNow);
    Check(smaller.verdict == Verdict::kOtherSize, "no smaller head is cosigned");
  }
  const auto other = witness::Judge(head, log, RequestFor(head.size(), Sha256("other")), kNow);
  Check(other.verdict == Verdict::kRefuse && other.remember, "no other root is cosigned");
  const auto after =
      witness::Judge(other.head, log, RequestFor(head.size(), Sha256("other")), kNow);
  Check(after.verdict == Verdict::kRefuse, "nor anything after that");
}

// known size u8 · size u64 · root · old size u64 · proof: a ledger that signs whatever it likes.
Outcome RunJudge(absl::string_view input) {
  ByteReader reader(input);
  const WitnessedHead known = KnownHead(reader.ReadU8() % (kTreeSize + 1));
  const uint64_t size = reader.ReadU64() & ((uint64_t{1} << 63) - 1);
  const absl::StatusOr<Hash> root = Hash::FromBytes(reader.ReadBytes(Hash::kSize));
  if (!root.ok()) return Outcome::kRefused;
  AddCheckpointRequest request = RequestFor(size, *root);
  request.set_old_size(reader.ReadU64());
  while (reader.ok() && !reader.rest().empty()) {
    request.add_consistency_proof(
        std::string(reader.ReadBytes(std::min(reader.rest().size(), Hash::kSize))));
  }
  const witness::WitnessedLog log = {
      .signers = {.origin = std::string(kOrigin), .keys = {KeyOf(kOrigin).public_key()}},
      .organization_record = ""};
  const witness::Judgement judgement = witness::Judge(known, log, request, kNow);
  switch (judgement.verdict) {
    case witness::Judgement::Verdict::kRefuse:
      return RefusedWithReason(judgement.status);
    case witness::Judgement::Verdict::kOtherSize:
      Check(!judgement.remember, "nothing is new");
      return Outcome::kRefused;
    case witness::Judgement::Verdict::kCosign:
      break;
  }
  Check(judgement.head.size() == size && judgement.head.root() == root->view(), "what was shown");
  Check(size >= known.size(), "it grows");
  Check(size != known.size() || root->view() == known.root(), "one root for one size");
  Check(judgement.remember == (size > known.size()), "what is new is remembered");
  CheckBinds(judgement.head, log);
  return Outcome::kAccepted;
}

std::vector<std::string> JudgeSeeds() {
  std::vector<std::string> seeds;
  for (const uint64_t known : {uint64_t{0}, uint64_t{5}, uint64_t{8}, kTreeSize}) {
    std::string seed(1, static_cast<char>(known));
    absl::StrAppend(&seed, KeyU64(kTreeSize), Tree().Root(kTreeSize).view(), KeyU64(known));
    const std::vector<Hash> proof = ConsistencyProof(known, kTreeSize, Tree()).value();
    for (const Hash& hash : proof) {
      absl::StrAppend(&seed, hash.view());
    }
    seeds.push_back(seed);
    seeds.push_back(absl::StrCat(seed, "x"));
  }
  return seeds;
}

}  // namespace

std::vector<Target> FederationTargets() {
  return {{"federation_entry", RunEntry, EntrySeeds},
          {"federation_pull", RunPull, PullSeeds},
          {"witness_judge", RunJudge, JudgeSeeds}};
}

}  // namespace ch8::fuzz
