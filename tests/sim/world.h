#ifndef CH8_TESTS_SIM_WORLD_H_
#define CH8_TESTS_SIM_WORLD_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "chapter8/federation/v1/federation_service.pb.h"
#include "tests/sim/auditor.h"
#include "tests/sim/bookkeepers.h"
#include "tests/sim/bug.h"
#include "tests/sim/counts.h"
#include "tests/sim/fault.h"
#include "tests/sim/goods_officers.h"
#include "tests/sim/mandate_officers.h"
#include "tests/sim/node.h"
#include "tests/sim/officers.h"
#include "tests/sim/random.h"
#include "tests/sim/witness.h"

namespace ch8::sim {

struct RunOptions {
  uint64_t seed = 1;
  uint64_t steps = 1'200;
  Bug bug = Bug::kNone;
  std::string folder = "/dev/shm";  // A tmpfs: signed heads are files that are synced.
};
struct RunReport {
  absl::Status status = {};  // OK, or the invariant that was broken, and at which step.
  FaultCounts faults = {};
  uint64_t entries = 0;
  Counts counts = {};
  std::vector<Hash> roots = {};  // Of all ledgers.
};

// Two to seven organizations in one process, whose officers do whatever comes to mind while
// network, machines, clocks and peers fail; then everything heals, and must come to rest within a
// bound. The same options give the same run.
RunReport Run(const RunOptions& options);

// A new folder, gone with the object.
class Folder {
 public:
  explicit Folder(const std::string& parent);
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// The inside of a run.
//
// Thread safety: none.
class World {
 public:
  explicit World(const RunOptions& options);

  absl::Status Live();
  absl::Status Heal();
  RunReport Report() const;

 private:
  static constexpr int kTries = 4;  // To find a node for which there is something to do.

  // A request for a page, or the page.
  struct Message {
    bool is_page = false;
    size_t from = 0;
    size_t to = 0;
    uint64_t due_step = 0;
    bool lie = false;  // A page that must not be believed.
    chapter8::federation::v1::PullRequest request = {};
    chapter8::federation::v1::PullResponse response = {};
  };

  absl::Status Arrive();
  absl::Status Step();
  absl::Status Act();
  absl::Status Fail();
  void AddNode(Node::Options options);
  void Learn(size_t node, const Answer& answer);
  std::vector<Call> FirstCalls(const Node& node);
  Call AnyCall(size_t node);
  absl::Status Sync(size_t node);
  absl::Status Start(size_t node, const absl::Status& started);
  absl::Status FailMachine(size_t node);
  absl::Status FailClock(size_t node);
  void Fork();
  absl::Status ChangeKey(size_t node);
  // The liar's newest record takes back what others have cosigned of one history, in favour of the
  // other one.
  absl::Status RevokeFalsely();
  // Some ledger hears of the newest record of some organization.
  void TellRecord();
  void RepeatCall(size_t node);
  void Pass(absl::Duration time);
  // Everybody reads everybody; then `time` passes.
  absl::Status Round(absl::Duration time);
  absl::Status ComeToRest();

  // How ledgers read each other, and what their witnesses say to it: world_feeds.cc.
  // All that `reader` reads: ledgers of its own organization that it has to do with, and the same
  // service of the others.
  std::vector<size_t> OwnPeersOf(size_t reader);
  std::vector<size_t> PeersOf(size_t reader);
  // One of them.
  size_t AnyPeerOf(size_t reader);
  // The node that shows `reader` the ledger of `node`: its twin, if that is what the liar wants.
  size_t ShownTo(size_t reader, size_t node);
  void AskPeer();
  bool HasNews(size_t reader, size_t peer) const;
  void Send(Message message);
  absl::Status Deliver();
  absl::Status ServePage(const Message& asked);
  // Alters a page, or puts another in its place.
  void Lie(Message& page);
  absl::Status TakePage(const Message& page);
  // Brings the head of any ledger to the witness of another organization.
  absl::Status ShowHead();
  absl::StatusOr<chapter8::federation::v1::AddCheckpointResponse> AskWitness(
      size_t organization, const chapter8::federation::v1::AddCheckpointRequest& request);
  absl::StatusOr<std::vector<std::string>> ProveConsistency(size_t node, uint64_t old_size,
                                                            uint64_t new_size);
  std::string FalselyCosigned(const std::string& note);
  class OwnWitness;
  class PeerSource;

  bool Enabled(Fault fault) const { return (enabled_ >> static_cast<int>(fault) & 1) != 0; }
  // Counts the fault, if this world has it and chance wants it.
  bool Happens(Fault fault, int64_t one_in);
  size_t AnyNode() {
    return static_cast<size_t>(random_.Pick(static_cast<int64_t>(nodes_.size())));
  }
  // Witnesses' ledgers, which hold little, come up less often.
  size_t AnyReader();
  size_t AnyToSync();
  size_t OrganizationOf(size_t node) const;
  size_t OtherOrganization(size_t organization);
  // The node of an organization's service; the witness's is the last.
  size_t NodeOf(size_t organization, absl::string_view service) const;
  // Mostly one of its two neighbours: whoever deals with everybody gets nowhere in a short life.
  size_t Partner(size_t organization);
  bool IsForked(size_t node) const;
  bool IsCut(size_t from, size_t to) const;
  // Remembers the first invariant that is broken where no step can say so.
  void Notice(const absl::Status& status) { noticed_.Update(status); }

  const RunOptions options_;
  const Folder folder_;
  Random random_;
  FaultCounts faults_;
  uint64_t enabled_ = 0;  // One bit a fault: each world has its own selection.
  uint64_t step_ = 0;
  // Ceilings are delegated in some worlds only: in those, less is given.
  bool has_mandates_ = false;
  std::vector<std::string> services_;  // Of each organization; the witness is the last.
  Directory directory_;
  std::vector<std::unique_ptr<Node>> nodes_;         // By organization and service; a twin last.
  std::vector<std::unique_ptr<Witness>> witnesses_;  // By organization.
  std::optional<size_t> liar_;         // The organization that may show two histories,
  std::optional<size_t> forked_;       // and its node that has a twin.
  std::map<size_t, bool> shown_twin_;  // By reader, what it is mostly shown.
  Officers officers_;
  GoodsOfficers goods_officers_;
  MandateOfficers mandate_officers_;
  Bookkeepers bookkeepers_;
  Auditor auditor_;
  std::vector<Message> messages_;
  std::map<std::pair<size_t, size_t>, uint64_t> cut_until_;  // By two organizations, lower first.
  std::map<std::pair<size_t, size_t>, chapter8::federation::v1::PullResponse> old_pages_;
  std::vector<std::map<std::string, Answer>> answers_;  // By node and request id.
  std::vector<std::vector<std::string>> ids_;           // Of offers, by node.
  absl::Status noticed_;
  absl::Time now_;  // What right clocks show.
};

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_WORLD_H_
