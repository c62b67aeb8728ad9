#include "clients/export/wire_records.h"

#include <utility>

#include "google/protobuf/unknown_field_set.h"

namespace ch8::audit {
namespace {

using google::protobuf::UnknownField;
using google::protobuf::UnknownFieldSet;

// Deeper than any message of ours, and few enough for any stack.
constexpr int kDepthMax = 20;

void AddRecords(const UnknownFieldSet& fields, int depth, std::vector<WireRecord>& records) {
  const size_t at = records.size();
  records.emplace_back();
  for (int i = 0; i < fields.field_count(); ++i) {
    const UnknownField& field = fields.field(i);
    if (field.type() != UnknownField::TYPE_LENGTH_DELIMITED) continue;
    const std::string& bytes = field.length_delimited();
    if (field.number() == 1) records[at].name = bytes;
    records[at].fields.push_back(bytes);
    UnknownFieldSet inner;
    if (depth < kDepthMax && !bytes.empty() && inner.ParseFromString(bytes)) {
      AddRecords(inner, depth + 1, records);
    }
  }
}

}  // namespace

std::vector<WireRecord> RecordsIn(absl::string_view payload) {
  std::vector<WireRecord> records;
  UnknownFieldSet fields;
  if (fields.ParseFromString(std::string(payload))) AddRecords(fields, 0, records);
  return records;
}

}  // namespace ch8::audit
