#ifndef CH8_SERVICES_NODE_TRUST_FOLLOWER_H_
#define CH8_SERVICES_NODE_TRUST_FOLLOWER_H_

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/strings/string_view.h"
#include "services/kernel/runner.h"
#include "services/node/log_writer.h"
#include "services/trust/trust_bundles.h"

namespace ch8::node {

// Keeps what TLS trusts equal to what the ledger says: the certificate authorities in the signed
// records of the organizations pinned now. An organization pinned by its second officer is let in
// within about a second, without a restart; so is one whose record changed.
//
// Thread safety: any thread.
class TrustFollower {
 public:
  struct Options {
    kernel::Runner* runner = nullptr;  // Whose facts count: the directory, where it is hosted.
    std::shared_ptr<trust::TrustBundles> bundles;  // Holds the own organization's already.
    std::string trust_domain;                      // The own one: never touched here.
    LogWriter* log = nullptr;                      // Outlives this.
  };

  // Looks once before it returns, then follows.
  explicit TrustFollower(Options options);
  ~TrustFollower();

  // Whether another organization is pinned now.
  bool IsPinned(absl::string_view trust_domain) const;

 private:
  void Run();
  void Follow();
  // Its certificate authorities, if the record is whole.
  void Trust(const std::string& trust_domain, const std::string& signed_record);

  const Options options_;
  mutable std::mutex mutex_;
  std::map<std::string, std::string, std::less<>> records_;  // By domain. Guarded by mutex_.
  // The thread's:
  std::map<std::string, std::string> refused_;  // By domain: the record that was refused last.
  uint64_t seen_size_ = 0;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_TRUST_FOLLOWER_H_
