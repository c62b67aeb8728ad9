#include "services/books/recovery.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/numeric/int128.h"
#include "absl/strings/str_cat.h"
#include "services/books/replay.h"
#include "storage/base/status_macros.h"

namespace ch8::books {
namespace {

// The newest usable copy of one page.
struct Copy {
  bool found = false;
  uint8_t turn = 0;
  uint64_t position = 0;
  std::string body;
};

// All that is on disk, reduced to the newest usable copy of each page.
struct PageSet {
  std::vector<Copy> account_pages;
  std::vector<Copy> hold_pages;
  Copy marker;
  std::vector<std::string> keys;  // Of every page that is not wiped already.
  std::vector<Page> above_end;    // Wiping writes for copies above the log's end.
  size_t discarded = 0;
};

Page Wipe(const std::string& key) { return {.key = key, .value = ""}; }

Copy* CopyOf(const PageParts& parts, PageSet& set) {
  switch (parts.kind) {
    case PageKind::kAccounts:
      if (parts.number > kAccountsMax / kAccountsPerPage) return nullptr;
      if (set.account_pages.size() <= parts.number) set.account_pages.resize(parts.number + 1);
      return &set.account_pages[parts.number];
    case PageKind::kHolds:
      return parts.number < kHoldPages ? &set.hold_pages[parts.number] : nullptr;
    case PageKind::kMarker:
      return parts.number == 0 ? &set.marker : nullptr;
  }
  return nullptr;
}

absl::StatusOr<PageSet> ReadPageSet(const RecoverySource& source) {
  PageSet set;
  set.hold_pages.resize(kHoldPages);
  RETURN_IF_ERROR(source.read_pages([&](const Page& page) {
    if (page.value.empty()) return;
    set.keys.push_back(page.key);
    std::optional<PageParts> parts = DecodePage(page);
    if (!parts.has_value()) {
      ++set.discarded;
      return;
    }
    if (parts->position > source.size) {
      ++set.discarded;
      set.above_end.push_back(Wipe(page.key));
      return;
    }
    Copy* copy = CopyOf(*parts, set);
    if (copy == nullptr || (copy->found && copy->position >= parts->position)) return;
    *copy = {true, parts->turn, parts->position, std::move(parts->body)};
  }));
  return set;
}

// The position from which a page needs the log. A marker vouches only for the copy that it lists,
// or a newer one.
uint64_t EffectivePosition(const Copy& copy, uint64_t listed, uint64_t clean_size) {
  return copy.position >= listed ? std::max(copy.position, clean_size) : copy.position;
}

PagePositions EffectivePositions(const PageSet& set, const std::optional<Marker>& marker) {
  PagePositions positions;
  const uint64_t clean_size = marker.has_value() ? marker->clean_size : 0;
  const auto fill = [&](const std::vector<Copy>& copies, const std::vector<uint64_t>& listed,
                        std::vector<uint64_t>& out) {
    out.resize(std::max(copies.size(), listed.size()));
    for (size_t i = 0; i < out.size(); ++i) {
      out[i] = EffectivePosition(i < copies.size() ? copies[i] : Copy(),
                                 i < listed.size() ? listed[i] : 0, clean_size);
    }
  };
  const Marker none;
  const Marker& listed = marker.has_value() ? *marker : none;
  fill(set.account_pages, listed.account_pages, positions.account_pages);
  fill(set.hold_pages, listed.hold_pages, positions.hold_pages);
  positions.others = clean_size;
  return positions;
}

uint64_t Lowest(const PagePositions& positions) {
  uint64_t lowest = positions.others;
  for (const uint64_t position : positions.account_pages) lowest = std::min(lowest, position);
  for (const uint64_t position : positions.hold_pages) lowest = std::min(lowest, position);
  return lowest;
}

bool LoadPages(const PageSet& set, State& state) {
  for (uint32_t page = 0; page < set.account_pages.size(); ++page) {
    const Copy& copy = set.account_pages[page];
    if (copy.found && !LoadAccounts(copy.body, page, state)) return false;
  }
  for (uint32_t page = 0; page < kHoldPages; ++page) {
    const Copy& copy = set.hold_pages[page];
    if (copy.found && !LoadHolds(copy.body, page, state)) return false;
  }
  return true;
}

PageWriter WriterAfter(const PageSet& set, uint64_t clean_size) {
  const auto found = [](const std::vector<Copy>& copies) {
    std::vector<PageWriter::Found> pages;
    pages.reserve(copies.size());
    for (const Copy& copy : copies) {
      const uint8_t next_turn = copy.found ? copy.turn ^ 1 : 0;
      pages.push_back({copy.position, next_turn});
    }
    return pages;
  };
  const uint8_t marker_turn = set.marker.found ? set.marker.turn ^ 1 : 0;
  return PageWriter({.account_pages = found(set.account_pages),
                     .hold_pages = found(set.hold_pages),
                     .clean_size = clean_size,
                     .marker_next_turn = marker_turn});
}

size_t CountFound(const PageSet& set) {
  size_t count = 0;
  for (const Copy& copy : set.account_pages) count += copy.found ? 1 : 0;
  for (const Copy& copy : set.hold_pages) count += copy.found ? 1 : 0;
  return count;
}

// What is being rebuilt. Ids handed over as runs stay handed over when the replay starts again.
struct Attempt {
  State state;
  IdWindow ids;
  uint64_t ids_through_size = 0;
};

absl::Status IngestDueIds(const RecoverySource& source, Attempt& attempt) {
  if (source.ingest_ids == nullptr || attempt.ids.size() < attempt.ids.limit()) {
    return absl::OkStatus();
  }
  const auto run = attempt.ids.TakeRun(source.size);
  if (run == nullptr) return absl::OkStatus();
  RETURN_IF_ERROR(source.ingest_ids(SortedRun(*run)));
  attempt.ids_through_size = run->through_size;
  attempt.ids.Drop(*run);
  return absl::OkStatus();
}

absl::Status ReplayTail(const RecoverySource& source, const PagePositions& positions, uint64_t from,
                        Attempt& attempt) {
  Replay replay({.state = attempt.state,
                 .ids = attempt.ids,
                 .positions = positions,
                 .ids_through_size = attempt.ids_through_size});
  absl::Status failed;
  uint64_t next = from;
  RETURN_IF_ERROR(source.read_entries(from, source.size, [&](const Entry& entry) {
    failed = entry.index == next ? replay.Apply(entry)
                                 : absl::DataLossError(absl::StrCat("entry ", next, " is missing"));
    if (failed.ok()) failed = IngestDueIds(source, attempt);
    ++next;
    return failed.ok();
  }));
  RETURN_IF_ERROR(failed);
  if (next != source.size) return absl::DataLossError(absl::StrCat("entry ", next, " is missing"));
  RETURN_IF_ERROR(CheckState(attempt.state));
  return source.check == nullptr ? absl::OkStatus() : source.check(attempt.state);
}

}  // namespace

RecoverySource RecoverySourceOf(Ledger& ledger) {
  RecoverySource source;
  source.size = ledger.durable_size();
  source.ids_through_size = ledger.indexed_size(SearchIndex::kIds);
  source.read_entries = [&ledger](uint64_t begin, uint64_t end, const Ledger::EntryVisitor& visit) {
    return ledger.ReadEntries(begin, end, visit);
  };
  source.read_pages = [&ledger](const std::function<void(const Page&)>& visit) {
    return ledger.ReadPages(visit);
  };
  source.ingest_ids = [&ledger](const IndexRun& run) {
    return ledger.IngestRun(SearchIndex::kIds, run);
  };
  return source;
}

absl::StatusOr<Recovered> Recover(const RecoverySource& source, const IdIndex& older_ids,
                                  const Books::Options& options) {
  ASSIGN_OR_RETURN(const PageSet set, ReadPageSet(source));
  std::optional<Marker> marker;
  if (set.marker.found) marker = DecodeMarker(set.marker.body);
  const PagePositions positions = EffectivePositions(set, marker);
  Recovered recovered;
  recovered.pages_discarded = set.discarded;
  recovered.pages_complete_to = Lowest(positions);
  recovered.replayed_from = std::min(recovered.pages_complete_to, source.ids_through_size);
  Attempt attempt{State(), IdWindow(options.id_window_limit), source.ids_through_size};
  absl::Status status = absl::DataLossError("a page does not parse");
  if (LoadPages(set, attempt.state)) {
    status = ReplayTail(source, positions, recovered.replayed_from, attempt);
  }
  if (status.ok()) {
    recovered.wipe = set.above_end;
    recovered.pages_used = CountFound(set);
    recovered.pages = WriterAfter(set, marker.has_value() ? marker->clean_size : 0);
  } else if (absl::IsDataLoss(status)) {
    // The pages do not fit the log, or the log does not fit itself: only the log can tell.
    attempt = {State(), IdWindow(options.id_window_limit), attempt.ids_through_size};
    recovered.pages_complete_to = 0;
    recovered.replayed_from = 0;
    recovered.replayed_from_zero = true;
    RETURN_IF_ERROR(ReplayTail(source, PagePositions(), 0, attempt));
    for (const std::string& key : set.keys) recovered.wipe.push_back(Wipe(key));
  } else {
    return status;
  }
  recovered.books =
      std::make_unique<Books>(older_ids, std::move(attempt.state), std::move(attempt.ids));
  return recovered;
}

absl::Status CheckState(const State& state) {
  const auto wrong = [](size_t account, absl::string_view what) {
    return absl::DataLossError(absl::StrCat("account ", account, ": ", what));
  };
  std::vector<uint64_t> debits_held(state.accounts.size());
  std::vector<uint64_t> credits_held(state.accounts.size());
  for (uint32_t page = 0; page < kHoldPages; ++page) {
    for (uint32_t slot = state.holds.head(page); slot != Holds::kNoSlot;
         slot = state.holds.at(slot).next) {
      const Hold& hold = state.holds.at(slot);
      if (hold.ended) continue;
      if (!state.is_open(hold.debit_account) || !state.is_open(hold.credit_account)) {
        return absl::DataLossError("a hold names an account that is not open");
      }
      debits_held[hold.debit_account] += hold.amount;
      credits_held[hold.credit_account] += hold.amount;
    }
  }
  std::vector<absl::uint128> posted(state.units.size());
  for (size_t i = 1; i < state.accounts.size(); ++i) {
    const Account& account = state.accounts[i];
    if (account.opened == 0) return wrong(i, "is missing");
    if (account.debits_held != debits_held[i] || account.credits_held != credits_held[i]) {
      return wrong(i, "what is held is not the sum of its holds");
    }
    if (account.floor == v1::AccountOpened::CREDIT_BALANCE &&
        account.debits_posted + account.debits_held > account.credits_posted) {
      return wrong(i, "is below its floor");
    }
    posted[account.unit] += account.debits_posted;
    posted[account.unit] -= account.credits_posted;
  }
  for (size_t i = 0; i < posted.size(); ++i) {
    if (posted[i] != 0) {
      return absl::DataLossError(absl::StrCat("debits and credits in ", state.units[i], " differ"));
    }
  }
  return absl::OkStatus();
}

}  // namespace ch8::books
