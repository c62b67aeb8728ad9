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
  };
  explicit BatchMaker(const Options& options);

  // The next request: fresh ids, a fresh request id.
  std::string Next();

  // What all rows of one request move together.
  uint64_t amount() const { return amount_; }

 private:
  const uint64_t caller_;
  uint64_t made_ = 0;
  uint64_t amount_ = 0;
  std::string bytes_;
  std::vector<size_t> id_offsets_;  // Of each row's id_high, 8 bytes; its id_low is 9 further.
  size_t request_id_offset_ = 0;
};

}  // namespace ch8::bench

#endif  // CH8_TESTS_BENCH_BATCH_MAKER_H_
