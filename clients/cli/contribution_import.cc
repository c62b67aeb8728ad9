#include "clients/cli/contribution_import.h"

#include <algorithm>
#include <map>
#include <ostream>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "chapter8/finance/v1/finance_service.pb.h"
#include "clients/cli/contribution_file.h"
#include "clients/cli/names.h"
#include "clients/cli/read_file.h"
#include "clients/cli/session.h"
#include "clients/lib/money.h"
#include "clients/lib/status_details.h"
#include "services/trust/files.h"
#include "storage/base/hash.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::finance::v1::Contribution;
using chapter8::finance::v1::Fund;
using chapter8::finance::v1::GetFundRequest;
using chapter8::finance::v1::ImportContributionsRequest;
using chapter8::finance::v1::ImportContributionsResponse;

constexpr size_t kBatchRowsMax = 1000;
constexpr size_t kProblemsShownMax = 5;

// A request id for one try of one batch, the same whenever the import is asked for again.
std::string DerivedRequestId(const std::string& base, size_t batch, size_t attempt) {
  const std::string hex =
      Sha256(absl::StrCat("chapter8/contribution-import/v1\n", base, "\n", batch, "\n", attempt))
          .ToHex();
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-8", hex.substr(13, 3), "-8",
                      hex.substr(17, 3), "-", hex.substr(20, 12));
}

class Importer {
 public:
  Importer(Session& session, Fund fund, ContributionFile file, std::string rejects_path)
      : session_(session),
        fund_(std::move(fund)),
        file_(std::move(file)),
        rejects_path_(std::move(rejects_path)) {}

  absl::Status Run();

 private:
  absl::Status CheckRejected() const;
  std::string BaseOf(const ImportContributionsRequest& request);
  absl::Status SendBatch(size_t batch, std::vector<ContributionRow> rows);
  // Takes the row that the server refused out of `rows`. False when the refusal is not about a row,
  // or rows are not to be set aside.
  bool SetAside(const absl::Status& refusal, std::vector<ContributionRow>& rows);
  absl::Status WriteRejects() const;
  void ShowProgress(size_t done) const;
  void ShowSums();

  Session& session_;
  const Fund fund_;
  ContributionFile file_;
  const std::string rejects_path_;
  std::map<std::pair<int, int>, std::pair<size_t, int64_t>> sums_;  // Count, minor by state, form.
  size_t recorded_ = 0;
};

absl::Status Importer::CheckRejected() const {
  if (file_.rejected.empty() || !rejects_path_.empty()) return absl::OkStatus();
  std::string text =
      absl::StrCat(file_.rejected.size(), " of ", file_.rejected.size() + file_.rows.size(),
                   " rows cannot be taken; set them aside with --rejects FILE");
  for (size_t i = 0; i < std::min(file_.rejected.size(), kProblemsShownMax); ++i) {
    const RejectedRow& row = file_.rejected[i];
    absl::StrAppend(&text, "\n  line ", row.record.line, ": ", row.problem);
  }
  if (file_.rejected.size() > kProblemsShownMax) absl::StrAppend(&text, "\n  …");
  return absl::InvalidArgumentError(text);
}

bool Importer::SetAside(const absl::Status& refusal, std::vector<ContributionRow>& rows) {
  const auto info = client::ErrorInfoOf(refusal);
  const auto row = info.metadata().find("row");
  size_t number = 0;
  if (row == info.metadata().end() || !absl::SimpleAtoi(row->second, &number)) return false;
  if (number == 0 || number > rows.size()) return false;
  ContributionRow& refused = rows[number - 1];
  if (rejects_path_.empty()) {
    session_.Say(absl::StrCat("line ", refused.record.line, " of the file is row ", number,
                              " of its batch; --rejects FILE sets such rows aside"));
    return false;
  }
  file_.rejected.push_back({std::move(refused.record), std::string(refusal.message())});
  rows.erase(rows.begin() + static_cast<ptrdiff_t>(number - 1));
  return true;
}

// The same rows asked for again are the same request, so that a file imported twice counts once.
std::string Importer::BaseOf(const ImportContributionsRequest& request) {
  const Globals& globals = session_.globals();
  if (!globals.request_id.empty() || globals.dry_run) return session_.request_id();
  return Sha256(request.SerializeAsString()).ToHex();
}

absl::Status Importer::SendBatch(size_t batch, std::vector<ContributionRow> rows) {
  for (size_t attempt = 0; !rows.empty(); ++attempt) {
    ImportContributionsRequest request;
    request.set_fund(fund_.name());
    for (const ContributionRow& row : rows) *request.add_contributions() = row.contribution;
    request.set_request_id(DerivedRequestId(BaseOf(request), batch, attempt));
    ImportContributionsResponse response;
    const absl::Status status =
        session_.Act("finance.v1.FundService.ImportContributions", request, response);
    if (status.ok()) {
      for (const Contribution& contribution : response.contributions()) {
        auto& [count, minor] = sums_[{contribution.state(), contribution.form()}];
        ++count;
        minor += contribution.amount_minor();
      }
      recorded_ += rows.size();
      return absl::OkStatus();
    }
    if (!SetAside(status, rows)) return status;
  }
  return absl::OkStatus();
}

void Importer::ShowProgress(size_t done) const {
  if (!session_.world().err_is_terminal) return;
  constexpr size_t kWidth = 30;
  const size_t total = std::max<size_t>(file_.rows.size(), 1);
  const size_t filled = done * kWidth / total;
  session_.world().err << "\r[" << std::string(filled, '#') << std::string(kWidth - filled, '.')
                       << "] " << done << " of " << file_.rows.size()
                       << (done == file_.rows.size() ? "\n" : "") << std::flush;
}

absl::Status Importer::WriteRejects() const {
  if (rejects_path_.empty() || file_.rejected.empty()) return absl::OkStatus();
  return trust::WriteFileAtomically(rejects_path_, RejectsCsv(file_), trust::kPrivateMode);
}

void Importer::ShowSums() {
  const bool for_people = session_.globals().output == OutputFormat::kTable;
  Table table;
  table.columns = {{"state"},
                   {"form"},
                   {"contributions", Column::Align::kRight},
                   {"currency"},
                   {"amount", Column::Align::kRight}};
  for (const auto& [key, sum] : sums_) {
    table.rows.push_back({Contribution::State_Name(static_cast<Contribution::State>(key.first)),
                          Contribution::Form_Name(static_cast<Contribution::Form>(key.second)),
                          absl::StrCat(sum.first), fund_.currency_code(),
                          client::FormatAmount(sum.second, fund_.currency_code(),
                                               for_people ? client::Grouping::kThousands
                                                          : client::Grouping::kNone)});
  }
  session_.ShowTable(table);
}

absl::Status Importer::Run() {
  RETURN_IF_ERROR(CheckRejected());
  std::vector<ContributionRow> rows = file_.rows;
  absl::Status status;
  for (size_t at = 0, batch = 0; at < rows.size() && status.ok(); at += kBatchRowsMax, ++batch) {
    ShowProgress(at);
    const size_t end = std::min(at + kBatchRowsMax, rows.size());
    status = SendBatch(batch, {rows.begin() + static_cast<ptrdiff_t>(at),
                               rows.begin() + static_cast<ptrdiff_t>(end)});
  }
  const absl::Status written = WriteRejects();
  if (!status.ok()) {
    session_.Say(absl::StrCat(recorded_, " of ", rows.size(), " were recorded before it stopped"));
    return status;
  }
  ShowProgress(rows.size());
  RETURN_IF_ERROR(written);
  ShowSums();
  const bool dry_run = session_.globals().dry_run;
  session_.Say(absl::StrCat(recorded_, dry_run ? " would be recorded in " : " recorded in ",
                            IdOf(fund_.name()), ", ", file_.rejected.size(), " set aside",
                            file_.rejected.empty() ? "" : ": ",
                            file_.rejected.empty() ? "" : rejects_path_));
  if (!file_.rejected.empty()) session_.Differs();
  return absl::OkStatus();
}

}  // namespace

absl::Status ImportContributions(const Arguments& arguments, Session& session) {
  ASSIGN_OR_RETURN(const std::string text, ReadFileText(arguments.Get("file")));
  RETURN_IF_ERROR(session.Connect());
  GetFundRequest request;
  request.set_name(FundName(arguments.Get("fund"), session.own()));
  Fund fund;
  RETURN_IF_ERROR(session.Read("finance.v1.FundService.GetFund", request, fund));
  ASSIGN_OR_RETURN(
      ContributionFile file,
      ReadContributions(text, {.name = fund.name(), .currency_code = fund.currency_code()}));
  return Importer(session, std::move(fund), std::move(file), arguments.Get("rejects")).Run();
}

}  // namespace ch8::cli
