#include "services/rpc/call_log.h"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace ch8::rpc {
namespace {

google::protobuf::Struct ParseJson(const std::string& line) {
  google::protobuf::Struct object;
  const auto parsed = google::protobuf::util::JsonStringToMessage(line, &object);
  EXPECT_TRUE(parsed.ok()) << parsed.ToString() << "\n" << line;
  return object;
}

const absl::Time kNoon = absl::FromUnixMicros(1'772'452'800'000'000);  // 2026-03-02T12:00:00Z

TEST(CallLogTest, ALineIsOneJsonObject) {
  const CallRecord record{.method = "/chapter8.finance.v1.FundService/CreateFund",
                          .is_known = true,
                          .caller = "spiffe://un.example/officer/okoye",
                          .code = absl::StatusCode::kPermissionDenied,
                          .reason = "NO_ROLE",
                          .took = absl::Microseconds(1234),
                          .receipt_index = 7};
  EXPECT_EQ(FormatCallLine(record, kNoon, 0),
            "{\"time\":\"2026-03-02T12:00:00.000000Z\",\"event\":\"call\","
            "\"method\":\"/chapter8.finance.v1.FundService/CreateFund\","
            "\"caller\":\"spiffe://un.example/officer/okoye\",\"code\":\"PERMISSION_DENIED\","
            "\"reason\":\"NO_ROLE\",\"duration_us\":1234,\"receipt_index\":7}");
}

TEST(CallLogTest, WhatCallersMakeUpStaysInsideItsString) {
  const CallRecord record{
      .method = "/a\"b\\c\nd\x7f\xff" + std::string(1000, 'x') + "{\"event\":\"forged\"}",
      .is_known = false,
      .caller = "",
      .code = absl::StatusCode::kUnimplemented,
      .reason = "NO_SUCH_METHOD",
      .took = absl::ZeroDuration(),
      .receipt_index = std::nullopt};
  const std::string line = FormatCallLine(record, kNoon, 3);
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_LT(line.size(), 500u);
  const google::protobuf::Struct object = ParseJson(line);
  EXPECT_EQ(object.fields().at("event").string_value(), "call");
  EXPECT_EQ(object.fields().at("not_logged").number_value(), 3);
  EXPECT_EQ(object.fields().at("method").string_value().substr(0, 7), "/a\"b\\c\n");
}

TEST(CallLogTest, UnderLoadItWritesABudgetAndSaysWhatItLeftOut) {
  std::vector<std::string> lines;
  absl::Time now = kNoon;
  CallLog log({.write = [&](std::string line) { lines.push_back(std::move(line)); },
               .now = [&] { return now; },
               .lines_per_second_max = 2});
  CallRecord good;
  CallRecord refused;
  refused.code = absl::StatusCode::kUnavailable;
  for (int i = 0; i < 10; ++i) log.Record(good);
  EXPECT_EQ(lines.size(), 2u);
  log.Record(refused);
  EXPECT_EQ(lines.size(), 3u) << "refusals have a budget of their own";
  now += absl::Seconds(1);
  log.Record(good);
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(ParseJson(lines.back()).fields().at("not_logged").number_value(), 8);
  EXPECT_EQ(lines.back().back(), '\n');
}

}  // namespace
}  // namespace ch8::rpc
