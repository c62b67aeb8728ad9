#ifndef CH8_SERVICES_NODE_HISTORY_SERVICE_H_
#define CH8_SERVICES_NODE_HISTORY_SERVICE_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "services/books/ids.h"
#include "services/kernel/machine.h"
#include "services/kernel/runner.h"
#include "services/node/historian.h"
#include "services/node/readers.h"
#include "storage/base/clock.h"
#include "storage/ledger/ledger.h"

namespace ch8::node {

// chapter8.ledger.v1.HistoryService for one ledger, answered from what the historian has seen, on
// the threads of `readers`. A call that waits until more is seen holds no thread.
//
// Thread safety: const methods may be called from any thread.
class HistoryService {
 public:
  // All of them outlive the service. No call waits any more when it ends.
  struct Options {
    const Ledger& ledger;
    Historian* historian = nullptr;             // Null for a ledger without accounts,
    const books::IdIndex* older_ids = nullptr;  // as this one.
    Readers& readers;
    // The log index of an id that the sequencer has in memory, 8 bytes big-endian, or an empty
    // reply. As Runner::Submit().
    std::function<void(const books::Id& id, kernel::Runner::Done done)> find_new_id;
    const Clock& clock;
  };
  explicit HistoryService(const Options& options);
  HistoryService(const HistoryService&) = delete;
  HistoryService& operator=(const HistoryService&) = delete;

  // Whether `method` is one of its rpcs.
  bool Answers(absl::string_view method) const { return handlers_.count(method) > 0; }

  // Checks that the caller may read, and answers. Errors: those of kernel::AuthorizeRead() and of
  // the rpc.
  void Answer(kernel::Command command, kernel::Runner::Done done) const;

 private:
  using Handler = std::function<void(kernel::Command command, kernel::Runner::Done done)>;

  // `answer` is absl::StatusOr<Response>(const Request&, const std::function<bool()>& is_wanted),
  // called when as much is seen as the request wants.
  template <typename Request, typename F>
  void Add(absl::string_view name, F answer);

  struct Wanted {
    uint64_t size = 0;
    uint32_t wait_ms = 0;
  };
  // Calls `answer` on a reader's thread, or says why not.
  void Read(std::function<void()> answer, const kernel::Runner::Done& done) const;
  void AnswerWhenSeen(const Wanted& wanted, std::function<void()> answer,
                      const kernel::Runner::Done& done) const;
  void FindTransfer(const kernel::Command& command, const kernel::Runner::Done& done) const;
  // After the sequencer has looked.
  kernel::Outcome ReadTransfer(const books::Id& id, const kernel::Outcome& in_memory,
                               uint64_t seen_size) const;

  const Options options_;
  std::map<std::string, Handler, std::less<>> handlers_;  // By method.
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_HISTORY_SERVICE_H_
