#include "services/trust/witness_rekey.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "services/trust/files.h"
#include "services/trust/key_file.h"
#include "services/trust/organization_home.h"
#include "services/trust/organization_record.h"
#include "storage/base/ed25519.h"
#include "storage/base/status_macros.h"

namespace ch8::trust {
namespace {

// A home's record and the newest of its node, which is ahead of it while a change is cut off.
struct Records {
  SignedOrganizationRecord home;
  SignedOrganizationRecord newest;
  OrganizationRecord known;  // In the home's.
  OrganizationRecord in_force;
};

absl::StatusOr<Records> ReadRecords(const std::string& home) {
  Records records;
  ASSIGN_OR_RETURN(records.home, ReadRecordFile(home + "/org.record"));
  ASSIGN_OR_RETURN(records.known, VerifyFirstContact(records.home));
  records.newest = records.home;
  records.in_force = records.known;
  absl::StatusOr<SignedOrganizationRecord> of_node = ReadRecordFile(home + "/node/org.record");
  if (absl::IsNotFound(of_node.status())) return records;
  RETURN_IF_ERROR(of_node.status());
  absl::StatusOr<OrganizationRecord> update = VerifyUpdate(*of_node, records.home);
  if (!update.ok()) return records;
  records.newest = *std::move(of_node);
  records.in_force = *std::move(update);
  return records;
}

absl::Status Change(const std::string& home, absl::Time now, Records& records) {
  ASSIGN_OR_RETURN(const SigningKey root, ReadSigningKey(home + "/root/root.key"));
  const SigningKey key = SigningKey::Generate();
  records.in_force.set_witness_public_key(std::string(key.public_key().view()));
  records.in_force.set_sequence(records.in_force.sequence() + 1);
  records.in_force.set_issued_at_unix_seconds(absl::ToUnixSeconds(now));
  ASSIGN_OR_RETURN(records.newest, SignOrganizationRecord(records.in_force, root));
  RETURN_IF_ERROR(WriteSigningKey(NextWitnessKeyPath(home + "/node"), key));
  return WriteFileAtomically(home + "/node/org.record", EncodeArmour(records.newest), kPublicMode);
}

// After that instant: every key and record under the name that people look for. The name of the
// old key; empty when there was none.
absl::StatusOr<std::string> PutInPlace(const std::string& home, const Records& records) {
  const std::string node = home + "/node";
  const absl::StatusOr<SigningKey> next = ReadSigningKey(NextWitnessKeyPath(node));
  if (!next.ok() && !absl::IsNotFound(next.status())) return next.status();
  std::string retired_path;
  if (next.ok() && next->public_key().view() == records.in_force.witness_public_key()) {
    const std::string aside =
        absl::StrCat(node, "/witness.retired-", records.in_force.sequence(), ".key");
    const absl::Status moved = MoveFile(WitnessKeyPath(node), aside);
    if (!moved.ok() && !absl::IsNotFound(moved)) return moved;
    if (moved.ok()) retired_path = aside;
    RETURN_IF_ERROR(MoveFile(NextWitnessKeyPath(node), WitnessKeyPath(node)));
  }
  RETURN_IF_ERROR(
      WriteFileAtomically(home + "/org.record", EncodeArmour(records.newest), kPublicMode));
  return retired_path;
}

}  // namespace

std::string WitnessKeyPath(const std::string& node_folder) { return node_folder + "/witness.key"; }
std::string NextWitnessKeyPath(const std::string& node_folder) {
  return node_folder + "/witness.next.key";
}

absl::StatusOr<WitnessRekeyed> RekeyWitness(const std::string& home, absl::Time now) {
  ASSIGN_OR_RETURN(Records records, ReadRecords(home));
  const bool cut_off = records.in_force.sequence() != records.known.sequence();
  const bool of_the_witness =
      records.in_force.witness_public_key() != records.known.witness_public_key();
  if (cut_off && !of_the_witness) {
    return absl::FailedPreconditionError(
        absl::StrCat("a change of a ledger's key in ", home,
                     " was cut off: finish it first, with the same `ch8 org rekey --service`"));
  }
  if (!cut_off) RETURN_IF_ERROR(Change(home, now, records));
  WitnessRekeyed rekeyed{
      .record = records.newest,
      .retired_path = {},
      .what = cut_off ? WitnessRekeyed::What::kFinished : WitnessRekeyed::What::kDone};
  ASSIGN_OR_RETURN(rekeyed.retired_path, PutInPlace(home, records));
  return rekeyed;
}

}  // namespace ch8::trust
