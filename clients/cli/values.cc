#include "clients/cli/values.h"

#include <limits>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/civil_time.h"
#include "clients/cli/names.h"
#include "clients/cli/parse.h"
#include "clients/cli/read_file.h"
#include "storage/base/hash.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {

absl::StatusOr<chapter8::type::v1::Date> ParseDate(absl::string_view text) {
  absl::CivilDay day;
  const bool shape = text.size() == 10 && text[4] == '-' && text[7] == '-';
  if (!shape || !absl::ParseCivilTime(text, &day) || absl::FormatCivilTime(day) != text) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", absl::CHexEscape(text), "' is not a day; write YEAR-MONTH-DAY, e.g. 2026-03-21"));
  }
  chapter8::type::v1::Date date;
  date.set_year(static_cast<int>(day.year()));
  date.set_month(day.month());
  date.set_day(day.day());
  return date;
}

std::string FormatDate(const chapter8::type::v1::Date& date) {
  return absl::StrFormat("%04d-%02d-%02d", date.year(), date.month(), date.day());
}

std::string TimeText(absl::Time time) {
  return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone());
}

std::string AgeText(absl::Duration age) {
  if (age < absl::Minutes(2)) return absl::StrCat(absl::ToInt64Seconds(age), " s");
  if (age < absl::Hours(2)) return absl::StrCat(absl::ToInt64Minutes(age), " min");
  if (age < absl::Hours(48)) return absl::StrCat(absl::ToInt64Hours(age), " h");
  return absl::StrCat(absl::ToInt64Hours(age) / 24, " d");
}

absl::StatusOr<google::protobuf::Duration> ParseHold(absl::string_view text) {
  ASSIGN_OR_RETURN(absl::Duration duration, ParseDuration(text));
  google::protobuf::Duration proto;
  proto.set_seconds(absl::IDivDuration(duration, absl::Seconds(1), &duration));
  proto.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(duration)));
  return proto;
}

std::string FormatDuration(const google::protobuf::Duration& duration) {
  const int64_t seconds = duration.seconds();
  if (duration.nanos() != 0) return absl::StrFormat("%d.%09d s", seconds, duration.nanos());
  if (seconds % 3600 == 0) return absl::StrCat(seconds / 3600, " h");
  if (seconds % 60 == 0) return absl::StrCat(seconds / 60, " min");
  return absl::StrCat(seconds, " s");
}

std::vector<std::string> EnumWords(const google::protobuf::EnumDescriptor& type) {
  std::vector<std::string> words;
  for (int i = 0; i < type.value_count(); ++i) {
    if (type.value(i)->number() == 0) continue;
    words.push_back(
        absl::StrReplaceAll(absl::AsciiStrToLower(type.value(i)->name()), {{"_", "-"}}));
  }
  return words;
}

absl::StatusOr<int> ParseEnum(const google::protobuf::EnumDescriptor& type,
                              absl::string_view text) {
  const std::string name = absl::StrReplaceAll(absl::AsciiStrToUpper(text), {{"-", "_"}});
  const auto* value = type.FindValueByName(name);
  if (value == nullptr || value->number() == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "'", absl::CHexEscape(text), "' is none of: ", absl::StrJoin(EnumWords(type), ", ")));
  }
  return value->number();
}

absl::StatusOr<uint64_t> ParseNumber(absl::string_view text, absl::string_view what) {
  uint64_t number = 0;
  const bool digits = !text.empty() && absl::ascii_isdigit(static_cast<unsigned char>(text[0]));
  if (!digits || !absl::SimpleAtoi(text, &number)) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", absl::CHexEscape(text), "' is not ", what, "; write a whole number"));
  }
  return number;
}

absl::StatusOr<std::string> FileDigest(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string content, ReadFileText(path));
  return std::string(Sha256(content).view());
}

absl::StatusOr<ItemQuantity> ParseItemQuantity(absl::string_view text) {
  const size_t equals = text.find('=');
  if (equals == absl::string_view::npos || equals == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("'", absl::CHexEscape(text), "' is not ITEM=QUANTITY, e.g. TENT-10P=120"));
  }
  ASSIGN_OR_RETURN(const uint64_t quantity, ParseNumber(text.substr(equals + 1), "a quantity"));
  if (quantity > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
    return absl::InvalidArgumentError(absl::StrCat(quantity, " is more than can be recorded"));
  }
  return ItemQuantity{.item = ItemName(text.substr(0, equals)),
                      .quantity = static_cast<int64_t>(quantity)};
}

}  // namespace ch8::cli
