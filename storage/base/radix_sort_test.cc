#include "storage/base/radix_sort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace ch8 {
namespace {

struct Item {
  uint64_t key = 0;
  uint64_t place = 0;
  friend bool operator==(const Item&, const Item&) = default;
};

// Against the standard's stable sort, of keys that differ in few bits, in all, and in none.
TEST(RadixSortTest, SortsAsStableSortDoes) {
  std::mt19937_64 random(1);
  std::vector<Item> scratch;
  for (const uint64_t mask : {uint64_t{0}, uint64_t{1}, uint64_t{0xffff}, uint64_t{1} << 63,
                              uint64_t{0xf0f0'0000'1234'0001}, UINT64_MAX}) {
    for (const size_t count : {size_t{0}, size_t{1}, size_t{2}, size_t{5'000}}) {
      std::vector<Item> items;
      for (size_t i = 0; i < count; ++i) items.push_back({random() & mask, i});
      std::vector<Item> expected = items;
      std::stable_sort(expected.begin(), expected.end(),
                       [](const Item& a, const Item& b) { return a.key < b.key; });
      RadixSort(items, scratch, [](const Item& item) { return item.key; });
      EXPECT_EQ(items, expected) << count << " keys with " << std::hex << mask;
    }
  }
}

}  // namespace
}  // namespace ch8
