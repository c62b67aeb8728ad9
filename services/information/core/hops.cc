#include "services/information/core/hops.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/information/core/agreements.h"
#include "services/information/core/rules.h"
#include "services/kernel/names.h"
#include "services/kernel/refusal.h"
#include "services/kernel/resources.h"

namespace ch8::information {
namespace {

using kernel::Context;
using kernel::State;
using v1::Report;
using v1::SharingAgreement;

Standing StandingOf(const Report& report, const Context& context) {
  switch (report.state()) {
    case Report::ERASED:
    case Report::ERASURE_OWED:
      return Standing::kErased;
    case Report::RECALLED:
      return Standing::kRecalled;
    case Report::SUPERSEDED:
      return Standing::kSuperseded;
    case Report::EXPIRED:
      return Standing::kExpired;
    default:
      break;
  }
  const bool reviewed = report.derived_from().empty() || report.reviewer() != 0;
  const bool own = report.originator() == context.organization;
  return own && !reviewed ? Standing::kNotReviewed : Standing::kLive;
}

AgreementFacts FactsOf(const SharingAgreement& agreement, const Report& report,
                       const Context& context) {
  AgreementFacts facts;
  facts.force = InForce(agreement, context.time) ? AgreementFacts::Force::kInForce
                                                 : AgreementFacts::Force::kNotInForce;
  const bool permitted =
      agreement.kinds().empty() || std::find(agreement.kinds().begin(), agreement.kinds().end(),
                                             report.kind()) != agreement.kinds().end();
  if (permitted) facts.purpose = AgreementFacts::Purpose::kPermitted;
  facts.max_classification = agreement.max_classification();
  facts.max_tlp = agreement.max_tlp();
  return facts;
}

std::string WhyNot(const Report& report, const Hop& hop, const Answer& answer) {
  const std::string subject = absl::StrCat(report.name(), " (", TlpText(report.tlp()), ", ",
                                           v1::Classification_Name(report.classification()), ")");
  const std::string& to = hop.recipient.name();
  switch (answer.test) {
    case ReleaseTest::kEmptyGroup:
      return absl::StrCat(hop.group, " has no members, and an empty group is nobody");
    case ReleaseTest::kNotReviewed:
      return absl::StrCat(subject, " is a sanitised version that nobody has reviewed");
    case ReleaseTest::kTlp:
      return hop.question.holder == Holder::kRecipient
                 ? absl::StrCat(subject, " may not be passed to ", to,
                                " without the originator's consent; a sanitised version may be "
                                "asked for")
                 : absl::StrCat(subject, " may not go to ", to, " in this way");
    case ReleaseTest::kOriginatorControl:
      return absl::StrCat(subject, " is under originator control: ", report.originator(),
                          " must consent before ", to, " gets it");
    case ReleaseTest::kOnwardTransfer:
      return absl::StrCat("the agreement with ", report.originator(),
                          " does not let recipients pass on ", subject);
    case ReleaseTest::kNotInAgreement:
      return absl::StrCat("no sharing agreement covers ", to);
    case ReleaseTest::kAgreementNotInForce:
      return absl::StrCat(answer.agreement, " with ", to, " is not in force today");
    case ReleaseTest::kPurpose:
      return absl::StrCat(answer.agreement, " is not for reports of this kind");
    case ReleaseTest::kClassAboveAgreement:
    case ReleaseTest::kTlpAboveAgreement:
      return absl::StrCat(subject, " is above what ", answer.agreement, " covers");
    default:
      return absl::StrCat(report.name(), " is ", Report::State_Name(report.state()));
  }
}

std::string Instead(const Report& report, const Hop& hop, const Answer& answer) {
  const absl::string_view id = kernel::IdOf(report.name());
  switch (answer.test) {
    case ReleaseTest::kEmptyGroup:
      return kernel::ShowCommand(kGroups, hop.group);
    case ReleaseTest::kNotReviewed:
      return absl::StrCat("ch8 report review ", id);
    case ReleaseTest::kTlp:
    case ReleaseTest::kOriginatorControl:
    case ReleaseTest::kOnwardTransfer:
      if (hop.question.holder == Holder::kOriginator) return kernel::ShowCommand(kReports, id);
      return absl::StrCat("ch8 report ask ", id, " --for ", kernel::IdOf(hop.recipient.name()));
    case ReleaseTest::kNotInAgreement:
      return "ch8 agreement list";
    case ReleaseTest::kAgreementNotInForce:
    case ReleaseTest::kPurpose:
    case ReleaseTest::kClassAboveAgreement:
    case ReleaseTest::kTlpAboveAgreement:
      return kernel::ShowCommand(kAgreements, answer.agreement);
    default:
      return kernel::ShowCommand(kReports, id);
  }
}

}  // namespace

ReleaseQuestion QuestionOf(const Report& report, const Context& context) {
  ReleaseQuestion question;
  question.standing = StandingOf(report, context);
  question.holder =
      report.originator() == context.organization ? Holder::kOriginator : Holder::kRecipient;
  question.tlp = report.tlp();
  question.classification = report.classification();
  if (report.originator_control()) {
    question.control = ReleaseQuestion::Control::kOriginatorControl;
  }
  return question;
}

Answer AskRelease(const Context& context, const Report& report, const Hop& hop,
                  const State& state) {
  Answer answer{.test = FirstFailing(hop.question), .agreement = ""};
  ForAgreementsOf(state.rows, {context.organization, hop.recipient.name()},
                  [&](const SharingAgreement& agreement) {
                    ReleaseQuestion question = hop.question;
                    question.agreement = FactsOf(agreement, report, context);
                    const ReleaseTest test = FirstFailing(question);
                    if (test > answer.test) answer = {test, agreement.name()};
                  });
  return answer;
}

absl::Status ReleaseRefusal(const Report& report, const Hop& hop, const Answer& answer) {
  kernel::Metadata metadata = {{"rule", "I-4"},
                               {"report", report.name()},
                               {"recipient", hop.recipient.name()},
                               {"tlp", std::string(TlpText(report.tlp()))},
                               {"classification", v1::Classification_Name(report.classification())},
                               {"instead", Instead(report, hop, answer)}};
  if (!answer.agreement.empty()) metadata.emplace_back("agreement", answer.agreement);
  return kernel::NotNow(ReasonOf(answer.test, report.tlp()), WhyNot(report, hop, answer),
                        std::move(metadata));
}

}  // namespace ch8::information
