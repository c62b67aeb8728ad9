#ifndef CH8_CLIENTS_EXPORT_LEDGER_EXPORT_H_
#define CH8_CLIENTS_EXPORT_LEDGER_EXPORT_H_

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "clients/export/export.h"
#include "clients/export/export_folder.h"
#include "clients/export/journal.h"
#include "clients/export/log_keys.h"
#include "clients/export/survey.h"

namespace ch8::audit {

// One ledger's part of an export: its head is read first and holds for everything after; then, for
// a sample, the log is read once to select and once more to write.
//
// Thread safety: none.
class LedgerExport {
 public:
  // `keys` and `call` outlive this object.
  LedgerExport(std::string origin, const LogKeys& keys, const Call& call);

  // Seals the ledger, so that a seal covers all that is exported, and reads its head. Errors:
  // kNotFound when the node does not host the ledger; kDataLoss when the head is not what it should
  // be; those of the call.
  absl::Status ReadHead();

  // Errors: kDataLoss when the node's answers do not hold together; those of the call.
  absl::Status SelectBy(const std::vector<Selector>& selectors);

  // Everything, or what was selected. Errors: those of SelectBy() and of ExportFolder.
  absl::Status Write(ExportFolder& out);

  const std::string& origin() const { return origin_; }
  uint64_t size() const { return head_.size(); }
  bool is_sample() const { return selection_.count < size(); }
  const Survey::Selection& selection() const { return selection_; }
  // Why nothing was sealed: the ledger takes nothing new just now. Then its end is unbounded.
  const absl::Status& not_sealed() const { return not_sealed_; }
  // After Write(): from the genesis, and whose heads are among what was written.
  bool exercise() const { return exercise_; }
  const std::vector<std::string>& peers() const { return peers_; }
  // After ReadHead(): which of the log's keys has signed the head, from 1.
  size_t key_number() const { return key_number_; }

 private:
  using Take =
      std::function<absl::Status(uint64_t index, const chapter8::ledger::v1::LoggedEntry& entry)>;
  // All entries under the head, in order.
  absl::Status VisitEntries(const Take& take) const;
  absl::Status AddToJournal(uint64_t index, const chapter8::ledger::v1::LoggedEntry& logged,
                            std::string& text);
  std::string HeadingOf(const chapter8::ledger::v1::Genesis& genesis);
  absl::Status CopyPeers(ExportFolder& out);
  absl::Status CopySeals(ExportFolder& out);
  absl::Status ReadRows(const std::vector<std::string>& scopes,
                        chapter8::ledger::v1::SealRows& rows) const;
  absl::Status Broken(absl::string_view what) const;
  std::string File(absl::string_view name) const;

  const std::string origin_;
  const std::string folder_;
  const LogKeys& keys_;
  const Call& call_;
  chapter8::ledger::v1::Checkpoint head_;
  size_t key_number_ = 1;
  absl::Status not_sealed_;
  Survey::Selection selection_;
  std::vector<uint64_t> seals_;  // Whose rows go along; of whole ledgers all.
  Journal journal_;
  std::set<std::string> took_from_;  // The ledgers whose entries are among those disclosed.
  bool exercise_ = false;
  std::vector<std::string> peers_;
};

}  // namespace ch8::audit

#endif  // CH8_CLIENTS_EXPORT_LEDGER_EXPORT_H_
