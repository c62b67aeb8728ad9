#ifndef CH8_CLIENTS_EXPORT_LOG_KEYS_H_
#define CH8_CLIENTS_EXPORT_LOG_KEYS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "chapter8/witness/v1/witness.pb.h"
#include "storage/merkle/log_signers.h"
#include "storage/merkle/note.h"

// Who signs which ledger's heads, as the pinned organizations' records say, in the forms that
// others read.
//
// Thread safety: any thread.
namespace ch8::audit {

// All keys that each log has had, by origin.
using LogKeys = LogSignersByOrigin;
// By trust domain.
using WitnessKeys = std::map<std::string, NoteVerifier, std::less<>>;

// The log keys of every organization that is pinned, the own one included.
// Errors: kDataLoss when a record does not parse.
absl::StatusOr<LogKeys> LogKeysOf(
    const std::vector<chapter8::directory::v1::Organization>& organizations);

// What the own witness has cosigned stays believed: keys that were revoked below that are believed
// up to it. `heads` are the witness's, as the node lists them.
// Errors: kDataLoss when a head that its owner took back is none of that ledger.
absl::Status KeepCosigned(const std::vector<chapter8::witness::v1::WitnessedHead>& heads,
                          LogKeys& chains);

// The keys with which their witnesses cosign, by trust domain; without those that have none.
// Errors: kDataLoss when a record does not parse.
absl::StatusOr<WitnessKeys> WitnessKeysOf(
    const std::vector<chapter8::directory::v1::Organization>& organizations);

// C2SP verifier keys, one a line, by origin: what `ch8-verify --trust` reads. After a former key
// stands the size up to which it is believed.
std::string FormatTrust(const LogKeys& chains);

// A C2SP tlog-policy without witnesses: it has room for all keys, not for their sizes.
std::string FormatPolicy(const LogKeys& chains);

// Where an export keeps a log's key: keys/<origin>.pem for the one that signs, and
// keys/<origin>.<n>-until-<size>.pem for the n-th before it, from 1.
std::string KeyPath(const LogSigners& log, size_t n);

// SubjectPublicKeyInfo PEM (RFC 8410), for openssl.
std::string FormatPem(const NoteVerifier& key);

}  // namespace ch8::audit

#endif  // CH8_CLIENTS_EXPORT_LOG_KEYS_H_
