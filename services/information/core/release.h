#ifndef CH8_SERVICES_INFORMATION_CORE_RELEASE_H_
#define CH8_SERVICES_INFORMATION_CORE_RELEASE_H_

#include "absl/strings/string_view.h"
#include "chapter8/information/v1/information.pb.h"

// Whether a report may go to one organization (rule I-4): one pure function of everything that
// counts. Whatever is not let through is refused, by the first test that fails.
namespace ch8::information {

// Who wants to give it.
enum class Holder { kOriginator, kRecipient };

// What the recipient is to the release.
enum class Relation {
  kOwnOrganization,  // The holder's own people.
  kNamed,            // An officer names it.
  kGroupMember,      // A member of the group it is released to.
  kCommunity,        // A pinned organization that an agreement covers.
  kOutsider,         // None of these.
};

// What is known of the report itself.
enum class Standing { kLive, kErased, kRecalled, kSuperseded, kExpired, kNotReviewed };

// The sharing agreement between holder and recipient (rule I-6).
struct AgreementFacts {
  enum class Force { kNone, kNotInForce, kInForce };
  enum class Purpose { kPermitted, kNotPermitted };

  Force force = Force::kNone;
  Purpose purpose = Purpose::kNotPermitted;
  chapter8::information::v1::Classification max_classification =
      chapter8::information::v1::CLASSIFICATION_UNSPECIFIED;
  chapter8::information::v1::Tlp max_tlp = chapter8::information::v1::TLP_UNSPECIFIED;
};

struct ReleaseQuestion {
  enum class Group { kNone, kEmpty, kHasMembers };   // Of a release to a group.
  enum class Control { kNone, kOriginatorControl };  // The third-party caveat.
  enum class Consent { kNone, kGranted };            // The originator's, to this very hop.
  enum class Onward { kForbidden, kAllowed };        // By the agreement it was received under.

  Standing standing = Standing::kLive;
  Holder holder = Holder::kRecipient;
  Relation relation = Relation::kOutsider;
  Group group = Group::kNone;
  chapter8::information::v1::Tlp tlp = chapter8::information::v1::TLP_UNSPECIFIED;
  chapter8::information::v1::Classification classification =
      chapter8::information::v1::CLASSIFICATION_UNSPECIFIED;
  Control control = Control::kNone;
  Consent consent = Consent::kNone;
  Onward onward = Onward::kForbidden;
  AgreementFacts agreement;
};

// The tests, in the order in which they are made.
enum class ReleaseTest {
  kErased,
  kRecalled,
  kSuperseded,
  kExpired,
  kNotReviewed,  // A sanitised version that no second person has reviewed (rule I-5).
  kEmptyGroup,   // An empty group is nobody, never everybody.
  kTlp,
  kOriginatorControl,
  kOnwardTransfer,
  kNotInAgreement,
  kAgreementNotInForce,
  kPurpose,
  kClassAboveAgreement,
  kTlpAboveAgreement,
  kNone,  // All pass: it may go.
};

// The first test that fails.
//
// The originator may give what it likes to whom it names, within an agreement; GREEN reaches its
// community, AMBER and AMBER+STRICT also groups, RED named organizations alone. A recipient may
// pass on CLEAR and GREEN, unless the originator keeps control or the agreement forbids onward
// transfer; everything else only with the originator's consent to that hop, which stands for its
// marking, its caveat and onward transfer, but for nothing else. What is CLEAR and UNCLASSIFIED
// needs no agreement. Within the own organization a live report may go to anybody, but for a RED
// one that was received.
ReleaseTest FirstFailing(const ReleaseQuestion& question);

// The refusal's reason: "RECALLED"; for kTlp with the marking: "TLP_AMBER_STRICT".
absl::string_view ReasonOf(ReleaseTest test, chapter8::information::v1::Tlp tlp);

}  // namespace ch8::information

#endif  // CH8_SERVICES_INFORMATION_CORE_RELEASE_H_
