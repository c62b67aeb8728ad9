#ifndef CH8_SERVICES_RPC_METHOD_TABLE_H_
#define CH8_SERVICES_RPC_METHOD_TABLE_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/authz/v1/rule.pb.h"
#include "google/protobuf/descriptor.h"
#include "services/kernel/runner.h"

namespace ch8::rpc {

// What one ledger answers: every rpc of these files, from the descriptors linked into the program.
struct HostedLedger {
  kernel::Runner* runner = nullptr;  // Outlives the table.
  // E.g. "chapter8/finance/v1/finance_service.proto".
  std::vector<std::string> proto_files;
};

// The fields of an answer in a stream of requests.
inline constexpr int kAnswerField = 1;   // The unary answer.
inline constexpr int kReceiptField = 2;  // The bytes of a chapter8.ledger.v1.Receipt.

// The rpcs that a node's officers may call, each with its rule and the ledger that answers it.
//
// Thread safety: const methods may be called from any thread.
class MethodTable {
 public:
  enum class Effect { kRead, kMutation };

  struct Method {
    std::string name;  // "/chapter8.finance.v1.FundService/CreateFund"
    // The rpc that each message is a request of: this one, unless this is a stream of requests.
    std::string executes;
    chapter8::authz::v1::Rule rule;
    Effect effect = Effect::kRead;  // A mutation is a request that has a request_id.
    // Null for acts on a ledger itself and reads of it: there the request's `origin` says which.
    kernel::Runner* runner = nullptr;
    const google::protobuf::Descriptor* request = nullptr;

    bool is_stream() const { return executes != name; }
  };

  // The hosted ledgers' rpcs and, for all of them, the services of chapter8.ledger.v1.
  //
  // A stream of requests is a bidirectional stream of the requests of one unary rpc of its service,
  // under that rpc's rule, and each of its answers has the unary answer as field 1 and the bytes of
  // a Receipt as field 2.
  //
  // Errors: kInternal, naming the rpc, when a file is not linked in, or an rpc has no rule, is a
  // stream of any other form or is hosted twice: the program is wrong and must not serve.
  static absl::StatusOr<MethodTable> Create(const std::vector<HostedLedger>& hosted);

  // Null when nobody here answers it. Pointers are good for the table's life.
  const Method* Find(absl::string_view name) const;

  // Which ledger shall answer. Errors, domain "rpc.chapter8", only for a method without a runner of
  // its own: kInvalidArgument/MALFORMED_REQUEST or UNKNOWN_FIELD; kNotFound/UNKNOWN_LEDGER.
  absl::StatusOr<kernel::Runner*> RunnerFor(const Method& method, absl::string_view request) const;

  // All of them, in no order.
  std::vector<const Method*> methods() const;

 private:
  absl::Status Add(const google::protobuf::ServiceDescriptor& service, kernel::Runner* runner);
  absl::Status AddFile(const std::string& file, kernel::Runner* runner);

  absl::flat_hash_map<std::string, Method> methods_;
  absl::flat_hash_map<std::string, kernel::Runner*> ledgers_;  // By origin.
};

}  // namespace ch8::rpc

#endif  // CH8_SERVICES_RPC_METHOD_TABLE_H_
