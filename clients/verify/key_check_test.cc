#include "clients/verify/key_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>

#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "clients/verify/refusal.h"
#include "tests/support/status_matchers.h"

namespace ch8::verify {
namespace {

using ::ch8::testing::IsOk;
using chapter8::directory::v1::OrganizationRecord;
using chapter8::directory::v1::SignedOrganizationRecord;
using ::testing::HasSubstr;

constexpr char kOrigin[] = "un.example/ch8/finance";

// A log whose first key was replaced, by itself or by the root key alone.
class KeyCheckTest : public ::testing::Test {
 protected:
  KeyCheckTest() {
    AddKey(first_, 0);
    EXPECT_THAT(check_.TakeGenesis(SignedBy(root_)), IsOk());
    record_.mutable_log_keys(0)->set_until_size(40);
    AddKey(second_, 0);
  }

  void AddKey(const SigningKey& key, uint64_t until_size) {
    auto& log = *record_.add_log_keys();
    log.set_origin(kOrigin);
    log.set_public_key(std::string(key.public_key().view()));
    log.set_until_size(until_size);
    record_.set_root_public_key(std::string(root_.public_key().view()));
  }
  std::string SignedBy(const SigningKey& root) const {
    SignedOrganizationRecord envelope;
    envelope.set_record(record_.SerializeAsString());
    envelope.set_signature(std::string(
        root.Sign(absl::StrCat("chapter8/organization-record/v1\n", envelope.record())).view()));
    return envelope.SerializeAsString();
  }
  std::string ChangeSignedBy(const SigningKey& key) const {
    return std::string(
        key.Sign(absl::StrCat("chapter8/log-key-change/v1\n", record_.SerializeAsString())).view());
  }
  // Takes the record as a change at `index`; "" when it is right.
  std::string Take(const std::string& signed_record, const std::string& signature,
                   uint64_t index = 41) {
    LogEntry entry;
    entry.index = index;
    auto& changed = *entry.entry.mutable_administration()->mutable_log_key_changed();
    changed.set_organization_record(signed_record);
    changed.set_old_key_signature(signature);
    const absl::Status taken = check_.Take(entry);
    return taken.ok() ? "" : RefusalOf(taken)->what;
  }

  const SigningKey root_ = SigningKey::Generate();
  const SigningKey first_ = SigningKey::Generate();
  const SigningKey second_ = SigningKey::Generate();
  OrganizationRecord record_;
  KeyCheck check_{kOrigin};
};

TEST_F(KeyCheckTest, SaysWhoSignedTheChange) {
  ASSERT_EQ(Take(SignedBy(root_), ChangeSignedBy(first_)), "");
  record_.mutable_log_keys(1)->set_until_size(60);
  AddKey(SigningKey::Generate(), 0);
  ASSERT_EQ(Take(SignedBy(root_), "", 61), "");
  ASSERT_EQ(check_.changes().size(), 2u);
  EXPECT_EQ(check_.changes()[0].index, 41u);
  EXPECT_EQ(check_.changes()[0].until_size, 40u);
  EXPECT_EQ(check_.changes()[0].by, KeyChange::By::kOldKey);
  EXPECT_EQ(check_.changes()[1].by, KeyChange::By::kRoot);
  EXPECT_EQ(check_.log().keys.size(), 3u);
}

TEST_F(KeyCheckTest, RefusesAChangeBeforeAGenesis) {
  KeyCheck none(kOrigin);
  LogEntry entry;
  entry.index = 41;
  auto& changed = *entry.entry.mutable_administration()->mutable_log_key_changed();
  record_.mutable_log_keys()->DeleteSubrange(0, 1);
  changed.set_organization_record(SignedBy(root_));
  EXPECT_EQ(RefusalOf(none.Take(entry))->what, "a change of keys before a genesis");
}

TEST_F(KeyCheckTest, RefusesWhatDoesNotFollow) {
  const OrganizationRecord good = record_;
  const struct {
    const char* what;
    std::function<std::string()> take;
  } rows[] = {
      {"root key", [&] { return Take(SignedBy(first_), ChangeSignedBy(first_)); }},
      {"root key",
       [&] {
         const SigningKey other = SigningKey::Generate();
         record_.set_root_public_key(std::string(other.public_key().view()));
         return Take(SignedBy(other), ChangeSignedBy(first_));
       }},
      {"has not signed", [&] { return Take(SignedBy(root_), ChangeSignedBy(second_)); }},
      {"more entries than there are",
       [&] { return Take(SignedBy(root_), ChangeSignedBy(first_), 39); }},
      {"does not follow",
       [&] {
         record_.mutable_log_keys()->DeleteSubrange(0, 1);
         return Take(SignedBy(root_), "");
       }},
      {"does not follow",
       [&] {
         record_.mutable_log_keys()->DeleteSubrange(1, 1);
         record_.mutable_log_keys(0)->set_until_size(0);
         return Take(SignedBy(root_), "");
       }},
      {"no key that signs",
       [&] {
         record_.mutable_log_keys(1)->set_until_size(50);
         return Take(SignedBy(root_), "");
       }},
      {"no key that signs",
       [&] {
         record_.mutable_log_keys(0)->set_until_size(0);
         return Take(SignedBy(root_), "");
       }},
      {"does not parse", [&] { return Take("\xff", ""); }},
  };
  for (const auto& row : rows) {
    record_ = good;
    EXPECT_THAT(row.take(), HasSubstr(row.what));
  }
  record_ = good;
  EXPECT_EQ(Take(SignedBy(root_), ChangeSignedBy(first_)), "");
}

}  // namespace
}  // namespace ch8::verify
