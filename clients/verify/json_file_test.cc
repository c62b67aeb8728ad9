#include "clients/verify/json_file.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_replace.h"
#include "chapter8/ledger/v1/seal.pb.h"
#include "tests/support/status_matchers.h"

namespace ch8::verify {
namespace {

using chapter8::ledger::v1::SealRows;
using ::testing::HasSubstr;
using testing::IsOk;
using testing::StatusIs;

constexpr char kRows[] = R"({
 "index": "399",
 "rows": [
  {
   "row": {
    "scope": "accounts/7",
    "unit": "USD",
    "entries": "2",
    "gross_debits": "5",
    "gross_credits": "0",
    "last_leaf_hash": "AAE="
   },
   "index": "6",
   "salt": "",
   "hashes": [
    "AgM="
   ]
  }
 ],
 "secret": ""
}
)";

absl::Status Parse(const std::string& text) {
  SealRows rows;
  return ParseJsonFile(text, rows);
}

TEST(JsonFile, ReadsWhatIsWrittenInTheOneWay) {
  SealRows rows;
  ASSERT_THAT(ParseJsonFile(kRows, rows), IsOk());
  EXPECT_EQ(rows.index(), 399U);
  EXPECT_EQ(rows.rows(0).row().scope(), "accounts/7");
  EXPECT_EQ(rows.rows(0).hashes(0), std::string("\x02\x03"));
}

TEST(JsonFile, RefusesTheSameInAnotherWay) {
  const std::string text = kRows;
  for (const std::string& other : {
           text.substr(0, text.size() - 1),                        // Cut short by its last byte.
           text + "\n",                                            // And one more.
           absl::StrReplaceAll(text, {{"\n ", "\n\t"}}),           // Other spaces,
           absl::StrReplaceAll(text, {{"\n", ""}}),                // or none.
           absl::StrReplaceAll(text, {{"\"399\"", "399"}}),        // A number as a number,
           absl::StrReplaceAll(text, {{"\"399\"", "\"399.0\""}}),  // or as a fraction.
           absl::StrReplaceAll(text, {{"AAE=", "AAE"}}),           // Base64 without its filling.
           absl::StrReplaceAll(text, {{"last_leaf_hash", "lastLeafHash"}}),
           absl::StrReplaceAll(text, {{",\n \"secret\": \"\"", ""}}),  // A field left out,
           absl::StrReplaceAll(text, {{" \"secret\"", " \"secret\": \"AA==\",\n \"secret\""}}),
           absl::StrReplaceAll(text, {{"    \"scope\": \"accounts/7\",\n    \"unit\": \"USD\",",
                                       "    \"unit\": \"USD\",\n    \"scope\": \"accounts/7\","}}),
       }) {
    ASSERT_NE(other, text);
    EXPECT_THAT(Parse(other), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("JSON")))
        << other;
  }
}

TEST(JsonFile, RefusesWhatIsNoJson) {
  for (const char* text : {"", "\n", "{", "[]\n", "null\n", "{\"index\": }\n"}) {
    EXPECT_THAT(Parse(text), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("JSON")))
        << text;
  }
}

}  // namespace
}  // namespace ch8::verify
