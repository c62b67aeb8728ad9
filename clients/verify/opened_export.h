#ifndef CH8_CLIENTS_VERIFY_OPENED_EXPORT_H_
#define CH8_CLIENTS_VERIFY_OPENED_EXPORT_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/verify/export_files.h"
#include "clients/verify/key_check.h"
#include "clients/verify/log_files.h"
#include "clients/verify/trust.h"
#include "storage/merkle/checkpoint.h"

namespace ch8::verify {

// One ledger of an export, with its head and those of others that it holds, signatures checked.
struct OpenedLedger {
  LogFiles log;
  LogSigners signers;         // Whose the head is.
  bool keys_by_root = false;  // As in FollowedKeys.
  Checkpoint head;
  std::map<std::string, Checkpoint> peers;  // By origin.
};

// An export folder whose signatures are good. What the signed heads cover is not looked at yet.
//
// Thread safety: none.
class OpenedExport {
 public:
  // `trust`: nothing means that the export's own keys are taken.
  // Errors: kNotFound when there is no such folder; a refusal.
  static absl::StatusOr<std::unique_ptr<OpenedExport>> Open(
      const std::string& directory, const std::optional<TrustedKeys>& trust);

  std::vector<OpenedLedger>& ledgers() { return ledgers_; }
  // The trust domain that all of them belong to.
  const std::string& domain() const { return domain_; }
  // Heads of other ledgers that no trusted key could check, by the ledger that holds them.
  const std::vector<std::string>& remarks() const { return remarks_; }

  // The files themselves: all as SHA256SUMS says, and none that does not belong. To be asked when
  // everything else has been read. Errors: a refusal.
  absl::Status CheckFiles();

 private:
  explicit OpenedExport(ExportFiles files) : files_(std::move(files)) {}

  absl::Status OpenLedger(const std::string& folder, const TrustedKeys& keys);
  // The head of a ledger whose keys have changed since those in `keys` were written down.
  absl::StatusOr<Checkpoint> OpenByLaterKey(const std::string& note, const LogFiles::Log& log,
                                            const TrustedKeys& keys, FollowedKeys& followed);
  absl::Status OpenPeers(const TrustedKeys& keys, OpenedLedger& ledger);
  // The head of another organization whose keys have changed since those in `keys` were written
  // down. Errors: a refusal, also when what is disclosed does not say so.
  absl::StatusOr<Checkpoint> OpenPeerByLaterKey(const std::string& note, const std::string& name,
                                                const LogSigners& trusted, OpenedLedger& ledger);

  ExportFiles files_;
  std::string domain_;
  std::vector<OpenedLedger> ledgers_;
  std::vector<std::string> remarks_;
};

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_OPENED_EXPORT_H_
