#include "services/kernel/fields.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/kernel/names.h"

namespace ch8::kernel {
namespace {

using chapter8::type::v1::Date;

constexpr size_t kTextSizeMax = 200;
constexpr size_t kEtagSize = 16;

}  // namespace

absl::Status CheckText(absl::string_view text, absl::string_view field) {
  if (text.empty()) return BadField(field, "is missing");
  return CheckOptionalText(text, field);
}

absl::Status CheckOptionalText(absl::string_view text, absl::string_view field) {
  if (text.size() > kTextSizeMax) {
    return BadField(field, absl::StrCat("is longer than ", kTextSizeMax, " bytes"));
  }
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return absl::ascii_iscntrl(static_cast<unsigned char>(c));
  });
  return control ? BadField(field, "has a control character") : absl::OkStatus();
}

absl::Status RequireEtag(const std::string& etag) {
  return etag.empty() ? BadField("etag", "is missing; it says what was read and is agreed to")
                      : absl::OkStatus();
}

absl::Status CheckId(absl::string_view id, absl::string_view field) {
  if (IsResourceId(id)) return absl::OkStatus();
  return Invalid("BAD_ID", absl::StrCat(field, " must be 1 to 63 of a-z, 0-9 and hyphen"),
                 {{"field", std::string(field)}, {"form", "[a-z0-9-]{1,63}"}});
}

std::optional<absl::CivilDay> DayOf(const Date& date) {
  if (date.year() < 1 || date.year() > 9999) return std::nullopt;
  const absl::CivilDay day(date.year(), date.month(), date.day());
  if (day.year() != date.year() || day.month() != date.month() || day.day() != date.day()) {
    return std::nullopt;
  }
  return day;
}

absl::CivilDay DayOf(absl::Time time) { return absl::ToCivilDay(time, absl::UTCTimeZone()); }

std::string EtagOf(absl::string_view row_bytes) {
  return Sha256(row_bytes).ToHex().substr(0, kEtagSize);
}

}  // namespace ch8::kernel
