#include <google/protobuf/descriptor.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "chapter8/federation/v1/deposit_service.pb.h"
#include "chapter8/federation/v1/federation_service.pb.h"
#include "chapter8/finance/v1/allotment_service.pb.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "chapter8/information/v1/erasure_service.pb.h"
#include "chapter8/information/v1/information_service.pb.h"
#include "chapter8/ledger/v1/administration_service.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "chapter8/logistics/v1/consignment_service.pb.h"
#include "chapter8/logistics/v1/offer_service.pb.h"
#include "chapter8/logistics/v1/stock_service.pb.h"
#include "chapter8/mandate/v1/mandate_service.pb.h"
#include "chapter8/mandate/v1/reference_service.pb.h"
#include "chapter8/training/v1/training_service.pb.h"
#include "chapter8/witness/v1/witness_service.pb.h"
#include "services/kernel/authority.h"
#include "services/rpc/test_node.h"
#include "tests/support/data.h"
#include "tests/support/temp_dir.h"

// Every rpc of the project, from the descriptors, tried by everybody who should not get through. An
// rpc that somebody adds is in here without a line changed; a service that somebody adds must be
// linked in, which the first test demands.
namespace ch8::rpc::testing {
namespace {

using chapter8::authz::v1::Rule;

// The definitions under proto/, as paths within it.
std::vector<std::string> ServiceFiles() {
  const std::filesystem::path root = std::filesystem::path(std::getenv("CH8_SOURCE_DIR")) / "proto";
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root / "chapter8")) {
    if (entry.path().extension() != ".proto") continue;
    const std::string text = ch8::testing::ReadFile(entry.path().string());
    if (absl::StrContains(text, "\nservice ")) {
      files.push_back(std::filesystem::relative(entry.path(), root).string());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

constexpr char kPostTransfers[] = "/chapter8.books.v1.TransferService/PostTransfers";
constexpr char kStreamTransfers[] = "/chapter8.books.v1.TransferService/StreamTransfers";

struct Rpc {
  std::string name;
  const google::protobuf::MethodDescriptor* descriptor = nullptr;
};

std::vector<Rpc> AllRpcs() {
  // Linked in by being named.
  chapter8::books::v1::GetBalanceRequest::descriptor();
  chapter8::directory::v1::WhoAmIRequest::descriptor();
  chapter8::federation::v1::GetDepositRequest::descriptor();
  chapter8::federation::v1::PullRequest::descriptor();
  chapter8::finance::v1::GetAllotmentRequest::descriptor();
  chapter8::finance::v1::GetFundRequest::descriptor();
  chapter8::information::v1::GetErasureRequest::descriptor();
  chapter8::information::v1::GetReportRequest::descriptor();
  chapter8::logistics::v1::GetConsignmentRequest::descriptor();
  chapter8::logistics::v1::GetItemRequest::descriptor();
  chapter8::logistics::v1::GetOfferRequest::descriptor();
  chapter8::mandate::v1::GetDecisionRequest::descriptor();
  chapter8::mandate::v1::GetReferenceRequest::descriptor();
  chapter8::training::v1::GetExerciseRequest::descriptor();
  chapter8::witness::v1::ListWitnessedHeadsRequest::descriptor();
  chapter8::ledger::v1::GetHeadRequest::descriptor();
  chapter8::ledger::v1::GetCheckpointRequest::descriptor();
  std::vector<Rpc> rpcs;
  for (const std::string& path : ServiceFiles()) {
    const auto* file = google::protobuf::DescriptorPool::generated_pool()->FindFileByName(path);
    EXPECT_NE(file, nullptr) << path << " is not linked into this test";
    if (file == nullptr) continue;
    for (int s = 0; s < file->service_count(); ++s) {
      for (int m = 0; m < file->service(s)->method_count(); ++m) {
        const auto* method = file->service(s)->method(m);
        rpcs.push_back(
            {absl::StrCat("/", method->service()->full_name(), "/", method->name()), method});
      }
    }
  }
  return rpcs;
}

bool IsFederation(const Rpc& rpc) { return absl::StartsWith(rpc.name, "/chapter8.federation.v1."); }

// A request that gets as far as the rule's last word: it names a hosted ledger if it must.
std::string RequestFor(const Rpc& rpc) {
  const std::unique_ptr<google::protobuf::Message> request(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(rpc.descriptor->input_type())
          ->New());
  const auto* origin = rpc.descriptor->input_type()->FindFieldByName("origin");
  if (origin != nullptr) {
    request->GetReflection()->SetString(request.get(), origin, "un.example/ch8/finance");
  }
  return request->SerializeAsString();
}

std::string OriginFor(const Rpc& rpc) {
  for (const std::string service :
       {"directory", "information", "logistics", "mandate", "training", "witness"}) {
    if (absl::StartsWith(rpc.name, absl::StrCat("/chapter8.", service, "."))) {
      return absl::StrCat("un.example/ch8/", service);
    }
  }
  return "un.example/ch8/finance";
}

class EnumerationTest : public ::testing::Test {
 protected:
  const ch8::testing::TempDir dir_;
  TestNode node_{dir_.path().string()};
};

TEST_F(EnumerationTest, EveryRpcHasARuleThatAdmitsSomebody) {
  const std::vector<Rpc> rpcs = AllRpcs();
  EXPECT_GE(rpcs.size(), 51u);
  for (const Rpc& rpc : rpcs) {
    const std::optional<Rule> rule = kernel::RuleOf(rpc.name);
    ASSERT_TRUE(rule.has_value()) << rpc.name;
    EXPECT_GT(rule->kinds_size(), 0) << rpc.name;
    for (const int kind : rule->kinds()) {
      EXPECT_NE(kind, chapter8::authz::v1::CALLER_KIND_UNSPECIFIED) << rpc.name;
    }
    const bool streams = rpc.descriptor->client_streaming() || rpc.descriptor->server_streaming();
    EXPECT_EQ(streams, rpc.name == kStreamTransfers) << rpc.name;
  }
}

TEST_F(EnumerationTest, TheOfficersServerHostsAllButTheFederation) {
  std::set<std::string> hosted;
  for (const MethodTable::Method* method : node_.methods().methods()) hosted.insert(method->name);
  std::set<std::string> expected;
  for (const Rpc& rpc : AllRpcs()) {
    if (!IsFederation(rpc)) expected.insert(rpc.name);
  }
  EXPECT_EQ(hosted, expected);
}

// Mutations that commit value or authority are signed: everything but bulk rows.
TEST_F(EnumerationTest, EveryMutationIsSignedButBulkRows) {
  for (const MethodTable::Method* method : node_.methods().methods()) {
    const bool mutation = method->effect == MethodTable::Effect::kMutation;
    if (method->executes == kPostTransfers) {
      EXPECT_TRUE(mutation && !method->rule.signed_act());
    } else {
      EXPECT_EQ(method->rule.signed_act(), mutation) << method->name;
    }
    if (mutation) {
      EXPECT_GT(method->rule.roles_size(), 0) << method->name;
    }
  }
}

TEST_F(EnumerationTest, NobodyWithoutAGoodCertificateReachesAnyRpc) {
  const auto no_certificate = node_.WithoutCertificate();
  const auto forged = node_.Forged();
  const auto plaintext = node_.Plaintext();
  for (const Rpc& rpc : AllRpcs()) {
    const CallOptions options{.request = RequestFor(rpc)};
    EXPECT_EQ(Call(no_certificate, rpc.name, options).status.error_code(), grpc::UNAVAILABLE)
        << rpc.name << ": the handshake must fail";
    EXPECT_EQ(Call(forged, rpc.name, options).status.error_code(), grpc::UNAVAILABLE)
        << rpc.name << ": the handshake must fail";
    const Reply nobody = Call(plaintext, rpc.name, options);
    EXPECT_EQ(nobody.status.error_code(), grpc::UNAUTHENTICATED) << rpc.name;
    EXPECT_EQ(nobody.info.reason(), "NO_IDENTITY");
  }
  EXPECT_TRUE(node_.finance().commands().empty() && node_.directory().commands().empty());
}

// One identity against every rpc.
struct Expectation {
  grpc::StatusCode code;
  std::string reason;
};
// Of a caller whose identity is good: what is not hosted is not there, whoever asks.
Expectation Denied(const Rpc& rpc, const std::string& reason) {
  if (IsFederation(rpc)) return {grpc::UNIMPLEMENTED, "NO_SUCH_METHOD"};
  return {grpc::PERMISSION_DENIED, reason};
}
void TryEveryRpc(TestNode& node, const std::string& spiffe_id,
                 const std::function<Expectation(const Rpc& rpc, const Rule& rule)>& expect) {
  const auto channel = node.As(spiffe_id);
  const SigningKey key = SigningKey::Generate();
  for (const Rpc& rpc : AllRpcs()) {
    CallOptions options{.request = RequestFor(rpc)};
    options.acts = {
        ActFor(key, OriginFor(rpc), rpc.name, options.request, absl::Now() + absl::Minutes(5))};
    if (rpc.name == kStreamTransfers) options.acts.clear();  // It takes none.
    const Reply reply = Call(channel, rpc.name, options);
    const Expectation want = expect(rpc, *kernel::RuleOf(rpc.name));
    EXPECT_EQ(reply.status.error_code(), want.code)
        << spiffe_id << " " << rpc.name << " " << reply.status.error_message();
    EXPECT_EQ(reply.info.reason(), want.reason) << spiffe_id << " " << rpc.name;
  }
}

bool Admits(const Rule& rule, chapter8::authz::v1::CallerKind kind) {
  return std::find(rule.kinds().begin(), rule.kinds().end(), kind) != rule.kinds().end();
}

constexpr auto kWrongKind = "WRONG_CALLER_KIND";

TEST_F(EnumerationTest, AnOfficerOfAnotherOrganizationIsDeniedEverywhere) {
  TryEveryRpc(node_, "spiffe://au.example/officer/okoye",
              [](const Rpc& rpc, const Rule&) { return Denied(rpc, kWrongKind); });
  EXPECT_TRUE(node_.finance().commands().empty() && node_.directory().commands().empty());
}

TEST_F(EnumerationTest, AnUnknownOfficerOfOursIsDeniedByTheKernelEverywhere) {
  TryEveryRpc(node_, "spiffe://un.example/officer/stranger", [](const Rpc& rpc, const Rule& rule) {
    const bool reaches = Admits(rule, chapter8::authz::v1::OFFICER);
    return Denied(rpc, reaches ? "UNKNOWN_OFFICER" : kWrongKind);
  });
}

TEST_F(EnumerationTest, APeersNodeIsDeniedWhereTheRuleIsNotForPeers) {
  TryEveryRpc(node_, "spiffe://au.example/node/1", [](const Rpc& rpc, const Rule& rule) {
    const bool reaches = Admits(rule, chapter8::authz::v1::PEER);
    return Denied(rpc, reaches ? "UNKNOWN_OFFICER" : kWrongKind);
  });
}

TEST_F(EnumerationTest, OurOwnNodeIsDeniedWhereTheRuleIsNotForNodes) {
  TryEveryRpc(node_, "spiffe://un.example/node/1", [](const Rpc& rpc, const Rule& rule) {
    const bool reaches = Admits(rule, chapter8::authz::v1::OWN_NODE);
    return Denied(rpc, reaches ? "UNKNOWN_OFFICER" : kWrongKind);
  });
}

TEST_F(EnumerationTest, AnOrganizationThatIsNoLongerPinnedIsDeniedOnLiveConnections) {
  TryEveryRpc(node_, "spiffe://old.example/node/1", [](const Rpc&, const Rule&) {
    return Expectation{grpc::PERMISSION_DENIED, "ORGANIZATION_NOT_PINNED"};
  });
}

}  // namespace
}  // namespace ch8::rpc::testing
