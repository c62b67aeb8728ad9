#ifndef CH8_TESTS_BENCH_BATCH_MAKER_H_
#define CH8_TESTS_BENCH_BATCH_MAKER_H_

#include <cstdint>
#include <string>
#include <vector>

// The requests of one caller: a PostTransfersRequest with rows between random accounts, encoded
// once. Only ids and request id change from one to the next, so that making requests costs the
// measurement next to nothing.
//
// Thread safety: none.
namespace ch8::bench {

class BatchMaker {
 public:
  struct Options {
    uint64_t caller = 0;  // Different for each; seeds the rows too.
    uint32_t rows = 0;
    uint32_t first_account = 0;
    uint32_t accounts = 0;  // At least 2.
    double skew = 0;        // The share of rows that debit the first account.
    double two_phase = 0;   // The share of transfers that one row holds and the next one posts.
  };
  explicit BatchMaker(const Options& options);

  // The next request: fresh ids, a fresh request id.
  std::string Next();

  // What all rows of one request post together.
  uint64_t amount() const { return amount_; }

 private:
  const uint64_t caller_;
  uint64_t made_ = 0;
  uint64_t amount_ = 0;
  std::string bytes_;
  // A row as it is encoded.
  struct Row {
    uint64_t debit = 0;
    uint64_t credit = 0;
    uint64_t amount = 0;
    uint64_t kind = 0;  // TransferRow::Kind.
  };
  void Add(const Row& row);

  // Where in the request 8 bytes of an id's upper half stand; those of its lower half are 9
  // further.
  struct IdPlace {
    size_t offset = 0;
    size_t row = 0;  // Whose id it is.
  };
  std::vector<IdPlace> id_places_;
  size_t rows_ = 0;
  size_t request_id_offset_ = 0;
};

}  // namespace ch8::bench

#endif  // CH8_TESTS_BENCH_BATCH_MAKER_H_
