#ifndef CH8_SERVICES_NODE_MODULES_H_
#define CH8_SERVICES_NODE_MODULES_H_

#include <grpcpp/impl/service_type.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/kernel/machine.h"
#include "services/kernel/rows.h"

namespace ch8::node {

// A service that this program can host: what makes it different from the others.
struct Module {
  std::string service;                   // "finance", the last part of its ledger's origin.
  std::vector<std::string> proto_files;  // Of its API.
  enum class Accounts { kNone, kBooks };
  Accounts accounts = Accounts::kNone;   // Whether its ledger moves quantities.
  std::vector<std::string> reads_own;    // The own organization's ledgers that it takes facts from.
  std::vector<std::string> reads_peers;  // The ledgers that it reads of other organizations.

  enum class Bodies { kNone, kFiles };
  Bodies bodies = Bodies::kNone;  // Whether it has content outside its log.

  // The machine of a ledger that starts from `genesis`.
  std::unique_ptr<kernel::Machine> (*make_machine)(const chapter8::ledger::v1::Genesis& genesis);
  // What its ledger logs right after its genesis. Errors: kInvalidArgument.
  absl::StatusOr<std::vector<kernel::Event>> (*genesis_events)(
      const chapter8::ledger::v1::Genesis& genesis);
  // Its gRPC services without an implementation: what reflection lists.
  std::vector<std::unique_ptr<grpc::Service>> (*make_stubs)();
  // Of the directory: what puts a newer record of the own organization in force.
  std::vector<kernel::Event> (*own_record_events)(
      const kernel::RowReader& rows,
      const chapter8::directory::v1::SignedOrganizationRecord& newest) = nullptr;
};

// All of them, in the order in which a node starts them: facts before those who need them.
const std::vector<Module>& Modules();

// Errors: kInvalidArgument for a service that there is not.
absl::StatusOr<const Module*> FindModule(absl::string_view service);

// The stubs of chapter8.ledger.v1's services, which every node has.
std::vector<std::unique_ptr<grpc::Service>> MakeLedgerStubs();

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_MODULES_H_
