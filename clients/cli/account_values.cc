#include "clients/cli/account_values.h"

#include "absl/strings/str_cat.h"
#include "clients/cli/values.h"
#include "clients/lib/currencies.h"
#include "clients/lib/money.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {

absl::StatusOr<uint32_t> ParseAccount(absl::string_view text) {
  ASSIGN_OR_RETURN(const uint64_t number, ParseNumber(text, "an account"));
  if (number > UINT32_MAX) return absl::NotFoundError("there is no such account");
  return static_cast<uint32_t>(number);
}

std::string AccountOrigin(const Arguments& arguments, const Session& session) {
  const std::string service = arguments.Get("service");
  return absl::StrCat(session.who().organization().trust_domain(), "/ch8/",
                      service.empty() ? "finance" : service);
}

std::string AmountText(int64_t amount, absl::string_view unit) {
  if (!client::MinorUnits(unit).has_value()) return absl::StrCat(amount);
  return client::FormatAmount(amount, unit, client::Grouping::kThousands);
}

}  // namespace ch8::cli
