#include "services/information/core/release.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

namespace ch8::information {
namespace {

namespace v1 = chapter8::information::v1;
using Question = ReleaseQuestion;

constexpr Relation kRelations[] = {Relation::kOwnOrganization, Relation::kNamed,
                                   Relation::kGroupMember, Relation::kCommunity,
                                   Relation::kOutsider};

// Who may get it by its marking alone; written down from TLP 2.0 (FIRST) and rule I-4, not from
// the code. One column for each of kRelations.
const std::map<v1::Tlp, std::string> kOriginatorGives = {
    {v1::CLEAR, "yyyyy"},         //
    {v1::GREEN, "yyyyn"},         // Community, not public.
    {v1::AMBER, "yyynn"},         // Whom it chooses.
    {v1::AMBER_STRICT, "yyynn"},  //
    {v1::RED, "yynnn"},           // Named recipients alone.
};
const std::map<v1::Tlp, std::string> kRecipientPasses = {
    {v1::CLEAR, "yyyyy"},         //
    {v1::GREEN, "yyyyn"},         //
    {v1::AMBER, "ynnnn"},         // Own organization; clients are none of these relations.
    {v1::AMBER_STRICT, "ynnnn"},  //
    {v1::RED, "nnnnn"},           // Not even that.
};
// Rows: the report's classification; columns: the agreement's limit, from UNCLASSIFIED up.
const std::map<v1::Classification, std::string> kClassCovered = {
    {v1::UNCLASSIFIED, "yyy"}, {v1::CONFIDENTIAL, "nyy"}, {v1::STRICTLY_CONFIDENTIAL, "nny"}};
// Rows: the report's marking; columns: the agreement's limit, from CLEAR up.
const std::map<v1::Tlp, std::string> kTlpCovered = {{v1::CLEAR, "yyyyy"},
                                                    {v1::GREEN, "nyyyy"},
                                                    {v1::AMBER, "nnyyy"},
                                                    {v1::AMBER_STRICT, "nnnyy"},
                                                    {v1::RED, "nnnny"}};
const std::map<Standing, std::string> kStandings = {{Standing::kLive, ""},
                                                    {Standing::kErased, "ERASED"},
                                                    {Standing::kRecalled, "RECALLED"},
                                                    {Standing::kSuperseded, "SUPERSEDED"},
                                                    {Standing::kExpired, "EXPIRED"},
                                                    {Standing::kNotReviewed, "NOT_REVIEWED"}};
const std::map<v1::Tlp, std::string> kTlpReasons = {{v1::CLEAR, "TLP_CLEAR, which never fails"},
                                                    {v1::GREEN, "TLP_GREEN"},
                                                    {v1::AMBER, "TLP_AMBER"},
                                                    {v1::AMBER_STRICT, "TLP_AMBER_STRICT"},
                                                    {v1::RED, "TLP_RED"}};

bool Yes(const std::string& row, size_t column) { return row.at(column) == 'y'; }

// What the tables say, reason by reason.
std::string Expected(const Question& q) {
  const bool own = q.relation == Relation::kOwnOrganization;
  const bool originates = q.holder == Holder::kOriginator;
  const bool public_knowledge = q.tlp == v1::CLEAR && q.classification == v1::UNCLASSIFIED;
  const bool marking = Yes((originates ? kOriginatorGives : kRecipientPasses).at(q.tlp),
                           static_cast<size_t>(q.relation));
  const bool consent = !originates && q.consent == Question::Consent::kGranted;
  const AgreementFacts& a = q.agreement;
  if (q.standing != Standing::kLive) return kStandings.at(q.standing);
  if (own) return marking ? "" : kTlpReasons.at(q.tlp);
  if (q.group == Question::Group::kEmpty) return "EMPTY_GROUP";
  if (!marking && !consent) return kTlpReasons.at(q.tlp);
  if (!originates && !consent && q.control == Question::Control::kOriginatorControl) {
    return "ORIGINATOR_CONTROL";
  }
  if (public_knowledge) return "";
  if (!originates && !consent && q.onward == Question::Onward::kForbidden) return "ONWARD_TRANSFER";
  if (a.force == AgreementFacts::Force::kNone) return "NOT_IN_AGREEMENT";
  if (a.force == AgreementFacts::Force::kNotInForce) return "AGREEMENT_NOT_IN_FORCE";
  if (a.purpose == AgreementFacts::Purpose::kNotPermitted) return "PURPOSE_NOT_PERMITTED";
  if (!Yes(kClassCovered.at(q.classification), a.max_classification - v1::UNCLASSIFIED)) {
    return "CLASS_ABOVE_AGREEMENT";
  }
  return Yes(kTlpCovered.at(q.tlp), a.max_tlp - v1::CLEAR) ? "" : "TLP_ABOVE_AGREEMENT";
}

std::string Text(const Question& q) {
  return "standing " + std::to_string(static_cast<int>(q.standing)) + " holder " +
         std::to_string(static_cast<int>(q.holder)) + " relation " +
         std::to_string(static_cast<int>(q.relation)) + " group " +
         std::to_string(static_cast<int>(q.group)) + " " + v1::Tlp_Name(q.tlp) + " " +
         v1::Classification_Name(q.classification) + " control " +
         std::to_string(static_cast<int>(q.control)) + " consent " +
         std::to_string(static_cast<int>(q.consent)) + " onward " +
         std::to_string(static_cast<int>(q.onward)) + " agreement " +
         std::to_string(static_cast<int>(q.agreement.force)) + " max " +
         v1::Classification_Name(q.agreement.max_classification) + " " +
         v1::Tlp_Name(q.agreement.max_tlp);
}

// Every value of every dimension; `visit` gets each combination once.
template <typename Visit>
void ForAgreements(Question& q, Visit visit) {
  for (const auto force : {AgreementFacts::Force::kNone, AgreementFacts::Force::kNotInForce,
                           AgreementFacts::Force::kInForce}) {
    for (const auto purpose :
         {AgreementFacts::Purpose::kPermitted, AgreementFacts::Purpose::kNotPermitted}) {
      for (const auto& [max_class, unused_class] : kClassCovered) {
        for (const auto& [max_tlp, unused_tlp] : kTlpCovered) {
          q.agreement = {force, purpose, max_class, max_tlp};
          visit(q);
        }
      }
    }
  }
}

template <typename Visit>
void ForPermissions(Question& q, Visit visit) {
  for (const auto control : {Question::Control::kNone, Question::Control::kOriginatorControl}) {
    for (const auto consent : {Question::Consent::kNone, Question::Consent::kGranted}) {
      for (const auto onward : {Question::Onward::kForbidden, Question::Onward::kAllowed}) {
        q.control = control;
        q.consent = consent;
        q.onward = onward;
        ForAgreements(q, visit);
      }
    }
  }
}

template <typename Visit>
void ForMarkings(Question& q, Visit visit) {
  for (const auto& [tlp, unused_tlp] : kTlpCovered) {
    for (const auto& [classification, unused_class] : kClassCovered) {
      q.tlp = tlp;
      q.classification = classification;
      ForPermissions(q, visit);
    }
  }
}

template <typename Visit>
void ForAll(Visit visit) {
  Question q;
  for (const auto& [standing, unused] : kStandings) {
    for (const Holder holder : {Holder::kOriginator, Holder::kRecipient}) {
      for (const Relation relation : kRelations) {
        for (const auto group :
             {Question::Group::kNone, Question::Group::kEmpty, Question::Group::kHasMembers}) {
          q.standing = standing;
          q.holder = holder;
          q.relation = relation;
          q.group = group;
          ForMarkings(q, visit);
        }
      }
    }
  }
}

TEST(ReleaseTest, EveryCombinationIsWhatTheTablesSay) {
  int combinations = 0;
  int differ = 0;
  std::set<std::string> seen;
  ForAll([&](const Question& q) {
    ++combinations;
    const std::string want = Expected(q);
    const std::string got(ReasonOf(FirstFailing(q), q.tlp));
    seen.insert(got);
    if (got != want && ++differ <= 5) ADD_FAILURE() << Text(q) << ": " << got << ", not " << want;
  });
  EXPECT_EQ(differ, 0);
  // standing · holder · relation · group · (tlp · class) · permissions · agreements
  EXPECT_EQ(combinations, 6 * 2 * 5 * 3 * (5 * 3) * (2 * 2 * 2) * (3 * 2 * 3 * 5));
  // Each test fails somewhere, and somewhere all pass.
  EXPECT_EQ(seen.size(), 18U);
}

TEST(ReleaseTest, WhatSaysNothingIsDenied) {
  EXPECT_NE(FirstFailing(Question()), ReleaseTest::kNone);
  Question q{.standing = Standing::kLive,
             .holder = Holder::kOriginator,
             .relation = Relation::kNamed,
             .group = Question::Group::kNone,
             .tlp = static_cast<v1::Tlp>(6),
             .classification = v1::UNCLASSIFIED,
             .control = Question::Control::kNone,
             .consent = Question::Consent::kGranted,
             .onward = Question::Onward::kAllowed,
             .agreement = {AgreementFacts::Force::kInForce, AgreementFacts::Purpose::kPermitted,
                           v1::STRICTLY_CONFIDENTIAL, v1::RED}};
  EXPECT_EQ(FirstFailing(q), ReleaseTest::kTlp);
  q.holder = Holder::kRecipient;
  EXPECT_EQ(FirstFailing(q), ReleaseTest::kTlp);
  q.tlp = v1::GREEN;
  EXPECT_EQ(FirstFailing(q), ReleaseTest::kNone);
  q.classification = v1::CLASSIFICATION_UNSPECIFIED;
  EXPECT_EQ(FirstFailing(q), ReleaseTest::kClassAboveAgreement);
  q.classification = static_cast<v1::Classification>(4);
  EXPECT_EQ(FirstFailing(q), ReleaseTest::kClassAboveAgreement);
}

// What a received report may not do for want of consent, it may do with it, and nothing else
// changes: consent never opens what the originator itself could not give.
TEST(ReleaseTest, ConsentOpensOnlyWhatItStandsFor) {
  const std::set<std::string> opened = {"TLP_GREEN", "TLP_AMBER",          "TLP_AMBER_STRICT",
                                        "TLP_RED",   "ORIGINATOR_CONTROL", "ONWARD_TRANSFER"};
  ForAll([&](Question q) {
    if (q.holder != Holder::kRecipient || q.relation == Relation::kOwnOrganization) return;
    q.consent = Question::Consent::kNone;
    const std::string without(ReasonOf(FirstFailing(q), q.tlp));
    q.consent = Question::Consent::kGranted;
    const std::string with(ReasonOf(FirstFailing(q), q.tlp));
    ASSERT_TRUE(with == without || opened.contains(without)) << Text(q);
    ASSERT_FALSE(opened.contains(with)) << Text(q);
  });
}

}  // namespace
}  // namespace ch8::information
