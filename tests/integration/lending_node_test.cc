// The lending library in a real daemon: mutual TLS, signed acts, RocksDB. What is asserted here the
// frame gives to a domain; the domain itself does nothing for it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "chapter8/ledger/v1/answer.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "chapter8/lending/v1/lending.pb.h"
#include "storage/base/check.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/proof.h"
#include "tests/support/node_organization.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace ch8::testing {
namespace {

namespace ledger_v1 = chapter8::ledger::v1;
namespace v1 = chapter8::lending::v1;
using chapter8::authz::v1::Role;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kAdd[] = "lending.v1.LendingService.AddTitle";
constexpr char kGet[] = "lending.v1.LendingService.GetTitle";
constexpr char kLend[] = "lending.v1.LendingService.LendCopies";
constexpr char kList[] = "lending.v1.LendingService.ListTitles";

class LendingNodeTest : public ::testing::Test {
 protected:
  LendingNodeTest() {
    node_.Start();
    node_.Appoint("librarian", Role::BOOKKEEPER);
    node_.Appoint("auditor", Role::AUDITOR);
  }

  absl::StatusOr<v1::Title> Add(const std::string& id, uint32_t copies,
                                const std::string& officer = "librarian") {
    v1::AddTitleRequest request;
    request.set_title_id(id);
    request.mutable_resource()->set_copies(copies);
    request.set_request_id(client::NewRequestId());
    return node_.As(officer).Call<v1::Title>(kAdd, request);
  }
  static v1::LendCopiesRequest Lend(const std::string& id, uint32_t copies) {
    v1::LendCopiesRequest request;
    request.set_name("titles/" + id);
    request.set_copies(copies);
    request.set_request_id(client::NewRequestId());
    return request;
  }
  int64_t OnShelf(const std::string& id) {
    v1::GetTitleRequest request;
    request.set_name("titles/" + id);
    return node_.As("auditor").Call<v1::Title>(kGet, request).value_or(v1::Title()).on_shelf();
  }
  template <typename Response, typename Request>
  Response Read(const std::string& rpc, Request request) {
    request.set_origin(node_.origin("lending"));
    const auto response =
        node_.As("auditor").Call<Response>("ledger.v1.LedgerService." + rpc, request);
    Check(response.ok(), absl::StrCat(rpc, ": ", response.status().ToString()));
    return *response;
  }

  // The head that a note carries, if the key of the organization's record signed it.
  absl::StatusOr<Checkpoint> Opened(const ledger_v1::Checkpoint& checkpoint) const {
    chapter8::directory::v1::SignedOrganizationRecord outer;
    chapter8::directory::v1::OrganizationRecord record;
    Check(outer.ParseFromString(node_.signed_record()) && record.ParseFromString(outer.record()),
          "the record parses");
    for (const auto& log : record.log_keys()) {
      if (log.origin() != node_.origin("lending")) continue;
      const auto key = PublicKey::FromBytes(log.public_key());
      if (!key.ok()) return key.status();
      const auto opened =
          OpenCheckpoint(checkpoint.note(), NoteVerifier::Of(log.origin(), *key), {});
      if (!opened.ok()) return opened.status();
      return opened->checkpoint;
    }
    return absl::NotFoundError("the record has no key of the lending ledger");
  }
  template <typename Proof>
  static std::vector<Hash> HashesOf(const Proof& proof) {
    std::vector<Hash> hashes;
    for (const std::string& bytes : proof.hashes()) hashes.push_back(*Hash::FromBytes(bytes));
    return hashes;
  }

  const TempDir folder_;
  OrganizationNode node_{{.folder = folder_.path().string(),
                          .organization = "un",
                          .services = "",
                          .program = "ch8d-lending",
                          .ledgers = {"directory", "lending"},
                          .first_read = kList}};
};

TEST_F(LendingNodeTest, AnswersByAuthorityThenByItsRulesAndPages) {
  EXPECT_EQ(ReasonOf(Add("charter", 3, "auditor").status()), "NO_ROLE");
  EXPECT_EQ(ReasonOf(Add("The Charter", 3).status()), "BAD_ID");
  for (const char* id : {"charter", "annual-report", "atlas"}) ASSERT_THAT(Add(id, 3), IsOk());
  EXPECT_EQ(ReasonOf(Add("charter", 3).status()), "TITLE_EXISTS");
  EXPECT_EQ(ReasonOf(node_.As("librarian").Call<v1::Title>(kLend, Lend("charter", 4)).status()),
            "INSUFFICIENT");
  EXPECT_EQ(OnShelf("charter"), 3);

  v1::ListTitlesRequest list;
  list.set_page_size(2);
  std::vector<std::string> names;
  do {
    const auto page = node_.As("auditor").Call<v1::ListTitlesResponse>(kList, list);
    ASSERT_THAT(page, IsOk());
    for (const v1::Title& title : page->titles()) names.push_back(title.name());
    list.set_page_token(page->next_page_token());
  } while (!list.page_token().empty());
  EXPECT_THAT(names, ElementsAre("titles/annual-report", "titles/atlas", "titles/charter"));
}

TEST_F(LendingNodeTest, ARetryHasOneEffectAlsoAfterACrash) {
  ASSERT_THAT(Add("charter", 3), IsOk());
  v1::LendCopiesRequest lend = Lend("charter", 2);
  const std::string request = lend.SerializeAsString();
  const std::string act = node_.As("librarian").Sign(kLend, request, absl::Now() + absl::Hours(1));

  const client::WireReply first = node_.As("librarian").SendWithAct(kLend, request, act);
  ASSERT_THAT(first.status, IsOk());
  const client::WireReply again = node_.As("librarian").SendWithAct(kLend, request, act);
  node_.Kill();
  node_.Start();
  const client::WireReply after = node_.As("librarian").SendWithAct(kLend, request, act);

  for (const client::WireReply* retry : {&again, &after}) {
    EXPECT_THAT(retry->status, IsOk());
    EXPECT_EQ(retry->reply, first.reply);
    EXPECT_EQ(retry->receipt, first.receipt);
  }
  EXPECT_EQ(OnShelf("charter"), 1);
  lend.set_copies(1);
  EXPECT_EQ(ReasonOf(node_.As("librarian").Send(kLend, lend.SerializeAsString()).status),
            "REQUEST_ID_REUSED");
}

TEST_F(LendingNodeTest, ProvesWhatItAnswered) {
  ASSERT_THAT(Add("charter", 3), IsOk());
  const auto earlier =
      Opened(Read<ledger_v1::Checkpoint>("GetCheckpoint", ledger_v1::GetCheckpointRequest()));
  ASSERT_THAT(earlier, IsOk());
  const client::WireReply lent =
      node_.As("librarian").Send(kLend, Lend("charter", 2).SerializeAsString());
  ASSERT_THAT(lent.status, IsOk());
  ledger_v1::Receipt receipt;
  ASSERT_TRUE(receipt.ParseFromString(lent.receipt));
  EXPECT_EQ(receipt.origin(), node_.origin("lending"));
  EXPECT_GE(receipt.index(), earlier->size);

  ledger_v1::GetInclusionProofRequest where;
  where.set_index(receipt.index());
  const auto inclusion = Read<ledger_v1::InclusionProof>("GetInclusionProof", where);
  const auto head = Opened(inclusion.checkpoint());
  ASSERT_THAT(head, IsOk());
  EXPECT_EQ(inclusion.leaf_hash(), receipt.leaf_hash());
  const Hash leaf = *Hash::FromBytes(receipt.leaf_hash());
  EXPECT_THAT(VerifyInclusion(leaf, receipt.index(), head->size, HashesOf(inclusion), head->root),
              IsOk());
  EXPECT_FALSE(
      VerifyInclusion(leaf, receipt.index() - 1, head->size, HashesOf(inclusion), head->root).ok());

  ledger_v1::GetConsistencyProofRequest from;
  from.set_old_size(earlier->size);
  const auto consistency = Read<ledger_v1::ConsistencyProof>("GetConsistencyProof", from);
  const auto newer = Opened(consistency.checkpoint());
  ASSERT_THAT(newer, IsOk());
  EXPECT_GT(newer->size, earlier->size);
  EXPECT_THAT(VerifyConsistency(earlier->size, earlier->root, newer->size, newer->root,
                                HashesOf(consistency)),
              IsOk());
}

TEST_F(LendingNodeTest, AReadAtTheEndWaitsForTheNextEntry) {
  ASSERT_THAT(Add("atlas", 1), IsOk());
  ledger_v1::ReadEntriesRequest tail;
  tail.set_begin(Read<ledger_v1::ReadEntriesResponse>("ReadEntries", tail).size());
  tail.set_wait_ms(1);
  const auto none = Read<ledger_v1::ReadEntriesResponse>("ReadEntries", tail);
  EXPECT_EQ(none.entries_size(), 0);
  EXPECT_EQ(none.size(), tail.begin());

  tail.set_wait_ms(20'000);
  auto next = std::async(std::launch::async,
                         [&] { return Read<ledger_v1::ReadEntriesResponse>("ReadEntries", tail); });
  ASSERT_THAT(Add("charter", 3), IsOk());
  const auto added = next.get();
  EXPECT_EQ(added.begin(), tail.begin());
  ASSERT_GT(added.entries_size(), 0);
  EXPECT_THAT(added.entries(0).payload(), HasSubstr("LendingService/AddTitle"));
}

}  // namespace
}  // namespace ch8::testing
