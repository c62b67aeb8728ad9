// Exports of real ledgers, tampered with in every way that we could think of: none passes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>
#include <random>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "clients/verify/verify.h"
#include "storage/merkle/checkpoint.h"
#include "tests/audit/two_ledgers.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {
namespace {

using chapter8::ledger::v1::Entry;
using chapter8::ledger::v1::LoggedEntry;
using ::testing::HasSubstr;
using verify::Verdict;
using verify::VerifyReport;
namespace fs = std::filesystem;

constexpr char kUnFinance[] = "un.example/ch8/finance";

void WriteFile(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

// The ledgers and the UN's true export, made once.
class MutationsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    ledgers_ = new TwoLedgers();
    work_ = new TempDir();
    ledgers_->Export({.of = ledgers_->un(), .directory = *work_ / "true"});
    ledgers_->Export({.of = ledgers_->au(), .directory = *work_ / "au"});
  }
  static void TearDownTestSuite() {
    delete ledgers_;
    delete work_;
  }

  // A copy to tamper with, fresh for each test.
  MutationsTest() : copy_(*work_ / "copy") {
    fs::remove_all(copy_);
    fs::copy(*work_ / "true", copy_, fs::copy_options::recursive);
  }

  enum class Peer { kNo, kYes };
  static VerifyReport Check(const std::string& directory, Peer peer = Peer::kNo) {
    verify::VerifyOptions options{
        .directory = directory, .trust = ledgers_->Trust(), .heads = ledgers_->HeadsOfUn()};
    if (peer == Peer::kYes) options.peer_directories = {*work_ / "au"};
    const auto report = verify::Verify(options);
    EXPECT_THAT(report, IsOk());
    return report.value_or(VerifyReport());
  }
  static std::string Describe(const VerifyReport& report) {
    return report.refusal.has_value() ? verify::Describe(*report.refusal)
                                      : absl::StrCat("not refused: ", report.why_not_verified);
  }
  // An export of the UN's finance ledger in which something is told otherwise, signed anew.
  std::string Liars(const TwoLedgers::Lie& lie) const {
    const std::string directory = *work_ / "liars";
    fs::remove_all(directory);
    ledgers_->Export(
        {.of = ledgers_->un(), .directory = directory, .lie_about = kUnFinance, .lie = lie});
    return directory;
  }

  static TwoLedgers* ledgers_;
  static TempDir* work_;
  const std::string copy_;
};
TwoLedgers* MutationsTest::ledgers_ = nullptr;
TempDir* MutationsTest::work_ = nullptr;

TEST_F(MutationsTest, TheTrueExportIsVerified) {
  const VerifyReport report = Check(copy_, Peer::kYes);
  EXPECT_EQ(report.verdict, Verdict::kVerified) << Describe(report);
  ASSERT_EQ(report.ledgers.size(), 4U);
  EXPECT_EQ(report.ledgers[1].origin, kUnFinance);
  EXPECT_EQ(report.ledgers[1].posted, 1U);
  EXPECT_GT(report.ledgers[1].signatures, 5U);
  EXPECT_EQ(report.ledgers[1].outside_head_size, report.ledgers[1].size);
  EXPECT_GT(report.halves_compared, 20U);
}

// One bit anywhere. With SHA256SUMS made anew only what the signatures and the log itself say is
// left to find it by; VERIFY.md is text for people, and nothing goes by it.
TEST_F(MutationsTest, OneBitAnywhereIsFound) {
  const char* given = std::getenv("CH8_SEED");
  const uint64_t seed = given != nullptr ? std::stoull(given) : std::random_device()();
  std::cout << "CH8_SEED=" << seed << "\n";
  std::mt19937_64 random(seed);
  const std::map<std::string, std::string> files = FilesIn(copy_);
  enum class Sums { kOld, kNew };
  for (const Sums sums : {Sums::kOld, Sums::kNew}) {
    for (const auto& [name, content] : files) {
      if (sums == Sums::kNew && (name == "VERIFY.md" || name == "SHA256SUMS")) continue;
      const int tries = content.size() > 2'000 ? 8 : 3;
      for (int i = 0; i < tries && !content.empty(); ++i) {
        std::string changed = content;
        const size_t at = random() % changed.size();
        const int bit = static_cast<int>(random() % 8);
        changed[at] = static_cast<char>(changed[at] ^ (1 << bit));
        WriteFile(copy_ + "/" + name, changed);
        if (sums == Sums::kNew) SumAnew(copy_);
        EXPECT_EQ(Check(copy_).verdict, Verdict::kRefused)
            << name << ", byte " << at << ", bit " << bit;
      }
      WriteFile(copy_ + "/" + name, content);
    }
    SumAnew(copy_);
  }
  EXPECT_EQ(Check(copy_).verdict, Verdict::kVerified);
}

// In a file's name a plus stands for a slash; a head's own text may not lend itself to both.
TEST_F(MutationsTest, AHeadOfNoOriginIsNotPassedOver) {
  const std::string name = copy_ + "/finance/peers/au.example+ch8+finance";
  std::string note = FilesIn(copy_).at("finance/peers/au.example+ch8+finance");
  note[note.find('/')] = '+';
  WriteFile(name, note);
  SumAnew(copy_);
  const VerifyReport report = Check(copy_);
  ASSERT_EQ(report.verdict, Verdict::kRefused);
  EXPECT_EQ(report.refusal->file, "finance/peers/au.example+ch8+finance");
}

TEST_F(MutationsTest, AChangedPayloadNamesItsEntry) {
  const std::map<std::string, std::string> files = FilesIn(copy_);
  for (const auto& [name, content] : files) {
    if (!absl::StrContains(name, "/payloads/")) continue;
    std::string changed = content;
    changed.back() = static_cast<char>(changed.back() ^ 1);
    WriteFile(copy_ + "/" + name, changed);
    const VerifyReport report = Check(copy_);
    ASSERT_EQ(report.verdict, Verdict::kRefused);
    EXPECT_TRUE(report.refusal->index.has_value()) << Describe(report);
    WriteFile(copy_ + "/" + name, content);
  }
}

TEST_F(MutationsTest, NoFileMayBeMissingOrTooMany) {
  const std::map<std::string, std::string> files = FilesIn(copy_);
  for (const auto& [name, content] : files) {
    // A head of another ledger may be left out; it is no part of this one.
    if (absl::StrContains(name, "/peers/")) continue;
    fs::remove(copy_ + "/" + name);
    if (name != "SHA256SUMS") SumAnew(copy_);
    EXPECT_EQ(Check(copy_).verdict, Verdict::kRefused) << name;
    WriteFile(copy_ + "/" + name, content);
  }
  for (const char* name : {"finance/tile/0/001", "finance/more", "more", "keys/more.pem"}) {
    WriteFile(copy_ + "/" + name, "more");
    SumAnew(copy_);
    EXPECT_EQ(Check(copy_).verdict, Verdict::kRefused) << name;
    fs::remove(copy_ + "/" + name);
  }
}

TEST_F(MutationsTest, FilesDoNotStandInForEachOther) {
  const std::map<std::string, std::string> files = FilesIn(copy_);
  for (const auto& [name, content] : files) {
    if (!absl::StartsWith(name, "finance/")) continue;
    std::string other = name;
    other.replace(0, std::string("finance").size(), "directory");
    // Of a bundle or tile of the same number, whatever its width.
    const auto twin = std::find_if(files.begin(), files.end(), [&](const auto& file) {
      return file.first.substr(0, file.first.find(".p/")) == other.substr(0, other.find(".p/"));
    });
    if (twin == files.end() || twin->second == content) continue;
    WriteFile(copy_ + "/" + name, twin->second);
    SumAnew(copy_);
    EXPECT_EQ(Check(copy_).verdict, Verdict::kRefused) << name;
    WriteFile(copy_ + "/" + name, content);
  }
}

TEST_F(MutationsTest, AnOlderCheckpointDoesNotFitTheEntries) {
  const Ledger& ledger = ledgers_->un().finance().ledger();
  const uint64_t size = ledger.durable_size() - 1;
  WriteFile(copy_ + "/finance/checkpoint",
            *SignCheckpoint({.origin = kUnFinance, .size = size, .root = *ledger.RootAt(size)},
                            ledgers_->un().LogKey("finance")));
  SumAnew(copy_);
  EXPECT_EQ(Check(copy_).verdict, Verdict::kRefused);
}

TEST_F(MutationsTest, AKeyThatIsNotTheTrustedOneIsNamed) {
  const NoteVerifier other =
      NoteVerifier::Of(kUnFinance, ledgers_->au().LogKey("finance").public_key());
  const auto report = verify::Verify({.directory = copy_, .trust = other.Format() + "\n"});
  ASSERT_EQ(report->verdict, Verdict::kRefused);
  EXPECT_EQ(report->refusal->file, "keys/un.example+ch8+finance.pem");
}

TEST_F(MutationsTest, WithoutATrustedKeyOfTheLedgerItIsRefused) {
  const NoteVerifier other =
      NoteVerifier::Of("au.example/ch8/finance", ledgers_->au().LogKey("finance").public_key());
  const auto report = verify::Verify({.directory = copy_, .trust = other.Format() + "\n"});
  ASSERT_EQ(report->verdict, Verdict::kRefused);
  EXPECT_EQ(report->refusal->file, "directory/checkpoint");
}

// From here on the organization itself lies, with its own key.

TEST_F(MutationsTest, AnExportThatEndsBeforeTheHeadOthersHoldIsRefused) {
  const std::string directory = Liars([](std::vector<LoggedEntry>& entries) {
    // The last request of all, with its rows.
    Entry last;
    while (!last.has_request()) {
      last.Clear();
      last.ParsePartialFromString(entries.back().payload());
      entries.pop_back();
    }
  });
  const VerifyReport report = Check(directory);
  EXPECT_EQ(report.verdict, Verdict::kRefused);
  EXPECT_THAT(Describe(report), HasSubstr("older than what others hold, or was cut off"));
}

TEST_F(MutationsTest, AnotherHistoryOfTheSameSizeIsTwoHistories) {
  const std::string directory = Liars([](std::vector<LoggedEntry>& entries) {
    entries.back().set_salt(std::string(Hash::kSize, 's'));
  });
  const VerifyReport report = Check(directory);
  EXPECT_EQ(report.verdict, Verdict::kRefused);
  EXPECT_THAT(Describe(report), HasSubstr("signed two histories"));
  // Without the head that others hold, nobody could tell.
  const auto alone = verify::Verify({.directory = directory, .trust = ledgers_->Trust()});
  EXPECT_EQ(alone->verdict, Verdict::kConsistentOnly);
}

TEST_F(MutationsTest, AnEntryLeftOutIsNamed) {
  size_t left_out = 0;
  const std::string directory = Liars([&](std::vector<LoggedEntry>& entries) {
    Entry entry;
    for (size_t i = 0; i < entries.size() && left_out == 0; ++i) {
      if (entry.ParseFromString(entries[i].payload()) && entry.has_step()) left_out = i;
    }
    entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(left_out));
  });
  const VerifyReport report = Check(directory);
  EXPECT_EQ(report.verdict, Verdict::kRefused);
  EXPECT_THAT(Describe(report), HasSubstr("ends at"));
  const auto alone = verify::Verify({.directory = directory, .trust = ledgers_->Trust()});
  ASSERT_EQ(alone->verdict, Verdict::kRefused);
  EXPECT_EQ(alone->refusal->origin, kUnFinance);
  EXPECT_GE(*alone->refusal->index, left_out);
}

// Changes the first entry that `change` finds to its liking, and what is refused about it.
std::string RefusedAfter(const std::function<bool(Entry&)>& change,
                         const std::function<std::string(const TwoLedgers::Lie&)>& export_lie,
                         const verify::VerifyOptions& base) {
  size_t changed = 0;
  verify::VerifyOptions options = base;
  options.directory = export_lie([&](std::vector<LoggedEntry>& entries) {
    for (size_t i = 0; i < entries.size(); ++i) {
      Entry entry;
      if (!entry.ParseFromString(entries[i].payload()) || !change(entry)) continue;
      entries[i].set_payload(entry.SerializeAsString());
      changed = i;
      return;
    }
  });
  const auto report = verify::Verify(options);
  if (!report.ok() || !report->refusal.has_value()) return "not refused";
  EXPECT_EQ(report->refusal->index.value_or(0), changed);
  return report->refusal->what;
}

TEST_F(MutationsTest, EvenWithoutAHeadTheLogContradictsItself) {
  const verify::VerifyOptions base{.directory = "", .trust = ledgers_->Trust()};
  const auto lie = [this](const TwoLedgers::Lie& told) { return Liars(told); };
  EXPECT_THAT(RefusedAfter(
                  [](Entry& entry) {
                    if (!entry.has_request() || !entry.request().has_act()) return false;
                    entry.mutable_request()->set_request_digest(std::string(Hash::kSize, 'x'));
                    return true;
                  },
                  lie, base),
              HasSubstr("is not what"));
  EXPECT_THAT(RefusedAfter(
                  [](Entry& entry) {
                    if (!entry.has_step() || !entry.step().has_post()) return false;
                    entry.mutable_postings(0)->set_amount(entry.postings(0).amount() - 1);
                    return true;
                  },
                  lie, base),
              HasSubstr("do not move what this step says"));
  EXPECT_THAT(RefusedAfter(
                  [](Entry& entry) {
                    if (!entry.has_step() || !entry.step().has_post()) return false;
                    auto* accept = entry.mutable_step()->mutable_post()->mutable_accept();
                    accept->set_index(accept->index() + 1);
                    return true;
                  },
                  lie, base),
              HasSubstr("without the ACCEPT"));
}

TEST_F(MutationsTest, AnAddressedEntryKeptBackLeavesAHole) {
  const std::string directory = Liars([](std::vector<LoggedEntry>& entries) {
    for (LoggedEntry& logged : entries) {
      Entry entry;
      if (!entry.ParseFromString(logged.payload()) || entry.addresses().empty()) continue;
      entry.clear_addresses();
      logged.set_payload(entry.SerializeAsString());
      return;
    }
  });
  const auto report = verify::Verify({.directory = directory, .trust = ledgers_->Trust()});
  ASSERT_EQ(report->verdict, Verdict::kRefused);
  EXPECT_THAT(Describe(*report), HasSubstr("a hole"));
}

TEST_F(MutationsTest, HalvesThatDifferAreFoundInThePeersExport) {
  // The UN says that the AU declined for another reason, which nothing else in its log contradicts.
  const std::string directory = Liars([](std::vector<LoggedEntry>& entries) {
    for (LoggedEntry& logged : entries) {
      Entry entry;
      if (!entry.ParseFromString(logged.payload()) || !entry.has_peer_step() ||
          !entry.peer_step().has_reject()) {
        continue;
      }
      entry.mutable_peer_step()->mutable_reject()->set_reason(
          chapter8::books::v1::Reject::NOT_NEEDED);
      logged.set_payload(entry.SerializeAsString());
    }
  });
  const verify::VerifyOptions alone{.directory = directory, .trust = ledgers_->Trust()};
  EXPECT_EQ(verify::Verify(alone)->verdict, Verdict::kConsistentOnly);
  verify::VerifyOptions beside = alone;
  beside.peer_directories = {*work_ / "au"};
  const auto report = verify::Verify(beside);
  ASSERT_EQ(report->verdict, Verdict::kRefused);
  EXPECT_THAT(Describe(*report),
              ::testing::AnyOf(HasSubstr("signed two histories"), HasSubstr("says another thing")));
}

}  // namespace
}  // namespace ch8::testing
