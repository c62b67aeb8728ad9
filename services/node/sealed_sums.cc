#include "services/node/sealed_sums.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/kernel/ledger_reads.h"
#include "services/kernel/refusal.h"
#include "services/kernel/seals.h"
#include "storage/base/bytes.h"
#include "storage/base/status_macros.h"
#include "storage/ledger/durable_file.h"
#include "storage/merkle/seal_row.h"

namespace ch8::node {
namespace {

constexpr absl::string_view kMagic = "ch8-seal-sums/v1\n";
// How often somebody is asked whether to go on.
constexpr uint64_t kAskEvery = 4'096;

bool ParseSeal(const Entry& stored, chapter8::ledger::v1::Seal& seal) {
  chapter8::ledger::v1::Entry entry;
  const bool parsed =
      stored.entry_class == EntryClass::kSeal &&
      entry.ParseFromArray(stored.payload.data(), static_cast<int>(stored.payload.size())) &&
      entry.has_seal();
  if (parsed) seal = std::move(*entry.mutable_seal());
  return parsed;
}

absl::Status NotASeal(const Ledger& ledger, uint64_t index) {
  return kernel::Refuse(
      {.code = absl::StatusCode::kFailedPrecondition,
       .domain = "kernel.chapter8",
       .reason = "NOT_A_SEAL",
       .message = absl::StrCat("entry ", index, " of ", ledger.origin(), " is no seal"),
       .metadata = {{"origin", ledger.origin()},
                    {"index", absl::StrCat(index)},
                    {"instead", "ch8 ledger tail"}}});
}

// The sums of a later seal: a stop may have come between logging that one and keeping its sums.
absl::StatusOr<std::shared_ptr<const SealedSums>> ExtendTo(const Ledger& ledger, uint64_t index,
                                                           const SealedSums& earlier) {
  ASSIGN_OR_RETURN(StoredSeal later, ReadSeal(ledger, index));
  books::SealSums sums = earlier.sums;
  RETURN_IF_ERROR(AddEntries(
      ledger, later.seal.size(), [] { return true; }, sums));
  return Match(std::move(later), std::move(sums));
}

}  // namespace

absl::StatusOr<StoredSeal> ReadSeal(const Ledger& ledger, uint64_t index) {
  chapter8::ledger::v1::ReadEntriesRequest request;
  request.set_begin(index);
  request.set_end(index + 1);
  ASSIGN_OR_RETURN(auto read, kernel::ReadEntries(ledger, request));
  if (read.entries().empty()) return NotASeal(ledger, index);
  StoredSeal stored{.index = index, .seal = {}, .secret = {}, .entry = read.entries(0)};
  bool is_seal = false;
  RETURN_IF_ERROR(ledger.ReadEntries(index, index + 1, [&](const Entry& entry) {
    is_seal = ParseSeal(entry, stored.seal);
    stored.secret = SealSecret(entry.request_salt);
    return false;
  }));
  if (!is_seal) return NotASeal(ledger, index);
  return stored;
}

absl::Status AddEntries(const Ledger& ledger, uint64_t size, const std::function<bool()>& go_on,
                        books::SealSums& sums) {
  absl::Status status;
  RETURN_IF_ERROR(ledger.ReadEntries(sums.size(), size, [&](const Entry& entry) {
    if (entry.index % kAskEvery == 0 && !go_on()) {
      status = absl::CancelledError("told to end");
    } else {
      status = sums.Add(entry, EntryLeafHash(ledger.log_id(), entry));
    }
    return status.ok();
  }));
  RETURN_IF_ERROR(status);
  if (sums.size() == size) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat("entry ", sums.size(), " is missing"));
}

absl::StatusOr<std::shared_ptr<const SealedSums>> Match(StoredSeal stored, books::SealSums sums) {
  books::SealTree tree(sums, stored.secret);
  if (sums.size() != stored.seal.size() || tree.size() != stored.seal.rows() ||
      tree.root().view() != stored.seal.root()) {
    return absl::DataLossError(
        absl::StrCat("entry ", stored.index, ": the seal is not the sum of the entries before"));
  }
  return std::make_shared<const SealedSums>(
      SealedSums{std::move(stored), std::move(sums), std::move(tree)});
}

absl::StatusOr<std::shared_ptr<const SealedSums>> LoadSums(const Ledger& ledger,
                                                           const std::string& path) {
  const std::shared_ptr<const SealedSums> nothing;
  const std::unique_ptr<Snapshot> snapshot = ledger.TakeSnapshot();
  const kernel::SnapshotRows rows(*snapshot);
  const std::optional<kernel::SealPlace> newest = kernel::NewestSeal(rows);
  RETURN_IF_ERROR(rows.status());
  if (!newest.has_value()) return nothing;
  ASSIGN_OR_RETURN(const std::optional<std::string> bytes, ReadFileIfPresent(path));
  if (!bytes.has_value()) return nothing;
  ByteReader reader(*bytes);
  if (reader.ReadBytes(kMagic.size()) != kMagic) return nothing;
  const absl::StatusOr<StoredSeal> kept = ReadSeal(ledger, reader.ReadU64());
  if (!kept.ok() || kept->index > newest->index) return nothing;
  absl::StatusOr<books::SealSums> sums = books::SealSums::Decode(kept->seal.size(), reader.rest());
  if (!sums.ok()) return nothing;
  absl::StatusOr<std::shared_ptr<const SealedSums>> sealed = Match(*kept, *std::move(sums));
  if (sealed.ok() && kept->index < newest->index) {
    sealed = ExtendTo(ledger, newest->index, **sealed);
  }
  return sealed.ok() ? *sealed : nothing;
}

absl::Status KeepSums(const SealedSums& sealed, const std::string& path) {
  std::string bytes(kMagic);
  AppendU64(bytes, sealed.stored.index);
  return WriteFileDurably(path, bytes + sealed.sums.Encode());
}

absl::StatusOr<std::optional<books::SealSums>> SumsNow(const Ledger& ledger,
                                                       const std::string& path) {
  std::optional<books::SealSums> sums;
  const absl::StatusOr<std::shared_ptr<const SealedSums>> sealed = LoadSums(ledger, path);
  if (absl::IsDataLoss(sealed.status())) return sums;
  RETURN_IF_ERROR(sealed.status());
  if (*sealed == nullptr) return sums;
  sums = (*sealed)->sums;
  const absl::Status added = AddEntries(
      ledger, ledger.durable_size(), [] { return true; }, *sums);
  if (!added.ok() && !absl::IsDataLoss(added)) return added;
  if (!added.ok()) sums.reset();
  return sums;
}

absl::StatusOr<std::optional<std::string>> CheckSeals(const Ledger& ledger) {
  const uint64_t size = ledger.durable_size();
  std::vector<StoredSeal> seals;
  std::optional<std::string> difference;
  RETURN_IF_ERROR(ledger.ReadEntries(0, size, [&](const Entry& entry) {
    if (entry.entry_class != EntryClass::kSeal) return true;
    StoredSeal stored{
        .index = entry.index, .seal = {}, .secret = SealSecret(entry.request_salt), .entry = {}};
    const uint64_t least = seals.empty() ? 0 : seals.back().seal.size() + 1;
    if (!ParseSeal(entry, stored.seal) || stored.seal.size() >= entry.index ||
        stored.seal.size() < least) {
      difference = absl::StrCat("entry ", entry.index, ": no seal of the entries before it");
      return false;
    }
    seals.push_back(std::move(stored));
    return true;
  }));
  books::SealSums sums;
  for (StoredSeal& stored : seals) {
    if (difference.has_value()) break;
    RETURN_IF_ERROR(AddEntries(
        ledger, stored.seal.size(), [] { return true; }, sums));
    const auto matched = Match(std::move(stored), sums);
    if (!matched.ok()) difference = std::string(matched.status().message());
  }
  return difference;
}

}  // namespace ch8::node
