#ifndef CH8_SERVICES_NODE_NODE_FOLDER_H_
#define CH8_SERVICES_NODE_NODE_FOLDER_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "storage/base/ed25519.h"
#include "storage/base/hash.h"

namespace ch8::node {

// What an exercise node adds to the clock. Part of each ledger's genesis, the same in all of them.
struct Exercise {
  enum class Kind { kReal, kExercise };
  Kind kind = Kind::kReal;
  absl::Duration offset;

  friend bool operator==(const Exercise&, const Exercise&) = default;
};

// The node folder of an organization's home (services/trust/organization_home.h): who the node is.
// The organization's record is that of the genesis until `ch8 org rekey` puts a newer one beside
// it.
//
// A plain value; any thread.
struct NodeFolder {
  std::string path;
  chapter8::directory::v1::Genesis genesis;
  chapter8::directory::v1::SignedOrganizationRecord signed_record;  // The newest.
  chapter8::directory::v1::OrganizationRecord record;               // In it, verified.

  std::string certificate_path() const { return path + "/node.pem"; }
  std::string key_path() const { return path + "/node.key"; }
  std::string ca_path() const { return path + "/ca.pem"; }
  // "un.example/ch8/finance"
  std::string Origin(absl::string_view service) const;

  // Errors: those of trust::ReadGenesis(), and of trust::ReadRecordFile() and trust::VerifyUpdate()
  // for a newer record.
  static absl::StatusOr<NodeFolder> Read(const std::string& path);

  // The key that signs the service's heads: in log-<service>.key, or in log-<service>.next.key when
  // a change was cut off half way. Errors: those of trust::ReadSigningKey(); kFailedPrecondition
  // when the organization's record names another key: peers would not believe a single head.
  absl::StatusOr<SigningKey> LogKey(absl::string_view service) const;

  // The key with which the organization's witness cosigns. Errors: as LogKey().
  absl::StatusOr<SigningKey> WitnessKey() const;

  // Makes sure that the service's log is the one this home has always had, and remembers it in
  // <path>/log-<service>.created if this is the first. Call it before the log's key signs anything:
  // two histories under one origin and key are equivocation. When it returns OK the memory survives
  // a power loss.
  // Errors: kFailedPrecondition when the home remembers another log; kDataLoss when what it
  // remembers is not a log; kResourceExhausted, kUnavailable (both may be retried).
  absl::Status RememberLog(absl::string_view service, const Hash& log_id) const;
  // Asks before a ledger is made. Errors: kFailedPrecondition when the service had one already;
  // those of RememberLog().
  absl::Status ExpectNoLog(absl::string_view service) const;

  // What the service's ledger starts from.
  absl::StatusOr<chapter8::ledger::v1::Genesis> LedgerGenesis(absl::string_view service,
                                                              const Exercise& exercise) const;

 private:
  std::string CreatedPath(absl::string_view service) const;
  absl::StatusOr<std::optional<Hash>> RememberedLog(absl::string_view service) const;
  absl::Status OtherLogExisted(absl::string_view service, const Hash& log_id) const;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_NODE_FOLDER_H_
