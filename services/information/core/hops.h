#ifndef CH8_SERVICES_INFORMATION_CORE_HOPS_H_
#define CH8_SERVICES_INFORMATION_CORE_HOPS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "services/information/core/release.h"
#include "services/information/core/vocabulary.h"
#include "services/kernel/machine.h"

// A report on its way to one organization: the question that release.h answers, made from this
// ledger's rows, and the refusal in words.
namespace ch8::information {

// One organization that a report is to go to.
struct Hop {
  chapter8::directory::v1::Organization recipient;
  ReleaseQuestion question;
  std::string group;                   // Of a release to a group.
  std::optional<v1::Consent> consent;  // Of a relay: the originator's.
};

// What came of a hop's question.
struct Answer {
  ReleaseTest test = ReleaseTest::kNotInAgreement;
  std::string agreement;  // It passes, or comes farthest, by this one.
};

// The question as far as the report and its holder go.
ReleaseQuestion QuestionOf(const v1::Report& report, const kernel::Context& context);

// Asks under each agreement with the recipient: the one under which it comes farthest counts.
Answer AskRelease(const kernel::Context& context, const v1::Report& report, const Hop& hop,
                  const kernel::State& state);

// The refusal of a hop whose answer is not kNone: kFailedPrecondition with the test's name.
absl::Status ReleaseRefusal(const v1::Report& report, const Hop& hop, const Answer& answer);

}  // namespace ch8::information

#endif  // CH8_SERVICES_INFORMATION_CORE_HOPS_H_
