#include "tests/integration/kill_checks.h"

#include <gtest/gtest.h>

#include "clients/lib/status_details.h"
#include "services/books/ids.h"
#include "services/books/recovery.h"
#include "storage/ledger/fsck.h"
#include "storage/rocks/rocks_ledger.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {

bool LeavesOutcomeOpen(const absl::Status& status) {
  return absl::IsDeadlineExceeded(status) || absl::IsCancelled(status) || absl::IsUnknown(status) ||
         (absl::IsUnavailable(status) && !client::RetryDelayOf(status).has_value());
}

void ExpectSameReply(OfficerClient& client, const Sent& sent) {
  const client::WireReply again = client.SendWithAct(sent.rpc, sent.request, sent.act);
  EXPECT_THAT(again.status, IsOk()) << sent.rpc;
  EXPECT_EQ(again.reply, sent.first.reply) << sent.rpc;
  EXPECT_EQ(again.receipt, sent.first.receipt) << sent.rpc;
}

void CheckLedger(const OrganizationNode& node, const std::string& service) {
  RocksLedgerOptions options;
  options.path = node.database(service);
  const auto ledger = RocksLedger::Open(options);
  ASSERT_THAT(ledger, IsOk());
  const auto report = Fsck(**ledger, (*ledger)->stored_log());
  ASSERT_THAT(report, IsOk());
  EXPECT_FALSE(report->difference.has_value())
      << service << " at " << Describe(*report->difference);
  EXPECT_EQ(report->size, (*ledger)->durable_size());
  if (service != "finance") return;
  const books::LedgerIds older_ids(**ledger);
  const auto recovered =
      books::Recover(books::RecoverySourceOf(**ledger), older_ids, books::Books::Options());
  ASSERT_THAT(recovered, IsOk());
  // Per unit, debits are equal to credits, posted and held; no floor is broken.
  EXPECT_THAT(books::CheckState(recovered->books->state()), IsOk());
}

}  // namespace ch8::testing
