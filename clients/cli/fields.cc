#include "clients/cli/fields.h"

#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "chapter8/type/v1/date.pb.h"
#include "chapter8/type/v1/money.pb.h"
#include "clients/cli/names.h"
#include "clients/cli/values.h"
#include "clients/lib/money.h"
#include "storage/base/check.h"

namespace ch8::cli {
namespace {

using chapter8::type::v1::Date;
using chapter8::type::v1::Money;
using google::protobuf::Descriptor;
using google::protobuf::Duration;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

template <typename T>
bool IsOf(const FieldDescriptor& field) {
  return field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE &&
         field.message_type()->full_name() == T::descriptor()->full_name();
}

template <typename T>
T As(const Message& message) {
  T typed;
  Check(typed.ParseFromString(message.SerializeAsString()), "a message that was just serialized");
  return typed;
}

// A repeated or singular value of a scalar field as plain text.
std::string ScalarText(const Message& message, const FieldDescriptor& field, int index) {
  const auto& reflection = *message.GetReflection();
  const bool repeated = field.is_repeated();
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string text = repeated ? reflection.GetRepeatedString(message, &field, index)
                                        : reflection.GetString(message, &field);
      return text;
    }
    case FieldDescriptor::CPPTYPE_ENUM: {
      const auto* value = repeated ? reflection.GetRepeatedEnum(message, &field, index)
                                   : reflection.GetEnum(message, &field);
      return value->number() == 0 && absl::EndsWith(value->name(), "UNSPECIFIED") ? ""
                                                                                  : value->name();
    }
    case FieldDescriptor::CPPTYPE_BOOL:
      return (repeated ? reflection.GetRepeatedBool(message, &field, index)
                       : reflection.GetBool(message, &field))
                 ? "true"
                 : "false";
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(repeated ? reflection.GetRepeatedInt32(message, &field, index)
                                   : reflection.GetInt32(message, &field));
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(repeated ? reflection.GetRepeatedInt64(message, &field, index)
                                   : reflection.GetInt64(message, &field));
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(repeated ? reflection.GetRepeatedUInt32(message, &field, index)
                                   : reflection.GetUInt32(message, &field));
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(repeated ? reflection.GetRepeatedUInt64(message, &field, index)
                                   : reflection.GetUInt64(message, &field));
    default:
      Unreachable("a field of a type that our protos do not have");
  }
}

// The currency of a `…_minor` field: named beside it, or that of the message's own money.
std::string CurrencyOf(const Message& message, const FieldStyle& style) {
  const Descriptor& type = *message.GetDescriptor();
  const FieldDescriptor* code = type.FindFieldByName("currency_code");
  if (code != nullptr) return message.GetReflection()->GetString(message, code);
  if (!style.currency.empty()) return style.currency;
  const FieldDescriptor* amount = type.FindFieldByName("amount");
  if (amount == nullptr || !IsOf<Money>(*amount)) return "";
  return As<Money>(message.GetReflection()->GetMessage(message, amount)).currency_code();
}

std::string MessageText(const Message& value, const FieldDescriptor& field,
                        const FieldStyle& style) {
  if (IsOf<Money>(field)) {
    const Money money = As<Money>(value);
    return client::FormatMoney(money.currency_code(), money.amount_minor());
  }
  if (IsOf<Date>(field)) return FormatDate(As<Date>(value));
  if (IsOf<Duration>(field)) return FormatDuration(As<Duration>(value));
  std::vector<std::string> parts;
  for (const auto& [label, text] : RecordLines(value, style)) {
    parts.push_back(absl::StrCat(label, " ", text));
  }
  return absl::StrJoin(parts, ", ");
}

std::string SingularText(const Message& message, const FieldDescriptor& field,
                         const FieldStyle& style) {
  const auto& reflection = *message.GetReflection();
  if (field.has_presence() && !reflection.HasField(message, &field)) return "";
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    return MessageText(reflection.GetMessage(message, &field), field, style);
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_INT64) {
    const int64_t value = reflection.GetInt64(message, &field);
    if (absl::EndsWith(field.name(), "_us")) {
      return value == 0 ? "" : TimeText(absl::FromUnixMicros(value));
    }
    if (absl::EndsWith(field.name(), "_minor")) {
      return client::FormatMoney(CurrencyOf(message, style), value);
    }
  }
  const std::string text = ScalarText(message, field, 0);
  if (field.type() == FieldDescriptor::TYPE_BYTES) return absl::BytesToHexString(text);
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) return ShortName(text, style.own);
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) return text == "true" ? "yes" : "";
  return text;
}

std::string Text(const Message& message, const FieldDescriptor& field, const FieldStyle& style) {
  if (!field.is_repeated()) return SingularText(message, field, style);
  const auto& reflection = *message.GetReflection();
  std::vector<std::string> parts;
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      parts.push_back(MessageText(reflection.GetRepeatedMessage(message, &field, i), field, style));
    } else {
      parts.push_back(ShortName(ScalarText(message, field, i), style.own));
    }
  }
  return absl::StrJoin(parts, ", ");
}

std::string Label(const FieldDescriptor& field) {
  absl::string_view name = field.name();
  if (!absl::ConsumeSuffix(&name, "_minor")) absl::ConsumeSuffix(&name, "_us");
  return absl::StrReplaceAll(name, {{"_", " "}});
}

bool IsForProgramsOnly(const FieldDescriptor& field) {
  return field.name() == "etag" || field.name() == "signed_record";
}

// Unset by its text: a zero that is no amount, in a field that cannot be absent.
bool SaysNothing(const FieldDescriptor& field, const std::string& text) {
  return text.empty() ||
         (text == "0" && !field.has_presence() && !absl::EndsWith(field.name(), "_minor"));
}

// A digest in a table is for comparing by eye; programs get it whole.
std::string Shortened(const FieldDescriptor& field, const std::string& text) {
  constexpr size_t kShown = 12;
  if (field.type() != FieldDescriptor::TYPE_BYTES || text.size() <= kShown) return text;
  return absl::StrCat(text.substr(0, kShown), "…");
}

bool IsRepeatedMessage(const FieldDescriptor& field) {
  return field.is_repeated() && field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
}

bool IsLeafMessage(const FieldDescriptor& field) {
  return IsOf<Date>(field) || IsOf<Duration>(field);
}

std::string FlatText(const Message& message, const FieldDescriptor& field) {
  const auto& reflection = *message.GetReflection();
  if (IsLeafMessage(field)) {
    if (!reflection.HasField(message, &field)) return "";
    const Message& value = reflection.GetMessage(message, &field);
    if (IsOf<Date>(field)) return FormatDate(As<Date>(value));
    const Duration duration = As<Duration>(value);
    if (duration.nanos() == 0) return absl::StrCat(duration.seconds(), "s");
    return absl::StrFormat("%d.%09ds", duration.seconds(), duration.nanos());
  }
  std::vector<std::string> parts;
  const int size = field.is_repeated() ? reflection.FieldSize(message, &field) : 1;
  for (int i = 0; i < size; ++i) {
    const std::string text = ScalarText(message, field, i);
    parts.push_back(field.type() == FieldDescriptor::TYPE_BYTES ? absl::Base64Escape(text) : text);
  }
  return absl::StrJoin(parts, " ");
}

void AppendFlatNames(const Descriptor& type, const std::string& prefix,
                     std::vector<std::string>& names) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (IsRepeatedMessage(field)) continue;
    const std::string name = prefix + field.name();
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || IsLeafMessage(field)) {
      names.push_back(name);
    } else {
      AppendFlatNames(*field.message_type(), name + ".", names);
    }
  }
}

void AppendFlatValues(const Message& message, std::vector<std::string>& values) {
  const Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (IsRepeatedMessage(field)) continue;
    if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE || IsLeafMessage(field)) {
      values.push_back(FlatText(message, field));
    } else if (message.GetReflection()->HasField(message, &field)) {
      AppendFlatValues(message.GetReflection()->GetMessage(message, &field), values);
    } else {
      std::vector<std::string> names;
      AppendFlatNames(*field.message_type(), "", names);
      values.insert(values.end(), names.size(), "");
    }
  }
}

}  // namespace

std::string FieldText(const Message& message, const std::string& name, const FieldStyle& style) {
  const FieldDescriptor* field = message.GetDescriptor()->FindFieldByName(name);
  Check(field != nullptr, name);
  const std::string text = Text(message, *field, style);
  return SaysNothing(*field, text) ? "" : text;
}

bool IsFigure(const FieldDescriptor& field) {
  if (field.is_repeated()) return false;
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return IsOf<Money>(field);
    case FieldDescriptor::CPPTYPE_INT32:
    case FieldDescriptor::CPPTYPE_UINT32:
    case FieldDescriptor::CPPTYPE_UINT64:
      return true;
    case FieldDescriptor::CPPTYPE_INT64:
      return !absl::EndsWith(field.name(), "_us");
    default:
      return false;
  }
}

std::vector<std::pair<std::string, std::string>> RecordLines(const Message& message,
                                                             const FieldStyle& style) {
  std::vector<std::pair<std::string, std::string>> lines;
  const Descriptor& type = *message.GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (IsForProgramsOnly(field) || IsRepeatedMessage(field)) continue;
    const std::string text = Text(message, field, style);
    if (!SaysNothing(field, text)) lines.emplace_back(Label(field), text);
  }
  return lines;
}

std::vector<std::pair<std::string, Table>> NestedTables(const Message& message,
                                                        const FieldStyle& style) {
  std::vector<std::pair<std::string, Table>> tables;
  const Descriptor& type = *message.GetDescriptor();
  const auto& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (!IsRepeatedMessage(field) || reflection.FieldSize(message, &field) == 0) continue;
    Table table;
    table.rows.resize(static_cast<size_t>(reflection.FieldSize(message, &field)));
    for (int column = 0; column < field.message_type()->field_count(); ++column) {
      const FieldDescriptor& part = *field.message_type()->field(column);
      std::vector<std::string> cells;
      bool says_something = false;
      for (int row = 0; row < reflection.FieldSize(message, &field); ++row) {
        const Message& element = reflection.GetRepeatedMessage(message, &field, row);
        cells.push_back(Shortened(part, FieldText(element, part.name(), style)));
        says_something = says_something || !cells.back().empty();
      }
      if (!says_something || IsForProgramsOnly(part)) continue;
      table.columns.push_back(
          {Label(part), IsFigure(part) ? Column::Align::kRight : Column::Align::kLeft});
      for (size_t row = 0; row < cells.size(); ++row) table.rows[row].push_back(cells[row]);
    }
    tables.emplace_back(Label(field), std::move(table));
  }
  return tables;
}

std::vector<std::string> FlatNames(const Descriptor& type) {
  std::vector<std::string> names;
  AppendFlatNames(type, "", names);
  return names;
}

std::vector<std::string> FlatValues(const Message& message) {
  std::vector<std::string> values;
  AppendFlatValues(message, values);
  return values;
}

std::string JsonText(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  Check(status.ok(), "a message that JSON cannot carry");
  return json;
}

}  // namespace ch8::cli
