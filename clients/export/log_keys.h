#ifndef CH8_CLIENTS_EXPORT_LOG_KEYS_H_
#define CH8_CLIENTS_EXPORT_LOG_KEYS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "storage/merkle/note.h"

// Who signs which ledger's heads, as the pinned organizations' records say, in the forms that
// others read.
//
// Thread safety: any thread.
namespace ch8::audit {

// By origin. An origin with two keys in one record is no valid record.
using LogKeys = std::map<std::string, NoteVerifier, std::less<>>;

// The log keys of every organization that is pinned, the own one included.
// Errors: kDataLoss when a record does not parse.
absl::StatusOr<LogKeys> LogKeysOf(
    const std::vector<chapter8::directory::v1::Organization>& organizations);

// The keys with which their witnesses cosign, by trust domain; without those that have none.
// Errors: kDataLoss when a record does not parse.
absl::StatusOr<LogKeys> WitnessKeysOf(
    const std::vector<chapter8::directory::v1::Organization>& organizations);

// C2SP verifier keys, one a line, by origin: what `ch8-verify --trust` reads.
std::string FormatTrust(const LogKeys& keys);

// What FormatTrust() writes; empty lines and lines that start with # are skipped.
// Errors: kInvalidArgument, naming the line; also for two keys of one ledger, or a key of a type
// that cannot be checked.
absl::StatusOr<LogKeys> ParseTrust(absl::string_view text);

// A C2SP tlog-policy without witnesses.
std::string FormatPolicy(const LogKeys& keys);

// SubjectPublicKeyInfo PEM (RFC 8410), for openssl.
std::string FormatPem(const NoteVerifier& key);

}  // namespace ch8::audit

#endif  // CH8_CLIENTS_EXPORT_LOG_KEYS_H_
