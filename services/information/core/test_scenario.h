#ifndef CH8_SERVICES_INFORMATION_CORE_TEST_SCENARIO_H_
#define CH8_SERVICES_INFORMATION_CORE_TEST_SCENARIO_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/information/v1/erasure_service.pb.h"
#include "chapter8/information/v1/information_service.pb.h"
#include "google/protobuf/text_format.h"
#include "services/books/test_ledger.h"
#include "services/information/core/machine.h"
#include "services/information/core/vocabulary.h"
#include "services/kernel/refusal.h"
#include "storage/base/check.h"

// What the tests of the information core begin with, and short ways to say what they do.
namespace ch8::information {

inline const InformationMachine kTestMachine;

// "twin" is a release officer and the same person as analyst.
inline constexpr books::TestOfficer kTestOfficers[] = {
    {"analyst", 1, chapter8::authz::v1::ANALYST},
    {"analyst-b", 2, chapter8::authz::v1::ANALYST},
    {"releaser", 3, chapter8::authz::v1::RELEASE_OFFICER},
    {"releaser-b", 4, chapter8::authz::v1::RELEASE_OFFICER},
    {"twin", 1, chapter8::authz::v1::RELEASE_OFFICER},
    {"auditor", 8, chapter8::authz::v1::AUDITOR},
};

// One organization's information ledger.
class TestLedger final : public books::TestLedger {
 public:
  TestLedger(const std::string& id, const std::vector<std::string>& pinned)
      : books::TestLedger({.organization = id,
                           .pinned = pinned,
                           .service = "information",
                           .machine = &kTestMachine,
                           .officers = kTestOfficers}) {}
};

// A message from its text form, as tests write it.
template <typename Message>
Message Parsed(absl::string_view text) {
  Message message;
  ch8::Check(google::protobuf::TextFormat::ParseFromString(std::string(text), &message),
             "a test's text proto does not parse");
  return message;
}

// "OK", or the refusal's reason.
template <typename T>
std::string ReasonOr(const absl::StatusOr<T>& result) {
  return result.ok() ? "OK" : kernel::ReasonOf(result.status());
}

// One value of a refusal's metadata.
template <typename T>
std::string MetadataOf(const absl::StatusOr<T>& result, const std::string& key) {
  const auto info = kernel::ErrorInfoOf(result.status());
  const auto found = info.metadata().find(key);
  return found == info.metadata().end() ? "" : found->second;
}

// What no log and no row may hold.
inline constexpr absl::string_view kTitleCanary = "Canary-Title-Maiduguri-Convoy";
inline constexpr absl::string_view kNarrativeCanary = "canary-narrative-of-a-named-source";

// A whole FileReport in text form: everything required, marked as told, and `extra` fields of the
// resource, which win where a field stands twice.
std::string FileText(absl::string_view tlp, absl::string_view extra = "");

// The UN, the AU and ECOWAS, which have pinned each other.
struct Scenario {
  TestLedger un{"un", {"au", "ecowas"}};
  TestLedger au{"au", {"un", "ecowas"}};
  TestLedger ecowas{"ecowas", {"un", "au"}};

  // An agreement of `ledger`'s organization with another one, proposed and confirmed; `fields` of
  // the resource win over: CONFIDENTIAL, AMBER_STRICT, all of 2026, onward transfer.
  void Agree(TestLedger& ledger, absl::string_view id, absl::string_view with,
             absl::string_view fields = "");
  // The same agreement in all three ledgers, between each two.
  void AgreeAll();
  // A group of ECOWAS with these members, confirmed. Returns its name.
  std::string Group(absl::string_view id, const std::vector<std::string>& members);

  // ECOWAS's analyst files; returns the report's name.
  std::string File(absl::string_view tlp, absl::string_view extra = "");
  // ECOWAS's release officer releases; `to` are the request's fields, e.g. "community: true".
  absl::StatusOr<v1::Report> Release(const std::string& report, absl::string_view to);
  absl::StatusOr<v1::Report> Relay(TestLedger& holder, const std::string& report,
                                   absl::string_view organization);
  absl::StatusOr<v1::Consent> Ask(TestLedger& holder, const std::string& report,
                                  absl::string_view organization);
  absl::StatusOr<v1::Report> Recall(const std::string& report);

  // Delivers in all directions until nothing is left.
  void Settle();

  // Reads by the auditor.
  static absl::StatusOr<v1::Report> ReportAt(TestLedger& ledger, const std::string& report);
  static absl::StatusOr<v1::ReportBody> BodyAt(TestLedger& ledger, const std::string& report);
  static std::vector<v1::Disclosure> WhoHas(TestLedger& ledger, const std::string& report);
  // As the federation does it: each ledger fetches the bodies it wants from where it may.
  void FetchBodies();
  static void FetchBodiesFrom(TestLedger& from, TestLedger& to);
};

}  // namespace ch8::information

#endif  // CH8_SERVICES_INFORMATION_CORE_TEST_SCENARIO_H_
