#include "clients/export/log_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "clients/export/names.h"
#include "clients/export/notes.h"
#include "storage/merkle/checkpoint.h"
#include "tests/support/status_matchers.h"

namespace ch8::audit {
namespace {

using ::ch8::testing::IsOk;
using ::ch8::testing::StatusIs;
using chapter8::directory::v1::Organization;
using ::testing::ElementsAre;
using ::testing::Key;

// RFC 8410, section 10.1.
constexpr char kRawKey[] = "19bf44096984cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1";
constexpr char kPem[] =
    "-----BEGIN PUBLIC KEY-----\n"
    "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=\n"
    "-----END PUBLIC KEY-----\n";

Organization OrganizationOf(const std::string& origin, Organization::State state) {
  chapter8::directory::v1::OrganizationRecord record;
  record.add_log_keys()->set_origin(origin);
  record.mutable_log_keys(0)->set_public_key(absl::HexStringToBytes(kRawKey));
  chapter8::directory::v1::SignedOrganizationRecord envelope;
  envelope.set_record(record.SerializeAsString());
  Organization organization;
  organization.set_state(state);
  organization.set_signed_record(envelope.SerializeAsString());
  return organization;
}

TEST(LogKeys, AreThoseOfPinnedOrganizations) {
  const auto keys =
      LogKeysOf({OrganizationOf("un.example/ch8/finance", Organization::PINNED),
                 OrganizationOf("au.example/ch8/finance", Organization::PINNED),
                 OrganizationOf("ecowas.example/ch8/finance", Organization::PROPOSED)});
  ASSERT_THAT(keys, IsOk());
  EXPECT_THAT(*keys, ElementsAre(Key("au.example/ch8/finance"), Key("un.example/ch8/finance")));
  EXPECT_EQ(FormatPem(keys->begin()->second), kPem);
}

TEST(LogKeys, HaveOneSpellingForEveryTool) {
  const LogKeys keys = *LogKeysOf({OrganizationOf("un.example/ch8/finance", Organization::PINNED)});
  const std::string vkey = keys.begin()->second.Format();
  EXPECT_EQ(FormatTrust(keys), vkey + "\n");
  EXPECT_EQ(FormatPolicy(keys), "log " + vkey + "\nquorum none\n");
  const auto parsed = ParseTrust("# believed\n\n" + FormatTrust(keys));
  ASSERT_THAT(parsed, IsOk());
  EXPECT_EQ(*parsed, keys);
  EXPECT_THAT(ParseTrust(vkey + "\n" + vkey + "\n").status(),
              StatusIs(absl::StatusCode::kInvalidArgument));
  EXPECT_THAT(ParseTrust("un.example/ch8/finance\n").status(),
              StatusIs(absl::StatusCode::kInvalidArgument));
}

TEST(LogKeys, OfARecordThatDoesNotParseAreNotGuessed) {
  Organization broken;
  broken.set_state(Organization::PINNED);
  broken.set_signed_record("\xff");
  EXPECT_THAT(LogKeysOf({broken}).status(), StatusIs(absl::StatusCode::kDataLoss));
}

TEST(Names, AreOneFileEach) {
  EXPECT_EQ(FlatName("un.example/ch8/finance"), "un.example+ch8+finance");
  EXPECT_EQ(FolderOf("un.example/ch8/finance"), "finance");
  EXPECT_EQ(FolderOf("un.example/ch8/finance/2"), "finance+2");
  EXPECT_EQ(BundlePath("payloads", 0, 256), "payloads/000");
  EXPECT_EQ(BundlePath("disclosed", 1234, 17), "disclosed/x001/234.p/17");
}

TEST(Notes, AreKeptByteForByte) {
  EXPECT_EQ(JoinNotes({"a\n\n— k AAAA\n", "b\n\n— k AAAA\n"}), "a\n\n— k AAAA\n\nb\n\n— k AAAA\n");
}

TEST(Proofs, ThatDoNotHoldAreNotShown) {
  const SigningKey key = SigningKey::Generate();
  const Hash leaf = Sha256("leaf");
  chapter8::ledger::v1::InclusionProof proof;
  proof.mutable_checkpoint()->set_origin("un.example/ch8/finance");
  proof.mutable_checkpoint()->set_note(
      *SignCheckpoint({.origin = "un.example/ch8/finance", .size = 1, .root = leaf}, key));
  proof.set_leaf_hash(std::string(leaf.view()));
  const auto text = FormatProof(proof);
  ASSERT_THAT(text, IsOk());
  EXPECT_EQ(*text, "c2sp.org/tlog-proof@v1\nindex 0\n\n" + proof.checkpoint().note());
  proof.set_leaf_hash(std::string(Sha256("another").view()));
  EXPECT_THAT(FormatProof(proof).status(), StatusIs(absl::StatusCode::kDataLoss));
}

}  // namespace
}  // namespace ch8::audit
