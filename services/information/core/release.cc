#include "services/information/core/release.h"

namespace ch8::information {
namespace {

namespace v1 = chapter8::information::v1;

ReleaseTest StandingTest(Standing standing) {
  switch (standing) {
    case Standing::kLive:
      return ReleaseTest::kNone;
    case Standing::kErased:
      return ReleaseTest::kErased;
    case Standing::kRecalled:
      return ReleaseTest::kRecalled;
    case Standing::kSuperseded:
      return ReleaseTest::kSuperseded;
    case Standing::kExpired:
      return ReleaseTest::kExpired;
    case Standing::kNotReviewed:
      return ReleaseTest::kNotReviewed;
  }
  return ReleaseTest::kNotReviewed;  // A value out of range: deny.
}

// Whether the marking lets the originator give it to a recipient of this relation.
bool OriginatorMayGive(v1::Tlp tlp, Relation relation) {
  const bool chosen = relation == Relation::kNamed || relation == Relation::kGroupMember;
  switch (tlp) {
    case v1::CLEAR:
      return true;
    case v1::GREEN:
      return chosen || relation == Relation::kCommunity;
    case v1::AMBER:
    case v1::AMBER_STRICT:
      return chosen;
    case v1::RED:
      return relation == Relation::kNamed;
    default:
      return false;
  }
}

// Whether the marking lets a recipient pass it to another organization.
bool RecipientMayPass(v1::Tlp tlp, Relation relation) {
  if (tlp == v1::CLEAR) return true;
  return tlp == v1::GREEN && relation != Relation::kOutsider;
}

ReleaseTest AgreementTest(const ReleaseQuestion& question) {
  if (question.tlp == v1::CLEAR && question.classification == v1::UNCLASSIFIED) {
    return ReleaseTest::kNone;
  }
  const AgreementFacts& agreement = question.agreement;
  if (agreement.force == AgreementFacts::Force::kNone) return ReleaseTest::kNotInAgreement;
  if (agreement.force != AgreementFacts::Force::kInForce) return ReleaseTest::kAgreementNotInForce;
  if (agreement.purpose != AgreementFacts::Purpose::kPermitted) return ReleaseTest::kPurpose;
  if (question.classification == v1::CLASSIFICATION_UNSPECIFIED ||
      question.classification > agreement.max_classification) {
    return ReleaseTest::kClassAboveAgreement;
  }
  return question.tlp > agreement.max_tlp ? ReleaseTest::kTlpAboveAgreement : ReleaseTest::kNone;
}

// What only the originator's consent can stand for.
ReleaseTest RelayTest(const ReleaseQuestion& question) {
  if (question.consent == ReleaseQuestion::Consent::kGranted) return ReleaseTest::kNone;
  if (!RecipientMayPass(question.tlp, question.relation)) return ReleaseTest::kTlp;
  if (question.control != ReleaseQuestion::Control::kNone) return ReleaseTest::kOriginatorControl;
  const bool free = question.tlp == v1::CLEAR && question.classification == v1::UNCLASSIFIED;
  return free || question.onward == ReleaseQuestion::Onward::kAllowed
             ? ReleaseTest::kNone
             : ReleaseTest::kOnwardTransfer;
}

}  // namespace

ReleaseTest FirstFailing(const ReleaseQuestion& question) {
  const ReleaseTest standing = StandingTest(question.standing);
  if (standing != ReleaseTest::kNone) return standing;
  const bool originates = question.holder == Holder::kOriginator;
  if (question.relation == Relation::kOwnOrganization) {
    return originates || question.tlp != v1::RED ? ReleaseTest::kNone : ReleaseTest::kTlp;
  }
  if (question.group == ReleaseQuestion::Group::kEmpty) return ReleaseTest::kEmptyGroup;
  if (!v1::Tlp_IsValid(question.tlp) || question.tlp == v1::TLP_UNSPECIFIED) {
    return ReleaseTest::kTlp;
  }
  if (originates) {
    if (!OriginatorMayGive(question.tlp, question.relation)) return ReleaseTest::kTlp;
  } else if (const ReleaseTest relay = RelayTest(question); relay != ReleaseTest::kNone) {
    return relay;
  }
  return AgreementTest(question);
}

absl::string_view ReasonOf(ReleaseTest test, v1::Tlp tlp) {
  switch (test) {
    case ReleaseTest::kErased:
      return "ERASED";
    case ReleaseTest::kRecalled:
      return "RECALLED";
    case ReleaseTest::kSuperseded:
      return "SUPERSEDED";
    case ReleaseTest::kExpired:
      return "EXPIRED";
    case ReleaseTest::kNotReviewed:
      return "NOT_REVIEWED";
    case ReleaseTest::kEmptyGroup:
      return "EMPTY_GROUP";
    case ReleaseTest::kTlp:
      if (tlp == v1::GREEN) return "TLP_GREEN";
      if (tlp == v1::AMBER) return "TLP_AMBER";
      return tlp == v1::AMBER_STRICT ? "TLP_AMBER_STRICT" : "TLP_RED";
    case ReleaseTest::kOriginatorControl:
      return "ORIGINATOR_CONTROL";
    case ReleaseTest::kOnwardTransfer:
      return "ONWARD_TRANSFER";
    case ReleaseTest::kNotInAgreement:
      return "NOT_IN_AGREEMENT";
    case ReleaseTest::kAgreementNotInForce:
      return "AGREEMENT_NOT_IN_FORCE";
    case ReleaseTest::kPurpose:
      return "PURPOSE_NOT_PERMITTED";
    case ReleaseTest::kClassAboveAgreement:
      return "CLASS_ABOVE_AGREEMENT";
    case ReleaseTest::kTlpAboveAgreement:
      return "TLP_ABOVE_AGREEMENT";
    case ReleaseTest::kNone:
      return "";
  }
  return "";
}

}  // namespace ch8::information
