#include "clients/verify/authority_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/verify/refusal.h"
#include "google/protobuf/descriptor.h"
#include "storage/base/ed25519.h"
#include "tests/support/status_matchers.h"

namespace ch8::verify {
namespace {

using ::ch8::testing::IsOk;
using chapter8::directory::v1::DirectoryEvent;
using chapter8::directory::v1::Officer;
using chapter8::directory::v1::Post;
using chapter8::ledger::v1::Request;
using ::testing::HasSubstr;

constexpr char kOrigin[] = "un.example/ch8/finance";
constexpr int64_t kTimeUs = 1'772'442'720'000'000;
constexpr int64_t kNotAfter = 1'772'442'721;

// A fund manager, "ada", and what she asks for.
class AuthorityCheckTest : public ::testing::Test {
 protected:
  AuthorityCheckTest() {
    Post post;
    post.set_name("posts/manager");
    post.add_roles(chapter8::authz::v1::FUND_MANAGER);
    post.set_state(Post::ACTIVE);
    DirectoryEvent event;
    *event.mutable_post_recorded() = post;
    Learn(event);
    Officer ada;
    ada.set_name("officers/ada");
    ada.set_person(7);
    ada.add_posts("posts/manager");
    ada.set_act_public_key(std::string(key_.public_key().view()));
    ada.set_state(Officer::ACTIVE);
    Record(ada);
  }

  void Learn(const DirectoryEvent& event) {
    LogEntry entry;
    entry.index = next_++;
    entry.entry.set_fact(event.SerializeAsString());
    EXPECT_THAT(check_.Take(entry, Request(), books_), IsOk());
  }
  void Record(const Officer& officer) {
    DirectoryEvent event;
    *event.mutable_officer_recorded() = officer;
    Learn(event);
    ada_ = officer;
  }

  // Ada makes an offer; signed over the bytes that services/trust/act.h documents.
  Request MakeOffer() const {
    Request request;
    request.set_time_us(kTimeUs);
    request.set_method("/chapter8.finance.v1.OfferService/MakeOffer");
    request.set_caller("officer/ada");
    request.set_person(7);
    request.set_post("posts/manager");
    request.set_request_digest(std::string(Sha256("the request").view()));
    Sign(request, key_, kOrigin);
    return request;
  }
  static void Sign(Request& request, const SigningKey& key, const std::string& origin) {
    const std::string statement =
        absl::StrCat("chapter8/act/v1\n", origin, "\n", request.method(), "\n",
                     Hash::FromBytes(request.request_digest())->ToHex(), "\n", kNotAfter);
    request.mutable_act()->set_public_key(std::string(key.public_key().view()));
    request.mutable_act()->set_not_after_unix_seconds(kNotAfter);
    request.mutable_act()->set_signature(std::string(key.Sign(statement).view()));
  }
  std::string Wrong(const Request& request) {
    LogEntry entry;
    entry.index = next_++;
    *entry.entry.mutable_request() = request;
    const std::optional<Refusal> refusal = RefusalOf(check_.Take(entry, request, books_));
    if (!refusal.has_value()) return "nothing";
    EXPECT_EQ(refusal->index, next_ - 1);
    return refusal->what;
  }

  const SigningKey key_ = SigningKey::Generate();
  uint64_t next_ = 1;
  BooksModel books_{kOrigin};
  AuthorityCheck check_{kOrigin};
  Officer ada_;
};

TEST_F(AuthorityCheckTest, ASignedActByTheRightOfficerIsGood) {
  EXPECT_EQ(Wrong(MakeOffer()), "nothing");
  EXPECT_EQ(check_.signatures(), 1U);
}

TEST_F(AuthorityCheckTest, RefusesActsThatNobodyMayHaveDone) {
  const SigningKey other = SigningKey::Generate();
  struct Case {
    const char* want;
    std::function<void(Request&)> change;
  };
  const std::vector<Case> cases = {
      {"not what officers/ada signed",
       [](Request& r) { r.mutable_act()->mutable_signature()->at(3) ^= 1; }},
      {"not what officers/ada signed",
       [](Request& r) { r.set_request_digest(std::string(Sha256("another").view())); }},
      {"not what officers/ada signed", [&](Request& r) { Sign(r, key_, "un.example/ch8/other"); }},
      {"not what officers/ada signed",
       [](Request& r) { r.mutable_act()->set_not_after_unix_seconds(kNotAfter + 1); }},
      {"another key", [&](Request& r) { Sign(r, other, kOrigin); }},
      {"had run out", [](Request& r) { r.set_time_us((kNotAfter + 1) * 1'000'000); }},
      {"signature is missing", [](Request& r) { r.clear_act(); }},
      {"another person", [](Request& r) { r.set_person(8); }},
      {"no officer in office", [](Request& r) { r.set_caller("officer/bob"); }},
      {"is no officer", [](Request& r) { r.set_caller("node/1"); }},
      {"did not hold the post", [](Request& r) { r.set_post("posts/approver"); }},
      {"does not know",
       [](Request& r) { r.set_method("/chapter8.finance.v1.OfferService/BurnOffer"); }},
      {"no role that may",
       [&](Request& r) {
         r.set_method("/chapter8.finance.v1.OfferService/ApproveOffer");
         Sign(r, key_, kOrigin);
       }},
      {"bears somebody's name", [](Request& r) { r.set_method("/internal/Due"); }},
  };
  for (const Case& one : cases) {
    Request request = MakeOffer();
    one.change(request);
    EXPECT_THAT(Wrong(request), HasSubstr(one.want));
  }
}

TEST_F(AuthorityCheckTest, GoesByWhatTheLedgerKnewThen) {
  Officer suspended = ada_;
  suspended.set_state(Officer::SUSPENDED);
  Record(suspended);
  EXPECT_THAT(Wrong(MakeOffer()), HasSubstr("no officer in office"));
}

// Person 7 holds 100 dollars; what is wrong when `person` approves them in a post with this limit.
struct Approval {
  uint64_t person = 8;
  const char* currency = "USD";
  int64_t limit_minor = 100;
};
std::string WrongApproval(const Approval& approval) {
  constexpr char kId[] = "sixteen bytes id";
  AuthorityCheck check(kOrigin);
  BooksModel books(kOrigin);
  DirectoryEvent event;
  event.mutable_post_recorded()->set_name("posts/approver");
  event.mutable_post_recorded()->mutable_approval_limit()->set_currency_code(approval.currency);
  event.mutable_post_recorded()->mutable_approval_limit()->set_amount_minor(approval.limit_minor);
  LogEntry fact;
  fact.entry.set_fact(event.SerializeAsString());
  EXPECT_THAT(check.Take(fact, Request(), books), IsOk());
  LogEntry made;
  for (const uint32_t number : {1, 2}) {
    auto* opened = made.entry.add_accounts();
    opened->set_account(number);
    opened->set_unit("USD");
    opened->set_floor(chapter8::books::v1::AccountOpened::NONE);
  }
  auto* posting = made.entry.add_postings();
  posting->set_debit_account(1);
  posting->set_credit_account(2);
  posting->set_hold(100);
  posting->set_hold_id(kId);
  EXPECT_THAT(books.Take(made), IsOk());
  Request request;
  request.set_person(7);
  EXPECT_THAT(check.Take(made, request, books), IsOk());
  LogEntry reserve;
  reserve.entry.mutable_step()->set_transfer_id(kId);
  reserve.entry.mutable_step()->mutable_reserve()->set_quantity(100);
  request.set_person(approval.person);
  request.set_post("posts/approver");
  request.set_method("/chapter8.finance.v1.OfferService/ApproveOffer");
  const std::optional<Refusal> refusal = RefusalOf(check.Take(reserve, request, books));
  return refusal.has_value() ? refusal->what : "nothing";
}

TEST(Approvals, AreByASecondPersonWithinThePostsLimit) {
  EXPECT_EQ(WrongApproval({}), "nothing");
  EXPECT_THAT(WrongApproval({.person = 7}), HasSubstr("one person (rule F-16)"));
  EXPECT_THAT(WrongApproval({.limit_minor = 99}), HasSubstr("rule X-4"));
  EXPECT_THAT(WrongApproval({.currency = "EUR"}), HasSubstr("rule X-4"));
}

TEST_F(AuthorityCheckTest, TheLedgersOwnActsAreNobodys) {
  Request due;
  due.set_method("/internal/Due");
  EXPECT_EQ(Wrong(due), "nothing");
}

// Whatever a ledger may log as an officer's act has its definition in the verifier.
TEST(AuthorityCheck, KnowsEveryServiceThatTakesActs) {
  const std::filesystem::path root = std::filesystem::path(std::getenv("CH8_SOURCE_DIR")) / "proto";
  int found = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(root)) {
    if (!absl::EndsWith(file.path().string(), "_service.proto")) continue;
    std::ostringstream text;
    text << std::ifstream(file.path()).rdbuf();
    if (!absl::StrContains(text.str(), "signed_act: true")) continue;
    ++found;
    const std::string name = std::filesystem::relative(file.path(), root).string();
    EXPECT_NE(google::protobuf::DescriptorPool::generated_pool()->FindFileByName(name), nullptr)
        << name << " is not linked: see LinkDefinitions()";
  }
  EXPECT_GT(found, 8);
}

// Of a sample the facts are not known: only the signature itself is checked, by the key it names.
TEST_F(AuthorityCheckTest, OfASampleOnlyWhatAnEntrySaysItselfIsChecked) {
  AuthorityCheck sample(kOrigin, Coverage::kSample);
  LogEntry entry;
  entry.index = 5;
  *entry.entry.mutable_request() = MakeOffer();
  EXPECT_THAT(sample.Take(entry, Request(), books_), IsOk());
  EXPECT_EQ(sample.signatures(), 1U);
  entry.entry.mutable_request()->set_request_digest(std::string(Sha256("another").view()));
  EXPECT_THAT(RefusalOf(sample.Take(entry, Request(), books_))->what, HasSubstr("is not what"));
  entry.entry.mutable_request()->clear_act();
  EXPECT_THAT(RefusalOf(sample.Take(entry, Request(), books_))->what, HasSubstr("missing"));
}

}  // namespace
}  // namespace ch8::verify
