#include "tests/sim/auditor.h"

#include "absl/strings/str_cat.h"
#include "services/federation/core/peer_log.h"
#include "services/kernel/kept_check.h"
#include "services/kernel/replayed_rows.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/fsck.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/note.h"

namespace ch8::sim {
namespace {

using chapter8::books::v1::AccountOpened;
using chapter8::books::v1::Posting;
using chapter8::books::v1::TransferStep;
using chapter8::ledger::v1::Delivery;
using chapter8::ledger::v1::Request;

template <typename... Parts>
absl::Status Broken(const Parts&... parts) {
  return absl::InternalError(absl::StrCat(parts...));
}

}  // namespace

absl::Status Auditor::Read(const Node& node) {
  Model& model = ledgers_[node.origin()];
  const MemLedger& ledger = node.ledger();
  if (ledger.durable_size() < model.leaves.size()) {
    return Broken(node.origin(), " has ", ledger.durable_size(), " entries after ",
                  model.leaves.size(), " were durable");
  }
  absl::Status status;
  RETURN_IF_ERROR(
      ledger.ReadEntries(model.leaves.size(), ledger.durable_size(), [&](const Entry& stored) {
        const Hash leaf_hash = EntryLeafHash(ledger.log_id(), stored);
        chapter8::ledger::v1::Entry entry;
        status = entry.ParseFromString(std::string(stored.payload))
                     ? ReadForm(model, stored, leaf_hash, entry)
                     : Broken("does not parse");
        if (!status.ok()) {
          status = Broken(node.origin(), " entry ", stored.index, ": ", status.message());
          return false;
        }
        status = ReadEntry(node.origin(), model, entry);
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

absl::Status Auditor::ReadEntry(const std::string& origin, Model& model,
                                const chapter8::ledger::v1::Entry& entry) {
  const std::string place = absl::StrCat(origin, " entry ", model.leaves.size(), ": ");
  for (const AccountOpened& opened : entry.accounts()) {
    const bool is_new =
        model.accounts
            .emplace(opened.account(),
                     Account{.unit = opened.unit(),
                             .floor = opened.floor() == AccountOpened::CREDIT_BALANCE})
            .second;
    if (!is_new) return Broken(place, "account ", opened.account(), " is opened twice");
  }
  for (const Posting& posting : entry.postings()) {
    const absl::Status status = ReadPosting(model, posting);
    if (!status.ok()) return Broken(place, status.message());
  }
  if (entry.has_request()) return ReadRequest(origin, model, entry.request());
  if (entry.has_step()) return ReadStep(origin, model, entry.step(), true);
  if (entry.has_peer_step()) return ReadStep(origin, model, entry.peer_step(), false);
  return absl::OkStatus();
}

absl::Status Auditor::ReadRequest(const std::string& origin, Model& model, const Request& request) {
  const std::string place = absl::StrCat(origin, " entry ", model.leaves.size(), ": ");
  if (request.time_us() < model.time_us) return Broken(place, "its time is before the last one's");
  model.time_us = request.time_us();
  if (!request.request_id().empty() &&
      !model.requests.emplace(request.caller(), request.request_id()).second) {
    return Broken(place, "request ", request.request_id(), " has a second effect");
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
  claims_.push_back({origin, delivery.origin(), delivery.index(), delivery.leaf_hash()});
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
      !model.holds.emplace(posting.hold_id(), Hold{.amount = posting.hold()}).second) {
    return Broken("a hold is opened twice");
  }
  if (posting.release() > 0) {
    const auto hold = model.holds.find(posting.hold_id());
    if (hold == model.holds.end() || !hold->second.open ||
        hold->second.amount != posting.release()) {
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

absl::Status Auditor::ReadStep(const std::string& origin, Model& model, const TransferStep& step,
                               bool own) {
  const TransferKey key(step.giver_origin(), step.transfer_id());
  Half& half = model.halves[key];
  half.giver = step.giver_origin() == origin;
  const std::string place = absl::StrCat(origin, " entry ", model.leaves.size(), ": ");
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
      if (own) ++posted_count_;
      if (!half.accepted.has_value()) return Broken(place, "POST without an ACCEPT");
      if (half.ended > half.accepted || *half.ended < half.quantity_min) {
        return Broken(place, "POST of what was not accepted");
      }
      return absl::OkStatus();
    case TransferStep::kMirror:
      if (half.mirrored.has_value()) return Broken(place, "a second MIRROR");
      half.mirrored = step.mirror().quantity();
      if (half.mirrored != half.ended) return Broken(place, "MIRROR of another quantity");
      if (own) mirrors_.emplace_back(origin, key);
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

absl::Status Auditor::ReadNote(const std::string& signed_note) {
  ASSIGN_OR_RETURN(const Note note, ParseNote(signed_note));
  ASSIGN_OR_RETURN(const Checkpoint head, ParseCheckpoint(note.text));
  const auto [known, is_new] = heads_.emplace(std::make_pair(head.origin, head.size), head.root);
  if (!is_new && known->second != head.root) {
    return Broken(head.origin, " signed two roots of ", head.size, " entries");
  }
  return absl::OkStatus();
}

absl::Status Auditor::CheckAcross() {
  for (const Claim& claim : claims_) {
    const Model& there = ledgers_[claim.origin];
    if (claim.index >= there.leaves.size()) {
      return Broken(claim.by, " has taken entry ", claim.index, " of ", claim.origin,
                    ", which has ", there.leaves.size(), " durable ones");
    }
    if (there.leaves[claim.index].view() != claim.leaf_hash) {
      return Broken(claim.by, " has taken another entry ", claim.index, " than ", claim.origin,
                    " has");
    }
  }
  claims_.clear();
  for (const auto& [receiver, key] : mirrors_) {
    const Half& here = ledgers_[receiver].halves[key];
    const Half& there = ledgers_[key.first].halves[key];
    if (there.ended != here.mirrored) {
      return Broken(receiver, " has mirrored what ", key.first, " did not log");
    }
  }
  mirrors_.clear();
  return absl::OkStatus();
}

absl::Status Auditor::CheckStart(const Node& node) {
  const Model& model = ledgers_[node.origin()];
  const MemLedger& ledger = node.ledger();
  if (ledger.durable_size() < model.leaves.size()) {
    return Broken(node.origin(), " comes back with ", ledger.durable_size(), " of ",
                  model.leaves.size(), " durable entries");
  }
  ASSIGN_OR_RETURN(const Hash root, ledger.RootAt(model.leaves.size()));
  if (!model.leaves.empty() && root != model.root) {
    return Broken(node.origin(), " comes back with another history");
  }
  RETURN_IF_ERROR(Read(node));
  return CheckState(node);
}

absl::Status Auditor::CheckState(const Node& node) const {
  const Model& model = ledgers_.at(node.origin());
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
  ASSIGN_OR_RETURN(const FsckReport log, Fsck(node.ledger(), node.ledger().stored_log()));
  if (log.difference.has_value()) return Broken(node.origin(), ": ", Describe(*log.difference));
  return absl::OkStatus();
}

absl::Status Auditor::CheckAnswered(const Node& node, const std::string& request_id) const {
  const Model& model = ledgers_.at(node.origin());
  for (const auto& [caller, id] : model.requests) {
    if (id == request_id) return absl::OkStatus();
  }
  return Broken(node.origin(), " has answered ", request_id, ", which is not in its log");
}

absl::Status Auditor::CheckAtRest() const {
  for (const auto& [origin, model] : ledgers_) {
    for (const auto& [id, hold] : model.holds) {
      if (hold.open) return Broken(origin, ": a hold is open for ever");
    }
    for (const auto& [other, chain] : model.chains) {
      if (!chain.parked.empty()) {
        return Broken(origin, ": entry ", *chain.parked.begin(), " of ", other,
                      " is parked for ever");
      }
    }
    for (const auto& [key, half] : model.halves) {
      if (!half.ended.has_value()) {
        return Broken(origin, ": a transfer of ", key.first, " for ", half.quantity, " never ends",
                      half.reserved ? "" : "; its RESERVE never came",
                      half.answered ? "; it is answered" : "");
      }
      if (half.giver && !half.settled && half.answered) {
        return Broken(origin, ": a transfer is never settled");
      }
      if (!half.giver && half.mirrored != ledgers_.at(key.first).halves.at(key).ended) {
        return Broken(origin, ": a transfer ended otherwise than at ", key.first);
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace ch8::sim
