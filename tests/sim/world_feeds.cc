#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/federation/core/peer_log.h"
#include "services/federation/rpc/source.h"
#include "services/witness/core/heads.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/cosignature.h"
#include "tests/sim/world.h"

namespace ch8::sim {

using chapter8::federation::v1::AddCheckpointRequest;
using chapter8::federation::v1::AddCheckpointResponse;

// An organization's witness, as its services reach it.
class World::OwnWitness final : public federation::Cosigner {
 public:
  OwnWitness(World& world, size_t organization) : world_(world), organization_(organization) {}

  absl::StatusOr<AddCheckpointResponse> AddCheckpoint(
      const AddCheckpointRequest& request) override {
    return world_.AskWitness(organization_, request);
  }

 private:
  World& world_;
  const size_t organization_;
};

// Another ledger, asked for a proof between two of its heads.
class World::PeerSource final : public federation::Source {
 public:
  PeerSource(World& world, size_t node) : world_(world), node_(node) {}

  absl::StatusOr<chapter8::federation::v1::PullResponse> Pull(
      const chapter8::federation::v1::PullRequest&) override {
    return absl::UnimplementedError("pages come as messages");
  }
  absl::StatusOr<std::vector<std::string>> ProveConsistency(const std::string&, uint64_t old_size,
                                                            uint64_t new_size) override {
    return world_.ProveConsistency(node_, old_size, new_size);
  }
  void Cancel() override {}

 private:
  World& world_;
  const size_t node_;
};

bool World::IsCut(size_t from, size_t to) const {
  const auto cut = cut_until_.find(std::minmax(OrganizationOf(from), OrganizationOf(to)));
  return cut != cut_until_.end() && cut->second > step_;
}

bool World::HasNews(size_t reader, size_t peer) const {
  const Node& node = *nodes_[peer];
  const federation::Freshness known = nodes_[reader]->FreshnessOf(node.origin());
  return node.ledger().durable_size() > known.verified_size || known.waiting > 0;
}

std::vector<size_t> World::OwnPeersOf(size_t reader) {
  const size_t own = OrganizationOf(reader);
  const std::string& service = nodes_[reader]->service();
  if (service == "mandate") {
    return {ShownTo(reader, NodeOf(own, "finance")), ShownTo(reader, NodeOf(own, "logistics"))};
  }
  if (!has_mandates_ || service == "witness") return {};
  return {NodeOf(own, "mandate")};
}

std::vector<size_t> World::PeersOf(size_t reader) {
  std::vector<size_t> peers = OwnPeersOf(reader);
  const std::string& service = nodes_[reader]->service();
  for (size_t organization = 0; organization < witnesses_.size(); ++organization) {
    if (organization == OrganizationOf(reader) || service == "mandate") continue;
    peers.push_back(ShownTo(reader, NodeOf(organization, service)));
  }
  return peers;
}

size_t World::AnyPeerOf(size_t reader) {
  const std::vector<size_t> own = OwnPeersOf(reader);
  const std::string& service = nodes_[reader]->service();
  if (!own.empty() && (service == "mandate" || random_.OneIn(3))) return random_.PickOf(own);
  return ShownTo(reader, NodeOf(Partner(OrganizationOf(reader)), service));
}

size_t World::ShownTo(size_t reader, size_t node) {
  if (!IsForked(node)) return node;
  bool twin = shown_twin_.emplace(reader, random_.OneIn(2)).first->second;
  if (Enabled(Fault::kFork) && random_.OneIn(10)) twin = !twin;
  return twin ? nodes_.size() - 1 : node;
}

void World::AskPeer() {
  size_t from = AnyReader();
  size_t to = AnyPeerOf(from);
  // Mostly where there is something to read.
  for (int tries = 0; tries < kTries && !HasNews(from, to); ++tries) {
    from = AnyReader();
    to = AnyPeerOf(from);
  }
  auto request = nodes_[from]->NextRequest(nodes_[to]->origin());
  if (!request.has_value()) return;
  request->set_entries_max(static_cast<uint32_t>(random_.Pick(8)));
  if (!request->cosigned_note().empty() && Happens(Fault::kFalseCosignature, 6)) {
    request->set_cosigned_note(FalselyCosigned(request->cosigned_note()));
  }
  Send({.from = from, .to = to, .request = *std::move(request)});
}

void World::Send(Message message) {
  if (Happens(Fault::kLoss, 6)) return;
  message.due_step = step_;
  if (Happens(Fault::kDelay, 4)) message.due_step += 1 + static_cast<uint64_t>(random_.Pick(60));
  if (Happens(Fault::kDuplicate, 6)) messages_.push_back(message);
  messages_.push_back(std::move(message));
}

absl::Status World::Deliver() {
  std::vector<size_t> due;
  for (size_t i = 0; i < messages_.size(); ++i) {
    if (messages_[i].due_step <= step_) due.push_back(i);
  }
  if (due.empty()) return absl::OkStatus();
  const size_t at = random_.PickOf(due);
  const Message message = std::move(messages_[at]);
  messages_.erase(messages_.begin() + static_cast<ptrdiff_t>(at));
  if (IsCut(message.from, message.to)) return absl::OkStatus();
  return message.is_page ? TakePage(message) : ServePage(message);
}

absl::Status World::ServePage(const Message& asked) {
  Node& node = *nodes_[asked.to];
  if (Happens(Fault::kSilence, 8)) return absl::OkStatus();
  const std::string caller = nodes_[asked.from]->trust_domain();
  if (!asked.request.cosigned_note().empty()) {
    const absl::Status kept =
        node.KeepCosignature(WitnessKeyOf(caller), asked.request.cosigned_note());
    if (absl::IsDataLoss(kept) && !node.restored() && !IsForked(asked.to)) {
      return absl::InternalError(kept.message());
    }
  }
  Message page{.is_page = true, .from = asked.to, .to = asked.from, .request = asked.request};
  if (Enabled(Fault::kOtherHistory) && random_.OneIn(4)) {
    const uint64_t verified_size = nodes_[asked.from]->FreshnessOf(node.origin()).verified_size;
    auto other = node.ServeOtherHistory(caller, asked.request, verified_size);
    if (other.has_value()) {
      faults_.Count(Fault::kOtherHistory);
      page.response = *std::move(other);
      page.lie = true;
      Send(std::move(page));
      return absl::OkStatus();
    }
  }
  auto response = node.Serve(caller, asked.request);
  if (!response.ok()) return absl::OkStatus();
  RETURN_IF_ERROR(auditor_.heads().ReadSigned(node.history(), response->checkpoint_note()));
  if (IsForked(asked.to)) faults_.Count(Fault::kFork);
  page.response = *std::move(response);
  Lie(page);
  Send(std::move(page));
  return absl::OkStatus();
}

void World::Lie(Message& page) {
  auto& old = old_pages_[{page.from, page.to}];
  if (old.checkpoint_note().empty() || random_.OneIn(8)) old = page.response;
  const bool older = old.checkpoint_note() != page.response.checkpoint_note();
  if (older && Happens(Fault::kOldPage, 12)) {
    page.response = old;
    return;
  }
  if (page.response.entries().empty()) return;
  if (Happens(Fault::kHiddenEntry, 12)) {
    page.response.mutable_entries()->erase(page.response.entries().begin());
    page.lie = true;
  } else if (Happens(Fault::kAlteredEntry, 12)) {
    std::string& payload = *page.response.mutable_entries(0)->mutable_payload();
    payload[static_cast<size_t>(random_.Pick(static_cast<int64_t>(payload.size())))] ^= 1;
    page.lie = true;
  }
}

absl::Status World::TakePage(const Message& page) {
  const Node& peer = *nodes_[page.from];
  Node& reader = *nodes_[page.to];
  const size_t organization = OrganizationOf(page.to);
  OwnWitness witness(*this, organization);
  PeerSource source(*this, page.from);
  Node::Feed feed{.log = reader.PinnedSigners(peer.origin())};
  const bool own = peer.trust_domain() == reader.trust_domain();
  if (!own) {
    feed.have_cosigned = [&](const federation::VerifiedHead& head) {
      return federation::HaveCosigned(witness, WitnessKeyOf(reader.trust_domain()), source,
                                      feed.log, head);
    };
  }
  if (options_.bug == Bug::kTakeUncosigned && !own) {
    feed.have_cosigned = [](const federation::VerifiedHead& head) { return head.note; };
  }
  const uint64_t verified_size = reader.FreshnessOf(peer.origin()).verified_size;
  const absl::Status taken = reader.Take(feed, page.request, page.response);
  // A witness keeps no evidence against its own organization.
  if (const auto evidence = federation::EvidenceOf(taken); evidence.has_value() && !own) {
    AddCheckpointRequest shown;
    shown.set_note(evidence->second_note());
    shown.set_old_size(page.request.verified_size());
    AskWitness(organization, shown).status().IgnoreError();
  }
  if (!taken.ok()) return absl::OkStatus();
  if (page.lie) {
    return absl::InternalError(absl::StrCat(reader.id(), " believes a lie of ", peer.id()));
  }
  if (own) return absl::OkStatus();
  return auditor_.heads().CheckTaken({.trust_domain = reader.trust_domain(),
                                      .note = page.response.checkpoint_note(),
                                      .verified_size = verified_size});
}

absl::StatusOr<std::vector<std::string>> World::ProveConsistency(size_t node, uint64_t old_size,
                                                                 uint64_t new_size) {
  const Node& peer = *nodes_[node];
  if (Happens(Fault::kSilence, 8) || peer.restored() || old_size > new_size ||
      new_size > peer.ledger().durable_size()) {
    return absl::UnavailableError("no proof of that now");
  }
  ASSIGN_OR_RETURN(const std::vector<Hash> proof,
                   peer.ledger().ConsistencyProof(old_size, new_size));
  std::vector<std::string> hashes;
  for (const Hash& hash : proof) hashes.emplace_back(hash.view());
  return hashes;
}

absl::Status World::ShowHead() {
  const size_t n = AnyNode();
  const size_t organization = OtherOrganization(OrganizationOf(n));
  const absl::StatusOr<std::string> note = nodes_[n]->SignedNote();
  if (!note.ok()) return absl::OkStatus();
  RETURN_IF_ERROR(auditor_.heads().ReadSigned(nodes_[n]->history(), *note));
  if (IsForked(n)) faults_.Count(Fault::kFork);
  const std::string& origin = nodes_[n]->origin();
  ASSIGN_OR_RETURN(const auto row, witnesses_[organization]->node().ledger().TakeSnapshot()->Get(
                                       Table::kPeer, absl::StrCat(witness::kHeadPrefix, origin)));
  ASSIGN_OR_RETURN(const auto known, witness::HeadFrom(origin, row));
  const auto proof = ProveConsistency(n, known.size(), nodes_[n]->ledger().durable_size());
  AddCheckpointRequest shown;
  shown.set_note(*note);
  shown.set_old_size(known.size());
  if (proof.ok()) *shown.mutable_consistency_proof() = {proof->begin(), proof->end()};
  AskWitness(organization, shown).status().IgnoreError();
  return absl::OkStatus();
}

absl::StatusOr<AddCheckpointResponse> World::AskWitness(size_t organization,
                                                        const AddCheckpointRequest& request) {
  Witness& witness = *witnesses_[organization];
  if (Happens(Fault::kWitnessSilence, 12)) return absl::UnavailableError("no answer");
  if (Enabled(Fault::kWitnessCrash) && random_.OneIn(12)) {
    witness.DieNext(random_.OneIn(2) ? Witness::Death::kBeforeSync : Witness::Death::kBeforeAnswer);
  }
  absl::StatusOr<AddCheckpointResponse> answer = witness.AddCheckpoint(request);
  witness.DieNext(Witness::Death::kNone);
  if (witness.dead()) {
    faults_.Count(Fault::kWitnessCrash);
    witness.Revive();
    const size_t n = NodeOf(organization, "witness");
    Notice(Start(n, nodes_[n]->Restart()));
    return absl::UnavailableError("died");
  }
  if (!answer.ok() || answer->cosigned_note().empty()) return answer;
  Notice(auditor_.heads().ReadCosigned(witness.node().trust_domain(), answer->cosigned_note()));
  if (Happens(Fault::kWitnessSilence, 12)) return absl::UnavailableError("its answer is lost");
  if (Happens(Fault::kFalseCosignature, 12)) {
    answer->set_cosigned_note(FalselyCosigned(answer->cosigned_note()));
  }
  return answer;
}

// With a bent signature, or that of another organization's witness.
std::string World::FalselyCosigned(const std::string& note) {
  Note parsed = ParseNote(note).value();
  NoteSignature& cosignature = parsed.signatures.back();
  const std::string other = witness::WitnessName(nodes_[AnyNode()]->trust_domain());
  if (random_.OneIn(2) || other == cosignature.name) {
    cosignature.blob.back() ^= 1;
  } else {
    cosignature = Cosign(parsed.text, other, KeyOf(other), now_).value();
  }
  return FormatNote(parsed);
}

}  // namespace ch8::sim
