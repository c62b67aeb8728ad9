#ifndef CH8_CLIENTS_VERIFY_SEAL_CHECK_H_
#define CH8_CLIENTS_VERIFY_SEAL_CHECK_H_

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "chapter8/ledger/v1/seal.pb.h"
#include "clients/verify/books_model.h"
#include "clients/verify/coverage.h"
#include "clients/verify/log_entry.h"
#include "clients/verify/log_files.h"
#include "storage/base/hash.h"
#include "storage/merkle/seal_row.h"

namespace ch8::verify {

// What a seal has a row for. In the order of rows: accounts by number, then peers.
struct SealScope {
  static constexpr uint32_t kNoAccount = UINT32_MAX;

  uint32_t account = kNoAccount;
  std::string peer{};  // A trust domain, when it is no account.
  std::string unit{};  // Empty in the row that counts what is addressed to a peer.

  friend auto operator<=>(const SealScope&, const SealScope&) = default;
};
std::string NameOf(const SealScope& scope);  // "accounts/7", "peers/au.example"

// A sum as rows spell it: digits, without a zero before others.
std::string Decimal(absl::uint128 sum);

// What entries come to.
struct SealSum {
  uint64_t entries = 0;
  absl::uint128 debits = 0;
  absl::uint128 credits = 0;
  Hash last{};
};

// What an entry adds to the scopes that it is of. `books` has taken it.
std::map<SealScope, SealSum> SharesOf(const LogEntry& entry, const BooksModel& books);

// Whether of one scope all is disclosed, going by two seals or by one and the beginning of the log.
struct ScopeFindings {
  std::string scope;
  std::string unit;
  Coverage coverage = Coverage::kSample;
  uint64_t from = 0;       // The entries looked at: from this one,
  uint64_t to = 0;         // before this one; both 0 when there is no row of the scope.
  uint64_t disclosed = 0;  // Of them.
  uint64_t entries = 0;    // That there are, by the seals.
  uint64_t outside = 0;    // Disclosed before and after: nothing tells of how many.
  // Whether entries follow beside the last of those seals and its request: what of them is of the
  // scope nothing tells. How many of them are seals.
  bool goes_on = false;
  uint64_t later_seals = 0;
};

// The row in `proven`, if it stands under `seal`, at the place of its scope, which is written as it
// should be. Errors: kInvalidArgument, saying what is wrong.
absl::StatusOr<SealRow> OpenRow(const chapter8::ledger::v1::ProvenRow& proven,
                                const chapter8::ledger::v1::Seal& seal);

// The seals of one log. Of whole ledgers each is made anew from all entries before it: nothing else
// shows that a seal is honest. Of a sample, what is disclosed is compared with the rows that are
// shown: more than they say is a lie, less is a SAMPLE, and just that is COMPLETE.
//
// Thread safety: none.
class SealCheck {
 public:
  // `log` outlives this object.
  explicit SealCheck(LogFiles& log) : log_(log) {}

  // The next entry that is disclosed, which `books` has taken. Errors: a refusal.
  absl::Status Take(const LogEntry& entry, const BooksModel& books);
  // After the last one. Errors: a refusal.
  absl::Status Finish();

  // Of whole ledgers: seals made anew.
  uint64_t made_anew() const { return made_anew_; }
  // Of a sample: the scopes that anything disclosed is of.
  const std::vector<ScopeFindings>& scopes() const { return scopes_; }

 private:
  struct Share {
    uint64_t index = 0;
    SealSum sum;  // Of one entry.
  };
  // A seal of a whole ledger, made anew when what it covers had been taken and before it is read:
  // which sizes the seals have is known from the start, so that nothing waits to be summed up.
  struct Anew {
    uint64_t index = 0;
    uint64_t rows = 0;
    Hash root;
  };
  // The rows that are shown of one seal.
  struct Shown {
    uint64_t index = 0;
    uint64_t size = 0;
    std::map<SealScope, SealSum> rows;
  };

  absl::StatusOr<chapter8::ledger::v1::SealRows> ReadRows(const std::string& name);
  absl::Status LookForSeals();
  absl::Status MakeAnew(Anew& anew);
  absl::Status CompareAnew(uint64_t index, const chapter8::ledger::v1::Seal& seal);
  absl::StatusOr<std::vector<Shown>> ReadShown();
  absl::Status CountLaterSeals(uint64_t index);
  absl::StatusOr<ScopeFindings> Compare(const SealScope& scope, const Shown& upper,
                                        const Shown* lower) const;

  LogFiles& log_;
  uint64_t sealed_size_ = 0;  // Of the last seal.
  // Whole ledgers: what everything comes to so far, and the seals by how many entries they cover.
  std::map<SealScope, SealSum> sums_;
  std::map<uint64_t, Anew> anew_;
  uint64_t made_anew_ = 0;
  // Samples.
  std::map<uint64_t, chapter8::ledger::v1::Seal> seals_;  // By index.
  std::map<SealScope, std::vector<Share>> shares_;
  uint64_t later_seals_ = 0;  // Than the last one that is shown.
  std::vector<ScopeFindings> scopes_;
};

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_SEAL_CHECK_H_
