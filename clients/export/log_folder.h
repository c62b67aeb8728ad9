#ifndef CH8_CLIENTS_EXPORT_LOG_FOLDER_H_
#define CH8_CLIENTS_EXPORT_LOG_FOLDER_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "clients/export/export_folder.h"
#include "storage/base/hash.h"
#include "storage/merkle/leaf.h"
#include "storage/merkle/tree.h"

namespace ch8::audit {

// Writes one log's leaves, tiles and payloads below `folder`, one entry after another:
//
//   tile/<L>/<N>[.p/<W>]         C2SP tlog-tiles
//   tile/entries/<N>[.p/<W>]     the leaves themselves
//   payloads/<N>[.p/<W>]         what they commit to, of a whole log
//   disclosed/<N>[.p/<W>]        what those disclosed commit to, of a sample
//
// A bundle of payloads is "ch8-payloads/v1\n", then for each entry
//
//   class u16 · tag[16] · salt[32] · length u32 · payload          big-endian
//
// One of a sample is "ch8-disclosed/v1\n", then for each entry disclosed
//
//   index u64 · salt[32] · length u32 · payload
//
// and it is not there when nothing in it is disclosed.
//
// Thread safety: none.
class LogFolder {
 public:
  enum class Form { kWhole, kSample };
  // `out` outlives this object. `folder`: "finance".
  LogFolder(ExportFolder& out, std::string folder, std::string origin, Form form)
      : out_(out), folder_(std::move(folder)), origin_(std::move(origin)), form_(form) {}

  // Of a whole log everything is disclosed.
  enum class Payload { kDisclosed, kWithheld };
  // The next entry. Errors: kDataLoss when its fields have not their sizes; those of ExportFolder.
  absl::Status Append(const chapter8::ledger::v1::LoggedEntry& entry,
                      Payload payload = Payload::kDisclosed);

  // Writes what is not full. Errors: those of ExportFolder.
  absl::Status Finish();

  uint64_t size() const { return tree_.size(); }
  Hash Root() const { return tree_.Root(); }
  // Of entry 0; empty before it.
  const std::string& genesis_payload() const { return genesis_payload_; }

 private:
  void AddPayload(const chapter8::ledger::v1::LoggedEntry& entry, const Leaf& leaf);
  absl::Status FlushBundles();
  // Adds a node of a tile's lowest level, which is `level` * 8 in the tree.
  absl::Status AddToTile(size_t level, const Hash& hash);
  absl::Status WriteTile(size_t level);

  struct PendingTile {
    uint64_t index = 0;
    std::vector<Hash> hashes;
  };

  ExportFolder& out_;
  const std::string folder_;
  const std::string origin_;
  const Form form_;
  Hash log_id_;
  std::string genesis_payload_;
  Frontier tree_;
  std::vector<PendingTile> tiles_;  // By level.
  std::vector<std::string> leaves_;
  std::string payloads_;
};

// Whether the payload is a bare TransferRow; else it is an Entry.
bool IsTransferRow(const chapter8::ledger::v1::LoggedEntry& entry);

}  // namespace ch8::audit

#endif  // CH8_CLIENTS_EXPORT_LOG_FOLDER_H_
