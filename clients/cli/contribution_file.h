#ifndef CH8_CLIENTS_CLI_CONTRIBUTION_FILE_H_
#define CH8_CLIENTS_CLI_CONTRIBUTION_FILE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/finance/v1/finance.pb.h"
#include "clients/cli/csv.h"

// Contributions from a CSV file, in one of two shapes that its header tells apart.
//
// Ours; the order of columns is free, those after decided_on may be missing:
//   donor, state (pledged, committed, partially-paid, paid), form (financial, in-kind), currency,
//   amount (1000000.00), decided_on (2026-02-14), exchange_rate (units of the original currency per
//   unit of the fund's, e.g. 0.824), rate_source, rate_date, external_id, parent
//
// OCHA's Financial Tracking Service: status (pledge, commitment, paid), contributionType,
//   originalAmount, originalCurrency, exchangeRate, amountUSD, decisionDate (or date),
//   srcOrganization, id. A flow without original amount or rate is taken at its US dollars; only
//   incoming flows are taken (rule F-11), and a flow that the file repeats is counted once.
//
// A second line of HXL tags (#adm, #value, …) is skipped.
namespace ch8::cli {

struct ContributionRow {
  CsvRecord record;
  chapter8::finance::v1::Contribution contribution;
};

struct RejectedRow {
  CsvRecord record;
  std::string problem;
};

struct ContributionFile {
  std::vector<std::string> header;
  std::vector<ContributionRow> rows;
  std::vector<RejectedRow> rejected;
};

struct TargetFund {
  std::string name;
  std::string currency_code;
};

// Errors: kInvalidArgument when the text is no CSV, has neither shape, or is in a currency that
// cannot reach the fund's. Bad rows are no error: they are in `rejected`.
absl::StatusOr<ContributionFile> ReadContributions(absl::string_view text, const TargetFund& fund);

// The rejected rows as CSV: the file's own columns, then line and problem.
std::string RejectsCsv(const ContributionFile& file);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_CONTRIBUTION_FILE_H_
