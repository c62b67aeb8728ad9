#include "services/node/peer_vouching.h"

#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "chapter8/federation/v1/federation_service.grpc.pb.h"
#include "services/kernel/authority.h"
#include "services/node/toy_node.h"
#include "storage/ledger/mem_ledger.h"
#include "storage/merkle/cosignature.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::node {
namespace {

namespace federation_v1 = chapter8::federation::v1;
namespace toy = kernel::toy;
using ::ch8::testing::IsOk;
using ::ch8::testing::TempDir;
using chapter8::directory::v1::DirectoryEvent;
using chapter8::directory::v1::Organization;
using chapter8::directory::v1::OrganizationRecord;
using chapter8::directory::v1::SignedOrganizationRecord;

// The witness of another organization, which cosigns whatever it is shown, at the one call that it
// hears.
class Partner final : public federation_v1::FederationService::Service {
 public:
  Partner(std::string domain, int heard_call)
      : domain_(std::move(domain)), heard_call_(heard_call) {
    server_ = grpc::ServerBuilder()
                  .AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_)
                  .RegisterService(this)
                  .BuildAndStart();
  }

  grpc::Status AddCheckpoint(grpc::ServerContext* /*context*/,
                             const federation_v1::AddCheckpointRequest* request,
                             federation_v1::AddCheckpointResponse* response) override {
    if (++calls_ != heard_call_) return grpc::Status(grpc::StatusCode::UNAVAILABLE, "asleep");
    const Note note = ParseNote(request->note()).value();
    const NoteSignature line =
        Cosign(note.text, absl::StrCat(domain_, "/witness"), key_, absl::Now()).value();
    response->set_cosigned_note(request->note() + FormatNoteSignature(line));
    return grpc::Status::OK;
  }

  std::shared_ptr<grpc::Channel> Channel() const {
    return grpc::CreateChannel(absl::StrCat("127.0.0.1:", port_),
                               grpc::InsecureChannelCredentials());
  }
  // `ledger` knows it to be pinned.
  void PinIn(MemLedger& ledger) const {
    OrganizationRecord record;
    record.set_trust_domain(domain_);
    record.set_sequence(1);
    record.set_witness_public_key(std::string(key_.public_key().view()));
    SignedOrganizationRecord envelope;
    envelope.set_record(record.SerializeAsString());
    DirectoryEvent event;
    Organization& pinned = *event.mutable_organization_recorded();
    pinned.set_name(absl::StrCat("organizations/", domain_.substr(0, domain_.find('.'))));
    pinned.set_trust_domain(domain_);
    pinned.set_signed_record(envelope.SerializeAsString());
    pinned.set_state(Organization::PINNED);
    const std::unique_ptr<Snapshot> snapshot = ledger.TakeSnapshot();
    const kernel::SnapshotRows base(*snapshot);
    kernel::Rows rows(base);
    kernel::ApplyFact(event, rows);
    EXPECT_THAT(ledger.Commit({.rows = rows.TakeWrites()}), IsOk());
    EXPECT_THAT(ledger.Sync(), IsOk());
  }

 private:
  const std::string domain_;
  const int heard_call_;
  const SigningKey key_ = SigningKey::Generate();
  std::atomic<int> calls_{0};
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// They are never awake at the same time. What knows of them is another ledger than the one that
// they vouch for.
TEST(PeerVouchingTest, EveryPartnerNeedsToAnswerOnce) {
  const TempDir directory;
  const std::string state = directory / "state";
  std::filesystem::create_directory(state);
  const auto ledger = *MemLedger::Create(toy::ToyGenesis());
  {
    ToyNode before({.ledger = ledger.get(), .state_directory = state});
    ASSERT_THAT(before.sequencer().SignedNote(), IsOk());
  }
  ToyNode node({.ledger = ledger.get(), .state_directory = state, .boot_id = "another"});
  ASSERT_FALSE(node.head_keeper().vouched());

  const Partner au("au.example", 1);
  const Partner ecowas("ecowas.example", 2);
  Genesis genesis = toy::ToyGenesis();
  genesis.origin = "un.example/ch8/directory";
  const auto facts = *MemLedger::Create(genesis);
  au.PinIn(*facts);
  ecowas.PinIn(*facts);
  OrganizationRecord own;
  auto& key = *own.add_log_keys();
  key.set_origin(ledger->origin());
  key.set_public_key(std::string(toy::KeyOf("log").public_key().view()));

  std::promise<std::string> vouched;
  const PeerVouching vouching(
      {.targets = {{.runner = &node.sequencer(), .keeper = &node.head_keeper()}},
       .pins = {ledger.get(), facts.get()},
       .own_record = own,
       .connect = [&](const std::string& domain,
                      const std::string&) -> absl::StatusOr<std::shared_ptr<grpc::Channel>> {
         return domain == "au.example" ? au.Channel() : ecowas.Channel();
       },
       .on_vouched = [&](const std::string& origin) { vouched.set_value(origin); },
       .on_contradicted = [](const std::string&, const absl::Status&) {}});
  std::future<std::string> origin = vouched.get_future();
  ASSERT_EQ(origin.wait_for(std::chrono::seconds(15)), std::future_status::ready);
  EXPECT_EQ(origin.get(), ledger->origin());
  EXPECT_TRUE(node.head_keeper().vouched());
}

}  // namespace
}  // namespace ch8::node
