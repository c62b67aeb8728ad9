#include "clients/verify/log_entry.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "clients/verify/refusal.h"
#include "clients/verify/unknown_fields.h"
#include "storage/base/bytes.h"
#include "storage/base/limits.h"

namespace ch8::verify {
namespace {

using chapter8::ledger::v1::Entry;
using Step = chapter8::books::v1::TransferStep;

constexpr absl::string_view kBundleMagic = "ch8-payloads/v1\n";
constexpr absl::string_view kSampleMagic = "ch8-disclosed/v1\n";

EntryClass ClassOf(const Entry& entry) {
  if (entry.has_genesis() || entry.has_administration()) return EntryClass::kAdministration;
  if (entry.has_peer_head() || entry.has_witnessed_head()) return EntryClass::kWitness;
  if (entry.has_seal()) return EntryClass::kSeal;
  return entry.has_step() ? EntryClass::kTransfer : EntryClass::kDomain;
}

// The name that a step's tag is made with, and whose log it stands in.
struct StepName {
  TransferStep name;
  const std::string& author;
};
StepName NameOf(const Step& step) {
  switch (step.step_case()) {
    case Step::kReserve:
      return {TransferStep::kReserve, step.giver_origin()};
    case Step::kAccept:
    case Step::kReject:
      return {TransferStep::kAnswer, step.receiver_origin()};
    case Step::kPost:
    case Step::kVoid:
      return {TransferStep::kTerminal, step.giver_origin()};
    case Step::kMirror:
      return {TransferStep::kMirror, step.receiver_origin()};
    default:
      return {TransferStep::kSettled, step.giver_origin()};
  }
}

absl::Status CheckTag(const Entry& entry, const Leaf& leaf, absl::string_view origin,
                      uint64_t index) {
  if (!entry.has_step()) {
    if (leaf.tag == Tag{}) return absl::OkStatus();
    return RefuseEntry(origin, index, "has a tag and is no step of a transfer");
  }
  const Step& step = entry.step();
  TransferId id;
  if (step.transfer_id().size() != id.size() || step.step_case() == Step::STEP_NOT_SET) {
    return RefuseEntry(origin, index, "a step without a transfer id or without a kind");
  }
  std::copy(step.transfer_id().begin(), step.transfer_id().end(), id.begin());
  const StepName named = NameOf(step);
  if (named.author != origin) {
    return RefuseEntry(origin, index, "a step that belongs into the other side's log");
  }
  if (TransferTag(id, step.giver_origin(), origin, named.name) != leaf.tag) {
    return RefuseEntry(origin, index, "its tag is not the one of the step it says it is");
  }
  return absl::OkStatus();
}

// Salt and payload, as both kinds of bundles have them; false when the bytes end or are too many.
bool ReadContent(ByteReader& reader, BundledEntry& entry) {
  const absl::StatusOr<Hash> salt = Hash::FromBytes(reader.ReadBytes(Hash::kSize));
  const uint32_t size = reader.ReadU32();
  entry.payload = std::string(reader.ReadBytes(std::min<size_t>(size, kPayloadSizeMax + 1)));
  if (!reader.ok() || !salt.ok() || size > kPayloadSizeMax) return false;
  entry.salt = *salt;
  return true;
}

}  // namespace

absl::StatusOr<std::vector<BundledEntry>> ParseBundle(absl::string_view bytes,
                                                      absl::string_view origin,
                                                      uint64_t first_index, uint64_t entries) {
  ByteReader reader(bytes);
  if (reader.ReadBytes(kBundleMagic.size()) != kBundleMagic) {
    return RefuseEntry(origin, first_index, "its bundle is not one of payloads, version 1");
  }
  std::vector<BundledEntry> bundled;
  while (bundled.size() < entries) {
    BundledEntry entry;
    entry.entry_class = reader.ReadU16();
    const absl::string_view tag = reader.ReadBytes(entry.tag.size());
    std::copy(tag.begin(), tag.end(), entry.tag.begin());
    if (!ReadContent(reader, entry)) {
      return RefuseEntry(origin, first_index + bundled.size(), "its bundle ends or breaks here");
    }
    bundled.push_back(std::move(entry));
  }
  if (!reader.done()) {
    return RefuseEntry(origin, first_index + entries - 1, "its bundle goes on after it");
  }
  return bundled;
}

absl::StatusOr<std::map<uint64_t, BundledEntry>> ParseDisclosed(absl::string_view bytes,
                                                                absl::string_view origin,
                                                                uint64_t first_index,
                                                                uint64_t entries) {
  ByteReader reader(bytes);
  std::map<uint64_t, BundledEntry> disclosed;
  if (reader.ReadBytes(kSampleMagic.size()) != kSampleMagic || reader.done()) {
    return RefuseEntry(origin, first_index, "its bundle is not one of a sample, version 1");
  }
  while (!reader.done()) {
    const uint64_t index = reader.ReadU64();
    const uint64_t least = disclosed.empty() ? first_index : disclosed.rbegin()->first + 1;
    if (index < least || index - first_index >= entries) {
      return RefuseEntry(origin, least, "its bundle has another entry in its place");
    }
    if (BundledEntry entry; ReadContent(reader, entry)) {
      disclosed.emplace(index, std::move(entry));
    } else {
      return RefuseEntry(origin, index, "its bundle ends or breaks here");
    }
  }
  return disclosed;
}

absl::StatusOr<Leaf> LeafOf(const BundledEntry& bundled, const Hash& log_id,
                            absl::string_view origin, uint64_t index) {
  const Leaf leaf{.entry_class = static_cast<EntryClass>(bundled.entry_class),
                  .tag = bundled.tag,
                  .payload_commit = PayloadCommit(log_id, bundled.salt, bundled.payload)};
  const auto encoded = EncodeLeaf(leaf);
  if (DecodeLeaf(absl::string_view(encoded.data(), encoded.size())).ok()) return leaf;
  return RefuseEntry(origin, index, "its class is none that there is");
}

absl::StatusOr<LogEntry> Understand(const BundledEntry& bundled, const Leaf& leaf,
                                    absl::string_view origin, uint64_t index) {
  LogEntry understood;
  understood.index = index;
  understood.leaf_hash = LeafHash(leaf);
  understood.tag = leaf.tag;
  if (leaf.entry_class == EntryClass::kTransfer && leaf.tag == Tag{}) {
    understood.kind = LogEntry::Kind::kRow;
    if (!understood.row.ParseFromString(bundled.payload) || HasUnknownFields(understood.row)) {
      return RefuseEntry(origin, index, "its payload is no row that this verifier knows");
    }
    return understood;
  }
  Entry& entry = understood.entry;
  if (!entry.ParseFromString(bundled.payload) || entry.kind_case() == Entry::KIND_NOT_SET ||
      HasUnknownFields(entry)) {
    return RefuseEntry(origin, index, "its payload is no entry that this verifier knows");
  }
  if (leaf.entry_class != ClassOf(entry)) {
    return RefuseEntry(origin, index, "its leaf is of another class than its payload");
  }
  if (absl::Status tag = CheckTag(entry, leaf, origin, index); !tag.ok()) return tag;
  return understood;
}

}  // namespace ch8::verify
