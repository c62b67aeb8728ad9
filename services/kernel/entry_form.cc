#include "services/kernel/entry_form.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "google/rpc/status.pb.h"
#include "services/kernel/addresses.h"
#include "services/kernel/authority.h"
#include "services/kernel/mandate_facts.h"
#include "services/kernel/refusal.h"
#include "services/kernel/seals.h"
#include "services/kernel/witnessed.h"
#include "storage/base/bytes.h"
#include "storage/base/check.h"
#include "storage/base/limits.h"

namespace ch8::kernel {
namespace {

using chapter8::books::v1::TransferStep;
using chapter8::directory::v1::DirectoryEvent;
using chapter8::ledger::v1::Delivery;
using chapter8::ledger::v1::Entry;
using chapter8::ledger::v1::ParkedEntry;
using chapter8::ledger::v1::Request;

constexpr size_t kRequestBytesMax = kCommitBytesMax * 3 / 8;
constexpr size_t kAddressSizeMax = 320;  // A trust domain, a number and a hash.

ch8::TransferStep TagStepOf(const TransferStep& step) {
  switch (step.step_case()) {
    case TransferStep::kReserve:
      return ch8::TransferStep::kReserve;
    case TransferStep::kAccept:
    case TransferStep::kReject:
      return ch8::TransferStep::kAnswer;
    case TransferStep::kPost:
    case TransferStep::kVoid:
      return ch8::TransferStep::kTerminal;
    case TransferStep::kMirror:
      return ch8::TransferStep::kMirror;
    case TransferStep::kSettled:
      return ch8::TransferStep::kSettled;
    case TransferStep::STEP_NOT_SET:
      break;
  }
  Unreachable("a transfer step without a kind");
}

void ApplyAddresses(const Applied& applied, Rows& rows) {
  for (const auto& address : applied.entry.addresses()) {
    rows.Put(Table::kRows, AddressedKey(address.recipient(), address.number()),
             FormatAddressed(Addressed{.index = applied.index, .leaf_hash = applied.leaf_hash}));
    rows.Put(
        Table::kRows, AddressHeadKey(address.recipient()),
        FormatAddressHead(AddressHead{.number = address.number(), .leaf_hash = applied.leaf_hash}));
  }
}

}  // namespace

EntryClass ClassOf(const Entry& entry) {
  switch (entry.kind_case()) {
    case Entry::kGenesis:
    case Entry::kAdministration:
      return EntryClass::kAdministration;
    case Entry::kStep:
      return EntryClass::kTransfer;
    case Entry::kPeerHead:
    case Entry::kWitnessedHead:
      return EntryClass::kWitness;
    case Entry::kSeal:
      return EntryClass::kSeal;
    case Entry::kRequest:
    case Entry::kDomainEvent:
    case Entry::kFact:
    case Entry::kMandateFact:
    case Entry::kRefusal:
    case Entry::kPeerStep:
    case Entry::KIND_NOT_SET:
      break;
  }
  return EntryClass::kDomain;
}

Tag TagOf(const Entry& entry, absl::string_view origin) {
  if (!entry.has_step()) return Tag{};
  const TransferStep& step = entry.step();
  TransferId id;
  Check(step.transfer_id().size() == id.size(), "a transfer id has 16 bytes");
  std::copy(step.transfer_id().begin(), step.transfer_id().end(), id.begin());
  return TransferTag(id, step.giver_origin(), origin, TagStepOf(step));
}

Accounts::Change ChangeOf(const Entry& entry) {
  Accounts::Change change;
  change.accounts.assign(entry.accounts().begin(), entry.accounts().end());
  change.postings.assign(entry.postings().begin(), entry.postings().end());
  return change;
}

absl::Status CheckFits(const std::vector<Event>& events) {
  size_t size_bytes = 0;
  bool fits = events.size() <= kBatchRowsMax;
  for (const Event& event : events) {
    const size_t size = event.entry.ByteSizeLong() + kAddressSizeMax * event.recipients.size();
    fits = fits && size <= kPayloadSizeMax;
    size_bytes += size;
  }
  if (fits && size_bytes <= kRequestBytesMax) return absl::OkStatus();
  return Refuse({.code = absl::StatusCode::kResourceExhausted,
                 .domain = "kernel.chapter8",
                 .reason = "REQUEST_TOO_LARGE",
                 .message = "the request says more than one commit can hold; split it or shorten "
                            "its texts"});
}

void ApplyEntry(const Machine& machine, const Applied& applied, Rows& rows) {
  ApplyAddresses(applied, rows);
  if (applied.entry.has_fact()) {
    DirectoryEvent fact;
    Check(fact.ParseFromString(applied.entry.fact()), "a logged fact does not parse");
    ApplyFact(fact, rows);
    return;
  }
  if (applied.entry.has_mandate_fact()) {
    chapter8::mandate::v1::MandateEvent fact;
    Check(fact.ParseFromString(applied.entry.mandate_fact()), "a logged fact does not parse");
    ApplyMandateFact(fact, rows);
    return;
  }
  if (applied.entry.has_seal()) {
    return PutNewestSeal({.index = applied.index,
                          .size = applied.entry.seal().size(),
                          .time_us = applied.request.time_us()},
                         rows);
  }
  if (applied.entry.administration().has_log_key_changed()) {
    rows.Put(Table::kRows, kLogKeyRow,
             applied.entry.administration().log_key_changed().organization_record());
    return;
  }
  if (applied.entry.has_witnessed_head()) {
    return ApplyWitnessedHead(applied.entry.witnessed_head(), rows);
  }
  machine.Apply(applied, rows);
}

absl::Status Replay(const Ledger& ledger, const Machine& machine, Rows& rows) {
  absl::Status status;
  Request request;
  const auto visit = [&](const ch8::Entry& stored) {
    if (IsBulkRow(stored)) return true;
    Entry entry;
    if (!entry.ParseFromArray(stored.payload.data(), static_cast<int>(stored.payload.size()))) {
      status = absl::DataLossError(absl::StrCat("entry ", stored.index, " does not parse"));
      return false;
    }
    if (entry.has_request()) {
      request = entry.request();
    } else if (!entry.has_genesis()) {
      ApplyEntry(machine,
                 Applied{.entry = entry,
                         .request = request,
                         .index = stored.index,
                         .leaf_hash = EntryLeafHash(ledger.log_id(), stored)},
                 rows);
    }
    return true;
  };
  const absl::Status read = ledger.ReadEntries(0, ledger.durable_size(), visit);
  return read.ok() ? status : read;
}

Verdict FactVerdict(const Delivered& delivered) {
  DirectoryEvent fact;
  if (!delivered.entry.has_domain_event() ||
      !fact.ParseFromString(delivered.entry.domain_event())) {
    return Verdict{.verdict = Delivery::REFUSE, .reason = "NOT_A_FACT", .events = {}};
  }
  Event event;
  event.entry.set_fact(delivered.entry.domain_event());
  return Verdict{.verdict = Delivery::ACCEPT, .reason = "", .events = {event}};
}

std::string ParkedKey(absl::string_view origin, uint64_t number) {
  return absl::StrCat(kParkedPrefix, origin, "/", KeyU64(number));
}

std::string FormatParked(const InboundEntry& inbound) {
  ParkedEntry parked;
  parked.set_origin(inbound.delivered.origin);
  parked.set_index(inbound.delivered.index);
  parked.set_leaf_hash(std::string(inbound.delivered.leaf_hash.view()));
  parked.set_number(inbound.number);
  parked.set_checkpoint_size(inbound.checkpoint_size);
  parked.set_payload(inbound.delivered.entry.SerializeAsString());
  return parked.SerializeAsString();
}

std::optional<InboundEntry> ParseParked(absl::string_view value) {
  ParkedEntry parked;
  InboundEntry inbound;
  if (!parked.ParseFromArray(value.data(), static_cast<int>(value.size())) ||
      !inbound.delivered.entry.ParseFromString(parked.payload())) {
    return std::nullopt;
  }
  const absl::StatusOr<Hash> leaf_hash = Hash::FromBytes(parked.leaf_hash());
  if (!leaf_hash.ok()) return std::nullopt;
  inbound.delivered.origin = parked.origin();
  inbound.delivered.index = parked.index();
  inbound.delivered.leaf_hash = *leaf_hash;
  inbound.number = parked.number();
  inbound.checkpoint_size = parked.checkpoint_size();
  return inbound;
}

std::string StatusToBytes(const absl::Status& status) {
  google::rpc::Status wire;
  wire.set_code(static_cast<int32_t>(status.code()));
  wire.set_message(std::string(status.message()));
  const google::rpc::ErrorInfo info = ErrorInfoOf(status);
  if (!info.reason().empty()) {
    auto* detail = wire.add_details();
    detail->set_type_url(std::string(kErrorInfoUrl));
    detail->set_value(info.SerializeAsString());
  }
  return wire.SerializeAsString();
}

absl::Status StatusFromBytes(absl::string_view bytes) {
  google::rpc::Status wire;
  if (!wire.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError("a kept refusal does not parse");
  }
  absl::Status status(static_cast<absl::StatusCode>(wire.code()), wire.message());
  for (const auto& detail : wire.details()) {
    status.SetPayload(detail.type_url(), absl::Cord(detail.value()));
  }
  return status;
}

}  // namespace ch8::kernel
