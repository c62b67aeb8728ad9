#include "clients/lib/grpc_transport.h"

#include <gmock/gmock.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "chapter8/finance/v1/finance_service.grpc.pb.h"
#include "clients/lib/client.h"
#include "clients/lib/status_details.h"
#include "google/rpc/status.pb.h"
#include "services/trust/act.h"
#include "services/trust/files.h"
#include "services/trust/organization_home.h"
#include "services/trust/tls.h"
#include "services/trust/trust_bundles.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::client {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using ::chapter8::finance::v1::GetOfferRequest;
using ::chapter8::finance::v1::MakeOfferRequest;
using ::chapter8::finance::v1::Offer;

// Answers as a node's finance service would, receipt and refusal included.
class OfferHandler final : public chapter8::finance::v1::OfferService::Service {
 public:
  grpc::Status GetOffer(grpc::ServerContext*, const GetOfferRequest* request,
                        Offer* offer) override {
    offer->set_name(request->name());
    return grpc::Status::OK;
  }

  grpc::Status MakeOffer(grpc::ServerContext* context, const MakeOfferRequest* request,
                         Offer* offer) override {
    const auto act = context->client_metadata().find(trust::kActMetadataKey);
    if (act != context->client_metadata().end()) {
      act_.assign(act->second.data(), act->second.size());
    }
    if (request->resource().request().empty()) return Refusal();
    chapter8::ledger::v1::Receipt receipt;
    receipt.set_origin("un.example/ch8/finance");
    receipt.set_index(7);
    context->AddTrailingMetadata("ch8-receipt-bin", receipt.SerializeAsString());
    *offer = request->resource();
    return grpc::Status::OK;
  }

  const std::string& act() const { return act_; }

 private:
  static grpc::Status Refusal() {
    google::rpc::ErrorInfo info;
    info.set_reason("UNKNOWN_REQUEST");
    google::rpc::Status details;
    details.add_details()->PackFrom(info);
    return grpc::Status(grpc::StatusCode::NOT_FOUND, "no such request",
                        details.SerializeAsString());
  }

  std::string act_;
};

// A node of un.example on mutual TLS, with the files that `ch8 org init` writes.
class GrpcTransportTest : public ::testing::Test {
 protected:
  void SetUp() override {
    InitHome("un");
    InitHome("au");
    auto bundles = trust::TrustBundles::Create();
    ASSERT_THAT(bundles, IsOk());
    for (const char* organization : {"un", "au"}) {
      ASSERT_THAT((*bundles)->Set(absl::StrCat(organization, ".example"),
                                  *trust::ReadSmallFile(Home(organization) + "/node/ca.pem")),
                  IsOk());
    }
    auto credentials =
        trust::MakeServerCredentials({.certificate_path = Home("un") + "/node/node.pem",
                                      .key_path = Home("un") + "/node/node.key",
                                      .bundles = *bundles});
    ASSERT_THAT(credentials, IsOk());
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", *credentials, &port_);
    builder.RegisterService(&handler_);
    server_ = builder.BuildAndStart();
    ASSERT_NE(server_, nullptr);
  }

  void TearDown() override {
    if (server_ != nullptr) server_->Shutdown();
  }

  std::string Home(const std::string& organization) { return dir_ / organization; }

  void InitHome(const std::string& organization) {
    trust::OrganizationHomeOptions options;
    options.directory = Home(organization);
    options.organization = organization;
    options.trust_domain = organization + ".example";
    options.display_name = organization;
    options.administrators = {{.officer = "a", .person = 1}, {.officer = "b", .person = 2}};
    options.now = absl::Now();
    ASSERT_THAT(trust::InitOrganizationHome(options), IsOk());
  }

  // An officer of `organization` who expects a node of `expected`.
  std::unique_ptr<Transport> Connect(const std::string& organization, const std::string& expected) {
    const std::string officer = Home(organization) + "/officers/a";
    auto channel = OpenChannel({.target = absl::StrCat("127.0.0.1:", port_),
                                .trust_domain = expected + ".example",
                                .certificate_path = officer + "/tls.pem",
                                .key_path = officer + "/tls.key",
                                .ca_path = Home(expected) + "/node/ca.pem"});
    EXPECT_THAT(channel, IsOk());
    return MakeGrpcTransport(*std::move(channel));
  }

  Client MakeClient(Transport& transport) {
    return Client(transport, RetryWorld{.clock = clock_, .sleep = [](absl::Duration) {}},
                  ClientOptions{.trust_domain = "un.example", .act_key = key_});
  }

  ch8::testing::TempDir dir_;
  const SystemClock clock_;
  const SigningKey key_ = SigningKey::Generate();
  OfferHandler handler_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(GrpcTransportTest, CarriesBytesActAndReceipt) {
  const auto transport = Connect("un", "un");
  Client client = MakeClient(*transport);
  MakeOfferRequest request;
  request.mutable_resource()->set_request("requests/REQ-AU-26-0041");
  Offer offer;
  CallReport report;
  ASSERT_THAT(client.Call(FindMethod("chapter8.finance.v1.OfferService.MakeOffer"), request, offer,
                          &report),
              IsOk());
  EXPECT_EQ(offer.request(), "requests/REQ-AU-26-0041");
  ASSERT_TRUE(report.receipt.has_value());
  EXPECT_EQ(report.receipt->index(), 7u);
  const auto act = trust::DecodeSignedAct(handler_.act());
  ASSERT_THAT(act, IsOk());
  EXPECT_EQ(act->public_key, key_.public_key());
}

TEST_F(GrpcTransportTest, CarriesRefusalsWithTheirReason) {
  const auto transport = Connect("un", "un");
  Client client = MakeClient(*transport);
  Offer offer;
  const absl::Status status = client.Call(FindMethod("chapter8.finance.v1.OfferService.MakeOffer"),
                                          MakeOfferRequest(), offer);
  EXPECT_THAT(status, StatusIs(absl::StatusCode::kNotFound, "no such request"));
  EXPECT_EQ(ErrorInfoOf(status).reason(), "UNKNOWN_REQUEST");
}

TEST_F(GrpcTransportTest, DoesNotTalkToAnotherOrganizationsNode) {
  const auto transport = Connect("au", "au");
  const WireReply reply = transport->Send({.method = "/chapter8.finance.v1.OfferService/GetOffer",
                                           .request = "",
                                           .act = "",
                                           .deadline = absl::Now() + absl::Seconds(10)});
  EXPECT_THAT(reply.status, StatusIs(absl::StatusCode::kUnavailable));
}

TEST_F(GrpcTransportTest, SaysUnavailableWhenNobodyListens) {
  server_->Shutdown();
  const auto transport = Connect("un", "un");
  Client client = MakeClient(*transport);
  Offer offer;
  CallReport report;
  EXPECT_THAT(client.Call(FindMethod("chapter8.finance.v1.OfferService.GetOffer"),
                          GetOfferRequest(), offer, &report),
              StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_TRUE(report.outcome_unknown);
  EXPECT_EQ(report.attempts, 1);
}

}  // namespace
}  // namespace ch8::client
