#include "storage/ledger/test_commits.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace ch8::testing {

Genesis TestGenesis() {
  return {.origin = "un.example/ch8/finance",
          .payload = "genesis of a test log",
          .salt = Sha256("genesis salt")};
}

std::string TestPayload(uint64_t index) {
  return absl::StrCat("entry ", index, " ", std::string(index * 31 % 120, 'p'));
}

std::string SizeRow(uint64_t size) { return absl::StrCat("size is ", size); }

OwnedCommit MakeTestCommit(const Hash& log_id, uint64_t first_index, size_t count) {
  OwnedCommit commit;
  for (size_t done = 0; done < count;) {
    const size_t rows = std::min<size_t>(100, count - done);
    RequestEntries& request = commit.request.requests.emplace_back();
    request.request_salt = Sha256(absl::StrCat("salt ", first_index + done));
    for (uint32_t row = 0; row < rows; ++row) {
      const uint64_t index = first_index + done + row;
      commit.payloads.push_back(TestPayload(index));
      EntryParts parts{
          .entry_class = EntryClass::kDomain, .row = row, .payload = commit.payloads.back()};
      if (index % 17 == 0) {
        parts.entry_class = EntryClass::kTransfer;
        std::copy_n(Sha256(absl::StrCat("tag ", index)).bytes.begin(), parts.tag.size(),
                    parts.tag.begin());
      }
      request.entries.push_back(MakeEntry(log_id, request.request_salt, parts));
    }
    done += rows;
  }
  const std::string value = SizeRow(first_index + count);
  commit.request.rows.push_back({.table = Table::kRows, .key = "size", .value = value});
  commit.request.rows.push_back({.table = Table::kAnswers, .key = "last", .value = value});
  return commit;
}

Hash NaiveRoot(const std::vector<Hash>& leaf_hashes, size_t begin, size_t end) {
  if (begin == end) return Sha256("");
  if (end - begin == 1) return leaf_hashes[begin];
  size_t split = 1;
  while (split * 2 < end - begin) split *= 2;
  const Hash left = NaiveRoot(leaf_hashes, begin, begin + split);
  const Hash right = NaiveRoot(leaf_hashes, begin + split, end);
  return Sha256({absl::string_view("\x01", 1), left.view(), right.view()});
}

}  // namespace ch8::testing
