#ifndef CH8_TESTS_INTEGRATION_PEER_FEED_H_
#define CH8_TESTS_INTEGRATION_PEER_FEED_H_

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "chapter8/federation/v1/federation_service.pb.h"
#include "services/federation/rpc/feed.h"
#include "storage/base/clock.h"
#include "tests/support/node_forged_log.h"
#include "tests/support/node_ledgers.h"
#include "tests/support/temp_dir.h"

namespace ch8::testing {

// The system's clock, set ahead when a test says so. Any thread.
class SteppedClock final : public Clock {
 public:
  absl::Time Now() const override { return system_.Now() + absl::Seconds(ahead_s_.load()); }
  absl::Duration SinceBoot() const override { return system_.SinceBoot(); }
  void StepAhead(absl::Duration step) { ahead_s_ += absl::ToInt64Seconds(step); }

 private:
  const SystemClock system_;
  std::atomic<int64_t> ahead_s_{0};
};

// The UN's ledgers, and an AU that says what a test wants under its own key. The AU is pinned at
// the UN, and "clerk" is a mandate officer there, known to both of the UN's ledgers.
//
// Thread safety: none but what is said below.
class PeerFeed {
 public:
  PeerFeed();

  OrganizationLedgers& un() { return un_; }
  ForgedLog& log() { return log_; }
  const std::string& au_record() const { return au_record_; }

  // The feed of the UN's own directory into its finance ledger; runs from the start.
  void StartDirectoryFeed();
  void StopDirectoryFeed() { directory_feed_.reset(); }
  // The feed of the AU's finance ledger; does not run yet.
  void StartPeerFeed();
  void StopPeerFeed() { peer_feed_.reset(); }
  federation::FeedHealth health() const { return peer_feed_->health(); }
  // What the peer's feed has told, in order.
  std::vector<absl::StatusCode> told() const;
  // The feeds'.
  SteppedClock& clock() { return clock_; }

  using Answer = std::function<absl::StatusOr<chapter8::federation::v1::PullResponse>(
      const chapter8::federation::v1::PullRequest& request)>;
  // From now on the peer answers so. Honestly when not called. Any thread.
  void PeerAnswers(Answer answer);
  absl::StatusOr<chapter8::federation::v1::PullResponse> Honest(
      const chapter8::federation::v1::PullRequest& request) const;

  // As "clerk".
  absl::Status AddOperation(const std::string& id) const;

  // Has the UN's finance ledger learn of an officer with this role.
  void Appoint(const std::string& officer, chapter8::authz::v1::Role role);

  // The AU's request of this number, into its log; and whether the UN's ledger has taken it.
  void LogRequest(int number);
  static std::string RequestName(int number);
  bool HasRequest(int number) const;

 private:
  const TempDir dir_;
  SteppedClock clock_;
  mutable OrganizationLedgers un_;
  const OrganizationLedgers au_;
  const std::string au_record_;
  ForgedLog log_;
  const std::shared_ptr<std::mutex> answer_mutex_;  // Guards also `told_`.
  const std::shared_ptr<Answer> answer_;
  std::vector<absl::StatusCode> told_;
  std::unique_ptr<federation::Feed> directory_feed_;
  std::unique_ptr<federation::Feed> peer_feed_;
};

}  // namespace ch8::testing

#endif  // CH8_TESTS_INTEGRATION_PEER_FEED_H_
