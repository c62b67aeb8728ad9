#ifndef CH8_SERVICES_INFORMATION_CORE_RULES_H_
#define CH8_SERVICES_INFORMATION_CORE_RULES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "services/information/core/vocabulary.h"
#include "services/kernel/machine.h"
#include "services/kernel/rows.h"

// Small rules that several kinds of resources need.
namespace ch8::information {

// The pinned organization. Errors: kInvalidArgument/BAD_NAME; kFailedPrecondition/NOT_PINNED.
absl::StatusOr<chapter8::directory::v1::Organization> FindPinned(const kernel::RowReader& rows,
                                                                 absl::string_view name,
                                                                 absl::string_view field);

// The pinned organization, or nothing.
std::optional<chapter8::directory::v1::Organization> MaybePinned(const kernel::RowReader& rows,
                                                                 absl::string_view name);

// Errors: kFailedPrecondition/SAME_PERSON when `first` is the person who acts now.
absl::Status CheckOtherPerson(const kernel::Context& context, uint64_t first,
                              absl::string_view name, absl::string_view instead);

// Whether the enum field holds a value that this release knows and that is not its zero.
template <typename Enum, typename IsValid>
bool IsSet(Enum value, IsValid is_valid) {
  return value != 0 && is_valid(value);
}

// "disclosures/RPT-AU-26-0001/au/un"
struct DisclosureParts {
  absl::string_view report;
  absl::string_view giver;
  absl::string_view recipient;
};
std::string DisclosureName(const DisclosureParts& parts);
// All of one report: "disclosures/RPT-AU-26-0001/"
std::string DisclosuresOf(absl::string_view report);

// "erasures/RPT-AU-26-0001"
std::string ErasureName(absl::string_view report);

// Rows beside the resources. A report whose body has this digest, under that digest and its own
// name, as others may claim the digest for reports of theirs; its value is the report's name.
std::string BodyKey(absl::string_view digest, absl::string_view report);
// The reports whose bodies have this digest.
std::vector<std::string> ReportsWithBody(const kernel::RowReader& rows, absl::string_view digest);
// That `giver` has given us the report; its value is the ledger that it came from.
std::string GivenKey(absl::string_view report, absl::string_view giver);
// Our newest consent for this report and recipient; its value is the consent's name.
std::string ConsentKey(absl::string_view report, absl::string_view recipient);
// The organizations that have given us the report.
std::vector<std::string> GiversOf(const kernel::RowReader& rows, absl::string_view report);
// That the originator lets `relay` give us the report; its value is the consent's name.
std::string RelayKey(absl::string_view report, absl::string_view relay);

// The own file that a legal act rests on, e.g. "LEG/2026/114": 1 to 63 letters, digits, ".", "/"
// and
// "-", so that it names a file and says nothing. Errors: kInvalidArgument/BAD_FIELD.
absl::Status CheckReference(absl::string_view reference, absl::string_view field);

// The UTC day of a ledger time: "2026-03-02".
std::string DayText(int64_t time_us);

// Whether its content may still be read and passed on.
bool IsReadable(const v1::Report& report);

// "TLP:AMBER+STRICT"
absl::string_view TlpText(v1::Tlp tlp);

// Where another ledger has said it.
v1::LedgerEntry ProofOf(const kernel::Context& context, const kernel::Delivered& delivered);

kernel::Verdict RefuseEntry(absl::string_view reason);
kernel::Verdict DeferEntry(absl::string_view reason);

}  // namespace ch8::information

#endif  // CH8_SERVICES_INFORMATION_CORE_RULES_H_
