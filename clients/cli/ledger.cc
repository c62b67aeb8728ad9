#include "clients/cli/ledger.h"

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "chapter8/ledger/v1/administration_service.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "clients/export/notes.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::ledger::v1::GetHeadRequest;
using chapter8::ledger::v1::GetInclusionProofRequest;
using chapter8::ledger::v1::Head;
using chapter8::ledger::v1::InclusionProof;
using chapter8::ledger::v1::ListPeersRequest;
using chapter8::ledger::v1::ListPeersResponse;
using chapter8::ledger::v1::Peer;
using chapter8::ledger::v1::SealedLedger;
using chapter8::ledger::v1::SealLedgerRequest;
using chapter8::ledger::v1::WaiveHeadRequest;

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
        absl::StrCat("next: compare the size with what your partners hold, then each of two "
                     "administrators: ch8 ledger waive SERVICE"));
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

// When its newest head came: "4 s ago".
std::string Verified(const Peer& peer, absl::Time now) {
  if (peer.verified_size() == 0) return "never";
  const absl::Duration age = now - absl::FromUnixMicros(peer.verified_at_us());
  return absl::StrCat(AgeText(std::max(age, absl::ZeroDuration())), " ago");
}

absl::Status ShowPeers(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  ListPeersRequest request;
  request.set_origin(OriginOf(arguments, session));
  std::vector<Peer> peers;
  RETURN_IF_ERROR(ListAll<ListPeersResponse>(
      session, "ledger.v1.LedgerService.ListPeers", request, [&](const ListPeersResponse& page) {
        peers.insert(peers.end(), page.peers().begin(), page.peers().end());
      }));
  if (session.globals().output != OutputFormat::kTable) {
    session.ShowList(Pointers(peers), {{"ledger", "origin"}});
    return absl::OkStatus();
  }
  Table table;
  table.columns = {{"ledger"},
                   {"entries", Column::Align::kRight},
                   {"taken", Column::Align::kRight},
                   {"waiting", Column::Align::kRight},
                   {"parked", Column::Align::kRight},
                   {"verified"}};
  for (const Peer& peer : peers) {
    table.rows.push_back({peer.origin(), absl::StrCat(peer.verified_size()),
                          absl::StrCat(peer.taken()), absl::StrCat(peer.waiting()),
                          absl::StrCat(peer.parked()), Verified(peer, session.ledger_time())});
  }
  session.ShowTable(table);
  return absl::OkStatus();
}

absl::Status ShowProof(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  GetInclusionProofRequest request;
  request.set_origin(OriginOf(arguments, session));
  ASSIGN_OR_RETURN(const uint64_t index, ParseNumber(arguments.Get("index"), "an index"));
  request.set_index(index);
  InclusionProof proof;
  RETURN_IF_ERROR(session.Read("ledger.v1.LedgerService.GetInclusionProof", request, proof));
  ASSIGN_OR_RETURN(const std::string text, audit::FormatProof(proof));
  if (session.globals().output != OutputFormat::kTable) {
    session.ShowRecord(proof);
    return absl::OkStatus();
  }
  session.world().out << text;
  session.Say(absl::StrCat("leaf ", absl::BytesToHexString(proof.leaf_hash()), " is entry ", index,
                           " of ", request.origin()));
  return absl::OkStatus();
}

absl::Status Seal(const Arguments& arguments, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  SealLedgerRequest request;
  request.set_origin(OriginOf(arguments, session));
  SealedLedger sealed;
  RETURN_IF_ERROR(session.Read("ledger.v1.LedgerService.SealLedger", request, sealed));
  if (session.globals().output != OutputFormat::kTable) {
    session.ShowRecord(sealed);
    return absl::OkStatus();
  }
  Table table;
  table.columns.resize(2);
  table.rows = {{"ledger", request.origin()},
                {"seal", absl::StrCat("entry ", sealed.index())},
                {"entries", absl::StrCat(sealed.size())},
                {"rows", absl::StrCat(sealed.rows())}};
  session.ShowTable(table);
  return absl::OkStatus();
}

}  // namespace

std::string OriginOf(const Arguments& arguments, const Session& session) {
  return absl::StrCat(session.who().organization().trust_domain(), "/ch8/",
                      arguments.Get("service"));
}

std::vector<Command> LedgerCommands() {
  return {
      {.path = {"ledger", "head"},
       .summary = "a ledger's newest signed checkpoint",
       .parameters = {Positional("service", "e.g. finance")},
       .run = ShowHead,
       .notes = "The note is a C2SP signed checkpoint: whoever holds it can hold the "
                "organization to it.\n"},
      {.path = {"ledger", "waive"},
       .summary = "vouch, after a restart, that a ledger was not rolled back",
       .parameters = {Positional("service", "e.g. finance")},
       .run = Waive,
       .notes = "After a reboot nothing is signed until an administrator has compared the "
                "ledger's\nsize with what partners hold and vouches for it. The act is an "
                "entry.\n"},
      {.path = {"ledger", "peers"},
       .summary = "the other ledgers that one of ours reads: how far, and when last",
       .parameters = {Positional("service", "e.g. finance")},
       .run = ShowPeers,
       .notes = "Entries: under its newest head. Verified: when it last showed one that holds, "
                "to half a minute.\nWaiting: what it says it has for us. Parked: taken, and "
                "waiting here for a fact.\n"},
      {.path = {"ledger", "proof"},
       .summary = "prove, offline and for ever, that an entry is in a ledger",
       .parameters = {Positional("service", "e.g. finance"),
                      Positional("index", "the entry's, as receipts name it")},
       .run = ShowProof,
       .notes = "A C2SP tlog-proof with the signed head it leads to.\n"},
      {.path = {"ledger", "seal"},
       .summary = "commit, in one entry, to what every account and partner came to",
       .parameters = {Positional("service", "e.g. finance")},
       .run = Seal,
       .notes = "Needs a post with the role auditor or administrator. It happens by itself once "
                "a day and\nwith every export; when only seals came since the newest one, that "
                "is the answer.\n"}};
}

}  // namespace ch8::cli
