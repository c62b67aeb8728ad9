#include "clients/verify/request_check.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/verify/refusal.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/note.h"

namespace ch8::verify {
namespace {

using chapter8::ledger::v1::Delivery;
using chapter8::ledger::v1::Entry;
using chapter8::ledger::v1::Request;
using chapter8::ledger::v1::WitnessedHead;

constexpr absl::string_view kInternal = "/internal/";
constexpr absl::string_view kDeliver = "/internal/Deliver";
constexpr absl::string_view kSeal = "/internal/Seal";
constexpr absl::string_view kWitness = "/internal/Witness";
constexpr absl::string_view kPostTransfers = "/chapter8.books.v1.TransferService/PostTransfers";

bool IsBulk(const Request& request) { return request.method() == kPostTransfers; }

// Whether `now` is the entry that `before` says was deferred.
bool SameEntry(const Delivery& before, const Delivery& now) {
  return before.index() == now.index() && before.leaf_hash() == now.leaf_hash();
}

absl::StatusOr<Checkpoint> HeadIn(const std::string& signed_note) {
  ASSIGN_OR_RETURN(const Note note, ParseNote(signed_note));
  return ParseCheckpoint(note.text);
}

}  // namespace

std::string DomainOf(const std::string& origin) { return origin.substr(0, origin.find('/')); }

absl::Status RequestCheck::Refuse(uint64_t index, absl::string_view what) const {
  return RefuseEntry(origin_, index, what);
}

absl::Status RequestCheck::Take(const LogEntry& entry) {
  if (entry.index == 0) return TakeGenesis(entry);
  if (entry.index < rows_end_) {
    ++rows_seen_;
    return TakeRow(entry);
  }
  RETURN_IF_ERROR(CheckBulkWhole());
  if (entry.kind != LogEntry::Kind::kEntry || !entry.entry.has_request()) {
    return Refuse(entry.index, "stands outside the rows of any request");
  }
  return TakeRequest(entry);
}

absl::Status RequestCheck::TakeGenesis(const LogEntry& entry) const {
  if (entry.kind != LogEntry::Kind::kEntry || !entry.entry.has_genesis()) {
    return Refuse(0, "the first entry is not the genesis");
  }
  constexpr uint32_t kFormat = 1;
  const auto& genesis = entry.entry.genesis();
  if (genesis.format() != kFormat) return Refuse(0, "the log is in a format not known here");
  return genesis.origin() == origin_ ? absl::OkStatus() : Refuse(0, "the genesis of another log");
}

absl::Status RequestCheck::TakeRequest(const LogEntry& entry) {
  const Request& request = entry.entry.request();
  if (request.time_us() < request_.time_us()) return Refuse(entry.index, "time goes back");
  const bool internal = absl::StartsWith(request.method(), kInternal);
  if (!internal && request.request_digest().size() != Hash::kSize) {
    return Refuse(entry.index, "the request has no digest");
  }
  if (!entry.entry.addresses().empty() || !entry.entry.postings().empty() ||
      !entry.entry.accounts().empty()) {
    return Refuse(entry.index, "a request moves nothing and is addressed to nobody");
  }
  request_ = request;
  request_index_ = entry.index;
  rows_end_ = entry.index + 1 + request.rows();
  rows_seen_ = 0;
  if (request.has_delivery() != (request.method() == kDeliver)) {
    return Refuse(entry.index, "a delivery is not called one, or something else is");
  }
  if (request.method() == kSeal && request.rows() != 1) {
    return Refuse(entry.index, "sealing makes one seal and nothing else");
  }
  return request.has_delivery() ? TakeDelivery(entry.index) : absl::OkStatus();
}

absl::Status RequestCheck::TakeDelivery(uint64_t index) {
  const Delivery& delivery = request_.delivery();
  if (request_.caller() != delivery.origin() || delivery.leaf_hash().size() != Hash::kSize ||
      delivery.checkpoint_size() <= delivery.index() || delivery.origin() == origin_) {
    return Refuse(index, "a delivery that does not say where its entry stands");
  }
  if (delivery.verdict() < Delivery::ACCEPT || delivery.verdict() > Delivery::DEFER) {
    return Refuse(index, "a delivery without a verdict");
  }
  uint64_t& seen = sizes_seen_[delivery.origin()];
  seen = std::max(seen, delivery.checkpoint_size());
  Taken& taken = taken_[delivery.origin()];
  if (const auto parked = taken.parked.find(delivery.number()); parked != taken.parked.end()) {
    if (!SameEntry(parked->second, delivery) || delivery.verdict() == Delivery::DEFER) {
      return Refuse(index, "takes another entry than the one that was deferred");
    }
    taken.parked.erase(parked);
    return absl::OkStatus();
  }
  // Of a sample numbers are missing, and an earlier one may have been deferred where nobody sees.
  const bool sample = coverage_ == Coverage::kSample;
  if (sample && delivery.number() < taken.number) return absl::OkStatus();
  if (sample ? delivery.number() == taken.number : delivery.number() != taken.number + 1) {
    return Refuse(index, absl::StrCat("takes number ", delivery.number(), " of ", delivery.origin(),
                                      " after ", taken.number));
  }
  if (taken.number > 0 && delivery.index() <= taken.index) {
    return Refuse(index, "takes another ledger's entries out of their order");
  }
  taken.number = delivery.number();
  taken.index = delivery.index();
  if (delivery.verdict() == Delivery::DEFER) {
    if (request_.rows() > 0) return Refuse(index, "defers an entry and acts on it");
    taken.parked.emplace(delivery.number(), delivery);
  }
  return absl::OkStatus();
}

absl::Status RequestCheck::TakeRow(const LogEntry& entry) {
  const bool bulk = IsBulk(request_);
  if (bulk != (entry.kind == LogEntry::Kind::kRow)) {
    return Refuse(entry.index, "bare rows belong to bulk requests, and nothing else does");
  }
  if (bulk) {
    if (entry.row.linked() && entry.index + 1 == rows_end_) {
      return Refuse(entry.index, "a row is linked to one that is not there");
    }
    return absl::OkStatus();
  }
  if (request_.method() == kSeal && !entry.entry.has_seal()) {
    return Refuse(entry.index, "sealing makes one seal and nothing else");
  }
  if (request_.method() == kWitness && !entry.entry.has_witnessed_head()) {
    return Refuse(entry.index, "witnesses' heads are logged by themselves");
  }
  switch (entry.entry.kind_case()) {
    case Entry::kGenesis:
    case Entry::kRequest:
      return Refuse(entry.index, "stands where a row of the request before belongs");
    case Entry::kFact:
      if (request_.delivery().origin() != domain_ + "/ch8/directory") {
        return Refuse(entry.index, "a fact that the organization's directory did not send");
      }
      break;
    case Entry::kMandateFact:
      if (request_.delivery().origin() != domain_ + "/ch8/mandate") {
        return Refuse(entry.index, "a fact that the organization's mandate ledger did not send");
      }
      break;
    case Entry::kPeerHead:
      RETURN_IF_ERROR(TakePeerHead(entry));
      break;
    case Entry::kWitnessedHead:
      RETURN_IF_ERROR(TakeWitnessedHead(entry));
      break;
    case Entry::kSeal:
      if (request_.method() != kSeal || entry.entry.accounts_size() > 0 ||
          entry.entry.postings_size() > 0 || entry.entry.addresses_size() > 0) {
        return Refuse(entry.index, "a seal that is more than one");
      }
      break;
    case Entry::kPeerStep:
      if (!request_.has_delivery()) {
        return Refuse(entry.index, "another ledger's step that nobody delivered");
      }
      break;
    default:
      break;
  }
  return TakeAddresses(entry);
}

// That its ledger signed it is for whoever has that ledger's key to check.
absl::Status RequestCheck::TakePeerHead(const LogEntry& entry) {
  const absl::StatusOr<Checkpoint> head = HeadIn(entry.entry.peer_head().note());
  if (!head.ok() || DomainOf(head->origin) == domain_) {
    return Refuse(entry.index, "a cosigned head that is none of another organization's ledger");
  }
  uint64_t& size = heads_[head->origin];
  if (head->size <= size) return Refuse(entry.index, "a cosigned head that does not grow");
  size = head->size;
  return absl::OkStatus();
}

// Its signatures are WitnessCheck's to check.
absl::Status RequestCheck::TakeWitnessedHead(const LogEntry& entry) {
  const WitnessedHead& witnessed = entry.entry.witnessed_head();
  const absl::StatusOr<Checkpoint> head = HeadIn(witnessed.note());
  const std::string giver = DomainOf(witnessed.origin());
  if (request_.method() != kWitness || !head.ok() || head->origin != witnessed.origin() ||
      head->size != witnessed.size() || giver == domain_ || witnessed.witness() == domain_ ||
      witnessed.witness() == giver || entry.entry.accounts_size() > 0 ||
      entry.entry.postings_size() > 0 || entry.entry.addresses_size() > 0) {
    return Refuse(entry.index, "a witnessed head that is none of a third organization's");
  }
  uint64_t& size = witnessed_[{witnessed.origin(), witnessed.witness()}];
  if (head->size <= size) return Refuse(entry.index, "a witnessed head that does not grow");
  size = head->size;
  return absl::OkStatus();
}

absl::Status RequestCheck::TakeAddresses(const LogEntry& entry) {
  std::set<std::string> recipients;
  for (const auto& address : entry.entry.addresses()) {
    if (!recipients.insert(address.recipient()).second) {
      return Refuse(entry.index, "is addressed to one recipient twice");
    }
    speaks_to_others_ = speaks_to_others_ || address.recipient() != domain_;
    ChainEnd& end = chains_[address.recipient()];
    const bool follows = address.number() == end.number + 1;
    const bool beyond = coverage_ == Coverage::kSample && address.number() > end.number + 1;
    if (!beyond && (!follows || address.previous_leaf_hash() != end.leaf_hash)) {
      return Refuse(entry.index, absl::StrCat("breaks the chain of what is addressed to ",
                                              address.recipient(), ": a hole"));
    }
    end.number = address.number();
    end.leaf_hash = std::string(entry.leaf_hash.view());
  }
  return absl::OkStatus();
}

absl::Status RequestCheck::CheckBulkWhole() const {
  if (!IsBulk(request_) || rows_seen_ == request_.rows()) return absl::OkStatus();
  return Refuse(request_index_, absl::StrCat("a bulk request of ", request_.rows(), " rows, of ",
                                             "which ", rows_seen_, " are disclosed"));
}

absl::Status RequestCheck::Finish(uint64_t size) const {
  if (rows_end_ > size) {
    return RefuseLedger(origin_,
                        absl::StrCat("ends within a request: ", rows_end_ - size, " rows missing"));
  }
  return CheckBulkWhole();
}

}  // namespace ch8::verify
