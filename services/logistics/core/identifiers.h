#ifndef CH8_SERVICES_LOGISTICS_CORE_IDENTIFIERS_H_
#define CH8_SERVICES_LOGISTICS_CORE_IDENTIFIERS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "services/logistics/core/vocabulary.h"

// Codes by which the world knows goods and places (rule L-9).
//
// Thread safety: all functions are pure.
namespace ch8::logistics {

// A GS1 number of 8, 12, 13, 14 or 18 digits whose last one is its check digit (mod 10).
bool IsGs1Number(absl::string_view code);

// "UN1202": UN and four digits, for dangerous goods.
bool IsUnNumber(absl::string_view code);

// The form of a UN/LOCODE: [A-Z]{2}[A-Z2-9]{3}. Whether the place exists, the form does not say.
bool IsLocode(absl::string_view code);

// A waybill's number, as on paper: [A-Z0-9-]{1,40}.
bool IsWaybill(absl::string_view number);

// Errors: kInvalidArgument/BAD_IDENTIFIER with the scheme in the metadata.
absl::Status CheckIdentifier(const v1::Item::Identifier& identifier);

}  // namespace ch8::logistics

#endif  // CH8_SERVICES_LOGISTICS_CORE_IDENTIFIERS_H_
