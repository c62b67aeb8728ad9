#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chapter8/ledger/v1/administration_service.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/node_recover.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::ledger::v1::GetHeadRequest;
using chapter8::ledger::v1::Head;
using chapter8::ledger::v1::ListPeersRequest;
using chapter8::ledger::v1::ListPeersResponse;
using chapter8::ledger::v1::Peer;

// What one ledger reads of other organizations.
struct Reading {
  uint64_t waiting = 0;
  uint64_t parked = 0;
  absl::Time oldest = absl::InfiniteFuture();  // Of their newest heads.
};

absl::StatusOr<Reading> ReadingOf(const std::string& origin, const std::string& own,
                                  Session& session) {
  Reading reading;
  ListPeersRequest request;
  request.set_origin(origin);
  RETURN_IF_ERROR(ListAll<ListPeersResponse>(
      session, "ledger.v1.LedgerService.ListPeers", request, [&](const ListPeersResponse& page) {
        for (const Peer& peer : page.peers()) {
          reading.waiting += peer.waiting();
          reading.parked += peer.parked();
          if (peer.origin().rfind(own + "/", 0) == 0) continue;
          const absl::Time verified = peer.verified_size() == 0
                                          ? absl::InfinitePast()
                                          : absl::FromUnixMicros(peer.verified_at_us());
          reading.oldest = std::min(reading.oldest, verified);
        }
      }));
  return reading;
}

std::string OldestText(const Reading& reading, absl::Time now) {
  if (reading.oldest == absl::InfiniteFuture()) return "";
  if (reading.oldest == absl::InfinitePast()) return "never";
  return absl::StrCat(AgeText(std::max(now - reading.oldest, absl::ZeroDuration())), " ago");
}

// One row of the table. What cannot be asked is said in it: the other ledgers are still of use.
std::vector<std::string> RowOf(const std::string& service, const std::string& own,
                               Session& session) {
  const std::string origin = absl::StrCat(own, "/ch8/", service);
  GetHeadRequest request;
  request.set_origin(origin);
  Head head;
  absl::Status status = session.Read("ledger.v1.AdministrationService.GetHead", request, head);
  absl::StatusOr<Reading> reading =
      status.ok() ? ReadingOf(origin, own, session) : absl::StatusOr<Reading>(status);
  if (!reading.ok()) {
    session.Differs();
    return {service, "", "", "", "", Printable(reading.status().message())};
  }
  if (!head.not_signed_because().empty()) session.Differs();
  return {service,
          absl::StrCat(head.size()),
          absl::StrCat(reading->waiting),
          absl::StrCat(reading->parked),
          OldestText(*reading, session.ledger_time()),
          head.not_signed_because().empty()
              ? "signs"
              : absl::StrCat("signs nothing: ", Printable(head.not_signed_because()))};
}

absl::Status ShowStatus(const Arguments&, Session& session) {
  RETURN_IF_ERROR(session.Connect());
  Table table;
  table.columns = {{"ledger"},
                   {"entries", Column::Align::kRight},
                   {"waiting", Column::Align::kRight},
                   {"parked", Column::Align::kRight},
                   {"oldest_partner_head"},
                   {"state"}};
  const std::string own = session.who().organization().trust_domain();
  for (const std::string& service : session.services()) {
    table.rows.push_back(RowOf(service, own, session));
  }
  session.ShowTable(table);
  return absl::OkStatus();
}

}  // namespace

std::vector<Command> NodeCommands() {
  return {
      {.path = {"node", "status"},
       .summary = "the ledgers of your nodes: how long, how far behind partners, signing or not",
       .parameters = {},
       .run = ShowStatus,
       .notes = "Exits with 1 when a ledger cannot be asked or signs nothing. Waiting: entries "
                "that others\nhave for us. Parked: taken, and waiting here for a fact.\n"},
      RecoverCommand()};
}

}  // namespace ch8::cli
