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

namespace ch8::sim {
namespace {

constexpr absl::string_view kIds[] = {"un", "au", "ecowas", "sadc", "igad", "eccas", "eu"};
// 2 March 2026, 09:00 UTC.
constexpr int64_t kStartSeconds = 1'772'442'000;
constexpr absl::Duration kYear = absl::Hours(24 * 365);
// How long the healed world may take to come to rest: all holds end within half an hour.
constexpr int kRoundsMax = 60;
constexpr absl::Duration kRound = absl::Minutes(2);

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
    : options_(options), folder_(options.folder), random_(options.seed), officers_(random_) {
  size_t count = 2;
  while (count < std::size(kIds) && random_.OneIn(2)) ++count;
  enabled_ = static_cast<uint64_t>(random_.Pick(int64_t{1} << kFaultCount)) |
             static_cast<uint64_t>(random_.Pick(int64_t{1} << kFaultCount));
  now_ = absl::FromUnixSeconds(kStartSeconds);
  answers_.resize(count);
  ids_.resize(count);
  for (size_t n = 0; n < count; ++n) {
    std::vector<std::string> others(std::begin(kIds), std::begin(kIds) + count);
    others.erase(others.begin() + static_cast<ptrdiff_t>(n));
    const std::string folder = absl::StrCat(folder_.path(), "/", kIds[n]);
    std::filesystem::create_directories(folder);
    nodes_.push_back(std::make_unique<Node>(
        Node::Options{.id = std::string(kIds[n]),
                      .others = std::move(others),
                      .folder = folder,
                      .bug = options.bug,
                      .on_answer = [this, n](const Answer& answer) { Learn(n, answer); }},
        random_));
    nodes_.back()->clock().now = now_;
    nodes_.back()->clock().since_boot = absl::Hours(1);
    nodes_.back()->Begin();
    for (const Call& call : officers_.FirstCalls(std::string(kIds[n]))) nodes_.back()->Submit(call);
    nodes_.back()->Sync();
  }
}

size_t World::Other(size_t node) {
  const size_t other = static_cast<size_t>(random_.Pick(static_cast<int64_t>(nodes_.size() - 1)));
  return other < node ? other : other + 1;
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
    if (answer.call.method == "OfferService/MakeOffer") ids_[node].push_back(answer.call.random);
    return officers_.Learn(answer);
  }
  const bool same = answer.status.ok() && answer.reply == first->second.reply;
  const bool too_late = kernel::ReasonOf(answer.status) == "EXPIRED";
  if (!same && !too_late) {
    answer_status_ =
        absl::InternalError(absl::StrCat(nodes_[node]->id(), " answers ", answer.call.request_id,
                                         " otherwise than before: ", answer.status.message()));
  }
}

absl::Status World::Live() {
  for (step_ = 1; step_ <= options_.steps; ++step_) {
    RETURN_IF_ERROR(At(step_, Step()));
    RETURN_IF_ERROR(At(step_, answer_status_));
  }
  return absl::OkStatus();
}

absl::Status World::Step() {
  const int64_t choice = random_.Pick(100);
  if (choice < 18) return Act();
  if (choice < 38) {
    AskPeer();
    return absl::OkStatus();
  }
  if (choice < 70) return Deliver();
  if (choice < 86) return Sync(AnyNode());
  if (choice < 92) {
    Pass(absl::Milliseconds(random_.Pick(20'000)));
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

absl::Status World::Act() {
  const size_t n = AnyNode();
  Node& node = *nodes_[n];
  std::vector<std::string> others;
  for (const auto& other : nodes_) {
    if (other->id() != node.id()) others.push_back(other->id());
  }
  Call call = officers_.Any(node.id(), others, node.clock().Now());
  if (!ids_[n].empty() && call.method == "OfferService/MakeOffer" &&
      Happens(Fault::kSameRandom, 4)) {
    call.random = random_.PickOf(ids_[n]);
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

void World::AskPeer() {
  const size_t from = AnyNode();
  const size_t to = Other(from);
  auto request = nodes_[from]->NextRequest(nodes_[to]->origin());
  if (!request.has_value()) return;
  request->set_entries_max(static_cast<uint32_t>(random_.Pick(8)));
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
  const auto cut = cut_until_.find(std::minmax(message.from, message.to));
  if (cut != cut_until_.end() && cut->second > step_) return absl::OkStatus();
  return message.is_page ? TakePage(message) : ServePage(message);
}

absl::Status World::ServePage(const Message& asked) {
  Node& node = *nodes_[asked.to];
  if (Happens(Fault::kSilence, 8)) return absl::OkStatus();
  const std::string caller = nodes_[asked.from]->trust_domain();
  Message page{.is_page = true, .from = asked.to, .to = asked.from, .request = asked.request};
  if (Enabled(Fault::kOtherHistory) && random_.OneIn(4)) {
    const uint64_t verified_size = nodes_[asked.from]->VerifiedSize(node.origin());
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
  RETURN_IF_ERROR(auditor_.ReadNote(response->checkpoint_note()));
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
  const absl::Status taken =
      nodes_[page.to]->Take(peer.origin(), peer.key(), page.request, page.response);
  if (taken.ok() && page.lie) {
    return absl::InternalError(
        absl::StrCat(nodes_[page.to]->id(), " believes a lie of ", peer.id()));
  }
  return absl::OkStatus();
}

absl::Status World::Sync(size_t node) {
  nodes_[node]->Sync();
  ASSIGN_OR_RETURN(const auto note,
                   nodes_[node]->ledger().NoteAtMost(std::numeric_limits<uint64_t>::max()));
  if (note.has_value()) RETURN_IF_ERROR(auditor_.ReadNote(*note));
  for (const auto& each : nodes_) {
    if (!each->restored()) RETURN_IF_ERROR(auditor_.Read(*each));
  }
  return auditor_.CheckAcross();
}

absl::Status World::Start(size_t node, const absl::Status& started) {
  if (!started.ok()) {
    return absl::InternalError(
        absl::StrCat(nodes_[node]->id(), " does not start: ", started.message()));
  }
  if (nodes_[node]->restored()) return absl::OkStatus();
  RETURN_IF_ERROR(auditor_.CheckStart(*nodes_[node]));
  for (const auto& [request_id, answer] : answers_[node]) {
    if (answer.status.ok()) RETURN_IF_ERROR(auditor_.CheckAnswered(*nodes_[node], request_id));
  }
  return absl::OkStatus();
}

absl::Status World::Fail() {
  const size_t n = AnyNode();
  switch (random_.Pick(8)) {
    case 0:
      if (Happens(Fault::kPartition, 1)) {
        cut_until_[std::minmax(n, Other(n))] = step_ + 1 + static_cast<uint64_t>(random_.Pick(80));
      }
      return absl::OkStatus();
    case 1:
      return FailClock(n);
    case 2:
      nodes_[n]->clock().now = now_;
      return absl::OkStatus();
    case 3:
      if (!nodes_[n]->restored() && random_.OneIn(2)) nodes_[n]->TakeBackup();
      return absl::OkStatus();
    default:
      return FailMachine(n);
  }
}

absl::Status World::FailMachine(size_t n) {
  Node& node = *nodes_[n];
  if (node.restored()) return Start(n, node.RestoreTruth());
  if (node.has_backup() && Happens(Fault::kRestore, 6)) {
    const absl::Status started = node.RestoreBackup();
    if (!node.restored()) {
      auditor_.Forget(node);
      answers_[n].clear();
    }
    return Start(n, started);
  }
  if (Happens(Fault::kReboot, 4)) return Start(n, node.Reboot());
  const Fault crash = node.has_unsynced()    ? Fault::kCrashUnsynced
                      : node.has_unflushed() ? Fault::kCrashPages
                                             : Fault::kCrash;
  return Happens(crash, 1) ? Start(n, node.Restart()) : absl::OkStatus();
}

absl::Status World::FailClock(size_t n) {
  SimClock& clock = nodes_[n]->clock();
  if (Happens(Fault::kClockForward, 3)) {
    clock.now +=
        random_.OneIn(2) ? absl::Minutes(1 + random_.Pick(60)) : kYear * (1 + random_.Pick(40));
  } else if (Happens(Fault::kClockBack, 3)) {
    clock.now -=
        random_.OneIn(2) ? absl::Minutes(1 + random_.Pick(60)) : kYear * (1 + random_.Pick(40));
  }
  return absl::OkStatus();
}

absl::Status World::Round() {
  for (size_t to = 0; to < nodes_.size(); ++to) {
    for (size_t from = 0; from < nodes_.size(); ++from) {
      if (from == to) continue;
      auto request = nodes_[to]->NextRequest(nodes_[from]->origin());
      if (!request.has_value()) continue;
      RETURN_IF_ERROR(ServePage({.from = to, .to = from, .request = *std::move(request)}));
      while (!messages_.empty()) RETURN_IF_ERROR(Deliver());
    }
    RETURN_IF_ERROR(Sync(to));
  }
  Pass(kRound);
  for (const auto& node : nodes_) node->Tick();
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
      RETURN_IF_ERROR(Sync(n));
    }
    for (int round = 0; round < kRoundsMax; ++round) {
      RETURN_IF_ERROR(Round());
      if (auditor_.CheckAtRest().ok()) break;
    }
    for (const auto& node : nodes_) RETURN_IF_ERROR(auditor_.CheckState(*node));
    return auditor_.CheckAtRest();
  };
  return At(step_, heal());
}

RunReport World::Report() const {
  RunReport report{.faults = faults_, .posted = auditor_.posted_count()};
  for (const auto& node : nodes_) {
    const uint64_t size = node->ledger().durable_size();
    report.entries += size;
    report.roots.push_back(node->ledger().RootAt(size).value_or(Hash()));
  }
  return report;
}

RunReport Run(const RunOptions& options) {
  World world(options);
  absl::Status status = world.Live();
  if (status.ok()) status = world.Heal();
  RunReport report = world.Report();
  report.status = status;
  return report;
}

}  // namespace ch8::sim
