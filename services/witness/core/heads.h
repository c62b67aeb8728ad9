#ifndef CH8_SERVICES_WITNESS_CORE_HEADS_H_
#define CH8_SERVICES_WITNESS_CORE_HEADS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "chapter8/federation/v1/federation_service.pb.h"
#include "chapter8/witness/v1/witness.pb.h"
#include "services/kernel/rows.h"
#include "storage/merkle/log_signers.h"

// What a witness holds a ledger to: C2SP tlog-witness, without its transport.
//
// Thread safety: all functions are pure and may be called from any thread.
namespace ch8::witness {

inline constexpr absl::string_view kDomain = "witness.chapter8";

// The name under which the witness of `trust_domain` cosigns: "un.example/witness".
std::string WitnessName(absl::string_view trust_domain);

// What a witness makes of a checkpoint that it is shown.
struct Judgement {
  enum class Verdict {
    kCosign,     // Cosign `head`, after it is remembered.
    kOtherSize,  // The caller is wrong about what was cosigned so far: `head` is that.
    kRefuse,     // `status` says why; `head` is to be remembered if `remember` says so.
  };
  Verdict verdict = Verdict::kRefuse;
  chapter8::witness::v1::WitnessedHead head;
  bool remember = false;  // Whether `head` differs from what is remembered.
  absl::Status status;
};

// The ledger that is judged, by the record that is pinned of its organization.
struct WitnessedLog {
  LogSigners signers;
  std::string organization_record;  // SignedOrganizationRecord bytes: kept as evidence.
};

// Judges `request`, a checkpoint of `log`. `known` is what is remembered of that ledger, with its
// origin and size 0 before the first; `now` is the clock's.
//
// A record that revokes a key below what was cosigned under it comes too late: the known head
// stays, and larger ones must extend it like any other, so that nothing of what the organization
// has told its partners can be taken back. Head and record are kept (`disowned`).
//
// A head of the size known, with the root known, may be cosigned again. Any other must extend the
// known one by a proof from exactly that size; `old_size` 0 comes with an empty proof.
//
// Errors in `status`, domain "witness.chapter8", none cured by a retry:
//   NOTE_MALFORMED  kInvalidArgument  not a signed note of a checkpoint, or of one without entries
//                                     or with extension lines, which no ledger of ours has.
//   NOT_SIGNED      kUnauthenticated  not signed by the key pinned for its size.
//   KEY_REVOKED     kOutOfRange       signed by a former key, which is not believed for so large a
//                                     head.
//   NOT_CONSISTENT  kInvalidArgument  not proven to extend what was cosigned.
//   EQUIVOCATION    kDataLoss         another root for the size cosigned last; and from then on.
Judgement Judge(const chapter8::witness::v1::WitnessedHead& known, const WitnessedLog& log,
                const chapter8::federation::v1::AddCheckpointRequest& request, absl::Time now);

// Where the witness's ledger remembers heads (Table::kPeer): one row for each ledger.
inline constexpr absl::string_view kHeadPrefix = "witnessed/";
RowWrite HeadRow(const chapter8::witness::v1::WitnessedHead& head);

// How many of the ledgers that `rows` remember heads of were disowned: for an alarm.
uint64_t CountDisowned(const kernel::RowReader& rows);

// What is remembered of `origin`. Errors: kDataLoss/STATE_BROKEN.
absl::StatusOr<chapter8::witness::v1::WitnessedHead> HeadFrom(
    absl::string_view origin, const std::optional<std::string>& row);

}  // namespace ch8::witness

#endif  // CH8_SERVICES_WITNESS_CORE_HEADS_H_
