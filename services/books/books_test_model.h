#ifndef CH8_SERVICES_BOOKS_BOOKS_TEST_MODEL_H_
#define CH8_SERVICES_BOOKS_BOOKS_TEST_MODEL_H_

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "chapter8/books/v1/posting.pb.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "services/books/id.h"
#include "services/kernel/accounts.h"

// For tests: the rules of the books written a second time, as slowly and plainly as they can be,
// and a generator of random work for them.
namespace ch8::books {

class BooksModel {
 public:
  using Wide = __int128;
  using Row = ::chapter8::books::v1::TransferRow;
  using Response = ::chapter8::books::v1::PostTransfersResponse;
  using Posting = ::chapter8::books::v1::Posting;
  using AccountOpened = ::chapter8::books::v1::AccountOpened;

  struct Account {
    std::string unit;
    bool floor = false;
    bool bulk = false;
    Wide debits_posted = 0;
    Wide credits_posted = 0;
    Wide debits_held = 0;
    Wide credits_held = 0;
  };
  struct Hold {
    uint32_t debit = 0;
    uint32_t credit = 0;
    uint64_t amount = 0;
    bool row = false;
  };

  // "" when applied; else why not: INVALID, INSUFFICIENT, HOLD_ENDED or UNKNOWN_HOLD, and nothing
  // changes.
  std::string Apply(const kernel::Accounts::Change& change);
  std::vector<Response::Result> Apply(const std::vector<Row>& rows);

  std::map<uint32_t, Account> accounts;
  std::map<Id, Hold> open_holds;
  std::set<Id> used_ids;

 private:
  std::string Open(const AccountOpened& opened);
  std::string Post(const Posting& posting);
  Response::Result Apply(const Row& row);
  // "" or INVALID or INSUFFICIENT; changes the accounts when "".
  std::string Move(uint32_t debit, uint32_t credit, Wide amount, Wide hold, Wide release);
};

// Random work: mostly sensible, often at an edge, sometimes nonsense.
class RandomWork {
 public:
  explicit RandomWork(uint64_t seed) : random_(seed) {}

  uint64_t Below(uint64_t limit) { return random_() % limit; }
  bool OneIn(uint64_t n) { return Below(n) == 0; }

  kernel::Accounts::Change Change(const BooksModel& model);
  // Never empty; the last row is not linked.
  std::vector<BooksModel::Row> Rows(const BooksModel& model, size_t count_max);
  // Accounts 1 to `count`, half of them with floors, some in another unit, some not for bulk rows.
  kernel::Accounts::Change Opening(uint32_t count);

  Id FreshId() { return {random_(), random_() | 1}; }

 private:
  uint64_t Amount();
  uint32_t AnyAccount(const BooksModel& model);
  Id AnyOpenHold(const BooksModel& model);
  Id AnyUsedId(const BooksModel& model);

  std::mt19937_64 random_;
};

// The request that carries `rows`, as a client would send it.
std::string RequestBytes(const std::vector<BooksModel::Row>& rows);

}  // namespace ch8::books

#endif  // CH8_SERVICES_BOOKS_BOOKS_TEST_MODEL_H_
