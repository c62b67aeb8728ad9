// Gives every target its kept corpus, and what small damage makes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "tests/fuzz/target.h"

namespace ch8::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr size_t kDamagedPerFile = 128;

fs::path Corpus() { return fs::path(std::getenv("CH8_SOURCE_DIR")) / "tests/fuzz/corpus"; }

std::string ReadWhole(const fs::path& path) {
  std::ostringstream content;
  content << std::ifstream(path, std::ios::binary).rdbuf();
  return content.str();
}

std::map<std::string, std::string> FilesOf(const Target& target) {
  std::map<std::string, std::string> files;
  for (const auto& file : fs::directory_iterator(Corpus() / target.name)) {
    files[file.path().string()] = ReadWhole(file.path());
  }
  return files;
}

// A broken property aborts; this says where.
char running[512];
void SayWhere(int) {
  const ssize_t ignored = write(STDERR_FILENO, running, std::strlen(running));
  static_cast<void>(ignored);
}
Outcome RunTarget(const Target& target, const std::string& name, absl::string_view input) {
  absl::SNPrintF(running, sizeof running, "with %s, %d bytes of it\n", name, input.size());
  return target.run(input);
}

class CorpusTest : public ::testing::TestWithParam<Target> {
 protected:
  CorpusTest() { std::signal(SIGABRT, SayWhere); }
};

TEST_P(CorpusTest, HasBothKindsAndBreaksNoProperty) {
  std::map<Outcome, int> outcomes;
  for (const auto& [name, content] : FilesOf(GetParam())) {
    ++outcomes[RunTarget(GetParam(), name, content)];
  }
  EXPECT_GT(outcomes[Outcome::kAccepted], 0) << "no file reaches what comes after decoding";
  EXPECT_GT(outcomes[Outcome::kRefused], 0) << "no file is refused";
}

TEST_P(CorpusTest, WhatIsCutOrFlippedBreaksNoProperty) {
  for (const auto& [name, content] : FilesOf(GetParam())) {
    const size_t step = content.size() / kDamagedPerFile + 1;
    for (size_t at = 0; at < content.size(); at += step) {
      RunTarget(GetParam(), name, absl::string_view(content).substr(0, at));
      std::string flipped = content;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
      RunTarget(GetParam(), name, flipped);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, CorpusTest, ::testing::ValuesIn(Targets()),
                         [](const auto& one) { return one.param.name; });

// CH8_UPDATE_CORPUS=1 writes the seeds of our own encoders anew.
TEST(CorpusFolders, AreThoseOfTheTargets) {
  if (std::getenv("CH8_UPDATE_CORPUS") != nullptr) {
    for (const Target& target : Targets()) {
      fs::create_directories(Corpus() / target.name);
      int number = 0;
      for (const std::string& seed : target.seeds()) {
        std::ofstream(Corpus() / target.name / absl::StrCat("seed-", ++number), std::ios::binary)
            << seed;
      }
    }
  }
  std::vector<std::string> names;
  for (const Target& target : Targets()) names.push_back(target.name);
  std::vector<std::string> folders;
  for (const auto& folder : fs::directory_iterator(Corpus())) {
    folders.push_back(folder.path().filename().string());
  }
  EXPECT_THAT(folders, ::testing::UnorderedElementsAreArray(names));
}

}  // namespace
}  // namespace ch8::fuzz
