#include "services/federation/core/peer_log.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/federation/core/pull.h"
#include "services/kernel/entry_form.h"
#include "services/kernel/refusal.h"
#include "storage/base/limits.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/note.h"
#include "storage/merkle/proof.h"

namespace ch8::federation {
namespace {

using chapter8::books::v1::TransferStep;
using chapter8::federation::v1::Equivocation;
using chapter8::federation::v1::PeerState;
using chapter8::federation::v1::ProvenEntry;
using chapter8::federation::v1::PullRequest;
using chapter8::federation::v1::PullResponse;
using chapter8::ledger::v1::Address;

// The format that this release reads (chapter8.ledger.v1.Genesis.format).
constexpr uint32_t kGenesisFormat = 1;
constexpr size_t kProofNodesMax = 64;
constexpr absl::string_view kEquivocationUrl =
    "type.googleapis.com/chapter8.federation.v1.Equivocation";

absl::Status Lie(absl::StatusCode code, absl::string_view origin, absl::string_view reason,
                 absl::string_view what) {
  return kernel::Refuse({.code = code,
                         .domain = kDomain,
                         .reason = reason,
                         .message = absl::StrCat(origin, ": ", what),
                         .metadata = {{"origin", std::string(origin)}}});
}

absl::Status EntryLie(absl::string_view origin, const ProvenEntry& entry, absl::string_view reason,
                      absl::string_view what,
                      absl::StatusCode code = absl::StatusCode::kInvalidArgument) {
  return kernel::Refuse(
      {.code = code,
       .domain = kDomain,
       .reason = reason,
       .message = absl::StrCat(origin, ", entry ", entry.index(), ": ", what),
       .metadata = {{"origin", std::string(origin)}, {"index", absl::StrCat(entry.index())}}});
}

absl::Status StateBroken(absl::string_view origin) {
  return Lie(absl::StatusCode::kDataLoss, origin, "STATE_BROKEN",
             "what is remembered of it does not parse");
}

// Nothing when there are too many, or one has not 32 bytes.
std::optional<std::vector<Hash>> HashesOf(
    const google::protobuf::RepeatedPtrField<std::string>& raw) {
  if (static_cast<size_t>(raw.size()) > kProofNodesMax) return std::nullopt;
  std::vector<Hash> hashes;
  for (const std::string& bytes : raw) {
    const absl::StatusOr<Hash> hash = Hash::FromBytes(bytes);
    if (!hash.ok()) return std::nullopt;
    hashes.push_back(*hash);
  }
  return hashes;
}

absl::StatusOr<Checkpoint> OpenHead(const PeerLog& log, const std::string& signed_note) {
  const absl::StatusOr<Note> note = ParseNote(signed_note);
  const absl::StatusOr<Checkpoint> checkpoint =
      note.ok() ? ParseCheckpoint(note->text) : absl::StatusOr<Checkpoint>(note.status());
  if (!checkpoint.ok()) {
    return Lie(absl::StatusCode::kInvalidArgument, log.origin, "NOTE_MALFORMED",
               checkpoint.status().message());
  }
  if (checkpoint->origin != log.origin) {
    return Lie(absl::StatusCode::kUnauthenticated, log.origin, "OTHER_ORIGIN",
               "the checkpoint is that of another log");
  }
  const absl::StatusOr<OpenedCheckpoint> opened =
      ch8::OpenHead(signed_note, {.origin = log.origin, .keys = log.keys}, {});
  if (opened.ok()) return checkpoint;
  const bool revoked = absl::IsOutOfRange(opened.status());
  return Lie(revoked ? absl::StatusCode::kOutOfRange : absl::StatusCode::kUnauthenticated,
             log.origin, revoked ? "KEY_REVOKED" : "NOT_SIGNED", opened.status().message());
}

absl::Status Equivocated(const PeerState& state, const std::string& signed_note) {
  absl::Status status = Lie(absl::StatusCode::kDataLoss, state.origin(), "EQUIVOCATION",
                            absl::StrCat("it signed two histories of ", state.verified_size(),
                                         " entries; both heads are kept as evidence"));
  Equivocation evidence;
  evidence.set_origin(state.origin());
  evidence.set_first_note(state.checkpoint_note());
  evidence.set_second_note(signed_note);
  status.SetPayload(kEquivocationUrl, absl::Cord(evidence.SerializeAsString()));
  return status;
}

// Whether `head` extends all that was verified before.
absl::Status CheckExtends(const PeerState& state, const Checkpoint& head,
                          const PullResponse& response) {
  if (head.size < state.verified_size()) {
    return Lie(absl::StatusCode::kFailedPrecondition, state.origin(), "OLD_CHECKPOINT",
               absl::StrCat("a checkpoint of ", head.size, " entries after one of ",
                            state.verified_size()));
  }
  Hash known = EmptyRoot();
  if (state.verified_size() > 0) {
    const absl::StatusOr<Hash> root = Hash::FromBytes(state.verified_root());
    if (!root.ok()) return StateBroken(state.origin());
    known = *root;
    if (head.size == state.verified_size() && head.root != known) {
      return Equivocated(state, response.checkpoint_note());
    }
  }
  const std::optional<std::vector<Hash>> proof = HashesOf(response.consistency_proof());
  const absl::Status extends =
      proof.has_value()
          ? VerifyExtension(state.verified_size(), known, head.size, head.root, *proof)
          : absl::InvalidArgumentError("the consistency proof is malformed");
  if (extends.ok()) return absl::OkStatus();
  return Lie(absl::StatusCode::kInvalidArgument, state.origin(), "NOT_CONSISTENT",
             extends.message());
}

// An entry whose leaf leads to the root of `head`. Errors: MALFORMED_ENTRY, OVERSIZE_PAYLOAD,
// NOT_INCLUDED.
absl::StatusOr<Hash> ProvenLeaf(const Hash& log_id, const Checkpoint& head,
                                const ProvenEntry& entry) {
  Tag tag;
  const absl::StatusOr<Hash> salt = Hash::FromBytes(entry.salt());
  const std::optional<std::vector<Hash>> proof = HashesOf(entry.inclusion_proof());
  if (entry.tag().size() != tag.size() || !salt.ok() || !proof.has_value() ||
      entry.entry_class() > UINT16_MAX) {
    return EntryLie(head.origin, entry, "MALFORMED_ENTRY", "a field has not its size");
  }
  if (entry.payload().size() > kPayloadSizeMax) {
    return EntryLie(head.origin, entry, "OVERSIZE_PAYLOAD", "the payload is above 32 KiB");
  }
  std::copy(entry.tag().begin(), entry.tag().end(), tag.begin());
  const Hash leaf = LeafHash(
      EntryLeaf(log_id, static_cast<EntryClass>(entry.entry_class()), tag, *salt, entry.payload()));
  const absl::Status included = VerifyInclusion(leaf, entry.index(), head.size, *proof, head.root);
  if (!included.ok()) return EntryLie(head.origin, entry, "NOT_INCLUDED", included.message());
  return leaf;
}

// The log's id: known, or learnt from the genesis at first contact. The genesis commits to the id
// that its own payload gives, so no other payload fits the leaf.
absl::StatusOr<Hash> LogIdOf(const PeerState& state, const Checkpoint& head,
                             const PullResponse& response) {
  if (state.verified_size() > 0) {
    const absl::StatusOr<Hash> known = Hash::FromBytes(state.log_id());
    return known.ok() ? known : StateBroken(state.origin());
  }
  if (!response.has_genesis()) {
    return Lie(absl::StatusCode::kInvalidArgument, head.origin, "NO_GENESIS",
               "the first page comes without entry 0");
  }
  const ProvenEntry& genesis = response.genesis();
  const Hash log_id = LogId(head.origin, genesis.payload());
  chapter8::ledger::v1::Entry entry;
  const bool fits = genesis.index() == 0 &&
                    genesis.entry_class() == static_cast<uint32_t>(EntryClass::kAdministration) &&
                    entry.ParseFromString(genesis.payload()) && entry.has_genesis() &&
                    entry.genesis().format() == kGenesisFormat &&
                    entry.genesis().origin() == head.origin;
  if (!fits || !ProvenLeaf(log_id, head, genesis).ok()) {
    return EntryLie(head.origin, genesis, "BAD_GENESIS",
                    "not the proven genesis of this log in a format read here");
  }
  return log_id;
}

// The entry's place in the chain addressed to us, which must follow `state`.
absl::StatusOr<Address> CheckChain(const PeerLog& log, const PeerState& state,
                                   const ProvenEntry& proven,
                                   const chapter8::ledger::v1::Entry& entry) {
  std::vector<Address> ours;
  for (const Address& address : entry.addresses()) {
    if (address.recipient() == log.trust_domain) ours.push_back(address);
  }
  if (ours.size() != 1) {
    return EntryLie(log.origin, proven, "NOT_ADDRESSED",
                    absl::StrCat("names ", log.trust_domain, " ", ours.size(), " times"));
  }
  const Address& address = ours.front();
  if (address.number() <= state.last_number()) {
    return EntryLie(log.origin, proven, "REPLAYED",
                    absl::StrCat("number ", address.number(), " was taken before"));
  }
  if (address.number() > state.last_number() + 1) {
    return EntryLie(log.origin, proven, "HOLE",
                    absl::StrCat("number ", address.number(), " follows ", state.last_number()),
                    absl::StatusCode::kFailedPrecondition);
  }
  const bool in_order = state.last_number() == 0 || proven.index() > state.last_index();
  if (address.previous_leaf_hash() != state.last_leaf_hash() || !in_order) {
    return EntryLie(log.origin, proven, "CHAIN_BROKEN", "does not follow the entry taken last");
  }
  return address;
}

// Whether class and tag are those of the payload. A kind that a later release added is the
// machine's to judge.
absl::Status CheckForm(const PeerLog& log, const ProvenEntry& proven,
                       const chapter8::ledger::v1::Entry& entry) {
  if (entry.kind_case() == chapter8::ledger::v1::Entry::KIND_NOT_SET) return absl::OkStatus();
  if (proven.entry_class() != static_cast<uint32_t>(kernel::ClassOf(entry))) {
    return EntryLie(log.origin, proven, "WRONG_CLASS", "its leaf is of another class");
  }
  if (entry.has_step() && (entry.step().transfer_id().size() != TransferId().size() ||
                           entry.step().step_case() == TransferStep::STEP_NOT_SET ||
                           !IsValidKeyName(entry.step().giver_origin()))) {
    return EntryLie(log.origin, proven, "BAD_STEP", "a step without id, origin or kind");
  }
  const Tag tag = kernel::TagOf(entry, log.origin);
  if (!std::equal(tag.begin(), tag.end(), proven.tag().begin(),
                  [](uint8_t a, char b) { return a == static_cast<uint8_t>(b); })) {
    return EntryLie(log.origin, proven, "WRONG_TAG", "its leaf has another tag than its payload");
  }
  return absl::OkStatus();
}

// Verifies one entry and moves `state` past it.
absl::StatusOr<kernel::InboundEntry> TakeEntry(const PeerLog& log, const Checkpoint& head,
                                               const ProvenEntry& proven, PeerState& state) {
  ASSIGN_OR_RETURN(const Hash log_id, Hash::FromBytes(state.log_id()));
  ASSIGN_OR_RETURN(const Hash leaf_hash, ProvenLeaf(log_id, head, proven));
  kernel::InboundEntry inbound;
  if (!inbound.delivered.entry.ParseFromString(proven.payload())) {
    return EntryLie(log.origin, proven, "UNREADABLE_ENTRY", "its payload is not an Entry");
  }
  ASSIGN_OR_RETURN(const Address address, CheckChain(log, state, proven, inbound.delivered.entry));
  RETURN_IF_ERROR(CheckForm(log, proven, inbound.delivered.entry));
  state.set_last_number(address.number());
  state.set_last_leaf_hash(std::string(leaf_hash.view()));
  state.set_last_index(proven.index());
  inbound.delivered.origin = log.origin;
  inbound.delivered.index = proven.index();
  inbound.delivered.leaf_hash = leaf_hash;
  inbound.number = address.number();
  inbound.checkpoint_size = head.size;
  inbound.peer_row = PeerStateRow(state);
  return inbound;
}

absl::Status CheckCount(const PullRequest& request, const PullResponse& response) {
  if (static_cast<uint64_t>(response.entries_size()) <= EntriesMax(request)) {
    return absl::OkStatus();
  }
  return Lie(absl::StatusCode::kInvalidArgument, request.origin(), "TOO_MANY_ENTRIES",
             absl::StrCat(response.entries_size(), " entries where ", EntriesMax(request),
                          " were asked for"));
}

// What the page says is there, against what it holds. `state` is that after its entries.
absl::Status CheckNewest(const PeerState& state, const PullResponse& response) {
  if (response.newest_number() < state.last_number()) {
    return Lie(absl::StatusCode::kFailedPrecondition, state.origin(), "NEWEST_BEHIND",
               absl::StrCat("it says that it addressed ", response.newest_number(),
                            " entries to us, and gave ", state.last_number()));
  }
  if (response.entries().empty() && response.newest_number() > state.last_number()) {
    return Lie(absl::StatusCode::kFailedPrecondition, state.origin(), "HOLE",
               absl::StrCat("it holds back entries ", state.last_number() + 1, " to ",
                            response.newest_number()));
  }
  return absl::OkStatus();
}

// A checkpoint's second line (C2SP tlog-checkpoint).
absl::string_view SizeLineOf(absl::string_view note) {
  const std::vector<absl::string_view> lines = absl::StrSplit(note, absl::MaxSplits('\n', 2));
  return lines.size() < 2 ? absl::string_view() : lines[1];
}

}  // namespace

absl::StatusOr<VerifiedPage> VerifyPull(const PeerLog& log, const PeerState& state,
                                        const PullRequest& request, const PullResponse& response,
                                        absl::Time now) {
  if (state.origin() != log.origin || request.origin() != log.origin ||
      request.after_number() != state.last_number() ||
      request.verified_size() != state.verified_size()) {
    return Lie(absl::StatusCode::kInvalidArgument, log.origin, "OTHER_REQUEST",
               "the request does not go on where the state stands");
  }
  ASSIGN_OR_RETURN(const Checkpoint head, OpenHead(log, response.checkpoint_note()));
  RETURN_IF_ERROR(CheckExtends(state, head, response));
  ASSIGN_OR_RETURN(const Hash log_id, LogIdOf(state, head, response));
  RETURN_IF_ERROR(CheckCount(request, response));

  VerifiedPage page;
  page.grown = head.size > state.verified_size();
  page.state = state;
  page.state.set_log_id(std::string(log_id.view()));
  page.state.set_verified_size(head.size);
  page.state.set_verified_root(std::string(head.root.view()));
  page.state.set_checkpoint_note(response.checkpoint_note());
  page.state.set_newest_number(response.newest_number());
  page.state.set_verified_at_us(absl::ToUnixMicros(now));
  for (const ProvenEntry& proven : response.entries()) {
    ASSIGN_OR_RETURN(kernel::InboundEntry inbound, TakeEntry(log, head, proven, page.state));
    page.entries.push_back(std::move(inbound));
  }
  RETURN_IF_ERROR(CheckNewest(page.state, response));
  return page;
}

PullRequest NextPull(const PeerState& state) {
  PullRequest request;
  request.set_origin(state.origin());
  request.set_after_number(state.last_number());
  request.set_verified_size(state.verified_size());
  return request;
}

std::optional<Equivocation> EvidenceOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kEquivocationUrl);
  Equivocation evidence;
  if (!payload.has_value() || !evidence.ParseFromString(std::string(*payload))) return std::nullopt;
  return evidence;
}

RowWrite EvidenceRow(const Equivocation& evidence) {
  return RowWrite{.table = Table::kPeer,
                  .key = absl::StrCat(kEvidencePrefix, evidence.origin(), "/",
                                      SizeLineOf(evidence.first_note())),
                  .value = evidence.SerializeAsString()};
}

std::string PeerStateKey(absl::string_view origin) { return absl::StrCat("peer/", origin); }

RowWrite PeerStateRow(const PeerState& state) {
  return RowWrite{.table = Table::kPeer,
                  .key = PeerStateKey(state.origin()),
                  .value = state.SerializeAsString()};
}

absl::StatusOr<PeerState> PeerStateFrom(absl::string_view origin,
                                        const std::optional<std::string>& row) {
  PeerState state;
  if (!row.has_value()) {
    state.set_origin(std::string(origin));
    return state;
  }
  if (!state.ParseFromString(*row) || state.origin() != origin) return StateBroken(origin);
  return state;
}

Freshness FreshnessOf(const PeerState& state, absl::Time now) {
  Freshness freshness;
  freshness.verified_size = state.verified_size();
  freshness.taken = state.last_number();
  freshness.waiting = state.newest_number() - std::min(state.newest_number(), state.last_number());
  freshness.age =
      state.verified_size() == 0
          ? absl::InfiniteDuration()
          : std::max(absl::ZeroDuration(), now - absl::FromUnixMicros(state.verified_at_us()));
  return freshness;
}

}  // namespace ch8::federation
