#include "services/books/test_ledger.h"

#include "absl/strings/str_cat.h"
#include "services/kernel/addresses.h"
#include "services/kernel/entry_form.h"
#include "services/kernel/erased_bodies.h"
#include "storage/base/check.h"

namespace ch8::books {
namespace {

using chapter8::ledger::v1::Delivery;

// 2 March 2026, 09:00 UTC.
constexpr int64_t kStartSeconds = 1'772'442'000;

}  // namespace

TestLedger::TestLedger(const Options& options)
    : package_(absl::StrCat("/chapter8.", options.service, ".v1.")),
      ledger_(FirstLedger(absl::StrCat(options.organization, ".example/ch8/", options.service))),
      books_(no_older_ids_),
      time_(absl::FromUnixSeconds(kStartSeconds)) {
  options_.ledger = ledger_.get();
  options_.machine = options.machine;
  options_.accounts = &books_;
  options_.organization = absl::StrCat("organizations/", options.organization);
  options_.trust_domain = absl::StrCat(options.organization, ".example");
  options_.fresh_salt = [this] { return FreshHash(); };
  options_.bodies = &bodies_;
  executor_ = std::make_unique<kernel::Executor>(options_);
  LogFacts(options);
}

void TestLedger::LogFacts(const Options& options) {
  executor_->Begin(time_);
  const std::vector<kernel::Event> facts = FactsOf({.organization = options.organization,
                                                    .pinned = options.pinned,
                                                    .officers = options.officers});
  Check(executor_->LogInternal("/internal/Facts", facts).status.ok(), "facts that do not log");
  Commit();
}

Hash TestLedger::FreshHash() {
  return Sha256({options_.trust_domain, " fresh ", absl::StrCat(++fresh_)});
}

std::string TestLedger::NextRequestId() { return absl::StrCat("request-", ++fresh_); }

kernel::Command TestLedger::CommandOf(const RawCommand& raw) {
  kernel::Command command =
      OfficerCommand({.trust_domain = options_.trust_domain,
                      .officer = raw.officer,
                      .method = absl::StrCat(package_, raw.method),
                      .request = raw.request,
                      .request_id = raw.request_id.empty() ? NextRequestId() : raw.request_id,
                      .time = time_});
  command.request_salt = FreshHash();
  command.mode = raw.mode;
  command.random = std::string(FreshHash().view().substr(0, 16));
  return command;
}

kernel::Outcome TestLedger::Run(const RawCommand& raw) {
  executor_->Begin(time_);
  kernel::Outcome outcome = executor_->Execute(CommandOf(raw));
  for (const kernel::Body& body : outcome.bodies) {
    Check(bodies_.Put(body).ok(), "a body that cannot be stored");
  }
  Commit();
  return outcome;
}

kernel::Outcome TestLedger::Read(const RawCommand& raw) {
  executor_->Begin(time_);
  kernel::Outcome outcome = executor_->Read(CommandOf(raw));
  Commit();
  return outcome;
}

void TestLedger::Commit() {
  const Ledger::CommitRequest commit = executor_->Finish();
  Check(ledger_->Commit(commit).ok(), "a commit that fails");
  Check(ledger_->Sync().ok(), "a sync that fails");
  const std::unique_ptr<ch8::Snapshot> snapshot = ledger_->TakeSnapshot();
  const kernel::SnapshotRows rows(*snapshot);
  for (const RowWrite& row : commit.rows) {
    const std::optional<Hash> erased = kernel::ErasedBy(row);
    if (!erased.has_value() || options_.machine->NamesBody(*erased, rows)) continue;
    Check(bodies_.Erase(*erased).ok(), "a body that cannot be erased");
  }
}

int TestLedger::Advance(absl::Duration elapsed) {
  time_ += elapsed;
  int logged = 0;
  for (int now = 1; now > 0; logged += now) {
    executor_->Begin(time_);
    now = executor_->RunDue();
    Commit();
  }
  return logged;
}

std::optional<kernel::Delivered> TestLedger::Addressed(absl::string_view trust_domain,
                                                       uint64_t number) const {
  const auto row =
      ledger_->TakeSnapshot()->Get(Table::kRows, kernel::AddressedKey(trust_domain, number));
  Check(row.ok(), "a row that cannot be read");
  if (!row->has_value()) return std::nullopt;
  const auto addressed = kernel::ParseAddressed(**row);
  Check(addressed.has_value(), "an address row that does not parse");
  kernel::Delivered delivered{.origin = origin(),
                              .index = addressed->index,
                              .leaf_hash = addressed->leaf_hash,
                              .entry = {}};
  const absl::Status read =
      ledger_->ReadEntries(addressed->index, addressed->index + 1, [&](const Entry& stored) {
        return delivered.entry.ParseFromString(std::string(stored.payload));
      });
  Check(read.ok(), "an entry that cannot be read");
  return delivered;
}

Delivery TestLedger::TakeFact(const chapter8::mandate::v1::MandateEvent& fact) {
  kernel::Delivered delivered{.origin = absl::StrCat(trust_domain(), "/ch8/mandate"),
                              .index = ++facts_,
                              .leaf_hash = FreshHash(),
                              .entry = {}};
  delivered.entry.set_domain_event(fact.SerializeAsString());
  return Deliver(delivered);
}

Delivery TestLedger::Deliver(const kernel::Delivered& delivered) {
  kernel::InboundEntry inbound;
  inbound.delivered = delivered;
  inbound.number = ++taken_[delivered.origin];
  inbound.checkpoint_size = delivered.index + 1;
  inbound.peer_row = {.table = Table::kPeer,
                      .key = absl::StrCat("leaf/", delivered.origin),
                      .value = std::string(delivered.leaf_hash.view())};
  const uint64_t before = size();
  executor_->Begin(time_);
  Check(executor_->Deliver(inbound).status.ok(), "a delivery that fails");
  Commit();
  chapter8::ledger::v1::Entry entry;
  const absl::Status read = ledger_->ReadEntries(before, before + 1, [&](const Entry& stored) {
    return entry.ParseFromString(std::string(stored.payload));
  });
  Check(read.ok(), "a verdict that cannot be read");
  Advance(absl::ZeroDuration());
  return entry.request().delivery();
}

void TestLedger::TakeWitnessed(const TestLedger& other, const std::string& organization,
                               uint64_t size) {
  chapter8::ledger::v1::WitnessedHead head;
  head.set_origin(other.origin());
  head.set_size(size);
  head.set_witness(absl::StrCat(organization, ".example"));
  executor_->Begin(time_);
  Check(executor_->TakeWitnessed({head}).status.ok(), "a witnessed head that is not taken");
  Commit();
}

std::optional<kernel::WitnessesWanted> TestLedger::WantedWitnesses(const TestLedger& other) const {
  const std::unique_ptr<ch8::Snapshot> snapshot = ledger_->TakeSnapshot();
  return options_.machine->WantedWitnesses(other.origin(), kernel::SnapshotRows(*snapshot));
}

int TestLedger::PullFrom(const TestLedger& other, int count_max) {
  for (int count = 0; count < count_max; ++count) {
    const auto delivered = other.Addressed(trust_domain(), taken_[other.origin()] + 1);
    if (!delivered.has_value()) return count;
    Deliver(*delivered);
  }
  return count_max;
}

std::vector<chapter8::ledger::v1::Entry> TestLedger::Entries(uint64_t begin) const {
  std::vector<chapter8::ledger::v1::Entry> entries;
  const absl::Status read = ledger_->ReadEntries(begin, size(), [&](const Entry& stored) {
    chapter8::ledger::v1::Entry entry;
    Check(entry.ParseFromString(std::string(stored.payload)), "an entry that does not parse");
    if (!entry.has_request()) entries.push_back(std::move(entry));
    return true;
  });
  Check(read.ok(), "a log that cannot be read");
  return entries;
}

std::vector<kernel::WantedBody> TestLedger::WantedBodies() const {
  const std::unique_ptr<ch8::Snapshot> snapshot = ledger_->TakeSnapshot();
  return options_.machine->WantedBodies(kernel::SnapshotRows(*snapshot));
}

bool TestLedger::MayFetchBody(absl::string_view trust_domain, const Hash& digest) const {
  const std::unique_ptr<ch8::Snapshot> snapshot = ledger_->TakeSnapshot();
  return options_.machine->MayFetchBody(trust_domain, digest, kernel::SnapshotRows(*snapshot));
}

std::string TestLedger::AllBytes() const {
  std::string bytes;
  const absl::Status read = ledger_->ReadEntries(0, size(), [&](const Entry& stored) {
    absl::StrAppend(&bytes, stored.payload, "\n");
    return true;
  });
  Check(read.ok(), "a log that cannot be read");
  const std::unique_ptr<ch8::Snapshot> snapshot = ledger_->TakeSnapshot();
  for (const Table table : {Table::kRows, Table::kAnswers, Table::kPeer, Table::kMeta}) {
    const absl::Status scanned =
        snapshot->Scan(table, "", "", [&](absl::string_view key, absl::string_view value) {
          absl::StrAppend(&bytes, key, "\n", value, "\n");
          return true;
        });
    Check(scanned.ok(), "rows that cannot be read");
  }
  return bytes;
}

Hash TestLedger::ReplayedBooksDigest() const {
  const NoOlderIds no_older_ids;
  Books replayed(no_older_ids);
  const absl::Status read = ledger_->ReadEntries(0, size(), [&](const Entry& stored) {
    chapter8::ledger::v1::Entry entry;
    Check(entry.ParseFromString(std::string(stored.payload)), "an entry that does not parse");
    replayed.Apply(kernel::ChangeOf(entry), stored.index);
    return true;
  });
  Check(read.ok(), "a log that cannot be read");
  return replayed.StateDigest();
}

}  // namespace ch8::books
