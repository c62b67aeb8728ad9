#ifndef CH8_SERVICES_BOOKS_PAGES_H_
#define CH8_SERVICES_BOOKS_PAGES_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "services/books/books.h"
#include "storage/ledger/ledger.h"

// The rolling page checkpoint: copies of the books on disk, a few pages at a time, so that a start
// replays the tail of the log and not all of it.
//
// The books in memory run ahead of the disk: a page that is changed by every commit never holds
// durable state only. So a page is *copied* at a commit boundary, stamped with the log's written
// size, and kept here until durable_size has passed that stamp; only then is it handed out to be
// written. Hot pages are thus dumped as often as cold ones, and nothing newer than durable_size
// ever reaches a page.
//
// A page stands under two keys that take turns, so a torn write never takes both. When the round
// has passed all pages once, a marker follows them: every page's newest copy as of then is complete
// to `clean_size`, the written size when the round began. It lists the stamp of each such copy, so
// that it never vouches for an older copy that recovery had to fall back on.
//
// Formats (frozen; big-endian):
//   key    kind u8 ('a' accounts, 'h' holds, 'm' marker) · number u32 · turn u8 (0 or 1)
//   value  "C8P1" · kind u8 · number u32 · position u64 · body · SHA-256 of all before it [:16]
namespace ch8::books {

enum class PageKind : uint8_t { kAccounts = 'a', kHolds = 'h', kMarker = 'm' };

// A page's name and what its value says.
struct PageParts {
  PageKind kind = PageKind::kAccounts;
  uint32_t number = 0;
  uint8_t turn = 0;
  uint64_t position = 0;  // All entries below it are in the body, none at or above it.
  std::string body;
};
Page EncodePage(const PageParts& parts);
// Nothing when the key is not a page's or the value is torn, corrupt or another page's.
std::optional<PageParts> DecodePage(const Page& page);

// The body of the marker.
struct Marker {
  uint64_t clean_size = 0;
  std::vector<uint64_t> account_pages;  // Position of each page's newest copy; 0 when it has none.
  std::vector<uint64_t> hold_pages;
};
std::string EncodeMarker(const Marker& marker);
std::optional<Marker> DecodeMarker(absl::string_view body);

// The bodies of the other two. Loading adds a page's content to a state that has nothing of it yet;
// false, with the state in pieces, when the body is not that page's.
std::string EncodeAccounts(const State& state, uint32_t page);
std::string EncodeHolds(const State& state, uint32_t page);
bool LoadAccounts(absl::string_view body, uint32_t page, State& state);
bool LoadHolds(absl::string_view body, uint32_t page, State& state);

// Decides which pages to write and when.
//
// Thread safety: none; belongs to the ledger's sequencer. What Dump() returns may be written by any
// one thread, in the order returned.
class PageWriter {
 public:
  PageWriter() = default;

  // Where recovery found a page.
  struct Found {
    uint64_t position = 0;
    uint8_t next_turn = 0;
  };
  // Takes over after recovery.
  struct Start {
    std::vector<Found> account_pages;
    std::vector<Found> hold_pages;
    uint64_t clean_size = 0;
    uint8_t marker_next_turn = 0;
  };
  explicit PageWriter(Start start);

  struct DumpParts {
    // The log's size after the last commit written; all its entries below are in the books.
    uint64_t written_size = 0;
    uint64_t durable_size = 0;
    // How many pages to copy at most. 64 pages take some 200 us, and the disk takes
    // them too.
    size_t budget = 0;
    // A marker is due when a round ends this many entries above the last marker. 0 at shutdown.
    uint64_t marker_interval = 65'536;
  };

  // Call it between commits, at best once per group, with every commit written so far applied to
  // `books`. Copies up to `budget` changed pages and returns the earlier copies that have become
  // durable, to be passed to Ledger::WritePages() in this order. With a large budget, written_size
  // == durable_size and marker_interval 0 it returns all that a start needs to replay nothing.
  //
  // Frees the slots of long-ended holds in `books` as markers go out.
  std::vector<Page> Dump(Books& books, const DumpParts& parts);

  // Copies not yet handed out.
  size_t staged_count() const { return staged_.size(); }
  uint64_t clean_size() const { return clean_size_; }

 private:
  struct Staged {
    uint64_t position = 0;
    uint64_t clean_size = 0;  // Of a marker; else 0.
    Page page;
  };

  void Stage(const State& state, const DumpParts& parts);
  // Copies the page at the cursor if it has changed; says whether it had.
  bool StagePage(const State& state, uint64_t written_size);
  void EndRound(const DumpParts& parts);

  std::vector<Found> account_pages_;
  std::vector<Found> hold_pages_;
  std::deque<Staged> staged_;
  size_t cursor_ = 0;
  std::optional<uint64_t> round_start_;
  uint64_t clean_size_ = 0;    // Of the newest marker handed out.
  uint64_t staged_clean_ = 0;  // Of the newest marker staged.
  uint8_t marker_next_turn_ = 0;
};

}  // namespace ch8::books

#endif  // CH8_SERVICES_BOOKS_PAGES_H_
