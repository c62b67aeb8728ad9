#include "clients/export/log_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
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

// A ledger's last key is the one above; `former` are those before it.
Organization OrganizationOf(const std::string& origin, Organization::State state,
                            const std::vector<LogKey>& former = {}) {
  chapter8::directory::v1::OrganizationRecord record;
  for (const LogKey& key : former) {
    auto* log = record.add_log_keys();
    log->set_origin(origin);
    log->set_public_key(std::string(key.key.view()));
    log->set_until_size(key.until_size);
  }
  auto* signing = record.add_log_keys();
  signing->set_origin(origin);
  signing->set_public_key(absl::HexStringToBytes(kRawKey));
  chapter8::directory::v1::SignedOrganizationRecord envelope;
  envelope.set_record(record.SerializeAsString());
  Organization organization;
  organization.set_state(state);
  organization.set_signed_record(envelope.SerializeAsString());
  return organization;
}

// The C2SP verifier key of the first ledger's signing key.
std::string KeyTextOf(const std::vector<Organization>& pinned) {
  const LogSigners log = LogKeysOf(pinned)->begin()->second;
  return NoteVerifier::Of(log.origin, log.keys.back().key).Format();
}

TEST(LogKeys, AreThoseOfPinnedOrganizations) {
  const auto keys =
      LogKeysOf({OrganizationOf("un.example/ch8/finance", Organization::PINNED),
                 OrganizationOf("au.example/ch8/finance", Organization::PINNED),
                 OrganizationOf("ecowas.example/ch8/finance", Organization::PROPOSED)});
  ASSERT_THAT(keys, IsOk());
  EXPECT_THAT(*keys, ElementsAre(Key("au.example/ch8/finance"), Key("un.example/ch8/finance")));
  EXPECT_EQ(
      FormatPem(NoteVerifier::Of("au.example/ch8/finance", keys->begin()->second.keys.back().key)),
      kPem);
}

TEST(LogKeys, HaveOneSpellingForEveryTool) {
  const std::vector<Organization> pinned = {
      OrganizationOf("un.example/ch8/finance", Organization::PINNED)};
  const LogKeys chains = *LogKeysOf(pinned);
  const std::string vkey = KeyTextOf(pinned);
  EXPECT_EQ(FormatTrust(chains), vkey + "\n");
  EXPECT_EQ(FormatPolicy(chains), "log " + vkey + "\nquorum none\n");
  EXPECT_EQ(KeyPath(chains.begin()->second, 1), "keys/un.example+ch8+finance.pem");
}

TEST(LogKeys, OfALedgerAreAllThatItHasHad) {
  constexpr char kOrigin[] = "un.example/ch8/finance";
  const PublicKey first = SigningKey::Generate().public_key();
  const std::vector<Organization> pinned = {
      OrganizationOf(kOrigin, Organization::PINNED, {{first, 90}})};
  const LogKeys chains = *LogKeysOf(pinned);
  const std::string old_vkey = NoteVerifier::Of(kOrigin, first).Format();
  const std::string vkey = KeyTextOf(pinned);
  EXPECT_EQ(FormatTrust(chains), absl::StrCat(old_vkey, " 90\n", vkey, "\n"));
  EXPECT_EQ(FormatPolicy(chains),
            absl::StrCat("log ", old_vkey, "\nlog ", vkey, "\nquorum none\n"));
  EXPECT_EQ(KeyPath(chains.at(kOrigin), 1), "keys/un.example+ch8+finance.1-until-90.pem");
  EXPECT_EQ(KeyPath(chains.at(kOrigin), 2), "keys/un.example+ch8+finance.pem");
}

// What was cosigned before the revocation came stays believed.
TEST(LogKeys, AreBelievedUpToWhatTheOwnWitnessHolds) {
  constexpr char kOrigin[] = "un.example/ch8/finance";
  const SigningKey first = SigningKey::Generate();
  LogKeys chains =
      *LogKeysOf({OrganizationOf(kOrigin, Organization::PINNED, {{first.public_key(), 90}})});
  chapter8::witness::v1::WitnessedHead head;
  head.set_origin(kOrigin);
  ASSERT_THAT(KeepCosigned({head}, chains), IsOk());
  EXPECT_EQ(chains.at(kOrigin).keys[0].until_size, 90U);
  head.mutable_disowned()->set_note(
      *SignCheckpoint({.origin = kOrigin, .size = 95, .root = Sha256("root")}, first));
  ASSERT_THAT(KeepCosigned({head}, chains), IsOk());
  EXPECT_EQ(chains.at(kOrigin).keys[0].until_size, 95U);
  EXPECT_EQ(chains.at(kOrigin).keys[1].until_size, 0U);
  head.mutable_disowned()->set_note(*SignCheckpoint(
      {.origin = kOrigin, .size = 99, .root = Sha256("root")}, SigningKey::Generate()));
  EXPECT_THAT(KeepCosigned({head}, chains), StatusIs(absl::StatusCode::kDataLoss));
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
