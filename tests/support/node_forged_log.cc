#include "tests/support/node_forged_log.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "services/federation/core/pull.h"
#include "services/kernel/addresses.h"
#include "services/kernel/entry_form.h"
#include "storage/base/check.h"
#include "storage/merkle/checkpoint.h"

namespace ch8::testing {
namespace {

using chapter8::federation::v1::PullRequest;
using chapter8::federation::v1::PullResponse;

constexpr int64_t kTimeUs = 1'767'225'600'000'000;  // 1 January 2026: equal logs are equal.

Genesis GenesisOf(const ForgedLog::Options& options) {
  chapter8::ledger::v1::Entry genesis;
  genesis.mutable_genesis()->set_format(1);
  genesis.mutable_genesis()->set_origin(options.origin);
  genesis.mutable_genesis()->set_organization_record(options.organization_record);
  return {.origin = options.origin,
          .payload = genesis.SerializeAsString(),
          .salt = Sha256({options.salt_seed, "/genesis"})};
}

}  // namespace

ForgedLog::ForgedLog(const Options& options) : key_(options.key), salt_seed_(options.salt_seed) {
  auto ledger = MemLedger::Create(GenesisOf(options));
  Check(ledger.ok(), ledger.status().ToString());
  ledger_ = *std::move(ledger);
}

ForgedLog::Logged ForgedLog::Append(chapter8::ledger::v1::Entry entry, const std::string& recipient,
                                    const Wrong& wrong) {
  std::lock_guard<std::mutex> lock(mutex_);
  const uint64_t first = ledger_->durable_size();
  const std::string head_key = kernel::AddressHeadKey(recipient);
  const auto row = ledger_->WrittenView().Get(Table::kRows, head_key);
  const kernel::AddressHead head =
      kernel::ParseAddressHead(row->value_or("")).value_or(kernel::AddressHead{});
  auto* address = entry.add_addresses();
  address->set_recipient(recipient);
  address->set_number(head.number + 1);
  if (head.number > 0) address->set_previous_leaf_hash(std::string(head.leaf_hash.view()));

  chapter8::ledger::v1::Entry request;
  request.mutable_request()->set_time_us(kTimeUs);
  request.mutable_request()->set_method("/internal/Due");
  request.mutable_request()->set_rows(1);
  const std::string request_bytes = request.SerializeAsString();
  const std::string entry_bytes = entry.SerializeAsString();
  const Hash salt = Sha256({salt_seed_, absl::StrCat(first)});
  RequestEntries group;
  group.request_salt = salt;
  group.entries.push_back(MakeEntry(
      ledger_->log_id(), salt,
      {.entry_class = EntryClass::kDomain, .tag = {}, .row = 0, .payload = request_bytes}));
  group.entries.push_back(
      MakeEntry(ledger_->log_id(), salt,
                {.entry_class = wrong.entry_class.value_or(kernel::ClassOf(entry)),
                 .tag = wrong.tag.value_or(kernel::TagOf(entry, origin())),
                 .row = 1,
                 .payload = entry_bytes}));
  const Logged logged{.index = first + 1, .leaf_hash = group.entries.back().leaf_hash};
  Ledger::CommitRequest commit;
  commit.requests.push_back(std::move(group));
  commit.rows.push_back(
      {.table = Table::kRows,
       .key = kernel::AddressedKey(recipient, head.number + 1),
       .value = kernel::FormatAddressed({.index = logged.index, .leaf_hash = logged.leaf_hash})});
  commit.rows.push_back({.table = Table::kRows,
                         .key = head_key,
                         .value = kernel::FormatAddressHead(
                             {.number = head.number + 1, .leaf_hash = logged.leaf_hash})});
  const bool written = ledger_->Commit(commit).ok() && ledger_->Sync().ok();
  Check(written, "the forged log does not take an entry");
  return logged;
}

absl::StatusOr<PullResponse> ForgedLog::Pull(const PullRequest& request,
                                             const std::string& caller) const {
  const uint64_t size = ledger_->durable_size();
  const auto root = ledger_->RootAt(size);
  if (!root.ok()) return root.status();
  const auto note = SignCheckpoint({.origin = origin(), .size = size, .root = *root}, key_);
  if (!note.ok()) return note.status();
  return federation::BuildPull(
      {.ledger = *ledger_, .signed_note = *note, .caller = caller, .ledger_time = absl::Now()},
      request);
}

}  // namespace ch8::testing
