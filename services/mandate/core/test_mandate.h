#ifndef CH8_SERVICES_MANDATE_CORE_TEST_MANDATE_H_
#define CH8_SERVICES_MANDATE_CORE_TEST_MANDATE_H_

#include <string>

#include "absl/strings/string_view.h"
#include "chapter8/mandate/v1/mandate_service.pb.h"
#include "google/protobuf/text_format.h"
#include "services/books/test_ledger.h"
#include "services/kernel/refusal.h"
#include "services/mandate/core/machine.h"
#include "services/mandate/core/vocabulary.h"
#include "storage/base/check.h"

// What the tests of the mandate core begin with.
namespace ch8::mandate {

inline const MandateMachine kTestMachine;

inline constexpr books::TestOfficer kTestOfficers[] = {
    {"mandate-a", 1, chapter8::authz::v1::MANDATE_OFFICER},
    {"mandate-b", 2, chapter8::authz::v1::MANDATE_OFFICER},
    {"clearance-a", 3, chapter8::authz::v1::CLEARANCE_OFFICER},
    {"clearance-b", 4, chapter8::authz::v1::CLEARANCE_OFFICER},
    {"manager", 5, chapter8::authz::v1::FUND_MANAGER},
    {"auditor", 6, chapter8::authz::v1::AUDITOR},
    {"supply", 7, chapter8::authz::v1::SUPPLY_MANAGER},
    {"clearance-a2", 8, chapter8::authz::v1::CLEARANCE_OFFICER, 0, "clearance-a"},
    {"mandate-twin", 1, chapter8::authz::v1::MANDATE_OFFICER},
};

template <typename Message>
Message Parsed(absl::string_view text) {
  Message message;
  ch8::Check(google::protobuf::TextFormat::ParseFromString(std::string(text), &message), text);
  return message;
}

template <typename T>
std::string ReasonOr(const absl::StatusOr<T>& result) {
  return result.ok() ? "OK" : kernel::ReasonOf(result.status());
}

// The mandate ledger of the UN, or of the AU.
class TestMandate final : public books::TestLedger {
 public:
  explicit TestMandate(const std::string& organization = "un")
      : books::TestLedger({.organization = organization,
                           .pinned = {organization == "un" ? "au" : "un"},
                           .service = "mandate",
                           .machine = &kTestMachine,
                           .officers = kTestOfficers}) {}

  // decisions/sres-2809, confirmed: 11,826 uniformed, 680 police of them, USD 1,000,000.00, in
  // force until 31 December 2026.
  void AddResolution();
  // A delegation from `parent` to posts/manager, for 2026, made by mandate-a; its name, or the
  // refusal. `fields` are those of the text form that differ.
  absl::StatusOr<std::string> Propose(const std::string& parent, absl::string_view fields = "");
  // Confirmed by mandate-b.
  absl::StatusOr<std::string> Delegate(const std::string& parent, absl::string_view fields = "");
  absl::StatusOr<v1::Slice> Allot(const std::string& delegation, const std::string& service,
                                  absl::string_view unit, uint64_t quantity);

  v1::Delegation DelegationOf(const std::string& name);
  // What is left of a ceiling of sres-2809.
  int64_t LeftOfResolution(absl::string_view unit);
};

}  // namespace ch8::mandate

#endif  // CH8_SERVICES_MANDATE_CORE_TEST_MANDATE_H_
