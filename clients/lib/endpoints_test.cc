#include "clients/lib/endpoints.h"

#include <gtest/gtest.h>

#include "services/trust/files.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::client {
namespace {

using ::ch8::testing::StatusIs;
using ::testing::HasSubstr;

constexpr char kJson[] =
    R"({"organization":"un","trust_domain":"un.example","officers":"127.0.0.1:4101",)"
    R"("federation":"127.0.0.1:4102","metrics":"127.0.0.1:4103","admin":"unix:/run/a",)"
    R"("later":{"more":1}})";

TEST(ParseEndpoints, ReadsWhatTheNodeWrites) {
  const auto endpoints = ParseEndpoints(kJson);
  ASSERT_TRUE(endpoints.ok()) << endpoints.status();
  EXPECT_EQ(endpoints->organization, "un");
  EXPECT_EQ(endpoints->trust_domain, "un.example");
  EXPECT_EQ(endpoints->officers, "127.0.0.1:4101");
  EXPECT_EQ(endpoints->admin, "unix:/run/a");
}

TEST(ParseEndpoints, RefusesWhatIsNone) {
  for (const char* json : {"", "[]", "{", "{\"officers\":1}", "{\"federation\":\"a:1\"}"}) {
    EXPECT_THAT(ParseEndpoints(json), StatusIs(absl::StatusCode::kInvalidArgument)) << json;
  }
}

TEST(FindEndpoints, TakesAnAddressOrAFile) {
  EXPECT_EQ(FindEndpoints("node.un.example:4101")->officers, "node.un.example:4101");
  EXPECT_EQ(FindEndpoints("[::1]:4101")->officers, "[::1]:4101");
  ch8::testing::TempDir dir;
  const std::string path = dir / "endpoints.json";
  EXPECT_THAT(FindEndpoints(path),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("has not started")));
  ASSERT_TRUE(trust::WriteFileAtomically(path, kJson, trust::kPublicMode).ok());
  EXPECT_EQ(FindEndpoints(path)->officers, "127.0.0.1:4101");
}

}  // namespace
}  // namespace ch8::client
