#ifndef CH8_TESTS_BENCH_TARGET_H_
#define CH8_TESTS_BENCH_TARGET_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/ledger/ledger.h"

namespace ch8::bench {

// A node under load: started in a folder of its own, asked, stopped, and read back from disk.
//
// Implementations: MakeInprocTarget(), MakeMtlsTarget().
class Target {
 public:
  virtual ~Target() = default;

  // Opens accounts without floors for bulk rows; returns the first one's number.
  virtual absl::StatusOr<uint32_t> OpenAccounts(uint32_t count) = 0;

  // Called once, on a thread of the target's, when the answer is there: the bytes of a
  // PostTransfersResponse. It must not block.
  using Done = std::function<void(absl::StatusOr<std::string> reply)>;
  // Sends the bytes of a PostTransfersRequest. Thread safety: any thread.
  virtual void PostTransfers(std::string request, Done done) = 0;
  // Calls any other rpc, e.g. "/chapter8.ledger.v1.HistoryService/ListMovements".
  virtual void Call(const std::string& method, std::string request, Done done) = 0;
  // E.g. "un.example/ch8/finance".
  virtual std::string origin() const = 0;

  // The node's process.
  virtual pid_t pid() const = 0;

  // Ends the node, once.
  virtual absl::Status Stop() = 0;
  // Opens its ledger as a new process would. After Stop().
  absl::StatusOr<std::unique_ptr<Ledger>> Reopen() const;
  // Where that ledger lies.
  virtual std::string ledger_path() const = 0;
};

struct TargetOptions {
  std::string directory;  // Empty; the caller's to remove.
  uint32_t callers = 1;
  // Of MakeMtlsTarget(): a call for each request, or all requests in one stream.
  enum class Way { kCalls, kStream };
  Way way = Way::kCalls;
};

// Ledger on disk, books and sequencer in this process; requests go straight to the sequencer.
absl::StatusOr<std::unique_ptr<Target>> MakeInprocTarget(const TargetOptions& options);

// A ch8d of its own, from a home made for it; requests go over mutual TLS as a bookkeeper, whom two
// administrators have appointed through the API.
absl::StatusOr<std::unique_ptr<Target>> MakeMtlsTarget(const TargetOptions& options);

}  // namespace ch8::bench

#endif  // CH8_TESTS_BENCH_TARGET_H_
