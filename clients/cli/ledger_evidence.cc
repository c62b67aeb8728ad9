#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/ledger.h"
#include "clients/cli/session.h"
#include "clients/export/evidence.h"
#include "clients/export/log_keys.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::directory::v1::ListOrganizationsRequest;
using chapter8::directory::v1::ListOrganizationsResponse;
using chapter8::directory::v1::Organization;
using chapter8::ledger::v1::Evidence;
using chapter8::ledger::v1::ListEvidenceRequest;
using chapter8::ledger::v1::ListEvidenceResponse;

// The keys that the pinned organizations' records name for their ledgers.
absl::StatusOr<audit::LogKeys> PinnedKeys(Session& session) {
  std::vector<Organization> organizations;
  RETURN_IF_ERROR(ListAll<ListOrganizationsResponse>(
      session, "directory.v1.DirectoryService.ListOrganizations", ListOrganizationsRequest(),
      [&](const ListOrganizationsResponse& page) {
        organizations.insert(organizations.end(), page.organizations().begin(),
                             page.organizations().end());
      }));
  return audit::LogKeysOf(organizations);
}

absl::Status ShowEvidence(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  ListEvidenceRequest request;
  request.set_origin(OriginOf(arguments, session));
  std::vector<Evidence> evidence;
  RETURN_IF_ERROR(ListAll<ListEvidenceResponse>(
      session, "ledger.v1.LedgerService.ListEvidence", request,
      [&](const ListEvidenceResponse& page) {
        evidence.insert(evidence.end(), page.evidence().begin(), page.evidence().end());
      }));
  ASSIGN_OR_RETURN(const audit::LogKeys keys, PinnedKeys(session));
  Table table;
  table.columns = {{"number", Column::Align::kRight},
                   {"ledger"},
                   {"entries", Column::Align::kRight},
                   {"root_believed"},
                   {"root_shown_later"}};
  std::vector<Evidence> proven;
  for (Evidence& one : evidence) {
    const absl::StatusOr<audit::Contradiction> heads = audit::OpenEvidence(one, keys);
    if (!heads.ok()) {
      session.Differs();
      session.Say(absl::StrCat("not shown: ", heads.status().message()));
      continue;
    }
    proven.push_back(std::move(one));
    table.rows.push_back({absl::StrCat(proven.size()), proven.back().origin(),
                          absl::StrCat(heads->first.checkpoint.size),
                          absl::BytesToHexString(heads->first.checkpoint.root.view()),
                          absl::BytesToHexString(heads->second.checkpoint.root.view())});
  }
  session.ShowTable(table);
  const std::string out = arguments.Get("out");
  if (out.empty() || session.globals().dry_run) return absl::OkStatus();
  if (proven.empty()) {
    session.Say(absl::StrCat("there is none: ", out, " is not written"));
    return absl::OkStatus();
  }
  RETURN_IF_ERROR(audit::WriteEvidence(out, proven, keys));
  session.Say(absl::StrCat("next: in ", out,
                           "/1: openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in "
                           "first.text -sigfile first.sig; the same for second"));
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> LedgerEvidenceCommands() {
  return {{.path = {"ledger", "evidence"},
           .summary = "other ledgers that one of ours caught signing two histories",
           .parameters = {Positional("service", "e.g. finance"),
                          Optional("out", "DIR", "write it, as files that openssl checks")},
           .run = ShowEvidence,
           .notes = "Two signed heads of one size with different roots: nobody but the key's owner "
                    "can have made\nboth. Nothing that rests on the second is taken; show both to "
                    "the owner, and to the others.\n"}};
}

}  // namespace ch8::cli
