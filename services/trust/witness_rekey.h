#ifndef CH8_SERVICES_TRUST_WITNESS_REKEY_H_
#define CH8_SERVICES_TRUST_WITNESS_REKEY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "chapter8/directory/v1/organization_record.pb.h"

// Another key for an organization's witness. What the old one cosigned is cosigned again with the
// new one as soon as a partner has confirmed the record: the partner's ledgers log that, so their
// heads grow. So one key is enough to know.
//
// Thread safety: any thread, but one caller per folder at a time.
namespace ch8::trust {

// What lies in a node's folder: the second one signs once a record in force names it.
std::string WitnessKeyPath(const std::string& node_folder);
std::string NextWitnessKeyPath(const std::string& node_folder);

struct WitnessRekeyed {
  // What partners have to confirm.
  chapter8::directory::v1::SignedOrganizationRecord record;
  std::string retired_path;  // Where the old key was put; empty when there was none.
  // kFinished: this call made no key, but finished a change that was cut off.
  enum class What { kDone, kFinished } what = What::kDone;
};

// Makes the witness's next key and the record that names it, signed by <home>/root/root.key, and
// puts both into <home>/node. The change happens at one instant, when node/org.record gets its
// name, as in RekeyLog(). The old key is put aside as node/witness.retired-<sequence>.key.
//
// Errors: kNotFound when a file is missing, e.g. the root key is elsewhere; kFailedPrecondition
// when a change of a ledger's key was cut off, which has to be finished first; those of the file
// system.
absl::StatusOr<WitnessRekeyed> RekeyWitness(const std::string& home, absl::Time now);

}  // namespace ch8::trust

#endif  // CH8_SERVICES_TRUST_WITNESS_REKEY_H_
