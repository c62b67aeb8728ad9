#include "services/node/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <string>

#include "services/node/metrics_server.h"
#include "tests/support/status_matchers.h"

namespace ch8::node {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(MetricsTest, AFamilyIsWrittenInTheExpositionFormat) {
  std::string out;
  RenderFamily({.name = "ch8_test_total",
                .help = "What is counted.",
                .type = MetricFamily::Type::kCounter,
                .samples = {{{{"a", "x\"y\\z\n"}, {"b", "2"}}, 3}, {{}, 0.5}}},
               out);
  EXPECT_EQ(out,
            "# HELP ch8_test_total What is counted.\n"
            "# TYPE ch8_test_total counter\n"
            "ch8_test_total{a=\"x\\\"y\\\\z\\n\",b=\"2\"} 3\n"
            "ch8_test_total 0.5\n");
}

TEST(MetricsTest, CallersCannotMakeTheListOfMethodsOrReasonsGrow) {
  const absl::StatusOr<rpc::MethodTable> methods = rpc::MethodTable::Create({});
  ASSERT_THAT(methods, IsOk());
  CallCounters counters(*methods);
  rpc::CallRecord record;
  record.method = "/chapter8.ledger.v1.AdministrationService/GetHead";
  record.is_known = true;
  record.took = absl::Milliseconds(1500);
  counters.Record(record);
  for (int i = 0; i < 100; ++i) {
    record.method = "/made.up/" + std::to_string(i);
    record.is_known = false;
    record.code = absl::StatusCode::kPermissionDenied;
    record.reason = "REASON_" + std::to_string(i);
    counters.Record(record);
  }
  std::string out;
  counters.Render(out);
  EXPECT_THAT(out, HasSubstr("ch8_calls_total{method=\"/chapter8.ledger.v1.AdministrationService/"
                             "GetHead\",code=\"OK\"} 1\n"));
  EXPECT_THAT(out, HasSubstr("ch8_call_seconds_total{method=\"/chapter8.ledger.v1."
                             "AdministrationService/GetHead\"} 1.5\n"));
  EXPECT_THAT(out, HasSubstr("{method=\"other\",code=\"PERMISSION_DENIED\"} 100\n"));
  EXPECT_THAT(out, Not(HasSubstr("made.up")));
  EXPECT_THAT(out, HasSubstr("ch8_denials_total{reason=\"OTHER\"} 36\n"));
}

TEST(MetricsTest, TheServerAnswersOneQuestionOnLoopback) {
  const absl::StatusOr<std::unique_ptr<MetricsServer>> server =
      MetricsServer::Start("127.0.0.1:0", [] { return std::string("ch8_up 1\n"); });
  ASSERT_THAT(server, IsOk());
  httplib::Client client("http://" + (*server)->target());
  const httplib::Result metrics = client.Get("/metrics");
  ASSERT_TRUE(metrics);
  EXPECT_EQ(metrics->status, 200);
  EXPECT_EQ(metrics->body, "ch8_up 1\n");
  EXPECT_EQ(metrics->get_header_value("Content-Type"), "text/plain; version=0.0.4");
  EXPECT_EQ(client.Get("/")->status, 404);
  EXPECT_EQ(client.Post("/metrics")->status, 404);
  EXPECT_THAT(MetricsServer::Start((*server)->target(), [] { return std::string(); }),
              StatusIs(absl::StatusCode::kUnavailable));
}

}  // namespace
}  // namespace ch8::node
