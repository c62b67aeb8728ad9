#include "clients/cli/failure.h"

#include <map>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "clients/cli/names.h"
#include "clients/cli/table.h"
#include "clients/lib/money.h"
#include "clients/lib/status_details.h"

namespace ch8::cli {
namespace {

constexpr size_t kSecondColumn = 53;

absl::string_view Heading(int exit_code) {
  switch (exit_code) {
    case kExitUsage:
      return "INVALID";
    case kExitNotFound:
      return "NOT FOUND";
    case kExitDenied:
      return "REFUSED";
    case kExitConflict:
      return "CONFLICT";
    case kExitUnreachable:
      return "UNREACHABLE";
    default:
      return "INTEGRITY";
  }
}

// "  missing: …      held: …", the second part at a fixed column when there is room.
std::string TwoParts(const std::string& left, const std::string& right) {
  std::string line = absl::StrCat("  ", left);
  if (!right.empty()) {
    const size_t width = DisplayWidth(line);
    line.append(width + 2 <= kSecondColumn ? kSecondColumn - width : 2, ' ');
    absl::StrAppend(&line, right);
  }
  return absl::StrCat(line, "\n");
}

using Figures = std::map<std::string, std::string>;

std::string Take(Figures& figures, const std::string& key) {
  const auto found = figures.find(key);
  if (found == figures.end()) return "";
  std::string value = Printable(found->second);
  figures.erase(found);
  return value;
}

std::string Labelled(const std::string& label, const std::string& value) {
  return value.empty() ? "" : absl::StrCat(label, ": ", value);
}

// Amounts travel in minor units, with their currency in the figure of that name.
void SpellAmounts(Figures& figures) {
  const std::string currency = Take(figures, "currency");
  if (currency.empty()) return;
  for (const char* key : {"available", "wanted", "limit", "cap", "used", "headroom", "amount"}) {
    const auto found = figures.find(key);
    int64_t minor = 0;
    if (found == figures.end() || !absl::SimpleAtoi(found->second, &minor)) continue;
    found->second = client::FormatMoney(currency, minor);
  }
}

// Whether the message gives the figure already; a name is given by its id.
bool IsSaid(const std::string& message, const std::string& value) {
  return absl::StrContains(absl::AsciiStrToLower(message), absl::AsciiStrToLower(IdOf(value)));
}

std::string FigureLines(Figures& figures, const std::string& message) {
  SpellAmounts(figures);
  std::string out;
  for (const auto& [first, second] :
       {std::pair("missing", "held"), std::pair("needed", "held"), std::pair("wanted", "available"),
        std::pair("wanted", "limit"), std::pair("cap", "used")}) {
    if (!figures.contains(first) || !figures.contains(second)) continue;
    const std::string left = Take(figures, first);
    const std::string right = Take(figures, second);
    absl::StrAppend(&out, TwoParts(Labelled(first, left), Labelled(second, right)));
  }
  for (const auto& [key, value] : figures) {
    const std::string label = absl::StrReplaceAll(absl::AsciiStrToLower(key), {{"_", " "}});
    if (value.empty() || IsSaid(message, value)) continue;
    absl::StrAppend(&out, "  ", label, ": ", Printable(value), "\n");
  }
  return out;
}

std::string InsteadLine(const std::string& instead) {
  if (instead.empty()) return "";
  const size_t gap = instead.find("  ");
  if (gap == std::string::npos) return absl::StrCat("  instead: ", instead, "\n");
  const std::string remark(absl::StripAsciiWhitespace(instead.substr(gap)));
  return TwoParts(absl::StrCat("instead: ", instead.substr(0, gap)), remark);
}

std::string Outcome(const FailureContext& context) {
  if (!context.mutation) return "";
  return context.outcome_unknown ? ", not known whether it was written" : ", nothing written";
}

}  // namespace

int ExitCode(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitDone;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kUnimplemented:
      return kExitUsage;
    case absl::StatusCode::kNotFound:
      return kExitNotFound;
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kFailedPrecondition:
      return kExitDenied;
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kAborted:
      return kExitConflict;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kCancelled:
    case absl::StatusCode::kResourceExhausted:
      return kExitUnreachable;
    default:
      return kExitIntegrity;
  }
}

std::string FailureJson(const absl::Status& status) {
  const auto info = client::ErrorInfoOf(status);
  nlohmann::ordered_json error;
  error["exit"] = ExitCode(status);
  error["code"] = absl::StatusCodeToString(status.code());
  error["reason"] = info.reason();
  error["domain"] = info.domain();
  error["message"] = std::string(status.message());
  error["metadata"] =
      std::map<std::string, std::string>(info.metadata().begin(), info.metadata().end());
  return nlohmann::ordered_json{{"error", error}}.dump(-1, ' ', false,
                                                       nlohmann::json::error_handler_t::replace) +
         "\n";
}

std::string RenderFailure(const absl::Status& status, const FailureContext& context) {
  const int exit_code = ExitCode(status);
  const auto info = client::ErrorInfoOf(status);
  Figures figures(info.metadata().begin(), info.metadata().end());
  const std::string rule = Take(figures, "rule");
  const std::string instead = Take(figures, "instead");
  const std::string reason = rule.empty() ? Printable(info.reason()) : rule;
  std::string message(status.message());
  if (context.from_server) message = Printable(message);
  std::string out = absl::StrCat(Heading(exit_code), " (", reason, reason.empty() ? "" : ", ",
                                 "exit ", exit_code, ")", Outcome(context), ": ", message, "\n");
  absl::StrAppend(&out, FigureLines(figures, message), InsteadLine(instead));
  if (exit_code == kExitUnreachable && context.mutation && !context.again.empty()) {
    absl::StrAppend(&out, "  again:   ", context.again, "\n");
  }
  if (exit_code == kExitIntegrity) {
    absl::StrAppend(&out, "  call:    the operator of the node; its ledger may have stopped\n");
  }
  return out;
}

}  // namespace ch8::cli
