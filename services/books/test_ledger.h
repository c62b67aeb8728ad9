#ifndef CH8_SERVICES_BOOKS_TEST_LEDGER_H_
#define CH8_SERVICES_BOOKS_TEST_LEDGER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "chapter8/mandate/v1/mandate.pb.h"
#include "services/books/books.h"
#include "services/books/ids.h"
#include "services/books/test_facts.h"
#include "services/kernel/bodies.h"
#include "services/kernel/execute.h"
#include "services/kernel/replayed_rows.h"
#include "storage/ledger/mem_ledger.h"

namespace ch8::books {

// One ledger of one organization for tests: a real machine, executor and books on a ledger in
// memory, one commit per command, without keys, threads or network.
class TestLedger {
 public:
  struct Options {
    std::string organization;         // Its id, e.g. "un": the trust domain is "un.example".
    std::vector<std::string> pinned;  // Other organizations' ids.
    std::string service;              // "finance"
    const kernel::Machine* machine = nullptr;  // Outlives the ledger.
    // An "auditor" beside them is needed for Get().
    absl::Span<const TestOfficer> officers;
  };
  explicit TestLedger(const Options& options);

  // Runs a command or read as an officer; `method` is "OfferService/MakeOffer".
  template <typename Response, typename Request>
  absl::StatusOr<Response> Call(absl::string_view officer, absl::string_view method,
                                Request request) {
    request.set_request_id(NextRequestId());
    return Parse<Response>(Run({officer, method, request.SerializeAsString()}));
  }
  template <typename Response, typename Request>
  absl::StatusOr<Response> Get(absl::string_view method, const Request& request) {
    return Parse<Response>(Read({"auditor", method, request.SerializeAsString()}));
  }

  struct RawCommand {
    absl::string_view officer;
    absl::string_view method;
    std::string request;
    kernel::Command::Mode mode = kernel::Command::Mode::kExecute;
    std::string request_id{};  // Empty: a new one.
  };
  kernel::Outcome Run(const RawCommand& raw);
  kernel::Outcome Read(const RawCommand& raw);

  // Takes at most `count_max` entries that `other` has addressed to this organization and that are
  // not taken yet, in order, and says how many there were.
  int PullFrom(const TestLedger& other, int count_max = 1'000);
  // Takes one entry as if `delivered.origin` had logged it, true or not.
  chapter8::ledger::v1::Delivery Deliver(const kernel::Delivered& delivered);
  // Takes an event of the own organization's mandate ledger: a fact.
  chapter8::ledger::v1::Delivery TakeFact(const chapter8::mandate::v1::MandateEvent& fact);
  // Logs that the witness of `organization` holds `other` to its first `size` entries.
  void TakeWitnessed(const TestLedger& other, const std::string& organization, uint64_t size);
  // As the federation asks the machine.
  std::optional<kernel::WitnessesWanted> WantedWitnesses(const TestLedger& other) const;
  // The n-th entry addressed to `trust_domain`, counting from 1.
  std::optional<kernel::Delivered> Addressed(absl::string_view trust_domain, uint64_t number) const;

  // Lets `elapsed` pass and what is due happen; returns how many entries that logged.
  int Advance(absl::Duration elapsed);
  absl::Time time() const { return time_; }

  const std::string& origin() const { return ledger_->origin(); }
  const std::string& trust_domain() const { return options_.trust_domain; }
  const std::string& organization() const { return options_.organization; }
  uint64_t size() const { return ledger_->durable_size(); }
  const Books& books() const { return books_; }
  kernel::MemBodies& bodies() { return bodies_; }
  // As the federation asks the machine.
  std::vector<kernel::WantedBody> WantedBodies() const;
  bool MayFetchBody(absl::string_view trust_domain, const Hash& digest) const;

  // All entries from `begin` on that are not Request entries.
  std::vector<chapter8::ledger::v1::Entry> Entries(uint64_t begin = 0) const;

  const Ledger& ledger() const { return *ledger_; }
  // What is durable now.
  std::unique_ptr<ch8::Snapshot> Snapshot() const { return ledger_->TakeSnapshot(); }
  // Everything that is stored: the payloads of all entries and the rows of all tables, one after
  // another, to be searched for what must not be there.
  std::string AllBytes() const;

  // The rows (Table::kRows) as stored, and as a replay of the whole log gives them.
  std::map<std::string, std::string> StoredRows() const {
    return kernel::StoredRows(*ledger_).value();
  }
  std::map<std::string, std::string> ReplayedRows() const {
    return kernel::ReplayedRows(*ledger_, *options_.machine).value();
  }
  // The digest of books rebuilt from the log's postings.
  Hash ReplayedBooksDigest() const;

 private:
  template <typename Response>
  static absl::StatusOr<Response> Parse(const kernel::Outcome& outcome) {
    if (!outcome.status.ok()) return outcome.status;
    Response response;
    if (!response.ParseFromString(outcome.reply)) return absl::InternalError("bad reply");
    return response;
  }

  kernel::Command CommandOf(const RawCommand& raw);
  std::string NextRequestId();
  Hash FreshHash();
  void LogFacts(const Options& options);
  void Commit();

  const std::string package_;  // "/chapter8.finance.v1."
  std::unique_ptr<MemLedger> ledger_;
  NoOlderIds no_older_ids_;
  Books books_;
  kernel::MemBodies bodies_;
  kernel::Executor::Options options_;
  std::unique_ptr<kernel::Executor> executor_;
  absl::Time time_;
  uint64_t fresh_ = 0;
  uint64_t facts_ = 0;
  std::map<std::string, uint64_t> taken_;
};

}  // namespace ch8::books

#endif  // CH8_SERVICES_BOOKS_TEST_LEDGER_H_
