#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "chapter8/witness/v1/witness_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/ledger.h"
#include "clients/cli/organizations.h"
#include "clients/cli/read_file.h"
#include "clients/cli/receipt_level.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "clients/export/witness_policy.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::directory::v1::Organization;
using chapter8::ledger::v1::CosignedHead;
using chapter8::witness::v1::ListWitnessedHeadsRequest;
using chapter8::witness::v1::ListWitnessedHeadsResponse;
using chapter8::witness::v1::WitnessedHead;

absl::Status ListHeads(const Arguments&, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  std::vector<WitnessedHead> heads;
  RETURN_IF_ERROR(ListAll<ListWitnessedHeadsResponse>(
      session, "witness.v1.WitnessService.ListWitnessedHeads", ListWitnessedHeadsRequest(),
      [&](const ListWitnessedHeadsResponse& page) {
        heads.insert(heads.end(), page.heads().begin(), page.heads().end());
      }));
  if (session.globals().output != OutputFormat::kTable) {
    session.ShowList(Pointers(heads), {{"ledger", "origin"}});
    return absl::OkStatus();
  }
  Table table;
  table.columns = {{"ledger"},
                   {"entries", Column::Align::kRight},
                   {"cosigned"},
                   {"two_histories"},
                   {"taken_back"}};
  for (const WitnessedHead& head : heads) {
    table.rows.push_back({head.origin(), absl::StrCat(head.size()),
                          TimeText(absl::FromUnixMicros(head.cosigned_at_us())),
                          head.contradicted_by().empty() ? "no" : "YES: nothing is taken",
                          head.has_disowned() ? "TRIED: holds all the same" : "no"});
  }
  session.ShowTable(table);
  return absl::OkStatus();
}

absl::Status ShowPolicy(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  ASSIGN_OR_RETURN(const std::vector<Organization> pinned, AllOrganizations(session));
  ASSIGN_OR_RETURN(const audit::LogKeys all_logs, audit::LogKeysOf(pinned));
  ASSIGN_OR_RETURN(audit::WitnessKeys witnesses, audit::WitnessKeysOf(pinned));
  const std::string& own = session.who().organization().trust_domain();
  audit::LogKeys logs;
  for (const auto& [origin, log] : all_logs) {
    if (absl::StartsWith(origin, own + "/")) logs.emplace(origin, log);
  }
  witnesses.erase(own);
  for (const std::string& without : arguments.All("without")) {
    const auto found = absl::c_find_if(pinned, [&](const Organization& organization) {
      return organization.name() == absl::StrCat("organizations/", without);
    });
    if (found == pinned.end()) {
      return absl::InvalidArgumentError(absl::StrCat(without, " is not pinned here"));
    }
    witnesses.erase(found->trust_domain());
  }
  ASSIGN_OR_RETURN(const uint64_t least, ParseNumber(arguments.Get("least"), "a number"));
  ASSIGN_OR_RETURN(const std::string policy, audit::FormatWitnessPolicy(logs, witnesses, least));
  session.world().out << policy;
  return absl::OkStatus();
}

absl::Status ShowCosignatures(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  const std::string origin = OriginOf(arguments, session);
  ASSIGN_OR_RETURN(const std::vector<CosignedHead> heads, CosignedHeads(origin, session));
  uint64_t witnessed = 0;
  if (arguments.Has("policy")) {
    ASSIGN_OR_RETURN(const std::string policy, ReadFileText(arguments.Get("policy")));
    ASSIGN_OR_RETURN(witnessed, audit::WitnessedSize(policy, origin, heads));
  }
  if (session.globals().output != OutputFormat::kTable) {
    session.ShowList(Pointers(heads), {{"witness", "witness"}});
    return absl::OkStatus();
  }
  Table table;
  table.columns = {{"witness"}, {"entries", Column::Align::kRight}};
  for (const CosignedHead& head : heads) {
    table.rows.push_back({head.witness(), absl::StrCat(head.size())});
  }
  session.ShowTable(table);
  if (arguments.Has("policy")) {
    session.Say(absl::StrCat("by the policy, the first ", witnessed, " entries are witnessed"));
  }
  if (!arguments.Has("entry")) return absl::OkStatus();
  ASSIGN_OR_RETURN(const uint64_t index, ParseNumber(arguments.Get("entry"), "an index"));
  session.Say(absl::StrCat("entry ", index, " is ",
                           LevelText(index, heads, arguments.Get("partner"), witnessed)));
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> WitnessCommands() {
  return {{.path = {"witness", "list"},
           .summary = "heads of other organizations' ledgers that yours has cosigned",
           .parameters = {},
           .run = ListHeads,
           .notes = "Nothing of another ledger is believed here before your own witness has "
                    "cosigned its head: so\nno partner can show your services two histories.\n"
                    "Taken back: its owner has revoked a key below what was cosigned here. Both "
                    "statements\nare kept (-o json), and what was cosigned holds.\n"},
          {.path = {"witness", "policy"},
           .summary = "write whose cosignatures make an entry of yours witnessed",
           .parameters = {Required("least", "K", "how many must have cosigned"),
                          Repeated("without", "ORG",
                                   "not counted, e.g. the other party of a transfer")},
           .run = ShowPolicy,
           .notes = "A C2SP tlog-policy over the organizations pinned here, yours apart.\n"},
          {.path = {"ledger", "cosignatures"},
           .summary = "who holds us to which head of a ledger of ours",
           .parameters = {Positional("service", "e.g. finance"),
                          Optional("policy", "FILE", "a C2SP tlog-policy: ch8 witness policy"),
                          Optional("entry", "INDEX", "say how well this entry is held"),
                          Optional("partner", "DOMAIN", "the other party, e.g. au.example")},
           .run = ShowCosignatures,
           .notes = "Entries: that many, from the first on, this organization will not let us "
                    "rewrite.\n"}};
}

}  // namespace ch8::cli
