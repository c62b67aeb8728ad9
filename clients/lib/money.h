#ifndef CH8_CLIENTS_LIB_MONEY_H_
#define CH8_CLIENTS_LIB_MONEY_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/type/v1/money.pb.h"

// Money as people type and read it. Amounts are integers in the currency's minor unit throughout;
// nothing here is ever a float.
//
// Thread safety: all functions may be called from any thread.
namespace ch8::client {

// "USD:1000000.00" -> USD, 100000000 minor units. Fewer decimals than the currency has are taken
// ("USD:5" is five dollars); more are not. No separators, sign or exponent.
//
// Errors: kInvalidArgument, naming what is wrong: no such currency, too many decimals (the message
// says how many the currency has), not a number, above what 64 bits hold.
absl::StatusOr<chapter8::type::v1::Money> ParseMoney(absl::string_view text);

// The same for a decimal without its currency: "1000.50" in "USD" -> 100050.
absl::StatusOr<int64_t> ParseAmount(absl::string_view decimal, absl::string_view currency_code);

// "1,000,000.00" for people, "1000000.00" for machines. A currency not known here is shown in minor
// units and says so: "12345 minor units".
enum class Grouping { kThousands, kNone };
std::string FormatAmount(int64_t amount_minor, absl::string_view currency_code, Grouping grouping);

// "USD 1,000,000.00".
std::string FormatMoney(absl::string_view currency_code, int64_t amount_minor);

}  // namespace ch8::client

#endif  // CH8_CLIENTS_LIB_MONEY_H_
