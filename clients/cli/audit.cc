#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "clients/cli/audit_disclose.h"
#include "clients/cli/commands.h"
#include "clients/cli/names.h"
#include "clients/cli/organizations.h"
#include "clients/cli/session.h"
#include "clients/export/export.h"
#include "clients/export/log_keys.h"
#include "clients/export/notes.h"
#include "services/trust/files.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::directory::v1::GetOrganizationRequest;
using chapter8::directory::v1::Organization;
using chapter8::ledger::v1::ListPeersRequest;
using chapter8::ledger::v1::ListPeersResponse;
using chapter8::ledger::v1::Peer;

absl::Status Export(const Arguments& arguments, Session& session) {
  audit::ExportOptions options;
  options.directory = arguments.Get("out");
  std::vector<std::string> disclose = arguments.All("disclose");
  for (const std::string& operation : arguments.All("operation")) {
    disclose.push_back(absl::StrCat("operation=", operation));
  }
  for (const std::string& typed : disclose) {
    ASSIGN_OR_RETURN(audit::Selector selector, ParseSelector(typed));
    options.selectors.push_back(std::move(selector));
  }
  ASSIGN_OR_RETURN(options.organizations, AllOrganizations(session));
  const auto call = [&session](absl::string_view rpc, const google::protobuf::Message& request,
                               google::protobuf::Message& response) {
    return session.Read(rpc, request, response);
  };
  ASSIGN_OR_RETURN(const std::vector<audit::ExportedLedger> ledgers,
                   audit::WriteExport(options, call));
  Table table;
  table.columns = {
      {"ledger"}, {"entries", Column::Align::kRight}, {"disclosed", Column::Align::kRight}};
  for (const audit::ExportedLedger& ledger : ledgers) {
    if (ledger.status.ok()) {
      table.rows.push_back(
          {ledger.origin, absl::StrCat(ledger.size), absl::StrCat(ledger.disclosed)});
      if (!ledger.not_sealed.ok()) {
        session.Say(absl::StrCat("not sealed: ", ledger.origin, ": ", ledger.not_sealed.message()));
      }
    } else {
      session.Say(absl::StrCat("left out: this node does not host ", ledger.origin));
    }
  }
  session.ShowTable(table);
  session.Say(absl::StrCat("next: ch8-verify ", options.directory,
                           " --trust TRUST --head HEADS, with both files from another "
                           "organization; or by hand: ",
                           options.directory, "/VERIFY.md"));
  return absl::OkStatus();
}

absl::Status WriteTrust(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const audit::LogKeys keys, KeysHeldTo(session));
  RETURN_IF_ERROR(trust::WriteFileAtomically(arguments.Get("out"), audit::FormatTrust(keys),
                                             trust::kPublicMode));
  Table table;
  table.columns = {{"ledger"}};
  for (const auto& [origin, key] : keys) table.rows.push_back({origin});
  session.ShowTable(table);
  return absl::OkStatus();
}

// What `reader`, one of our ledgers, knows of the ledgers of `domain`: the newest head of each goes
// into `heads`. A ledger that this node does not host knows nothing.
absl::Status AddHeads(const std::string& reader, const std::string& domain, Session& session,
                      std::map<std::string, Peer>& heads) {
  ListPeersRequest request;
  request.set_origin(reader);
  const absl::Status listed = ListAll<ListPeersResponse>(
      session, "ledger.v1.LedgerService.ListPeers", request, [&](const ListPeersResponse& page) {
        for (const Peer& peer : page.peers()) {
          const bool of_domain = peer.origin().compare(0, domain.size() + 1, domain + "/") == 0;
          if (!of_domain || peer.verified_size() == 0) continue;
          Peer& newest = heads[peer.origin()];
          if (peer.verified_size() > newest.verified_size()) newest = peer;
        }
      });
  return absl::IsNotFound(listed) ? absl::OkStatus() : listed;
}

absl::Status WriteHeads(const Arguments& arguments, Session& session) {
  GetOrganizationRequest request;
  request.set_name(OrganizationName(arguments.Get("organization")));
  Organization organization;
  RETURN_IF_ERROR(
      session.Read("directory.v1.DirectoryService.GetOrganization", request, organization));
  ASSIGN_OR_RETURN(const std::vector<Organization> organizations, AllOrganizations(session));
  std::map<std::string, Peer> heads;
  for (const Organization& own : organizations) {
    if (!own.own()) continue;
    ASSIGN_OR_RETURN(const audit::LogKeys readers, audit::LogKeysOf({own}));
    for (const auto& [reader, key] : readers) {
      RETURN_IF_ERROR(AddHeads(reader, organization.trust_domain(), session, heads));
    }
  }
  if (heads.empty()) {
    return absl::NotFoundError(
        absl::StrCat("this node has no signed head of ", IdOf(organization.name()), " yet"));
  }
  std::vector<std::string> notes;
  Table table;
  table.columns = {{"ledger"}, {"entries", Column::Align::kRight}};
  for (const auto& [origin, head] : heads) {
    notes.push_back(head.checkpoint_note());
    table.rows.push_back({origin, absl::StrCat(head.verified_size())});
  }
  RETURN_IF_ERROR(trust::WriteFileAtomically(arguments.Get("out"), audit::JoinNotes(notes),
                                             trust::kPublicMode));
  session.ShowTable(table);
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> AuditCommands() {
  return {
      {.path = {"audit", "export"},
       .summary = "write all ledgers of your organization as a folder that anyone can check",
       .parameters = {Required("out", "DIR", "made by this command; never overwritten"),
                      Repeated("disclose", "KIND=VALUE", "only this, as a sample; see below"),
                      Repeated("operation", "OPERATION",
                               "short for --disclose operation=OPERATION")},
       .run = Export,
       .notes =
           "Needs a post with the role auditor. The folder holds every payload: keep it as you "
           "keep\nthe ledgers. Its VERIFY.md says how to check it with openssl, Python, Go and "
           "hledger.\n\n"
           "A sample holds the leaves of all entries, and payloads only of those disclosed:\n"
           "  transfer=OFF-UN-26-0107         a transfer: offer, booking, slice, or its id\n"
           "  mandate=unsc-2809               a decision or delegation, and what rests on it\n"
           "  counterparty=au.example         what came from, goes to, or is shared with it\n"
           "  operation=aussom                what names it, its requests and delegations\n"
           "  period=2026-03-01/2026-03-31    what was logged on these days, both included (UTC)\n"
           "  account=finance/7               what opens that ledger's account or moves on it\n"
           "Several of one kind unite, and the kinds intersect. With each entry goes what it\n"
           "needs: its request, all of its transfer, the entries that opened its accounts.",
       .writes_files = true},
      {.path = {"audit", "trust"},
       .summary = "write the keys that sign ledgers, of all pinned organizations",
       .parameters = {Required("out", "FILE",
                               "C2SP verifier keys, one a line; after a former "
                               "one the size up to which it is believed")},
       .run = WriteTrust,
       .notes = "For ch8-verify --trust. An auditor takes it from an organization that is not "
                "audited.",
       .writes_files = true},
      {.path = {"audit", "head"},
       .summary = "write the newest signed heads of an organization that this node holds",
       .parameters = {Positional("organization", "whose ledgers, e.g. au"),
                      Required("out", "FILE", "signed notes, an empty line between two")},
       .run = WriteHeads,
       .notes = "For ch8-verify --head: what shows that the other organization's export is "
                "neither older\nnor another history than what it has told yours.",
       .writes_files = true}};
}

}  // namespace ch8::cli
