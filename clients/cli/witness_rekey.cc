#include "services/trust/witness_rekey.h"

#include "absl/strings/str_cat.h"
#include "clients/cli/organization_rekey.h"
#include "clients/cli/session.h"
#include "services/trust/organization_record.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

absl::Status RekeyWitness(const Arguments& arguments, Session& session) {
  const std::string home = arguments.Get("home");
  ASSIGN_OR_RETURN(const trust::WitnessRekeyed rekeyed,
                   trust::RekeyWitness(home, session.world().clock.Now()));
  Table table;
  table.columns = {{"fingerprint"}, {"record"}};
  table.rows = {{trust::Fingerprint(rekeyed.record.record()), home + "/org.record"}};
  session.ShowTable(table);
  if (rekeyed.what == trust::WitnessRekeyed::What::kFinished) {
    session.Say("a change that was cut off is finished now; this call has made no other key");
  }
  if (!rekeyed.retired_path.empty()) {
    session.Say(absl::StrCat("the old key is now ", rekeyed.retired_path));
  }
  session.Say(absl::StrCat("next: 1. take ", home, "/root/root.key offline again"));
  session.Say(absl::StrCat("      2. start all daemons of the organization; one elsewhere needs ",
                           home, "/node/org.record, and the witness's witness.key"));
  session.Say(absl::StrCat("      3. send ", home,
                           "/org.record to partners, who pin and confirm it: ch8 org pin FILE "
                           "--fingerprint F"));
  return absl::OkStatus();
}

}  // namespace

Command RekeyWitnessCommand() {
  return {.path = {"org", "rekey-witness"},
          .summary = "replace the key with which your witness cosigns",
          .parameters = {Required("home", "HOME", "of the organization, with root/root.key in it")},
          .run = RekeyWitness,
          .notes =
              "Works on this machine alone; stop all daemons before, for none believes the "
              "old key when it starts\nagain. What partners hold by the old key is cosigned "
              "again once they have confirmed the record. Whoever\nkeeps a policy file "
              "writes it anew: ch8 witness policy. See ops/runbook/lost-key.md.",
          .writes_files = true};
}

}  // namespace ch8::cli
