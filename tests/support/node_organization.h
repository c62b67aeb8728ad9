#ifndef CH8_TESTS_SUPPORT_NODE_ORGANIZATION_H_
#define CH8_TESTS_SUPPORT_NODE_ORGANIZATION_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "chapter8/authz/v1/rule.pb.h"
#include "clients/lib/endpoints.h"
#include "tests/support/node_officer.h"
#include "tests/support/node_process.h"

namespace ch8::testing {

// One organization: its home as `ch8 org init` writes it, and its node, a real `ch8d` on loopback
// with RocksDB beneath. Administrators admin-1 and admin-2 exist from the start. Whatever a test
// needs and does not get aborts it, with the node's own output.
//
// Thread safety: none; clients made by NewClient() are the caller's.
class OrganizationNode {
 public:
  struct Options {
    std::string folder;        // Exists. Home, data and officers' files go beneath it.
    std::string organization;  // "un"; its trust domain is un.example.
    std::vector<std::string> daemon_arguments = {};
    // That the node hosts; "": all the program's.
    std::string services = "directory,finance,witness";
    std::string program = "ch8d";
    std::vector<std::string> ledgers =
        {};  // That it has keys for; empty: those of ch8d's services.
    // A read that Appoint() waits for: any officer's, answered by a ledger that hears of officers.
    std::string first_read = "finance.v1.OperationService.ListOperations";
  };
  // Writes the home. The node does not run yet.
  explicit OrganizationNode(const Options& options);

  // Starts the node and waits until it listens.
  void Start();
  // kill -9.
  void Kill() { process_->Kill(); }
  // SIGTERM: drains and ends. The exit code. Hangs up first, since a node gives callers who are
  // still there some time to go.
  int Stop() {
    clients_.clear();
    return process_->Terminate();
  }
  Process& process() { return *process_; }

  const std::string& organization() const { return organization_; }
  std::string name() const { return "organizations/" + organization_; }
  std::string domain() const { return organization_ + ".example"; }
  std::string origin(const std::string& service) const { return domain() + "/ch8/" + service; }
  // The armoured record's content, and what officers compare by telephone. ReadRecord() takes the
  // one that stands in the home now, after a change of a key.
  void ReadRecord();
  const std::string& signed_record() const { return signed_record_; }
  const std::string& fingerprint() const { return fingerprint_; }

  std::string home() const { return folder_ + "/" + organization_; }
  std::string data() const { return home() + "-data"; }
  std::string boot_markers() const { return home() + "-boot"; }
  // The RocksDB folder of a service; open it only while the node does not run.
  std::string database(const std::string& service) const;
  int federation_port() const { return federation_port_; }
  const client::Endpoints& endpoints() const { return endpoints_; }

  // The node's metrics as served now; empty when nobody answers.
  std::string Metrics() const;

  // A channel of its own for `officer`, to the node as it runs now.
  std::unique_ptr<OfficerClient> NewClient(const std::string& officer) const;
  // One that is kept until the node starts again.
  OfficerClient& As(const std::string& officer);
  OfficerFiles FilesOf(const std::string& officer) const;

  // A post with one role and an officer who holds it, each entered by admin-1 and confirmed by
  // admin-2. Waits until `first_read` is answered to the officer.
  void Appoint(const std::string& officer, chapter8::authz::v1::Role role,
               int64_t approval_limit_minor = 0);
  // An officer who holds a post that there is, e.g. "posts/funds-post", beside those who do.
  void AppointTo(const std::string& post, const std::string& officer);

  // Pins `other` by both administrators; the finance ledger learns of it a moment later.
  void Pin(const OrganizationNode& other);

 private:
  void MakeOfficerFiles(const std::string& officer) const;

  const std::string folder_;
  const std::string organization_;
  const std::vector<std::string> daemon_arguments_;
  const std::string services_;
  const std::string program_;
  const std::string first_read_;
  const int federation_port_;
  std::string signed_record_;
  std::string fingerprint_;
  uint64_t next_person_ = 100;
  client::Endpoints endpoints_;
  std::unique_ptr<Process> process_;
  std::map<std::string, std::unique_ptr<OfficerClient>> clients_;
};

}  // namespace ch8::testing

#endif  // CH8_TESTS_SUPPORT_NODE_ORGANIZATION_H_
