#include "clients/export/evidence.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/organizations.h"
#include "clients/cli/read_file.h"
#include "clients/cli/session.h"
#include "clients/export/log_keys.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::ledger::v1::Evidence;
using chapter8::ledger::v1::ListEvidenceRequest;
using chapter8::ledger::v1::ListEvidenceResponse;

// What the own ledgers keep, with the keys that show it.
struct Kept {
  audit::LogKeys keys;
  std::vector<Evidence> evidence;
  std::vector<std::string> kept_by;  // The service whose ledger keeps it, for each.
};

absl::Status AddKept(const std::string& service, Session& session, Kept& kept) {
  ListEvidenceRequest request;
  request.set_origin(absl::StrCat(session.who().organization().trust_domain(), "/ch8/", service));
  return ListAll<ListEvidenceResponse>(
      session, "ledger.v1.LedgerService.ListEvidence", request,
      [&](const ListEvidenceResponse& page) {
        kept.evidence.insert(kept.evidence.end(), page.evidence().begin(), page.evidence().end());
        kept.kept_by.resize(kept.evidence.size(), service);
      });
}

// Only what is proven: the rest is said, and makes the command end as not all done.
absl::StatusOr<Kept> FetchProven(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  std::vector<std::string> services = arguments.All("service");
  if (services.empty()) services = session.services();
  Kept all;
  for (const std::string& service : services) {
    RETURN_IF_ERROR(AddKept(service, session, all));
  }
  Kept proven;
  ASSIGN_OR_RETURN(proven.keys, KeysHeldTo(session));
  for (size_t i = 0; i < all.evidence.size(); ++i) {
    const absl::Status shown = audit::OpenEvidence(all.evidence[i], proven.keys).status();
    if (shown.ok()) {
      proven.evidence.push_back(std::move(all.evidence[i]));
      proven.kept_by.push_back(std::move(all.kept_by[i]));
    } else {
      session.Differs();
      session.Say(absl::StrCat("not shown: ", shown.message()));
    }
  }
  return proven;
}

// One line for each, all of which are proven under `keys`.
absl::Status Show(const std::vector<Evidence>& evidence, const audit::LogKeys& keys,
                  const std::vector<std::string>& kept_by, Session& session) {
  Table table;
  table.columns = {{"number", Column::Align::kRight},
                   {"ledger"},
                   {"entries", Column::Align::kRight},
                   {"root_believed"},
                   {"root_shown_later"}};
  if (!kept_by.empty()) table.columns.push_back({"kept_by"});
  for (size_t i = 0; i < evidence.size(); ++i) {
    ASSIGN_OR_RETURN(const audit::Contradiction heads, audit::OpenEvidence(evidence[i], keys));
    table.rows.push_back({absl::StrCat(i + 1), evidence[i].origin(),
                          absl::StrCat(heads.first.checkpoint.size),
                          absl::BytesToHexString(heads.first.checkpoint.root.view()),
                          absl::BytesToHexString(heads.second.checkpoint.root.view())});
    if (!kept_by.empty()) table.rows.back().push_back(kept_by[i]);
  }
  session.ShowTable(table);
  return absl::OkStatus();
}

absl::Status List(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const Kept kept, FetchProven(arguments, session));
  return Show(kept.evidence, kept.keys, kept.kept_by, session);
}

absl::Status Export(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const Kept kept, FetchProven(arguments, session));
  const std::string out = arguments.Get("out");
  if (kept.evidence.empty()) {
    return absl::NotFoundError(absl::StrCat("no evidence is kept; ", out, " is not written"));
  }
  RETURN_IF_ERROR(audit::WriteEvidence(out, kept.evidence, kept.keys));
  RETURN_IF_ERROR(Show(kept.evidence, kept.keys, kept.kept_by, session));
  session.Say(absl::StrCat("next: ch8 evidence verify ", out, " --trust FILE; or by hand, in ", out,
                           "/1: openssl pkeyutl -verify -pubin -inkey first.pem -rawin -in "
                           "first.text -sigfile first.sig; the same for second"));
  return absl::OkStatus();
}

absl::Status Verify(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const std::string text, ReadFileText(arguments.Get("trust")));
  ASSIGN_OR_RETURN(const audit::LogKeys keys, ParseLogSigners(text));
  ASSIGN_OR_RETURN(const std::vector<Evidence> evidence,
                   audit::ReadEvidence(arguments.Get("directory"), keys));
  RETURN_IF_ERROR(Show(evidence, keys, {}, session));
  session.Say("proven: whoever has the key of each of these ledgers has signed both heads");
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> EvidenceCommands() {
  const Parameter service =
      Repeated("service", "SERVICE", "only what this ledger of ours keeps, e.g. finance");
  const std::string notes =
      "Two signed heads of one size with different roots: nobody but the key's owner can have "
      "made\nboth. Nothing that rests on the second is taken; show both to the owner, and to the "
      "others.\n";
  return {
      {.path = {"evidence", "list"},
       .summary = "other ledgers that ours caught signing two histories",
       .parameters = {service},
       .run = List,
       .notes = notes},
      {.path = {"evidence", "export"},
       .summary = "write it as files that anyone checks with openssl",
       .parameters = {Required("out", "DIR", "made by this command; never overwritten"), service},
       .run = Export,
       .notes = notes,
       .writes_files = true},
      {.path = {"evidence", "verify"},
       .summary = "check such files; no node is needed",
       .parameters = {Positional("directory", "what evidence export wrote, here or elsewhere"),
                      Required("trust", "FILE", "the keys that you believe: ch8 audit trust")},
       .run = Verify,
       .notes = "The key files in the folder prove nothing: they are compared with yours.\n"}};
}

}  // namespace ch8::cli
