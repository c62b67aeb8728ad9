#include "storage/merkle/seal_row.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "storage/merkle/tree.h"
#include "tests/support/data.h"
#include "tests/support/status_matchers.h"

namespace ch8 {
namespace {

using testing::IsOk;
using testing::StatusIs;

// The inputs and result of one line of testdata/seal_vectors.txt.
using Vector = std::vector<std::string>;

Hash HashOf(const std::string& field) { return Hash::FromHex(field).value(); }

// The vectors of one kind; fails when there are none.
std::vector<Vector> VectorsOf(const std::string& kind) {
  const std::string text = testing::ReadFile(std::string(std::getenv("CH8_SOURCE_DIR")) +
                                             "/storage/merkle/testdata/seal_vectors.txt");
  std::vector<Vector> vectors;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    Vector fields = absl::StrSplit(line, ' ');
    if (fields[0] == kind) vectors.emplace_back(fields.begin() + 1, fields.end());
  }
  EXPECT_FALSE(vectors.empty()) << "no vectors of kind " << kind;
  return vectors;
}

SealRow RowOf(const Vector& v) {
  SealRow row{.scope = v[1], .unit = v[2] == "-" ? "" : v[2], .last_leaf_hash = HashOf(v[6])};
  EXPECT_TRUE(absl::SimpleAtoi(v[3], &row.entries) && absl::SimpleAtoi(v[4], &row.gross_debits) &&
              absl::SimpleAtoi(v[5], &row.gross_credits));
  return row;
}

TEST(SealRowGoldenTest, SaltsMatch) {
  for (const Vector& v : VectorsOf("secret")) EXPECT_EQ(SealSecret(HashOf(v[0])).ToHex(), v[1]);
  for (const Vector& v : VectorsOf("salt")) {
    EXPECT_EQ(SealRowSalt(HashOf(v[0]), std::stoull(v[1])).ToHex(), v[2]);
  }
}

TEST(SealRowGoldenTest, RowsAndRootsMatch) {
  const Hash secret = HashOf(VectorsOf("secret").front()[1]);
  const std::vector<Vector> roots = VectorsOf("root");
  Frontier tree;
  for (const Vector& v : VectorsOf("row")) {
    const SealRow row = RowOf(v);
    const Hash salt = SealRowSalt(secret, tree.size());
    const std::string bytes = EncodeSealRow(row, salt);
    EXPECT_EQ(absl::BytesToHexString(bytes), v[7]);
    EXPECT_EQ(SealRowHash(row, salt).ToHex(), v[8]);
    tree.Append(SealRowHash(row, salt));
    EXPECT_EQ(tree.Root().ToHex(), roots[tree.size() - 1][1]);

    const auto decoded = DecodeSealRow(bytes);
    ASSERT_THAT(decoded, IsOk());
    EXPECT_EQ(decoded->row, row);
    EXPECT_EQ(decoded->salt, salt);
  }
  EXPECT_EQ(tree.size(), roots.size());
}

TEST(SealRowTest, OtherBytesAreNoRow) {
  const std::string bytes = EncodeSealRow({.scope = "accounts/1", .unit = "USD"}, Hash{});
  for (size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_THAT(DecodeSealRow(absl::string_view(bytes).substr(0, size)),
                StatusIs(absl::StatusCode::kInvalidArgument));
  }
  EXPECT_THAT(DecodeSealRow(bytes + "x"), StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(DecodeSealRow("C8S2" + bytes.substr(4)),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

// Who sees the seal's entry has its salt, and one row's salt; no other follows from them.
TEST(SealRowTest, NoSaltFollowsFromAnother) {
  const Hash request_salt = Sha256("request");
  const Hash secret = SealSecret(request_salt);
  EXPECT_NE(secret, SealRowSalt(request_salt, 0));
  EXPECT_NE(SealRowSalt(secret, 0), SealRowSalt(secret, 1));
  EXPECT_NE(SealSecret(secret), secret);
}

}  // namespace
}  // namespace ch8
