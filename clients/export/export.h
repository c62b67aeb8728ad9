#ifndef CH8_CLIENTS_EXPORT_EXPORT_H_
#define CH8_CLIENTS_EXPORT_EXPORT_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "clients/export/selector.h"
#include "google/protobuf/message.h"

// An organization's ledgers as a plain folder that anyone can check offline with standard tools:
// README.md has its layout. Made from what the node answers to an auditor, and checked while it is
// written: an export whose leaves do not lead to its signed head is not finished.
namespace ch8::audit {

// Calls an rpc of the node, e.g. "ledger.v1.LedgerService.ReadEntries".
using Call =
    std::function<absl::Status(absl::string_view rpc, const google::protobuf::Message& request,
                               google::protobuf::Message& response)>;

struct ExportOptions {
  std::string directory;  // Made by WriteExport(); must not exist, or be an empty folder.
  // As the directory lists them. The own one's record names the ledgers; those of all that are
  // pinned name the keys.
  std::vector<chapter8::directory::v1::Organization> organizations;
  // What is disclosed; none: everything.
  std::vector<Selector> selectors{};
};

// What was written of one ledger, or why nothing was.
struct ExportedLedger {
  std::string origin;
  uint64_t size = 0;
  uint64_t disclosed = 0;  // Entries whose payloads are there; `size` when it is no sample.
  absl::Status status{};   // kNotFound: this node does not host it.
  // Why it was not sealed: it takes nothing new just now.
  absl::Status not_sealed{};
};

// Seals and exports every ledger of the own organization that this node hosts: whole, or what the
// selectors ask for and that needs to be understood (survey.h). All leaves and tiles are there in
// any case. The same position (heads of these ledgers and of those they read) gives the same bytes.
//
// Errors: kAlreadyExists when the folder is not free; kFailedPrecondition when a ledger's heads are
// not signed yet, or `organizations` has no own one; kPermissionDenied when the caller may not read
// payloads; kInvalidArgument for more than kSelectorsMax selectors; kNotFound when the node hosts
// none of the ledgers, nothing in them is of one of the selectors, or nothing of all of them;
// kDataLoss when what it answers does not hold together; those of the calls and of the file system.
// Nothing is left behind then.
absl::StatusOr<std::vector<ExportedLedger>> WriteExport(const ExportOptions& options,
                                                        const Call& call);

}  // namespace ch8::audit

#endif  // CH8_CLIENTS_EXPORT_EXPORT_H_
