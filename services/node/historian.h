#ifndef CH8_SERVICES_NODE_HISTORIAN_H_
#define CH8_SERVICES_NODE_HISTORIAN_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

#include "absl/status/status.h"
#include "services/node/growth.h"
#include "services/node/history.h"
#include "storage/ledger/ledger.h"

namespace ch8::node {

// Keeps a ledger's history (services/node/history.h) close behind what is durable, on a thread of
// lower priority, so that who posts does not wait for it. After a burst of entries it needs a
// while.
//
// Thread safety: all methods but Open() and Start() may be called from any thread.
class Historian {
 public:
  struct Options {
    Ledger& ledger;            // Outlives the historian.
    size_t calls_max = 0;      // How many calls may wait for it to see more.
    uint64_t run_entries = 0;  // As in History::Open().
    // Optional. A run could not be written: it is tried again in a minute. Or an entry could not be
    // read: nothing more will be seen. Or the index was damaged, and is made anew.
    std::function<void(const absl::Status& why)> on_failed = nullptr;
  };
  explicit Historian(Options options) : options_(std::move(options)) {}
  // Close().
  ~Historian() { Close(); }
  Historian(const Historian&) = delete;
  Historian& operator=(const Historian&) = delete;

  // Before all else. An index that cannot be read is forgotten and made anew. Errors: those of
  // History::Open() and Ledger::ForgetIndex().
  absl::Status Open();
  void Start();
  // More is durable than before.
  void Notify();
  // Answers the calls that wait; from now on none does.
  void Drain();
  // Drain(), and waits until all threads are gone. Afterwards nobody may ask for seen().
  void Close();

  const History& history() const { return *history_; }
  // Who waits until more is seen.
  Growth& seen() { return *seen_; }

 private:
  void Run();

  const Options options_;
  std::unique_ptr<History> history_;
  std::unique_ptr<Growth> seen_;

  std::mutex mutex_;  // Guards what follows.
  std::condition_variable wanted_;
  std::condition_variable ending_;
  bool has_news_ = true;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_HISTORIAN_H_
