// What a ledger reads back from its disk.
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "storage/base/check.h"
#include "storage/base/clock.h"
#include "storage/ledger/chunk.h"
#include "storage/ledger/durable_file.h"
#include "storage/ledger/head_keeper.h"
#include "storage/ledger/mem_ledger.h"
#include "tests/fuzz/fixed_key.h"
#include "tests/fuzz/scratch.h"
#include "tests/fuzz/target.h"

namespace ch8::fuzz {
namespace {

// What is accepted, the packer gives back.
Outcome RunChunk(absl::string_view input) {
  std::vector<Entry> entries;
  const absl::Status decoded = DecodeChunk(input, entries);
  if (!decoded.ok()) return Refused(decoded);
  std::vector<RequestEntries> requests;
  for (const Entry& entry : entries) {
    if (requests.empty() || requests.back().request_salt != entry.request_salt) {
      requests.push_back({.request_salt = entry.request_salt});
    }
    requests.back().entries.push_back({.entry_class = entry.entry_class,
                                       .tag = entry.tag,
                                       .row = entry.row,
                                       .payload = entry.payload});
  }
  std::string packed;
  ChunkPacker().Pack(entries[0].index, requests,
                     [&](uint64_t, absl::string_view chunk) { absl::StrAppend(&packed, chunk); });
  return SameBytes(input, packed);
}

std::vector<std::string> ChunkSeeds() {
  std::vector<RequestEntries> requests(2);
  requests[0].request_salt = Sha256("one");
  requests[0].entries = {
      {.row = 0, .payload = "request"},
      {.entry_class = EntryClass::kTransfer, .tag = {7}, .row = 1, .payload = ""}};
  requests[1].request_salt = Sha256("two");
  requests[1].entries = {{.entry_class = EntryClass::kSeal, .row = 9, .payload = "third"}};
  std::string chunk;
  ChunkPacker().Pack(5, requests,
                     [&](uint64_t, absl::string_view packed) { absl::StrAppend(&chunk, packed); });
  return {chunk, chunk.substr(0, chunk.size() - 1), "C8K1"};
}

const Clock& TheClock() {
  static const SystemClock clock;
  return clock;
}

// A log of three entries, whose heads a keeper signs.
MemLedger& Log() {
  static auto& log = *[] {
    auto ledger =
        MemLedger::Create({.origin = std::string(kOrigin), .payload = "genesis", .salt = {}})
            .value();
    for (const absl::string_view payload : {"one", "two"}) {
      RequestEntries request;
      request.entries.push_back(
          MakeEntry(ledger->log_id(), request.request_salt, {.payload = payload}));
      Check(ledger->Commit({.requests = {request}}).ok() && ledger->Sync().ok(), "committed");
    }
    return ledger.release();
  }();
  return log;
}

std::string Folder() { return ScratchFolder() + "/heads"; }

absl::StatusOr<std::unique_ptr<HeadKeeper>> OpenKeeper() {
  return HeadKeeper::Open({.ledger = Log(),
                           .key = KeyOf(kOrigin),
                           .state_directory = Folder(),
                           .boot_marker_directory = Folder() + "/markers",
                           .boot_id = "boot",
                           .clock = TheClock()});
}

// The lines of `signed_head` without the last, which is their checksum. A head is never guessed:
// the keeper takes it as the log's own, refuses to sign, or does not open.
Outcome RunSignedHead(absl::string_view input) {
  const std::string file = absl::StrCat(input, Sha256(input).ToHex(), "\n");
  ScratchFile("heads/signed_head", file);
  const absl::StatusOr<std::unique_ptr<HeadKeeper>> keeper = OpenKeeper();
  if (!keeper.ok()) return Refused(keeper.status());
  Check(!(*keeper)->vouched(), "a head without a marker vouches for nothing");
  if (absl::IsDataLoss((*keeper)->state())) return Refused((*keeper)->state());
  bool of_this_log = false;
  for (uint64_t size = 0; size <= Log().durable_size(); ++size) {
    of_this_log |= absl::EqualsIgnoreCase(absl::StripSuffix(input, "\n"),
                                          absl::StrCat("ch8-signed-head/1\n", kOrigin, "\n", size,
                                                       "\n", Log().RootAt(size)->ToHex()));
  }
  Check(of_this_log, "what is taken is a head of this log");
  return Outcome::kAccepted;
}

std::vector<std::string> SignedHeadSeeds() {
  const std::string lines = absl::StrCat("ch8-signed-head/1\n", kOrigin, "\n");
  return {absl::StrCat(lines, 3, "\n", Log().RootAt(3)->ToHex(), "\n"),
          absl::StrCat(lines, 2, "\n", Log().RootAt(2)->ToHex(), "\n"),
          absl::StrCat(lines, 2, "\n", Log().RootAt(3)->ToHex(), "\n"),
          absl::StrCat(lines, 9, "\n", Log().RootAt(3)->ToHex(), "\n"), lines};
}

}  // namespace

std::vector<Target> LedgerTargets() {
  return {{"ledger_chunk", RunChunk, ChunkSeeds},
          {"ledger_signed_head", RunSignedHead, SignedHeadSeeds}};
}

}  // namespace ch8::fuzz
