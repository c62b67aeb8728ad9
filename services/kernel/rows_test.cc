#include "services/kernel/rows.h"

#include <gmock/gmock.h>

#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "services/kernel/toy_ledger.h"
#include "storage/ledger/mem_ledger.h"
#include "tests/support/status_matchers.h"

namespace ch8::kernel {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

using Model = std::map<std::string, std::string>;
using Visited = std::vector<std::pair<std::string, std::string>>;

Visited ScanAll(const RowReader& rows, Table table, absl::string_view prefix,
                absl::string_view after, size_t count_max = SIZE_MAX) {
  Visited visited;
  rows.Scan(table, prefix, after, [&](absl::string_view key, absl::string_view value) {
    visited.emplace_back(key, value);
    return visited.size() < count_max;
  });
  return visited;
}

// The same by the letter of the interface.
Visited ModelScan(const Model& model, const std::string& prefix, const std::string& after,
                  size_t count_max) {
  Visited visited;
  for (const auto& [key, value] : model) {
    const bool wanted =
        key.compare(0, prefix.size(), prefix) == 0 && (after.empty() || key > after);
    if (wanted && visited.size() < count_max) visited.emplace_back(key, value);
  }
  return visited;
}

// Rows and a ledger that holds `stored` of them.
class RowsTest : public ::testing::Test {
 protected:
  void Store(std::vector<RowWrite> writes) {
    Ledger::CommitRequest commit;
    commit.rows = std::move(writes);
    ASSERT_THAT(ledger_->Commit(commit), ch8::testing::IsOk());
    ASSERT_THAT(ledger_->Sync(), ch8::testing::IsOk());
  }

  std::unique_ptr<MemLedger> ledger_ = *MemLedger::Create(toy::ToyGenesis());
};

TEST_F(RowsTest, ScanMergesStoredAndWrittenRowsAsAMapWould) {
  const uint32_t seed = std::random_device()();
  SCOPED_TRACE(seed);
  std::mt19937 random(seed);
  // Few short keys over bytes that sort oddly, so that most runs meet each other.
  const auto key = [&] {
    static constexpr char kBytes[] = {'\0', '/', 'a', 'b', '\x7f', '\xff'};
    std::string made;
    for (uint32_t left = random() % 4; left > 0; --left) made.push_back(kBytes[random() % 6]);
    return made;
  };
  Model model;
  std::vector<RowWrite> stored;
  for (int i = 0; i < 60; ++i) {
    const std::string name = "k" + key();
    model[name] = "stored";
    stored.push_back({Table::kRows, name, "stored"});
    stored.push_back({Table::kPeer, name, "another table's"});
  }
  Store(std::move(stored));
  const SnapshotRows base(ledger_->WrittenView());
  Rows rows(base);
  for (int i = 0; i < 3'000; ++i) {
    const std::string name = "k" + key();
    if (random() % 2 == 0) {
      model[name] = std::to_string(i);
      rows.Put(Table::kRows, name, std::to_string(i));
    } else {
      model.erase(name);
      rows.Delete(Table::kRows, name);
    }
    const std::string prefix = random() % 4 == 0 ? "" : "k" + key();
    const std::string after = random() % 2 == 0 ? "" : (random() % 8 == 0 ? "" : "k") + key();
    const size_t count_max = random() % 3 == 0 ? 1 + random() % 5 : SIZE_MAX;
    ASSERT_EQ(ScanAll(rows, Table::kRows, prefix, after, count_max),
              ModelScan(model, prefix, after, count_max))
        << "step " << i;
    const auto found = model.find(name);
    ASSERT_EQ(rows.Get(Table::kRows, name),
              found == model.end() ? std::nullopt : std::make_optional(found->second));
  }
  EXPECT_EQ(ScanAll(base, Table::kPeer, "", ""), ScanAll(rows, Table::kPeer, "", ""));
}

// A page token is the caller's: one made for another collection must not lead out of this one.
TEST_F(RowsTest, ScanStaysInItsPrefixWhateverAfterSays) {
  Store(
      {{Table::kRows, "a/1", "secret"}, {Table::kRows, "b/1", "one"}, {Table::kRows, "c/1", "x"}});
  const SnapshotRows stored(ledger_->WrittenView());
  Rows rows(stored);
  rows.Put(Table::kRows, "b/2", "two");
  for (const absl::string_view after : {"a", "a/1", "b", "\x01"}) {
    EXPECT_THAT(ScanAll(stored, Table::kRows, "b/", after), ElementsAre(Pair("b/1", "one")));
    EXPECT_THAT(ScanAll(rows, Table::kRows, "b/", after),
                ElementsAre(Pair("b/1", "one"), Pair("b/2", "two")));
  }
  EXPECT_THAT(ScanAll(rows, Table::kRows, "b/", "c"), IsEmpty());
  EXPECT_THAT(ScanAll(rows, Table::kRows, "b/", "b/2"), IsEmpty());
}

TEST_F(RowsTest, TakesEachKeyOnceInOrderWithItsLastWrite) {
  const SnapshotRows base(ledger_->WrittenView());
  Rows rows(base);
  rows.Put(Table::kRows, "b", "1");
  rows.Put(Table::kRows, "b", "2");
  rows.Put(Table::kRows, "a", "3");
  rows.Put(Table::kAnswers, "a", "4");
  rows.Delete(Table::kRows, "a");

  const std::vector<RowWrite> writes = rows.TakeWrites();

  ASSERT_EQ(writes.size(), 3u);
  EXPECT_EQ(writes[0].key, "a");
  EXPECT_FALSE(writes[0].value.has_value());
  EXPECT_EQ(writes[1].value, "2");
  EXPECT_EQ(writes[2].table, Table::kAnswers);
  EXPECT_THAT(rows.TakeWrites(), IsEmpty());
}

TEST_F(RowsTest, WritesOverWritesCanBeThrownAway) {
  const SnapshotRows base(ledger_->WrittenView());
  Rows rows(base);
  rows.Put(Table::kRows, "a", "kept");
  {
    Rows scratch(rows);
    scratch.Delete(Table::kRows, "a");
    scratch.Put(Table::kRows, "b", "scratch");
    EXPECT_THAT(ScanAll(scratch, Table::kRows, "", ""), ElementsAre(Pair("b", "scratch")));
  }
  EXPECT_THAT(ScanAll(rows, Table::kRows, "", ""), ElementsAre(Pair("a", "kept")));
}

// A snapshot whose disk fails.
class BrokenSnapshot final : public Snapshot {
 public:
  uint64_t size() const override { return 1; }
  absl::StatusOr<std::optional<std::string>> Get(Table, absl::string_view) const override {
    return absl::DataLossError("bad block");
  }
  absl::Status Scan(Table, absl::string_view, absl::string_view, const RowVisitor&) const override {
    return absl::DataLossError("bad block");
  }
};

TEST_F(RowsTest, RemembersThatAReadFailed) {
  const BrokenSnapshot broken;
  const SnapshotRows read(broken);
  EXPECT_THAT(read.status(), ch8::testing::IsOk());
  EXPECT_EQ(read.Get(Table::kRows, "a"), std::nullopt);
  EXPECT_THAT(read.status(), ch8::testing::StatusIs(absl::StatusCode::kDataLoss));

  const SnapshotRows scanned(broken);
  const Rows over(scanned);
  EXPECT_THAT(ScanAll(over, Table::kRows, "", ""), IsEmpty());
  EXPECT_THAT(over.status(), ch8::testing::StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace ch8::kernel
