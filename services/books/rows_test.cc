#include "services/books/rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <utility>

#include "google/protobuf/unknown_field_set.h"
#include "services/books/books_test_model.h"
#include "storage/base/limits.h"
#include "storage/merkle/leaf.h"
#include "tests/support/status_matchers.h"

namespace ch8::books {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Response = v1::PostTransfersResponse;
using Kind = v1::TransferRow;

struct RowParts {
  uint64_t id = 0;
  uint32_t debit = 1;
  uint32_t credit = 2;
  uint64_t amount = 0;
  Kind::Kind kind = Kind::POST;
  uint64_t hold_id = 0;
  bool linked = false;
};
v1::TransferRow RowOf(const RowParts& parts) {
  v1::TransferRow row;
  row.set_id_low(parts.id);
  row.set_debit_account(parts.debit);
  row.set_credit_account(parts.credit);
  row.set_amount(parts.amount);
  row.set_kind(parts.kind);
  row.set_hold_id_low(parts.hold_id);
  row.set_linked(parts.linked);
  return row;
}

std::string Field(int number, const std::string& bytes) {
  std::string out;
  out.push_back(static_cast<char>(number << 3 | 2));
  out.push_back(static_cast<char>(bytes.size()));
  return out + bytes;
}

TEST(ParseRowsTest, ReadsWhatProtobufWrites) {
  std::mt19937_64 random(1);
  v1::PostTransfersRequest request;
  request.set_request_id("some id");
  request.set_post("treasurer");
  for (int i = 0; i < 2000; ++i) {
    v1::TransferRow* row = request.add_rows();
    row->set_id_high(random() >> random() % 64);
    row->set_id_low(random() | 1);
    row->set_debit_account(static_cast<uint32_t>(random() >> (32 + random() % 32)));
    row->set_credit_account(static_cast<uint32_t>(random() >> (32 + random() % 32)));
    row->set_amount(random() >> random() % 64);
    row->set_kind(static_cast<Kind::Kind>(random() % 4));
    if (row->kind() >= Kind::POST_HELD) row->set_hold_id_high(random() | 1);
    row->set_code(static_cast<uint32_t>(random() >> (32 + random() % 32)));
    row->set_linked(i < 1999 && random() % 2 == 0);
  }
  const std::string bytes = request.SerializeAsString();
  const absl::StatusOr<ParsedBatch> batch = ParseRows(bytes);
  ASSERT_THAT(batch, IsOk());
  EXPECT_EQ(batch->request_id, "some id");
  EXPECT_EQ(batch->post, "treasurer");
  ASSERT_EQ(batch->rows.size(), 2000);
  for (int i = 0; i < 2000; ++i) {
    const Row& row = batch->rows[i];
    const v1::TransferRow& want = request.rows(i);
    EXPECT_EQ(std::string(batch->payload(row)), want.SerializeAsString());
    EXPECT_EQ(row.id, (Id{want.id_high(), want.id_low()}));
    EXPECT_EQ(row.hold_id, (Id{want.hold_id_high(), want.hold_id_low()}));
    EXPECT_EQ(row.debit_account, want.debit_account());
    EXPECT_EQ(row.credit_account, want.credit_account());
    EXPECT_EQ(row.amount, want.amount());
    EXPECT_EQ(row.kind, want.kind());
    EXPECT_EQ(row.linked, want.linked());
  }
}

TEST(ParseRowsTest, WhatItTakesProtobufTakesToTheSameEffect) {
  std::mt19937_64 random(2);
  RandomWork work(3);
  BooksModel model;
  model.Apply(work.Opening(5));
  int taken = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = RequestBytes(work.Rows(model, 4));
    for (uint64_t flips = random() % 3; flips > 0; --flips) {
      bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
    }
    if (random() % 4 == 0) bytes.resize(random() % bytes.size());
    const absl::StatusOr<ParsedBatch> batch = ParseRows(bytes);
    if (!batch.ok()) continue;
    ++taken;
    v1::PostTransfersRequest want;
    // Protobuf also checks that text is UTF-8, which is the caller's matter here.
    const absl::string_view id = batch->request_id;
    if (std::any_of(id.begin(), id.end(), [](char c) { return (c & 0x80) != 0; })) continue;
    ASSERT_TRUE(want.ParseFromString(bytes));
    ASSERT_EQ(batch->rows.size(), static_cast<size_t>(want.rows_size()));
    for (int row = 0; row < want.rows_size(); ++row) {
      ASSERT_EQ(batch->rows[row].id, (Id{want.rows(row).id_high(), want.rows(row).id_low()}));
      ASSERT_EQ(batch->rows[row].debit_account, want.rows(row).debit_account());
      ASSERT_EQ(batch->rows[row].amount, want.rows(row).amount());
      ASSERT_EQ(batch->rows[row].kind, want.rows(row).kind());
      ASSERT_TRUE(want.rows(row).GetReflection()->GetUnknownFields(want.rows(row)).empty());
    }
  }
  EXPECT_GT(taken, 2000);
}

TEST(ParseRowsTest, RefusesEveryTruncation) {
  const std::string bytes =
      RequestBytes({RowOf({.id = 1, .amount = 300}), RowOf({.id = 2, .amount = 1})});
  int taken = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    taken += ParseRows(bytes.substr(0, size)).ok() ? 1 : 0;
  }
  EXPECT_EQ(taken, 2);  // After the first row, and after both: whole requests.
}

TEST(ParseRowsTest, RefusesNamingTheRow) {
  const std::string good = Field(1, RowOf({.id = 1, .amount = 1}).SerializeAsString());
  const std::string row = RowOf({.id = 2, .amount = 1}).SerializeAsString();
  v1::TransferRow bad_kind = RowOf({.id = 2, .amount = 1});
  bad_kind.set_kind(static_cast<Kind::Kind>(4));
  const std::pair<std::string, std::string> cases[] = {
      {Field(1, row + "\x58\x01"), "row 1: it has an unknown field"},
      {Field(1, row + "\x18\x01"), "row 1: it repeats a field"},
      {Field(1, std::string("\x0d\x01\x00\x00\x00", 5)), "row 1: a field has the wrong wire type"},
      {Field(1, row + "\x50"), "row 1: a value is truncated"},
      {Field(1, row + "\x48\x02"), "row 1: a value is truncated or out of range"},
      {Field(1, "\x18\xff\xff\xff\xff\x10"), "row 1: a value is truncated or out of range"},
      {Field(1, "\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02"), "row 1: a value is truncated"},
      {Field(1, bad_kind.SerializeAsString()), "row 1: a value is truncated or out of range"},
      {Field(1, RowOf({.amount = 1}).SerializeAsString()), "row 1: the id is zero"},
      {Field(1, RowOf({.id = 2, .amount = 1, .hold_id = 3}).SerializeAsString()),
       "row 1: only a row that ends a hold names one"},
      {Field(1, RowOf({.id = 2, .kind = Kind::VOID_HELD}).SerializeAsString()),
       "row 1: a row that ends a hold needs its id"},
      {Field(1, RowOf({.id = 2, .amount = 1, .linked = true}).SerializeAsString()),
       "row 1: the last row cannot be linked"},
      {Field(2, row), "row 1: the request has an unknown field"},
      {Field(12, "a") + Field(12, "a"), "the request repeats a field"},
  };
  for (const auto& [bytes, message] : cases) {
    EXPECT_THAT(ParseRows(good + bytes),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(message)));
  }
}

TEST(ParseRowsTest, TakesOneTo8190Rows) {
  std::vector<v1::TransferRow> rows;
  EXPECT_THAT(ParseRows(RequestBytes(rows)), StatusIs(absl::StatusCode::kInvalidArgument));
  for (uint64_t id = 1; id <= kBatchRowsMax; ++id) rows.push_back(RowOf({.id = id, .amount = 1}));
  EXPECT_THAT(ParseRows(RequestBytes(rows)), IsOk());
  rows.push_back(RowOf({.id = 9999, .amount = 1}));
  EXPECT_THAT(ParseRows(RequestBytes(rows)),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("row 8190")));
}

TEST(PrepareBatchTest, EntriesHashTheReceivedBytes) {
  const std::string bytes =
      RequestBytes({RowOf({.id = 1, .amount = 300}), RowOf({.id = 2, .amount = 1})});
  const PrepareParts parts{.log_id = Sha256("log"), .request_salt = Sha256("salt")};
  const absl::StatusOr<ParsedBatch> batch = PrepareBatch(bytes, parts, NoOlderIds());
  ASSERT_THAT(batch, IsOk());
  ASSERT_EQ(batch->entries.size(), 2);
  for (uint32_t i = 0; i < 2; ++i) {
    const NewEntry& entry = batch->entries[i];
    EXPECT_EQ(entry.entry_class, EntryClass::kTransfer);
    EXPECT_EQ(entry.tag, Tag{});
    EXPECT_EQ(entry.row, i + 1);
    EXPECT_EQ(std::string(entry.payload),
              RowOf({.id = i + 1, .amount = i == 0 ? 300u : 1u}).SerializeAsString());
    const Leaf leaf{
        EntryClass::kTransfer, Tag{},
        PayloadCommit(parts.log_id, EntrySalt(parts.request_salt, i + 1), entry.payload)};
    EXPECT_EQ(entry.leaf_hash, LeafHash(leaf));
  }
}

// An index of older ids that counts how often it is asked.
class FakeIdIndex final : public IdIndex {
 public:
  absl::StatusOr<std::vector<std::optional<uint64_t>>> Find(
      absl::Span<const Id> ids) const override {
    ++asked;
    std::vector<std::optional<uint64_t>> found(ids.size());
    for (size_t i = 0; i < ids.size(); ++i) {
      const auto known = runs.find(ids[i]);
      if (known != runs.end()) found[i] = known->second;
    }
    return found;
  }
  uint64_t through_size() const override { return through; }

  mutable int asked = 0;
  std::map<Id, uint64_t> runs;
  uint64_t through = 0;
};

// 1 is the outside world; 2 to 4 have floors and nothing on them; 5 is not for bulk rows; 6 is in
// another unit.
class ApplyBatchTest : public ::testing::Test {
 protected:
  ApplyBatchTest() {
    kernel::Accounts::Change opening;
    for (uint32_t number = 1; number <= 6; ++number) {
      auto& opened = opening.accounts.emplace_back();
      opened.set_account(number);
      opened.set_unit(number == 6 ? "tent" : "USD");
      opened.set_floor(number == 1 ? v1::AccountOpened::NONE : v1::AccountOpened::CREDIT_BALANCE);
      opened.set_bulk(number != 5);
    }
    books_.Apply(opening, 0);
  }

  std::vector<RowResult> Results(const std::vector<v1::TransferRow>& rows) {
    const std::string bytes = RequestBytes(rows);
    absl::StatusOr<ParsedBatch> batch = ParseRows(bytes);
    EXPECT_THAT(batch, IsOk());
    const absl::StatusOr<BatchOutcome> outcome = ApplyBatch(books_, *batch, next_index_);
    EXPECT_THAT(outcome, IsOk());
    next_index_ += outcome->applied;
    return outcome->results;
  }

  FakeIdIndex older_ids_;
  Books books_{older_ids_};
  uint64_t next_index_ = 1;
};

TEST_F(ApplyBatchTest, RefusesInOrderOfPrecedence) {
  ASSERT_THAT(Results({RowOf({.id = 1, .amount = 50})}), ElementsAre(Response::APPLIED));
  ASSERT_THAT(Results({RowOf({.id = 2, .amount = 50, .kind = Kind::HOLD})}),
              ElementsAre(Response::APPLIED));
  const std::pair<RowParts, RowResult> cases[] = {
      {{.id = 1, .debit = 5, .credit = 6}, Response::ID_EXISTS},
      {{.id = 9, .debit = 5, .credit = 6}, Response::BAD_ACCOUNT},
      {{.id = 9, .debit = 0, .credit = 6}, Response::BAD_ACCOUNT},
      {{.id = 9, .debit = 2, .credit = 7}, Response::BAD_ACCOUNT},
      {{.id = 9, .debit = 2, .credit = 2}, Response::BAD_ACCOUNT},
      {{.id = 9, .debit = 2, .credit = 6, .kind = Kind::VOID_HELD, .hold_id = 2},
       Response::UNIT_MISMATCH},
      {{.id = 9, .debit = 1, .credit = 3, .kind = Kind::POST_HELD, .hold_id = 2},
       Response::BAD_HOLD},
      {{.id = 9, .amount = 51, .kind = Kind::POST_HELD, .hold_id = 2}, Response::BAD_HOLD},
      {{.id = 9, .amount = 1, .kind = Kind::POST_HELD, .hold_id = 1}, Response::BAD_HOLD},
      {{.id = 9, .amount = 0, .kind = Kind::POST_HELD, .hold_id = 2}, Response::BAD_AMOUNT},
      {{.id = 9, .amount = 1, .kind = Kind::VOID_HELD, .hold_id = 2}, Response::BAD_AMOUNT},
      {{.id = 9, .debit = 3, .credit = 2, .amount = 0}, Response::BAD_AMOUNT},
      {{.id = 9, .debit = 3, .credit = 2, .amount = 1ull << 63}, Response::BAD_AMOUNT},
      {{.id = 9, .debit = 3, .credit = 2, .amount = 1}, Response::INSUFFICIENT},
      {{.id = 9, .debit = 2, .credit = 3, .amount = 50}, Response::APPLIED},
      {{.id = 10, .amount = 50, .kind = Kind::POST_HELD, .hold_id = 2}, Response::APPLIED},
      {{.id = 11, .amount = 50, .kind = Kind::POST_HELD, .hold_id = 2}, Response::BAD_HOLD},
  };
  for (size_t i = 0; i < std::size(cases); ++i) {
    EXPECT_THAT(Results({RowOf(cases[i].first)}), ElementsAre(cases[i].second)) << "case " << i;
  }
}

TEST_F(ApplyBatchTest, AChainAppliesWholeOrNotAtAll) {
  const std::vector<v1::TransferRow> rows = {
      RowOf({.id = 1, .amount = 10, .linked = true}),
      RowOf({.id = 2, .debit = 2, .credit = 3, .amount = 10, .kind = Kind::HOLD, .linked = true}),
      RowOf({.id = 3,
             .debit = 2,
             .credit = 3,
             .amount = 4,
             .kind = Kind::POST_HELD,
             .hold_id = 2,
             .linked = true}),
      RowOf({.id = 4, .debit = 3, .credit = 4, .amount = 5}),
      RowOf({.id = 1, .amount = 7}),
  };
  const Hash before = books_.StateDigest();
  EXPECT_THAT(Results({rows.begin(), rows.begin() + 4}),
              ElementsAre(Response::LINKED_FAILED, Response::LINKED_FAILED, Response::LINKED_FAILED,
                          Response::INSUFFICIENT));
  EXPECT_EQ(books_.StateDigest(), before);
  EXPECT_EQ(books_.ids().size(), 0);
  // Its ids are free again, within the same batch too, and log indices have no hole.
  std::vector<v1::TransferRow> more = rows;
  EXPECT_THAT(Results(more),
              ElementsAre(Response::LINKED_FAILED, Response::LINKED_FAILED, Response::LINKED_FAILED,
                          Response::INSUFFICIENT, Response::APPLIED));
  EXPECT_EQ(books_.ids().Find({0, 1}), 1);
  more = {rows.begin() + 1, rows.begin() + 3};
  more.push_back(RowOf({.id = 4, .debit = 3, .credit = 4, .amount = 4}));
  EXPECT_THAT(Results(more), ElementsAre(Response::INSUFFICIENT, Response::LINKED_FAILED,
                                         Response::LINKED_FAILED));
}

TEST_F(ApplyBatchTest, FindsIdsInTheBatchInMemoryAndInRuns) {
  older_ids_.runs[{0, 5}] = 2;
  older_ids_.through = 3;
  EXPECT_THAT(Results({RowOf({.id = 4, .amount = 1}), RowOf({.id = 5, .amount = 1}),
                       RowOf({.id = 4, .amount = 1})}),
              ElementsAre(Response::APPLIED, Response::ID_EXISTS, Response::ID_EXISTS));
  EXPECT_THAT(Results({RowOf({.id = 4, .amount = 1})}), ElementsAre(Response::ID_EXISTS));
}

TEST_F(ApplyBatchTest, AsksForOlderIdsAgainOnlyWhenRunsCame) {
  const std::string bytes = RequestBytes({RowOf({.id = 4, .amount = 1})});
  older_ids_.through = 3;
  absl::StatusOr<ParsedBatch> batch = PrepareBatch(bytes, {}, older_ids_);
  ASSERT_THAT(batch, IsOk());
  ASSERT_EQ(older_ids_.asked, 1);
  ParsedBatch delayed = *batch;
  ASSERT_EQ(ApplyBatch(books_, *batch, 1)->applied, 1);
  EXPECT_EQ(older_ids_.asked, 1);
  // The id has left memory before the second copy of the batch gets its turn.
  older_ids_.runs[{0, 4}] = 1;
  older_ids_.through = 4;
  books_.ids().Erase({0, 4});  // Stands for Drop().
  EXPECT_THAT(ApplyBatch(books_, delayed, 2)->results, ElementsAre(Response::ID_EXISTS));
  EXPECT_EQ(older_ids_.asked, 2);
}

TEST_F(ApplyBatchTest, AnswersAndEntriesNameTheRightRows) {
  const std::string bytes =
      RequestBytes({RowOf({.id = 1, .amount = 0}), RowOf({.id = 2, .amount = 9}),
                    RowOf({.id = 2, .amount = 9})});
  absl::StatusOr<ParsedBatch> batch = PrepareBatch(bytes, {}, older_ids_);
  ASSERT_THAT(batch, IsOk());
  const absl::StatusOr<BatchOutcome> outcome = ApplyBatch(books_, *batch, 1);
  const Response response = ResponseOf(*outcome, 77);
  EXPECT_EQ(response.applied(), 1);
  EXPECT_EQ(response.first_index(), 77);
  ASSERT_EQ(response.refused_size(), 2);
  EXPECT_EQ(response.refused(0).row(), 0);
  EXPECT_EQ(response.refused(0).result(), Response::BAD_AMOUNT);
  EXPECT_EQ(response.refused(1).row(), 2);
  EXPECT_EQ(response.refused(1).result(), Response::ID_EXISTS);
  std::vector<NewEntry> entries;
  AppendApplied(*batch, *outcome, entries);
  ASSERT_EQ(entries.size(), 1);
  EXPECT_EQ(entries[0].row, 2);
}

TEST(IdWindowTest, IdsLeaveMemoryOnlyWhenDurablyIndexed) {
  IdWindow window(3);
  for (uint64_t i = 0; i < 3; ++i) ASSERT_TRUE(window.Insert({9 - i, i}, 10 + i));
  EXPECT_EQ(window.TakeRun(12), nullptr);  // The last of them is not durable.
  ASSERT_TRUE(window.Insert({1, 1}, 13));
  const auto run = window.TakeRun(13);
  ASSERT_NE(run, nullptr);
  EXPECT_EQ(window.TakeRun(99), nullptr);  // One at a time.
  EXPECT_FALSE(window.Insert({9, 0}, 14));
  EXPECT_EQ(window.Find({8, 1}), 11);
  const IndexRun sorted = SortedRun(*run);
  EXPECT_EQ(sorted.through_size(), 13);
  EXPECT_TRUE(sorted.sorted());
  std::vector<std::pair<std::string, std::string>> rows;
  sorted.Visit([&](absl::string_view id, absl::string_view index) {
    rows.emplace_back(id, index);
    return true;
  });
  ASSERT_EQ(rows.size(), 3);
  EXPECT_EQ(rows[0].first, (Id{7, 2}).ToBytes());
  EXPECT_EQ(rows[2].first, (Id{9, 0}).ToBytes());
  EXPECT_EQ(rows[2].second, std::string("\0\0\0\0\0\0\0\x0a", 8));
  window.Drop(*run);
  EXPECT_EQ(window.size(), 1);
  EXPECT_FALSE(window.Find({9, 0}).has_value());
  EXPECT_EQ(window.Find({1, 1}), 13);
}

TEST(IdWindowTest, ARunDoesNotCoverIndicesThatWereTakenBack) {
  IdWindow window(2);
  window.Insert({1, 1}, 10);
  window.Insert({2, 2}, 11);
  window.Insert({3, 3}, 12);
  window.Erase({3, 3});
  window.Erase({2, 2});
  window.Insert({4, 4}, 11);  // The log ends here; entry 12 is still to come.
  const auto run = window.TakeRun(12);
  ASSERT_NE(run, nullptr);
  EXPECT_EQ(run->through_size, 12);
}

TEST(IdWindowTest, NothingIsDueBelowTheLimit) {
  IdWindow window(3);
  window.Insert({1, 1}, 1);
  EXPECT_EQ(window.TakeRun(100), nullptr);
}

}  // namespace
}  // namespace ch8::books
