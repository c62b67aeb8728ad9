#ifndef CH8_SERVICES_BOOKS_SEAL_SUMS_H_
#define CH8_SERVICES_BOOKS_SEAL_SUMS_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/books/state.h"
#include "storage/base/hash.h"
#include "storage/ledger/entry.h"
#include "storage/merkle/proof.h"
#include "storage/merkle/seal_row.h"

namespace ch8::books {

// What every scope of a log has come to: a pure function of the log's first entries, and what a
// seal commits to (storage/merkle/seal_row.h).
//
//   accounts/<number>   entries that open the account or have a posting or bulk row between it and
//                       another; what was posted on either side. Funds, ceilings, slices and
//                       stocks all are accounts.
//   peers/<domain>, ""  entries addressed to that organization.
//   peers/<domain>, unit  POST and MIRROR steps of transfers with it that moved anything: debits
//                       are what went to it, credits what came from it.
//
// What is only held is in no sum, but the entries that hold it count.
//
// Thread safety: none; const methods may be called together.
class SealSums {
 public:
  // Adds the next entry, which must be that of index size(). Errors: kDataLoss naming it when it
  // does not parse or moves what is in no account.
  absl::Status Add(const Entry& entry, const Hash& leaf_hash);

  // How many entries were added.
  uint64_t size() const { return size_; }
  uint64_t row_count() const { return accounts_.size() + peers_.size(); }

  // Visits all rows in their order.
  void VisitRows(const std::function<void(const SealRow& row)>& visit) const;

  struct PlacedRow {
    uint64_t index = 0;
    SealRow row;
  };
  // The rows of one scope, e.g. "accounts/7"; none when there is no such scope.
  std::vector<PlacedRow> RowsOf(absl::string_view scope) const;

  // Whether `state`, the books after the same entries, has posted what the sums say, in every
  // account. Errors: kDataLoss.
  absl::Status CheckBooks(const State& state) const;

  // The rows as bytes, to be kept, and the sums after `size` entries from them. Nothing in the
  // bytes vouches for them: compare the root with a seal's. Errors: kInvalidArgument.
  std::string Encode() const;
  static absl::StatusOr<SealSums> Decode(uint64_t size, absl::string_view bytes);

 private:
  struct Sums {
    uint64_t entries = 0;
    uint64_t counted = 0;  // One above the index of the last entry counted.
    absl::uint128 debits = 0;
    absl::uint128 credits = 0;
    Hash last;
  };
  struct Account {
    uint32_t unit = 0;  // Index into units_.
    Sums sums;
  };
  // The entry being added.
  struct Adding {
    uint64_t index = 0;
    const Hash& leaf_hash;
  };

  absl::Status AddRow(const Entry& entry, const Adding& adding);
  absl::Status AddEntry(const chapter8::ledger::v1::Entry& entry, const Adding& adding);
  absl::Status AddPosting(const v1::Posting& posting, const Adding& adding);
  void AddStep(const chapter8::ledger::v1::Entry& entry, const Adding& adding);
  // Null when no such account was opened.
  Account* Find(uint32_t number);
  uint32_t InternUnit(absl::string_view unit);
  SealRow AccountRow(size_t position) const;
  static void Count(const Adding& adding, Sums& sums);

  uint64_t size_ = 0;
  std::vector<Account> accounts_;  // Number 1 first.
  std::vector<std::string> units_;
  std::map<std::pair<std::string, std::string>, Sums> peers_;  // By domain and unit.
  chapter8::ledger::v1::Entry entry_;                          // Used again and again.
};

// The tree over the rows of `sums`, salted from a seal's secret.
//
// Thread safety: const methods may be called from any thread.
class SealTree final : public NodeReader {
 public:
  SealTree(const SealSums& sums, const Hash& secret);

  const Hash& root() const { return root_; }
  uint64_t size() const { return size_; }
  // The seal that commits to it.
  chapter8::ledger::v1::Seal SealOf(const SealSums& sums) const;

  absl::StatusOr<Hash> ReadNode(int level, uint64_t index) const override;

 private:
  std::vector<std::vector<Hash>> levels_;  // Complete nodes; the leaf hashes first.
  uint64_t size_ = 0;
  Hash root_;
};

}  // namespace ch8::books

#endif  // CH8_SERVICES_BOOKS_SEAL_SUMS_H_
