#include <gmock/gmock.h>
#include <grpcpp/create_channel.h>
#include <gtest/gtest.h>
#include <httplib.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "chapter8/federation/v1/federation_service.pb.h"
#include "chapter8/ledger/v1/administration_service.pb.h"
#include "services/node/test_daemon.h"
#include "services/rpc/test_node.h"
#include "services/trust/key_file.h"
#include "services/trust/organization_home.h"
#include "services/trust/organization_record.h"
#include "storage/rocks/database.h"
#include "tests/support/data.h"
#include "tests/support/temp_dir.h"

// The real program over real sockets: a node of un.example made by `ch8 org init`'s own function.
namespace ch8::node::testing {
namespace {

using ::ch8::testing::ReadFile;
using chapter8::directory::v1::WhoAmIResponse;
using chapter8::ledger::v1::Head;
using rpc::testing::Call;
using rpc::testing::Reply;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kWhoAmI[] = "/chapter8.directory.v1.DirectoryService/WhoAmI";
constexpr char kGetPost[] = "/chapter8.directory.v1.DirectoryService/GetPost";
constexpr char kCreatePost[] = "/chapter8.directory.v1.DirectoryService/CreatePost";
constexpr char kGetHead[] = "/chapter8.ledger.v1.AdministrationService/GetHead";
constexpr char kHealth[] = "/grpc.health.v1.Health/Check";
constexpr char kReflection[] = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
constexpr char kPull[] = "/chapter8.federation.v1.FederationService/Pull";
constexpr char kDirectory[] = "un.example/ch8/directory";
// grpc.health.v1.HealthCheckResponse{status: SERVING}.
constexpr char kServing[] = "\x08\x01";

// Field 1 as a string: a HealthCheckRequest's service.
std::string Field1(const std::string& text) {
  return absl::StrCat("\x0a", std::string(1, static_cast<char>(text.size())), text);
}

class DaemonTest : public ::testing::Test {
 protected:
  TestDaemon::Options Node(std::vector<std::string> flags = {}) {
    return {.home = home_, .data = dir_ / "data", .flags = std::move(flags)};
  }

  Head HeadOf(const TestDaemon& node, const std::string& origin = kDirectory) {
    chapter8::ledger::v1::GetHeadRequest request;
    request.set_origin(origin);
    const Reply reply =
        Call(node.AsOfficer("okoye"), kGetHead, {.request = request.SerializeAsString()});
    EXPECT_TRUE(reply.status.ok()) << reply.status.error_message();
    Head head;
    EXPECT_TRUE(head.ParseFromString(reply.bytes));
    return head;
  }

  // The finance ledger learns its officers from the directory; waits until it has.
  void AwaitFinance(const TestDaemon& node) {
    const auto okoye = node.AsOfficer("okoye");
    chapter8::ledger::v1::GetHeadRequest request;
    request.set_origin("un.example/ch8/finance");
    const absl::Time start = absl::Now();
    while (!Call(okoye, kGetHead, {.request = request.SerializeAsString()}).status.ok()) {
      ASSERT_LT(absl::Now() - start, absl::Seconds(20)) << node.Log();
    }
  }

  // Health says so last of all.
  void AwaitHealthy(const TestDaemon& node) {
    const absl::Time start = absl::Now();
    while (Call(node.Admin(), kHealth, {.request = Field1("")}).bytes != kServing) {
      ASSERT_LT(absl::Now() - start, absl::Seconds(20)) << node.Log();
    }
  }

  WhoAmIResponse WhoAmI(const TestDaemon& node) {
    const Reply reply = Call(node.AsOfficer("okoye"), kWhoAmI);
    EXPECT_TRUE(reply.status.ok()) << reply.status.error_message();
    WhoAmIResponse me;
    EXPECT_TRUE(me.ParseFromString(reply.bytes));
    return me;
  }

  template <typename Request>
  Reply Act(const TestDaemon& node, const std::string& officer, const char* method,
            const Request& request) {
    const absl::StatusOr<SigningKey> key =
        trust::ReadSigningKey(absl::StrCat(home_, "/officers/", officer, "/act.key"));
    const std::string bytes = request.SerializeAsString();
    return Call(node.AsOfficer(officer), method,
                {.request = bytes,
                 .acts = {rpc::testing::ActFor(*key, kDirectory, method, bytes,
                                               absl::Now() + absl::Minutes(5))}});
  }

  chapter8::directory::v1::CreatePostRequest NewPost(const std::string& id) {
    chapter8::directory::v1::CreatePostRequest request;
    request.set_post_id(id);
    request.mutable_resource()->set_title("Chief Supply");
    request.mutable_resource()->add_roles(chapter8::authz::v1::REQUESTER);
    request.set_request_id(absl::StrCat("create-", id));
    return request;
  }

  const ch8::testing::TempDir dir_;
  const std::string home_ = MakeHome(dir_ / "un", "un", "un.example");
};

TEST_F(DaemonTest, ServesHealthReflectionHeadsAndMetrics) {
  TestDaemon node(Node());
  ASSERT_TRUE(node.AwaitServing()) << node.Log();
  AwaitHealthy(node);
  for (const char* service :
       {"", "chapter8.finance.v1.OfferService", "chapter8.directory.v1.DirectoryService"}) {
    EXPECT_EQ(Call(node.Admin(), kHealth, {.request = Field1(service)}).bytes, kServing);
  }
  EXPECT_EQ(Call(node.Admin(), kHealth, {.request = Field1("tents")}).status.error_code(),
            grpc::NOT_FOUND);
  const Reply listed = Call(node.Admin(), kReflection, {.request = std::string("\x3a\x01*", 3)});
  EXPECT_THAT(listed.bytes, HasSubstr("chapter8.finance.v1.FundService"));
  EXPECT_THAT(listed.bytes, HasSubstr("chapter8.ledger.v1.AdministrationService"));
  EXPECT_EQ(Call(node.Admin(), kWhoAmI).status.error_code(), grpc::UNIMPLEMENTED);

  const WhoAmIResponse me = WhoAmI(node);
  EXPECT_EQ(me.officer().name(), "officers/okoye");
  EXPECT_EQ(me.officer().person(), 1001u);
  EXPECT_EQ(me.organization().trust_domain(), "un.example");
  EXPECT_FALSE(me.exercise());
  EXPECT_GE(HeadOf(node).size(), 5u);
  AwaitFinance(node);

  httplib::Client metrics("http://" + node.Endpoint("metrics"));
  const httplib::Result scraped = metrics.Get("/metrics");
  ASSERT_TRUE(scraped);
  EXPECT_THAT(scraped->body, HasSubstr("ch8_ledger_durable_size{service=\"finance\"} "));
  EXPECT_THAT(scraped->body,
              HasSubstr(absl::StrCat("ch8_calls_total{method=\"", kWhoAmI, "\",code=\"OK\"} 1")));
  EXPECT_THAT(scraped->body, HasSubstr("ch8_certificate_expiry_seconds 77"));
  EXPECT_THAT(scraped->body, Not(HasSubstr("okoye")));
  EXPECT_THAT(node.Log(), HasSubstr("\"event\":\"serving\""));
  EXPECT_THAT(node.Log(), HasSubstr("spiffe://un.example/officer/okoye\",\"code\":\"OK\""));
}

// A note that was kept long ago: a start compares only the newest.
TEST_F(DaemonTest, AnAlteredLedgerIsBarredAlsoAfterAStartAndTheOthersServe) {
  {
    TestDaemon node(Node());
    ASSERT_TRUE(node.AwaitServing()) << node.Log();
    AwaitHealthy(node);
    ASSERT_EQ(node.End(SIGTERM), 0);
  }
  {
    const auto database =
        Database::Open({.path = dir_ / "data/directory/ledger", .memtable_bytes = 8u << 20},
                       Database::IfMissing::kFail);
    const auto notes = (*database)->NewIterator(Family::kNote);
    notes->SeekToFirst();
    ASSERT_TRUE(notes->Valid());
    std::string note = notes->value().ToString();
    char& of_root = note.at(note.find('\n', note.find('\n') + 1) + 1);
    of_root = of_root == 'A' ? 'B' : 'A';
    ASSERT_TRUE(
        (*database)
            ->db()
            .Put(rocksdb::WriteOptions(), (*database)->family(Family::kNote), notes->key(), note)
            .ok());
  }
  for (int start = 1; start <= 2; ++start) {
    TestDaemon node(Node());
    ASSERT_TRUE(node.AwaitServing()) << node.Log();
    AwaitHealthy(node);
    const auto health = [&](const char* service) {
      return Call(node.Admin(), kHealth, {.request = Field1(service)}).bytes;
    };
    const absl::Time waiting = absl::Now();
    while (health("chapter8.directory.v1.DirectoryService") == kServing) {
      ASSERT_LT(absl::Now() - waiting, absl::Seconds(20)) << node.Log();
    }
    EXPECT_EQ(health("chapter8.finance.v1.OfferService"), kServing);
    EXPECT_EQ(WhoAmI(node).officer().name(), "officers/okoye") << "reads go on";
    EXPECT_EQ(Act(node, "okoye", kCreatePost, NewPost("supply")).info.reason(), "LEDGER_BARRED");
    EXPECT_THAT(HeadOf(node).not_signed_because(),
                HasSubstr("size 1: the kept note of size 1 is altered"));
    httplib::Client metrics("http://" + node.Endpoint("metrics"));
    const httplib::Result scraped = metrics.Get("/metrics");
    ASSERT_TRUE(scraped);
    EXPECT_THAT(scraped->body, HasSubstr("ch8_ledger_barred{service=\"directory\"} 1\n"));
    EXPECT_THAT(scraped->body, HasSubstr("ch8_ledger_barred{service=\"finance\"} 0\n"));
    EXPECT_THAT(scraped->body, HasSubstr("ch8_scrub_pass_age_seconds{service=\"finance\"} "));
    EXPECT_EQ(node.End(SIGTERM), 0) << "barred is not stopped";
    const std::vector<std::string> found =
        absl::StrSplit(node.Log(), "\"event\":\"ledger_altered\"");
    EXPECT_EQ(found.size(), 2u) << "once, at the first start: " << node.Log();
  }
}

TEST_F(DaemonTest, NetworkServersAnswerNeitherHealthNorReflection) {
  TestDaemon node(Node());
  ASSERT_TRUE(node.AwaitServing()) << node.Log();
  const auto okoye = node.AsOfficer("okoye");
  EXPECT_EQ(Call(okoye, kHealth).info.reason(), "NO_SUCH_METHOD");
  EXPECT_EQ(Call(okoye, kReflection).info.reason(), "NO_SUCH_METHOD");
}

TEST_F(DaemonTest, BadRequestsAreRefusedAndLeaveNothing) {
  TestDaemon node(Node());
  ASSERT_TRUE(node.AwaitServing()) << node.Log();
  const auto okoye = node.AsOfficer("okoye");
  const uint64_t size = HeadOf(node).size();
  EXPECT_EQ(Call(okoye, kGetPost, {.request = "\xff"}).info.reason(), "MALFORMED_REQUEST");
  EXPECT_EQ(Call(okoye, kGetPost, {.request = "\xa0\x06\x01"}).info.reason(), "UNKNOWN_FIELD");
  auto request = NewPost("../etc");
  EXPECT_EQ(Act(node, "okoye", kCreatePost, request).status.error_code(), grpc::INVALID_ARGUMENT);
  request = NewPost("supply");
  request.clear_request_id();
  EXPECT_EQ(Act(node, "okoye", kCreatePost, request).info.reason(), "NO_REQUEST_ID");
  EXPECT_EQ(Call(okoye, kCreatePost, {.request = request.SerializeAsString()}).info.reason(),
            "ACT_NOT_SIGNED");
  EXPECT_EQ(HeadOf(node).size(), size);
}

TEST_F(DaemonTest, WhatWasAcknowledgedIsThereAfterEveryKindOfEnd) {
  std::vector<std::string> posts;
  uint64_t size = 0;
  for (const int signal : {SIGTERM, SIGKILL, SIGINT, SIGKILL, SIGTERM}) {
    TestDaemon node(Node());
    ASSERT_TRUE(node.AwaitServing()) << node.Log();
    EXPECT_GE(HeadOf(node).size(), size);
    for (const std::string& post : posts) {
      chapter8::directory::v1::GetPostRequest get;
      get.set_name("posts/" + post);
      EXPECT_TRUE(Call(node.AsOfficer("okoye"), kGetPost, {.request = get.SerializeAsString()})
                      .status.ok());
    }
    const std::string post = absl::StrCat("post-", posts.size());
    const Reply created = Act(node, "okoye", kCreatePost, NewPost(post));
    ASSERT_TRUE(created.status.ok()) << created.status.error_message();
    ASSERT_TRUE(created.receipt.has_value());
    posts.push_back(post);
    const Head head = HeadOf(node);
    EXPECT_GT(head.size(), created.receipt->index());
    EXPECT_EQ(head.not_signed_because(), "") << "the same boot vouches";
    size = head.size();
    EXPECT_EQ(node.End(signal), signal == SIGKILL ? -SIGKILL : 0) << node.Log();
  }
}

TEST_F(DaemonTest, IdleClientsDoNotHoldUpTheEnd) {
  TestDaemon node(Node());
  ASSERT_TRUE(node.AwaitServing()) << node.Log();
  const auto idle = node.AsOfficer("okoye");
  ASSERT_TRUE(Call(idle, kWhoAmI).status.ok());
  const absl::Time start = absl::Now();
  EXPECT_EQ(node.End(SIGTERM), 0) << node.Log();
  EXPECT_LT(absl::Now() - start, absl::Seconds(4));
}

TEST_F(DaemonTest, TwoDaemonsNeverShareAFolder) {
  TestDaemon first(Node());
  ASSERT_TRUE(first.AwaitServing()) << first.Log();
  TestDaemon second(Node());
  EXPECT_EQ(second.Await(), 1);
  EXPECT_THAT(second.Log(), HasSubstr("is in use by another ch8d"));
  EXPECT_EQ(first.End(SIGTERM), 0);
}

// A volume that is not mounted, a wrong restore: a fresh history under the same origin and key
// would be a lie to every peer.
TEST_F(DaemonTest, ALostLedgerIsNotBegunAgain) {
  const std::string finance = dir_ / "data/finance";
  const std::string aside = dir_ / "aside";
  {
    TestDaemon node(Node());
    ASSERT_TRUE(node.AwaitServing()) << node.Log();
    EXPECT_EQ(node.End(SIGTERM), 0);
  }
  std::string log_id = ReadFile(home_ + "/node/log-finance.created");
  ASSERT_EQ(log_id.size(), 65u);
  log_id.pop_back();
  const std::string refusal =
      absl::StrCat("un.example/ch8/finance existed with log id ", log_id, " (");
  std::filesystem::rename(finance, aside);
  for (int attempt = 0; attempt < 2; ++attempt) {
    TestDaemon node(Node());
    ASSERT_FALSE(node.AwaitServing());
    EXPECT_EQ(node.Await(), 1);
    EXPECT_THAT(node.Log(), HasSubstr(refusal));
    EXPECT_THAT(node.Log(),
                HasSubstr("restore its data, or bring it back from a partner: ch8 node recover"));
    EXPECT_FALSE(std::filesystem::exists(finance));
  }
  std::filesystem::rename(aside, finance);
  {
    TestDaemon node(Node());
    ASSERT_TRUE(node.AwaitServing()) << node.Log();
    EXPECT_EQ(node.End(SIGTERM), 0);
  }
  // A whole ledger, but another than the home remembers.
  const std::string other(64, '5');
  std::ofstream(home_ + "/node/log-finance.created") << other << "\n";
  TestDaemon node(Node());
  ASSERT_FALSE(node.AwaitServing());
  EXPECT_EQ(node.Await(), 1);
  EXPECT_THAT(node.Log(), HasSubstr("un.example/ch8/finance existed with log id " + other));
}

TEST_F(DaemonTest, BadFlagsAndHomesEndWithAWord) {
  {
    TestDaemon node(Node({"--listen=nowhere"}));
    EXPECT_EQ(node.Await(), 2);
    EXPECT_THAT(node.Log(), HasSubstr("ch8d: --listen: wants HOST:PORT"));
  }
  TestDaemon node({.home = dir_ / "nobody", .data = dir_ / "nowhere"});
  EXPECT_EQ(node.Await(), 1);
  EXPECT_THAT(node.Log(), HasSubstr("--home is the node folder"));
}

TEST_F(DaemonTest, AnExerciseNodeKeepsItsClock) {
  const absl::Time start = absl::FromUnixSeconds(1'772'442'000);  // 2026-03-02T09:00:00Z
  const std::string flag = "--exercise-clock=2026-03-02T09:00:00Z";
  {
    TestDaemon node(Node({flag}));
    ASSERT_TRUE(node.AwaitServing()) << node.Log();
    const WhoAmIResponse me = WhoAmI(node);
    EXPECT_TRUE(me.exercise());
    const absl::Time time = absl::FromUnixMicros(me.ledger_time_us());
    EXPECT_GE(time, start);
    EXPECT_LT(time, start + absl::Minutes(1));
    EXPECT_EQ(node.End(SIGTERM), 0);
  }
  {
    TestDaemon node(Node({flag}));
    EXPECT_EQ(node.Await(), 2);
    EXPECT_THAT(node.Log(), HasSubstr("only at a node's first start"));
  }
  {
    TestDaemon node(Node());
    ASSERT_TRUE(node.AwaitServing()) << node.Log();
    EXPECT_TRUE(WhoAmI(node).exercise());
    EXPECT_EQ(node.End(SIGTERM), 0);
  }
  TestDaemon node(Node({"--exercise-ahead=48h"}));
  ASSERT_TRUE(node.AwaitServing()) << node.Log();
  EXPECT_GE(absl::FromUnixMicros(WhoAmI(node).ledger_time_us()), start + absl::Hours(48));
}

TEST_F(DaemonTest, OnlyAnExerciseSkipsTime) {
  TestDaemon node(Node({"--exercise-ahead=48h"}));
  EXPECT_EQ(node.Await(), 2);
  EXPECT_THAT(node.Log(), HasSubstr("only a node of an exercise skips time"));
}

TEST_F(DaemonTest, AFullDiskStopsMutationsAndNothingElse) {
  TestDaemon node(Node({"--disk-reserve-mib=1000000000"}));
  ASSERT_TRUE(node.AwaitServing()) << node.Log();
  EXPECT_EQ(Act(node, "okoye", kCreatePost, NewPost("supply")).info.reason(), "DISK_FULL");
  EXPECT_EQ(WhoAmI(node).officer().name(), "officers/okoye");
}

// Two officers pin the AU; its node is let in without a restart.
TEST_F(DaemonTest, APinnedOrganizationIsLetInAtOnce) {
  const std::string au = MakeHome(dir_ / "au", "au", "au.example");
  TestDaemon node(Node());
  ASSERT_TRUE(node.AwaitServing()) << node.Log();
  const auto pull = [&] {
    grpc::SslCredentialsOptions credentials;
    credentials.pem_root_certs = ReadFile(home_ + "/node/ca.pem");
    credentials.pem_private_key = ReadFile(au + "/node/node.key");
    credentials.pem_cert_chain = ReadFile(au + "/node/node.pem");
    chapter8::federation::v1::PullRequest request;
    request.set_origin(kDirectory);
    return Call(grpc::CreateChannel(node.Endpoint("federation"), grpc::SslCredentials(credentials)),
                kPull, {.request = request.SerializeAsString()});
  };
  EXPECT_EQ(pull().status.error_code(), grpc::UNAVAILABLE) << "no handshake with a stranger";

  const auto record = trust::ReadRecordFile(au + "/org.record");
  chapter8::directory::v1::PinOrganizationRequest pin;
  pin.set_signed_record(record->SerializeAsString());
  pin.set_fingerprint(trust::Fingerprint(record->record()));
  pin.set_request_id("pin-au");
  const Reply pinned =
      Act(node, "okoye", "/chapter8.directory.v1.DirectoryService/PinOrganization", pin);
  ASSERT_TRUE(pinned.status.ok()) << pinned.status.error_message();
  EXPECT_EQ(pull().status.error_code(), grpc::UNAVAILABLE) << "one person is not enough";
  chapter8::directory::v1::ConfirmOrganizationRequest confirm;
  confirm.set_name("organizations/au");
  confirm.set_fingerprint(pin.fingerprint());
  confirm.set_request_id("confirm-au");
  const Reply confirmed =
      Act(node, "mensah", "/chapter8.directory.v1.DirectoryService/ConfirmOrganization", confirm);
  ASSERT_TRUE(confirmed.status.ok()) << confirmed.status.error_message();
  const absl::Time start = absl::Now();
  Reply let_in = pull();
  while (let_in.status.error_code() == grpc::UNAVAILABLE &&
         absl::Now() - start < absl::Seconds(10)) {
    let_in = pull();
  }
  EXPECT_TRUE(let_in.status.ok()) << let_in.status.error_message();
  EXPECT_THAT(node.Log(), HasSubstr("\"event\":\"trust_set\",\"trust_domain\":\"au.example\""));
}

}  // namespace
}  // namespace ch8::node::testing
