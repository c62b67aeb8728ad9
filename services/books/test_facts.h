#ifndef CH8_SERVICES_BOOKS_TEST_FACTS_H_
#define CH8_SERVICES_BOOKS_TEST_FACTS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "chapter8/authz/v1/rule.pb.h"
#include "services/kernel/machine.h"
#include "storage/ledger/mem_ledger.h"

// The organizations and officers that test ledgers and the simulator have, and what these officers
// send. Their keys sign nothing: whether a signature holds is the edge's to say, and there is none.
namespace ch8::books {

// An officer of a test ledger, who holds one post: of the same name, or that of another officer.
struct TestOfficer {
  absl::string_view id;
  uint64_t person = 0;  // Two officers with one number are one person.
  chapter8::authz::v1::Role role = chapter8::authz::v1::ROLE_UNSPECIFIED;
  int64_t limit_minor = 0;  // Of approvals, in US cents.
  absl::string_view post_of{};
};

// A ledger of nothing but its genesis.
std::unique_ptr<MemLedger> FirstLedger(const std::string& origin);

// The directory's facts about one organization, to be logged before anything else.
struct TestOrganization {
  std::string organization;         // Its id, e.g. "un": the trust domain is "un.example".
  std::vector<std::string> pinned;  // Other organizations' ids.
  absl::Span<const TestOfficer> officers;
};
std::vector<kernel::Event> FactsOf(const TestOrganization& organization);

// What an officer sends, valid for an hour. The caller adds salt and random bytes.
struct OfficerCommandParts {
  absl::string_view trust_domain;
  absl::string_view officer;
  std::string method;  // "/chapter8.finance.v1.OfferService/MakeOffer"
  std::string request;
  std::string request_id;
  absl::Time time;
};
kernel::Command OfficerCommand(const OfficerCommandParts& parts);

}  // namespace ch8::books

#endif  // CH8_SERVICES_BOOKS_TEST_FACTS_H_
