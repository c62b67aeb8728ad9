#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "chapter8/books/v1/posting.pb.h"
#include "chapter8/finance/v1/finance.pb.h"
#include "chapter8/ledger/v1/administration_service.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "clients/cli/fake_node.h"
#include "tests/support/temp_dir.h"

// `ch8 ledger tail`: what entries say, and how it goes on.
namespace ch8::cli {
namespace {

using ::ch8::testing::TempDir;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace v1 = ::chapter8::ledger::v1;

// Leaf classes (ledger.md §1).
constexpr uint32_t kDomain = 2;
constexpr uint32_t kTransfer = 3;

// A finance ledger of the UN whose entries a test adds.
class LedgerTailTest : public ::testing::Test {
 protected:
  LedgerTailTest() {
    cli_.node().Handle("ReadEntries", [this](const client::WireCall& call) { return Read(call); });
  }

  void Add(const v1::Entry& entry) {
    v1::LoggedEntry& logged = entries_.emplace_back();
    logged.set_entry_class(kDomain);
    logged.set_payload(entry.SerializeAsString());
  }
  void AddRequest(const std::string& method) {
    v1::Entry entry;
    entry.mutable_request()->set_time_us(1'772'442'720'000'000);
    entry.mutable_request()->set_method(method);
    entry.mutable_request()->set_caller("officer/j-doe");
    entry.mutable_request()->set_post("posts/funds");
    Add(entry);
  }
  Result Tail(std::vector<std::string> more = {}) {
    v1::Head head;
    head.set_size(entries_.size());
    cli_.node().Answer("GetHead", head);
    std::vector<std::string> args = {"ledger", "tail", "finance"};
    args.insert(args.end(), more.begin(), more.end());
    return cli_.Run(args);
  }

  // As a node would: what is there, or nothing; after `answers_` of them it is gone.
  client::WireReply Read(const client::WireCall& call) {
    v1::ReadEntriesRequest request;
    EXPECT_TRUE(request.ParseFromString(call.request));
    EXPECT_EQ(request.origin(), "un.example/ch8/finance");
    begins_.push_back(request.begin());
    waits_.push_back(request.wait_ms());
    client::WireReply reply;
    if (answers_-- == 0) {
      reply.status = absl::PermissionDeniedError("the post has ended");
      return reply;
    }
    v1::ReadEntriesResponse response;
    response.set_begin(request.begin());
    const uint64_t end = request.end() == 0 ? entries_.size() : request.end();
    for (uint64_t i = request.begin(); i < end; ++i) {
      if (response.entries_size() < page_) *response.add_entries() = entries_[i];
    }
    response.set_size(entries_.size());
    reply.reply = response.SerializeAsString();
    if (grows_) AddRequest("/chapter8.finance.v1.OfferService/AcceptOffer");
    return reply;
  }

  TempDir dir_;
  CliHarness cli_{dir_.path().string()};
  std::vector<v1::LoggedEntry> entries_;
  int page_ = 100;
  int answers_ = 100;
  bool grows_ = false;
  std::vector<uint64_t> begins_;
  std::vector<uint32_t> waits_;
};

TEST_F(LedgerTailTest, SaysWhatEachEntryIsAndWho) {
  v1::Entry genesis;
  genesis.mutable_genesis()->set_origin("un.example/ch8/finance");
  Add(genesis);
  AddRequest("/chapter8.finance.v1.OfferService/MakeOffer");
  chapter8::finance::v1::FinanceEvent event;
  event.mutable_offer_recorded();
  v1::Entry recorded;
  recorded.set_domain_event(event.SerializeAsString());
  Add(recorded);
  v1::Entry step;
  step.mutable_step()->set_transfer_id(std::string(16, '\xab'));
  step.mutable_step()->mutable_reserve();
  Add(step);
  v1::Entry delivered;
  delivered.mutable_request()->set_method("/internal/Deliver");
  delivered.mutable_request()->mutable_delivery()->set_origin("au.example/ch8/finance");
  delivered.mutable_request()->mutable_delivery()->set_index(77);
  delivered.mutable_request()->mutable_delivery()->set_verdict(v1::Delivery::DEFER);
  delivered.mutable_request()->mutable_delivery()->set_reason("NEEDS_FUND");
  Add(delivered);

  const std::string out = Tail().out;
  EXPECT_THAT(out, ContainsRegex("0 +genesis +un.example/ch8/finance\n"));
  EXPECT_THAT(out, ContainsRegex("1  2026-03-02 09:12 UTC  finance.v1.OfferService/MakeOffer +"
                                 "officer/j-doe posts/funds\n"));
  EXPECT_THAT(out, ContainsRegex("2 +offer_recorded\n"));
  EXPECT_THAT(out, ContainsRegex("3 +reserve of transfer (ab){16}\n"));
  EXPECT_THAT(
      out, ContainsRegex("4 .* delivery deferred NEEDS_FUND +au.example/ch8/finance entry 77\n"));
}

TEST_F(LedgerTailTest, ReadsRowsAndWhatItDoesNotKnow) {
  chapter8::books::v1::TransferRow row;
  row.set_debit_account(3);
  row.set_credit_account(9);
  row.set_amount(125);
  v1::LoggedEntry& logged = entries_.emplace_back();
  logged.set_entry_class(kTransfer);
  logged.set_payload(row.SerializeAsString());
  entries_.emplace_back().set_payload("\xff\xff");
  const std::string out = Tail().out;
  EXPECT_THAT(out, HasSubstr("0        row: posts 125 from account 3 to 9\n"));
  EXPECT_THAT(out, ContainsRegex("1 +unknown\n"));
}

TEST_F(LedgerTailTest, ShowsTheNewestInAsManyPagesAsItTakes) {
  for (int i = 0; i < 30; ++i) AddRequest("/internal/Tick");
  page_ = 8;
  grows_ = true;
  const Result result = Tail({"-o", "csv"});
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(begins_, ElementsAre(10, 18, 26));
  EXPECT_THAT(waits_, ElementsAre(0, 0, 0));
  const std::vector<std::string> lines = absl::StrSplit(result.out, '\n', absl::SkipEmpty());
  EXPECT_EQ(lines.size(), 21u) << "one title line, and twenty though more came meanwhile";
  grows_ = false;
  begins_.clear();
  EXPECT_EQ(Tail({"--entries", "3"}).exit_code, 0);
  EXPECT_THAT(begins_, ElementsAre(entries_.size() - 3));
}

TEST_F(LedgerTailTest, ANodeThatHoldsBackWhatItHasIsTold) {
  AddRequest("/internal/Tick");
  page_ = 0;
  const Result result = Tail();
  EXPECT_EQ(result.exit_code, 7);
  EXPECT_THAT(result.err, HasSubstr("does not show entry 0"));
}

TEST_F(LedgerTailTest, AnEmptyTailIsNoError) {
  const Result result = Tail({"--entries", "5"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(begins_, ElementsAre());
  EXPECT_EQ(Tail({"-o", "json"}).out, "[]\n");
}

TEST_F(LedgerTailTest, FollowsFromWhereItIsAndLetsTheNodeWait) {
  AddRequest("/chapter8.finance.v1.OfferService/MakeOffer");
  grows_ = true;
  answers_ = 3;
  const Result result = Tail({"--follow", "--timeout", "8s"});
  EXPECT_NE(result.exit_code, 0) << "the fake node ends it";
  EXPECT_THAT(begins_, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(waits_, ElementsAre(0, 4000, 4000, 4000));
  EXPECT_THAT(result.out, HasSubstr("MakeOffer"));
  EXPECT_THAT(result.out, HasSubstr("AcceptOffer"));
}

TEST_F(LedgerTailTest, PrintsNothingWhileNothingComes) {
  AddRequest("/internal/Tick");
  answers_ = 4;
  const std::string out = Tail({"--follow"}).out;
  EXPECT_THAT(begins_, ElementsAre(0, 1, 1, 1, 1));
  EXPECT_EQ(out.find("INDEX"), out.rfind("INDEX"));
}

}  // namespace
}  // namespace ch8::cli
