#include "storage/rocks/status.h"

#include <gmock/gmock.h>

#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using ::testing::HasSubstr;
using testing::StatusIs;

TEST(StatusTest, MapsEachKindOfError) {
  using rocksdb::Status;
  EXPECT_TRUE(FromRocks(Status::OK(), "read").ok());
  EXPECT_THAT(FromRocks(Status::NoSpace("x"), "write a commit"),
              StatusIs(absl::StatusCode::kResourceExhausted,
                       HasSubstr("the disk is full: cannot write a commit")));
  EXPECT_THAT(FromRocks(Status::SpaceLimit(), "write"),
              StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_THAT(FromRocks(Status::Corruption("x"), "read"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(FromRocks(Status::IOError("x"), "sync"), StatusIs(absl::StatusCode::kDataLoss));
  EXPECT_THAT(FromRocks(Status::Busy(), "read"), StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(FromRocks(Status::ShutdownInProgress(), "read"),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_THAT(FromRocks(Status::NotFound(), "read"), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(FromRocks(Status::InvalidArgument("x"), "read"),
              StatusIs(absl::StatusCode::kInternal));
}

}  // namespace
}  // namespace ch8
