#include "clients/cli/contribution_file.h"

#include <utf8proc.h>

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cli/table.h"
#include "clients/cli/values.h"
#include "clients/lib/money.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::finance::v1::Contribution;

constexpr char kFtsRateSource[] = "OCHA FTS";

// A row's cells by column name; missing columns are empty.
class Cells {
 public:
  Cells(const std::map<std::string, size_t>& columns, const CsvRecord& record)
      : columns_(columns), record_(record) {}

  std::string operator[](const std::string& column) const {
    const auto found = columns_.find(column);
    if (found == columns_.end() || found->second >= record_.cells.size()) return "";
    return record_.cells[found->second];
  }

 private:
  const std::map<std::string, size_t>& columns_;
  const CsvRecord& record_;
};

bool IsUtf8(absl::string_view text) {
  while (!text.empty()) {
    utf8proc_int32_t code = 0;
    const auto size = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                       static_cast<utf8proc_ssize_t>(text.size()), &code);
    if (size <= 0) return false;
    text.remove_prefix(static_cast<size_t>(size));
  }
  return true;
}

absl::Status SetOriginal(const std::string& currency, const std::string& amount,
                         Contribution& contribution) {
  ASSIGN_OR_RETURN(const int64_t minor, client::ParseAmount(amount, currency));
  contribution.mutable_original()->set_currency_code(currency);
  contribution.mutable_original()->set_amount_minor(minor);
  return absl::OkStatus();
}

absl::StatusOr<Contribution> FromOurColumns(const Cells& cells, const TargetFund& fund) {
  Contribution contribution;
  contribution.set_fund(fund.name);
  contribution.set_donor(cells["donor"]);
  if (cells["donor"].empty()) return absl::InvalidArgumentError("no donor");
  ASSIGN_OR_RETURN(const int state, ParseEnum(*Contribution::State_descriptor(), cells["state"]));
  contribution.set_state(static_cast<Contribution::State>(state));
  ASSIGN_OR_RETURN(const int form, ParseEnum(*Contribution::Form_descriptor(), cells["form"]));
  contribution.set_form(static_cast<Contribution::Form>(form));
  RETURN_IF_ERROR(SetOriginal(cells["currency"], cells["amount"], contribution));
  ASSIGN_OR_RETURN(*contribution.mutable_decided_on(), ParseDate(cells["decided_on"]));
  if (!cells["exchange_rate"].empty()) {
    contribution.set_exchange_rate(cells["exchange_rate"]);
    contribution.set_rate_source(cells["rate_source"]);
    ASSIGN_OR_RETURN(*contribution.mutable_rate_date(), ParseDate(cells["rate_date"]));
  }
  contribution.set_external_id(cells["external_id"]);
  contribution.set_parent(cells["parent"]);
  return contribution;
}

absl::StatusOr<Contribution::State> FtsState(const std::string& status) {
  if (status == "pledge") return Contribution::PLEDGED;
  if (status == "commitment") return Contribution::COMMITTED;
  if (status == "paid") return Contribution::PAID;
  return absl::InvalidArgumentError(
      absl::StrCat("status '", absl::CHexEscape(status), "' is unknown"));
}

absl::StatusOr<Contribution> FromFts(const Cells& cells, const TargetFund& fund) {
  if (cells["boundary"] != "incoming" && !cells["boundary"].empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a flow that is ", absl::CHexEscape(cells["boundary"]), " is no contribution (rule F-11)"));
  }
  Contribution contribution;
  contribution.set_fund(fund.name);
  const std::string donor = cells["srcOrganization"];
  contribution.set_donor(donor.empty() ? "not specified" : donor);
  ASSIGN_OR_RETURN(const Contribution::State state, FtsState(cells["status"]));
  contribution.set_state(state);
  const bool in_kind = absl::EqualsIgnoreCase(cells["contributionType"], "in kind");
  contribution.set_form(in_kind ? Contribution::IN_KIND : Contribution::FINANCIAL);
  const std::string decided = cells["decisionDate"].empty() ? cells["date"] : cells["decisionDate"];
  ASSIGN_OR_RETURN(*contribution.mutable_decided_on(), ParseDate(decided));
  const bool original = !cells["originalAmount"].empty() && !cells["originalCurrency"].empty() &&
                        !cells["exchangeRate"].empty() && cells["originalCurrency"] != "USD";
  if (!original) {
    RETURN_IF_ERROR(SetOriginal("USD", cells["amountUSD"], contribution));
  } else {
    RETURN_IF_ERROR(SetOriginal(cells["originalCurrency"], cells["originalAmount"], contribution));
  }
  if (contribution.original().amount_minor() == 0) {
    return absl::InvalidArgumentError("the flow is of nothing: its amount is zero");
  }
  if (contribution.original().currency_code() != "USD") {
    contribution.set_exchange_rate(cells["exchangeRate"]);
    contribution.set_rate_source(kFtsRateSource);
    *contribution.mutable_rate_date() = contribution.decided_on();
  }
  contribution.set_external_id(cells["id"]);
  return contribution;
}

bool IsHxlTags(const CsvRecord& record) {
  bool any = false;
  for (const std::string& cell : record.cells) {
    if (!cell.empty() && cell[0] != '#') return false;
    any = any || !cell.empty();
  }
  return any;
}

absl::Status CheckShape(const std::map<std::string, size_t>& columns, bool fts,
                        const TargetFund& fund) {
  if (fts && fund.currency_code != "USD") {
    return absl::InvalidArgumentError(
        absl::StrCat("FTS rates are units per US dollar; the fund is in ", fund.currency_code));
  }
  if (fts) return absl::OkStatus();
  std::vector<std::string> missing;
  for (const char* column : {"donor", "state", "form", "currency", "amount", "decided_on"}) {
    if (!columns.contains(column)) missing.push_back(column);
  }
  if (missing.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("the file's first line lacks the columns ",
                                                 absl::StrJoin(missing, ", "),
                                                 "; see ch8 contribution import --help"));
}

absl::StatusOr<Contribution> ReadRow(const CsvRecord& record,
                                     const std::map<std::string, size_t>& columns, bool fts,
                                     const TargetFund& fund) {
  if (record.cells.size() != columns.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(record.cells.size(), " cells, ", columns.size(), " columns"));
  }
  for (const std::string& cell : record.cells) {
    if (!IsUtf8(cell)) return absl::InvalidArgumentError("a cell is not UTF-8");
  }
  const Cells cells(columns, record);
  return fts ? FromFts(cells, fund) : FromOurColumns(cells, fund);
}

}  // namespace

absl::StatusOr<ContributionFile> ReadContributions(absl::string_view text, const TargetFund& fund) {
  ASSIGN_OR_RETURN(std::vector<CsvRecord> records, ParseCsv(text));
  if (records.empty()) return absl::InvalidArgumentError("the file is empty");
  ContributionFile file;
  file.header = records[0].cells;
  std::map<std::string, size_t> columns;
  for (size_t i = 0; i < file.header.size(); ++i) columns[file.header[i]] = i;
  if (columns.size() != file.header.size()) {
    return absl::InvalidArgumentError("two columns have the same name");
  }
  const bool fts = columns.contains("amountUSD") && columns.contains("status");
  RETURN_IF_ERROR(CheckShape(columns, fts, fund));
  std::map<std::vector<std::string>, size_t> seen;  // Line by what it says.
  for (size_t i = 1; i < records.size(); ++i) {
    if (i == 1 && IsHxlTags(records[i])) continue;
    auto contribution = ReadRow(records[i], columns, fts, fund);
    const auto [first, is_new] = seen.emplace(records[i].cells, records[i].line);
    if (contribution.ok() && !is_new && !contribution->external_id().empty()) {
      contribution = absl::InvalidArgumentError(absl::StrCat(
          "repeats line ", first->second, ", which is the same contribution (rule F-11)"));
    }
    if (contribution.ok()) {
      file.rows.push_back({std::move(records[i]), *std::move(contribution)});
    } else {
      file.rejected.push_back(
          {std::move(records[i]), std::string(contribution.status().message())});
    }
  }
  return file;
}

std::string RejectsCsv(const ContributionFile& file) {
  Table table;
  for (const std::string& name : file.header) table.columns.push_back({.title = name});
  table.columns.push_back({.title = "line"});
  table.columns.push_back({.title = "problem"});
  std::vector<const RejectedRow*> rows;
  for (const RejectedRow& row : file.rejected) rows.push_back(&row);
  std::sort(rows.begin(), rows.end(), [](const RejectedRow* a, const RejectedRow* b) {
    return a->record.line < b->record.line;
  });
  for (const RejectedRow* row : rows) {
    std::vector<std::string> cells = row->record.cells;
    cells.resize(file.header.size());
    cells.push_back(absl::StrCat(row->record.line));
    cells.push_back(row->problem);
    table.rows.push_back(std::move(cells));
  }
  return RenderCsv(table);
}

}  // namespace ch8::cli
