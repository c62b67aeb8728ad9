// The content of a report on its way from one real node to another: fetched by its digest, believed
// by nothing else, and kept only where an entry names it.
#include "services/kernel/bodies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "chapter8/information/v1/information_service.pb.h"
#include "services/trust/files.h"
#include "tests/support/node_organization.h"
#include "tests/support/node_reports.h"
#include "tests/support/node_wait.h"
#include "tests/support/shell.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::testing {
namespace {

using chapter8::authz::v1::Role;
using chapter8::information::v1::GetReportBodyRequest;
using chapter8::information::v1::ReleaseReportRequest;
using chapter8::information::v1::Report;
using chapter8::information::v1::ReportBody;

constexpr char kServices[] = "directory,finance,information,witness";
constexpr char kFirstRead[] = "information.v1.ReportService.ListReports";
constexpr char kFileReport[] = "information.v1.ReportService.FileReport";
constexpr char kGetReportBody[] = "information.v1.ReportService.GetReportBody";
constexpr char kReleaseReport[] = "information.v1.ReportService.ReleaseReport";

absl::StatusOr<ReportBody> Read(OrganizationNode& node, const std::string& report) {
  GetReportBodyRequest request;
  request.set_name(report);
  return node.As("auditor").Call<ReportBody>(kGetReportBody, request);
}

// As an officer whom the information ledger learns of a moment after the finance ledger.
template <typename Request>
Report Do(OrganizationNode& node, const std::string& officer, const std::string& rpc,
          Request request) {
  request.set_request_id(client::NewRequestId());
  absl::StatusOr<Report> result = absl::UnknownError("not tried");
  WaitUntil([&] {
    result = node.As(officer).Call<Report>(rpc, request);
    return result.ok() || !absl::IsPermissionDenied(result.status());
  });
  EXPECT_THAT(result, IsOk());
  return result.value_or(Report());
}

class BodiesTest : public ::testing::Test {
 protected:
  BodiesTest() {
    un_.Start();
    un_.Appoint("auditor", Role::AUDITOR);
  }

  std::string BodyFile(const Hash& digest) const {
    return absl::StrCat(un_.data(), "/information/bodies/", digest.ToHex());
  }
  std::string KeyFile(const Hash& digest) const {
    return absl::StrCat(un_.data(), "/body-keys/information/", digest.ToHex());
  }

  // While the UN's node does not run.
  ShellResult Fsck() const {
    return RunShell(
        absl::StrCat(ProgramPath("ch8d"), " fsck --data ", un_.data(), " --services information"));
  }

  // A pinned organization whose federation port is our liar.
  std::unique_ptr<Process> StartLiar(const OrganizationNode& home, const std::string& lie) {
    auto liar = Process::Start(
        {.program = "ch8-lying-peer",
         .arguments = {"--home", home.home(), "--organization", home.organization(), "--peer",
                       un_.home(), "--port", absl::StrCat(home.federation_port()), "--lie", lie},
         .output_path = home.home() + ".log"});
    un_.Pin(home);
    return liar;
  }

  const TempDir folder_;
  OrganizationNode un_{{.folder = folder_.path().string(),
                        .organization = "un",
                        .services = kServices,
                        .first_read = kFirstRead}};
};

// How often the liar was asked for the body. What is kept is not asked for again.
int TimesAsked(const Process& liar) {
  const std::vector<std::string> parts = absl::StrSplit(liar.output(), "asked for a body");
  return static_cast<int>(parts.size()) - 1;
}

TEST_F(BodiesTest, AreFetchedFromTheNodeThatReleasedThemAndOutliveARestart) {
  OrganizationNode au({.folder = folder_.path().string(),
                       .organization = "au",
                       .services = kServices,
                       .first_read = kFirstRead});
  au.Start();
  au.Appoint("analyst", Role::ANALYST);
  au.Appoint("releaser", Role::RELEASE_OFFICER);
  au.Pin(un_);
  un_.Pin(au);
  const std::string narrative(100'000, 'n');
  const Report filed = Do(au, "analyst", kFileReport, OpenReport(narrative));
  ReleaseReportRequest release;
  release.set_name(filed.name());
  release.add_organizations(un_.name());
  absl::StatusOr<Report> released = absl::UnknownError("not tried");
  release.set_request_id(client::NewRequestId());
  ASSERT_TRUE(WaitUntil([&] {  // The ledger learns of the pin a moment later.
    released = au.As("releaser").Call<Report>(kReleaseReport, release);
    return released.ok();
  })) << released.status();
  ASSERT_TRUE(WaitUntil([&] { return Read(un_, filed.name()).ok(); }));
  EXPECT_EQ(Read(un_, filed.name())->narrative(), narrative);

  // A crash between body and commit leaves what no entry names: the next start removes that alone.
  const Hash digest = *Hash::FromBytes(filed.body_digest());
  const Hash orphan = Sha256("an entry that never came");
  un_.Kill();
  for (const std::string& path : {BodyFile(orphan), KeyFile(orphan)}) {
    ASSERT_THAT(trust::WriteFileAtomically(path, "sealed", trust::kPrivateMode), IsOk());
  }
  ASSERT_TRUE(std::filesystem::exists(BodyFile(digest)));
  un_.Start();
  EXPECT_FALSE(std::filesystem::exists(BodyFile(orphan)));
  EXPECT_FALSE(std::filesystem::exists(KeyFile(orphan)));
  EXPECT_EQ(Read(un_, filed.name())->narrative(), narrative);

  un_.Kill();
  EXPECT_EQ(Fsck().exit_code, 0) << Fsck().output;
  std::fstream(BodyFile(digest), std::ios::in | std::ios::out | std::ios::binary).put('x');
  const ShellResult damaged = Fsck();
  EXPECT_EQ(damaged.exit_code, 1) << damaged.output;
  EXPECT_THAT(damaged.output, ::testing::HasSubstr(digest.ToHex()));
}

TEST_F(BodiesTest, OfAnotherDigestAreNotTaken) {
  const OrganizationNode home({.folder = folder_.path().string(), .organization = "au"});
  const std::unique_ptr<Process> liar = StartLiar(home, "other-body");
  ASSERT_TRUE(WaitUntil([&] { return TimesAsked(*liar) >= 2; })) << liar->output();
  EXPECT_EQ(ReasonOf(Read(un_, "reports/RPT-AU-26-0001").status()), "BODY_NOT_HERE");
  liar->Signal(SIGUSR1);
  ASSERT_TRUE(WaitUntil([&] { return Read(un_, "reports/RPT-AU-26-0001").ok(); }));
  EXPECT_EQ(Read(un_, "reports/RPT-AU-26-0001")->title(), "Movements");
}

TEST_F(BodiesTest, LongerThanAnyMayBeAreNotTaken) {
  const OrganizationNode home({.folder = folder_.path().string(), .organization = "au"});
  const std::unique_ptr<Process> liar = StartLiar(home, "long-body");
  ASSERT_TRUE(WaitUntil([&] { return TimesAsked(*liar) >= 2; })) << liar->output();
  EXPECT_EQ(ReasonOf(Read(un_, "reports/RPT-AU-26-0001").status()), "BODY_NOT_HERE");
  EXPECT_TRUE(std::filesystem::is_empty(un_.data() + "/information/bodies"));
}

}  // namespace
}  // namespace ch8::testing
