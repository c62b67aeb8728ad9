// What callers write: names, pages, request bytes; and the clock they meet.
#include <gmock/gmock.h>

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "services/kernel/entry_form.h"
#include "services/kernel/ledger_time.h"
#include "services/kernel/machine.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "tests/support/status_matchers.h"

namespace ch8::kernel {
namespace {

using ch8::testing::IsOk;
using ch8::testing::StatusIs;
using chapter8::directory::v1::CreatePostRequest;

TEST(Names, ResourceIdsAreShortAndPlain) {
  for (const std::string& good : {std::string("a"), std::string("un"), std::string("aussom-trust"),
                                  std::string("2719"), std::string("-"), std::string(63, 'a')}) {
    EXPECT_TRUE(IsResourceId(good)) << good;
  }
  for (const std::string& bad :
       {std::string(), std::string(64, 'a'), std::string("A"), std::string("a_b"),
        std::string("../x"), std::string("a/b"), std::string("a\nb"), std::string("a\0b", 3),
        std::string("é"), std::string(" a"), std::string("a ")}) {
    EXPECT_FALSE(IsResourceId(bad)) << bad;
  }
  EXPECT_TRUE(IsSpokenId("REQ-AU-26-0041"));
  EXPECT_FALSE(IsSpokenId("Req-1"));
  EXPECT_EQ(IdOf("organizations/un/funds/x"), "x");
  EXPECT_EQ(IdOf("x"), "x");
  EXPECT_EQ(IdOf("x/"), "");
}

TEST(Names, HaveTheFormOfTheirPattern) {
  constexpr absl::string_view kPattern = "organizations/*/funds/*";
  const auto check = [&](absl::string_view name) { return CheckName(name, kPattern, "fund"); };
  EXPECT_THAT(check("organizations/un/funds/a-1"), IsOk());
  EXPECT_THAT(check("organizations/un/funds/FUND-1"), IsOk());
  for (const absl::string_view bad :
       {"", "organizations", "organizations/un/funds", "organizations/un/funds/",
        "organizations//funds/x", "organizations/un/funds/x/", "/organizations/un/funds/x",
        "organizations/un/pots/x", "organizations/un/funds/../x", "organizations/un/funds/*",
        "organizations/un/funds/aB"}) {
    const absl::Status status = check(bad);
    EXPECT_THAT(status, StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
    EXPECT_EQ(ReasonOf(status), "BAD_NAME");
    EXPECT_EQ(ErrorInfoOf(status).metadata().at("field"), "fund");
  }
  const absl::Status status = check("organizations/un/funds/<script>");
  EXPECT_EQ(status.message().find("script"), absl::string_view::npos) << "values are not echoed";
}

TEST(Paging, ClampsSizesAndReadsOnlyItsOwnTokens) {
  EXPECT_EQ(*PageSize(0), kPageSizeDefault);
  EXPECT_EQ(*PageSize(1), 1);
  EXPECT_EQ(*PageSize(1'000'000), kPageSizeMax);
  EXPECT_EQ(ReasonOf(PageSize(-1).status()), "BAD_PAGE_SIZE");
  for (const std::string& name :
       {std::string("posts/x"), std::string(), std::string("\xff\0", 2)}) {
    EXPECT_EQ(*LastNameOf(PageToken(name)), name);
  }
  EXPECT_EQ(ReasonOf(LastNameOf("not base64!").status()), "BAD_PAGE_TOKEN");
}

struct ParseCase {
  std::string name;
  std::string bytes;
  std::string want_reason;  // Empty when the request is taken.
};

TEST(ParseStrict, TakesOnlyWhatThisReleaseKnows) {
  CreatePostRequest plain;
  plain.set_post_id("supply");
  plain.mutable_resource()->set_title("Chief Supply, Ségou");
  const std::string good = plain.SerializeAsString();
  const std::string unknown = {'\xba', '\x3e', '\x01', 'x'};  // Field 999, bytes.
  CreatePostRequest nested = plain;
  nested.mutable_resource()
      ->GetReflection()
      ->MutableUnknownFields(nested.mutable_resource())
      ->AddVarint(999, 1);
  CreatePostRequest deeper = plain;
  auto* limit = deeper.mutable_resource()->mutable_approval_limit();
  limit->GetReflection()->MutableUnknownFields(limit)->AddFixed32(77, 1);
  const std::vector<ParseCase> cases = {
      {"Plain", good, ""},
      {"Empty", "", ""},
      {"Truncated", good.substr(0, good.size() - 1), "MALFORMED_REQUEST"},
      {"Garbage", "\xff\xff\xff\xff", "MALFORMED_REQUEST"},
      {"BadUtf8", absl::StrCat("\x0a\x02", "\xc3\x28"), "MALFORMED_REQUEST"},
      {"BadUtf8Nested", absl::StrCat("\x12\x03\x12\x01", "\xff"), "MALFORMED_REQUEST"},
      {"Unknown", good + unknown, "UNKNOWN_FIELD"},
      {"UnknownNested", nested.SerializeAsString(), "UNKNOWN_FIELD"},
      {"UnknownDeeper", deeper.SerializeAsString(), "UNKNOWN_FIELD"},
      {"WrongWireType", absl::StrCat(good, "\x08\x01"), "UNKNOWN_FIELD"},
  };
  for (const ParseCase& c : cases) {
    SCOPED_TRACE(c.name);
    CreatePostRequest parsed;
    const absl::Status status = ParseStrict(c.bytes, parsed);
    EXPECT_EQ(ReasonOf(status), c.want_reason);
    EXPECT_EQ(status.code(),
              c.want_reason.empty() ? absl::StatusCode::kOk : absl::StatusCode::kInvalidArgument);
  }
}

TEST(Refusals, SurviveBeingKept) {
  const absl::Status refusal = Refuse({.code = absl::StatusCode::kFailedPrecondition,
                                       .domain = "toy.chapter8",
                                       .reason = "NO",
                                       .message = "no",
                                       .metadata = {{"rule", "F-1"}}});
  EXPECT_EQ(StatusFromBytes(StatusToBytes(refusal)), refusal);
  EXPECT_EQ(ErrorInfoOf(refusal).metadata().at("rule"), "F-1");
  EXPECT_EQ(ReasonOf(absl::NotFoundError("x")), "");
  EXPECT_EQ(StatusFromBytes(StatusToBytes(absl::NotFoundError("x"))), absl::NotFoundError("x"));
}

// 2 March 2026, and a machine that has been up for a day.
constexpr absl::Duration kUp = absl::Hours(24);
const absl::Time kStart = absl::FromUnixSeconds(1'772'409'600);

TEST(LedgerTime, FollowsTheClockInMicroseconds) {
  LedgerTime time(absl::UnixEpoch());
  EXPECT_EQ(*time.Next(kStart + absl::Nanoseconds(1'999), kUp), kStart + absl::Microseconds(1));
  EXPECT_EQ(*time.Next(kStart + absl::Seconds(5), kUp + absl::Seconds(5)),
            kStart + absl::Seconds(5));
}

TEST(LedgerTime, NeverGoesBack) {
  LedgerTime time(kStart + absl::Hours(1));
  EXPECT_EQ(*time.Next(kStart, kUp), kStart + absl::Hours(1)) << "below the last entry";
  EXPECT_EQ(*time.Next(kStart + absl::Hours(2), kUp + absl::Hours(2)), kStart + absl::Hours(2));
  EXPECT_EQ(*time.Next(kStart - absl::Hours(9), kUp + absl::Hours(3)), kStart + absl::Hours(2));
}

TEST(LedgerTime, RefusesAClockThatWasSetForward) {
  LedgerTime time(kStart);
  EXPECT_THAT(time.Next(kStart, kUp), IsOk());
  EXPECT_THAT(time.Next(kStart + LedgerTime::kStepMax, kUp), IsOk());
  const absl::Duration beyond = LedgerTime::kStepMax + absl::Microseconds(1);
  EXPECT_EQ(ReasonOf(time.Next(kStart + beyond, kUp).status()), "CLOCK_STEPPED");
  EXPECT_EQ(ReasonOf(time.Next(kStart + absl::Hours(9), kUp + absl::Hours(1)).status()),
            "CLOCK_STEPPED");
  EXPECT_THAT(time.Next(kStart + absl::Hours(1), kUp + absl::Hours(1)), IsOk()) << "set right";
}

TEST(LedgerTime, TakesSuspendedHoursAsPassed) {
  LedgerTime time(kStart);
  EXPECT_THAT(time.Next(kStart, kUp), IsOk());
  EXPECT_EQ(*time.Next(kStart + absl::Hours(900), kUp + absl::Hours(900)),
            kStart + absl::Hours(900));
}

}  // namespace
}  // namespace ch8::kernel
