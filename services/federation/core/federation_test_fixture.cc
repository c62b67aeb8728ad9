#include "services/federation/core/federation_test_fixture.h"

#include "absl/strings/str_cat.h"
#include "services/federation/core/pull.h"
#include "services/kernel/addresses.h"
#include "services/kernel/entry_form.h"
#include "storage/base/check.h"
#include "storage/merkle/checkpoint.h"

namespace ch8::federation {
namespace {

using chapter8::books::v1::TransferStep;
using chapter8::federation::v1::PullRequest;
using chapter8::federation::v1::PullResponse;

}  // namespace

chapter8::ledger::v1::Entry TestLog::GenesisOf(const std::string& origin) {
  chapter8::ledger::v1::Entry genesis;
  genesis.mutable_genesis()->set_format(1);
  genesis.mutable_genesis()->set_origin(origin);
  return genesis;
}

TestLog::TestLog(const std::string& origin, const chapter8::ledger::v1::Entry& genesis) {
  ledger_ = MemLedger::Create({.origin = origin,
                               .payload = genesis.SerializeAsString(),
                               .salt = Sha256(absl::StrCat("salt of ", origin))})
                .value();
}

uint64_t TestLog::Append(const EntryParts& parts) {
  const uint64_t index = ledger_->durable_size();
  const std::string head_key = kernel::AddressHeadKey(parts.recipient);
  const auto head_row = ledger_->WrittenView().Get(Table::kRows, head_key).value();
  const kernel::AddressHead head =
      kernel::ParseAddressHead(head_row.value_or("")).value_or(kernel::AddressHead{});

  chapter8::ledger::v1::Entry entry;
  if (parts.step.has_value()) {
    *entry.mutable_step() = *parts.step;
  } else {
    entry.set_domain_event(parts.text);
  }
  for (int i = 0; !parts.recipient.empty() && i < parts.addresses; ++i) {
    auto* address = entry.add_addresses();
    address->set_recipient(parts.recipient);
    address->set_number(parts.number.value_or(head.number + 1));
    const std::string previous = head.number == 0 ? "" : std::string(head.leaf_hash.view());
    address->set_previous_leaf_hash(parts.previous_leaf_hash.value_or(previous));
  }
  const std::string payload = parts.payload.value_or(entry.SerializeAsString());
  RequestEntries request;
  request.request_salt = Sha256(absl::StrCat("request ", index));
  const Tag tag = parts.tag.has_value() ? *parts.tag
                  : parts.step.has_value() && !parts.step->transfer_id().empty()
                      ? kernel::TagOf(entry, ledger_->origin())
                      : Tag{};
  request.entries.push_back(
      MakeEntry(ledger_->log_id(), request.request_salt,
                {.entry_class = parts.entry_class.value_or(kernel::ClassOf(entry)),
                 .tag = tag,
                 .row = static_cast<uint32_t>(index % 7),
                 .payload = payload}));
  Ledger::CommitRequest commit;
  const Hash leaf_hash = request.entries[0].leaf_hash;
  commit.requests.push_back(std::move(request));
  if (!parts.recipient.empty()) {
    commit.rows.push_back(
        {.table = Table::kRows,
         .key = kernel::AddressedKey(parts.recipient, head.number + 1),
         .value = kernel::FormatAddressed({.index = index, .leaf_hash = leaf_hash})});
    commit.rows.push_back(
        {.table = Table::kRows,
         .key = head_key,
         .value = kernel::FormatAddressHead({.number = head.number + 1, .leaf_hash = leaf_hash})});
  }
  Check(ledger_->Commit(commit).ok(), "a commit failed");
  Check(ledger_->Sync().ok(), "a sync failed");
  return index;
}

void TestLog::Keep(const RowWrite& row) {
  Check(ledger_->Commit({.requests = {}, .rows = {row}}).ok() && ledger_->Sync().ok(),
        "a row that cannot be kept");
}

std::string TestLog::SignedNote() const { return SignedNote(ledger_->durable_size()); }

std::string TestLog::SignedNote(uint64_t size) const {
  return SignCheckpoint({.origin = ledger_->origin(),
                         .size = size,
                         .root = ledger_->RootAt(size).value(),
                         .extension_lines = {}},
                        key)
      .value();
}

PullResponse TestLog::Pull(const PullRequest& request, const std::string& caller) const {
  return BuildPull({.ledger = *ledger_,
                    .signed_note = SignedNote(),
                    .caller = caller,
                    .ledger_time = absl::FromUnixSeconds(1'772'409'600)},
                   request)
      .value();
}

TransferStep ReserveStep() {
  TransferStep step;
  step.set_transfer_id(std::string(16, 't'));
  step.set_giver_origin("un.example/ch8/finance");
  step.set_receiver_origin("au.example/ch8/finance");
  step.set_terms_hash(std::string(32, 'h'));
  step.mutable_reserve()->set_terms("terms");
  step.mutable_reserve()->set_quantity(100);
  return step;
}

}  // namespace ch8::federation
