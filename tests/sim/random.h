#ifndef CH8_TESTS_SIM_RANDOM_H_
#define CH8_TESTS_SIM_RANDOM_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "storage/base/hash.h"

namespace ch8::sim {

// All chance in one world, from one seed: the same calls in the same order give the same values.
//
// Thread safety: none.
class Random {
 public:
  explicit Random(uint64_t seed) : engine_(seed) {}

  // 0 to count - 1.
  int64_t Pick(int64_t count) {
    return static_cast<int64_t>(engine_() % static_cast<uint64_t>(count));
  }
  bool OneIn(int64_t count) { return Pick(count) == 0; }
  template <typename T>
  const T& PickOf(const std::vector<T>& values) {
    return values[static_cast<size_t>(Pick(static_cast<int64_t>(values.size())))];
  }
  Hash NextHash() {
    std::string bytes;
    while (bytes.size() < Hash::kSize) {
      const uint64_t word = engine_();
      bytes.append(reinterpret_cast<const char*>(&word), sizeof(word));
    }
    return *Hash::FromBytes(bytes);
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_RANDOM_H_
