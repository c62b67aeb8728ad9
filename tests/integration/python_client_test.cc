// A client that shares nothing with us but the proto files: python_client.py, its stubs made by
// plain protoc.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "tests/support/node_two.h"
#include "tests/support/node_wait.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::testing {
namespace {

using chapter8::finance::v1::FundingRequest;
using chapter8::finance::v1::GetRequestRequest;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

TEST(PythonClientTest, MakesARequestAndReadsABalanceOverMutualTls) {
  TwoNodes nodes;
  // One request of ours first: from then on both organizations' pins are known everywhere.
  nodes.MakeRequest(100);
  const TempDir work;
  const std::string source = getenv("CH8_SOURCE_DIR");
  const std::string stubs = work / "stubs";
  const std::string output = work / "output";
  const std::string make_stubs = absl::StrCat(
      "mkdir ", stubs, " && cd ", source, "/proto && find chapter8 -name '*.proto' -exec protoc ",
      "--proto_path=. --python_out=", stubs, " {} +");
  ASSERT_EQ(system(make_stubs.c_str()), 0);
  const std::string run =
      absl::StrCat("/usr/bin/python3 -B ", source, "/tests/integration/python_client.py ", stubs,
                   " ", nodes.au().FilesOf("support").folder, " ", nodes.au().endpoints().officers,
                   " ", nodes.au().domain(), " ", kBudgetLine, " >", output, " 2>&1");
  ASSERT_EQ(system(run.c_str()), 0) << ReadFile(output);

  std::istringstream said(ReadFile(output));
  std::string request;
  int64_t amount = 0;
  int64_t received = -1;
  said >> request >> amount >> received;
  EXPECT_EQ(amount, 12'345'600);
  EXPECT_EQ(received, 0);
  GetRequestRequest get;
  get.set_name(request);
  EXPECT_TRUE(WaitUntil([&] {
    return nodes.un()
        .As("auditor")
        .Call<FundingRequest>("finance.v1.RequestService.GetRequest", get)
        .ok();
  })) << "the request does not reach the UN: "
      << ReadFile(output);
}

}  // namespace
}  // namespace ch8::testing
