#include "services/trust/tls.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <future>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/trust/certificates.h"
#include "services/trust/files.h"
#include "services/trust/openssl_tool.h"
#include "tests/support/data.h"
#include "tests/support/node_wait.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

// Real servers and channels on loopback.
namespace ch8::trust {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::ReadFile;
using ::ch8::testing::StatusIs;
using ::ch8::testing::TempDir;
using ::testing::HasSubstr;

// Answers every method with the caller's identity and the serial of its certificate, one per line.
class WhoAmI final : public grpc::CallbackGenericService {
  class Reactor final : public grpc::ServerGenericBidiReactor {
   public:
    explicit Reactor(grpc::GenericCallbackServerContext* context) {
      const absl::StatusOr<SpiffeId> id = PeerIdentity(*context->auth_context());
      const absl::StatusOr<CertificateFacts> facts = PeerCertificate(*context->auth_context());
      const absl::StatusOr<Hash> digest = PeerCertificateDigest(*context->auth_context());
      if (!id.ok() || !facts.ok() || !digest.ok() || *digest != facts->digest) {
        Finish(grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "nobody"));
        return;
      }
      const grpc::Slice text(absl::StrCat(id->ToString(), "\n", facts->serial));
      answer_ = grpc::ByteBuffer(&text, 1);
      StartWriteAndFinish(&answer_, {}, grpc::Status::OK);
    }
    void OnDone() override { delete this; }

   private:
    grpc::ByteBuffer answer_;
  };

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new Reactor(context);
  }
};

// A server on a free port of loopback.
class Listener {
 public:
  explicit Listener(std::shared_ptr<grpc::ServerCredentials> credentials) {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", std::move(credentials), &port_);
    builder.RegisterCallbackGenericService(&service_);
    server_ = builder.BuildAndStart();
  }
  ~Listener() { server_->Shutdown(std::chrono::system_clock::now()); }

  std::string target() const { return absl::StrCat("127.0.0.1:", port_); }

 private:
  WhoAmI service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

struct Reply {
  grpc::Status status;
  std::string identity;       // Ours, as the server saw it.
  std::string our_serial;     // Ours.
  std::string server_serial;  // The server's, as we saw it.
};

Reply Call(grpc::GenericStub& stub) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(5));
  grpc::ByteBuffer request;
  grpc::ByteBuffer response;
  const grpc::Slice empty("");
  request = grpc::ByteBuffer(&empty, 1);
  std::promise<grpc::Status> done;
  stub.UnaryCall(&context, "/test.Service/WhoAmI", {}, &request, &response,
                 [&done](grpc::Status status) { done.set_value(std::move(status)); });
  Reply reply{
      .status = done.get_future().get(), .identity = "", .our_serial = "", .server_serial = ""};
  grpc::Slice slice;
  if (!reply.status.ok() || !response.DumpToSingleSlice(&slice).ok()) return reply;
  const std::string text(reinterpret_cast<const char*>(slice.begin()), slice.size());
  reply.identity = text.substr(0, text.find('\n'));
  reply.our_serial = text.substr(text.find('\n') + 1);
  const absl::StatusOr<CertificateFacts> server = PeerCertificate(*context.auth_context());
  if (server.ok()) reply.server_serial = server->serial;
  return reply;
}

// One call over a connection of its own.
Reply CallOnce(const std::string& target, std::shared_ptr<grpc::ChannelCredentials> credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  grpc::GenericStub stub(grpc::CreateCustomChannel(target, std::move(credentials), arguments));
  return Call(stub);
}

// A handshake that either end refuses; a call that was let in and then refused is UNAUTHENTICATED.
bool RefusedInHandshake(const Reply& reply) {
  return reply.status.error_code() == grpc::StatusCode::UNAVAILABLE;
}

class TlsTest : public ::testing::Test {
 protected:
  static KeyAndCertificate Authority(const std::string& domain) {
    return MakeCertificateAuthority(
               {.trust_domain = domain, .not_before = absl::Now(), .validity = absl::Hours(24)})
        .value();
  }

  // Writes `<name>.key` and `<name>.pem`: the key first, each by rename.
  testing::Credential Issue(const KeyAndCertificate& authority, const std::string& uri,
                            const std::string& name) {
    const KeyAndRequest made = MakeKeyAndRequest();
    const testing::Credential files{.key_path = dir_ / (name + ".key"),
                                    .certificate_path = dir_ / (name + ".pem")};
    testing::WriteFile(files.key_path, made.key_pem);
    testing::WriteFile(files.certificate_path,
                       IssueCertificate({.authority_key_pem = authority.key_pem,
                                         .authority_certificate_pem = authority.certificate_pem,
                                         .request_pem = made.request_pem,
                                         .id = SpiffeId::Parse(uri).value(),
                                         .dns_names = {"localhost"},
                                         .ip_addresses = {"127.0.0.1"},
                                         .not_before = absl::Now(),
                                         .validity = absl::Hours(1)})
                           .value());
    return files;
  }

  testing::Credential ForgedByAu(const std::string& names, const std::string& name) {
    const testing::Credential authority{.key_path = dir_ / "au-ca.key",
                                        .certificate_path = dir_ / "au-ca.pem"};
    testing::WriteFile(authority.key_path, au_.key_pem);
    testing::WriteFile(authority.certificate_path, au_.certificate_pem);
    return testing::Forge({.prefix = dir_ / name, .authority = authority, .names = names});
  }

  std::shared_ptr<TrustBundles> UnBundleOnly() {
    std::shared_ptr<TrustBundles> bundles = TrustBundles::Create().value();
    EXPECT_THAT(bundles->Set("un.example", un_.certificate_pem), IsOk());
    return bundles;
  }
  std::shared_ptr<TrustBundles> BothBundles() {
    std::shared_ptr<TrustBundles> bundles = UnBundleOnly();
    EXPECT_THAT(bundles->Set("au.example", au_.certificate_pem), IsOk());
    return bundles;
  }

  std::shared_ptr<grpc::ServerCredentials> Server(const testing::Credential& files,
                                                  std::shared_ptr<TrustBundles> bundles) {
    return MakeServerCredentials({.certificate_path = files.certificate_path,
                                  .key_path = files.key_path,
                                  .bundles = std::move(bundles)})
        .value();
  }

  std::shared_ptr<grpc::ChannelCredentials> Client(const testing::Credential& files,
                                                   const std::string& expected = "un.example") {
    return MakeChannelCredentials({.certificate_path = files.certificate_path,
                                   .key_path = files.key_path,
                                   .bundles = BothBundles(),
                                   .expected_trust_domain = expected})
        .value();
  }

  // What an integrator would write first: gRPC's own check, on the pool.
  std::shared_ptr<grpc::ServerCredentials> PooledServerWithoutOurVerifier() {
    grpc::experimental::TlsServerCredentialsOptions options(
        std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
            un_node_.key_path, un_node_.certificate_path, bundles_->PooledPath(), 1));
    options.watch_root_certs();
    options.watch_identity_key_cert_pairs();
    options.set_cert_request_type(GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
    return grpc::experimental::TlsServerCredentials(options);
  }
  std::shared_ptr<grpc::ChannelCredentials> PooledClientWithoutOurVerifier() {
    grpc::experimental::TlsChannelCredentialsOptions options;
    options.set_certificate_provider(
        std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
            au_node_.key_path, au_node_.certificate_path, bundles_->PooledPath(), 1));
    options.watch_root_certs();
    options.watch_identity_key_cert_pairs();
    options.set_certificate_verifier(
        std::make_shared<grpc::experimental::NoOpCertificateVerifier>());
    options.set_check_call_host(false);
    return grpc::experimental::TlsCredentials(options);
  }

  const TempDir dir_;
  const KeyAndCertificate un_ = Authority("un.example");
  const KeyAndCertificate au_ = Authority("au.example");
  const testing::Credential un_node_ = Issue(un_, "spiffe://un.example/node/1", "un-node");
  const testing::Credential au_node_ = Issue(au_, "spiffe://au.example/node/1", "au-node");
  const std::shared_ptr<TrustBundles> bundles_ = BothBundles();
};

TEST_F(TlsTest, APeerIsServedAndNamed) {
  const Listener un(Server(un_node_, bundles_));
  const Reply reply = CallOnce(un.target(), Client(au_node_));
  ASSERT_TRUE(reply.status.ok()) << reply.status.error_message();
  EXPECT_EQ(reply.identity, "spiffe://au.example/node/1");
  EXPECT_EQ(reply.our_serial, DescribeCertificate(ReadFile(au_node_.certificate_path))->serial);
  EXPECT_EQ(reply.server_serial, DescribeCertificate(ReadFile(un_node_.certificate_path))->serial);
}

TEST_F(TlsTest, AForgedClientIsRefusedByUsAndAcceptedByThePoolAlone) {
  const testing::Credential forged = ForgedByAu("URI:spiffe://un.example/node/9", "forged");
  const Listener un(Server(un_node_, bundles_));
  EXPECT_TRUE(RefusedInHandshake(CallOnce(un.target(), Client(forged))));

  const Listener pooled(PooledServerWithoutOurVerifier());
  const Reply fooled = CallOnce(pooled.target(), Client(forged));
  ASSERT_TRUE(fooled.status.ok()) << fooled.status.error_message();
  EXPECT_EQ(fooled.identity, "spiffe://un.example/node/9");
}

// The forger may append genuine certificates of the organization it impersonates.
TEST_F(TlsTest, AForgedClientIsRefusedAlsoWithGenuineCertificatesInItsChain) {
  const testing::Credential forged = ForgedByAu("URI:spiffe://un.example/node/9", "forged");
  const Listener un(Server(un_node_, bundles_));
  for (const std::string& genuine : {ReadFile(un_node_.certificate_path), un_.certificate_pem,
                                     ReadFile(un_node_.certificate_path) + un_.certificate_pem}) {
    const testing::Credential chained{.key_path = forged.key_path,
                                      .certificate_path = dir_ / "chained.pem"};
    testing::WriteFile(chained.certificate_path, ReadFile(forged.certificate_path) + genuine);
    EXPECT_TRUE(RefusedInHandshake(CallOnce(un.target(), Client(chained))));
  }
}

TEST_F(TlsTest, APeerWithAnIntermediateAuthorityIsServed) {
  const testing::Credential root = testing::ForgeAuthority(dir_ / "root");
  const testing::Credential intermediate =
      testing::Forge({.prefix = dir_ / "intermediate",
                      .authority = root,
                      .names = "URI:spiffe://eccas.example",
                      .extensions = "basicConstraints=critical,CA:TRUE\n"
                                    "keyUsage=critical,keyCertSign\n"});
  const testing::Credential leaf = testing::Forge({.prefix = dir_ / "leaf",
                                                   .authority = intermediate,
                                                   .names = "URI:spiffe://eccas.example/node/1"});
  testing::WriteFile(leaf.certificate_path,
                     ReadFile(leaf.certificate_path) + ReadFile(intermediate.certificate_path));
  ASSERT_THAT(bundles_->Set("eccas.example", ReadFile(root.certificate_path)), IsOk());
  const Listener un(Server(un_node_, bundles_));
  EXPECT_EQ(CallOnce(un.target(), Client(leaf)).identity, "spiffe://eccas.example/node/1");
}

TEST_F(TlsTest, AForgedServerIsRefusedByUsAndAcceptedByThePoolAlone) {
  const Listener forged(Server(ForgedByAu("URI:spiffe://un.example/node/9", "forged"), bundles_));
  EXPECT_TRUE(RefusedInHandshake(CallOnce(forged.target(), Client(au_node_))));
  const Reply fooled = CallOnce(forged.target(), PooledClientWithoutOurVerifier());
  EXPECT_TRUE(fooled.status.ok()) << fooled.status.error_message();
}

TEST_F(TlsTest, AChannelReachesOnlyTheServerItExpects) {
  const Listener un(Server(un_node_, bundles_));
  const ChannelTlsOptions base{.certificate_path = au_node_.certificate_path,
                               .key_path = au_node_.key_path,
                               .bundles = bundles_,
                               .expected_trust_domain = "un.example"};
  ChannelTlsOptions options = base;
  options.expected_id = "1";
  EXPECT_TRUE(CallOnce(un.target(), *MakeChannelCredentials(options)).status.ok());
  options.expected_id = "2";
  EXPECT_TRUE(RefusedInHandshake(CallOnce(un.target(), *MakeChannelCredentials(options))));
  options = base;
  options.expected_kinds = {SpiffeId::Kind::kService};
  EXPECT_TRUE(RefusedInHandshake(CallOnce(un.target(), *MakeChannelCredentials(options))));
  options = base;
  options.expected_trust_domain = "au.example";
  EXPECT_TRUE(RefusedInHandshake(CallOnce(un.target(), *MakeChannelCredentials(options))));

  const Listener officer(
      Server(Issue(un_, "spiffe://un.example/officer/okoye", "officer"), bundles_));
  EXPECT_TRUE(RefusedInHandshake(CallOnce(officer.target(), *MakeChannelCredentials(base))));
}

TEST_F(TlsTest, StrangersAreRefused) {
  const Listener un(Server(un_node_, bundles_));
  const KeyAndCertificate stranger = Authority("stranger.example");
  const testing::Credential node = Issue(stranger, "spiffe://stranger.example/node/1", "stranger");
  EXPECT_TRUE(RefusedInHandshake(CallOnce(un.target(), Client(node)))) << "unknown authority";

  const testing::Credential two_names =
      ForgedByAu("URI:spiffe://au.example/node/1,URI:spiffe://un.example/node/9", "two");
  grpc::experimental::TlsChannelCredentialsOptions two;
  two.set_certificate_provider(std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
      two_names.key_path, two_names.certificate_path, bundles_->PooledPath(), 1));
  two.watch_root_certs();
  two.watch_identity_key_cert_pairs();
  two.set_certificate_verifier(std::make_shared<grpc::experimental::NoOpCertificateVerifier>());
  two.set_check_call_host(false);
  EXPECT_TRUE(RefusedInHandshake(CallOnce(un.target(), grpc::experimental::TlsCredentials(two))))
      << "two URI names";

  grpc::SslCredentialsOptions nobody;
  nobody.pem_root_certs = un_.certificate_pem;
  EXPECT_TRUE(RefusedInHandshake(CallOnce(un.target(), grpc::SslCredentials(nobody))))
      << "no certificate";
  EXPECT_TRUE(RefusedInHandshake(CallOnce(un.target(), grpc::InsecureChannelCredentials())))
      << "plaintext";
  EXPECT_TRUE(CallOnce(un.target(), Client(au_node_)).status.ok()) << "and a peer still is served";
}

// Standard TLS clients, too, know the server by its DNS name and our authority.
TEST_F(TlsTest, AStockClientConnectsByHostName) {
  const Listener un(Server(un_node_, bundles_));
  grpc::SslCredentialsOptions stock;
  stock.pem_root_certs = un_.certificate_pem;
  stock.pem_private_key = ReadFile(au_node_.key_path);
  stock.pem_cert_chain = ReadFile(au_node_.certificate_path);
  EXPECT_EQ(CallOnce(un.target(), grpc::SslCredentials(stock)).identity,
            "spiffe://au.example/node/1");
}

// Calls until `done` likes a reply; how long that took.
template <typename Done>
absl::Duration Until(const std::string& target,
                     const std::shared_ptr<grpc::ChannelCredentials>& credentials, Done done) {
  const absl::Time start = absl::Now();
  ch8::testing::WaitUntil([&] { return done(CallOnce(target, credentials)); }, absl::Seconds(10));
  return absl::Now() - start;
}

TEST_F(TlsTest, APeerPinnedAndUnpinnedAtRunTimeIsFollowed) {
  const std::shared_ptr<TrustBundles> bundles = UnBundleOnly();
  const Listener un(Server(un_node_, bundles));
  const std::shared_ptr<grpc::ChannelCredentials> au = Client(au_node_);
  ASSERT_FALSE(CallOnce(un.target(), au).status.ok());
  ASSERT_THAT(bundles->Set("au.example", au_.certificate_pem), IsOk());
  EXPECT_LT(Until(un.target(), au, [](const Reply& reply) { return reply.status.ok(); }),
            absl::Seconds(3));
  ASSERT_THAT(bundles->Remove("au.example"), IsOk());
  EXPECT_FALSE(CallOnce(un.target(), au).status.ok()) << "refused at once, by the verifier";
}

TEST_F(TlsTest, AChannelFollowsAPeerPinnedAtRunTime) {
  const Listener un(Server(un_node_, bundles_));
  const std::shared_ptr<TrustBundles> bundles = TrustBundles::Create().value();
  ASSERT_THAT(bundles->Set("au.example", au_.certificate_pem), IsOk());
  const auto credentials = MakeChannelCredentials({.certificate_path = au_node_.certificate_path,
                                                   .key_path = au_node_.key_path,
                                                   .bundles = bundles,
                                                   .expected_trust_domain = "un.example"});
  ASSERT_THAT(credentials, IsOk());
  ASSERT_FALSE(CallOnce(un.target(), *credentials).status.ok());
  ASSERT_THAT(bundles->Set("un.example", un_.certificate_pem), IsOk());
  EXPECT_LT(Until(un.target(), *credentials, [](const Reply& reply) { return reply.status.ok(); }),
            absl::Seconds(3));
}

TEST_F(TlsTest, AReplacedKeyAndCertificateAreServedAndOldConnectionsLiveOn) {
  const Listener un(Server(un_node_, bundles_));
  const std::shared_ptr<grpc::ChannelCredentials> au = Client(au_node_);
  grpc::GenericStub held(grpc::CreateChannel(un.target(), au));
  const std::string old_serial = Call(held).server_serial;
  ASSERT_NE(old_serial, "");
  Issue(un_, "spiffe://un.example/node/1", "un-node");
  const std::string new_serial = DescribeCertificate(ReadFile(un_node_.certificate_path))->serial;
  EXPECT_LT(
      Until(un.target(), au, [&](const Reply& reply) { return reply.server_serial == new_serial; }),
      absl::Seconds(4));
  EXPECT_EQ(Call(held).server_serial, old_serial);
}

TEST_F(TlsTest, OldProtocolsAreRefused) {
  const Listener un(Server(un_node_, bundles_));
  const auto handshake = [&](const std::string& version) {
    return testing::RunOpenssl(absl::StrCat(
        "s_client -connect ", un.target(), " -alpn h2 -cipher ALL:@SECLEVEL=0 -", version,
        " -cert ", au_node_.certificate_path, " -key ", au_node_.key_path, " </dev/null"));
  };
  for (const char* version : {"tls1", "tls1_1"}) {
    const testing::ToolResult result = handshake(version);
    EXPECT_NE(result.exit_code, 0) << version;
    EXPECT_THAT(result.output, HasSubstr("New, (NONE), Cipher is (NONE)")) << version;
  }
  for (const char* version : {"tls1_2", "tls1_3"}) {
    const testing::ToolResult result = handshake(version);
    EXPECT_EQ(result.exit_code, 0) << version << result.output;
    EXPECT_THAT(result.output, HasSubstr("ALPN protocol: h2")) << version;
  }
}

TEST_F(TlsTest, UnusableFilesAndExpectationsAreRefusedAtTheStart) {
  const auto server = [&](const std::string& certificate, const std::string& key,
                          std::shared_ptr<TrustBundles> bundles) {
    return MakeServerCredentials(
               {.certificate_path = certificate, .key_path = key, .bundles = std::move(bundles)})
        .status();
  };
  const std::string& certificate = un_node_.certificate_path;
  const std::string& key = un_node_.key_path;
  EXPECT_THAT(server(dir_ / "absent", key, bundles_), StatusIs(absl::StatusCode::kNotFound));
  EXPECT_THAT(server(certificate, au_node_.key_path, bundles_),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("belong")));
  EXPECT_THAT(server(certificate, key, nullptr), StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(server(certificate, key, TrustBundles::Create().value()),
              StatusIs(absl::StatusCode::kFailedPrecondition));
  const testing::Credential nameless = ForgedByAu("DNS:localhost", "nameless");
  EXPECT_THAT(server(nameless.certificate_path, nameless.key_path, bundles_),
              StatusIs(absl::StatusCode::kInvalidArgument));
  std::filesystem::permissions(key, std::filesystem::perms(0644));
  EXPECT_THAT(server(certificate, key, bundles_),
              StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("chmod 600")));
  EXPECT_THAT(MakeChannelCredentials({.certificate_path = au_node_.certificate_path,
                                      .key_path = au_node_.key_path,
                                      .bundles = bundles_,
                                      .expected_trust_domain = ""}),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST_F(TlsTest, APlaintextConnectionHasNoIdentity) {
  const Listener open(grpc::InsecureServerCredentials());
  EXPECT_EQ(CallOnce(open.target(), grpc::InsecureChannelCredentials()).status.error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
}

}  // namespace
}  // namespace ch8::trust
