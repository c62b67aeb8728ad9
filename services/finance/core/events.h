#ifndef CH8_SERVICES_FINANCE_CORE_EVENTS_H_
#define CH8_SERVICES_FINANCE_CORE_EVENTS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "chapter8/books/v1/posting.pb.h"
#include "chapter8/finance/v1/finance.pb.h"
#include "services/kernel/machine.h"

// The entries that finance logs, and the postings in them.
namespace ch8::finance {

// An entry that holds `event`, addressed to nobody yet.
kernel::Event DomainEvent(const chapter8::finance::v1::FinanceEvent& event);

struct NewAccount {
  uint32_t account = 0;
  absl::string_view unit;
  chapter8::books::v1::AccountOpened::Floor floor = chapter8::books::v1::AccountOpened::NONE;
};
void OpenAccount(const NewAccount& opened, kernel::Event& event);

// Between which accounts quantities move.
struct AccountPair {
  uint32_t debit = 0;
  uint32_t credit = 0;
};
// Moves `amount_minor` at once.
void Move(const AccountPair& pair, uint64_t amount_minor, kernel::Event& event);
// Holds `amount_minor` under a 16-byte id.
void Hold(const AccountPair& pair, uint64_t amount_minor, absl::string_view hold_id,
          kernel::Event& event);

struct HoldEnd {
  std::string hold_id;
  uint64_t held_minor = 0;   // All of it ends.
  uint64_t moved_minor = 0;  // This much moves for good.
};
void EndHold(const AccountPair& pair, const HoldEnd& end, kernel::Event& event);

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_EVENTS_H_
