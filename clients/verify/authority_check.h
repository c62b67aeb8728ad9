#ifndef CH8_CLIENTS_VERIFY_AUTHORITY_CHECK_H_
#define CH8_CLIENTS_VERIFY_AUTHORITY_CHECK_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "chapter8/authz/v1/rule.pb.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "clients/verify/books_model.h"
#include "clients/verify/coverage.h"
#include "clients/verify/log_entry.h"

namespace ch8::verify {

// Who acted, and whether they might: each request of an officer against what the ledger knew of
// officers and posts when it was logged, and the officer's own signature against the key that the
// ledger's own facts name. An offer of money is approved by another person than made it (rule
// F-16), within the limit of the post (rule X-4).
//
//   chapter8/act/v1                     what is signed, without a line end after the last line
//   un.example/ch8/finance              the ledger
//   /chapter8.finance.v1.…/ApproveOffer the method
//   9f86d0…0a08                         SHA-256 of the request, 64 hex digits
//   1795521600                          until when it may be executed, Unix seconds
//
// Of a sample, whose later facts may be any, no more than what an entry says itself: that a
// signature is by the key that it names, and that maker and approver are two persons.
//
// Thread safety: none.
class AuthorityCheck {
 public:
  explicit AuthorityCheck(std::string origin, Coverage coverage = Coverage::kComplete)
      : origin_(std::move(origin)), coverage_(coverage) {}

  // The next entry, which `books` have taken already; `request` is the one that it belongs to.
  // Errors: a refusal naming it.
  absl::Status Take(const LogEntry& entry, const chapter8::ledger::v1::Request& request,
                    const BooksModel& books);

  // Signatures of officers that were checked.
  uint64_t signatures() const { return signatures_; }

 private:
  absl::Status TakeRequest(uint64_t index, const chapter8::ledger::v1::Request& request);
  absl::Status CheckOfficer(uint64_t index, const chapter8::ledger::v1::Request& request);
  absl::Status CheckPost(uint64_t index, const chapter8::ledger::v1::Request& request,
                         const chapter8::directory::v1::Officer& officer) const;
  absl::Status CheckFacts(uint64_t index, const chapter8::ledger::v1::Request& request,
                          const chapter8::authz::v1::Rule& rule) const;
  absl::Status CheckAct(uint64_t index, const chapter8::ledger::v1::Request& request);
  absl::Status TakeReserve(const LogEntry& entry, const chapter8::ledger::v1::Request& request,
                           const BooksModel& books) const;
  absl::Status Learn(uint64_t index, const std::string& event_bytes);
  absl::Status Refuse(uint64_t index, absl::string_view what) const;

  const std::string origin_;
  const Coverage coverage_;
  uint64_t signatures_ = 0;
  std::map<std::string, chapter8::directory::v1::Officer> officers_;
  std::map<std::string, chapter8::directory::v1::Post> posts_;
  std::map<std::string, uint64_t> makers_;  // Of holds, by id: the person.
};

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_AUTHORITY_CHECK_H_
