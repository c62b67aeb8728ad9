// A real node against peers that have real keys and lie, each a process of its own over mutual TLS.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "tests/support/node_lies.h"
#include "tests/support/node_two.h"
#include "tests/support/node_wait.h"
#include "tests/support/shell.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {
namespace {

using chapter8::finance::v1::FundingRequest;
using chapter8::finance::v1::GetRequestRequest;
using chapter8::finance::v1::Offer;

constexpr int64_t kReceived = 100'000'000;
constexpr int64_t kAmount = 1'000'000;

// A liar: an organization with a home, pinned by the UN, whose federation port is our program.
class Liar {
 public:
  Liar(const std::string& folder, const std::string& organization)
      : home_({.folder = folder, .organization = organization}) {}

  void Start(const OrganizationNode& victim, const std::string& lie) {
    process_ =
        Process::Start({.program = "ch8-lying-peer",
                        .arguments = {"--home", home_.home(), "--organization",
                                      home_.organization(), "--peer", victim.home(), "--port",
                                      absl::StrCat(home_.federation_port()), "--lie", lie},
                        .output_path = home_.home() + ".log"});
    const bool listens =
        WaitUntil([this] { return absl::StrContains(process_->output(), "listening"); });
    ASSERT_TRUE(listens) << process_->output();
  }
  void BeHonest() { process_->Signal(SIGUSR1); }

  const OrganizationNode& home() const { return home_; }
  std::string Request(int number) const {
    return absl::StrFormat("requests/REQ-%s-26-%04d", absl::AsciiStrToUpper(home_.organization()),
                           number);
  }
  std::string OfferName() const {
    return absl::StrCat("offers/OFF-", absl::AsciiStrToUpper(home_.organization()), "-26-0001");
  }

 private:
  OrganizationNode home_;
  std::unique_ptr<Process> process_;
};

class LyingPeerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TempDir();
    nodes_ = new TwoNodes({.received_minor = kReceived});
  }
  static void TearDownTestSuite() {
    delete nodes_;
    delete folder_;
  }

  static double Failures() { return Metric("ch8_feed_verification_failures_total"); }
  static double Metric(absl::string_view name) {
    for (const absl::string_view line : absl::StrSplit(nodes_->un().Metrics(), '\n')) {
      absl::string_view rest = line;
      double value = 0;
      if (absl::ConsumePrefix(&rest, name) &&
          absl::SimpleAtod(absl::StripAsciiWhitespace(rest), &value)) {
        return value;
      }
    }
    ADD_FAILURE() << "the metric is missing";
    return -1;
  }

  static bool Knows(const std::string& request) {
    GetRequestRequest get;
    get.set_name(request);
    return nodes_->un()
        .As("auditor")
        .Call<FundingRequest>("finance.v1.RequestService.GetRequest", get)
        .ok();
  }

  // A new liar whose first request, an honest one, has been taken.
  static std::unique_ptr<Liar> Begin(const std::string& organization, const std::string& lie) {
    auto liar = std::make_unique<Liar>(folder_->path().string(), organization);
    liar->Start(nodes_->un(), lie);
    nodes_->un().Pin(liar->home());
    EXPECT_TRUE(WaitUntil([&] { return Knows(liar->Request(1)); })) << lie;
    return liar;
  }

  // While somebody lies, money goes on moving between the others.
  static void ExpectOthersAreServed() {
    const int64_t given = nodes_->Fund().given_minor();
    const std::string request = nodes_->MakeRequest(kAmount);
    const std::string offer = nodes_->Reserve(request, {.amount_minor = kAmount});
    ASSERT_TRUE(TwoNodes::Await(nodes_->au(), offer, Offer::RESERVED));
    ASSERT_THAT(nodes_->Accept(offer), IsOk());
    EXPECT_TRUE(TwoNodes::Await(nodes_->un(), offer, Offer::SETTLED));
    EXPECT_EQ(nodes_->Fund().given_minor(), given + kAmount);
  }

  static TempDir* folder_;
  static TwoNodes* nodes_;
};
TempDir* LyingPeerTest::folder_ = nullptr;
TwoNodes* LyingPeerTest::nodes_ = nullptr;

TEST_F(LyingPeerTest, LiesAboutAPageTakeNothingAreCountedAndEndWithHonesty) {
  int number = 0;
  for (const LieCase& lie : AllLies()) {
    SCOPED_TRACE(lie.name);
    const double before = Failures();
    const std::unique_ptr<Liar> liar = Begin(absl::StrCat("page-", ++number), lie.name);
    ASSERT_TRUE(WaitUntil([&] { return Failures() > before; }));
    EXPECT_FALSE(Knows(liar->Request(2)));
    EXPECT_FALSE(Knows(liar->Request(3)));
    liar->BeHonest();
    EXPECT_TRUE(WaitUntil([&] { return Knows(liar->Request(3)); }));
    EXPECT_TRUE(Knows(liar->Request(2)));
  }
  ExpectOthersAreServed();
}

TEST_F(LyingPeerTest, AnotherHistoryIsNeverTaken) {
  const double before = Failures();
  const std::unique_ptr<Liar> liar = Begin("forker", "fork");
  EXPECT_TRUE(WaitUntil([&] { return Failures() > before; }));
  ExpectOthersAreServed();
}

// An officer takes the proof out of the node, and openssl, which knows nothing of us, checks it.
TEST_F(LyingPeerTest, TwoHistoriesAreProvenToAnyone) {
  constexpr absl::string_view kMetric = "ch8_ledger_evidence{service=\"finance\"}";
  const double before = Metric(kMetric);
  const std::unique_ptr<Liar> liar = Begin("historian", "fork");
  ASSERT_TRUE(WaitUntil([&] { return Metric(kMetric) > before; }));
  const auto ch8 = [](const std::string& command) {
    return RunShell(absl::StrCat("CH8_CONFIG=", (folder_->path() / "config").string(), " ",
                                 ProgramPath("ch8"), " ", command));
  };
  const ShellResult added =
      ch8(absl::StrCat("context add un --officer-dir ", nodes_->un().FilesOf("auditor").folder,
                       " --endpoints ", nodes_->un().data(), "/endpoints.json"));
  ASSERT_EQ(added.exit_code, 0) << added.output;
  const std::string out = (folder_->path() / "evidence").string();

  const ShellResult kept = ch8("evidence export --out " + out);

  ASSERT_EQ(kept.exit_code, 0) << kept.output;
  EXPECT_THAT(kept.output, ::testing::HasSubstr(liar->home().origin("finance")));
  const auto verify = [&](const std::string& text, const std::string& signature) {
    return RunShell(absl::StrCat("cd ", out,
                                 "/1 && openssl pkeyutl -verify -pubin -inkey first.pem ",
                                 "-rawin -in ", text, " -sigfile ", signature))
        .exit_code;
  };
  EXPECT_EQ(verify("first.text", "first.sig"), 0);
  EXPECT_EQ(verify("second.text", "second.sig"), 0);
  EXPECT_NE(verify("first.text", "second.sig"), 0);
  const std::string trust = (folder_->path() / "trust").string();
  ASSERT_EQ(ch8("audit trust --out " + trust).exit_code, 0);
  const ShellResult proven = ch8(absl::StrCat("evidence verify ", out, " --trust ", trust));
  EXPECT_EQ(proven.exit_code, 0) << proven.output;
  EXPECT_THAT(proven.output, ::testing::HasSubstr(liar->home().origin("finance")));
  // Origin and size are the same, the root is another.
  const std::string differing = RunShell(absl::StrCat("cd ", out,
                                                      "/1 && diff first.text second.text"
                                                      " | grep -c '^<'"))
                                    .output;
  EXPECT_EQ(differing, "1\n");
}

TEST_F(LyingPeerTest, ATagThatIsNotThePayloadsStopsThatLog) {
  const double before = Failures();
  const std::unique_ptr<Liar> liar = Begin("tagger", "wrong-tag");
  EXPECT_TRUE(WaitUntil([&] { return Failures() > before; }));
  EXPECT_FALSE(Knows(liar->Request(2)));
  EXPECT_FALSE(Knows(liar->Request(3)));
  ExpectOthersAreServed();
}

TEST_F(LyingPeerTest, SilenceHoldsUpNobodyElse) {
  const std::unique_ptr<Liar> liar = Begin("silent", "silence");
  ExpectOthersAreServed();
  EXPECT_FALSE(Knows(liar->Request(2)));
  liar->BeHonest();
  EXPECT_TRUE(WaitUntil([&] { return Knows(liar->Request(3)); }));
}

// Verified, and false all the same: what a step says is judged by the ledger's own rules, and the
// entries behind it go on.
TEST_F(LyingPeerTest, AReserveThatContradictsItselfIsRefused) {
  const std::unique_ptr<Liar> liar = Begin("termless", "wrong-terms");
  EXPECT_TRUE(WaitUntil([&] { return Knows(liar->Request(3)); }));
  EXPECT_THAT(TwoNodes::Read(nodes_->un(), liar->OfferName()),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(LyingPeerTest, AReserveOnTermsThatAreNoneIsNoOffer) {
  const std::unique_ptr<Liar> liar = Begin("currency", "bad-terms");
  EXPECT_TRUE(WaitUntil([&] { return Knows(liar->Request(3)); }));
  EXPECT_THAT(TwoNodes::Read(nodes_->un(), liar->OfferName()),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST_F(LyingPeerTest, APostThatNobodyAcceptedMovesNothing) {
  const std::unique_ptr<Liar> liar = Begin("poster", "post-without-accept");
  EXPECT_TRUE(WaitUntil([&] { return Knows(liar->Request(3)); }));
  const absl::StatusOr<Offer> offer = TwoNodes::Read(nodes_->un(), liar->OfferName());
  ASSERT_THAT(offer, IsOk());
  EXPECT_NE(offer->state(), Offer::POSTED);
  EXPECT_EQ(offer->posted_minor(), 0);
}

// The port answers with a good certificate of another pinned organization.
TEST_F(LyingPeerTest, AnImpostorIsNotTalkedTo) {
  const Liar real(folder_->path().string(), "claimed");
  const Liar other(folder_->path().string(), "impostor");
  nodes_->un().Pin(real.home());
  nodes_->un().Pin(other.home());
  const std::string impostor_home = other.home().home();
  const std::unique_ptr<Process> impostor =
      Process::Start({.program = "ch8-lying-peer",
                      .arguments = {"--home", impostor_home, "--organization", "claimed", "--peer",
                                    nodes_->un().home(), "--port",
                                    absl::StrCat(real.home().federation_port()), "--lie", "none"},
                      .output_path = impostor_home + ".impostor.log"});
  ASSERT_TRUE(WaitUntil([&] { return absl::StrContains(impostor->output(), "listening"); }));
  ExpectOthersAreServed();
  EXPECT_FALSE(Knows(real.Request(1)));
}

}  // namespace
}  // namespace ch8::testing
