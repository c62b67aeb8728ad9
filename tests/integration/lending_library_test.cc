// The frame's proof: a domain of under 150 lines of its own gets authority, retries, paging,
// quantities that cannot be overspent, replay and proofs from the frame (tests/support). Here
// without a network; lending_node_test.cc runs it in a daemon.
#include "tests/support/lending_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <sstream>
#include <string>
#include <vector>

#include "chapter8/lending/v1/lending.pb.h"
#include "services/books/test_ledger.h"
#include "services/kernel/refusal.h"
#include "storage/ledger/entry.h"
#include "storage/merkle/proof.h"
#include "tests/support/data.h"
#include "tests/support/status_matchers.h"

namespace ch8::testing {
namespace {

using ::testing::ElementsAre;
namespace v1 = chapter8::lending::v1;

constexpr books::TestOfficer kOfficers[] = {
    {"librarian", 1, chapter8::authz::v1::BOOKKEEPER},
    {"auditor", 2, chapter8::authz::v1::AUDITOR},
};

class LendingLibraryTest : public ::testing::Test {
 protected:
  absl::StatusOr<v1::Title> Add(const std::string& id, uint32_t copies,
                                absl::string_view officer = "librarian") {
    v1::AddTitleRequest request;
    request.set_title_id(id);
    request.mutable_resource()->set_copies(copies);
    return library_.Call<v1::Title>(officer, "LendingService/AddTitle", request);
  }
  v1::LendCopiesRequest Lend(const std::string& id, uint32_t copies) {
    v1::LendCopiesRequest request;
    request.set_name("titles/" + id);
    request.set_copies(copies);
    request.set_request_id("lend-1");
    return request;
  }
  int64_t OnShelf(const std::string& id) {
    v1::GetTitleRequest request;
    request.set_name("titles/" + id);
    return library_.Get<v1::Title>("LendingService/GetTitle", request)->on_shelf();
  }

  const LendingMachine machine_;
  books::TestLedger library_{{.organization = "un",
                              .pinned = {},
                              .service = "lending",
                              .machine = &machine_,
                              .officers = kOfficers}};
};

template <typename T>
std::string ReasonOr(const absl::StatusOr<T>& result) {
  return result.ok() ? "OK" : kernel::ReasonOf(result.status());
}

TEST_F(LendingLibraryTest, RefusesByAuthorityThenByItsRules) {
  EXPECT_EQ(ReasonOr(Add("charter", 3, "auditor")), "NO_ROLE");
  EXPECT_EQ(ReasonOr(Add("The Charter", 3)), "BAD_ID");
  EXPECT_EQ(ReasonOr(Add("charter", 3)), "OK");
  const auto again = Add("charter", 3);
  EXPECT_EQ(ReasonOr(again), "TITLE_EXISTS");
  EXPECT_EQ(kernel::ErrorInfoOf(again.status()).domain(), "lending.chapter8");
}

TEST_F(LendingLibraryTest, LendsWhatIsThereAndNothingElse) {
  ASSERT_THAT(Add("charter", 120), IsOk());
  int lent = 0;
  for (int caller = 0; caller < 200; ++caller) {
    lent +=
        library_.Call<v1::Title>("librarian", "LendingService/LendCopies", Lend("charter", 1)).ok()
            ? 1
            : 0;
  }
  EXPECT_EQ(lent, 120);
  EXPECT_EQ(OnShelf("charter"), 0);
}

TEST_F(LendingLibraryTest, ARetryHasOneEffect) {
  ASSERT_THAT(Add("charter", 3), IsOk());
  const auto lend = [&](uint32_t copies) {
    return library_.Run({.officer = "librarian",
                         .method = "LendingService/LendCopies",
                         .request = Lend("charter", copies).SerializeAsString(),
                         .request_id = "lend-1"});
  };
  const auto first = lend(2);
  const auto second = lend(2);
  EXPECT_THAT(first.status, IsOk());
  EXPECT_EQ(second.reply, first.reply);
  EXPECT_EQ(second.receipt.index(), first.receipt.index());
  EXPECT_EQ(OnShelf("charter"), 1);
  EXPECT_EQ(kernel::ReasonOf(lend(1).status), "REQUEST_ID_REUSED");
}

TEST_F(LendingLibraryTest, Pages) {
  for (const char* id : {"a", "b", "c", "d", "e"}) ASSERT_THAT(Add(id, 1), IsOk());
  v1::ListTitlesRequest list;
  list.set_page_size(2);
  std::vector<std::string> names;
  do {
    const auto page = *library_.Get<v1::ListTitlesResponse>("LendingService/ListTitles", list);
    for (const v1::Title& title : page.titles()) names.push_back(title.name());
    list.set_page_token(page.next_page_token());
  } while (!list.page_token().empty());
  EXPECT_THAT(names, ElementsAre("titles/a", "titles/b", "titles/c", "titles/d", "titles/e"));
}

TEST_F(LendingLibraryTest, ReplaysAndProves) {
  ASSERT_THAT(Add("charter", 3), IsOk());
  const auto lent = library_.Run({.officer = "librarian",
                                  .method = "LendingService/LendCopies",
                                  .request = Lend("charter", 2).SerializeAsString(),
                                  .request_id = "lend-1"});
  EXPECT_EQ(library_.StoredRows(), library_.ReplayedRows());
  EXPECT_EQ(library_.books().StateDigest(), library_.ReplayedBooksDigest());

  const uint64_t size = library_.size();
  const auto proof = library_.ledger().InclusionProof(lent.receipt.index(), size);
  ASSERT_THAT(proof, IsOk());
  EXPECT_THAT(VerifyInclusion(*Hash::FromBytes(lent.receipt.leaf_hash()), lent.receipt.index(),
                              size, *proof, *library_.ledger().RootAt(size)),
              IsOk());
}

TEST(LendingLibrarySizeTest, ADomainHasUnder150LinesOfItsOwn) {
  const std::string root = std::getenv("CH8_SOURCE_DIR");
  int lines = 0;
  for (const char* file : {"lending_library.h", "lending_library.cc", "lending_node.cc"}) {
    std::istringstream text(ReadFile(root + "/tests/support/" + file));
    for (std::string line; std::getline(text, line);) ++lines;
  }
  EXPECT_LT(lines, 150);
}

}  // namespace
}  // namespace ch8::testing
