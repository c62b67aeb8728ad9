#ifndef CH8_CLIENTS_CLI_ACCOUNT_VALUES_H_
#define CH8_CLIENTS_CLI_ACCOUNT_VALUES_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "clients/cli/command.h"
#include "clients/cli/session.h"

// What the commands about accounts share.
namespace ch8::cli {

// How long an answer may wait until the node's index has seen all that is durable.
inline constexpr uint32_t kSeenWaitMs = 5'000;

// An account's number as typed. Errors: kInvalidArgument; kNotFound for one that is none.
absl::StatusOr<uint32_t> ParseAccount(absl::string_view text);

// The own ledger that --service names, of finance if it is not given. After Session::Connect().
std::string AccountOrigin(const Arguments& arguments, const Session& session);

// "1,000,000.00" of money, "120" of goods: `amount` in the smallest part of `unit`.
std::string AmountText(int64_t amount, absl::string_view unit);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_ACCOUNT_VALUES_H_
