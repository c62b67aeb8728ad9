#ifndef CH8_SERVICES_NODE_LEDGER_HOME_H_
#define CH8_SERVICES_NODE_LEDGER_HOME_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/books/ids.h"
#include "services/federation/rpc/depositor.h"
#include "services/kernel/machine.h"
#include "services/node/file_bodies.h"
#include "services/node/key_change.h"
#include "services/node/modules.h"
#include "services/node/node_folder.h"
#include "services/node/sequencer.h"
#include "storage/base/clock.h"
#include "storage/ledger/head_keeper.h"
#include "storage/rocks/rocks_ledger.h"

namespace ch8::node {

// One service of a running node: its ledger on disk, who signs for it, its machine and its
// sequencer, in <data>/<service>:
//
//   ledger/      the RocksDB database
//   bodies/      content outside the log (services/node/file_bodies.h), its keys in
//                <data>/body-keys/<service>
//   seal_sums    what the newest seal sums up; made anew from the log when it is not there
//   signed_head  what was promised last (storage/ledger/head_keeper.h)
//   barred       why, while the ledger is barred: what is stored was found to be altered
//   rebuilt      its size when it was made anew from a partner's copy: only officers vouch for that
//   given_back/  what a partner gave back of a lost ledger, until the next start makes it anew
//                (services/node/rebuilt_ledger.h)
//
// Two steps, because the clock that a sequencer needs stands in the ledgers' genesis entries.
//
// Thread safety: Open() to Serve() on one thread; then the accessors from any.
class LedgerHome {
 public:
  // Opens the service's ledger. Errors: kNotFound when there is none yet; those of
  // RocksLedger::Open(); kFailedPrecondition when it belongs to another organization than `folder`,
  // or is another log than the one `folder` remembers; those of NodeFolder::RememberLog().
  static absl::StatusOr<std::unique_ptr<LedgerHome>> Open(const Module& module,
                                                          const NodeFolder& folder,
                                                          const std::string& data);
  // Creates it, once in the life of `folder`: when the data of a log that existed is gone, a fresh
  // history under its origin and key would contradict what it has signed.
  // Errors: kFailedPrecondition when `folder` remembers a log of this service; those of
  // RocksLedger::Create(), NodeFolder::LedgerGenesis() and NodeFolder::RememberLog().
  static absl::StatusOr<std::unique_ptr<LedgerHome>> Create(const Module& module,
                                                            const NodeFolder& folder,
                                                            const std::string& data,
                                                            const Exercise& exercise);
  // Stops the sequencer, writes what a fast start needs, closes the ledger.
  ~LedgerHome();

  struct ServeOptions {
    const NodeFolder* folder = nullptr;
    KeyPlan key = {};              // As PlanKeys() has it.
    const Clock* clock = nullptr;  // Outlives this.
    std::string boot_marker_directory;
    std::function<void(const absl::Status& why)> on_stopped;  // As in Sequencer::Options.
    std::function<absl::Status()> admit_writes;               // The same.
    // Optional. Says in the node's log what the operator has to know: an event, and why.
    std::function<void(absl::string_view event, absl::string_view why)> report = nullptr;
  };
  // Recovers the books and starts deciding. Errors: those of NodeFolder::LogKey(),
  // HeadKeeper::Open(), books::Recover() and Sequencer::Start(); kDataLoss means that the ledger
  // must not serve.
  absl::Status Serve(const ServeOptions& options);

  // Refuses new requests from now on.
  void Drain() {
    if (sequencer_ != nullptr) sequencer_->Drain();
  }

  // Bars the ledger: what is stored is not what was written, as `why` says. From now on, and after
  // every start until `ch8d fsck` finds that it agrees, it signs nothing and takes nothing new;
  // reads go on, so that others can see what there is. Stopping instead would only be started
  // again. Errors: those of writing that down for the next start; it is barred all the same.
  absl::Status Bar(const std::string& why);
  bool barred() const { return barred_.load(); }
  // Signs nothing any more in this run: others hold a head by its key that it does not have.
  void RefuseHeads(const std::string& why) { head_keeper_->Refuse(why); }
  // The file that says so, of a service in the data folder.
  static std::string BarPath(absl::string_view data, absl::string_view service);
  // Where the service's bodies and their keys lie.
  static FileBodies::Folders BodyFolders(absl::string_view data, absl::string_view service);

  const Module& module() const { return module_; }
  const chapter8::ledger::v1::Genesis& genesis() const { return genesis_; }
  Exercise exercise() const;
  // To be written to before Serve() only.
  Ledger& unserved_ledger() { return *ledger_; }

  // After Serve():
  Sequencer& sequencer() { return *sequencer_; }
  const HeadKeeper& head_keeper() const { return *head_keeper_; }
  HeadKeeper& head_keeper() { return *head_keeper_; }
  const RocksLedger& ledger() const { return *ledger_; }
  // Makes the copies of it that partners keep.
  const federation::Depositor& depositor() const { return *depositor_; }

 private:
  LedgerHome(const Module& module, const std::string& data, std::unique_ptr<RocksLedger> ledger);

  absl::Status ReadGenesis(const NodeFolder& folder);
  absl::Status SweepBodies();
  absl::Status ReadBar();
  absl::Status RecoverBooks(const ServeOptions& options, Sequencer::Options& sequencer);
  absl::Status AdmitWrites() const;
  // A new key of the log, and a new record of the organization.
  std::function<std::vector<kernel::Event>(const kernel::RowReader&)> OpeningEvents(
      const ServeOptions& options) const;

  const Module& module_;
  const std::string directory_;
  const FileBodies::Folders body_folders_;
  const std::string bar_path_;
  // In the order in which they need each other.
  const std::unique_ptr<RocksLedger> ledger_;
  chapter8::ledger::v1::Genesis genesis_;
  std::unique_ptr<books::IdIndex> older_ids_;
  std::unique_ptr<kernel::Machine> machine_;
  std::unique_ptr<FileBodies> bodies_;
  std::unique_ptr<HeadKeeper> head_keeper_;
  std::unique_ptr<federation::Depositor> depositor_;
  std::function<absl::Status()> admit_writes_;
  std::atomic<bool> barred_{false};
  std::unique_ptr<Sequencer> sequencer_;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_LEDGER_HOME_H_
