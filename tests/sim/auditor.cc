#include "tests/sim/auditor.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/federation/core/peer_log.h"
#include "services/kernel/execute.h"
#include "services/kernel/kept_check.h"
#include "services/kernel/replayed_rows.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/fsck.h"
#include "tests/sim/broken.h"

namespace ch8::sim {
namespace {

using chapter8::books::v1::AccountOpened;
using chapter8::books::v1::Posting;
using chapter8::books::v1::TransferStep;
using chapter8::ledger::v1::Delivery;
using chapter8::ledger::v1::Request;

bool HoldsGoods(absl::string_view origin) { return absl::EndsWith(origin, "/ch8/logistics"); }

}  // namespace

absl::Status Auditor::Read(const Node& node) {
  Model& model = ledgers_[node.history()];
  model.origin = node.origin();
  const MemLedger& ledger = node.ledger();
  if (ledger.durable_size() < model.leaves.size()) {
    return Broken(node.history(), " has ", ledger.durable_size(), " entries after ",
                  model.leaves.size(), " were durable");
  }
  if (ledger.durable_size() == model.leaves.size()) return absl::OkStatus();
  grown_ = true;
  absl::Status status;
  RETURN_IF_ERROR(
      ledger.ReadEntries(model.leaves.size(), ledger.durable_size(), [&](const Entry& stored) {
        const Hash leaf_hash = EntryLeafHash(ledger.log_id(), stored);
        chapter8::ledger::v1::Entry entry;
        const bool is_row = model.rows_left > 0;
        if (is_row) {
          status = ReadRow(model, stored);
        } else if (entry.ParseFromString(std::string(stored.payload))) {
          status = ReadForm(model, stored, leaf_hash, entry);
        } else {
          status = Broken("does not parse");
        }
        if (!status.ok()) {
          status = Broken(node.history(), " entry ", stored.index, ": ", status.message());
          return false;
        }
        if (!is_row) status = ReadEntry(node.history(), model, entry);
        model.leaves.push_back(leaf_hash);
        return status.ok();
      }));
  RETURN_IF_ERROR(status);
  ASSIGN_OR_RETURN(model.root, ledger.RootAt(model.leaves.size()));
  return absl::OkStatus();
}

absl::Status Auditor::ReadForm(Model& model, const Entry& stored, const Hash& leaf_hash,
                               const chapter8::ledger::v1::Entry& entry) {
  const bool is_step = entry.has_step();
  if (is_step != (stored.tag != Tag{})) return Broken("a step without a tag, or a tag without one");
  if (is_step) model.steps.insert(stored.index);
  if (is_step && !model.tags.insert(stored.tag).second) return Broken("its tag occurs twice");
  for (const auto& address : entry.addresses()) {
    Addressed& last = model.addressed[address.recipient()];
    if (address.number() != last.number + 1 || address.previous_leaf_hash() != last.leaf_hash) {
      return Broken("outside the chain addressed to ", address.recipient());
    }
    last = {address.number(), std::string(leaf_hash.view())};
  }
  return absl::OkStatus();
}

absl::Status Auditor::ReadEntry(const std::string& history, Model& model,
                                const chapter8::ledger::v1::Entry& entry) {
  const std::string place = absl::StrCat(history, " entry ", model.leaves.size(), ": ");
  for (const AccountOpened& opened : entry.accounts()) {
    const bool is_new =
        model.accounts
            .emplace(opened.account(),
                     Account{.unit = opened.unit(),
                             .floor = opened.floor() == AccountOpened::CREDIT_BALANCE,
                             .bulk = opened.bulk()})
            .second;
    if (!is_new) return Broken(place, "account ", opened.account(), " is opened twice");
  }
  for (const Posting& posting : entry.postings()) {
    const absl::Status status = ReadPosting(model, posting);
    if (!status.ok()) return Broken(place, status.message());
  }
  if (HoldsGoods(model.origin) && history == model.origin) {
    const absl::Status status =
        goods_.Read(history, entry,
                    model.receives ? GoodsAuditor::Source::kReceived : GoodsAuditor::Source::kOwn);
    if (!status.ok()) return Broken(place, status.message());
  }
  RETURN_IF_ERROR(CheckStepPosting(place, entry));
  KeepTogether(model, entry);
  if (history == model.origin) {
    const absl::Status status = ceilings_.Read(history, entry);
    if (!status.ok()) return Broken(place, status.message());
  }
  if (entry.has_request()) return ReadRequest(history, model, entry.request());
  absl::Status status;
  if (entry.has_step()) status = ReadStep(history, model, entry.step(), true);
  if (entry.has_peer_step()) status = ReadStep(history, model, entry.peer_step(), false);
  // Of two histories each hears what others answered to the other.
  return twins_.contains(model.origin) ? absl::OkStatus() : status;
}

// What an own step says of quantities is what it moves under the transfer's hold.
absl::Status Auditor::CheckStepPosting(const std::string& place,
                                       const chapter8::ledger::v1::Entry& entry) {
  if (!entry.has_step()) return absl::OkStatus();
  const TransferStep& step = entry.step();
  uint64_t moved = 0;
  for (const Posting& posting : entry.postings()) {
    if (posting.hold_id() == step.transfer_id()) moved += posting.amount();
  }
  const uint64_t said = step.post().quantity() + step.mirror().quantity();
  if (moved == said) return absl::OkStatus();
  return Broken(place, "a step of ", said, " moves ", moved);
}

void Auditor::KeepTogether(Model& model, const chapter8::ledger::v1::Entry& entry) {
  std::set<std::string> opened;
  for (const Posting& posting : entry.postings()) {
    if (posting.hold() > 0) opened.insert(posting.hold_id());
  }
  if (opened.size() < 2) return;
  for (const std::string& id : opened) model.opened_with[id] = opened;
}

absl::Status Auditor::ReadRequest(const std::string& history, Model& model,
                                  const Request& request) {
  const std::string place = absl::StrCat(history, " entry ", model.leaves.size(), ": ");
  if (request.time_us() < model.time_us) return Broken(place, "its time is before the last one's");
  model.time_us = request.time_us();
  model.receives = request.has_delivery();
  model.request_index = model.leaves.size();
  const bool of_rows = absl::EndsWith(request.method(), "/PostTransfers");
  model.rows_left = of_rows ? request.rows() : 0;
  if (!request.request_id().empty()) {
    const auto [known, is_new] = model.requests.emplace(
        std::pair(request.caller(), request.request_id()), request.time_us());
    // Rows whose answer is forgotten are decided anew, and each of them applies once in all.
    const int64_t forgotten_us = known->second + absl::ToInt64Microseconds(kernel::kAnswerLife);
    if (!is_new && !(of_rows && request.time_us() > forgotten_us)) {
      return Broken(place, "request ", request.request_id(), " has a second effect");
    }
    known->second = request.time_us();
  }
  if (!request.has_delivery()) return absl::OkStatus();
  const Delivery& delivery = request.delivery();
  Chain& chain = model.chains[delivery.origin()];
  const bool was_parked = chain.parked.erase(delivery.number()) > 0;
  if (!was_parked && delivery.number() != chain.newest + 1) {
    return Broken(place, "takes number ", delivery.number(), " of ", delivery.origin(), " after ",
                  chain.newest);
  }
  if (!was_parked) chain.newest = delivery.number();
  if (delivery.verdict() == Delivery::DEFER) chain.parked.insert(delivery.number());
  claims_.push_back({history, delivery.origin(), delivery.index(), delivery.leaf_hash(),
                     delivery.verdict() == Delivery::REFUSE ? delivery.reason() : ""});
  return absl::OkStatus();
}

absl::Status Auditor::ReadPosting(Model& model, const Posting& posting) {
  const auto debit = model.accounts.find(posting.debit_account());
  const auto credit = model.accounts.find(posting.credit_account());
  if (debit == model.accounts.end() || credit == model.accounts.end() ||
      debit->second.unit != credit->second.unit) {
    return Broken("a posting between accounts that do not fit");
  }
  if (posting.hold() > 0 &&
      !model.holds
           .emplace(posting.hold_id(), Hold{.amount = posting.hold(),
                                            .debit_account = posting.debit_account(),
                                            .credit_account = posting.credit_account()})
           .second) {
    return Broken("the id of a hold is used twice");
  }
  if (posting.release() > 0) {
    const auto hold = model.holds.find(posting.hold_id());
    if (hold == model.holds.end() || !hold->second.open ||
        hold->second.amount != posting.release() || posting.amount() > posting.release() ||
        hold->second.debit_account != posting.debit_account() ||
        hold->second.credit_account != posting.credit_account()) {
      return Broken("a hold ends that is not open, or not as it was opened");
    }
    hold->second.open = false;
  }
  debit->second.debits += posting.amount();
  debit->second.debits_held += posting.hold() - posting.release();
  credit->second.credits += posting.amount();
  credit->second.credits_held += posting.hold() - posting.release();
  if (debit->second.floor &&
      debit->second.debits + debit->second.debits_held > debit->second.credits) {
    return Broken("account ", posting.debit_account(), " falls below its floor");
  }
  return absl::OkStatus();
}

absl::Status Auditor::ReadStep(const std::string& history, Model& model, const TransferStep& step,
                               bool own) {
  const TransferKey key(step.giver_origin(), step.transfer_id());
  Half& half = model.halves[key];
  half.giver = step.giver_origin() == model.origin;
  half.other = half.giver ? step.receiver_origin() : step.giver_origin();
  const std::string place = absl::StrCat(history, " entry ", model.leaves.size(), ": ");
  switch (step.step_case()) {
    case TransferStep::kReserve:
      if (half.reserved) return Broken(place, "a second RESERVE");
      half.reserved = true;
      half.quantity = step.reserve().quantity();
      half.quantity_min = step.reserve().quantity_min();
      return absl::OkStatus();
    case TransferStep::kAccept:
    case TransferStep::kReject:
      if (!half.reserved) return Broken(place, "an answer without a RESERVE");
      if (half.answered) return Broken(place, "a second answer");
      half.answered = true;
      if (step.has_reject()) return absl::OkStatus();
      half.accepted = step.accept().quantity();
      if (*half.accepted < half.quantity_min || *half.accepted > half.quantity) {
        return Broken(place, "ACCEPT of what was not offered");
      }
      return absl::OkStatus();
    case TransferStep::kPost:
    case TransferStep::kVoid:
      if (half.ended.has_value()) return Broken(place, "a second POST or VOID");
      half.ended = step.post().quantity();
      if (step.has_void_()) return absl::OkStatus();
      if (own) ++counts_.posted;
      if (!half.accepted.has_value()) return Broken(place, "POST without an ACCEPT");
      if (half.ended > half.accepted || *half.ended < half.quantity_min) {
        return Broken(place, "POST of what was not accepted");
      }
      return absl::OkStatus();
    case TransferStep::kMirror:
      if (half.mirrored.has_value()) return Broken(place, "a second MIRROR");
      half.mirrored = step.mirror().quantity();
      if (half.mirrored != half.ended) return Broken(place, "MIRROR of another quantity");
      if (own) mirrors_.emplace_back(history, key);
      return absl::OkStatus();
    case TransferStep::kSettled:
      if (!half.mirrored.has_value()) return Broken(place, "SETTLED without a MIRROR");
      half.settled = true;
      return absl::OkStatus();
    case TransferStep::STEP_NOT_SET:
      return Broken(place, "a step of no kind");
  }
  return Broken(place, "a step of a kind that this auditor does not know");
}

void Auditor::Fork(const Node& first, const Node& twin) {
  const uint64_t size = first.ledger().durable_size();
  // What both have said so far is true of both.
  ledgers_[twin.history()] = ledgers_[first.history()];
  heads_.Fork(first.origin(), {.history = twin.history(), .size = size});
  twins_[first.origin()] = twin.history();
  liar_ = first.trust_domain();
  goods_forked_ = HoldsGoods(first.origin());
}

std::vector<const Auditor::Model*> Auditor::HistoriesOf(const std::string& origin) const {
  std::vector<const Model*> histories;
  const auto first = ledgers_.find(origin);
  if (first != ledgers_.end()) histories.push_back(&first->second);
  const auto twin = twins_.find(origin);
  if (twin != twins_.end()) histories.push_back(&ledgers_.at(twin->second));
  return histories;
}

bool Auditor::IsOfLiar(const std::string& origin) const {
  return !liar_.empty() && absl::StartsWith(origin, absl::StrCat(liar_, "/"));
}

absl::Status Auditor::CheckAcross() {
  if (!std::exchange(grown_, false)) return absl::OkStatus();
  for (const Claim& claim : claims_) {
    bool same = false;
    bool there = false;
    for (const Model* history : HistoriesOf(claim.origin)) {
      there = there || claim.index < history->leaves.size();
      same = same || (claim.index < history->leaves.size() &&
                      history->leaves[claim.index].view() == claim.leaf_hash);
    }
    if (!there) {
      return Broken(claim.by, " has taken entry ", claim.index, " of ", claim.origin,
                    ", which has less durable ones");
    }
    if (!claim.refused.empty() && !IsOfLiar(claim.origin) && !IsOfLiar(claim.by)) {
      const Model& honest = ledgers_.at(claim.origin);
      if (honest.steps.contains(claim.index)) {
        return Broken(claim.by, " refuses a step of ", claim.origin,
                      ", which is sound: ", claim.refused);
      }
    }
    if (!same) {
      return Broken(claim.by, " has taken another entry ", claim.index, " than ", claim.origin,
                    " has");
    }
  }
  claims_.clear();
  for (const auto& [receiver, key] : mirrors_) {
    const std::optional<uint64_t> mirrored = ledgers_[receiver].halves[key].mirrored;
    bool same = false;
    for (const Model* history : HistoriesOf(key.first)) {
      const auto there = history->halves.find(key);
      same = same || (there != history->halves.end() && there->second.ended == mirrored);
    }
    if (!same) return Broken(receiver, " has mirrored what ", key.first, " did not log");
  }
  mirrors_.clear();
  for (const auto& [history, answer] : rows_answers_) {
    RETURN_IF_ERROR(CheckRowsAnswer(history, ledgers_.at(history), answer));
  }
  rows_answers_.clear();
  RETURN_IF_ERROR(ceilings_.Check(liar_));
  return goods_forked_ ? absl::OkStatus() : goods_.Check();
}

absl::Status Auditor::CheckStart(const Node& node) {
  const Model& model = ledgers_[node.history()];
  const MemLedger& ledger = node.ledger();
  if (ledger.durable_size() < model.leaves.size()) {
    return Broken(node.history(), " comes back with ", ledger.durable_size(), " of ",
                  model.leaves.size(), " durable entries");
  }
  ASSIGN_OR_RETURN(const Hash root, ledger.RootAt(model.leaves.size()));
  if (!model.leaves.empty() && root != model.root) {
    return Broken(node.history(), " comes back with another history");
  }
  RETURN_IF_ERROR(Read(node));
  return CheckState(node);
}

absl::Status Auditor::CheckState(const Node& node) const {
  const Model& model = ledgers_.at(node.history());
  for (const auto& [number, account] : model.accounts) {
    const absl::StatusOr<kernel::Balance> balance = node.books().Find(number);
    if (!balance.ok()) return Broken(node.origin(), " has lost account ", number);
    if (balance->debits_posted != account.debits || balance->credits_posted != account.credits ||
        balance->debits_held != account.debits_held ||
        balance->credits_held != account.credits_held) {
      return Broken(node.origin(), ": account ", number, " is not what its postings come to");
    }
  }
  ASSIGN_OR_RETURN(const auto rows, kernel::CompareRows(node.ledger(), node.machine()));
  if (rows.difference.has_value()) return Broken(node.origin(), ": ", *rows.difference);
  ASSIGN_OR_RETURN(const auto kept, kernel::CheckKept(node.ledger()));
  if (kept.difference.has_value()) return Broken(node.origin(), ": ", *kept.difference);
  for (const auto& [other, delivery] : kept.last_deliveries) {
    const auto row =
        node.ledger().TakeSnapshot()->Get(Table::kPeer, federation::PeerStateKey(other));
    ASSIGN_OR_RETURN(const auto state, federation::PeerStateFrom(other, row.value()));
    if (state.last_number() != delivery.number() ||
        state.last_leaf_hash() != delivery.leaf_hash() ||
        state.verified_size() < delivery.checkpoint_size()) {
      return Broken(node.origin(), " remembers another last entry of ", other, " than it took");
    }
  }
  RETURN_IF_ERROR(heads_.CheckClaims(node.ledger()));
  if (node.service() == "witness") {
    RETURN_IF_ERROR(heads_.CheckRemembered(node.trust_domain(), node.ledger()));
  }
  ASSIGN_OR_RETURN(const FsckReport log, Fsck(node.ledger(), node.ledger().stored_log()));
  if (log.difference.has_value()) return Broken(node.origin(), ": ", Describe(*log.difference));
  return absl::OkStatus();
}

absl::Status Auditor::CheckAnswered(const Node& node, const std::string& request_id) const {
  const Model& model = ledgers_.at(node.history());
  for (const auto& [caller_and_id, time_us] : model.requests) {
    if (caller_and_id.second == request_id) return absl::OkStatus();
  }
  return Broken(node.origin(), " has answered ", request_id, ", which is not in its log");
}

absl::Status Auditor::CheckHalfAtRest(const Model& model, const TransferKey& key,
                                      const Half& half) const {
  if (!half.ended.has_value()) {
    return Broken(model.origin, ": a transfer of ", key.first, " for ", half.quantity,
                  " never ends", half.reserved ? "" : "; its RESERVE never came",
                  half.answered ? "; it is answered" : "");
  }
  if (half.giver && !half.settled && half.answered) {
    return Broken(model.origin, ": a transfer is never settled");
  }
  if (!half.giver && half.mirrored != ledgers_.at(key.first).halves.at(key).ended) {
    return Broken(model.origin, ": a transfer ended otherwise than at ", key.first);
  }
  return absl::OkStatus();
}

std::set<std::string> Auditor::HoldsWithLiar(const Model& model) const {
  std::set<std::string> ids;
  for (const auto& [key, half] : model.halves) {
    if (!IsOfLiar(half.other)) continue;
    ids.insert(key.second);
    const auto beside = model.opened_with.find(key.second);
    if (beside != model.opened_with.end()) ids.insert(beside->second.begin(), beside->second.end());
  }
  return ids;
}

absl::Status Auditor::CheckAtRest() const {
  for (const auto& [history, model] : ledgers_) {
    if (IsOfLiar(model.origin)) continue;
    const std::set<std::string> with_liar = HoldsWithLiar(model);
    for (const auto& [id, hold] : model.holds) {
      if (hold.open && !hold.of_row && !with_liar.contains(id)) {
        return Broken(history, ": a hold is open for ever");
      }
    }
    for (const auto& [other, chain] : model.chains) {
      if (!chain.parked.empty() && !IsOfLiar(other)) {
        return Broken(history, ": entry ", *chain.parked.begin(), " of ", other,
                      " is parked for ever");
      }
    }
    for (const auto& [key, half] : model.halves) {
      if (!IsOfLiar(half.other)) RETURN_IF_ERROR(CheckHalfAtRest(model, key, half));
    }
  }
  RETURN_IF_ERROR(ceilings_.CheckAtRest(liar_));
  return liar_.empty() ? goods_.CheckAtRest() : absl::OkStatus();
}

}  // namespace ch8::sim
