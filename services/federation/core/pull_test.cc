#include "services/federation/core/pull.h"

#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "services/federation/core/federation_test_fixture.h"
#include "services/kernel/refusal.h"
#include "storage/base/limits.h"
#include "tests/support/status_matchers.h"

namespace ch8::federation {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using chapter8::federation::v1::PullRequest;
using chapter8::federation::v1::PullResponse;

class PullTest : public ::testing::Test {
 protected:
  PullTest() { request_.set_origin("un.example/ch8/finance"); }

  absl::StatusOr<PullResponse> Build(const std::string& note) const {
    return BuildPull(
        {.ledger = log_.ledger(), .signed_note = note, .caller = kAu, .ledger_time = {}}, request_);
  }
  absl::StatusOr<PullResponse> Build() const { return Build(log_.SignedNote()); }

  TestLog log_{"un.example/ch8/finance"};
  PullRequest request_;
};

TEST_F(PullTest, GivesTheCallerItsOwnEntriesInOrderAndNobodyElses) {
  for (int i = 0; i < 10; ++i) {
    log_.Append({.recipient = kAu, .text = absl::StrCat("au ", i)});
    log_.Append({.recipient = "ecowas.example", .text = "secret"});
    log_.Append({.recipient = "", .text = "internal"});
  }
  const auto page = Build();
  ASSERT_THAT(page, IsOk());
  ASSERT_EQ(page->entries_size(), 10);
  EXPECT_EQ(page->newest_number(), 10U);
  for (int i = 0; i < 10; ++i) {
    chapter8::ledger::v1::Entry entry;
    ASSERT_TRUE(entry.ParseFromString(page->entries(i).payload()));
    EXPECT_EQ(entry.domain_event(), absl::StrCat("au ", i));
  }
  EXPECT_EQ(page->SerializeAsString().find("secret"), std::string::npos);
}

TEST_F(PullTest, ARecipientWhoseNameStartsWithAnothersIsAnother) {
  log_.Append({.recipient = "au.example.org", .text = "not au's"});
  const auto page = Build();
  ASSERT_THAT(page, IsOk());
  EXPECT_EQ(page->entries_size(), 0);
  EXPECT_EQ(page->newest_number(), 0U);
}

TEST_F(PullTest, StopsAtTheCheckpointThoughTheLedgerGrewSince) {
  std::vector<std::string> notes;
  for (int i = 0; i < 20; ++i) {
    notes.push_back(log_.SignedNote());
    log_.Append({.recipient = kAu});
    if (i % 3 == 0) log_.Append({.recipient = ""});
  }
  for (int i = 0; i < 20; ++i) {
    const auto page = Build(notes[i]);
    ASSERT_THAT(page, IsOk());
    EXPECT_EQ(page->newest_number(), static_cast<uint64_t>(i));
    EXPECT_EQ(page->entries_size(), i);
  }
}

TEST_F(PullTest, KeepsToTheNumberAskedFor) {
  for (int i = 0; i < 300; ++i) log_.Append({.recipient = kAu});
  for (const uint32_t wanted : {1U, 255U, 256U, 257U, 0U}) {
    request_.set_entries_max(wanted);
    const auto page = Build();
    ASSERT_THAT(page, IsOk());
    EXPECT_EQ(page->entries_size(), wanted == 0 || wanted > 256 ? 256 : static_cast<int>(wanted));
    EXPECT_EQ(page->newest_number(), 300U);
  }
}

TEST_F(PullTest, APageOfTheLargestEntriesStaysBelowOneMebibyte) {
  const std::string large(kPayloadSizeMax - 200, 'x');
  for (int i = 0; i < 40; ++i) log_.Append({.recipient = kAu, .text = large});
  const auto page = Build();
  ASSERT_THAT(page, IsOk());
  EXPECT_LE(page->ByteSizeLong(), kPullBytesMax);
  EXPECT_GE(page->entries_size(), 30);
  EXPECT_LT(page->entries_size(), 40);
}

TEST_F(PullTest, ShowsTheGenesisAtFirstContactOnly) {
  log_.Append({.recipient = kAu});
  EXPECT_TRUE(Build()->has_genesis());
  request_.set_verified_size(1);
  EXPECT_FALSE(Build()->has_genesis());
}

TEST_F(PullTest, ACallerAheadOfTheLedgerIsTold) {
  log_.Append({.recipient = kAu});
  request_.set_verified_size(3);
  EXPECT_THAT(Build(), StatusIs(absl::StatusCode::kOutOfRange));
  EXPECT_EQ(kernel::ReasonOf(Build().status()), "CURSOR_AHEAD");
  request_.set_verified_size(2);
  EXPECT_THAT(Build(), IsOk());
  request_.set_after_number(1);
  EXPECT_THAT(Build(), IsOk());
  request_.set_after_number(2);
  EXPECT_EQ(kernel::ReasonOf(Build().status()), "CURSOR_AHEAD");
  request_.set_after_number(UINT64_MAX);
  EXPECT_EQ(kernel::ReasonOf(Build().status()), "CURSOR_AHEAD");
}

TEST_F(PullTest, AnotherOriginIsNotServed) {
  request_.set_origin("un.example/ch8/logistics");
  EXPECT_THAT(Build(), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_EQ(kernel::ReasonOf(Build().status()), "UNKNOWN_ORIGIN");
}

TEST_F(PullTest, ANoteOfAnotherLogIsNotServed) {
  const TestLog other("un.example/ch8/logistics");
  EXPECT_THAT(Build(other.SignedNote()), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(Build("no note"), StatusIs(absl::StatusCode::kInvalidArgument));
}

}  // namespace
}  // namespace ch8::federation
