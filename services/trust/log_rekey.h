#ifndef CH8_SERVICES_TRUST_LOG_REKEY_H_
#define CH8_SERVICES_TRUST_LOG_REKEY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"

// Another key for a ledger's heads: made on the home, where the root key is brought for it, and
// taken up by the node when it starts.
//
// Thread safety: any thread, but one caller per folder at a time.
namespace ch8::trust {

// What lies in a node's folder for the key of one service.
struct LogKeyFiles {
  std::string key;     // log-<service>.key: signs.
  std::string next;    // log-<service>.next.key: signs, once a record in force names it.
  std::string change;  // log-<service>.change: what the log says of its newest change.
};
LogKeyFiles LogKeyFilesOf(const std::string& node_folder, absl::string_view service);

struct RekeyOptions {
  std::string home;
  std::string service;      // "finance"
  uint64_t until_size = 0;  // Up to which the key so far, and those before it, are believed.
  enum class OldKey {
    kSigns,  // It signs the change: its owner is who replaces it.
    kLost,   // Lost, or stolen: its word is worth nothing. The root key's alone has to do.
  };
  OldKey old_key = OldKey::kSigns;
  // The file of an older record that the next one is to follow, in place of the newest: that one is
  // taken back. Only for a record that its ledger has refused to log and no partner has seen;
  // whoever knows it would not take another. Empty: it follows the newest.
  std::string follows = "";
  absl::Time now;
};

struct Rekeyed {
  // What partners have to confirm.
  chapter8::directory::v1::SignedOrganizationRecord record;
  std::string retired_path;  // Where the old key was put; empty when there was none.
  // kFinished: this call made no key, but finished a change of this service that was cut off.
  enum class What { kDone, kFinished } what = What::kDone;
  // Another service, a change of whose key was cut off and is finished now as well; often empty.
  std::string other_finished;
};

// Makes the service's next key and the record that names it, signed by <home>/root/root.key, and
// puts both into <home>/node. The change happens at one instant, when node/org.record gets its
// name: killed before, it leaves nothing that counts; killed after, the node has the new key, and
// the next call brings the rest into its place and, when it is for the same service, says
// kFinished.
//
// The old key is put aside as node/log-<service>.retired-<sequence>.key.
//
// Errors: kNotFound when a file is missing, e.g. the root key is elsewhere; kInvalidArgument for a
// service without a ledger, a size of 0, or a record to follow that is none of this organization's
// older ones; kFailedPrecondition when the old key is to sign and is not there;
// kOutOfRange when the record has no room for another key; those of the file system.
absl::StatusOr<Rekeyed> RekeyLog(const RekeyOptions& options);

// The newest change of a service's key, as RekeyLog() left it for the log; nothing when the key was
// never changed. Errors: kInvalidArgument when the file holds none.
absl::StatusOr<std::optional<chapter8::ledger::v1::LogKeyChanged>> ReadKeyChange(
    const std::string& path);

}  // namespace ch8::trust

#endif  // CH8_SERVICES_TRUST_LOG_REKEY_H_
