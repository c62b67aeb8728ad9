// What officers type, and files that they were given.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "clients/cli/contribution_file.h"
#include "clients/cli/csv.h"
#include "clients/cli/exercise_lines.h"
#include "clients/cli/values.h"
#include "clients/lib/endpoints.h"
#include "clients/lib/money.h"
#include "storage/base/check.h"
#include "tests/fuzz/target.h"

namespace ch8::fuzz {
namespace {

// True when `value` is one; else its refusal is looked at.
template <typename T>
bool IsOne(const absl::StatusOr<T>& value) {
  if (!value.ok()) Refused(value.status());
  return value.ok();
}

bool IsDate(absl::string_view input) {
  const auto date = cli::ParseDate(input);
  if (date.ok()) SameBytes(input, cli::FormatDate(*date));
  return IsOne(date);
}

bool IsHold(absl::string_view input) {
  const auto hold = cli::ParseHold(input);
  if (hold.ok()) {
    Check(hold->seconds() >= 0 && hold->nanos() >= 0 && hold->nanos() < 1'000'000'000,
          "no time is negative");
    Check(hold->seconds() > 0 || hold->nanos() > 0, "nor nothing");
  }
  return IsOne(hold);
}

bool IsItemQuantity(absl::string_view input) {
  const auto item = cli::ParseItemQuantity(input);
  if (item.ok()) Check(item->quantity >= 0, "nobody has less than no tents");
  return IsOne(item);
}

bool IsDegrees(absl::string_view input) {
  const auto degrees = cli::ParseDegrees(input);
  if (degrees.ok()) Check(*degrees < 1'000'000'000 && *degrees > -1'000'000'000, "three digits");
  return IsOne(degrees);
}

bool IsSeats(absl::string_view input) {
  const auto seats = cli::SeatsLine(input);
  if (seats.ok()) Check(seats->category() != 0, "seats have a category");
  return IsOne(seats);
}

bool IsMoney(absl::string_view input) {
  const auto money = client::ParseMoney(input);
  if (!money.ok()) return IsOne(money);
  Check(money->amount_minor() >= 0, "no amount is negative");
  const std::string spelled =
      client::FormatAmount(money->amount_minor(), money->currency_code(), client::Grouping::kNone);
  Check(client::ParseAmount(spelled, money->currency_code()).value() == money->amount_minor(),
        "what is shown is what was typed");
  return true;
}

// All of them, so that every input reaches each.
Outcome RunValues(absl::string_view input) {
  bool accepted = IsDate(input);
  accepted |= IsHold(input);
  accepted |= IsItemQuantity(input);
  accepted |= IsDegrees(input);
  accepted |= IsSeats(input);
  accepted |= IsMoney(input);
  accepted |= IsOne(cli::BookableName(input, "un"));
  accepted |= IsOne(cli::InstructorLine(input, "un"));
  return accepted ? Outcome::kAccepted : Outcome::kRefused;
}

std::vector<std::string> ValuesSeeds() {
  return {"2026-03-21",
          "3d12h",
          "90m",
          "TENT-10P=120",
          "-1.292066",
          "ecowas:troops:12:4:1:1@ESF-BN-1",
          "USD:1000000.00",
          "XOF:5",
          "venue:NAIROBI",
          "un/i-7:CPX-CONTROL:fr",
          "a:b:c:d:e"};
}

std::string Quoted(absl::string_view cell) {
  return absl::StrCat("\"", absl::StrReplaceAll(cell, {{"\"", "\"\""}}), "\"");
}

// Cells are read as they were written.
Outcome RunCsv(absl::string_view input) {
  const absl::StatusOr<std::vector<cli::CsvRecord>> records = cli::ParseCsv(input);
  if (!records.ok()) return Refused(records.status());
  std::string written;
  size_t line = 0;
  for (const cli::CsvRecord& record : *records) {
    Check(record.line > line, "lines are counted upwards");
    line = record.line;
    std::vector<std::string> cells;
    for (const std::string& cell : record.cells) cells.push_back(Quoted(cell));
    absl::StrAppend(&written, absl::StrJoin(cells, ","), "\n");
  }
  const auto again = cli::ParseCsv(written);
  Check(again.ok() && again->size() == records->size(), "as many records");
  for (size_t i = 0; i < records->size(); ++i) {
    Check((*again)[i].cells == (*records)[i].cells, "the same cells");
  }
  return Outcome::kAccepted;
}

std::vector<std::string> CsvSeeds() {
  return {
      "\xef\xbb\xbf"
      "a,\"b,\"\"c\"\"\"\r\n\r\n\"two\nlines\",\r\nlast,x",
      "a\nb,\"c\nd", "a\n\"b\"c\n"};
}

// No row is lost: each is taken or rejected, and rejects can be read again.
Outcome RunContributions(absl::string_view input) {
  const absl::StatusOr<cli::ContributionFile> file = cli::ReadContributions(
      input, {.name = "organizations/un/funds/trust", .currency_code = "USD"});
  if (!file.ok()) return Refused(file.status());
  for (const cli::ContributionRow& row : file->rows) {
    Check(row.contribution.original().amount_minor() >= 0, "no amount is negative");
    std::string bytes;
    Check(row.contribution.SerializeToString(&bytes) &&
              chapter8::finance::v1::Contribution().ParseFromString(bytes),
          "a node can read it");
  }
  for (const cli::RejectedRow& row : file->rejected) Refused(absl::DataLossError(row.problem));
  const auto rejects = cli::ParseCsv(cli::RejectsCsv(*file));
  Check(rejects.ok() && rejects->size() == file->rejected.size() + 1, "all rejects, and a header");
  return file->rows.empty() ? Outcome::kRefused : Outcome::kAccepted;
}

std::vector<std::string> ContributionsSeeds() {
  return {
      "donor,state,form,currency,amount,decided_on,exchange_rate,rate_source,rate_date,external_"
      "id\n"
      "#org,#status,#x,#currency,#value,#date,#r,#s,#d,#id\n"
      "GBR,pledged,financial,GBP,16500000.00,2025-02-14,0.80,UNORE,2025-02-01,uk-1\n"
      "AU,paid,in-kind,USD,20000000,2025-07-01,,,,\n",
      "id,status,contributionType,originalAmount,originalCurrency,exchangeRate,amountUSD,"
      "decisionDate,srcOrganization\n"
      "1,commitment,financial,100,EUR,0.9,111,2025-01-02,Norway\n"
      "2,pledge,financial,,,,5,2025-01-02,Norway\n",
      "donor,amount\nx,y\n", ""};
}

Outcome RunEndpoints(absl::string_view input) {
  const absl::StatusOr<client::Endpoints> endpoints = client::ParseEndpoints(input);
  if (!endpoints.ok()) return Refused(endpoints.status());
  Check(!endpoints->officers.empty(), "there is somewhere to go");
  return Outcome::kAccepted;
}

std::vector<std::string> EndpointsSeeds() {
  return {R"({"organization":"un","officers":"127.0.0.1:7443","services":["finance"]})",
          R"({"officers":7})", "{"};
}

}  // namespace

std::vector<Target> ClientTargets() {
  return {{"client_contributions", RunContributions, ContributionsSeeds},
          {"client_csv", RunCsv, CsvSeeds},
          {"client_endpoints", RunEndpoints, EndpointsSeeds},
          {"client_values", RunValues, ValuesSeeds}};
}

}  // namespace ch8::fuzz
