#ifndef CH8_SERVICES_RPC_TEST_NODE_H_
#define CH8_SERVICES_RPC_TEST_NODE_H_

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "chapter8/ledger/v1/answer.pb.h"
#include "google/rpc/error_details.pb.h"
#include "services/kernel/runner.h"
#include "services/rpc/edge.h"
#include "services/trust/act.h"
#include "services/trust/certificates.h"
#include "services/trust/trust_bundles.h"
#include "storage/ledger/mem_ledger.h"

// For tests of the edge: a node of un.example whose servers are real and whose ledgers are not. It
// trusts un.example, au.example (pinned) and old.example (in the TLS bundles, no longer pinned).
namespace ch8::rpc::testing {

// Answers as it is told. Runs on the caller's thread unless `hold` was called.
class FakeRunner final : public kernel::Runner {
 public:
  using Answer = std::function<kernel::Outcome(const kernel::Command& command)>;

  explicit FakeRunner(const std::string& origin);

  void set_answer(Answer answer) { answer_ = std::move(answer); }
  // From now on outcomes wait for Release().
  void Hold() { holding_ = true; }
  void Release();
  // The outcome of the held command at `place`, 0 the oldest; those behind it move up.
  void ReleaseOne(size_t place);

  // From now on a stream's commands have no place in the queue, until MakeRoom(). Hold() first.
  void FillQueue();
  void MakeRoom();

  // Every command submitted so far.
  std::vector<kernel::Command> commands() const;
  // Waits until `count` commands are held.
  void AwaitHeld(size_t count) const;
  // The most that were held at a time.
  size_t held_max() const;

  void Submit(kernel::Command command, Done done) override;
  void SubmitInbound(std::vector<kernel::InboundEntry>, Done done) override;
  void SubmitPeerRows(std::vector<RowWrite>, Done done) override { done(kernel::Outcome()); }
  void SubmitWitnessed(std::vector<chapter8::ledger::v1::WitnessedHead>, Done done) override {
    done(kernel::Outcome());
  }
  const Ledger& ledger() const override { return *ledger_; }
  absl::StatusOr<std::string> SignedNote() override;
  uint64_t WaitForGrowth(uint64_t, absl::Duration) override { return ledger_->durable_size(); }

 private:
  const std::unique_ptr<MemLedger> ledger_;
  Answer answer_;
  mutable std::mutex mutex_;  // Guards what follows.
  std::vector<kernel::Command> commands_;
  std::vector<std::function<void()>> held_;
  bool holding_ = false;
  size_t held_max_ = 0;
  bool is_full_ = false;
  std::vector<std::shared_ptr<kernel::CommandStream>> waiting_;
};

// Refuses like a ledger without officers, by the kernel's own rules.
kernel::Outcome KernelWithoutOfficers(const Ledger& ledger, const kernel::Command& command);

// What a caller got.
struct Reply {
  grpc::Status status;
  std::string bytes;
  google::rpc::ErrorInfo info;
  bool has_retry_info = false;
  std::optional<chapter8::ledger::v1::Receipt> receipt;
};

struct CallOptions {
  std::string request = {};
  std::vector<std::string> acts = {};  // Values of ch8-act-bin.
  absl::Duration timeout = absl::Seconds(10);
};

class TestNode {
 public:
  // Keeps its key and certificate in `directory`. `adjust` may change the edge's options before it
  // is made.
  explicit TestNode(const std::string& directory,
                    const std::function<void(Edge::Options&)>& adjust = nullptr);
  ~TestNode();

  FakeRunner& finance() { return finance_; }
  FakeRunner& directory() { return directory_; }
  const MethodTable& methods() const { return methods_; }
  std::vector<CallRecord> records() const;
  // Waits for the record of the `count`-th call.
  void AwaitRecords(size_t count) const;

  // A channel of somebody with a good certificate, e.g. "spiffe://au.example/node/1".
  std::shared_ptr<grpc::Channel> As(const std::string& spiffe_id);
  // Somebody of un.example by au.example's authority.
  std::shared_ptr<grpc::Channel> Forged();
  std::shared_ptr<grpc::Channel> WithoutCertificate();
  // The same edge behind a listener that authenticates nobody.
  std::shared_ptr<grpc::Channel> Plaintext();

  Clock& clock() { return clock_; }
  Edge& edge() { return *edge_; }

  // From now on nobody of un.example is let in.
  void DenyAll() { denies_ = true; }

 private:
  std::shared_ptr<grpc::Channel> Connect(const trust::KeyAndCertificate& identity);
  trust::KeyAndCertificate Issue(const std::string& authority_domain, const std::string& spiffe_id);

  SystemClock clock_;
  FakeRunner finance_{"un.example/ch8/finance"};
  FakeRunner directory_{"un.example/ch8/directory"};
  const std::map<std::string, std::unique_ptr<FakeRunner>> others_;  // By service.
  const MethodTable methods_;
  std::atomic<bool> denies_{false};
  const Authorizer authorizer_;
  mutable std::mutex mutex_;
  std::vector<CallRecord> records_;  // Guarded by mutex_.
  std::map<std::string, trust::KeyAndCertificate> authorities_;
  std::shared_ptr<trust::TrustBundles> bundles_;
  std::unique_ptr<Edge> edge_;
  int port_ = 0;
  int plaintext_port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

Reply Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
           const CallOptions& options = CallOptions());

// A stream, step by step: each waits for its end, so what a test sends must fit into HTTP/2's
// window.
//
// Thread safety: none.
class StreamClient {
 public:
  StreamClient(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
               const CallOptions& options = CallOptions());
  ~StreamClient();

  // False when the stream is over.
  bool Send(const std::string& message);
  void CloseSending();
  // The next message; nothing when there are no more.
  std::optional<std::string> Receive();
  // After the last message: how it ended.
  Reply End();
  void Cancel() { context_.TryCancel(); }

 private:
  bool Wait();

  grpc::GenericStub stub_;
  grpc::ClientContext context_;
  grpc::CompletionQueue queue_;
  std::unique_ptr<grpc::GenericClientAsyncReaderWriter> stream_;
  bool is_over_ = false;
};

// The metadata value of an act signed by `key`.
std::string ActFor(const SigningKey& key, const std::string& origin, const std::string& method,
                   const std::string& request, absl::Time not_after);

}  // namespace ch8::rpc::testing

#endif  // CH8_SERVICES_RPC_TEST_NODE_H_
