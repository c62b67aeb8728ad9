#include "clients/cli/names.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace ch8::cli {
namespace {

bool IsId(absl::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-';
  });
}

std::string InCollection(absl::string_view collection, absl::string_view typed) {
  if (absl::StartsWith(typed, absl::StrCat(collection, "/"))) return std::string(typed);
  return absl::StrCat(collection, "/", absl::AsciiStrToLower(typed));
}

std::string Spoken(absl::string_view collection, absl::string_view typed) {
  if (absl::StartsWith(typed, absl::StrCat(collection, "/"))) return std::string(typed);
  return absl::StrCat(collection, "/", absl::AsciiStrToUpper(typed));
}

// "trust" or "au/trust" into organization and id.
std::string OfOrganization(absl::string_view collection, absl::string_view typed,
                           absl::string_view own, std::string (*spelled)(absl::string_view)) {
  if (absl::StartsWith(typed, "organizations/")) return std::string(typed);
  const size_t slash = typed.find('/');
  const bool named = slash != absl::string_view::npos;
  const std::string organization =
      named ? absl::AsciiStrToLower(typed.substr(0, slash)) : std::string(own);
  const absl::string_view id = named ? typed.substr(slash + 1) : typed;
  return absl::StrCat("organizations/", organization, "/", collection, "/", spelled(id));
}

std::string Lower(absl::string_view text) { return absl::AsciiStrToLower(text); }
std::string Upper(absl::string_view text) { return absl::AsciiStrToUpper(text); }

}  // namespace

std::string OperationName(absl::string_view typed) { return InCollection("operations", typed); }
std::string OrganizationName(absl::string_view typed) {
  return InCollection("organizations", typed);
}
std::string PostName(absl::string_view typed) { return InCollection("posts", typed); }
std::string OfficerName(absl::string_view typed) { return InCollection("officers", typed); }
std::string RequestName(absl::string_view typed) { return Spoken("requests", typed); }
std::string OfferName(absl::string_view typed) { return Spoken("offers", typed); }
std::string AllotmentName(absl::string_view typed) { return Spoken("allotments", typed); }
std::string DecisionName(absl::string_view typed) { return InCollection("decisions", typed); }
std::string DelegationName(absl::string_view typed) { return Spoken("delegations", typed); }
std::string UnitName(absl::string_view typed) { return InCollection("units", typed); }
std::string ClearanceName(absl::string_view typed) { return InCollection("clearances", typed); }
std::string StrengthReportName(absl::string_view typed) { return Spoken("strengthReports", typed); }
std::string ReportName(absl::string_view typed) { return Spoken("reports", typed); }
std::string ErasureName(absl::string_view report) {
  return Spoken("erasures", IdOf(ReportName(report)));
}
std::string ConsentName(absl::string_view typed) { return Spoken("consents", typed); }
std::string GroupName(absl::string_view typed) { return InCollection("groups", typed); }
std::string AgreementName(absl::string_view typed) { return InCollection("agreements", typed); }
std::string ExerciseName(absl::string_view typed) { return Spoken("exercises", typed); }
std::string BookingName(absl::string_view typed) { return Spoken("bookings", typed); }
std::string StandardName(absl::string_view typed) { return Spoken("standards", typed); }
std::string ItemName(absl::string_view typed) { return InCollection("items", typed); }
std::string ReceiptName(absl::string_view typed) { return Spoken("receipts", typed); }
std::string DiscrepancyName(absl::string_view typed) { return Spoken("discrepancies", typed); }

std::string FundName(absl::string_view typed, absl::string_view own) {
  return OfOrganization("funds", typed, own, Lower);
}
std::string BudgetLineName(absl::string_view typed, absl::string_view own) {
  return OfOrganization("budgetLines", typed, own, Lower);
}
std::string ContributionName(absl::string_view typed, absl::string_view own) {
  return OfOrganization("contributions", typed, own, Upper);
}
std::string VenueName(absl::string_view typed, absl::string_view own) {
  return OfOrganization("venues", typed, own, Lower);
}
std::string InstructorName(absl::string_view typed, absl::string_view own) {
  return OfOrganization("instructors", typed, own, Lower);
}

std::string DepotName(absl::string_view typed, absl::string_view own) {
  return OfOrganization("depots", typed, own, Lower);
}
std::string LotName(absl::string_view typed, absl::string_view own) {
  return OfOrganization("lots", typed, own, Upper);
}

bool IsOfGoods(absl::string_view typed) {
  const std::string id = absl::AsciiStrToUpper(IdOf(typed));
  return absl::StartsWith(id, "LRQ-") || absl::StartsWith(id, "LOF-");
}

std::string IdOf(absl::string_view name) {
  const size_t slash = name.rfind('/');
  return std::string(slash == absl::string_view::npos ? name : name.substr(slash + 1));
}

std::string ShortName(absl::string_view name, absl::string_view own) {
  const std::vector<absl::string_view> parts = absl::StrSplit(name, '/');
  if (parts.size() == 2) {
    for (const char* collection :
         {"operations", "organizations", "posts", "officers", "requests", "offers", "exercises",
          "bookings", "standards", "items", "units", "receipts", "discrepancies"}) {
      if (parts[0] == collection && IsId(parts[1])) return std::string(parts[1]);
    }
  }
  if (parts.size() == 3 && parts[0] == "consignments" && IsId(parts[1]) && IsId(parts[2])) {
    return absl::StrCat(parts[1], "/", parts[2]);
  }
  if (parts.size() == 4 && parts[0] == "organizations" && IsId(parts[1]) && IsId(parts[3])) {
    return parts[1] == own ? std::string(parts[3]) : absl::StrCat(parts[1], "/", parts[3]);
  }
  return std::string(name);
}

std::string NormalFingerprint(absl::string_view typed) {
  std::string digits;
  for (const char c : typed) {
    if (absl::ascii_isspace(static_cast<unsigned char>(c)) || c == ':' || c == '-') continue;
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return std::string(typed);
    digits += absl::ascii_tolower(static_cast<unsigned char>(c));
  }
  if (digits.size() != 64) return std::string(typed);
  std::string out;
  for (size_t i = 0; i < digits.size(); i += 4) {
    absl::StrAppend(&out, i == 0 ? "" : " ", digits.substr(i, 4));
  }
  return out;
}

}  // namespace ch8::cli
