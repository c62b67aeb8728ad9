#ifndef CH8_CLIENTS_CLI_VALUES_H_
#define CH8_CLIENTS_CLI_VALUES_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "chapter8/type/v1/date.pb.h"

// Words and dates as people type and read them. Errors are kInvalidArgument throughout.
namespace ch8::cli {

// "2026-03-21", a day that exists.
absl::StatusOr<chapter8::type::v1::Date> ParseDate(absl::string_view text);
std::string FormatDate(const chapter8::type::v1::Date& date);

// "2026-03-02 09:12 UTC".
std::string TimeText(absl::Time time);

// How long ago, roughly: "4 s", "12 min", "30 h", "9 d".
std::string AgeText(absl::Duration age);

// "72h", "3d": as ParseDuration, into a proto.
absl::StatusOr<google::protobuf::Duration> ParseHold(absl::string_view text);
// "72 h", "30 min", "45 s".
std::string FormatDuration(const google::protobuf::Duration& duration);

// A value of `type` as typed: "au-psc-request", "AU_PSC_REQUEST"; never the unspecified one. The
// error names the values there are.
absl::StatusOr<int> ParseEnum(const google::protobuf::EnumDescriptor& type, absl::string_view text);
// All of them as typed, e.g. "au-psc-request".
std::vector<std::string> EnumWords(const google::protobuf::EnumDescriptor& type);

// "TENT-10P=120": an item's name and how many of it.
struct ItemQuantity {
  std::string item;
  int64_t quantity = 0;
};
absl::StatusOr<ItemQuantity> ParseItemQuantity(absl::string_view text);

// A whole number. Errors name `what` it is.
absl::StatusOr<uint64_t> ParseNumber(absl::string_view text, absl::string_view what);

// SHA-256 of the file at `path`, 32 bytes. Errors also: those of reading it.
absl::StatusOr<std::string> FileDigest(const std::string& path);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_VALUES_H_
