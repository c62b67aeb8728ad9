#include "services/kernel/execute.h"

#include <gmock/gmock.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "services/kernel/addresses.h"
#include "services/kernel/authority.h"
#include "services/kernel/refusal.h"
#include "services/kernel/toy_ledger.h"
#include "storage/base/bytes.h"
#include "storage/base/limits.h"
#include "tests/support/status_matchers.h"

namespace ch8::kernel {
namespace {

using ch8::testing::IsOk;
using ch8::testing::StatusIs;
using chapter8::directory::v1::ConfirmPostRequest;
using chapter8::directory::v1::CreatePostRequest;
using chapter8::directory::v1::GetPostRequest;
using chapter8::directory::v1::ListPostsRequest;
using chapter8::directory::v1::ListPostsResponse;
using chapter8::directory::v1::Post;
using ::testing::IsEmpty;

constexpr absl::Duration kLife = absl::Hours(2);

CreatePostRequest Creates(absl::string_view id, absl::string_view request_id) {
  CreatePostRequest request;
  request.set_post_id(std::string(id));
  request.mutable_resource()->set_title("a post");
  request.set_request_id(std::string(request_id));
  return request;
}

ConfirmPostRequest Confirms(absl::string_view id, absl::string_view request_id) {
  ConfirmPostRequest request;
  request.set_name(absl::StrCat("posts/", id));
  request.set_request_id(std::string(request_id));
  return request;
}

class ExecutorTest : public ::testing::Test {
 protected:
  Command Create(absl::string_view officer, const CreatePostRequest& request) {
    return toy::SignedCommand(officer, toy::kCreatePost, request, ledger_.now + kLife);
  }
  Command Confirm(absl::string_view officer, const ConfirmPostRequest& request) {
    return toy::SignedCommand(officer, toy::kConfirmPost, request, ledger_.now + kLife);
  }
  Post PostOf(const Outcome& outcome) {
    Post post;
    EXPECT_THAT(outcome.status, IsOk());
    EXPECT_TRUE(post.ParseFromString(outcome.reply));
    return post;
  }

  toy::ToyLedger ledger_{{"au.example"}};
};

TEST_F(ExecutorTest, LogsARequestWithItsEventsAndAnswersFromTheNewState) {
  const uint64_t before = ledger_.size();

  const Outcome outcome = ledger_.Run(Create("ada", Creates("supply", "r1")));

  EXPECT_EQ(PostOf(outcome).name(), "posts/supply");
  EXPECT_EQ(PostOf(outcome).proposed_by(), 1u);
  ASSERT_EQ(ledger_.size(), before + 2);
  const auto request = ledger_.Entries()[before].request();
  EXPECT_EQ(request.method(), toy::kCreatePost);
  EXPECT_EQ(request.caller(), "officer/ada");
  EXPECT_EQ(request.post(), "posts/administrator");
  EXPECT_EQ(request.person(), 1u);
  EXPECT_EQ(request.rows(), 1u);
  EXPECT_EQ(request.time_us(), absl::ToUnixMicros(ledger_.now));
  EXPECT_EQ(request.act().public_key(), toy::KeyOf("ada").public_key().view());
  EXPECT_EQ(outcome.receipt.origin(), toy::kOrigin);
  EXPECT_EQ(outcome.receipt.index(), before);
  EXPECT_EQ(outcome.receipt.leaf_hash(), ledger_.LeafHash(before).view());
}

TEST_F(ExecutorTest, ARetryGetsTheFirstReplyAndReceiptAndChangesNothing) {
  const Command command = Create("ada", Creates("supply", "r1"));
  const Outcome first = ledger_.Run(command);
  ledger_.Run(Confirm("grace", Confirms("supply", "r2")));
  const uint64_t size = ledger_.size();

  const auto expect_the_same = [&] {
    const Outcome again = ledger_.Run(command);
    EXPECT_THAT(again.status, IsOk());
    EXPECT_EQ(again.reply, first.reply);
    EXPECT_EQ(again.receipt.SerializeAsString(), first.receipt.SerializeAsString());
    EXPECT_EQ(ledger_.size(), size);
  };
  expect_the_same();
  ledger_.Reopen();
  expect_the_same();
}

TEST_F(ExecutorTest, ARetryInTheSameGroupIsOneToo) {
  const Command command = Create("ada", Creates("supply", "r1"));
  Outcome first;
  Outcome second;
  ledger_.Group([&](Executor& executor) {
    first = executor.Execute(command);
    second = executor.Execute(command);
  });
  EXPECT_EQ(second.reply, first.reply);
  EXPECT_EQ(second.receipt.index(), first.receipt.index());
}

TEST_F(ExecutorTest, AnotherBodyUnderAUsedIdAlreadyExists) {
  ledger_.Run(Create("ada", Creates("supply", "r1")));
  const uint64_t size = ledger_.size();

  const Outcome other = ledger_.Run(Create("ada", Creates("transport", "r1")));

  EXPECT_THAT(other.status, StatusIs(absl::StatusCode::kAlreadyExists));
  EXPECT_EQ(ReasonOf(other.status), "REQUEST_ID_REUSED");
  EXPECT_EQ(ledger_.size(), size);
}

TEST_F(ExecutorTest, RequestIdsBelongToTheirCaller) {
  ledger_.Run(Create("ada", Creates("supply", "r1")));
  EXPECT_THAT(ledger_.Run(Create("grace", Creates("transport", "r1"))).status, IsOk());
}

TEST_F(ExecutorTest, ADryRunAnswersAsTheRealOneAndWritesNothing) {
  CreatePostRequest request = Creates("supply", "r1");
  request.set_validate_only(true);
  const Command dry = Create("ada", request);
  const auto rows = ledger_.Rows(Table::kRows);
  ledger_.Group([&](Executor& executor) {
    EXPECT_EQ(PostOf(executor.Execute(dry)).name(), "posts/supply");
    const Ledger::CommitRequest commit = executor.Finish();
    EXPECT_THAT(commit.requests, IsEmpty());
    EXPECT_THAT(commit.rows, IsEmpty());
  });
  EXPECT_EQ(ledger_.Rows(Table::kRows), rows);

  EXPECT_THAT(ledger_.Run(Create("ada", Creates("supply", "r1"))).status, IsOk());
  request.set_request_id("r2");
  EXPECT_EQ(ReasonOf(ledger_.Run(Create("ada", request)).status), "POST_EXISTS");
}

TEST_F(ExecutorTest, ARefusalOfASignedActIsLoggedAndRepeated) {
  ledger_.Run(Create("ada", Creates("supply", "r1")));
  const Command command = Confirm("ada", Confirms("supply", "r2"));
  const uint64_t before = ledger_.size();

  const Outcome refused = ledger_.Run(command);

  EXPECT_THAT(refused.status, StatusIs(absl::StatusCode::kFailedPrecondition));
  EXPECT_EQ(ReasonOf(refused.status), "SAME_PERSON");
  ASSERT_EQ(ledger_.size(), before + 2);
  EXPECT_EQ(ledger_.Entries().back().refusal().reason(), "SAME_PERSON");
  EXPECT_EQ(refused.receipt.index(), before);

  ledger_.Run(Confirm("grace", Confirms("supply", "r3")));
  ledger_.Reopen();
  const Outcome again = ledger_.Run(command);
  EXPECT_EQ(again.status, refused.status);
  EXPECT_EQ(ErrorInfoOf(again.status).domain(), "toy.chapter8");
  EXPECT_EQ(again.receipt.SerializeAsString(), refused.receipt.SerializeAsString());
}

TEST_F(ExecutorTest, OtherRefusalsLeaveNothingAndAreDecidedAnew) {
  CreatePostRequest untitled = Creates("supply", "r1");
  untitled.mutable_resource()->clear_title();
  const uint64_t size = ledger_.size();
  const auto answers = ledger_.Rows(Table::kAnswers);

  EXPECT_EQ(ReasonOf(ledger_.Run(Create("ada", untitled)).status), "NO_TITLE");
  EXPECT_EQ(ReasonOf(ledger_.Run(Create("bob", Creates("supply", "r1"))).status), "NO_ROLE");
  EXPECT_THAT(ledger_.Run(Confirm("ada", Confirms("supply", "r1"))).status,
              StatusIs(absl::StatusCode::kNotFound));
  Command unsigned_command = Create("ada", Creates("supply", "r1"));
  unsigned_command.act.reset();
  EXPECT_EQ(ReasonOf(ledger_.Run(unsigned_command).status), "ACT_NOT_SIGNED");

  EXPECT_EQ(ledger_.size(), size);
  EXPECT_EQ(ledger_.Rows(Table::kAnswers), answers);
  EXPECT_THAT(ledger_.Run(Create("ada", Creates("supply", "r1"))).status, IsOk());
}

TEST_F(ExecutorTest, MalformedRequestsAreRefusedWhole) {
  Command command = Create("ada", Creates("supply", "r1"));
  command.request += "\xff";
  EXPECT_EQ(ReasonOf(ledger_.Run(command).status), "MALFORMED_REQUEST");
  EXPECT_THAT(
      ledger_.Run(toy::SignedCommand("ada", "/toy/None", Creates("a", "b"), ledger_.now)).status,
      StatusIs(absl::StatusCode::kUnimplemented));
}

TEST_F(ExecutorTest, LaterCommandsOfAGroupSeeEarlierOnes) {
  ledger_.Group([&](Executor& executor) {
    EXPECT_THAT(executor.Execute(Create("ada", Creates("supply", "r1"))).status, IsOk());
    EXPECT_EQ(ReasonOf(executor.Execute(Create("grace", Creates("supply", "r2"))).status),
              "POST_EXISTS");
    const Outcome confirmed = executor.Execute(Confirm("grace", Confirms("supply", "r3")));
    EXPECT_EQ(PostOf(confirmed).state(), Post::ACTIVE);
  });
}

// An officer suspended by an earlier command of the group cannot act in a later one.
TEST_F(ExecutorTest, AuthorityIsThatOfTheMoment) {
  auto ada = toy::ActiveOfficer("ada", 1, {"posts/administrator"});
  ada.set_state(chapter8::directory::v1::Officer::SUSPENDED);
  ledger_.Group([&](Executor& executor) {
    executor.LogInternal("/internal/Test", {toy::FactOf(ada)});
    EXPECT_EQ(ReasonOf(executor.Execute(Create("ada", Creates("supply", "r1"))).status),
              "OFFICER_NOT_ACTIVE");
  });
}

TEST_F(ExecutorTest, ChainsTheEntriesAddressedToEachRecipient) {
  ledger_.Run(Create("ada", Creates("one", "r1")));
  ledger_.Group([&](Executor& executor) {
    executor.Execute(Create("ada", Creates("two", "r2")));
    executor.Execute(Create("ada", Creates("three", "r3")));
  });
  ledger_.Reopen();
  ledger_.Run(Create("ada", Creates("four", "r4")));

  const auto rows = ledger_.Rows(Table::kRows);
  std::string previous;
  for (uint64_t number = 1; number <= 4; ++number) {
    const auto addressed = ParseAddressed(rows.at(AddressedKey("au.example", number)));
    ASSERT_TRUE(addressed.has_value());
    const auto entry = ledger_.Entries()[addressed->index];
    ASSERT_EQ(entry.addresses_size(), 1);
    EXPECT_EQ(entry.addresses(0).recipient(), "au.example");
    EXPECT_EQ(entry.addresses(0).number(), number);
    EXPECT_EQ(entry.addresses(0).previous_leaf_hash(), previous);
    EXPECT_EQ(addressed->leaf_hash, ledger_.LeafHash(addressed->index));
    previous = std::string(addressed->leaf_hash.view());
  }
  const auto head = ParseAddressHead(rows.at(AddressHeadKey("au.example")));
  EXPECT_EQ(head->number, 4u);
  EXPECT_EQ(head->leaf_hash.view(), previous);
  EXPECT_EQ(rows.count(AddressedKey("au.example", 5)), 0u);
}

TEST_F(ExecutorTest, ASignatureEndsBeforeTheAnswerIsForgotten) {
  const CreatePostRequest request = Creates("supply", "r1");
  const Command command = Create("ada", request);
  const Outcome first = ledger_.Run(command);
  ASSERT_EQ(ledger_.Rows(Table::kAnswers).size(), 2u);

  ledger_.now += kLife;
  EXPECT_THAT(ledger_.Run(command).status, IsOk());
  ledger_.now += absl::Seconds(1);
  EXPECT_EQ(ReasonOf(ledger_.Run(command).status), "EXPIRED");

  const uint64_t size = ledger_.size();
  const Outcome again = ledger_.Run(Create("ada", request));
  EXPECT_EQ(again.reply, first.reply) << "signed anew, the same id and body get the first answer";
  EXPECT_EQ(again.receipt.index(), first.receipt.index());
  EXPECT_EQ(ledger_.size(), size);

  ledger_.now += absl::Hours(7 * 24);
  ledger_.RunDue();
  EXPECT_THAT(ledger_.Rows(Table::kAnswers), IsEmpty());
}

// What was forgotten by one clock is not done again by another that was set back meanwhile.
TEST_F(ExecutorTest, TimeStandsWhereAnAnswerWasForgotten) {
  const Command command = Create("ada", Creates("supply", "r1"));
  ASSERT_THAT(ledger_.Run(command).status, IsOk());
  ledger_.now += absl::Hours(8 * 24);
  ledger_.RunDue();
  ASSERT_THAT(ledger_.Rows(Table::kAnswers), IsEmpty());

  ledger_.Reopen();
  EXPECT_EQ(ledger_.executor().time(), ledger_.now);
  ledger_.now = ledger_.executor().time();
  const uint64_t size = ledger_.size();
  EXPECT_EQ(ReasonOf(ledger_.Run(command).status), "EXPIRED");
  EXPECT_EQ(ledger_.size(), size);
}

TEST_F(ExecutorTest, ARequestIdOfOneMethodIsNoAnswerToAnother) {
  ledger_.Run(Create("ada", Creates("supply", "r1")));
  Command other = Create("ada", Creates("supply", "r1"));
  other.method = std::string(toy::kConfirmPost);
  EXPECT_EQ(ReasonOf(ledger_.Run(other).status), "REQUEST_ID_REUSED");
}

TEST_F(ExecutorTest, LogsWhatIsDueOnceItIs) {
  CreatePostRequest request = Creates("watch", "r1");
  request.mutable_resource()->set_title("hold");
  ledger_.Run(Create("ada", request));
  ledger_.now += toy::ToyMachine::kHoldDuration - absl::Microseconds(1);
  EXPECT_EQ(ledger_.RunDue(), 0);
  ledger_.now += absl::Microseconds(1);
  EXPECT_EQ(ledger_.RunDue(), 2);
  EXPECT_EQ(ledger_.RunDue(), 0);
  EXPECT_EQ(ledger_.Entries()[ledger_.size() - 2].request().method(), "/internal/Due");
}

TEST_F(ExecutorTest, TakesNoStepsWhileTheHeadIsNotVouchedFor) {
  CreatePostRequest request = Creates("one", "r1");
  request.mutable_resource()->set_title("step");
  ledger_.executor().SetHead(Executor::Head::kUnvouched);
  const uint64_t size = ledger_.size();

  const Outcome refused = ledger_.Run(Create("ada", request));
  EXPECT_THAT(refused.status, StatusIs(absl::StatusCode::kUnavailable));
  EXPECT_EQ(ReasonOf(refused.status), "HEAD_NOT_VOUCHED");
  EXPECT_EQ(ledger_.size(), size);
  EXPECT_THAT(ledger_.Run(Create("ada", Creates("two", "r2"))).status, IsOk());

  ledger_.executor().SetHead(Executor::Head::kVouched);
  EXPECT_THAT(ledger_.Run(Create("ada", request)).status, IsOk());
}

TEST_F(ExecutorTest, HoldsDoNotRunOutWhileTheHeadIsNotVouchedFor) {
  CreatePostRequest request = Creates("watch", "r1");
  request.mutable_resource()->set_title("hold");
  ledger_.Run(Create("ada", request));
  ledger_.now += toy::ToyMachine::kHoldDuration;
  ledger_.executor().SetHead(Executor::Head::kUnvouched);
  EXPECT_EQ(ledger_.RunDue(), 0);
  ledger_.executor().SetHead(Executor::Head::kVouched);
  EXPECT_EQ(ledger_.RunDue(), 2);
}

// What an officer types must not be able to end the process.
TEST_F(ExecutorTest, RefusesWhatOneEntryCannotHold) {
  CreatePostRequest request = Creates("supply", "r1");
  request.mutable_resource()->set_title(std::string(kPayloadSizeMax, 'x'));
  const Outcome outcome = ledger_.Run(Create("ada", request));
  EXPECT_THAT(outcome.status, StatusIs(absl::StatusCode::kResourceExhausted));
  EXPECT_EQ(ReasonOf(outcome.status), "REQUEST_TOO_LARGE");

  request.mutable_resource()->set_title(std::string(kPayloadSizeMax - 1'000, 'x'));
  EXPECT_THAT(ledger_.Run(Create("ada", request)).status, IsOk());
}

TEST_F(ExecutorTest, ReadsFromTheSnapshotAndFromTheGroup) {
  ledger_.Run(Create("ada", Creates("supply", "r1")));
  GetPostRequest request;
  request.set_name("posts/supply");
  const Command read = toy::UnsignedCommand("bob", toy::kGetPost, request);
  const Executor::Options options{.ledger = &ledger_.ledger(),
                                  .machine = &ledger_.machine(),
                                  .accounts = nullptr,
                                  .organization = "organizations/un",
                                  .trust_domain = "un.example",
                                  .fresh_salt = nullptr};
  const auto snapshot = ledger_.ledger().TakeSnapshot();
  EXPECT_EQ(PostOf(ReadSnapshot(options, *snapshot, read, ledger_.now)).name(), "posts/supply");

  const Command stranger = toy::UnsignedCommand("nobody", toy::kGetPost, request);
  EXPECT_EQ(ReasonOf(ReadSnapshot(options, *snapshot, stranger, ledger_.now).status),
            "UNKNOWN_OFFICER");

  request.set_name("posts/transport");
  const Command other = toy::UnsignedCommand("bob", toy::kGetPost, request);
  EXPECT_THAT(ReadSnapshot(options, *snapshot, other, ledger_.now).status,
              StatusIs(absl::StatusCode::kNotFound));
  ledger_.Group([&](Executor& executor) {
    executor.Execute(Create("ada", Creates("transport", "r2")));
    EXPECT_EQ(PostOf(executor.Read(other)).name(), "posts/transport");
  });
}

TEST_F(ExecutorTest, PagesThroughAListOnceEach) {
  for (int i = 0; i < 7; ++i) {
    ledger_.Run(Create("ada", Creates(absl::StrCat("p", i), absl::StrCat("r", i))));
  }
  ListPostsRequest request;
  request.set_page_size(4);
  std::vector<std::string> names;
  for (int page = 0; page < 3; ++page) {
    ListPostsResponse response;
    ledger_.Group([&](Executor& executor) {
      const Outcome read = executor.Read(toy::UnsignedCommand("bob", toy::kListPosts, request));
      ASSERT_THAT(read.status, IsOk());
      ASSERT_TRUE(response.ParseFromString(read.reply));
    });
    for (const Post& post : response.posts()) names.push_back(post.name());
    request.set_page_token(response.next_page_token());
    EXPECT_EQ(response.next_page_token().empty(), page == 2);
  }
  EXPECT_THAT(names, ::testing::ElementsAre("posts/administrator", "posts/bookkeeper", "posts/p0",
                                            "posts/p1", "posts/p2", "posts/p3", "posts/p4",
                                            "posts/p5", "posts/p6"));
}

// Accounts that refuse every change.
class NoFunds final : public Accounts {
 public:
  uint32_t next_account() const override { return 1; }
  absl::StatusOr<Balance> Find(uint32_t) const override { return absl::NotFoundError("none"); }
  absl::Status Check(const std::vector<Change>& changes) const override {
    if (changes.empty() || changes.front().accounts.empty()) return absl::OkStatus();
    return Refuse({.code = absl::StatusCode::kFailedPrecondition,
                   .domain = "books.chapter8",
                   .reason = "INSUFFICIENT",
                   .message = "no funds"});
  }
  void Apply(const Change&, uint64_t) override {}
};

TEST_F(ExecutorTest, WhatTheAccountsRefuseIsARefusalOfTheAct) {
  NoFunds accounts;
  ledger_.accounts = &accounts;
  ledger_.Reopen();
  chapter8::books::v1::OpenAccountsRequest request;
  request.set_count(2);
  request.set_unit("USD");
  request.set_request_id("r1");
  const Outcome outcome =
      ledger_.Run(toy::SignedCommand("bob", toy::kOpenAccounts, request, ledger_.now + kLife));
  EXPECT_EQ(ReasonOf(outcome.status), "INSUFFICIENT");
  EXPECT_EQ(ledger_.Entries().back().refusal().reason(), "INSUFFICIENT");
}

TEST_F(ExecutorTest, KeepsTimeAcrossARestart) {
  ledger_.now += absl::Microseconds(7);
  ledger_.Run(Create("ada", Creates("supply", "r1")));
  ledger_.Reopen();
  EXPECT_EQ(ledger_.executor().time(), ledger_.now);
  EXPECT_DEATH(ledger_.executor().Begin(ledger_.now - absl::Microseconds(1)), "time goes back");
}

}  // namespace
}  // namespace ch8::kernel
