#ifndef CH8_SERVICES_BOOKS_POSTINGS_H_
#define CH8_SERVICES_BOOKS_POSTINGS_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "chapter8/books/v1/posting.pb.h"
#include "services/kernel/machine.h"

// The accounts that an event opens and the quantities that it moves.
//
// Thread safety: none; each function changes the event it is given.
namespace ch8::books {

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
// Moves `quantity` at once.
void Move(const AccountPair& pair, uint64_t quantity, kernel::Event& event);
// Holds `quantity` under a 16-byte id.
void OpenHold(const AccountPair& pair, uint64_t quantity, absl::string_view hold_id,
              kernel::Event& event);

struct HoldEnd {
  std::string hold_id;
  uint64_t held = 0;   // All of it ends.
  uint64_t moved = 0;  // This much moves for good.
};
void EndHold(const AccountPair& pair, const HoldEnd& end, kernel::Event& event);

}  // namespace ch8::books

#endif  // CH8_SERVICES_BOOKS_POSTINGS_H_
