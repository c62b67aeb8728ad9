#include "clients/cli/audit_disclose.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "clients/cli/names.h"
#include "clients/cli/values.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using audit::Selector;

constexpr size_t kTransferIdDigits = 32;

absl::Status Misread(absl::string_view typed, absl::string_view instead) {
  return absl::InvalidArgumentError(
      absl::StrCat("'", absl::CHexEscape(typed), "' says nothing to disclose; write ", instead));
}

// An id is of an offer, a booking or a slice, as its first letters say; 32 digits are the
// transfer's own.
absl::StatusOr<Selector> ParseTransfer(absl::string_view typed, absl::string_view value) {
  Selector selector{.kind = Selector::Kind::kTransfer};
  const bool digits = value.find_first_not_of("0123456789abcdefABCDEF") == absl::string_view::npos;
  const std::string id = absl::AsciiStrToUpper(IdOf(value));
  if (value.size() == kTransferIdDigits && digits) {
    selector.what = absl::HexStringToBytes(value);
    selector.text = absl::StrCat("transfer=", absl::AsciiStrToLower(value));
    return selector;
  }
  if (absl::StartsWith(id, "OFF-") || absl::StartsWith(id, "LOF-")) {
    selector.what = absl::StrCat("offers/", id);
  } else if (absl::StartsWith(id, "BKG-")) {
    selector.what = absl::StrCat("bookings/", id);
  } else if (absl::StartsWith(id, "SLC-")) {
    selector.what = absl::StrCat("slices/", id);
  } else {
    return Misread(typed, "an offer, booking or slice, e.g. transfer=OFF-UN-26-0107");
  }
  selector.text = absl::StrCat("transfer=", id);
  return selector;
}

absl::StatusOr<Selector> ParsePeriod(absl::string_view typed, absl::string_view value) {
  const std::pair<absl::string_view, absl::string_view> days = absl::StrSplit(value, '/');
  ASSIGN_OR_RETURN(const auto from, ParseDate(days.first));
  ASSIGN_OR_RETURN(const auto to, ParseDate(days.second));
  const absl::CivilDay first(from.year(), from.month(), from.day());
  const absl::CivilDay after = absl::CivilDay(to.year(), to.month(), to.day()) + 1;
  if (after <= first) return Misread(typed, "the earlier day first, and the later one after a /");
  const absl::TimeZone utc = absl::UTCTimeZone();
  return Selector{.kind = Selector::Kind::kPeriod,
                  .text = absl::StrCat("period=", FormatDate(from), "/", FormatDate(to)),
                  .from_us = absl::ToUnixMicros(absl::FromCivil(first, utc)),
                  .until_us = absl::ToUnixMicros(absl::FromCivil(after, utc))};
}

// A name as it can stand in any text.
bool IsPlain(absl::string_view value) {
  if (value.empty()) return false;
  for (const char c : value) {
    const bool good =
        absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.' || c == '/';
    if (!good) return false;
  }
  return true;
}

// Each ledger counts its accounts from 1: a number alone would be one account of each.
absl::StatusOr<Selector> ParseAccount(absl::string_view typed, absl::string_view value) {
  const std::vector<std::string> parts = absl::StrSplit(value, '/');
  if (parts.size() != 2 || parts[0].empty()) {
    return Misread(typed,
                   absl::StrCat("the ledger and the account's number in it, e.g. account=finance/",
                                absl::CHexEscape(parts.back())));
  }
  ASSIGN_OR_RETURN(const uint64_t number, ParseNumber(parts[1], "an account"));
  const std::string service = absl::AsciiStrToLower(parts[0]);
  return Selector{.kind = Selector::Kind::kAccount,
                  .text = absl::StrCat("account=", service, "/", number),
                  .what = absl::StrCat("accounts/", number),
                  .service = service};
}

}  // namespace

absl::StatusOr<Selector> ParseSelector(absl::string_view typed) {
  constexpr absl::string_view kKinds =
      "transfer=ID, mandate=NAME, counterparty=DOMAIN, operation=NAME, period=FROM/TO or "
      "account=LEDGER/NUMBER";
  const size_t equals = typed.find('=');
  if (equals == absl::string_view::npos) return Misread(typed, kKinds);
  const absl::string_view kind = typed.substr(0, equals);
  const absl::string_view value = typed.substr(equals + 1);
  if (!IsPlain(value)) return Misread(typed, kKinds);
  if (kind == "transfer") return ParseTransfer(typed, value);
  if (kind == "period") return ParsePeriod(typed, value);
  if (kind == "account") return ParseAccount(typed, value);
  Selector selector;
  if (kind == "mandate") {
    const std::string id = absl::AsciiStrToUpper(IdOf(value));
    selector.kind = Selector::Kind::kMandate;
    selector.what = absl::StartsWith(id, "DEL-") ? DelegationName(value) : DecisionName(value);
  } else if (kind == "operation") {
    selector.kind = Selector::Kind::kOperation;
    selector.what = OperationName(value);
  } else if (kind == "counterparty") {
    selector.kind = Selector::Kind::kCounterparty;
    selector.what = absl::AsciiStrToLower(value);
  } else {
    return Misread(typed, kKinds);
  }
  selector.text =
      absl::StrCat(kind, "=", kind == "counterparty" ? selector.what : IdOf(selector.what));
  return selector;
}

}  // namespace ch8::cli
