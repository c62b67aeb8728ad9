#ifndef CH8_SERVICES_NODE_GATE_LEDGER_H_
#define CH8_SERVICES_NODE_GATE_LEDGER_H_

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "storage/ledger/ledger.h"

namespace ch8::node {

// A ledger whose syncs wait at a gate, and whose disk fails when told to. For tests.
//
// Thread safety: as Ledger; the controls from any thread.
class GateLedger final : public Ledger {
 public:
  // `ledger` outlives this.
  explicit GateLedger(Ledger& ledger) : ledger_(ledger), written_(*this) {}

  // Syncs that begin from now on wait.
  void Close();
  void Open();
  // Every later sync, commit or row read fails.
  void FailSyncs() { fail_syncs_ = true; }
  void FailCommits() { fail_commits_ = true; }
  void FailReads() { fail_reads_ = true; }
  int commit_count() const { return commit_count_.load(); }
  // Waits until a sync stands at the gate.
  void WaitForSync();

  const std::string& origin() const override { return ledger_.origin(); }
  const Hash& log_id() const override { return ledger_.log_id(); }
  absl::StatusOr<Committed> Commit(const CommitRequest& request) override;
  absl::StatusOr<uint64_t> Sync() override;
  uint64_t durable_size() const override { return ledger_.durable_size(); }
  const Snapshot& WrittenView() const override { return written_; }
  std::unique_ptr<Snapshot> TakeSnapshot() const override { return ledger_.TakeSnapshot(); }
  absl::Status ReadEntries(uint64_t begin, uint64_t end, const EntryVisitor& visit) const override {
    return ledger_.ReadEntries(begin, end, visit);
  }
  absl::StatusOr<Hash> RootAt(uint64_t size) const override { return ledger_.RootAt(size); }
  absl::StatusOr<std::vector<Hash>> InclusionProof(uint64_t index, uint64_t size) const override {
    return ledger_.InclusionProof(index, size);
  }
  absl::StatusOr<std::vector<Hash>> ConsistencyProof(uint64_t old_size,
                                                     uint64_t new_size) const override {
    return ledger_.ConsistencyProof(old_size, new_size);
  }
  absl::Status KeepNote(uint64_t size, absl::string_view note) override {
    return ledger_.KeepNote(size, note);
  }
  absl::StatusOr<std::optional<std::string>> NoteAtMost(uint64_t size) const override {
    return ledger_.NoteAtMost(size);
  }
  absl::Status WritePages(const std::vector<Page>& pages) override {
    return ledger_.WritePages(pages);
  }
  absl::Status FlushPages() override { return ledger_.FlushPages(); }
  absl::Status ReadPages(const std::function<void(const Page& page)>& visit) const override {
    return ledger_.ReadPages(visit);
  }
  absl::Status IngestRun(SearchIndex index, const IndexRun& run) override {
    return ledger_.IngestRun(index, run);
  }
  absl::Status ForgetIndex(SearchIndex index) override { return ledger_.ForgetIndex(index); }
  uint64_t indexed_size(SearchIndex index) const override { return ledger_.indexed_size(index); }
  absl::StatusOr<std::vector<std::optional<std::string>>> FindIds(
      const std::vector<std::string>& keys) const override {
    return ledger_.FindIds(keys);
  }
  absl::Status VisitIndexDown(SearchIndex index, absl::string_view from,
                              const IndexVisitor& visit) const override {
    return ledger_.VisitIndexDown(index, from, visit);
  }

 private:
  class Written final : public Snapshot {
   public:
    explicit Written(const GateLedger& gate) : gate_(gate) {}
    uint64_t size() const override { return gate_.ledger_.WrittenView().size(); }
    absl::StatusOr<std::optional<std::string>> Get(Table table,
                                                   absl::string_view key) const override;
    absl::Status Scan(Table table, absl::string_view begin, absl::string_view end,
                      const RowVisitor& visit) const override;

   private:
    const GateLedger& gate_;
  };

  Ledger& ledger_;
  const Written written_;
  std::atomic<bool> fail_syncs_{false};
  std::atomic<bool> fail_commits_{false};
  std::atomic<bool> fail_reads_{false};
  std::atomic<int> commit_count_{0};

  std::mutex mutex_;  // Guards what follows.
  std::condition_variable changed_;
  bool open_ = true;
  int waiting_ = 0;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_GATE_LEDGER_H_
