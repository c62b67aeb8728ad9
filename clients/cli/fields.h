#ifndef CH8_CLIENTS_CLI_FIELDS_H_
#define CH8_CLIENTS_CLI_FIELDS_H_

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "clients/cli/table.h"

// Any message as text, by reflection: a new field of a resource shows up without code here.
namespace ch8::cli {

// What a message does not say of itself.
struct FieldStyle {
  std::string own{};       // The own organization's id: its names are shown short.
  std::string currency{};  // Of `…_minor` fields of messages that name no currency.
};

// The field `name` of `message` for people: money with its currency, dates, times, short names,
// words instead of enum values. Empty when unset. `…_minor` fields take their currency from
// `currency_code`, or from the message's own amount. Aborts when there is no such field.
std::string FieldText(const google::protobuf::Message& message, const std::string& name,
                      const FieldStyle& style);

// True when columns of this field are aligned to the right.
bool IsFigure(const google::protobuf::FieldDescriptor& field);

// Every field that says something, as label and text, in the proto's order; without etags and
// signed bytes, which are for programs, and without repeated messages.
std::vector<std::pair<std::string, std::string>> RecordLines(
    const google::protobuf::Message& message, const FieldStyle& style);

// The repeated messages of `message`, each as a titled table without its empty columns.
std::vector<std::pair<std::string, Table>> NestedTables(const google::protobuf::Message& message,
                                                        const FieldStyle& style);

// For programs: one name per value, "amount.currency_code"; repeated messages are left out,
// repeated values joined by spaces, dates are ISO, durations like "259200s", bytes base64.
std::vector<std::string> FlatNames(const google::protobuf::Descriptor& type);
std::vector<std::string> FlatValues(const google::protobuf::Message& message);

// proto3 JSON with the proto's own field names, unset values included. Ends with a line end.
std::string JsonText(const google::protobuf::Message& message);

}  // namespace ch8::cli

#endif  // CH8_CLIENTS_CLI_FIELDS_H_
