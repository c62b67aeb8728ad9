#include "services/federation/core/facts.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>

#include "services/federation/core/peer_log.h"
#include "services/kernel/refusal.h"
#include "tests/support/status_matchers.h"

namespace ch8::federation {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;

const absl::Time kNow = absl::FromUnixSeconds(1'772'442'720);

// Rows that know of peers.
class PeerRows final : public kernel::RowReader {
 public:
  void Heard(const std::string& origin, absl::Duration ago) {
    chapter8::federation::v1::PeerState state;
    state.set_origin(origin);
    state.set_verified_size(7);
    state.set_verified_at_us(absl::ToUnixMicros(kNow - ago));
    Put(origin, state.SerializeAsString());
  }
  void Put(const std::string& origin, const std::string& bytes) {
    rows_[PeerStateKey(origin)] = bytes;
  }

  std::optional<std::string> Get(Table, absl::string_view key) const override {
    const auto row = rows_.find(std::string(key));
    return row == rows_.end() ? std::nullopt : std::optional<std::string>(row->second);
  }
  void Scan(Table, absl::string_view, absl::string_view, const Visitor&) const override {}
  const absl::Status& status() const override { return status_; }

 private:
  std::map<std::string, std::string> rows_;
  const absl::Status status_;
};

class FactsTest : public ::testing::Test {
 protected:
  void Heard(const std::string& origin, absl::Duration ago) { rows_.Heard(origin, ago); }
  absl::Status Check() const {
    return CheckFactsAge(rows_, "un.example/ch8/finance", kNow, absl::Minutes(60));
  }

  PeerRows rows_;
};

TEST_F(FactsTest, ThoseNeverHeardFromAreNotWaitedFor) { EXPECT_THAT(Check(), IsOk()); }

TEST_F(FactsTest, EachOfTheTwoMustHaveBeenHeardFromLately) {
  Heard("un.example/ch8/directory", absl::Minutes(60));
  EXPECT_THAT(Check(), IsOk());
  Heard("un.example/ch8/mandate", absl::Minutes(61));
  const absl::Status stale = Check();
  EXPECT_THAT(stale, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(kernel::ReasonOf(stale), "FACTS_STALE");
  EXPECT_EQ(kernel::ErrorInfoOf(stale).metadata().at("origin"), "un.example/ch8/mandate");
  EXPECT_EQ(kernel::ErrorInfoOf(stale).metadata().at("age"), "1h1m");
  EXPECT_EQ(kernel::ErrorInfoOf(stale).metadata().at("instead"), "ch8 ledger peers finance");
  Heard("un.example/ch8/mandate", absl::Minutes(1));
  EXPECT_THAT(Check(), IsOk());
  Heard("un.example/ch8/directory", absl::Hours(30));
  EXPECT_EQ(kernel::ErrorInfoOf(Check()).metadata().at("origin"), "un.example/ch8/directory");
}

TEST_F(FactsTest, OtherLedgersAndOtherOrganizationsMayBeSilent) {
  Heard("un.example/ch8/directory", absl::ZeroDuration());
  Heard("un.example/ch8/finance", absl::Hours(1'000));
  Heard("au.example/ch8/directory", absl::Hours(1'000));
  EXPECT_THAT(Check(), IsOk());
}

TEST_F(FactsTest, AClockSetBackMakesNothingStale) {
  Heard("un.example/ch8/directory", -absl::Hours(5));
  EXPECT_THAT(Check(), IsOk());
}

TEST_F(FactsTest, ARowThatDoesNotParseStopsEverything) {
  rows_.Put("un.example/ch8/directory", "\xff");
  EXPECT_THAT(Check(), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace ch8::federation
