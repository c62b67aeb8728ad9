#include "clients/verify/tag_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>

#include "clients/verify/refusal.h"
#include "tests/support/status_matchers.h"

namespace ch8::verify {
namespace {

using ::ch8::testing::IsOk;
using ::testing::HasSubstr;

constexpr char kUn[] = "un.example/ch8/finance";
constexpr char kId[] = "sixteen bytes id";

Leaf LeafWith(const Tag& tag, EntryClass entry_class = EntryClass::kTransfer) {
  return {.entry_class = entry_class, .tag = tag, .payload_commit = {}};
}

// The tag of a step of the transfer, as the UN's log has it.
Tag TagOf(TransferStep step) {
  TransferId id{};
  std::copy(kId, kId + id.size(), id.begin());
  return TransferTag(id, kUn, kUn, step);
}

LogEntry StepAt(uint64_t index) {
  LogEntry entry;
  entry.index = index;
  entry.entry.mutable_step()->set_transfer_id(kId);
  entry.entry.mutable_step()->set_giver_origin(kUn);
  return entry;
}

TEST(TagCheck, NoStepIsInTheLogTwiceWhetherDisclosedOrNot) {
  TagCheck check(kUn);
  EXPECT_THAT(check.Take(0, LeafWith(Tag{}, EntryClass::kDomain)), IsOk());
  EXPECT_THAT(check.Take(1, LeafWith(Tag{}, EntryClass::kDomain)), IsOk());
  EXPECT_THAT(check.Take(2, LeafWith(Tag{1})), IsOk());
  EXPECT_THAT(check.Take(3, LeafWith(Tag{2})), IsOk());
  const auto refusal = RefusalOf(check.Take(4, LeafWith(Tag{1})));
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->index, 4U);
  EXPECT_THAT(refusal->what, HasSubstr("twice"));
}

TEST(TagCheck, OnlyStepsHaveTags) {
  TagCheck check(kUn);
  const auto refusal = RefusalOf(check.Take(0, LeafWith(Tag{1}, EntryClass::kDomain)));
  ASSERT_TRUE(refusal.has_value());
  EXPECT_THAT(refusal->what, HasSubstr("no step"));
}

TEST(TagCheck, NoStepOfADisclosedTransferIsKeptBack) {
  TagCheck check(kUn);
  EXPECT_THAT(check.Take(0, LeafWith(TagOf(TransferStep::kReserve))), IsOk());
  EXPECT_THAT(check.Take(1, LeafWith(TagOf(TransferStep::kTerminal))), IsOk());
  EXPECT_THAT(check.Take(2, LeafWith(Tag{9})), IsOk());
  EXPECT_THAT(check.Finish(), IsOk());  // Nothing of it is disclosed.
  check.TakeDisclosed(StepAt(0));
  const auto refusal = RefusalOf(check.Finish());
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->index, 1U);
  EXPECT_THAT(refusal->what, HasSubstr("kept back"));
  check.TakeDisclosed(StepAt(1));
  EXPECT_THAT(check.Finish(), IsOk());
}

}  // namespace
}  // namespace ch8::verify
