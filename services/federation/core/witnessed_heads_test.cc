#include "services/federation/core/witnessed_heads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "services/federation/core/cosignatures.h"
#include "services/federation/core/federation_test_fixture.h"
#include "services/kernel/authority.h"
#include "services/kernel/refusal.h"
#include "storage/merkle/cosignature.h"
#include "tests/support/status_matchers.h"

namespace ch8::federation {
namespace {

using ::ch8::testing::IsOk;
using chapter8::federation::v1::PeerState;
using chapter8::federation::v1::PullRequest;
using chapter8::federation::v1::PullResponse;
using chapter8::ledger::v1::WitnessedHead;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr char kOrigin[] = "un.example/ch8/logistics";
constexpr char kEcowas[] = "ecowas.example";
constexpr char kSadc[] = "sadc.example";

// The UN's ledger, whose heads others cosign, read by the AU, which has pinned all of them.
class WitnessedHeadsTest : public ::testing::Test {
 protected:
  WitnessedHeadsTest() {
    for (int i = 0; i < 9; ++i) log_.Append({});
    for (const char* domain : {kUn, kAu, kEcowas, kSadc}) Pin(domain);
    // What else a ledger knows of others.
    log_.Keep({.table = Table::kPeer, .key = "cursor/au.example/ch8/logistics", .value = "x"});
    log_.Keep({.table = Table::kPeer, .key = "answer", .value = "x"});
  }

  void Pin(const std::string& domain) {
    chapter8::directory::v1::OrganizationRecord record;
    record.set_trust_domain(domain);
    record.set_witness_public_key(std::string(keys_.at(domain).public_key().view()));
    chapter8::directory::v1::SignedOrganizationRecord signed_record;
    signed_record.set_record(record.SerializeAsString());
    chapter8::directory::v1::DirectoryEvent fact;
    auto& organization = *fact.mutable_organization_recorded();
    organization.set_name(absl::StrCat("organizations/", domain.substr(0, domain.find('.'))));
    organization.set_trust_domain(domain);
    organization.set_signed_record(signed_record.SerializeAsString());
    organization.set_state(chapter8::directory::v1::Organization::PINNED);
    organization.set_own(domain == kAu);
    kernel::ApplyFact(fact, rows_);
  }

  std::string Cosigned(const std::string& domain, const std::string& note) {
    const std::string name = absl::StrCat(domain, "/witness");
    return note + FormatNoteSignature(Cosign(ParseNote(note)->text, name, keys_.at(domain),
                                             absl::FromUnixSeconds(9))
                                          .value());
  }

  // The UN hears that the witness of `domain` holds it to `size` entries.
  void Hold(const std::string& domain, uint64_t size) {
    const auto row =
        TakeCosignature(log_.ledger(), none_, {.origin = kOrigin, .keys = Log().keys},
                        NoteVerifier::Of(absl::StrCat(domain, "/witness"),
                                         keys_.at(domain).public_key(), kNoteCosignatureV1),
                        Cosigned(domain, log_.SignedNote(size)));
    ASSERT_THAT(row, IsOk());
    ASSERT_TRUE(row->has_value());
    log_.Keep(**row);
  }

  PullResponse Page(uint64_t witnessed_size) {
    PullRequest request;
    request.set_origin(kOrigin);
    if (witnessed_size > 0) {
      AskForWitnessedHeads(Log(), rows_, {.size = witnessed_size, .witnesses = 1}, request);
      EXPECT_THAT(request.witnesses(), ElementsAre(kEcowas, kSadc));
    }
    return log_.Pull(request, kAu);
  }
  static std::vector<std::string> Witnesses(const PullResponse& page) {
    std::vector<std::string> names;
    for (const auto& head : page.cosigned()) names.push_back(head.witness());
    return names;
  }

  absl::StatusOr<std::vector<WitnessedHead>> Verify(const PullResponse& page, uint64_t size,
                                                    uint32_t witnesses) {
    PeerState state;
    state.set_origin(kOrigin);
    state.set_verified_size(log_.ledger().durable_size());
    state.set_verified_root(
        std::string(log_.ledger().RootAt(log_.ledger().durable_size())->view()));
    return VerifyWitnessedHeads(Log(), state, rows_, {.size = size, .witnesses = witnesses}, page);
  }

  PeerLog Log() const {
    return {.origin = kOrigin, .keys = {log_.key.public_key()}, .trust_domain = kAu};
  }

  class NoRows final : public kernel::RowReader {
   public:
    std::optional<std::string> Get(Table, absl::string_view) const override { return {}; }
    void Scan(Table, absl::string_view, absl::string_view, const Visitor&) const override {}
    const absl::Status& status() const override { return status_; }

   private:
    absl::Status status_;
  };

  std::map<std::string, SigningKey> keys_ = {{kUn, SigningKey::Generate()},
                                             {kAu, SigningKey::Generate()},
                                             {kEcowas, SigningKey::Generate()},
                                             {kSadc, SigningKey::Generate()}};
  NoRows none_;
  kernel::Rows rows_{none_};
  TestLog log_{kOrigin};
};

TEST_F(WitnessedHeadsTest, APageCarriesThirdOrganizationsHeadsOfTheSizeAskedFor) {
  Hold(kAu, 8);
  Hold(kEcowas, 7);
  Hold(kSadc, 5);
  EXPECT_THAT(Page(0).cosigned(), IsEmpty());
  EXPECT_THAT(Witnesses(Page(1)), ElementsAre(kEcowas, kSadc));
  EXPECT_THAT(Witnesses(Page(6)), ElementsAre(kEcowas));
  EXPECT_THAT(Witnesses(Page(8)), IsEmpty());
}

TEST_F(WitnessedHeadsTest, EnoughWitnessesAreTakenAndFewerAreNot) {
  Hold(kEcowas, 7);
  EXPECT_THAT(*Verify(Page(6), 6, 2), IsEmpty());
  Hold(kSadc, 6);
  EXPECT_THAT(*Verify(Page(1), 7, 2), IsEmpty());
  const auto heads = Verify(Page(6), 6, 2);
  ASSERT_THAT(heads, IsOk());
  ASSERT_EQ(heads->size(), 2U);
  EXPECT_EQ((*heads)[0].witness(), kEcowas);
  EXPECT_EQ((*heads)[0].size(), 7U);
  EXPECT_EQ((*heads)[1].witness(), kSadc);
  EXPECT_EQ((*heads)[1].size(), 6U);
  for (const WitnessedHead& head : *heads) kernel::ApplyWitnessedHead(head, rows_);
  EXPECT_EQ(kernel::WitnessedSize(rows_, kOrigin, 2), 6U);
  // What is known is not taken again.
  EXPECT_THAT(*Verify(Page(6), 6, 2), IsEmpty());
}

TEST_F(WitnessedHeadsTest, WhatNoThirdOrganizationCosignedCountsForNothing) {
  Hold(kEcowas, 7);
  const PullResponse page = Page(1);
  ASSERT_THAT(*Verify(page, 1, 1), Not(IsEmpty()));
  const auto taken_if = [&](const std::string& witness, const std::string& note) {
    PullResponse other = page;
    other.mutable_cosigned(0)->set_witness(witness);
    other.mutable_cosigned(0)->set_note(note);
    const auto heads = Verify(other, 1, 1);
    EXPECT_THAT(heads, IsOk());
    return heads.ok() && !heads->empty();
  };
  const std::string note = log_.SignedNote(7);
  EXPECT_TRUE(taken_if(kEcowas, Cosigned(kEcowas, note)));
  EXPECT_FALSE(taken_if(kEcowas, note)) << "nobody's cosignature";
  EXPECT_FALSE(taken_if(kEcowas, Cosigned(kSadc, note))) << "another's";
  EXPECT_FALSE(taken_if(kUn, Cosigned(kUn, note))) << "the giver's own";
  EXPECT_FALSE(taken_if(kAu, Cosigned(kAu, note))) << "ours";
  EXPECT_FALSE(taken_if("eu.example", Cosigned(kEcowas, note))) << "of one that is not pinned";
  keys_.at(kSadc) = SigningKey::Generate();
  EXPECT_FALSE(taken_if(kSadc, Cosigned(kSadc, note))) << "with a key that its record has not";

  // One organization twice is one.
  PullResponse twice = page;
  *twice.add_cosigned() = twice.cosigned(0);
  EXPECT_THAT(*Verify(twice, 1, 2), IsEmpty());
}

TEST_F(WitnessedHeadsTest, ACosignedHeadOfAnotherHistoryIsRefused) {
  Hold(kEcowas, 7);
  PullResponse page = Page(1);
  TestLog other(kOrigin);
  other.key = log_.key;
  for (int i = 0; i < 9; ++i) other.Append({.text = "another history"});
  page.mutable_cosigned(0)->set_note(Cosigned(kEcowas, other.SignedNote(7)));
  const absl::Status refused = Verify(page, 1, 1).status();
  EXPECT_EQ(kernel::ReasonOf(refused), "NOT_CONSISTENT");
  EXPECT_EQ(kernel::ErrorInfoOf(refused).metadata().at("witness"), kEcowas);
  page = Page(1);
  page.mutable_cosigned(0)->mutable_consistency_proof(0)->back() ^= 1;
  EXPECT_EQ(kernel::ReasonOf(Verify(page, 1, 1).status()), "NOT_CONSISTENT");
}

TEST_F(WitnessedHeadsTest, ALoggedNoteHasNoLinesOfAnybodyElse) {
  Hold(kEcowas, 7);
  PullResponse page = Page(1);
  page.mutable_cosigned(0)->set_note(Cosigned(kSadc, page.cosigned(0).note()));
  const auto heads = Verify(page, 1, 1);
  ASSERT_THAT(heads, IsOk());
  ASSERT_EQ(heads->size(), 1U);
  EXPECT_THAT(heads->front().note(), HasSubstr("ecowas.example/witness"));
  EXPECT_THAT(heads->front().note(), Not(HasSubstr("sadc.example/witness")));
}

TEST_F(WitnessedHeadsTest, NoMoreAreLoggedThanHaveToBe) {
  Hold(kEcowas, 7);
  Hold(kSadc, 8);
  const auto heads = Verify(Page(6), 6, 1);
  ASSERT_THAT(heads, IsOk());
  ASSERT_EQ(heads->size(), 1U);
  EXPECT_EQ(heads->front().witness(), kSadc) << "it says most";
}

// What no ledger of ours writes would not fit into an entry.
TEST_F(WitnessedHeadsTest, AHeadWithMoreThanOriginSizeAndRootCountsForNothing) {
  Hold(kEcowas, 7);
  PullResponse page = Page(1);
  const Hash root = log_.ledger().RootAt(7).value();
  const std::string long_note = SignCheckpoint({.origin = kOrigin,
                                                .size = 7,
                                                .root = root,
                                                .extension_lines = {std::string(40'000, 'x')}},
                                               log_.key)
                                    .value();
  page.mutable_cosigned(0)->set_note(Cosigned(kEcowas, long_note));
  const auto heads = Verify(page, 1, 1);
  ASSERT_THAT(heads, IsOk());
  EXPECT_THAT(*heads, IsEmpty());
}

TEST_F(WitnessedHeadsTest, AFloodOfHeadsIsRefusedUnread) {
  Hold(kEcowas, 7);
  PullResponse page = Page(1);
  while (page.cosigned_size() <= kWitnessesMax) page.add_cosigned()->set_witness("x.example");
  EXPECT_EQ(kernel::ReasonOf(Verify(page, 1, 1).status()), "TOO_MANY_HEADS");
  page = Page(1);
  for (int i = 0; i < 65; ++i) {
    page.mutable_cosigned(0)->add_consistency_proof(std::string(Hash::kSize, 'x'));
  }
  EXPECT_EQ(kernel::ReasonOf(Verify(page, 1, 1).status()), "NOT_CONSISTENT");
}

}  // namespace
}  // namespace ch8::federation
