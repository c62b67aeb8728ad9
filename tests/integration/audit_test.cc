// Two real nodes exchange money; their officers export both ledgers with the real ch8; the exports
// are checked by the real ch8-verify and, from VERIFY.md alone, by openssl, Python, Go and hledger.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "clients/lib/client.h"
#include "tests/support/data.h"
#include "tests/support/node_two.h"
#include "tests/support/node_wait.h"
#include "tests/support/shell.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {
namespace {

using chapter8::books::v1::AccountOpened;
using chapter8::books::v1::OpenAccountsRequest;
using chapter8::books::v1::OpenAccountsResponse;
using chapter8::books::v1::PostTransfersRequest;
using chapter8::books::v1::PostTransfersResponse;
using chapter8::books::v1::TransferRow;
using chapter8::finance::v1::Offer;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// Rows between internal accounts: moved at once, held, and a hold ended.
void PostRows(OrganizationNode& node) {
  OpenAccountsRequest open;
  open.set_count(2);
  open.set_unit("TENT");
  open.set_floor(AccountOpened::NONE);
  open.set_request_id(client::NewRequestId());
  const auto opened =
      node.As("books").Call<OpenAccountsResponse>("books.v1.TransferService.OpenAccounts", open);
  ASSERT_THAT(opened, IsOk());
  PostTransfersRequest post;
  const auto add = [&](uint64_t id, TransferRow::Kind kind, uint64_t amount, uint64_t hold) {
    TransferRow& row = *post.add_rows();
    row.set_id_low(id);
    row.set_debit_account(opened->first_account());
    row.set_credit_account(opened->first_account() + 1);
    row.set_amount(amount);
    row.set_kind(kind);
    if (hold != 0) row.set_hold_id_low(hold);
  };
  add(1, TransferRow::POST, 40, 0);
  add(2, TransferRow::HOLD, 10, 0);
  add(3, TransferRow::HOLD, 5, 0);
  add(4, TransferRow::POST_HELD, 8, 2);
  add(5, TransferRow::VOID_HELD, 0, 3);
  post.set_request_id(client::NewRequestId());
  const auto posted =
      node.As("books").Call<PostTransfersResponse>("books.v1.TransferService.PostTransfers", post);
  ASSERT_THAT(posted, IsOk());
  ASSERT_EQ(posted->applied(), 5U);
}

// Nodes, what happened between them, and both exports, made once for all tests of this file.
class AuditTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    nodes_ = new TwoNodes();
    work_ = new TempDir();
    const std::string request = nodes_->MakeRequest(200'000'00);
    const std::string given = nodes_->Reserve(request, {.amount_minor = 150'000'00});
    ASSERT_TRUE(TwoNodes::Await(nodes_->au(), given, Offer::RESERVED));
    ASSERT_THAT(nodes_->Accept(given), IsOk());
    const std::string declined = nodes_->Reserve(request, {.amount_minor = 10'000'00});
    ASSERT_TRUE(TwoNodes::Await(nodes_->au(), declined, Offer::RESERVED));
    ASSERT_THAT(nodes_->Reject(declined), IsOk());
    PostRows(nodes_->un());
    ASSERT_TRUE(TwoNodes::Await(nodes_->un(), given, Offer::SETTLED));
    ASSERT_TRUE(WaitUntil([&] {
      const auto offer = TwoNodes::Read(nodes_->un(), declined);
      return offer.ok() && !offer->steps().empty() && offer->steps().rbegin()->step() == "SETTLED";
    }));
    Export();
  }
  static void TearDownTestSuite() {
    delete nodes_;
    delete work_;
  }

  // The AU's export first: then it holds no head of the UN beyond the UN's.
  static void Export() {
    AddContext("au", nodes_->au(), "auditor");
    AddContext("un", nodes_->un(), "auditor");
    AddContext("funds", nodes_->un(), "funds");
    for (const std::string& command :
         {"--as au audit export --out " + Path("au"), "--as un audit export --out " + Path("un"),
          "--as un audit export --operation AUSSOM --disclose counterparty=au.example --out " +
              Path("sample"),
          "--as au audit trust --out " + Path("trust"),
          "--as au audit head un --out " + Path("heads")}) {
      const ShellResult done = Ch8(command);
      ASSERT_EQ(done.exit_code, 0) << command << "\n" << done.output;
    }
  }

  static void AddContext(const std::string& name, OrganizationNode& node,
                         const std::string& officer) {
    const ShellResult added =
        Ch8(absl::StrCat("context add ", name, " --officer-dir ", node.FilesOf(officer).folder,
                         " --endpoints ", node.data(), "/endpoints.json"));
    ASSERT_EQ(added.exit_code, 0) << added.output;
  }

  static std::string Path(const std::string& name) { return *work_ / name; }
  static std::string Bin(const std::string& program) { return ProgramPath(program); }
  static ShellResult Ch8(const std::string& arguments) {
    return RunShell(absl::StrCat("CH8_CONFIG=", Path("config"), " ", Bin("ch8"), " ", arguments));
  }
  static ShellResult Verify(const std::string& arguments) {
    return RunShell(absl::StrCat(Bin("ch8-verify"), " ", arguments));
  }
  static std::string FromOutside() {
    return absl::StrCat(" --trust ", Path("trust"), " --head ", Path("heads"));
  }
  // A copy of the UN's export, to be tampered with.
  static std::string CopyOfUn(const std::string& name) {
    std::filesystem::copy(Path("un"), Path(name), std::filesystem::copy_options::recursive);
    return Path(name);
  }

  // The commands of an export's VERIFY.md, as it stands there, run in the export: each line of four
  // spaces, with the names of files from outside and of scratch files put in. `verdict` is what
  // ch8-verify exits with.
  static ShellResult RunVerifyText(const std::string& name, int verdict) {
    const std::string scratch = Path(name + "-scratch");
    std::filesystem::create_directory(scratch);
    ProgramOf("python", name, scratch + "/check.py");
    ProgramOf("go", name, scratch + "/check.go");
    std::string script =
        absl::StrCat("set -eu; cd ", Path(name), "; export GOFLAGS= GOCACHE=", Path("go"), "\n");
    bool program = false;
    for (const absl::string_view line : absl::StrSplit(ReadFile(Path(name + "/VERIFY.md")), '\n')) {
      if (absl::StartsWith(line, "```")) program = !program;
      if (program || !absl::StartsWith(line, "    ")) continue;
      absl::StrAppend(&script, line.substr(4),
                      absl::StartsWith(line, "    ch8-verify")
                          ? absl::StrCat(" || [ $? = ", verdict, " ]")
                          : "",
                      "\n");
    }
    script = absl::StrReplaceAll(script, {{"ch8-verify .", Bin("ch8-verify") + " ."},
                                          {"TRUST", Path("trust")},
                                          {"HEADS", Path("heads")},
                                          {"check.", scratch + "/check."},
                                          {"/tmp/text", scratch + "/text"},
                                          {"/tmp/signature", scratch + "/signature"}});
    std::ofstream(scratch + "/commands") << script;
    return RunShell("bash " + scratch + "/commands");
  }

  // The first block of `language` in VERIFY.md of the export `name`, as a file.
  static std::string ProgramOf(const std::string& language, const std::string& name,
                               const std::string& file) {
    const std::string text = ReadFile(Path(name + "/VERIFY.md"));
    const std::string begin = absl::StrCat("\n```", language, "\n");
    const size_t from = text.find(begin) + begin.size();
    std::ofstream(file) << text.substr(from, text.find("\n```\n", from) + 1 - from);
    return file;
  }

  static TwoNodes* nodes_;
  static TempDir* work_;
};
TwoNodes* AuditTest::nodes_ = nullptr;
TempDir* AuditTest::work_ = nullptr;

TEST_F(AuditTest, BothExportsAreVerifiedWithTheOtherSidesKeysAndHeads) {
  const ShellResult result =
      Verify(absl::StrCat(Path("un"), FromOutside(), " --peer ", Path("au")));
  EXPECT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(result.output, StartsWith("verified\n"));
  EXPECT_THAT(result.output, HasSubstr("un.example/ch8/finance: "));
  EXPECT_THAT(result.output, HasSubstr("1 transfers posted"));
  EXPECT_THAT(result.output, HasSubstr("a head of "));
}

TEST_F(AuditTest, WithoutKeysOrHeadsFromOutsideItIsConsistentOnly) {
  EXPECT_EQ(Verify(Path("un")).exit_code, 1);
  const ShellResult keys_only = Verify(absl::StrCat(Path("un"), " --trust ", Path("trust")));
  EXPECT_EQ(keys_only.exit_code, 1) << keys_only.output;
  EXPECT_THAT(keys_only.output, StartsWith("consistent only: no head from outside"));
}

TEST_F(AuditTest, OneByteChangedIsRefusedAndTheEntryNamed) {
  const std::string copy = CopyOfUn("tampered");
  std::string bundle;
  for (const auto& file :
       std::filesystem::recursive_directory_iterator(copy + "/finance/payloads")) {
    if (file.is_regular_file()) bundle = file.path().string();
  }
  std::string content = ReadFile(bundle);
  content[content.size() - 1] ^= 1;  // In the last entry's payload.
  std::ofstream(bundle, std::ios::binary) << content;
  const ShellResult result = Verify(copy + FromOutside());
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_THAT(result.output, StartsWith("refused: un.example/ch8/finance, entry "));
}

TEST_F(AuditTest, ExitCodesTellWhoseFaultItIs) {
  EXPECT_EQ(Verify("").exit_code, 2);
  EXPECT_EQ(Verify(Path("un") + " --frobnicate").exit_code, 2);
  EXPECT_EQ(Verify("--help").exit_code, 0);
  EXPECT_EQ(Verify(Path("nowhere")).exit_code, 3);
  EXPECT_EQ(Verify(absl::StrCat(Path("un"), " --trust ", Path("nowhere"))).exit_code, 3);
  EXPECT_EQ(Verify(absl::StrCat(Path("un"), " --trust ", Path("heads"))).exit_code, 2);
  EXPECT_EQ(Verify(absl::StrCat(Path("un"), " --head ", Path("heads"))).exit_code, 2);
}

TEST_F(AuditTest, ProgramsReadTheVerdictAsJson) {
  const ShellResult json = RunShell(absl::StrCat(
      Bin("ch8-verify"), " ", Path("un"), FromOutside(), " -o json | /usr/bin/python3 -c '",
      "import json, sys; r = json.load(sys.stdin); l = r[\"ledgers\"][1]; ",
      "print(r[\"verdict\"], r[\"exit\"], l[\"origin\"], l[\"posted\"])'"));
  EXPECT_EQ(json.output, "verified 0 un.example/ch8/finance 1\n");
}

TEST_F(AuditTest, TheSamePositionGivesTheSameBytesAndNothingIsOverwritten) {
  const ShellResult again = Ch8("--as un audit export --out " + Path("un-again"));
  ASSERT_EQ(again.exit_code, 0) << again.output;
  const ShellResult diff = RunShell(absl::StrCat("diff -r ", Path("un"), " ", Path("un-again")));
  EXPECT_EQ(diff.output, "");
  const ShellResult over = Ch8("--as un audit export --out " + Path("un"));
  EXPECT_EQ(over.exit_code, 5) << over.output;
  EXPECT_THAT(over.output, HasSubstr("never overwrites"));
}

TEST_F(AuditTest, OnlyAnAuditorExports) {
  const ShellResult denied = Ch8("--as funds audit export --out " + Path("denied"));
  EXPECT_EQ(denied.exit_code, 4) << denied.output;
  EXPECT_FALSE(std::filesystem::exists(Path("denied")));
  EXPECT_EQ(RunShell(absl::StrCat("ls ", Path(""), " | grep -c unfinished")).output, "0\n");
}

TEST_F(AuditTest, PeersAndProofsAreShownToEveryOfficer) {
  const ShellResult peers = Ch8("--as funds ledger peers finance");
  EXPECT_EQ(peers.exit_code, 0) << peers.output;
  EXPECT_THAT(peers.output, HasSubstr("au.example/ch8/finance"));
  EXPECT_THAT(peers.output, HasSubstr(" ago"));
  const ShellResult proof = Ch8("--as funds ledger proof finance 3");
  EXPECT_EQ(proof.exit_code, 0) << proof.output;
  EXPECT_THAT(proof.output, StartsWith("c2sp.org/tlog-proof@v1\nindex 3\n"));
  EXPECT_EQ(Ch8("--as funds ledger proof finance 1000000").exit_code, 2);
}

TEST_F(AuditTest, TheCommandsOfVerifyTextAreRunAsTheyStandThere) {
  for (const auto& [name, verdict] : {std::pair("un", 0), std::pair("sample", 8)}) {
    const ShellResult result = RunVerifyText(name, verdict);
    EXPECT_EQ(result.exit_code, 0) << name << "\n" << result.output;
    for (const char* says : {"Signature Verified Successfully", "entries lead to",
                             "leaves are under the signed root", "USD minor"}) {
      EXPECT_THAT(result.output, HasSubstr(says)) << name;
    }
  }
}

TEST_F(AuditTest, ASampleSaysThatItIsOneAndHidesTheRest) {
  const ShellResult result =
      Verify(absl::StrCat(Path("sample"), FromOutside(), " --peer ", Path("au")));
  EXPECT_EQ(result.exit_code, 8) << result.output;
  EXPECT_THAT(result.output, StartsWith("sample: "));
  EXPECT_THAT(result.output, HasSubstr("un.example/ch8/finance: SAMPLE, "));
  EXPECT_THAT(result.output, HasSubstr("not checked: completeness, balances"));
  EXPECT_THAT(ReadFile(Path("sample/finance/journal.hledger")), StartsWith("; A sample: "));
  EXPECT_THAT(ReadFile(Path("sample/VERIFY.md")),
              HasSubstr("> counterparty=au.example, operation=aussom\n"));
  EXPECT_EQ(RunShell("grep -r TENT " + Path("sample")).output, "");
  // Withheld payloads are no way to a COMPLETE, but for what is shared with the AU: all of it is
  // here, by the seal that the export made.
  const std::string complete = " -o json | grep -o '[^{]*COMPLETE' | cut -d, -f1,2 | sort -u";
  EXPECT_THAT(Verify(Path("sample") + complete).output,
              AllOf(HasSubstr("\"scope\":\"peers/au.example\",\"unit\":\"USD\""),
                    Not(HasSubstr("\"scope\":\"ledger\""))));
}

TEST_F(AuditTest, ABalanceIsProvenByOneFile) {
  const ShellResult proven = Ch8("--as funds account prove 1 --out " + Path("balance"));
  EXPECT_EQ(proven.exit_code, 0) << proven.output;
  EXPECT_THAT(proven.output, HasSubstr("accounts/1"));
  const ShellResult verified =
      Verify(absl::StrCat("--balance ", Path("balance"), " --trust ", Path("trust")));
  EXPECT_EQ(verified.exit_code, 1) << verified.output;
  EXPECT_THAT(verified.output,
              StartsWith("consistent only: no head from outside (--head): the organization could "
                         "have signed another history\n  un.example/ch8/finance, accounts/1 in "
                         "USD"));
  EXPECT_EQ(Verify(absl::StrCat("--balance ", Path("balance"), " --peer ", Path("au"))).exit_code,
            2);
  EXPECT_EQ(Verify("--balance " + Path("balance")).exit_code, 1);
  EXPECT_EQ(Verify("--balance " + Path("trust")).exit_code, 2);
  RunShell("sed -i 's/\"gross_credits\": \"[0-9]*/&0/' " + Path("balance"));
  const ShellResult told = Verify("--balance " + Path("balance"));
  EXPECT_EQ(told.exit_code, 7) << told.output;
  EXPECT_THAT(told.output, HasSubstr("its row"));
  EXPECT_EQ(Ch8("--as funds account prove 999 --out " + Path("none")).exit_code, 3);
  EXPECT_EQ(Ch8("--as funds ledger seal finance").exit_code, 4);
  EXPECT_EQ(Ch8("--as un ledger seal finance").exit_code, 0);
}

TEST_F(AuditTest, WhatCannotBeDisclosedIsSaid) {
  const std::string out = " --out " + Path("no-sample");
  const ShellResult unknown = Ch8("--as un audit export --disclose transfer=OFF-UN-26-9999" + out);
  EXPECT_EQ(unknown.exit_code, 3) << unknown.output;
  EXPECT_THAT(unknown.output, HasSubstr("is of transfer=OFF-UN-26-9999"));
  EXPECT_EQ(Ch8("--as un audit export --disclose everything" + out).exit_code, 2);
  EXPECT_EQ(Ch8("--as un audit export --disclose period=2026-03-02/2026-03-01" + out).exit_code, 2);
  EXPECT_FALSE(std::filesystem::exists(Path("no-sample")));
}

TEST_F(AuditTest, TheFilesAreWholeByCoreutils) {
  const ShellResult sums = RunShell(
      absl::StrCat("cd ", Path("un"), " && sha256sum --check --strict --quiet SHA256SUMS"));
  EXPECT_EQ(sums.exit_code, 0) << sums.output;
}

TEST_F(AuditTest, TheHeadsAreSignedByOpenssl) {
  for (const char* ledger : {"directory", "finance"}) {
    const std::string files =
        absl::StrCat("cd ", Path("un"), "; L=", ledger, " K=keys/un.example+ch8+", ledger,
                     ".pem; sed '/^$/,$d' $L/checkpoint >", Path("text"),
                     "; sed -n 's/^— [^ ]* //p' $L/checkpoint | base64 -d | tail -c +5 >",
                     Path("signature"), "; ");
    const std::string verify = absl::StrCat("openssl pkeyutl -verify -pubin -inkey $K -rawin -in ",
                                            Path("text"), " -sigfile ", Path("signature"));
    const ShellResult good = RunShell(files + verify);
    EXPECT_EQ(good.exit_code, 0) << good.output;
    EXPECT_THAT(good.output, HasSubstr("Signature Verified Successfully"));
    const ShellResult bad = RunShell(absl::StrCat(files, "echo >>", Path("text"), "; ", verify));
    EXPECT_NE(bad.exit_code, 0) << bad.output;
  }
}

TEST_F(AuditTest, ThePayloadsLeadToTheSignedRootByPython) {
  const std::string program = ProgramOf("python", "un", Path("check.py"));
  for (const char* ledger : {"/directory", "/finance"}) {
    const ShellResult result =
        RunShell(absl::StrCat("/usr/bin/python3 -B ", program, " ", Path("un"), ledger));
    EXPECT_EQ(result.exit_code, 0) << result.output;
    EXPECT_THAT(result.output, HasSubstr("entries lead to"));
  }
}

TEST_F(AuditTest, NoteTilesAndLeavesAreGoodByGo) {
  const std::string program = ProgramOf("go", "un", Path("check.go"));
  for (const char* ledger : {"directory", "finance"}) {
    const std::string vkey = RunShell(absl::StrCat("grep -oP 'log \\Kun.example/ch8/", ledger,
                                                   "\\S+' ", Path("un/policy.txt")))
                                 .output;
    const ShellResult result = RunShell(absl::StrCat(
        "GO111MODULE=off GOFLAGS= GOPATH=/usr/share/gocode GOCACHE=", Path("go"), " go run ",
        program, " ", vkey.substr(0, vkey.size() - 1), " ", Path("un/"), ledger));
    EXPECT_EQ(result.exit_code, 0) << result.output;
    EXPECT_THAT(result.output, HasSubstr("leaves are under the signed root"));
  }
}

TEST_F(AuditTest, TheJournalsAreStrictAndInOrderByHledger) {
  for (const char* journal : {"un/finance", "un/directory", "au/finance"}) {
    const ShellResult result = RunShell(absl::StrCat(
        "hledger --file ", Path(journal), "/journal.hledger check --strict ordereddates"));
    EXPECT_EQ(result.exit_code, 0) << result.output;
  }
  const ShellResult balance = RunShell(
      absl::StrCat("hledger --file ", Path("un/finance"), "/journal.hledger balance --flat TENT"));
  EXPECT_THAT(balance.output, HasSubstr("48 \"TENT minor\""));
}

}  // namespace
}  // namespace ch8::testing
