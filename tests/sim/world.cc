#include "tests/sim/world.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/kernel/refusal.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"
#include "tests/sim/checked_signatures.h"

namespace ch8::sim {
namespace {

constexpr absl::string_view kIds[] = {"un", "au", "ecowas", "sadc", "igad", "eccas", "eu"};
// 2 March 2026, 09:00 UTC.
constexpr int64_t kStartSeconds = 1'772'442'000;
// Before life begins, so that something is delegated, and slices have arrived.
constexpr int kFirstMandateActs = 6;
constexpr int kFirstRounds = 4;
// How long the healed world may take to come to rest: what needs only messages does in a few short
// rounds, and all holds end within an hour; with mandate ledgers, what they held of a slice then
// goes back.
constexpr int kShortRounds = 6;
constexpr int kRoundsMax = 14;
constexpr int kRoundsMaxWithMandates = 20;
constexpr absl::Duration kShortRound = absl::Minutes(2);
constexpr absl::Duration kRound = absl::Minutes(10);
// Afterwards: until witnesses have logged the last heads; longer with mandate ledgers, which hear
// what all others make of the end of a delegation, and with a liar, whose holds have to end; and
// how long no ledger may grow then.
constexpr int kRoundsToQuiet = 4;
constexpr int kMoreWithMandates = 3;
constexpr int kMoreWithLiar = 7;
constexpr int kRoundsQuiet = 3;

// Whether a call's random bytes become the id of a transfer.
bool GivesSomething(const Call& call) {
  return call.method == "OfferService/MakeOffer" || call.method == "DelegationService/AllotSlice";
}

absl::Status At(uint64_t step, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::InternalError(absl::StrCat("step ", step, ": ", status.message()));
}

}  // namespace

Folder::Folder(const std::string& parent) : path_(parent + "/ch8-sim-XXXXXX") {
  Check(mkdtemp(path_.data()) != nullptr, "no folder can be made for signed heads");
}

Folder::~Folder() { std::filesystem::remove_all(path_); }

World::World(const RunOptions& options)
    : options_(options),
      folder_(options.folder),
      random_(options.seed),
      officers_(random_),
      goods_officers_(random_),
      mandate_officers_(random_),
      bookkeepers_(random_) {
  has_mandates_ = random_.OneIn(3);
  size_t count = 2;
  while (count < std::size(kIds) && random_.OneIn(2)) ++count;
  enabled_ = static_cast<uint64_t>(random_.Pick(int64_t{1} << kFaultCount)) |
             static_cast<uint64_t>(random_.Pick(int64_t{1} << kFaultCount));
  services_ = {"finance", "logistics", "witness"};
  if (has_mandates_) services_.insert(services_.begin() + 2, "mandate");
  now_ = absl::FromUnixSeconds(kStartSeconds);
  if (Enabled(Fault::kFork) && random_.OneIn(3)) {
    liar_ = static_cast<size_t>(random_.Pick(static_cast<int64_t>(count)));
  }
  for (size_t organization = 0; organization < count; ++organization) {
    const std::string id(kIds[organization]);
    std::vector<std::string> others(std::begin(kIds), std::begin(kIds) + count);
    others.erase(others.begin() + static_cast<ptrdiff_t>(organization));
    for (const std::string& service : services_) {
      AddNode({.id = id, .service = service, .others = others});
      Node& node = *nodes_.back();
      node.clock().now = now_;
      node.clock().since_boot = absl::Hours(1);
      node.Begin();
      for (const Call& call : FirstCalls(node)) node.Submit(call);
      node.Sync();
      const bool delegates = service == "mandate" && mandate_officers_.Delegates(id);
      for (int i = 0; i < kFirstMandateActs && delegates; ++i) {
        node.Submit(mandate_officers_.Any(id));
        node.Sync();
      }
    }
    witnesses_.push_back(std::make_unique<Witness>(*nodes_.back(), options.bug));
  }
}

void World::AddNode(Node::Options options) {
  const size_t n = nodes_.size();
  options.folder = absl::StrCat(folder_.path(), "/", n);
  options.bug = options_.bug;
  options.directory = &directory_;
  options.on_answer = [this, n](const Answer& answer) { Learn(n, answer); };
  std::filesystem::create_directories(options.folder);
  nodes_.push_back(std::make_unique<Node>(options, random_));
  answers_.emplace_back();
  ids_.emplace_back();
}

size_t World::OrganizationOf(size_t node) const {
  const size_t count = services_.size();
  return node < witnesses_.size() * count ? node / count : *liar_;
}

size_t World::NodeOf(size_t organization, absl::string_view service) const {
  const auto place = std::find(services_.begin(), services_.end(), service);
  return organization * services_.size() + static_cast<size_t>(place - services_.begin());
}

size_t World::Partner(size_t organization) {
  if (random_.OneIn(4)) return OtherOrganization(organization);
  const size_t count = witnesses_.size();
  return (organization + (random_.OneIn(2) ? 1 : count - 1)) % count;
}

size_t World::AnyReader() {
  const size_t node = AnyNode();
  return nodes_[node]->service() == "witness" ? AnyNode() : node;
}

size_t World::AnyToSync() {
  size_t node = AnyNode();
  for (int tries = 0; tries < kTries && !nodes_[node]->has_unsynced(); ++tries) node = AnyNode();
  return node;
}

size_t World::OtherOrganization(size_t organization) {
  const auto others = static_cast<int64_t>(witnesses_.size()) - 1;
  const size_t other = static_cast<size_t>(random_.Pick(others));
  return other < organization ? other : other + 1;
}

bool World::IsForked(size_t node) const {
  return forked_.has_value() && (node == *forked_ || node + 1 == nodes_.size());
}

bool World::Happens(Fault fault, int64_t one_in) {
  const bool chosen = random_.OneIn(one_in);
  if (!chosen || !Enabled(fault)) return false;
  faults_.Count(fault);
  return true;
}

// A repeated request gets its first answer, or none any more.
void World::Learn(size_t node, const Answer& answer) {
  const auto [first, is_new] = answers_[node].emplace(answer.call.request_id, answer);
  if (is_new || !first->second.status.ok()) {
    first->second = answer;
    if (answer.status.ok() && answer.call.method == "TransferService/PostTransfers") {
      auditor_.ReadRowsAnswer(*nodes_[node], answer);
    }
    if (GivesSomething(answer.call)) ids_[node].push_back(answer.call.random);
    if (nodes_[node]->service() == "logistics") return goods_officers_.Learn(answer);
    if (nodes_[node]->service() == "mandate") {
      return mandate_officers_.Learn(nodes_[node]->id(), answer);
    }
    bookkeepers_.Learn(nodes_[node]->id(), answer);
    return officers_.Learn(answer);
  }
  const bool of_rows = answer.call.method == "TransferService/PostTransfers";
  if (of_rows && nodes_[node]->time() > *answer.call.signed_at + kernel::kAnswerLife) {
    return auditor_.ReadRowsAnswer(*nodes_[node], answer);
  }
  const bool same = answer.status.ok() && answer.reply == first->second.reply;
  const bool too_late = kernel::ReasonOf(answer.status) == "EXPIRED";
  if (!same && !too_late) {
    Notice(absl::InternalError(absl::StrCat(nodes_[node]->history(), " answers ",
                                            answer.call.request_id,
                                            " otherwise than before: ", answer.status.message())));
  }
}

// The first slices, before anything fails.
absl::Status World::Arrive() {
  const uint64_t enabled = std::exchange(enabled_, 0);
  for (int round = 0; round < kFirstRounds; ++round) RETURN_IF_ERROR(Round(absl::Seconds(1)));
  enabled_ = enabled;
  return absl::OkStatus();
}

absl::Status World::Live() {
  if (has_mandates_) RETURN_IF_ERROR(At(step_, Arrive()));
  for (step_ = 1; step_ <= options_.steps; ++step_) {
    const absl::Status status = Step();
    RETURN_IF_ERROR(At(step_, noticed_));
    RETURN_IF_ERROR(At(step_, status));
  }
  return absl::OkStatus();
}

absl::Status World::Step() {
  const int64_t choice = random_.Pick(100);
  if (choice < 15) return Act();
  if (choice < 32) {
    AskPeer();
    return absl::OkStatus();
  }
  if (choice < 70) return Deliver();
  if (choice < 72) return ShowHead();
  if (choice < 86) return Sync(AnyToSync());
  if (choice < 92) {
    Pass(absl::Milliseconds(random_.Pick(20'000)));
    TellRecord();
    Node& node = *nodes_[AnyNode()];
    if (node.vouched() || node.restored()) {
      node.Tick();
    } else {
      node.Waive();
    }
    return absl::OkStatus();
  }
  if (choice < 95) {
    nodes_[AnyNode()]->FlushPages();
    return absl::OkStatus();
  }
  return Fail();
}

void World::Pass(absl::Duration time) {
  now_ += time;
  for (const auto& node : nodes_) {
    node->clock().now += time;
    node->clock().since_boot += time;
  }
}

std::vector<Call> World::FirstCalls(const Node& node) {
  if (node.service() == "finance") {
    std::vector<Call> calls = officers_.FirstCalls(node.id());
    for (Call& call : bookkeepers_.FirstCalls()) calls.push_back(std::move(call));
    return calls;
  }
  // Half of the organizations delegate nothing.
  if (node.service() == "mandate" && random_.OneIn(2)) return mandate_officers_.FirstCalls();
  if (node.service() == "logistics") return goods_officers_.FirstCalls(node.id());
  return {};  // Nobody acts on a witness's ledger.
}

Call World::AnyCall(size_t n) {
  const Node& node = *nodes_[n];
  if (node.service() == "mandate") return mandate_officers_.Any(node.id());
  if (node.service() == "finance" && random_.OneIn(8)) return bookkeepers_.Any(node.id());
  const Occasion occasion{
      .organization = node.id(),
      .partner = witnesses_[Partner(OrganizationOf(n))]->node().id(),
      .delegation = has_mandates_ ? mandate_officers_.AnyDelegation(node.id(), node.service()) : "",
      .time = node.clock().Now()};
  return node.service() == "logistics" ? goods_officers_.Any(occasion) : officers_.Any(occasion);
}

absl::Status World::Act() {
  size_t n = AnyNode();
  const auto acts = [&](const Node& node) {
    if (node.service() == "mandate") return mandate_officers_.Delegates(node.id());
    return node.service() != "witness";
  };
  while (!acts(*nodes_[n])) n = AnyNode();
  Node& node = *nodes_[n];
  Call call = AnyCall(n);
  // Of another offer or slice, here or in another organization's ledger of the same kind.
  const size_t other = static_cast<size_t>(random_.Pick(static_cast<int64_t>(witnesses_.size())));
  const std::vector<std::string>& used = ids_[random_.OneIn(2) ? n : NodeOf(other, node.service())];
  if (!used.empty() && GivesSomething(call) && Happens(Fault::kSameRandom, 4)) {
    call.random = random_.PickOf(used);
  }
  node.Submit(std::move(call));
  if (!answers_[n].empty() && Happens(Fault::kRepeat, 4)) RepeatCall(n);
  return absl::OkStatus();
}

void World::RepeatCall(size_t node) {
  auto any = answers_[node].begin();
  std::advance(any, random_.Pick(static_cast<int64_t>(answers_[node].size())));
  nodes_[node]->Submit(any->second.call);
}

absl::Status World::Sync(size_t node) {
  nodes_[node]->Sync();
  ASSIGN_OR_RETURN(const auto note,
                   nodes_[node]->ledger().NoteAtMost(std::numeric_limits<uint64_t>::max()));
  if (note.has_value()) {
    RETURN_IF_ERROR(auditor_.heads().ReadSigned(nodes_[node]->history(), *note));
  }
  for (const auto& each : nodes_) {
    if (!each->restored()) RETURN_IF_ERROR(auditor_.Read(*each));
  }
  return auditor_.CheckAcross();
}

absl::Status World::Start(size_t node, const absl::Status& started) {
  if (!started.ok()) {
    return absl::InternalError(
        absl::StrCat(nodes_[node]->history(), " does not start: ", started.message()));
  }
  if (nodes_[node]->restored()) return absl::OkStatus();
  RETURN_IF_ERROR(auditor_.CheckStart(*nodes_[node]));
  for (const auto& [request_id, answer] : answers_[node]) {
    if (answer.status.ok()) RETURN_IF_ERROR(auditor_.CheckAnswered(*nodes_[node], request_id));
  }
  return absl::OkStatus();
}

absl::Status World::Round(absl::Duration time) {
  for (size_t to = 0; to < nodes_.size(); ++to) {
    for (const size_t from : PeersOf(to)) {
      if (!HasNews(to, from)) continue;
      auto request = nodes_[to]->NextRequest(nodes_[from]->origin());
      if (!request.has_value()) continue;
      RETURN_IF_ERROR(ServePage({.from = to, .to = from, .request = *std::move(request)}));
      while (!messages_.empty()) RETURN_IF_ERROR(Deliver());
      RETURN_IF_ERROR(noticed_);
    }
    RETURN_IF_ERROR(Sync(to));
  }
  Pass(time);
  for (const auto& node : nodes_) node->Tick();
  return absl::OkStatus();
}

absl::Status World::ComeToRest() {
  const int rounds_max = has_mandates_ ? kRoundsMaxWithMandates : kRoundsMax;
  for (int round = 0; round < rounds_max; ++round) {
    RETURN_IF_ERROR(Round(round < kShortRounds ? kShortRound : kRound));
    if (auditor_.CheckAtRest().ok()) break;
  }
  RETURN_IF_ERROR(auditor_.CheckAtRest());
  const int to_quiet = kRoundsToQuiet + (has_mandates_ ? kMoreWithMandates : 0) +
                       (forked_.has_value() ? kMoreWithLiar : 0);
  for (int round = 0; round < to_quiet; ++round) RETURN_IF_ERROR(Round(kRound));
  std::vector<uint64_t> sizes;
  for (const auto& node : nodes_) sizes.push_back(node->ledger().durable_size());
  for (int round = 0; round < kRoundsQuiet; ++round) RETURN_IF_ERROR(Round(kRound));
  for (size_t n = 0; n < nodes_.size(); ++n) {
    if (nodes_[n]->ledger().durable_size() == sizes[n]) continue;
    return absl::InternalError(
        absl::StrCat(nodes_[n]->history(), " grows for ever, though nothing happens"));
  }
  return absl::OkStatus();
}

absl::Status World::Heal() {
  const auto heal = [&]() -> absl::Status {
    enabled_ = 0;
    messages_.clear();
    cut_until_.clear();
    for (size_t n = 0; n < nodes_.size(); ++n) {
      if (nodes_[n]->restored()) RETURN_IF_ERROR(Start(n, nodes_[n]->RestoreTruth()));
    }
    // A ledger's time never goes back: where a clock was decades ahead, the others catch up.
    for (const auto& node : nodes_) now_ = std::max({now_, node->clock().Now(), node->time()});
    for (size_t n = 0; n < nodes_.size(); ++n) {
      nodes_[n]->clock().now = now_;
      RETURN_IF_ERROR(Start(n, nodes_[n]->Restart()));
      if (!nodes_[n]->vouched()) nodes_[n]->Waive();
      for (const auto& witness : witnesses_) {
        nodes_[n]->LearnRecord(witness->node().trust_domain());
      }
      RETURN_IF_ERROR(Sync(n));
    }
    RETURN_IF_ERROR(ComeToRest());
    for (const auto& node : nodes_) RETURN_IF_ERROR(auditor_.CheckState(*node));
    return absl::OkStatus();
  };
  return At(step_, heal());
}

RunReport World::Report() const {
  RunReport report{.faults = faults_, .counts = auditor_.counts()};
  for (const auto& node : nodes_) {
    const uint64_t size = node->ledger().durable_size();
    report.entries += size;
    report.roots.push_back(node->ledger().RootAt(size).value_or(Hash()));
  }
  return report;
}

RunReport Run(const RunOptions& options) {
  ForgetCheckedSignatures();
  World world(options);
  absl::Status status = world.Live();
  if (status.ok()) status = world.Heal();
  RunReport report = world.Report();
  report.status = status;
  return report;
}

}  // namespace ch8::sim
