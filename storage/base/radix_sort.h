#ifndef CH8_STORAGE_BASE_RADIX_SORT_H_
#define CH8_STORAGE_BASE_RADIX_SORT_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace ch8 {

// Sorts `items` by `key`, a function from an item to a uint64_t; equal keys keep their order. For
// millions of small items, where it takes a fraction of std::sort's time: it passes over them once
// for every eleven bits in which keys differ, and compares nothing. `scratch` is memory that may be
// used again; what it holds afterwards means nothing.
//
// Thread safety: none.
template <typename T, typename Key>
void RadixSort(std::vector<T>& items, std::vector<T>& scratch, Key key) {
  constexpr int kDigitBits = 11;
  constexpr size_t kDigits = size_t{1} << kDigitBits;
  if (items.empty()) return;
  const uint64_t first = key(items.front());
  uint64_t differing = 0;
  for (const T& item : items) differing |= key(item) ^ first;
  scratch.resize(items.size());
  for (int shift = 0; shift < 64; shift += kDigitBits) {
    if ((differing >> shift) % kDigits == 0) continue;
    const auto digit = [&](const T& item) { return (key(item) >> shift) % kDigits; };
    std::array<size_t, kDigits> next{};  // Where the next item of a digit goes.
    for (const T& item : items) ++next[digit(item)];
    size_t begin = 0;
    for (size_t& count : next) begin += std::exchange(count, begin);
    for (T& item : items) scratch[next[digit(item)]++] = std::move(item);
    std::swap(items, scratch);
  }
}

}  // namespace ch8

#endif  // CH8_STORAGE_BASE_RADIX_SORT_H_
