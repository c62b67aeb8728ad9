#ifndef CH8_CLIENTS_VERIFY_BALANCE_CHECK_H_
#define CH8_CLIENTS_VERIFY_BALANCE_CHECK_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "storage/merkle/seal_row.h"

namespace ch8::verify {

// What a balance proof shows: that a ledger's owner signed, in one entry of it, what one scope came
// to. That the seal is honest only the whole ledger shows.
struct BalanceFindings {
  std::string origin;
  SealRow row;
  uint64_t size = 0;             // Entries that the seal covers.
  uint64_t index = 0;            // Where it stands.
  uint64_t head_size = 0;        // Entries under the signed head that it is shown to be in.
  std::string why_not_verified;  // Empty: others hold that head, signed by a key from outside.
};

// What comes from outside the file: the contents of a trust file and of a file of heads.
struct BalanceOutside {
  std::optional<std::string> trust{};
  std::optional<std::string> heads{};
};

// Checks the file that `ch8 account prove` writes. Without a trust file all is checked but the
// signature. Others hold its head when the head file has one of its size, with the same root; with
// another root the owner has signed two histories, and the proof is refused. Errors: a refusal;
// kInvalidArgument when it is no such file, or one from outside is none.
absl::StatusOr<BalanceFindings> CheckBalance(absl::string_view file, const BalanceOutside& outside);

// For people, and for programs: one object on one line. Sums are decimal texts in JSON.
std::string BalanceText(const BalanceFindings& findings);
std::string BalanceJson(const BalanceFindings& findings);

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_BALANCE_CHECK_H_
