#include "services/directory/core/directory_test_fixture.h"

#include "absl/strings/str_cat.h"
#include "services/kernel/refusal.h"
#include "services/trust/record/record.h"
#include "storage/base/check.h"

namespace ch8::directory {
namespace {

using chapter8::directory::v1::ConfirmOfficerRequest;
using chapter8::directory::v1::ConfirmPostRequest;
using chapter8::directory::v1::CreateOfficerRequest;
using chapter8::directory::v1::CreatePostRequest;
using chapter8::directory::v1::Officer;
using chapter8::directory::v1::Post;
using chapter8::directory::v1::SignedOrganizationRecord;
using chapter8::directory::v1::SuspendOfficerRequest;
using chapter8::ledger::v1::Genesis;

// Stands for trust::CheckCaBundle, which has tests of its own.
absl::Status CheckBundle(absl::string_view pem) {
  return pem == "broken" ? absl::InvalidArgumentError("no certificate") : absl::OkStatus();
}

}  // namespace

TestRecord::TestRecord(const std::string& organization) {
  record.set_organization(organization);
  record.set_trust_domain(absl::StrCat(organization, ".example"));
  record.set_display_name(absl::StrCat("Organization ", organization));
  record.set_ca_bundle_pem("bundle");
  auto* key = record.add_log_keys();
  key->set_origin(absl::StrCat(organization, ".example/ch8/finance"));
  key->set_public_key(std::string(32, 'k'));
  record.set_root_public_key(std::string(root.public_key().view()));
  record.set_sequence(1);
  record.set_issued_at_unix_seconds(1'772'000'000);
}

std::string TestRecord::Signed() const {
  SignedOrganizationRecord envelope;
  envelope.set_record(record.SerializeAsString());
  const Signature signature = root.Sign(trust::record::SignedBytes(envelope.record()));
  envelope.set_signature(std::string(signature.view()));
  return envelope.SerializeAsString();
}

std::string TestRecord::Fingerprint() const {
  return trust::record::Fingerprint(record.SerializeAsString());
}

std::string TestKey(absl::string_view officer) {
  std::string key(officer);
  key.resize(PublicKey::kSize, '.');
  return key;
}

Genesis TestGenesis(const TestRecord& record) {
  Genesis genesis;
  genesis.set_format(1);
  genesis.set_origin("un.example/ch8/directory");
  genesis.set_organization_record(record.Signed());
  for (const uint64_t person : {1, 2}) {
    auto* administrator = genesis.add_administrators();
    administrator->set_officer(absl::StrCat("admin-", person));
    administrator->set_person(person);
    administrator->set_act_public_key(TestKey(administrator->officer()));
  }
  return genesis;
}

DirectoryTest::DirectoryTest()
    : machine_({.purpose = DirectoryMachine::Options::Purpose::kExercise,
                .check_ca_bundle = CheckBundle}) {
  chapter8::ledger::v1::Entry genesis;
  *genesis.mutable_genesis() = TestGenesis(own_);
  ledger_ = MemLedger::Create({.origin = "un.example/ch8/directory",
                               .payload = genesis.SerializeAsString(),
                               .salt = Sha256("salt")})
                .value();
  executor_ = std::make_unique<kernel::Executor>(
      kernel::Executor::Options{.ledger = ledger_.get(),
                                .machine = &machine_,
                                .accounts = &accounts_,
                                .organization = "organizations/un",
                                .trust_domain = "un.example",
                                .fresh_salt = [] { return Sha256("internal"); }});
  executor_->Begin(now_);
  const auto events = GenesisEvents(genesis.genesis());
  Check(events.ok(), events.status().message());
  const kernel::Outcome outcome = executor_->LogInternal("/internal/Genesis", *events);
  Check(outcome.status.ok(), outcome.status.message());
  Commit();
}

void DirectoryTest::Commit() {
  Check(ledger_->Commit(executor_->Finish()).ok(), "a commit failed");
  Check(ledger_->Sync().ok(), "a sync failed");
}

kernel::Command DirectoryTest::CommandOf(absl::string_view officer, absl::string_view rpc,
                                         const google::protobuf::Message& request) {
  kernel::Command command;
  command.method = absl::StrCat("/chapter8.directory.v1.DirectoryService/", rpc);
  command.request = request.SerializeAsString();
  command.request_digest = Sha256(command.request);
  command.request_id = absl::StrCat("request-", ++requests_);
  command.request_salt = Sha256(command.request_id);
  command.caller = {.kind = chapter8::authz::v1::OFFICER,
                    .trust_domain = "un.example",
                    .id = absl::StrCat("officer/", officer)};
  command.act.emplace();
  command.act->set_public_key(TestKey(officer));
  command.act->set_not_after_unix_seconds(absl::ToUnixSeconds(now_ + absl::Hours(1)));
  command.random = std::string(16, 'r');
  return command;
}

kernel::Outcome DirectoryTest::Run(absl::string_view officer, absl::string_view rpc,
                                   const google::protobuf::Message& request) {
  executor_->Begin(now_);
  kernel::Outcome outcome = executor_->Execute(CommandOf(officer, rpc, request));
  Commit();
  return outcome;
}

kernel::Outcome DirectoryTest::Read(absl::string_view officer, absl::string_view rpc,
                                    const google::protobuf::Message& request) {
  executor_->Begin(now_);
  return executor_->Read(CommandOf(officer, rpc, request));
}

std::string DirectoryTest::Reason(absl::string_view officer, absl::string_view rpc,
                                  const google::protobuf::Message& request) {
  const kernel::Outcome outcome = Run(officer, rpc, request);
  return outcome.status.ok() ? "" : kernel::ReasonOf(outcome.status);
}

CreatePostRequest DirectoryTest::PostRequest(const std::string& id, const std::vector<int>& roles) {
  CreatePostRequest request;
  request.set_post_id(id);
  request.mutable_resource()->set_title(absl::StrCat("Chief of ", id));
  for (const int role : roles) {
    request.mutable_resource()->add_roles(static_cast<chapter8::authz::v1::Role>(role));
  }
  return request;
}

CreateOfficerRequest DirectoryTest::OfficerRequest(const std::string& id,
                                                   const OfficerParts& parts) {
  CreateOfficerRequest request;
  request.set_officer_id(id);
  request.mutable_resource()->set_person(parts.person);
  for (const std::string& post : parts.posts) request.mutable_resource()->add_posts(post);
  request.mutable_resource()->set_act_public_key(TestKey(id));
  return request;
}

ConfirmPostRequest DirectoryTest::ConfirmPostOf(const std::string& id) {
  ConfirmPostRequest request;
  request.set_name(absl::StrCat("posts/", id));
  return request;
}

ConfirmOfficerRequest DirectoryTest::ConfirmOfficerOf(const std::string& id) {
  ConfirmOfficerRequest request;
  request.set_name(absl::StrCat("officers/", id));
  return request;
}

SuspendOfficerRequest DirectoryTest::Suspend(const std::string& id) {
  SuspendOfficerRequest request;
  request.set_name(absl::StrCat("officers/", id));
  return request;
}

Post DirectoryTest::AddPost(const std::string& id, const std::vector<int>& roles) {
  ReplyOf<Post>(Run("admin-1", "CreatePost", PostRequest(id, roles)));
  return ReplyOf<Post>(Run("admin-2", "ConfirmPost", ConfirmPostOf(id)));
}

Officer DirectoryTest::AddOfficer(const std::string& id, const OfficerParts& parts) {
  ReplyOf<Officer>(Run("admin-1", "CreateOfficer", OfficerRequest(id, parts)));
  return ReplyOf<Officer>(Run("admin-2", "ConfirmOfficer", ConfirmOfficerOf(id)));
}

std::vector<std::pair<std::string, std::string>> DirectoryTest::StoredRows() const {
  std::vector<std::pair<std::string, std::string>> rows;
  const absl::Status scanned = ledger_->TakeSnapshot()->Scan(
      Table::kRows, "", "", [&](absl::string_view key, absl::string_view value) {
        rows.emplace_back(key, value);
        return true;
      });
  Check(scanned.ok(), scanned.message());
  return rows;
}

}  // namespace ch8::directory
