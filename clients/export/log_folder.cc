#include "clients/export/log_folder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/export/names.h"
#include "storage/base/bytes.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/leaf.h"
#include "storage/merkle/tile.h"

namespace ch8::audit {
namespace {

constexpr absl::string_view kWholeMagic = "ch8-payloads/v1\n";
constexpr absl::string_view kSampleMagic = "ch8-disclosed/v1\n";

absl::StatusOr<Tag> TagOf(absl::string_view bytes) {
  Tag tag{};
  if (bytes.empty()) return tag;
  if (bytes.size() != tag.size()) return absl::DataLossError("a tag has 16 bytes");
  std::copy(bytes.begin(), bytes.end(), tag.begin());
  return tag;
}

}  // namespace

absl::Status LogFolder::Append(const chapter8::ledger::v1::LoggedEntry& entry, Payload payload) {
  ASSIGN_OR_RETURN(const Tag tag, TagOf(entry.tag()));
  const absl::StatusOr<Hash> salt = Hash::FromBytes(entry.salt());
  if (!salt.ok() || entry.entry_class() > UINT16_MAX) {
    return absl::DataLossError(
        absl::StrCat(origin_, ": entry ", size(), " came without a class or a salt"));
  }
  if (size() == 0) {
    log_id_ = LogId(origin_, entry.payload());
    genesis_payload_ = entry.payload();
  }
  const Leaf leaf{.entry_class = static_cast<EntryClass>(entry.entry_class()),
                  .tag = tag,
                  .payload_commit = PayloadCommit(log_id_, *salt, entry.payload())};
  const auto encoded = EncodeLeaf(leaf);
  leaves_.emplace_back(encoded.data(), encoded.size());
  if (payload == Payload::kDisclosed) AddPayload(entry, leaf);

  const Hash hash = LeafHash(leaf);
  std::vector<std::pair<size_t, Hash>> complete = {{0, hash}};
  tree_.Append(hash, [&](int level, uint64_t, const Hash& node) {
    if (level % kTileHeight == 0) complete.emplace_back(level / kTileHeight, node);
  });
  // The bundles' number is that of the tile, so they are written before it is.
  if (leaves_.size() == kBundleEntries) RETURN_IF_ERROR(FlushBundles());
  for (const auto& [level, node] : complete) RETURN_IF_ERROR(AddToTile(level, node));
  return absl::OkStatus();
}

void LogFolder::AddPayload(const chapter8::ledger::v1::LoggedEntry& entry, const Leaf& leaf) {
  const bool whole = form_ == Form::kWhole;
  if (payloads_.empty()) payloads_ = std::string(whole ? kWholeMagic : kSampleMagic);
  if (whole) {
    AppendU16(payloads_, static_cast<uint16_t>(leaf.entry_class));
    payloads_.append(leaf.tag.begin(), leaf.tag.end());
  } else {
    AppendU64(payloads_, size());
  }
  payloads_ += entry.salt();
  AppendU32(payloads_, static_cast<uint32_t>(entry.payload().size()));
  payloads_ += entry.payload();
}

absl::Status LogFolder::FlushBundles() {
  if (leaves_.empty()) return absl::OkStatus();
  const uint64_t bundle = (tree_.size() - 1) / kBundleEntries;
  const std::vector<absl::string_view> views(leaves_.begin(), leaves_.end());
  ASSIGN_OR_RETURN(const std::string leaves, FormatEntryBundle(views));
  RETURN_IF_ERROR(out_.Append(absl::StrCat(folder_, "/",
                                           TilePath({.kind = TileKind::kEntries,
                                                     .level = 0,
                                                     .index = bundle,
                                                     .width = static_cast<int>(leaves_.size())})),
                              leaves));
  if (!payloads_.empty()) {
    const absl::string_view kind = form_ == Form::kWhole ? "payloads" : "disclosed";
    RETURN_IF_ERROR(out_.Append(
        absl::StrCat(folder_, "/", BundlePath(kind, bundle, leaves_.size())), payloads_));
  }
  leaves_.clear();
  payloads_.clear();
  return absl::OkStatus();
}

absl::Status LogFolder::AddToTile(size_t level, const Hash& hash) {
  if (tiles_.size() <= level) tiles_.resize(level + 1);
  tiles_[level].hashes.push_back(hash);
  return tiles_[level].hashes.size() == kTileWidth ? WriteTile(level) : absl::OkStatus();
}

absl::Status LogFolder::WriteTile(size_t level) {
  PendingTile& tile = tiles_[level];
  std::string content;
  for (const Hash& hash : tile.hashes) absl::StrAppend(&content, hash.view());
  RETURN_IF_ERROR(
      out_.Append(absl::StrCat(folder_, "/",
                               TilePath({.kind = TileKind::kHashes,
                                         .level = static_cast<int>(level),
                                         .index = tile.index,
                                         .width = static_cast<int>(tile.hashes.size())})),
                  content));
  tile.hashes.clear();
  ++tile.index;
  return absl::OkStatus();
}

absl::Status LogFolder::Finish() {
  RETURN_IF_ERROR(FlushBundles());
  for (size_t level = 0; level < tiles_.size(); ++level) {
    if (!tiles_[level].hashes.empty()) RETURN_IF_ERROR(WriteTile(level));
  }
  return absl::OkStatus();
}

bool IsTransferRow(const chapter8::ledger::v1::LoggedEntry& entry) {
  return entry.entry_class() == static_cast<uint32_t>(EntryClass::kTransfer) && entry.tag().empty();
}

}  // namespace ch8::audit
