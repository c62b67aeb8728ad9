// Real nodes and their witnesses: what one organization cosigns of another, and what comes of it.
#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>

#include <chrono>

#include "chapter8/federation/v1/federation_service.grpc.pb.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "chapter8/witness/v1/witness_service.pb.h"
#include "clients/lib/client.h"
#include "services/trust/files.h"
#include "services/trust/key_file.h"
#include "services/trust/tls.h"
#include "services/trust/trust_bundles.h"
#include "services/trust/witness_rekey.h"
#include "storage/merkle/checkpoint.h"
#include "tests/support/node_two.h"
#include "tests/support/node_wait.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {
namespace {

using chapter8::federation::v1::AddCheckpointRequest;
using chapter8::federation::v1::AddCheckpointResponse;
using chapter8::federation::v1::FederationService;
using chapter8::finance::v1::CreateOperationRequest;
using chapter8::finance::v1::Offer;
using chapter8::finance::v1::Operation;
using chapter8::ledger::v1::ListCosignaturesRequest;
using chapter8::ledger::v1::ListCosignaturesResponse;
using chapter8::ledger::v1::ListEvidenceRequest;
using chapter8::ledger::v1::ListEvidenceResponse;
using chapter8::ledger::v1::ListPeersRequest;
using chapter8::ledger::v1::ListPeersResponse;
using chapter8::ledger::v1::Peer;
using chapter8::witness::v1::ListWitnessedHeadsRequest;
using chapter8::witness::v1::ListWitnessedHeadsResponse;
using chapter8::witness::v1::WitnessedHead;
using ::testing::HasSubstr;

constexpr int64_t kReceived = 100'000'000;
constexpr int64_t kAmount = 1'000'000;

// One call of the federation port of `to`, as the node of `from`.
grpc::Status AddCheckpoint(const OrganizationNode& from, const OrganizationNode& to,
                           const AddCheckpointRequest& request, AddCheckpointResponse& response) {
  const auto bundles = trust::TrustBundles::Create().value();
  EXPECT_THAT(bundles->Set(to.domain(), trust::ReadSmallFile(to.home() + "/node/ca.pem").value()),
              IsOk());
  const auto credentials =
      trust::MakeChannelCredentials({.certificate_path = from.home() + "/node/node.pem",
                                     .key_path = from.home() + "/node/node.key",
                                     .bundles = bundles,
                                     .expected_trust_domain = to.domain()})
          .value();
  const auto stub =
      FederationService::NewStub(grpc::CreateChannel(to.endpoints().federation, credentials));
  grpc::ClientContext context;
  context.set_wait_for_ready(true);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  return stub->AddCheckpoint(&context, request, &response);
}

class WitnessTest : public ::testing::Test {
 protected:
  // A head that the AU's own key signs, true or not.
  AddCheckpointRequest Signed(const std::string& service, uint64_t size, const Hash& root) {
    const SigningKey key =
        trust::ReadSigningKey(nodes_.au().home() + "/node/log-" + service + ".key").value();
    AddCheckpointRequest request;
    request.set_note(
        SignCheckpoint({.origin = nodes_.au().origin(service), .size = size, .root = root}, key)
            .value());
    return request;
  }

  // What the UN's witness holds of one of the AU's ledgers.
  std::optional<WitnessedHead> Witnessed(const std::string& service) {
    const auto page = nodes_.un().As("auditor").Call<ListWitnessedHeadsResponse>(
        "witness.v1.WitnessService.ListWitnessedHeads", ListWitnessedHeadsRequest());
    if (!page.ok()) return std::nullopt;
    for (const WitnessedHead& head : page->heads()) {
      if (head.origin() == nodes_.au().origin(service)) return head;
    }
    return std::nullopt;
  }

  // What the AU holds the UN's ledger to, as the UN knows it.
  uint64_t CosignedSize(const std::string& service) {
    ListCosignaturesRequest request;
    request.set_origin(nodes_.un().origin(service));
    const auto page = nodes_.un().As("auditor").Call<ListCosignaturesResponse>(
        "ledger.v1.LedgerService.ListCosignatures", request);
    if (!page.ok() || page->heads().empty()) return 0;
    EXPECT_EQ(page->heads(0).witness(), "au.example/witness");
    return page->heads(0).size();
  }

  // How far the UN's finance ledger believes the AU's.
  uint64_t VerifiedSize() {
    ListPeersRequest request;
    request.set_origin(nodes_.un().origin("finance"));
    const auto page = nodes_.un().As("auditor").Call<ListPeersResponse>(
        "ledger.v1.LedgerService.ListPeers", request);
    for (const Peer& peer : page->peers()) {
      if (peer.origin() == nodes_.au().origin("finance")) return peer.verified_size();
    }
    ADD_FAILURE() << "the peer is missing";
    return 0;
  }

  double Metric(absl::string_view name) {
    const std::string metrics = nodes_.un().Metrics();
    const size_t at = metrics.find(absl::StrCat("\n", name, " "));
    if (at != std::string::npos) return std::stod(metrics.substr(at + name.size() + 2));
    ADD_FAILURE() << name << " is missing";
    return -1;
  }

  void Settle() {
    const std::string request = nodes_.MakeRequest(kAmount);
    const std::string offer = nodes_.Reserve(request, {.amount_minor = kAmount});
    ASSERT_TRUE(TwoNodes::Await(nodes_.au(), offer, Offer::RESERVED));
    ASSERT_THAT(nodes_.Accept(offer), IsOk());
    ASSERT_TRUE(TwoNodes::Await(nodes_.un(), offer, Offer::SETTLED));
  }

  TwoNodes nodes_{{.received_minor = kReceived}};
};

TEST_F(WitnessTest, WhatIsTakenWasCosignedAndTheCosignatureComesBack) {
  Settle();
  ASSERT_TRUE(WaitUntil([&] { return Witnessed("finance").has_value(); }));
  EXPECT_GT(Witnessed("finance")->size(), 1u);
  // The AU took the UN's POST under a head that it cosigned, and the UN has that cosignature.
  EXPECT_TRUE(WaitUntil([&] { return CosignedSize("finance") > 1; }));
  // Nobody reads these but the witness.
  EXPECT_TRUE(WaitUntil([&] { return Witnessed("directory").has_value(); }));
  EXPECT_TRUE(WaitUntil([&] { return Witnessed("witness").has_value(); }));
}

TEST_F(WitnessTest, RemembersThroughAKillWhatItCosigned) {
  AddCheckpointResponse response;
  ASSERT_TRUE(
      AddCheckpoint(nodes_.au(), nodes_.un(), Signed("logistics", 5, Sha256("one")), response)
          .ok());
  nodes_.un().Kill();
  nodes_.un().Start();
  ASSERT_TRUE(Witnessed("logistics").has_value());
  EXPECT_EQ(Witnessed("logistics")->size(), 5u);
  EXPECT_EQ(
      AddCheckpoint(nodes_.au(), nodes_.un(), Signed("logistics", 5, Sha256("other")), response)
          .error_code(),
      grpc::StatusCode::DATA_LOSS);
  Settle();  // The witness goes on with what holds.
}

TEST_F(WitnessTest, TwoHistoriesOfOneLedgerAreKeptAsEvidence) {
  Settle();
  ASSERT_FALSE(Witnessed("logistics").has_value());
  AddCheckpointResponse response;
  ASSERT_TRUE(
      AddCheckpoint(nodes_.au(), nodes_.un(), Signed("logistics", 5, Sha256("one")), response)
          .ok());
  EXPECT_THAT(response.cosigned_note(), HasSubstr("un.example/witness"));
  const grpc::Status again =
      AddCheckpoint(nodes_.au(), nodes_.un(), Signed("logistics", 5, Sha256("other")), response);
  EXPECT_EQ(again.error_code(), grpc::StatusCode::DATA_LOSS);
  EXPECT_FALSE(Witnessed("logistics")->contradicted_by().empty());

  ListEvidenceRequest request;
  request.set_origin(nodes_.un().origin("witness"));
  const auto evidence = nodes_.un().As("auditor").Call<ListEvidenceResponse>(
      "ledger.v1.LedgerService.ListEvidence", request);
  ASSERT_THAT(evidence.status(), IsOk());
  ASSERT_EQ(evidence->evidence_size(), 1);
  EXPECT_EQ(evidence->evidence(0).origin(), nodes_.au().origin("logistics"));
  EXPECT_THAT(nodes_.un().Metrics(), HasSubstr("ch8_ledger_evidence{service=\"witness\"} 1"));
  // The peer's other ledgers are not judged by it.
  Settle();
}

// The reader was shown true pages all along; its witness was shown a lie by the same key.
TEST_F(WitnessTest, AReaderTakesNothingThatItsWitnessDoubts) {
  Settle();
  ASSERT_TRUE(WaitUntil([&] { return Witnessed("finance").has_value(); }));
  AddCheckpointResponse response;
  // What the feed has shown: nothing of the AU's finance is under way any more.
  ASSERT_TRUE(WaitUntil([&] { return Witnessed("finance")->size() == VerifiedSize(); }));
  const WitnessedHead known = *Witnessed("finance");
  ASSERT_EQ(AddCheckpoint(nodes_.au(), nodes_.un(),
                          Signed("finance", known.size(), Sha256("other")), response)
                .error_code(),
            grpc::StatusCode::DATA_LOSS);
  const double failures = Metric("ch8_feed_verification_failures_total");
  const uint64_t verified = VerifiedSize();
  CreateOperationRequest operation;
  operation.set_operation_id("second");
  operation.mutable_resource()->set_title("Another mission");
  operation.mutable_resource()->set_lead("organizations/au");
  operation.set_request_id(client::NewRequestId());
  ASSERT_THAT(nodes_.au()
                  .As("mandate-1")
                  .Call<Operation>("finance.v1.OperationService.CreateOperation", operation)
                  .status(),
              IsOk());
  ASSERT_TRUE(WaitUntil([&] { return Metric("ch8_feed_verification_failures_total") > failures; }));
  EXPECT_EQ(VerifiedSize(), verified);
}

TEST_F(WitnessTest, RefusesWhatIsNotOfAPinnedLedger) {
  AddCheckpointResponse response;
  AddCheckpointRequest request = Signed("finance", 5, Sha256("root"));
  const SigningKey stranger = SigningKey::Generate();
  request.set_note(
      SignCheckpoint({.origin = "igad.example/ch8/finance", .size = 5, .root = Sha256("root")},
                     stranger)
          .value());
  EXPECT_EQ(AddCheckpoint(nodes_.au(), nodes_.un(), request, response).error_code(),
            grpc::StatusCode::NOT_FOUND);
  request.set_note(
      SignCheckpoint(
          {.origin = nodes_.au().origin("finance"), .size = 1'000'000, .root = Sha256("root")},
          stranger)
          .value());
  EXPECT_EQ(AddCheckpoint(nodes_.au(), nodes_.un(), request, response).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
  request.set_note("garbage");
  EXPECT_EQ(AddCheckpoint(nodes_.au(), nodes_.un(), request, response).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

// By the record that the UN has confirmed, and with nothing to do at the UN but that.
TEST_F(WitnessTest, AWitnessWithAnotherKeyCosignsAgain) {
  Settle();
  ASSERT_TRUE(WaitUntil([&] { return CosignedSize("finance") > 1; }));
  ASSERT_EQ(nodes_.au().Stop(), 0);
  const auto rekeyed = trust::RekeyWitness(nodes_.au().home(), absl::Now());
  ASSERT_THAT(rekeyed, IsOk());
  nodes_.au().ReadRecord();
  nodes_.au().Start();
  nodes_.un().Pin(nodes_.au());

  const SigningKey key =
      trust::ReadSigningKey(trust::WitnessKeyPath(nodes_.au().home() + "/node")).value();
  const NoteVerifier witness =
      NoteVerifier::Of("au.example/witness", key.public_key(), kNoteCosignatureV1);
  EXPECT_TRUE(WaitUntil([&] {
    ListCosignaturesRequest request;
    request.set_origin(nodes_.un().origin("finance"));
    const auto page = nodes_.un().As("auditor").Call<ListCosignaturesResponse>(
        "ledger.v1.LedgerService.ListCosignatures", request);
    return page.ok() && page->heads_size() == 1 && OpenNote(page->heads(0).note(), {witness}).ok();
  }));
  // What the AU's services take, they take under heads that the new key cosigned.
  Settle();
}

}  // namespace
}  // namespace ch8::testing
