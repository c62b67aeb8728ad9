#ifndef CH8_TESTS_SUPPORT_NODE_LEDGERS_H_
#define CH8_TESTS_SUPPORT_NODE_LEDGERS_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/authz/v1/rule.pb.h"
#include "google/protobuf/message.h"
#include "services/kernel/execute.h"
#include "services/kernel/runner.h"
#include "services/node/ledger_home.h"
#include "services/node/node_folder.h"
#include "storage/base/clock.h"
#include "storage/base/ed25519.h"

namespace ch8::testing {

// The ledgers of one organization in this process, without servers: directory and finance with
// their real machines and sequencers on RocksDB. Administrators admin-1 and admin-2 exist. What
// fails here aborts the test.
//
// Thread safety: as the sequencers'.
class OrganizationLedgers {
 public:
  // `folder` exists; home and ledgers go beneath it.
  OrganizationLedgers(const std::string& folder, const std::string& organization);
  ~OrganizationLedgers();

  kernel::Runner& directory() { return directory_->sequencer(); }
  kernel::Runner& finance() { return finance_->sequencer(); }
  // Closes the finance ledger and opens it again.
  void RestartFinance();

  // Runs one rpc, "finance.v1.FundService.GetFund", as an officer who signs it with KeyOf().
  kernel::Outcome Run(kernel::Runner& runner, absl::string_view officer, absl::string_view rpc,
                      const google::protobuf::Message& request) const;
  template <typename Response>
  absl::StatusOr<Response> Call(kernel::Runner& runner, absl::string_view officer,
                                absl::string_view rpc,
                                const google::protobuf::Message& request) const {
    const kernel::Outcome outcome = Run(runner, officer, rpc, request);
    if (!outcome.status.ok()) return outcome.status;
    Response response;
    if (!response.ParseFromString(outcome.reply)) return absl::InternalError("reply");
    return response;
  }

  // A post with one role and an officer who holds it, both confirmed; in the directory only.
  // Approvers may approve up to USD 10,000,000.00.
  void Appoint(const std::string& officer, chapter8::authz::v1::Role role);
  // Pins `other`, by both administrators; in the directory only.
  void Pin(const OrganizationLedgers& other);

  SigningKey KeyOf(absl::string_view officer) const;
  SigningKey LogKey(absl::string_view service) const;
  std::string domain() const { return folder_.record.trust_domain(); }
  std::string origin(absl::string_view service) const { return folder_.Origin(service); }
  std::string signed_record() const { return folder_.genesis.signed_record().SerializeAsString(); }

 private:
  std::unique_ptr<node::LedgerHome> OpenLedger(const std::string& service) const;

  const std::string home_;
  const SystemClock clock_;
  node::NodeFolder folder_;
  uint64_t next_person_ = 100;
  std::unique_ptr<node::LedgerHome> directory_;
  std::unique_ptr<node::LedgerHome> finance_;
};

}  // namespace ch8::testing

#endif  // CH8_TESTS_SUPPORT_NODE_LEDGERS_H_
