#ifndef CH8_CLIENTS_EXPORT_SELECTOR_H_
#define CH8_CLIENTS_EXPORT_SELECTOR_H_

#include <cstdint>
#include <string>
#include <vector>

namespace ch8::audit {

// What somebody is to be shown of the ledgers. Of several selectors those of one kind unite, and
// the kinds intersect: "transfer A or B, within March".
struct Selector {
  enum class Kind {
    kTransfer,      // One two-sided transfer, with all that names it.
    kMandate,       // What names a decision or delegation, or a delegation below it.
    kCounterparty,  // What came from another organization, went to it, or is a transfer with it.
    kOperation,     // What names an operation, a request or a delegation for it.
    kPeriod,        // What was logged from one moment to another.
    kAccount,       // What opens an account or moves anything on it.
  };

  Kind kind = Kind::kTransfer;
  std::string text{};  // As people write it, e.g. "operation=aussom".
  // kTransfer: the transfer's id, 16 bytes, or the name of its offer, booking or slice; kMandate:
  // decisions/… or delegations/…; kCounterparty: a trust domain; kOperation: operations/…;
  // kAccount: accounts/…, of the ledger of `service`: each ledger counts its own from 1.
  std::string what{};
  std::string service{};
  int64_t from_us = 0;   // kPeriod: microseconds since 1970 UTC, the first one within,
  int64_t until_us = 0;  // and the first one after.
};

// How many there may be at once.
inline constexpr size_t kSelectorsMax = 32;

// "operation=aussom, period=2026-03-01/2026-03-31".
std::string Describe(const std::vector<Selector>& selectors);

}  // namespace ch8::audit

#endif  // CH8_CLIENTS_EXPORT_SELECTOR_H_
