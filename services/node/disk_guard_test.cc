#include "services/node/disk_guard.h"

#include <gtest/gtest.h>

#include <limits>

#include "services/kernel/refusal.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::node {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;

TEST(DiskGuardTest, BelowTheReserveNothingNewIsTaken) {
  const ch8::testing::TempDir dir;
  DiskGuard roomy(dir.path().string(), 1);
  EXPECT_GT(roomy.free_bytes(), 1u);
  EXPECT_THAT(roomy.AdmitWrites(), IsOk());
  DiskGuard full(dir.path().string(), std::numeric_limits<uint64_t>::max());
  for (int i = 0; i < 3; ++i) {
    const absl::Status status = full.AdmitWrites();
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kResourceExhausted));
    EXPECT_EQ(kernel::ReasonOf(status), "DISK_FULL");
  }
}

TEST(DiskGuardTest, ADiskThatCannotBeAskedCountsAsFull) {
  DiskGuard guard("/nonexistent/folder", 1);
  EXPECT_THAT(guard.AdmitWrites(), StatusIs(absl::StatusCode::kResourceExhausted));
}

}  // namespace
}  // namespace ch8::node
