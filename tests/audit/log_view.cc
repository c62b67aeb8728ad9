#include "tests/audit/log_view.h"

#include <algorithm>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "clients/export/journal.h"
#include "clients/export/log_folder.h"
#include "clients/export/names.h"
#include "storage/base/bytes.h"
#include "storage/base/check.h"
#include "storage/base/hash.h"
#include "storage/merkle/leaf.h"

namespace ch8::testing {
namespace {

using chapter8::ledger::v1::LoggedEntry;

constexpr size_t kLeafAt = 2;             // In a bundle, after its length.
constexpr size_t kClassAt = kLeafAt + 4;  // After "C8L1".
constexpr size_t kTagSize = sizeof(Tag);

}  // namespace

bool LogView::IsRow(const LoggedEntry& logged) { return audit::IsTransferRow(logged); }

LogView LogView::Of(const std::map<std::string, std::string>& files, const std::string& folder) {
  LogView log;
  const std::vector<std::string> head =
      absl::StrSplit(files.at(folder + "/checkpoint"), absl::MaxSplits('\n', 2));
  log.origin = head[0];
  Check(absl::SimpleAtoi(head[1], &log.size), "a checkpoint's size");
  for (uint64_t first = 0; first < log.size; first += audit::kBundleEntries) {
    const uint64_t count = std::min(audit::kBundleEntries, log.size - first);
    const auto path = [&](const char* kind) {
      return absl::StrCat(folder, "/",
                          audit::BundlePath(kind, first / audit::kBundleEntries, count));
    };
    const std::string& leaves = files.at(path("tile/entries"));
    const bool whole = files.contains(path("payloads"));
    if (!whole && !files.contains(path("disclosed"))) continue;
    ByteReader reader(files.at(path(whole ? "payloads" : "disclosed")));
    reader.ReadBytes(std::string(whole ? "ch8-payloads/v1\n" : "ch8-disclosed/v1\n").size());
    for (uint64_t next = first; !reader.done();) {
      if (whole) {
        reader.ReadBytes(sizeof(uint16_t) + kTagSize);
      } else {
        next = reader.ReadU64();
      }
      const std::string leaf = leaves.substr((next - first) * (kLeafAt + kLeafSize));
      LoggedEntry& logged = log.entries[next++];
      logged.set_entry_class(ByteReader(leaf.substr(kClassAt, sizeof(uint16_t))).ReadU16());
      const std::string tag = leaf.substr(kClassAt + sizeof(uint16_t), kTagSize);
      if (tag != std::string(kTagSize, '\0')) logged.set_tag(tag);
      logged.set_salt(std::string(reader.ReadBytes(Hash::kSize)));
      logged.set_payload(std::string(reader.ReadBytes(reader.ReadU32())));
      Check(reader.ok(), "a bundle's bytes");
    }
  }
  return log;
}

std::map<std::string, std::string> LogView::Without(const std::string& folder,
                                                    const std::set<uint64_t>& withheld) const {
  std::map<std::string, std::string> files;
  audit::Journal journal;
  std::string text = audit::Journal::SampleHeading(origin, size);
  for (const auto& [index, logged] : entries) {
    if (withheld.contains(index)) continue;
    const uint64_t bundle = index / audit::kBundleEntries;
    const uint64_t count = std::min(audit::kBundleEntries, size - bundle * audit::kBundleEntries);
    std::string& bytes =
        files[absl::StrCat(folder, "/", audit::BundlePath("disclosed", bundle, count))];
    if (bytes.empty()) bytes = "ch8-disclosed/v1\n";
    AppendU64(bytes, index);
    bytes += logged.salt();
    AppendU32(bytes, static_cast<uint32_t>(logged.payload().size()));
    bytes += logged.payload();
    // What rests on nothing that is disclosed has no text; a liar has none either.
    if (IsRow(logged)) {
      chapter8::books::v1::TransferRow row;
      Check(row.ParseFromString(logged.payload()), "a row");
      text += journal.TakeRow(index, row).value_or("");
    } else {
      chapter8::ledger::v1::Entry entry;
      Check(entry.ParseFromString(logged.payload()), "an entry");
      text += journal.Take(index, entry).value_or("");
    }
  }
  files[folder + "/journal.hledger"] = text;
  return files;
}

}  // namespace ch8::testing
