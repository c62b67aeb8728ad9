#include "storage/merkle/text_fields.h"

#include <gtest/gtest.h>

#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using testing::IsOk;
using testing::StatusIs;

TEST(DecodeBase64Test, TakesOneSpellingOnly) {
  EXPECT_EQ(DecodeBase64(""), "");
  EXPECT_EQ(DecodeBase64("AA=="), std::string(1, '\0'));
  EXPECT_EQ(DecodeBase64("+/+/"), "\xFB\xFF\xBF");
  for (const char* bad : {"AA", "AA=", "AB==", "AA==\n", " AA==", "AA== ", "A A==", "-_-_", "A",
                          "AAAA====", "AA==AA==", "AA..", "====", "\xC3\xA9=="}) {
    EXPECT_EQ(DecodeBase64(bad), std::nullopt) << bad;
  }
}

TEST(DecodeBase64Test, HashesAreThirtyTwoBytes) {
  const Hash hash = Sha256("abc");
  EXPECT_EQ(DecodeBase64Hash(EncodeBase64(hash)).value(), hash);
  EXPECT_THAT(DecodeBase64Hash("AA=="), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(DecodeBase64Hash(""), StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(ParseDecimalTest, TakesOneSpellingOnly) {
  EXPECT_EQ(ParseDecimal("0").value(), 0u);
  EXPECT_EQ(ParseDecimal("9223372036854775807").value(), kTextNumberMax);
  for (const char* bad : {"", "00", "01", "+1", "-1", " 1", "1 ", "1\n", "0x1", "1e3", "１",
                          "9223372036854775808", "18446744073709551616"}) {
    EXPECT_THAT(ParseDecimal(bad), StatusIs(absl::StatusCode::kInvalidArgument)) << bad;
  }
}

TEST(TakeLineTest, LeavesWhatHasNoNewline) {
  absl::string_view rest = "one\n\ntwo";
  EXPECT_EQ(TakeLine(rest), "one");
  EXPECT_EQ(TakeLine(rest), "");
  EXPECT_EQ(TakeLine(rest), std::nullopt);
  EXPECT_EQ(rest, "two");
}

TEST(DecodeUtf8Test, TakesScalarValuesInTheirShortestForm) {
  EXPECT_EQ(DecodeUtf8("a\xC3\xA9\xE2\x80\x94\xF0\x9F\x95\x8A"), U"aé—🕊");
  EXPECT_EQ(DecodeUtf8("\xF4\x8F\xBF\xBF"), U"\U0010FFFF");
  for (const char* bad :
       {"\x80", "\xC3", "\xC3z", "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xED\xA0\x80",
        "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80", "\xFF"}) {
    EXPECT_EQ(DecodeUtf8(bad), std::nullopt);
  }
}

}  // namespace
}  // namespace ch8
