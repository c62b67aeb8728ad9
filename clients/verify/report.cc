#include "clients/verify/report.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace ch8::verify {
namespace {

using Json = nlohmann::ordered_json;

const char* WordOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kVerified:
      return "verified";
    case Verdict::kSample:
      return "sample";
    case Verdict::kConsistentOnly:
      return "consistent only";
    case Verdict::kRefused:
      break;
  }
  return "refused";
}

const char* WordOf(Coverage coverage) {
  return coverage == Coverage::kComplete ? "COMPLETE" : "SAMPLE";
}

// What nobody could check without what is not disclosed.
std::vector<std::string> UncheckedOf(const LedgerFindings& ledger) {
  if (ledger.coverage == Coverage::kComplete) return {};
  return {"completeness",
          "balances",
          "floors",
          "authority of officers",
          "order of what is not disclosed",
          "honesty of seals"};
}

// One line for each scope that seals tell of; the others in one.
std::string ScopesText(const LedgerFindings& ledger) {
  std::string text;
  size_t without_row = 0;
  uint64_t later_seals = 0;
  for (const ScopeFindings& scope : ledger.scopes) {
    if (scope.to == 0) {
      ++without_row;
      continue;
    }
    later_seals = scope.later_seals;
    absl::StrAppend(&text, "    ", absl::CHexEscape(scope.scope), scope.unit.empty() ? "" : " ",
                    absl::CHexEscape(scope.unit), ": ", WordOf(scope.coverage), ", ",
                    scope.disclosed, " of ", scope.entries, " entries from ", scope.from, " to ",
                    scope.to);
    if (scope.goes_on) {
      absl::StrAppend(&text, "; SAMPLE from ", scope.to, " to ", ledger.size);
    }
    text += "\n";
    if (scope.outside == 0) continue;
    absl::StrAppend(&text, "      SAMPLE before and after: ", scope.outside, " entries\n");
  }
  if (later_seals > 0) {
    absl::StrAppend(&text, "    remark: later seals than the one shown: ", later_seals,
                    "; what came up to them is not shown\n");
  }
  if (without_row > 0) {
    absl::StrAppend(&text, "    ", without_row, " scopes that no seal tells of: SAMPLE\n");
  }
  return text;
}

Json ScopesJson(const LedgerFindings& ledger) {
  Json scopes = Json::array({{{"scope", "ledger"},
                              {"verdict", WordOf(ledger.coverage)},
                              {"disclosed", ledger.disclosed},
                              {"entries", ledger.size}}});
  for (const ScopeFindings& scope : ledger.scopes) {
    Json json = {{"scope", scope.scope},
                 {"unit", scope.unit},
                 {"verdict", WordOf(scope.coverage)},
                 {"disclosed", scope.disclosed}};
    if (scope.to > 0) json["entries"] = scope.entries;
    json["head_size"] = ledger.size;
    json["later_seals"] = scope.later_seals;
    json["from"] = scope.from;
    json["to"] = scope.to;
    json["outside"] = scope.outside;
    scopes.push_back(std::move(json));
  }
  return scopes;
}

std::string LedgerText(const LedgerFindings& ledger) {
  const bool sample = ledger.coverage == Coverage::kSample;
  std::string text = absl::StrCat("  ", ledger.origin, ": ", WordOf(ledger.coverage), ", ");
  if (sample) absl::StrAppend(&text, ledger.disclosed, " of ");
  absl::StrAppend(&text, ledger.size, " entries", sample ? " disclosed" : "", ", ",
                  ledger.signatures, " officers' signatures, ", ledger.accounts, " accounts, ",
                  ledger.posted, " transfers posted\n    root ", ledger.root.ToHex(), "\n");
  if (sample) {
    text += ScopesText(ledger);
    absl::StrAppend(&text, "    not checked: ", absl::StrJoin(UncheckedOf(ledger), ", "), "\n");
  } else if (ledger.seals > 0) {
    absl::StrAppend(&text, "    ", ledger.seals,
                    " seals made anew from all entries: nothing less shows that they are honest\n");
  }
  for (const KeyChange& change : ledger.key_changes) {
    absl::StrAppend(&text, "    another key signs from entry ", change.index,
                    " on, which the old key has ",
                    change.by == KeyChange::By::kOldKey
                        ? "signed"
                        : "not signed: it was lost or stolen, and the root key alone says so",
                    "; the old one is believed for ", change.until_size, " entries\n");
  }
  if (ledger.exercise) absl::StrAppend(&text, "    EXERCISE EXERCISE EXERCISE: not real money\n");
  if (ledger.outside_head_size > 0) {
    absl::StrAppend(&text, "    a head of ", ledger.outside_head_size,
                    " entries that others hold agrees");
    const uint64_t rest = ledger.size - ledger.outside_head_size;
    if (rest > 0) absl::StrAppend(&text, "; of the last ", rest, " entries they know nothing yet");
    text += "\n";
  } else {
    absl::StrAppend(&text,
                    "    no head from outside: nothing shows that there is no other history\n");
  }
  return text;
}

// What came from a file may hold anything; nothing of it may steer a terminal.
std::string Plain(absl::string_view text) { return absl::CHexEscape(text); }

}  // namespace

int ExitCodeOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kVerified:
      return kExitVerified;
    case Verdict::kSample:
      return kExitSample;
    case Verdict::kConsistentOnly:
      return kExitConsistentOnly;
    case Verdict::kRefused:
      break;
  }
  return kExitRefused;
}

std::string ReportText(const VerifyReport& report) {
  std::string text = WordOf(report.verdict);
  if (report.refusal.has_value()) {
    absl::StrAppend(&text, ": ", Plain(Describe(*report.refusal)), "\n  in ",
                    Plain(report.refused_directory), "\n");
    return text;
  }
  if (!report.why_not_verified.empty()) absl::StrAppend(&text, ": ", report.why_not_verified);
  text += "\n";
  for (const LedgerFindings& ledger : report.ledgers) text += LedgerText(ledger);
  absl::StrAppend(&text, "  ", report.halves_compared,
                  " entries that went from one of these ledgers to another are the same in both\n");
  if (report.halves_by_leaf > 0) {
    absl::StrAppend(&text, "  ", report.halves_by_leaf,
                    " more have the right leaf in the other, which does not disclose them\n");
  }
  for (const std::string& remark : report.remarks) {
    absl::StrAppend(&text, "  remark: ", Plain(remark), "\n");
  }
  return text;
}

std::string ReportJson(const VerifyReport& report) {
  Json json;
  json["verdict"] = WordOf(report.verdict);
  json["exit"] = ExitCodeOf(report.verdict);
  if (report.refusal.has_value()) {
    Json& refusal = json["refusal"];
    refusal["directory"] = report.refused_directory;
    if (!report.refusal->file.empty()) refusal["file"] = report.refusal->file;
    if (!report.refusal->origin.empty()) refusal["origin"] = report.refusal->origin;
    if (report.refusal->index.has_value()) refusal["index"] = *report.refusal->index;
    refusal["what"] = report.refusal->what;
  }
  if (!report.why_not_verified.empty()) json["why"] = report.why_not_verified;
  json["ledgers"] = Json::array();
  for (const LedgerFindings& ledger : report.ledgers) {
    Json key_changes = Json::array();
    for (const KeyChange& change : ledger.key_changes) {
      const bool by_old_key = change.by == KeyChange::By::kOldKey;
      key_changes.push_back({{"index", change.index},
                             {"until_size", change.until_size},
                             {"signed_by", by_old_key ? "old key" : "root key"}});
    }
    json["ledgers"].push_back({{"origin", ledger.origin},
                               {"size", ledger.size},
                               {"root", ledger.root.ToHex()},
                               {"scopes", ScopesJson(ledger)},
                               {"seals", ledger.seals},
                               {"unchecked", UncheckedOf(ledger)},
                               {"exercise", ledger.exercise},
                               {"signatures", ledger.signatures},
                               {"accounts", ledger.accounts},
                               {"posted", ledger.posted},
                               {"key_changes", key_changes},
                               {"outside_head_size", ledger.outside_head_size}});
  }
  json["halves_compared"] = report.halves_compared;
  json["halves_by_leaf"] = report.halves_by_leaf;
  json["remarks"] = report.remarks;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace ch8::verify
