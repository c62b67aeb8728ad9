#ifndef CH8_CLIENTS_CLI_NAMES_H_
#define CH8_CLIENTS_CLI_NAMES_H_

#include <string>

#include "absl/strings/string_view.h"

// Resource names from what people type, and back. A whole name ("operations/aussom") is taken as it
// is; whether a name is well formed is the server's to say. Ids in lower case may be typed in any
// case ("AUSSOM"), and so may those that are said on a radio ("req-au-26-0041").
namespace ch8::cli {

std::string OperationName(absl::string_view typed);
std::string OrganizationName(absl::string_view typed);
std::string PostName(absl::string_view typed);
std::string OfficerName(absl::string_view typed);
std::string RequestName(absl::string_view typed);
std::string OfferName(absl::string_view typed);
std::string AllotmentName(absl::string_view typed);
std::string DecisionName(absl::string_view typed);
std::string DelegationName(absl::string_view typed);
std::string UnitName(absl::string_view typed);
std::string ClearanceName(absl::string_view typed);
std::string StrengthReportName(absl::string_view typed);
std::string ReportName(absl::string_view typed);
// The erasure of a report is named as the report is.
std::string ErasureName(absl::string_view report);
std::string ConsentName(absl::string_view typed);
std::string GroupName(absl::string_view typed);
std::string AgreementName(absl::string_view typed);
std::string ExerciseName(absl::string_view typed);
std::string BookingName(absl::string_view typed);
std::string StandardName(absl::string_view typed);
std::string ItemName(absl::string_view typed);
std::string ReceiptName(absl::string_view typed);
std::string DiscrepancyName(absl::string_view typed);

// "trust" is the own organization's, "au/trust" another's. `own` is an organization's id.
std::string FundName(absl::string_view typed, absl::string_view own);
std::string BudgetLineName(absl::string_view typed, absl::string_view own);
std::string ContributionName(absl::string_view typed, absl::string_view own);
std::string VenueName(absl::string_view typed, absl::string_view own);
std::string InstructorName(absl::string_view typed, absl::string_view own);
std::string DepotName(absl::string_view typed, absl::string_view own);
std::string LotName(absl::string_view typed, absl::string_view own);

// Whether a request's or offer's id is of goods (LRQ, LOF) and not of money: the id says which
// ledger knows it.
bool IsOfGoods(absl::string_view typed);

// The last part of a name: its id.
std::string IdOf(absl::string_view name);

// A whole name as people read it: its id, or "au/trust" when it belongs to another organization
// than `own`. Text that is no name comes back unchanged.
std::string ShortName(absl::string_view name, absl::string_view own);

// A fingerprint however it was copied: 16 groups of 4 lower-case digits. Other text comes back
// unchanged, for the server to refuse.
std::string NormalFingerprint(absl::string_view typed);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_NAMES_H_
