// A report is erased by two officers of one real node, and its copy at another. Then every byte
// that either has left is searched for it: data, write-ahead logs, keys, a backup, an audit export.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chapter8/information/v1/erasure_service.pb.h"
#include "chapter8/information/v1/information_service.pb.h"
#include "services/node/file_bodies.h"
#include "storage/rocks/rocks_ledger.h"
#include "tests/support/data.h"
#include "tests/support/node_organization.h"
#include "tests/support/node_reports.h"
#include "tests/support/node_wait.h"
#include "tests/support/shell.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::testing {
namespace {

using chapter8::authz::v1::Role;
using chapter8::information::v1::ApproveErasureRequest;
using chapter8::information::v1::Erasure;
using chapter8::information::v1::GetErasureRequest;
using chapter8::information::v1::GetReportBodyRequest;
using chapter8::information::v1::GetReportRequest;
using chapter8::information::v1::ListDisclosuresRequest;
using chapter8::information::v1::ListDisclosuresResponse;
using chapter8::information::v1::ReleaseReportRequest;
using chapter8::information::v1::Report;
using chapter8::information::v1::ReportBody;
using chapter8::information::v1::RequestErasureRequest;

constexpr char kCanary[] = "canary-a-witness-who-must-not-be-named";
constexpr char kService[] = "information.v1.ReportService.";
constexpr char kErasures[] = "information.v1.ErasureService.";

// Tried again while the information ledger has not heard of the officer or the pin.
template <typename Response, typename Request>
Response Do(OrganizationNode& node, const std::string& officer, const std::string& rpc,
            Request request) {
  absl::StatusOr<Response> result = absl::UnknownError("not tried");
  WaitUntil([&] {
    request.set_request_id(client::NewRequestId());
    result = node.As(officer).Call<Response>(rpc, request);
    return result.ok();
  });
  EXPECT_THAT(result, IsOk()) << rpc;
  return result.value_or(Response());
}

absl::StatusOr<ReportBody> Read(OrganizationNode& node, const Report& report) {
  GetReportBodyRequest request;
  request.set_name(report.name());
  return node.As("auditor").Call<ReportBody>(absl::StrCat(kService, "GetReportBody"), request);
}

Report::State StateAt(OrganizationNode& node, const Report& report) {
  GetReportRequest request;
  request.set_name(report.name());
  return node.As("auditor")
      .Call<Report>(absl::StrCat(kService, "GetReport"), request)
      .value_or(Report())
      .state();
}

// The files under `folder` in which `bytes` stand.
std::vector<std::string> FilesWith(const std::filesystem::path& folder, absl::string_view bytes) {
  std::vector<std::string> files;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder)) {
    if (file.is_regular_file() && absl::StrContains(ReadFile(file.path().string()), bytes)) {
      files.push_back(file.path().string());
    }
  }
  return files;
}

class ErasureTest : public ::testing::Test {
 protected:
  ErasureTest() {
    for (OrganizationNode* node : {&un_, &au_}) {
      node->Start();
      node->Appoint("auditor", Role::AUDITOR);
    }
    un_.Appoint("analyst", Role::ANALYST);
    un_.Appoint("releaser", Role::RELEASE_OFFICER);
    un_.Pin(au_);
    au_.Pin(un_);
  }

  static OrganizationNode::Options OptionsOf(const TempDir& folder, const std::string& id) {
    return {.folder = folder.path().string(),
            .organization = id,
            .services = "directory,finance,information,witness",
            .first_read = "information.v1.ReportService.ListReports"};
  }
  static std::string Bodies(const OrganizationNode& node) {
    return node.data() + "/information/bodies";
  }
  static std::string Keys(const OrganizationNode& node) {
    return node.data() + "/body-keys/information";
  }
  static std::string NameOf(const Report& report) {
    return Hash::FromBytes(report.body_digest())->ToHex();
  }

  // Filed at the UN and fetched by the AU.
  Report Shared(const std::string& narrative) {
    const Report filed =
        Do<Report>(un_, "analyst", absl::StrCat(kService, "FileReport"), OpenReport(narrative));
    ReleaseReportRequest release;
    release.set_name(filed.name());
    release.add_organizations(au_.name());
    Do<Report>(un_, "releaser", absl::StrCat(kService, "ReleaseReport"), release);
    EXPECT_TRUE(WaitUntil([&] { return Read(au_, filed).ok(); }));
    return filed;
  }

  void Erase(const Report& report) {
    RequestErasureRequest request;
    request.set_report(report.name());
    request.set_basis(Erasure::PROTECTION);
    request.set_reference("LEG/2026/114");
    ApproveErasureRequest approve;
    const auto requested =
        Do<Erasure>(un_, "analyst", absl::StrCat(kErasures, "RequestErasure"), request);
    approve.set_name(requested.name());
    approve.set_etag(requested.etag());
    const auto erased =
        Do<Erasure>(un_, "releaser", absl::StrCat(kErasures, "ApproveErasure"), approve);
    EXPECT_EQ(erased.state(), Erasure::ERASED);
  }

  // Whether the UN knows that the AU's copy is destroyed.
  bool Answered(const Report& report) {
    ListDisclosuresRequest request;
    request.set_report(report.name());
    const auto rows = un_.As("auditor").Call<ListDisclosuresResponse>(
        absl::StrCat(kService, "ListDisclosures"), request);
    return rows.ok() && rows->disclosures_size() == 1 && rows->disclosures(0).has_erased();
  }

  const TempDir folder_;   // All that the nodes have.
  const TempDir outside_;  // What was copied from them.
  OrganizationNode un_{OptionsOf(folder_, "un")};
  OrganizationNode au_{OptionsOf(folder_, "au")};
};

// Each payload and row of the information ledger, as the database gives them.
std::string LedgerBytes(const OrganizationNode& node) {
  const auto ledger = RocksLedger::Open({.path = node.database("information")});
  EXPECT_THAT(ledger, IsOk());
  if (!ledger.ok()) return "";
  std::string bytes;
  EXPECT_THAT((*ledger)->ReadEntries(0, (*ledger)->durable_size(),
                                     [&](const Entry& entry) {
                                       absl::StrAppend(&bytes, entry.payload, "\n");
                                       return true;
                                     }),
              IsOk());
  const std::unique_ptr<Snapshot> snapshot = (*ledger)->TakeSnapshot();
  for (const Table table : {Table::kRows, Table::kAnswers, Table::kPeer, Table::kMeta}) {
    EXPECT_THAT(snapshot->Scan(table, "", "",
                               [&](absl::string_view key, absl::string_view value) {
                                 absl::StrAppend(&bytes, key, "=", value, "\n");
                                 return true;
                               }),
                IsOk());
  }
  return bytes;
}

TEST_F(ErasureTest, NothingIsLeftOfItAnywhere) {
  const Report erased = Shared(kCanary);
  const Report kept = Shared("canary-of-the-other-report");
  const std::string un_key = ReadFile(Keys(un_) + "/" + NameOf(erased));
  const std::string au_key = ReadFile(Keys(au_) + "/" + NameOf(erased));
  ASSERT_EQ(un_key.size(), 32U);
  ASSERT_EQ(FilesWith(folder_.path(), un_key).size(), 1U) << "this test searches nothing";
  ASSERT_FALSE(FilesWith(folder_.path(), "RPT-UN-26-0001").empty());
  // A backup: the service's folder; the keys lie in another one.
  const std::string backup = outside_ / "backup";
  ASSERT_EQ(un_.Stop(), 0);
  std::filesystem::copy(un_.data() + "/information", backup,
                        std::filesystem::copy_options::recursive);
  un_.Start();

  Erase(erased);
  // Who is told that it is erased looks for it in vain.
  EXPECT_FALSE(std::filesystem::exists(Bodies(un_) + "/" + NameOf(erased)));
  EXPECT_FALSE(std::filesystem::exists(Keys(un_) + "/" + NameOf(erased)));
  EXPECT_EQ(ReasonOf(Read(un_, erased).status()), "ERASED");
  ASSERT_TRUE(WaitUntil([&] { return Answered(erased); }));
  EXPECT_EQ(StateAt(au_, erased), Report::ERASED);
  EXPECT_EQ(ReasonOf(Read(au_, erased).status()), "ERASED");
  EXPECT_EQ(Read(au_, kept)->narrative(), "canary-of-the-other-report");

  // With write-ahead logs as they lie, and after a start that has replayed them and ended in order.
  un_.Kill();
  au_.Kill();
  for (const absl::string_view bytes :
       {absl::string_view(kCanary), absl::string_view(un_key), absl::string_view(au_key)}) {
    EXPECT_THAT(FilesWith(folder_.path(), bytes), ::testing::IsEmpty());
  }
  un_.Start();
  au_.Start();
  EXPECT_EQ(ReasonOf(Read(un_, erased).status()), "ERASED");
  EXPECT_EQ(Read(un_, kept)->narrative(), "canary-of-the-other-report");
  for (OrganizationNode* node : {&un_, &au_}) {
    EXPECT_EQ(node->Stop(), 0);
    const ShellResult fsck = RunShell(absl::StrCat(ProgramPath("ch8d"), " fsck --data ",
                                                   node->data(), " --services information"));
    EXPECT_EQ(fsck.exit_code, 0) << fsck.output;
    const std::string bytes = LedgerBytes(*node);
    EXPECT_TRUE(absl::StrContains(bytes, "RPT-UN-26-0001")) << "this test searches nothing";
    EXPECT_FALSE(absl::StrContains(bytes, kCanary));
  }
  for (const absl::string_view bytes :
       {absl::string_view(kCanary), absl::string_view(un_key), absl::string_view(au_key)}) {
    EXPECT_THAT(FilesWith(folder_.path(), bytes), ::testing::IsEmpty());
    EXPECT_THAT(FilesWith(backup, bytes), ::testing::IsEmpty());
  }

  // The backup opens with today's keys, but for what was erased.
  std::filesystem::copy(Keys(un_), outside_ / "keys", std::filesystem::copy_options::recursive);
  const auto restored =
      node::FileBodies::Open({.bodies = backup + "/bodies", .keys = outside_ / "keys"});
  ASSERT_THAT(restored, IsOk());
  const Hash digest = *Hash::FromBytes(erased.body_digest());
  EXPECT_TRUE((*restored)->Has(digest));
  EXPECT_THAT((*restored)->Get(digest), StatusIs(absl::StatusCode::kNotFound));
  const auto other = (*restored)->Get(*Hash::FromBytes(kept.body_digest()));
  ASSERT_THAT(other, IsOk());
  EXPECT_TRUE(absl::StrContains(*other, "canary-of-the-other-report"));
}

// A crash after the approving entry and before the destruction leaves key and body where they were.
TEST_F(ErasureTest, ACrashBeforeTheDestructionEndsInItAtTheNextStart) {
  const Report erased = Shared(kCanary);
  const Report kept = Shared("canary-of-the-other-report");
  const std::string saved_body = outside_ / "body";
  const std::string saved_key = outside_ / "key";
  std::filesystem::copy_file(Bodies(un_) + "/" + NameOf(erased), saved_body);
  std::filesystem::copy_file(Keys(un_) + "/" + NameOf(erased), saved_key);
  Erase(erased);
  un_.Kill();
  std::filesystem::copy_file(saved_body, Bodies(un_) + "/" + NameOf(erased));
  std::filesystem::copy_file(saved_key, Keys(un_) + "/" + NameOf(erased));
  un_.Start();
  EXPECT_FALSE(std::filesystem::exists(Bodies(un_) + "/" + NameOf(erased)));
  EXPECT_FALSE(std::filesystem::exists(Keys(un_) + "/" + NameOf(erased)));
  EXPECT_EQ(Read(un_, kept)->narrative(), "canary-of-the-other-report");
}

TEST_F(ErasureTest, AnAuditExportStillVerifiesAndHoldsNoContent) {
  const Report erased = Shared(kCanary);
  const std::string key = ReadFile(Keys(un_) + "/" + NameOf(erased));
  Erase(erased);
  ASSERT_TRUE(WaitUntil([&] { return Answered(erased); }));
  const auto ch8 = [&](const std::string& arguments) {
    return RunShell(
        absl::StrCat("CH8_CONFIG=", outside_ / "config", " ", ProgramPath("ch8"), " ", arguments));
  };
  for (OrganizationNode* node : {&un_, &au_}) {
    const ShellResult added = ch8(absl::StrCat("context add ", node->organization(),
                                               " --officer-dir ", node->FilesOf("auditor").folder,
                                               " --endpoints ", node->data(), "/endpoints.json"));
    ASSERT_EQ(added.exit_code, 0) << added.output;
  }
  for (const std::string& command :
       {absl::StrCat("--as au audit trust --out ", outside_ / "trust"),
        absl::StrCat("--as au audit head un --out ", outside_ / "heads"),
        absl::StrCat("--as un audit export --out ", outside_ / "un")}) {
    const ShellResult done = ch8(command);
    ASSERT_EQ(done.exit_code, 0) << command << "\n" << done.output;
  }
  const ShellResult verified =
      RunShell(absl::StrCat(ProgramPath("ch8-verify"), " ", outside_ / "un", " --trust ",
                            outside_ / "trust", " --head ", outside_ / "heads"));
  EXPECT_EQ(verified.exit_code, 0) << verified.output;
  EXPECT_TRUE(absl::StrContains(verified.output, "un.example/ch8/information: "))
      << verified.output;
  EXPECT_FALSE(FilesWith(outside_ / "un", "RPT-UN-26-0001").empty()) << "searches nothing";
  EXPECT_THAT(FilesWith(outside_ / "un", kCanary), ::testing::IsEmpty());
  EXPECT_THAT(FilesWith(outside_ / "un", key), ::testing::IsEmpty());
}

}  // namespace
}  // namespace ch8::testing
