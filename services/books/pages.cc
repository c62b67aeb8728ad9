#include "services/books/pages.h"

#include <utility>

namespace ch8::books {
namespace {

// Copies waiting for a sync that does not come are not allowed to fill the memory.
constexpr size_t kStagedMax = 16'384;
// Clean pages looked at for each page that may be copied.
constexpr size_t kLookedPerCopy = 256;

}  // namespace

PageWriter::PageWriter(Start start)
    : account_pages_(std::move(start.account_pages)),
      hold_pages_(std::move(start.hold_pages)),
      clean_size_(start.clean_size),
      staged_clean_(start.clean_size),
      marker_next_turn_(start.marker_next_turn) {}

std::vector<Page> PageWriter::Dump(Books& books, const DumpParts& parts) {
  Stage(books.state(), parts);
  std::vector<Page> ready;
  while (!staged_.empty() && staged_.front().position <= parts.durable_size) {
    Staged& staged = staged_.front();
    if (staged.clean_size > 0) {
      clean_size_ = staged.clean_size;
      books.state().holds.ForgetEndedBelow(clean_size_);
    }
    ready.push_back(std::move(staged.page));
    staged_.pop_front();
  }
  return ready;
}

void PageWriter::Stage(const State& state, const DumpParts& parts) {
  hold_pages_.resize(kHoldPages);
  account_pages_.resize(state.account_page_changed.size());
  size_t copied = 0;
  size_t looked = 0;
  int rounds = 0;
  while (copied < parts.budget && looked / kLookedPerCopy < parts.budget &&
         staged_.size() < kStagedMax) {
    if (!round_start_.has_value()) round_start_ = parts.written_size;
    if (cursor_ == hold_pages_.size() + account_pages_.size()) {
      EndRound(parts);
      // The second round has seen every page at this very size.
      if (++rounds == 2) return;
      continue;
    }
    if (StagePage(state, parts.written_size)) ++copied;
    ++cursor_;
    ++looked;
  }
}

bool PageWriter::StagePage(const State& state, uint64_t written_size) {
  const bool holds = cursor_ < hold_pages_.size();
  const uint32_t number = static_cast<uint32_t>(holds ? cursor_ : cursor_ - hold_pages_.size());
  Found& page = holds ? hold_pages_[number] : account_pages_[number];
  const uint64_t changed =
      holds ? state.hold_page_changed[number] : state.account_page_changed[number];
  if (changed <= page.position) return false;
  PageParts parts{.kind = holds ? PageKind::kHolds : PageKind::kAccounts,
                  .number = number,
                  .turn = page.next_turn,
                  .position = written_size,
                  .body = holds ? EncodeHolds(state, number) : EncodeAccounts(state, number)};
  staged_.push_back({.position = written_size, .page = EncodePage(parts)});
  page.position = written_size;
  page.next_turn ^= 1;
  return true;
}

void PageWriter::EndRound(const DumpParts& parts) {
  const uint64_t start = *round_start_;
  round_start_.reset();
  cursor_ = 0;
  if (start <= staged_clean_ || start - staged_clean_ < parts.marker_interval) return;
  Marker marker;
  marker.clean_size = start;
  marker.account_pages.reserve(account_pages_.size());
  for (const Found& page : account_pages_) marker.account_pages.push_back(page.position);
  marker.hold_pages.reserve(hold_pages_.size());
  for (const Found& page : hold_pages_) marker.hold_pages.push_back(page.position);
  Page page = EncodePage({.kind = PageKind::kMarker,
                          .number = 0,
                          .turn = marker_next_turn_,
                          .position = parts.written_size,
                          .body = EncodeMarker(marker)});
  marker_next_turn_ ^= 1;
  staged_clean_ = start;
  staged_.push_back({.position = parts.written_size, .clean_size = start, .page = std::move(page)});
}

}  // namespace ch8::books
