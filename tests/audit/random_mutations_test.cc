// A thousand mutations of a whole export and of a sample, from one seed: each is refused where it
// is, or what it keeps back makes the ledger a SAMPLE. None is ever called verified or COMPLETE.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "clients/verify/verify.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/leaf.h"
#include "tests/audit/log_view.h"
#include "tests/audit/two_ledgers.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {
namespace {

using audit::Selector;
using chapter8::ledger::v1::Entry;
using chapter8::ledger::v1::LoggedEntry;
using verify::Coverage;
using verify::Verdict;
using verify::VerifyReport;
namespace fs = std::filesystem;
using Files = std::map<std::string, std::string>;

constexpr char kUnFinance[] = "un.example/ch8/finance";
constexpr uint64_t kBundle = 256;

void WriteFile(const std::string& path, const std::string& content) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path, std::ios::binary | std::ios::trunc) << content;
}

std::string OriginOf(const std::string& folder) { return "un.example/ch8/" + folder; }

// An export that is true, and a copy of it that is changed and mended again.
struct Subject {
  std::string name;
  std::string directory{};
  Files files{};
  std::vector<Selector> disclose{};
  Verdict verdict = Verdict::kVerified;  // Of the true one.
};

class RandomMutations : public ::testing::Test {
 protected:
  RandomMutations() {
    const char* given = std::getenv("CH8_SEED");
    const uint64_t seed = given != nullptr ? std::stoull(given) : std::random_device()();
    std::cout << "CH8_SEED=" << seed << "\n";
    random_.seed(seed);
    ledgers_.Export({.of = ledgers_.au(), .directory = work_ / "au"});
    trust_ = ledgers_.Trust();
    heads_ = ledgers_.HeadsOfUn();
    subjects_ = {{.name = "whole"},
                 {.name = "sample",
                  .disclose = {{.kind = Selector::Kind::kCounterparty,
                                .text = "counterparty=au.example",
                                .what = "au.example"}},
                  .verdict = Verdict::kSample}};
    for (Subject& subject : subjects_) {
      subject.directory = work_ / subject.name;
      ledgers_.Export(
          {.of = ledgers_.un(), .directory = subject.directory, .disclose = subject.disclose});
      subject.files = FilesIn(subject.directory);
    }
  }
  ~RandomMutations() override {
    for (const auto& [kind, count] : counts_) {
      std::cout << kind << ": " << count.refused << " refused, " << count.sample << " SAMPLE\n";
    }
  }

  enum class Peer { kNo, kYes };
  VerifyReport Check(const std::string& directory, Peer peer = Peer::kNo) {
    verify::VerifyOptions options{.directory = directory, .trust = trust_, .heads = heads_};
    if (peer == Peer::kYes) options.peer_directories = {work_ / "au"};
    const auto report = verify::Verify(options);
    EXPECT_THAT(report, IsOk());
    return report.value_or(VerifyReport());
  }

  // Checks `subject` with `changed` in the place of its files, an empty one meaning that it is not
  // there. `is_there` says whether a refusal is at the right place; `withheld`, how many entries of
  // the ledger in `folder` a verdict SAMPLE must miss.
  struct Mutation {
    std::string kind;
    std::string what;  // For whoever reads a failure.
    Files changed{};
    std::function<bool(const verify::Refusal&)> is_there;
    std::string folder{};
    uint64_t disclosed = 0;  // For SAMPLE: exactly so many. 0: it must be refused.
    bool sums_anew = true;
  };
  void Try(const Subject& subject, const Mutation& mutation) {
    bool differs = false;
    for (const auto& [name, content] : mutation.changed) {
      const auto old = subject.files.find(name);
      differs |= old == subject.files.end() || old->second != content;
    }
    if (!differs) return;
    for (const auto& [name, content] : mutation.changed) {
      fs::remove(subject.directory + "/" + name);
      if (!content.empty()) WriteFile(subject.directory + "/" + name, content);
    }
    if (mutation.sums_anew) SumAnew(subject.directory);
    Judge(subject.name, mutation, Check(subject.directory));
    for (const auto& [name, content] : mutation.changed) {
      fs::remove(subject.directory + "/" + name);
      const auto old = subject.files.find(name);
      if (old != subject.files.end()) WriteFile(subject.directory + "/" + name, old->second);
    }
    WriteFile(subject.directory + "/SHA256SUMS", subject.files.at("SHA256SUMS"));
  }

  void Judge(const std::string& subject, const Mutation& mutation, const VerifyReport& report) {
    const std::string what = absl::StrCat(subject, ", ", mutation.kind, ", ", mutation.what);
    Count& count = counts_[absl::StrCat(subject, ", ", mutation.kind)];
    ++tried_;
    if (report.verdict == Verdict::kRefused) {
      ++count.refused;
      EXPECT_TRUE(mutation.is_there(*report.refusal))
          << what << ": " << verify::Describe(*report.refusal);
      return;
    }
    ++count.sample;
    ASSERT_EQ(report.verdict, Verdict::kSample) << what;
    ASSERT_GT(mutation.disclosed, 0U) << what << " is not refused";
    for (const auto& ledger : report.ledgers) {
      if (ledger.origin != OriginOf(mutation.folder)) continue;
      EXPECT_EQ(ledger.coverage, Coverage::kSample) << what;
      EXPECT_EQ(ledger.disclosed, mutation.disclosed) << what;
    }
  }

  uint64_t Below(uint64_t end) { return random_() % end; }
  const std::string& AnyName(const Files& files) {
    return std::next(files.begin(), static_cast<std::ptrdiff_t>(Below(files.size())))->first;
  }

  // Whether a refusal is about the file `name`: it is named, or the ledger in whose folder it is
  // and of whose entries it speaks.
  static bool About(const std::string& name, const verify::Refusal& refusal) {
    if (refusal.file == name || refusal.file == "SHA256SUMS") return true;
    const std::string folder = name.substr(0, name.find('/'));
    if (folder == "keys" || name == "policy.txt") {
      return absl::StartsWith(refusal.file, "keys/") || refusal.file == "policy.txt";
    }
    if (absl::StartsWith(refusal.file, folder + "/")) return true;
    if (refusal.origin != OriginOf(folder)) return false;
    // Of a bundle or a lowest tile the entry is one of its own.
    const std::string number = BundleIn(name);
    uint64_t bundle = 0;
    if (number.empty() || !absl::SimpleAtoi(number, &bundle)) return true;
    return !refusal.index.has_value() || *refusal.index / kBundle == bundle;
  }
  // "001" of "finance/payloads/001.p/17".
  static std::string BundleIn(const std::string& name) {
    for (const char* kind : {"/payloads/", "/disclosed/", "/tile/entries/", "/tile/0/"}) {
      const size_t at = name.find(kind);
      if (at != std::string::npos) return name.substr(at + std::string(kind).size(), 3);
    }
    return "";
  }

  struct Count {
    int refused = 0;
    int sample = 0;
  };
  TwoLedgers ledgers_;
  const TempDir work_;
  std::mt19937_64 random_;
  std::string trust_;
  std::string heads_;
  std::vector<Subject> subjects_;
  std::map<std::string, Count> counts_;
  int tried_ = 0;

  void FlipBytes(const Subject& subject);
  void SwapFiles(const Subject& subject);
  void CutFiles(const Subject& subject);
  void DropEntriesFromBundles(const Subject& subject);
  void WithholdEachEntry(const Subject& subject);
  void WithholdCancellingPairs(const Subject& subject);
  void ReplaceCheckpoints(const Subject& subject);
  void ForgeHalves(const Subject& subject);
};

// Nothing goes by VERIFY.md but SHA256SUMS.
bool IsText(const std::string& name) { return name == "VERIFY.md" || name == "SHA256SUMS"; }

void RandomMutations::FlipBytes(const Subject& subject) {
  for (int i = 0; i < 200; ++i) {
    const std::string& name = AnyName(subject.files);
    std::string content = subject.files.at(name);
    const size_t at = Below(content.size());
    content[at] = static_cast<char>(content[at] ^ (1 << Below(8)));
    Try(subject, {.kind = "byte flip",
                  .what = absl::StrCat(name, ", byte ", at),
                  .changed = {{name, content}},
                  .is_there =
                      [&](const auto& refusal) {
                        // A digest changed is the word of SHA256SUMS against that of another file.
                        return About(name, refusal) || name == "SHA256SUMS";
                      },
                  .sums_anew = !IsText(name)});
  }
}

void RandomMutations::SwapFiles(const Subject& subject) {
  for (int i = 0; i < 60; ++i) {
    const std::string& one = AnyName(subject.files);
    const std::string& other = AnyName(subject.files);
    if (IsText(one) || IsText(other)) continue;
    Try(subject, {.kind = "swapped files",
                  .what = absl::StrCat(one, " and ", other),
                  .changed = {{one, subject.files.at(other)}, {other, subject.files.at(one)}},
                  .is_there = [&](const auto& refusal) {
                    return About(one, refusal) || About(other, refusal);
                  }});
  }
}

// Ends a file early, or takes it away. A head of another ledger may be left out, and of a sample
// the rows of a seal, without which nothing is complete.
void RandomMutations::CutFiles(const Subject& subject) {
  for (int i = 0; i < 60; ++i) {
    const std::string& name = AnyName(subject.files);
    if (IsText(name) || absl::StrContains(name, "/peers/")) continue;
    const std::string& content = subject.files.at(name);
    const std::string cut = content.substr(0, Below(content.size()));
    if (cut.empty() && !subject.disclose.empty() && absl::StrContains(name, "/seals/")) continue;
    Try(subject, {.kind = "file cut short or gone",
                  .what = name,
                  .changed = {{name, cut}},
                  .is_there = [&](const auto& refusal) {
                    // Without its bundles a sample is none, and its payloads are looked for.
                    return About(name, refusal) ||
                           absl::StartsWith(refusal.file,
                                            absl::StrCat(name.substr(0, name.find('/')), "/")) ||
                           refusal.file == "checkpoint";
                  }});
  }
}

// An entry's bytes taken out of its bundle, the rest left as it is. Of a sample that is to keep it
// back, which has mutations of its own.
void RandomMutations::DropEntriesFromBundles(const Subject& subject) {
  if (!subject.disclose.empty()) return;
  for (const std::string folder : {"directory", "finance"}) {
    for (const auto& [index, logged] : LogView::Of(subject.files, folder).entries) {
      for (const auto& [name, content] : subject.files) {
        const size_t salt = content.find(logged.salt());
        if (!absl::StartsWith(name, folder + "/payloads/") || salt == std::string::npos) continue;
        const size_t begin = salt - sizeof(uint16_t) - sizeof(Tag);
        const size_t end = salt + Hash::kSize + sizeof(uint32_t) + logged.payload().size();
        Try(subject, {.kind = "each entry taken out of its bundle",
                      .what = absl::StrCat(folder, ", ", index),
                      .changed = {{name, content.substr(0, begin) + content.substr(end)}},
                      .is_there = [&](const auto& refusal) { return About(name, refusal); }});
      }
    }
  }
}

// Each entry in turn is kept back, by a liar who writes bundles and journal anew.
void RandomMutations::WithholdEachEntry(const Subject& subject) {
  for (const std::string folder : {"directory", "finance"}) {
    const LogView log = LogView::Of(subject.files, folder);
    for (const auto& [index, logged] : log.entries) {
      Files changed = log.Without(folder, {index});
      for (const auto& [name, content] : subject.files) {
        const bool bundle = absl::StartsWith(name, folder + "/payloads/") ||
                            absl::StartsWith(name, folder + "/disclosed/");
        if (bundle) changed.emplace(name, "");
      }
      // Itself, or one that needs it: a row its request, a step the step before.
      Try(subject, {.kind = "each entry kept back",
                    .what = absl::StrCat(folder, ", ", index),
                    .changed = changed,
                    .is_there =
                        [folder](const auto& refusal) {
                          return refusal.origin == OriginOf(folder) ||
                                 absl::StartsWith(refusal.file, folder + "/");
                        },
                    .folder = folder,
                    .disclosed = log.entries.size() - 1});
    }
  }
}

// What a hold takes and its end gives back cancel each other: both are kept back.
void RandomMutations::WithholdCancellingPairs(const Subject& subject) {
  const LogView log = LogView::Of(subject.files, "finance");
  std::map<std::string, std::set<uint64_t>> pairs;  // By hold.
  for (const auto& [index, logged] : log.entries) {
    if (LogView::IsRow(logged)) {
      chapter8::books::v1::TransferRow row;
      ASSERT_TRUE(row.ParseFromString(logged.payload()));
      if (row.kind() == row.HOLD) pairs[absl::StrCat("row ", row.id_low())].insert(index);
      if (row.hold_id_low() != 0) pairs[absl::StrCat("row ", row.hold_id_low())].insert(index);
      continue;
    }
    Entry entry;
    ASSERT_TRUE(entry.ParseFromString(logged.payload()));
    for (const auto& posting : entry.postings()) {
      if (!posting.hold_id().empty()) pairs[posting.hold_id()].insert(index);
    }
  }
  int whole_pairs = 0;
  for (const auto& [hold, pair] : pairs) {
    if (pair.size() < 2) continue;
    ++whole_pairs;
    Files changed = log.Without("finance", pair);
    for (const auto& [name, content] : subject.files) {
      const bool bundle = absl::StartsWith(name, "finance/payloads/") ||
                          absl::StartsWith(name, "finance/disclosed/");
      if (bundle) changed.emplace(name, "");
    }
    Try(subject, {.kind = "each cancelling pair kept back",
                  .what = absl::StrCat(*pair.begin(), " and ", *pair.rbegin()),
                  .changed = changed,
                  .is_there = [](const auto& refusal) { return refusal.origin == kUnFinance; },
                  .folder = "finance",
                  .disclosed = log.entries.size() - pair.size()});
    // And by an organization that signs a history without them.
    if (!subject.disclose.empty()) continue;
    const std::string liars = work_ / "liars";
    fs::remove_all(liars);
    ledgers_.Export({.of = ledgers_.un(),
                     .directory = liars,
                     .lie_about = kUnFinance,
                     .lie = [&pair](std::vector<LoggedEntry>& entries) {
                       for (auto at = pair.rbegin(); at != pair.rend(); ++at) {
                         entries.erase(entries.begin() + static_cast<std::ptrdiff_t>(*at));
                       }
                     }});
    Judge(subject.name,
          {.kind = "history without a cancelling pair",
           .what = absl::StrCat(*pair.begin()),
           .is_there = [](const auto& refusal) { return refusal.origin == kUnFinance; }},
          Check(liars));
  }
  EXPECT_GE(whole_pairs, 2);
}

// Heads of the log as it once was, or of another, by the ledger's own key and by another's.
void RandomMutations::ReplaceCheckpoints(const Subject& subject) {
  const Ledger& ledger = ledgers_.un().finance().ledger();
  const uint64_t size = ledger.durable_size();
  for (int i = 0; i < 30; ++i) {
    const uint64_t other = i % 3 == 0 ? size : 1 + Below(size - 1);
    const Hash root = i % 3 == 0 ? Sha256(absl::StrCat(i)) : *ledger.RootAt(other);
    const SigningKey key =
        i % 3 == 1 ? ledgers_.un().LogKey("finance") : ledgers_.un().LogKey("directory");
    const auto note = SignCheckpoint({.origin = kUnFinance, .size = other, .root = root},
                                     i % 3 == 2 ? key : ledgers_.un().LogKey("finance"));
    ASSERT_THAT(note, IsOk());
    Try(subject, {.kind = "replaced checkpoint",
                  .what = absl::StrCat(i % 3, ", size ", other),
                  .changed = {{"finance/checkpoint", *note}},
                  .is_there = [](const auto& refusal) {
                    return refusal.origin == kUnFinance ||
                           absl::StartsWith(refusal.file, "finance/");
                  }});
  }
}

// The organization says otherwise what came from the other side, or went to it, under a head that
// it signs anew: with what the other side holds this is found.
void RandomMutations::ForgeHalves(const Subject& subject) {
  const LogView log = LogView::Of(subject.files, "finance");
  for (const auto& [index, logged] : log.entries) {
    Entry entry;
    if (LogView::IsRow(logged) || !entry.ParseFromString(logged.payload())) continue;
    if (!entry.has_step() && !entry.has_peer_step()) continue;
    auto* step = entry.has_step() ? entry.mutable_step() : entry.mutable_peer_step();
    switch (step->step_case()) {
      case chapter8::books::v1::TransferStep::kPost:
        step->mutable_post()->set_quantity(step->post().quantity() + 1);
        break;
      case chapter8::books::v1::TransferStep::kAccept:
        step->mutable_accept()->set_quantity(step->accept().quantity() - 1);
        break;
      default:
        step->set_terms_hash(std::string(Sha256(absl::StrCat(Below(9))).view()));
    }
    const std::string liars = work_ / "liars";
    fs::remove_all(liars);
    ledgers_.Export({.of = ledgers_.un(),
                     .directory = liars,
                     .lie_about = kUnFinance,
                     .lie =
                         [&, at = index](std::vector<LoggedEntry>& entries) {
                           entries[at].set_payload(entry.SerializeAsString());
                         },
                     .disclose = subject.disclose});
    Judge(subject.name,
          {.kind = "forged half",
           .what = absl::StrCat(index),
           .is_there = [](const auto& refusal) { return refusal.origin == kUnFinance; }},
          Check(liars, Peer::kYes));
  }
}

TEST_F(RandomMutations, AreEachRefusedOrASample) {
  for (const Subject& subject : subjects_) {
    ASSERT_EQ(Check(subject.directory, Peer::kYes).verdict, subject.verdict) << subject.name;
    FlipBytes(subject);
    SwapFiles(subject);
    CutFiles(subject);
    DropEntriesFromBundles(subject);
    WithholdEachEntry(subject);
    WithholdCancellingPairs(subject);
    ReplaceCheckpoints(subject);
    ForgeHalves(subject);
    ASSERT_EQ(Check(subject.directory).verdict, subject.verdict) << subject.name;
  }
  EXPECT_GE(tried_, 1'000);
}

}  // namespace
}  // namespace ch8::testing
