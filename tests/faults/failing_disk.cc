#include "tests/faults/failing_disk.h"

#include <gtest/gtest.h>

#include <random>

namespace ch8::testing {
namespace {

#ifdef CH8_SLOW_TESTS
constexpr uint64_t kStride = 1;
#else
constexpr uint64_t kStride = 47;
#endif

}  // namespace

uint64_t FailEveryChange(const std::function<bool(uint64_t n)>& run) {
  uint64_t n = 1 + std::random_device()() % kStride;
  while (run(n)) {
    if (::testing::Test::HasFailure()) {
      ADD_FAILURE() << "with change " << n << " failing";
      return n;
    }
    n += kStride;
  }
  GTEST_LOG_(INFO) << "every " << kStride << "th of some " << n << " changes failed";
  return n;
}

}  // namespace ch8::testing
