#ifndef CH8_CLIENTS_VERIFY_REQUEST_CHECK_H_
#define CH8_CLIENTS_VERIFY_REQUEST_CHECK_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "clients/verify/coverage.h"
#include "clients/verify/log_entry.h"

namespace ch8::verify {

// The trust domain in an origin: "un.example".
std::string DomainOf(const std::string& origin);

// How entries stand in a log: the genesis first; then requests, each with as many rows as it says,
// time never going back; addressed entries in chains without a hole; entries of other ledgers taken
// in their order, each once. Of a sample: no row without its request, a bulk request whole, and the
// order of what is disclosed.
//
// Thread safety: none.
class RequestCheck {
 public:
  explicit RequestCheck(std::string origin, Coverage coverage = Coverage::kComplete)
      : origin_(std::move(origin)), domain_(DomainOf(origin_)), coverage_(coverage) {}

  // Errors: a refusal naming the entry.
  absl::Status Take(const LogEntry& entry);
  // After the last one, of a log of `size` entries.
  absl::Status Finish(uint64_t size) const;

  // The request that the entry taken last belongs to, or is.
  const chapter8::ledger::v1::Request& request() const { return request_; }
  // For each other ledger, the largest size under which an entry of it was taken.
  const std::map<std::string, uint64_t>& sizes_seen() const { return sizes_seen_; }
  // Whether anything is addressed to another organization.
  bool speaks_to_others() const { return speaks_to_others_; }

 private:
  absl::Status TakeGenesis(const LogEntry& entry) const;
  absl::Status TakeRequest(const LogEntry& entry);
  absl::Status TakeDelivery(uint64_t index);
  absl::Status CheckBulkWhole() const;
  absl::Status TakeRow(const LogEntry& entry);
  absl::Status TakePeerHead(const LogEntry& entry);
  absl::Status TakeWitnessedHead(const LogEntry& entry);
  absl::Status TakeAddresses(const LogEntry& entry);
  absl::Status Refuse(uint64_t index, absl::string_view what) const;

  struct ChainEnd {
    uint64_t number = 0;
    std::string leaf_hash;
  };
  // Of another ledger's entries addressed to us.
  struct Taken {
    uint64_t number = 0;
    uint64_t index = 0;
    std::map<uint64_t, chapter8::ledger::v1::Delivery> parked;  // By number: what was deferred.
  };

  const std::string origin_;
  const std::string domain_;
  const Coverage coverage_;
  chapter8::ledger::v1::Request request_;
  uint64_t request_index_ = 0;
  uint64_t rows_end_ = 0;   // Index after its last row.
  uint64_t rows_seen_ = 0;  // Of it; in a sample maybe not all.
  bool speaks_to_others_ = false;
  std::map<std::string, ChainEnd> chains_;  // By recipient.
  std::map<std::string, Taken> taken_;      // By origin.
  std::map<std::string, uint64_t> sizes_seen_;
  std::map<std::string, uint64_t> heads_;  // By origin: the largest cosigned one logged.
  // By origin and witness: the same of what third organizations cosigned.
  std::map<std::pair<std::string, std::string>, uint64_t> witnessed_;
};

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_REQUEST_CHECK_H_
