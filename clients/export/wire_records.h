#ifndef CH8_CLIENTS_EXPORT_WIRE_RECORDS_H_
#define CH8_CLIENTS_EXPORT_WIRE_RECORDS_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace ch8::audit {

// One message somewhere in a payload, of whatever type: its strings and bytes.
struct WireRecord {
  std::string name;                 // Field 1, if it is one: by convention a resource's name.
  std::vector<std::string> fields;  // All of them, `name` included.
};

// All messages in a payload, outermost first, by the wire format alone: events and terms travel as
// bytes, and those of a service that came after this program are found like any other's. Bytes that
// can be read as a message count as one, which at worst adds records that name nothing.
//
// Thread safety: any thread.
std::vector<WireRecord> RecordsIn(absl::string_view payload);

}  // namespace ch8::audit

#endif  // CH8_CLIENTS_EXPORT_WIRE_RECORDS_H_
