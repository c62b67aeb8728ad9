#ifndef CH8_CLIENTS_VERIFY_REQUEST_CHECK_H_
#define CH8_CLIENTS_VERIFY_REQUEST_CHECK_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "clients/verify/log_entry.h"

namespace ch8::verify {

// The trust domain in an origin: "un.example".
std::string DomainOf(const std::string& origin);

// How entries stand in a log: the genesis first; then requests, each with as many rows as it says,
// time never going back; addressed entries in chains without a hole; entries of other ledgers taken
// in their order, each once; no step of a transfer twice.
//
// Thread safety: none.
class RequestCheck {
 public:
  explicit RequestCheck(std::string origin)
      : origin_(std::move(origin)), domain_(DomainOf(origin_)) {}

  // Errors: a refusal naming the entry.
  absl::Status Take(const LogEntry& entry);
  // After the last one.
  absl::Status Finish() const;

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
  absl::Status TakeRow(const LogEntry& entry);
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
  chapter8::ledger::v1::Request request_;
  uint32_t rows_left_ = 0;
  bool speaks_to_others_ = false;
  std::map<std::string, ChainEnd> chains_;  // By recipient.
  std::map<std::string, Taken> taken_;      // By origin.
  std::map<std::string, uint64_t> sizes_seen_;
  std::set<Tag> tags_;
};

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_REQUEST_CHECK_H_
