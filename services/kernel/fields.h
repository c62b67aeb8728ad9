#ifndef CH8_SERVICES_KERNEL_FIELDS_H_
#define CH8_SERVICES_KERNEL_FIELDS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "chapter8/type/v1/date.pb.h"
#include "services/kernel/refusal.h"
#include "storage/base/hash.h"

// Checks of the fields that requests are made of. None echoes a value that is not
// known to be well-formed.
//
// Thread safety: all functions are pure.
namespace ch8::kernel {

// Text for people: 1 to 200 bytes without control characters. Errors: BAD_FIELD.
absl::Status CheckText(absl::string_view text, absl::string_view field);
// The same, or empty.
absl::Status CheckOptionalText(absl::string_view text, absl::string_view field);
// An id that a caller chose: [a-z0-9-]{1,63}. Errors: kInvalidArgument/BAD_ID.
absl::Status CheckId(absl::string_view id, absl::string_view field);

// The day, or nothing when the calendar does not have it.
std::optional<absl::CivilDay> DayOf(const chapter8::type::v1::Date& date);
// The UTC day of a ledger time: what effective dates are compared with.
absl::CivilDay DayOf(absl::Time time);

// A short digest of a stored row: changes with every change of it.
std::string EtagOf(absl::string_view row_bytes);
template <typename Row>
std::string EtagOf(const Row& stored) {
  return EtagOf(absl::string_view(stored.SerializeAsString()));
}

// Errors: kAborted/STALE_ETAG when `etag` is set and not that of `stored`; `show` is the command
// that reads it again.
template <typename Row>
absl::Status CheckEtag(const Row& stored, const std::string& etag, absl::string_view show) {
  if (etag.empty() || etag == EtagOf(stored)) return absl::OkStatus();
  return StaleEtag(stored.name(), show);
}

// kInvalidArgument/BAD_FIELD unless there is an etag: what a second person agrees to is what that
// person has read, not what has taken its place since.
absl::Status RequireEtag(const std::string& etag);

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_FIELDS_H_
