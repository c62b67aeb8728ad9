#include "storage/rocks/row_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8 {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::Optional;
using ::testing::Pair;

class RowStoreTest : public ::testing::Test {
 protected:
  void Open() {
    store_.reset();
    auto opened = RowStore::Open(path_);
    ASSERT_THAT(opened, IsOk());
    store_ = *std::move(opened);
  }
  void SetUp() override { Open(); }

  std::vector<std::string> Keys(const std::string& prefix, const std::string& begin) {
    std::vector<std::string> keys;
    EXPECT_THAT(store_->Scan(prefix, begin,
                             [&](absl::string_view key, absl::string_view) {
                               keys.emplace_back(key);
                               return true;
                             }),
                IsOk());
    return keys;
  }

  const ch8::testing::TempDir dir_;
  const std::string path_ = dir_.path().string() + "/rows";
  std::unique_ptr<RowStore> store_;
};

TEST_F(RowStoreTest, WhatIsWrittenIsThereAfterOpeningAgain) {
  ASSERT_THAT(store_->Write({{"a/1", "one"}, {"a/2", "two"}, {"b/1", "other"}}), IsOk());
  ASSERT_THAT(store_->Write({{"a/1", std::nullopt}, {"a/3", "three"}}), IsOk());
  Open();
  EXPECT_THAT(*store_->Get("a/1"), std::nullopt);
  EXPECT_THAT(*store_->Get("a/2"), Optional(std::string("two")));
  EXPECT_THAT(*store_->Last("a/"), Optional(Pair("a/3", "three")));
  EXPECT_EQ(*store_->Last("c/"), std::nullopt);
  EXPECT_EQ(*store_->Last("0"), std::nullopt);
  EXPECT_THAT(Keys("a/", "a/"), ElementsAre("a/2", "a/3"));
  EXPECT_THAT(Keys("a/", "a/3"), ElementsAre("a/3"));
}

TEST_F(RowStoreTest, OneProcessHasItAtATime) {
  EXPECT_THAT(RowStore::Open(path_), StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace ch8
