#include "clients/verify/request_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/verify/refusal.h"
#include "google/protobuf/text_format.h"
#include "storage/merkle/checkpoint.h"
#include "tests/support/status_matchers.h"

namespace ch8::verify {
namespace {

using ::ch8::testing::IsOk;
using ::testing::HasSubstr;

// A digest or leaf hash, as text proto.
std::string Hash32(char c) { return std::string(Hash::kSize, c); }

std::string RequestText(const std::string& rest) {
  return absl::StrCat("request { method: '/chapter8.finance.v1.FundService/CreateFund' ",
                      "request_digest: '", Hash32('d'), "' ", rest, " }");
}

// The request that takes entry `number` of the AU's ledger, which stands there at `index`.
struct DeliveryParts {
  uint64_t number = 1;
  uint64_t index = 7;
  const char* verdict = "ACCEPT";
  const char* origin = "au.example/ch8/finance";
  int rows = 0;
};
std::string DeliveryText(const DeliveryParts& parts) {
  return absl::StrCat("request { method: '/internal/Deliver' caller: '", parts.origin,
                      "' rows: ", parts.rows, " delivery { origin: '", parts.origin,
                      "' index: ", parts.index, " number: ", parts.number, " leaf_hash: '",
                      Hash32('l'), "' checkpoint_size: 100 verdict: ", parts.verdict, " } }");
}

class RequestCheckTest : public ::testing::Test {
 protected:
  explicit RequestCheckTest(Coverage coverage = Coverage::kComplete)
      : check_("un.example/ch8/finance", coverage) {
    EXPECT_THAT(Take("genesis { format: 1 origin: 'un.example/ch8/finance' }"), IsOk());
  }

  absl::Status Take(const std::string& text) {
    LogEntry entry;
    EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &entry.entry)) << text;
    return Take(std::move(entry));
  }
  absl::Status Take(LogEntry entry) {
    entry.index = next_++;
    // Any that differ.
    entry.leaf_hash = Sha256(absl::StrCat("leaf ", entry.index));
    last_leaf_ = std::string(entry.leaf_hash.view());
    return check_.Take(entry);
  }
  std::string Wrong(const absl::Status& status) const {
    const std::optional<Refusal> refusal = RefusalOf(status);
    if (!refusal.has_value()) return "nothing";
    EXPECT_EQ(refusal->index, next_ - 1);
    return refusal->what;
  }
  // An event for the AU, chained to `previous`.
  static LogEntry ForAu(uint64_t number, const std::string& previous) {
    LogEntry entry;
    entry.entry.set_domain_event("event");
    auto* address = entry.entry.add_addresses();
    address->set_recipient("au.example");
    address->set_number(number);
    address->set_previous_leaf_hash(previous);
    return entry;
  }

  uint64_t next_ = 0;
  std::string last_leaf_;
  RequestCheck check_;
};

TEST_F(RequestCheckTest, EachRequestHasTheRowsItSays) {
  EXPECT_THAT(Take(RequestText("rows: 2")), IsOk());
  EXPECT_THAT(Take("domain_event: 'a'"), IsOk());
  EXPECT_FALSE(check_.Finish(next_).ok());
  EXPECT_THAT(Take("domain_event: 'b'"), IsOk());
  EXPECT_THAT(check_.Finish(next_), IsOk());
  EXPECT_THAT(Wrong(Take("domain_event: 'c'")), HasSubstr("outside the rows"));
}

TEST_F(RequestCheckTest, ARequestCannotStandInForARow) {
  ASSERT_THAT(Take(RequestText("rows: 1")), IsOk());
  EXPECT_THAT(Wrong(Take(RequestText("rows: 1"))), HasSubstr("where a row"));
}

TEST_F(RequestCheckTest, ASealIsTheOneRowOfASealing) {
  ASSERT_THAT(Take("request { method: '/internal/Seal' rows: 1 }"), IsOk());
  ASSERT_THAT(Take("seal { size: 1 }"), IsOk());
  ASSERT_THAT(Take("request { method: '/internal/Seal' rows: 1 }"), IsOk());
  EXPECT_THAT(Wrong(Take("domain_event: 'a'")), HasSubstr("one seal and nothing else"));
  EXPECT_THAT(Wrong(Take("request { method: '/internal/Seal' }")),
              HasSubstr("one seal and nothing else"));
  ASSERT_THAT(Take(RequestText("rows: 1")), IsOk());
  EXPECT_THAT(Wrong(Take("seal { size: 1 }")), HasSubstr("more than one"));
  ASSERT_THAT(Take("request { method: '/internal/Seal' rows: 1 }"), IsOk());
  EXPECT_THAT(Wrong(Take("seal { size: 1 } addresses { recipient: 'au.example' number: 1 }")),
              HasSubstr("more than one"));
}

TEST_F(RequestCheckTest, TimeNeverGoesBack) {
  ASSERT_THAT(Take(RequestText("time_us: 5")), IsOk());
  ASSERT_THAT(Take(RequestText("time_us: 5")), IsOk());
  EXPECT_THAT(Wrong(Take(RequestText("time_us: 4"))), HasSubstr("time goes back"));
}

TEST_F(RequestCheckTest, TheGenesisIsFirstAndOfThisLog) {
  RequestCheck other("au.example/ch8/finance");
  LogEntry genesis;
  genesis.entry.mutable_genesis()->set_format(1);
  genesis.entry.mutable_genesis()->set_origin("un.example/ch8/finance");
  EXPECT_EQ(RefusalOf(other.Take(genesis))->what, "the genesis of another log");
  genesis.entry.mutable_genesis()->set_format(2);
  EXPECT_THAT(RefusalOf(other.Take(genesis))->what, HasSubstr("format"));
  EXPECT_THAT(RefusalOf(other.Take(LogEntry()))->what, HasSubstr("not the genesis"));
}

TEST_F(RequestCheckTest, WhatIsAddressedToOneRecipientIsAChain) {
  ASSERT_THAT(Take(RequestText("rows: 9")), IsOk());
  ASSERT_THAT(Take(ForAu(1, "")), IsOk());
  EXPECT_TRUE(check_.speaks_to_others());
  const std::string first = last_leaf_;
  ASSERT_THAT(Take("domain_event: 'for nobody'"), IsOk());
  ASSERT_THAT(Take(ForAu(2, first)), IsOk());
  const std::string second = last_leaf_;
  EXPECT_THAT(Wrong(Take(ForAu(4, second))), HasSubstr("a hole"));
  EXPECT_THAT(Wrong(Take(ForAu(3, first))), HasSubstr("a hole"));
  LogEntry twice = ForAu(3, second);
  *twice.entry.add_addresses() = twice.entry.addresses(0);
  EXPECT_THAT(Wrong(Take(twice)), HasSubstr("twice"));
}

TEST_F(RequestCheckTest, AnotherLedgersEntriesAreTakenInOrderAndOnce) {
  ASSERT_THAT(Take(DeliveryText({.number = 1, .index = 7})), IsOk());
  ASSERT_THAT(Take(DeliveryText({.number = 2, .index = 9})), IsOk());
  EXPECT_EQ(check_.sizes_seen().at("au.example/ch8/finance"), 100U);
  EXPECT_THAT(Wrong(Take(DeliveryText({.number = 2, .index = 9}))), HasSubstr("after 2"));
  EXPECT_THAT(Wrong(Take(DeliveryText({.number = 4, .index = 11}))), HasSubstr("after 2"));
  EXPECT_THAT(Wrong(Take(DeliveryText({.number = 3, .index = 9}))), HasSubstr("order"));
  EXPECT_THAT(Wrong(Take(DeliveryText({.number = 3, .index = 100}))), HasSubstr("where its entry"));
  EXPECT_THAT(Wrong(Take(DeliveryText({.number = 3, .verdict = "VERDICT_UNSPECIFIED"}))),
              HasSubstr("verdict"));
}

TEST_F(RequestCheckTest, WhatWasDeferredIsTakenLaterAndNothingElseInItsPlace) {
  ASSERT_THAT(Take(DeliveryText({.number = 1, .index = 7, .verdict = "DEFER"})), IsOk());
  ASSERT_THAT(Take(DeliveryText({.number = 2, .index = 9})), IsOk());
  EXPECT_THAT(Wrong(Take(DeliveryText({.number = 1, .index = 8}))), HasSubstr("another entry"));
  ASSERT_THAT(Take(DeliveryText({.number = 1, .index = 7})), IsOk());
  EXPECT_THAT(Wrong(Take(DeliveryText({.number = 1, .index = 7}))), HasSubstr("after 2"));
  EXPECT_THAT(Wrong(Take(DeliveryText({.number = 3, .index = 11, .verdict = "DEFER", .rows = 1}))),
              HasSubstr("acts on it"));
}

TEST_F(RequestCheckTest, FactsComeFromTheOwnDirectoryAlone) {
  ASSERT_THAT(Take(DeliveryText({.origin = "un.example/ch8/directory", .rows = 1})), IsOk());
  ASSERT_THAT(Take("fact: 'f'"), IsOk());
  ASSERT_THAT(Take(DeliveryText({.rows = 1})), IsOk());
  EXPECT_THAT(Wrong(Take("fact: 'f'")), HasSubstr("directory did not send"));
  ASSERT_THAT(Take(RequestText("rows: 1")), IsOk());
  EXPECT_THAT(Wrong(Take("peer_step { }")), HasSubstr("nobody delivered"));
}

TEST_F(RequestCheckTest, RowsBelongToBulkRequests) {
  LogEntry row;
  row.kind = LogEntry::Kind::kRow;
  ASSERT_THAT(Take(RequestText("rows: 1")), IsOk());
  EXPECT_THAT(Wrong(Take(row)), HasSubstr("bare rows"));
  const std::string bulk = absl::StrCat(
      "request { method: '/chapter8.books.v1.TransferService/PostTransfers' request_digest: '",
      Hash32('d'), "' rows: 2 }");
  ASSERT_THAT(Take(bulk), IsOk());
  ASSERT_THAT(Take(row), IsOk());
  row.row.set_linked(true);
  EXPECT_THAT(Wrong(Take(row)), HasSubstr("linked"));
  ASSERT_THAT(Take(bulk), IsOk());
  EXPECT_THAT(Wrong(Take("domain_event: 'a'")), HasSubstr("bare rows"));
}

// A sample, of which only what a test takes is disclosed, each at the index that it names.
class SampleRequestsTest : public RequestCheckTest {
 protected:
  SampleRequestsTest() : RequestCheckTest(Coverage::kSample) {}

  absl::Status TakeAt(uint64_t index, const std::string& text) {
    next_ = index;
    return RequestCheckTest::Take(text);
  }
};

TEST_F(SampleRequestsTest, NoRowIsDisclosedWithoutItsRequest) {
  EXPECT_THAT(TakeAt(7, RequestText("rows: 3")), IsOk());
  EXPECT_THAT(TakeAt(10, "domain_event: 'the last row'"), IsOk());
  EXPECT_THAT(check_.Finish(20), IsOk());
  EXPECT_THAT(Wrong(TakeAt(11, "domain_event: 'a'")), HasSubstr("outside the rows"));
  EXPECT_THAT(TakeAt(12, RequestText("rows: 3")), IsOk());
  EXPECT_FALSE(check_.Finish(15).ok());
}

TEST_F(SampleRequestsTest, ABulkRequestIsDisclosedWhole) {
  const std::string bulk = absl::StrCat(
      "request { method: '/chapter8.books.v1.TransferService/PostTransfers' request_digest: '",
      Hash32('d'), "' rows: 2 }");
  LogEntry row;
  row.kind = LogEntry::Kind::kRow;
  ASSERT_THAT(TakeAt(5, bulk), IsOk());
  ASSERT_THAT(Take(row), IsOk());
  EXPECT_THAT(RefusalOf(check_.Finish(20))->what, HasSubstr("of which 1 are disclosed"));
  EXPECT_EQ(RefusalOf(check_.Finish(20))->index, 5U);
  ASSERT_THAT(Take(row), IsOk());
  EXPECT_THAT(check_.Finish(20), IsOk());
}

TEST_F(SampleRequestsTest, WhatIsDisclosedKeepsItsOrder) {
  ASSERT_THAT(TakeAt(3, RequestText("rows: 9")), IsOk());
  ASSERT_THAT(Take(ForAu(4, Hash32('a'))), IsOk());
  const std::string fourth = last_leaf_;
  EXPECT_THAT(Wrong(Take(ForAu(4, Hash32('a')))), HasSubstr("a hole"));
  EXPECT_THAT(Wrong(Take(ForAu(5, Hash32('a')))), HasSubstr("a hole"));
  ASSERT_THAT(Take(ForAu(5, fourth)), IsOk());
  ASSERT_THAT(TakeAt(21, DeliveryText({.number = 4, .index = 9})), IsOk());
  EXPECT_THAT(Wrong(TakeAt(22, DeliveryText({.number = 4, .index = 9}))), HasSubstr("after 4"));
  EXPECT_THAT(Wrong(TakeAt(23, DeliveryText({.number = 7, .index = 8}))), HasSubstr("order"));
  ASSERT_THAT(TakeAt(24, DeliveryText({.number = 3, .index = 8})), IsOk());  // Deferred before.
  ASSERT_THAT(TakeAt(30, RequestText("time_us: 5")), IsOk());
  EXPECT_THAT(Wrong(TakeAt(40, RequestText("time_us: 4"))), HasSubstr("time goes back"));
}

class WitnessedHeadTest : public RequestCheckTest {
 protected:
  // The head of `size` entries of `origin`, as the note has it, logged as one of `witness`.
  struct HeadParts {
    std::string origin = "au.example/ch8/finance";
    uint64_t size = 7;
    std::string witness = "ecowas.example";
    std::string note_origin = "au.example/ch8/finance";
    std::string method = "/internal/Witness";
    bool posts = false;
  };
  std::string Log(const HeadParts& parts) {
    EXPECT_THAT(Take(absl::StrCat("request { method: '", parts.method, "' request_digest: '",
                                  Hash32('d'), "' rows: 1 }")),
                IsOk());
    LogEntry entry;
    auto& head = *entry.entry.mutable_witnessed_head();
    if (parts.posts) entry.entry.add_postings()->set_amount(5);
    head.set_origin(parts.origin);
    head.set_size(parts.size);
    head.set_witness(parts.witness);
    head.set_note(absl::StrCat(
        FormatCheckpoint({.origin = parts.note_origin, .size = 7, .root = Sha256("root")}), "\n— ",
        parts.note_origin, " AAAAAAAAAAAAAAAA\n"));
    const absl::Status taken = Take(std::move(entry));
    return taken.ok() ? "" : Wrong(taken);
  }
};

TEST_F(WitnessedHeadTest, IsOfAThirdOrganizationAndGrows) {
  const std::string none = "a witnessed head that is none of a third organization's";
  EXPECT_EQ(Log({.witness = "un.example"}), none) << "our own witness";
  EXPECT_EQ(Log({.witness = "au.example"}), none) << "the ledger's own";
  EXPECT_EQ(Log({.origin = "un.example/ch8/logistics", .note_origin = "un.example/ch8/logistics"}),
            none)
      << "of our own ledger";
  EXPECT_EQ(Log({.origin = "au.example/ch8/logistics"}), none) << "the note is of another";
  EXPECT_EQ(Log({.size = 8}), none) << "the note is of another size";
  EXPECT_EQ(Log({.method = "/internal/Due"}), none);
  EXPECT_EQ(Log({.posts = true}), none) << "nothing is moved by the way";
  EXPECT_EQ(Log({}), "");
  EXPECT_EQ(Log({.witness = "sadc.example"}), "");
  EXPECT_EQ(Log({}), "a witnessed head that does not grow");
}

TEST_F(WitnessedHeadTest, NothingElseIsLoggedWithThem) {
  EXPECT_THAT(Take(absl::StrCat("request { method: '/internal/Witness' request_digest: '",
                                Hash32('d'), "' rows: 1 }")),
              IsOk());
  EXPECT_EQ(Wrong(Take("domain_event: 'e'")), "witnesses' heads are logged by themselves");
}

}  // namespace
}  // namespace ch8::verify
