#include "services/node/kept_deposits.h"

#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/base/bytes.h"
#include "storage/base/ed25519.h"
#include "storage/base/hash.h"
#include "storage/base/sealed_box.h"
#include "storage/base/status_macros.h"

namespace ch8::node {
namespace {

using chapter8::federation::v1::Deposit;
using chapter8::federation::v1::FetchDepositsResponse;
using chapter8::federation::v1::GetDepositRequest;

// An answer stays below gRPC's limit: the first deposit always fits.
constexpr size_t kAnswerBytesMax = 3 * 1024 * 1024;

// Deposits stand under their ledger and their number, the bytes of each organization's under its
// name.
std::string PrefixOf(absl::string_view origin) { return absl::StrCat("d/", origin, "\n"); }
std::string KeyOf(absl::string_view origin, uint64_t number) {
  return absl::StrCat(PrefixOf(origin), KeyU64(number));
}
std::string BytesKey(absl::string_view trust_domain) { return absl::StrCat("b/", trust_domain); }
// There once a complete deposit of the ledger was kept.
std::string CompleteKey(absl::string_view origin) { return absl::StrCat("c/", origin); }
absl::string_view TrustDomainOf(absl::string_view origin) {
  return origin.substr(0, origin.find('/'));
}

// What a row takes on disk, about: as much as its bytes, and what the database adds.
uint64_t BytesTaken(absl::string_view key, absl::string_view value) {
  constexpr uint64_t kRowOverhead = 64;
  return key.size() + value.size() + kRowOverhead;
}

// Whether `deposit` may come after `last`: one has entries, or completes what came before.
bool Follows(const Deposit& deposit, const Deposit& last) {
  const bool grows = deposit.end() > deposit.begin();
  const bool completes = deposit.end() == deposit.begin() && deposit.complete() && !last.complete();
  return deposit.begin() == last.end() && (grows || completes) &&
         deposit.root().size() == Hash::kSize && deposit.signature().size() == Signature::kSize &&
         deposit.sealed().size() >= kSealedBoxOverhead;
}

absl::Status Damaged(absl::string_view origin) {
  return absl::DataLossError(absl::StrCat("a kept deposit of ", origin, " does not parse"));
}

}  // namespace

// The last deposit of a ledger.
struct KeptDeposits::Newest {
  uint64_t count = 0;  // 0: there is none, and what follows is empty.
  Deposit deposit;
  uint64_t bytes = 0;
};

// Errors leave it closed: the next call tries again.
absl::StatusOr<RowStore*> KeptDeposits::Store(IfMissing if_missing) {
  std::error_code error;
  const bool make = if_missing == IfMissing::kMake || std::filesystem::exists(options_.path, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot look for ", options_.path, ": ", error.message()));
  }
  if (store_ == nullptr && make) {
    ASSIGN_OR_RETURN(store_, RowStore::Open(options_.path));
  }
  return store_.get();
}

absl::StatusOr<KeptDeposits::Newest> KeptDeposits::FindNewest(const std::string& origin) {
  Newest newest;
  ASSIGN_OR_RETURN(const RowStore* const store, Store(IfMissing::kNull));
  if (store == nullptr) return newest;
  const std::string prefix = PrefixOf(origin);
  ASSIGN_OR_RETURN(const std::optional<RowStore::Row> last, store->Last(prefix));
  if (!last.has_value()) return newest;
  newest.count = ByteReader(last->first.substr(prefix.size())).ReadU64() + 1;
  newest.bytes = BytesTaken(last->first, last->second);
  if (!newest.deposit.ParseFromString(last->second)) return Damaged(origin);
  return newest;
}

absl::StatusOr<uint64_t> KeptDeposits::BytesOf(absl::string_view trust_domain) {
  ASSIGN_OR_RETURN(const RowStore* const store, Store(IfMissing::kNull));
  if (store == nullptr) return 0;
  ASSIGN_OR_RETURN(const std::optional<std::string> bytes, store->Get(BytesKey(trust_domain)));
  return bytes.has_value() ? ByteReader(*bytes).ReadU64() : 0;
}

absl::StatusOr<GetDepositRequest> KeptDeposits::Next(const std::string& origin) {
  std::lock_guard<std::mutex> lock(mutex_);
  ASSIGN_OR_RETURN(const Newest newest, FindNewest(origin));
  GetDepositRequest request;
  request.set_origin(origin);
  request.set_after_size(newest.deposit.end());
  request.set_after_root(newest.deposit.root());
  request.set_after_complete(newest.deposit.complete());
  return request;
}

absl::StatusOr<bool> KeptDeposits::WasComplete(const std::string& origin) {
  std::lock_guard<std::mutex> lock(mutex_);
  ASSIGN_OR_RETURN(const RowStore* const store, Store(IfMissing::kNull));
  if (store == nullptr) return false;
  ASSIGN_OR_RETURN(const std::optional<std::string> row, store->Get(CompleteKey(origin)));
  return row.has_value();
}

absl::Status KeptDeposits::Keep(const std::string& origin, const Deposit& deposit) {
  std::lock_guard<std::mutex> lock(mutex_);
  ASSIGN_OR_RETURN(const Newest newest, FindNewest(origin));
  if (!Follows(deposit, newest.deposit)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a deposit of ", origin, " does not follow on the last one"));
  }
  if (options_.admit_writes && !options_.admit_writes().ok()) {
    return absl::ResourceExhaustedError("the disk is too full to keep anything for others");
  }
  const absl::string_view trust_domain = TrustDomainOf(origin);
  std::string key = KeyOf(origin, newest.count);
  std::string value = deposit.SerializeAsString();
  ASSIGN_OR_RETURN(uint64_t bytes, BytesOf(trust_domain));
  bytes += BytesTaken(key, value);
  if (bytes > options_.bytes_max) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the deposits of ", trust_domain, " have reached ", options_.bytes_max,
                     " bytes, the most that is kept for one organization"));
  }
  ASSIGN_OR_RETURN(RowStore* const store, Store(IfMissing::kMake));
  std::vector<RowStore::Change> changes = {{std::move(key), std::move(value)},
                                           {BytesKey(trust_domain), KeyU64(bytes)}};
  if (deposit.complete()) changes.emplace_back(CompleteKey(origin), "");
  const absl::Status written = store->Write(changes);
  if (!written.ok()) store_.reset();  // What is there only opening it again tells.
  return written;
}

absl::StatusOr<bool> KeptDeposits::DropIncomplete(const std::string& origin) {
  std::lock_guard<std::mutex> lock(mutex_);
  ASSIGN_OR_RETURN(uint64_t bytes, BytesOf(TrustDomainOf(origin)));
  bool dropped = false;
  while (true) {
    ASSIGN_OR_RETURN(const Newest newest, FindNewest(origin));
    if (newest.count == 0 || newest.deposit.complete()) return dropped;
    bytes -= newest.bytes;
    const absl::Status written = store_->Write({{KeyOf(origin, newest.count - 1), std::nullopt},
                                                {BytesKey(TrustDomainOf(origin)), KeyU64(bytes)}});
    if (!written.ok()) {
      store_.reset();
      return written;
    }
    dropped = true;
  }
}

absl::StatusOr<FetchDepositsResponse> KeptDeposits::Read(const std::string& origin,
                                                         uint64_t after_count) {
  std::lock_guard<std::mutex> lock(mutex_);
  ASSIGN_OR_RETURN(const Newest newest, FindNewest(origin));
  if (newest.count == 0) return absl::NotFoundError("nothing is kept of that ledger");
  FetchDepositsResponse response;
  response.set_count(newest.count);
  size_t bytes = 0;
  bool parsed = true;
  RETURN_IF_ERROR(store_->Scan(PrefixOf(origin), KeyOf(origin, after_count),
                               [&](absl::string_view, absl::string_view value) {
                                 bytes += value.size();
                                 if (bytes > kAnswerBytesMax && response.deposits_size() > 0) {
                                   return false;
                                 }
                                 parsed = response.add_deposits()->ParseFromArray(
                                     value.data(), static_cast<int>(value.size()));
                                 return parsed;
                               }));
  if (!parsed) return Damaged(origin);
  return response;
}

}  // namespace ch8::node
