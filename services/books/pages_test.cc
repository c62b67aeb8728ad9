#include "services/books/pages.h"

#include <gtest/gtest.h>

#include <optional>
#include <set>

#include "services/books/books_test_model.h"

namespace ch8::books {
namespace {

TEST(PageWriterTest, AHotPageIsDumpedAlthoughItNeverHoldsDurableStateOnly) {
  NoOlderIds none;
  Books books(none);
  RandomWork work(1);
  books.Apply(work.Opening(2), 0);
  PageWriter writer;
  v1::Posting posting;
  posting.set_debit_account(1);
  posting.set_credit_account(2);
  posting.set_amount(1);
  std::set<uint64_t> positions;
  int last_turn = 1;
  // The disk is always three commits behind and every commit changes the page.
  for (uint64_t size = 1; size < 50; ++size) {
    const uint64_t durable_size = size > 3 ? size - 3 : 0;
    for (const Page& page : writer.Dump(books, {.written_size = size,
                                               .durable_size = durable_size,
                                               .budget = 20,
                                               .marker_interval = 1'000})) {
      const std::optional<PageParts> parts = DecodePage(page);
      ASSERT_TRUE(parts.has_value());
      EXPECT_LE(parts->position, durable_size);
      EXPECT_NE(parts->turn, last_turn) << "a torn write must never take both copies";
      last_turn = parts->turn;
      State state;
      ASSERT_TRUE(LoadAccounts(parts->body, 0, state));
      EXPECT_EQ(state.accounts[1].debits_posted, parts->position - 1);
      positions.insert(parts->position);
    }
    books.Apply({{}, {posting}}, size);
  }
  EXPECT_GT(positions.size(), 10);
}

TEST(PageFormatTest, EveryFlippedBitAndEveryTruncationIsFound) {
  const Page page =
      EncodePage({.kind = PageKind::kHolds, .number = 3, .turn = 1, .position = 9, .body = "body"});
  ASSERT_TRUE(DecodePage(page).has_value());
  for (size_t bit = 0; bit < page.value.size() * 8; ++bit) {
    Page flipped = page;
    flipped.value[bit / 8] ^= static_cast<char>(1 << bit % 8);
    EXPECT_FALSE(DecodePage(flipped).has_value());
  }
  for (size_t size = 0; size < page.value.size(); ++size) {
    EXPECT_FALSE(DecodePage({page.key, page.value.substr(0, size)}).has_value());
  }
  Page misplaced = page;
  misplaced.key[4] = 4;
  EXPECT_FALSE(DecodePage(misplaced).has_value());
}

}  // namespace
}  // namespace ch8::books
