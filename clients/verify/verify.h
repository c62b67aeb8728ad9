#ifndef CH8_CLIENTS_VERIFY_VERIFY_H_
#define CH8_CLIENTS_VERIFY_VERIFY_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "clients/verify/ledger_check.h"
#include "clients/verify/refusal.h"

// Checks an organization's audit export, offline and without any of the code that made it.
// README.md lists what is checked.
namespace ch8::verify {

struct VerifyOptions {
  std::string directory;                        // The export.
  std::optional<std::string> trust{};           // Content of the trust file.
  std::optional<std::string> heads{};           // Content of the file of heads others hold.
  std::vector<std::string> peer_directories{};  // Other organizations' exports.
};

// What can be said of an export.
enum class Verdict {
  kVerified,        // By keys and heads from outside; of whole ledgers.
  kSample,          // The same, as far as it is disclosed: of one ledger at least not everything.
  kConsistentOnly,  // It agrees with itself; whoever made it could have made another.
  kRefused,
};

struct VerifyReport {
  Verdict verdict = Verdict::kRefused;
  std::optional<Refusal> refusal{};       // For kRefused.
  std::string refused_directory{};        // Which export that is in.
  std::string why_not_verified{};         // For kSample and kConsistentOnly.
  std::vector<LedgerFindings> ledgers{};  // Of the export and of the peers' ones, in order.
  uint64_t halves_compared = 0;
  uint64_t halves_by_leaf = 0;         // The other half is not disclosed; its leaf is right.
  std::vector<std::string> remarks{};  // What was not looked at, and what to know.
};

// Errors, none of them about what the export says: kInvalidArgument for a trust or head file that
// does not parse, or is not signed by whom it should; kNotFound for a folder that is not there;
// kUnavailable for a file that cannot be read.
absl::StatusOr<VerifyReport> Verify(const VerifyOptions& options);

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_VERIFY_H_
