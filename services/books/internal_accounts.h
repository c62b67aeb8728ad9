#ifndef CH8_SERVICES_BOOKS_INTERNAL_ACCOUNTS_H_
#define CH8_SERVICES_BOOKS_INTERNAL_ACCOUNTS_H_

#include "services/kernel/machine.h"

// Accounts that bulk rows may name: opened by a bookkeeper, known by number alone. The other rpc of
// chapter8.books.v1.TransferService, PostTransfers, is not a machine's: see rows.h.
namespace ch8::books {

inline constexpr uint32_t kOpenAccountsMax = 100'000;

// Adds OpenAccounts and GetBalance to a machine whose ledger has books.
//
// Refusals, domain "books.chapter8": INVALID_ARGUMENT/BAD_COUNT, BAD_UNIT, BAD_FLOOR;
// RESOURCE_EXHAUSTED/TOO_MANY_ACCOUNTS; NOT_FOUND/NO_SUCH_ACCOUNT.
void AddTransferRoutes(kernel::Routes& routes);

}  // namespace ch8::books

#endif  // CH8_SERVICES_BOOKS_INTERNAL_ACCOUNTS_H_
