#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "chapter8/ledger/v1/administration_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/session.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::ledger::v1::GetHeadRequest;
using chapter8::ledger::v1::Head;
using chapter8::ledger::v1::WaiveHeadRequest;

std::string OriginOf(const Arguments& arguments, const Session& session) {
  return absl::StrCat(session.who().organization().trust_domain(), "/ch8/",
                      arguments.Get("service"));
}

void Show(const Head& head, Session& session) {
  if (session.globals().output != OutputFormat::kTable) return session.ShowRecord(head);
  Table table;
  table.columns.resize(2);
  table.rows = {{"ledger", head.origin()}, {"entries", absl::StrCat(head.size())}};
  if (!head.root().empty()) table.rows.push_back({"root", absl::BytesToHexString(head.root())});
  session.ShowTable(table);
  if (!head.note().empty()) session.world().out << "\n" << head.note();
  if (!head.not_signed_because().empty()) {
    session.Say(absl::StrCat("no head is signed: ", head.not_signed_because()));
    session.Say(
        absl::StrCat("next: compare the size with what your partners hold, then an "
                     "administrator: ch8 ledger waive SERVICE"));
  }
}

absl::Status ShowHead(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  GetHeadRequest request;
  request.set_origin(OriginOf(arguments, session));
  Head head;
  RETURN_IF_ERROR(session.Read("ledger.v1.AdministrationService.GetHead", request, head));
  Show(head, session);
  return absl::OkStatus();
}

absl::Status Waive(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  WaiveHeadRequest request;
  request.set_origin(OriginOf(arguments, session));
  RETURN_IF_ERROR(session.Confirm(
      absl::StrCat("Vouch that nothing of ", request.origin(), " was rolled back?")));
  Head head;
  RETURN_IF_ERROR(session.Act("ledger.v1.AdministrationService.WaiveHead", request, head));
  Show(head, session);
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> LedgerCommands() {
  return {{.path = {"ledger", "head"},
           .summary = "a ledger's newest signed checkpoint",
           .parameters = {Positional("service", "finance or directory")},
           .run = ShowHead,
           .notes = "The note is a C2SP signed checkpoint: whoever holds it can hold the "
                    "organization to it.\n"},
          {.path = {"ledger", "waive"},
           .summary = "vouch, after a restart, that a ledger was not rolled back",
           .parameters = {Positional("service", "finance or directory")},
           .run = Waive,
           .notes = "After a reboot nothing is signed until an administrator has compared the "
                    "ledger's\nsize with what partners hold and vouches for it. The act is an "
                    "entry.\n"}};
}

}  // namespace ch8::cli
