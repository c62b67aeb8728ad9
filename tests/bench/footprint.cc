#include "tests/bench/footprint.h"

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/federation/core/pull.h"
#include "services/node/test_daemon.h"
#include "storage/base/status_macros.h"
#include "storage/rocks/rocks_ledger.h"
#include "tests/bench/measure.h"
#include "tests/support/node_two.h"
#include "tests/support/node_wait.h"
#include "tests/support/temp_dir.h"

namespace ch8::bench {
namespace {

using chapter8::federation::v1::ProvenEntry;
using chapter8::federation::v1::PullRequest;
using chapter8::finance::v1::Offer;

constexpr int64_t kAmountMinor = 1'000;
// A node that has just started still builds caches and connects.
constexpr int kAlike = 200;  // Readings in a row by which its memory has settled.

// Start and rest of a node that hosts everything.
absl::Status MeasureNode(Footprint& footprint) {
  const ch8::testing::TempDir folder;
  const std::string path = folder.path().string();
  const std::string home = node::testing::MakeHome(path + "/home", "un", "un.example");
  const absl::Time began = absl::Now();
  node::testing::TestDaemon daemon({.home = home, .data = path + "/data"});
  if (!daemon.AwaitServing()) return absl::InternalError(daemon.Log());
  footprint.start = absl::Now() - began;
  int alike = 0;
  const bool settled = ch8::testing::WaitUntil([&] {
    const uint64_t bytes = ResidentBytes(daemon.pid());
    alike = bytes == footprint.idle_memory_bytes ? alike + 1 : 0;
    footprint.idle_memory_bytes = bytes;
    return alike >= kAlike;
  });
  if (!settled) return absl::DeadlineExceededError("the node's memory does not settle");
  return absl::OkStatus();
}

// Each entry that `ledger` addressed to `recipient`, with its proof, by where it stands.
absl::StatusOr<std::map<uint64_t, size_t>> SizesOnTheWire(const Ledger& ledger,
                                                          const std::string& note,
                                                          const std::string& recipient) {
  std::map<uint64_t, size_t> sizes;
  PullRequest request;
  request.set_origin(ledger.origin());
  while (true) {
    ASSIGN_OR_RETURN(const auto page, federation::BuildPull({.ledger = ledger,
                                                             .signed_note = note,
                                                             .caller = recipient,
                                                             .ledger_time = absl::UnixEpoch()},
                                                            request));
    if (page.entries().empty()) return sizes;
    for (const ProvenEntry& entry : page.entries()) sizes[entry.index()] = entry.ByteSizeLong();
    request.set_after_number(request.after_number() + static_cast<uint64_t>(page.entries_size()));
  }
}

// The sizes of one offer's steps that stand in `ledger` and are addressed to `recipient`.
absl::StatusOr<uint64_t> StepsOnTheWire(const std::string& database, const Offer& offer,
                                        const std::string& recipient) {
  ASSIGN_OR_RETURN(const std::unique_ptr<RocksLedger> ledger,
                   RocksLedger::Open({.path = database}));
  ASSIGN_OR_RETURN(const std::optional<std::string> note,
                   ledger->NoteAtMost(ledger->durable_size()));
  if (!note.has_value()) return absl::InternalError("the ledger has signed nothing");
  ASSIGN_OR_RETURN(const auto sizes, SizesOnTheWire(*ledger, *note, recipient));
  uint64_t bytes = 0;
  for (const auto& step : offer.steps()) {
    const auto size = sizes.find(step.index());
    if (step.origin() == ledger->origin() && size != sizes.end()) bytes += size->second;
  }
  return bytes;
}

}  // namespace

absl::StatusOr<Footprint> MeasureFootprint(uint32_t transfers) {
  Footprint footprint;
  footprint.transfers = transfers;
  RETURN_IF_ERROR(MeasureNode(footprint));

  ch8::testing::TwoNodes nodes;
  const std::string request = nodes.MakeRequest(kAmountMinor * transfers * 2);
  std::string offer;
  for (uint32_t i = 0; i < transfers; ++i) {
    offer = nodes.Reserve(request, {.amount_minor = kAmountMinor});
    if (!nodes.Await(nodes.au(), offer, Offer::RESERVED)) return absl::InternalError("no RESERVE");
    RETURN_IF_ERROR(nodes.Accept(offer).status());
  }
  if (!nodes.Await(nodes.un(), offer, Offer::SETTLED)) return absl::InternalError("not settled");
  ASSIGN_OR_RETURN(const Offer settled, nodes.Read(nodes.un(), offer));
  nodes.un().Stop();
  nodes.au().Stop();
  ASSIGN_OR_RETURN(footprint.wire_bytes_to_receiver,
                   StepsOnTheWire(nodes.un().database("finance"), settled, nodes.au().domain()));
  ASSIGN_OR_RETURN(footprint.wire_bytes_to_giver,
                   StepsOnTheWire(nodes.au().database("finance"), settled, nodes.un().domain()));
  ASSIGN_OR_RETURN(const auto ledger, RocksLedger::Open({.path = nodes.un().database("finance")}));
  footprint.disk_bytes_per_entry =
      FolderBytes(nodes.un().database("finance")) / ledger->durable_size();
  return footprint;
}

}  // namespace ch8::bench
