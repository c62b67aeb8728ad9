#include "services/books/rows.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/base/limits.h"
#include "storage/base/status_macros.h"

namespace ch8::books {
namespace {

enum WireType : uint32_t { kVarint = 0, kFixed64 = 1, kBytes = 2 };

// Reads protobuf's wire format off the front of a byte range. A short or overlong read yields
// false and the range is not used any further.
class WireReader {
 public:
  explicit WireReader(absl::string_view bytes)
      : next_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool done() const { return next_ == end_; }
  const char* position() const { return next_; }

  bool ReadVarint(uint64_t& value) {
    if (next_ == end_) return false;
    if (static_cast<signed char>(*next_) >= 0) {
      value = static_cast<uint8_t>(*next_++);
      return true;
    }
    return ReadLongVarint(value);
  }

  bool ReadFixed64(uint64_t& value) {
    if (end_ - next_ < 8) return false;
    std::memcpy(&value, next_, 8);
    next_ += 8;
    return true;
  }

  bool ReadBytes(absl::string_view& value) {
    uint64_t size = 0;
    if (!ReadVarint(size) || size > static_cast<uint64_t>(end_ - next_)) return false;
    value = absl::string_view(next_, size);
    next_ += size;
    return true;
  }

 private:
  bool ReadLongVarint(uint64_t& value) {
    uint64_t read = 0;
    for (uint32_t shift = 0; shift < 64; shift += 7) {
      if (next_ == end_) return false;
      const uint64_t byte = static_cast<uint8_t>(*next_++);
      if (shift == 63 && byte > 1) return false;
      read |= (byte & 0x7f) << shift;
      if (byte < 0x80) {
        value = read;
        return true;
      }
    }
    return false;
  }

  const char* next_;
  const char* end_;
};
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "fixed64 is read by memcpy");

constexpr uint32_t Key(uint32_t field, WireType type) { return field << 3 | type; }

// Why a row is malformed, or null.
const char* CheckFields(const Row& row) {
  if (row.id.is_zero()) return "the id is zero";
  const bool ends =
      row.kind == v1::TransferRow::POST_HELD || row.kind == v1::TransferRow::VOID_HELD;
  if (ends && row.hold_id.is_zero()) return "a row that ends a hold needs its id";
  if (!ends && !row.hold_id.is_zero()) return "only a row that ends a hold names one";
  return nullptr;
}

bool ReadUpTo(WireReader& reader, uint64_t limit, uint64_t& value) {
  return reader.ReadVarint(value) && value <= limit;
}

// Parses a row into `row`; returns why it is malformed, or null.
const char* ParseFields(absl::string_view bytes, Row& row) {
  WireReader reader(bytes);
  uint32_t seen = 0;
  while (!reader.done()) {
    uint64_t key = 0;
    if (!reader.ReadVarint(key)) return "it is truncated";
    if (key >> 3 == 0 || key >> 3 > 10) return "it has an unknown field";
    const uint32_t bit = 1u << (key >> 3);
    if ((seen & bit) != 0) return "it repeats a field";
    seen |= bit;
    uint64_t value = 0;
    bool good = false;
    switch (key) {
      case Key(1, kFixed64):
        good = reader.ReadFixed64(row.id.high);
        break;
      case Key(2, kFixed64):
        good = reader.ReadFixed64(row.id.low);
        break;
      case Key(3, kVarint):
        good = ReadUpTo(reader, UINT32_MAX, value);
        row.debit_account = static_cast<uint32_t>(value);
        break;
      case Key(4, kVarint):
        good = ReadUpTo(reader, UINT32_MAX, value);
        row.credit_account = static_cast<uint32_t>(value);
        break;
      case Key(5, kVarint):
        good = reader.ReadVarint(row.amount);
        break;
      case Key(6, kVarint):
        good = ReadUpTo(reader, v1::TransferRow::VOID_HELD, value);
        row.kind = static_cast<uint8_t>(value);
        break;
      case Key(7, kFixed64):
        good = reader.ReadFixed64(row.hold_id.high);
        break;
      case Key(8, kFixed64):
        good = reader.ReadFixed64(row.hold_id.low);
        break;
      case Key(9, kVarint):
        good = ReadUpTo(reader, 1, value);
        row.linked = value == 1;
        break;
      case Key(10, kVarint):
        good = ReadUpTo(reader, UINT32_MAX, value);
        break;
      default:
        return "a field has the wrong wire type";
    }
    if (!good) return "a value is truncated or out of range";
  }
  return CheckFields(row);
}

absl::Status RowError(size_t position, absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("row ", position, ": ", why));
}

absl::Status AddRow(absl::string_view bytes, ParsedBatch& batch) {
  const size_t position = batch.rows.size();
  if (position == kBatchRowsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("row ", position, ": a request has at most ", kBatchRowsMax, " rows"));
  }
  // The longest row there can be: ten fields, each once, with the longest varints.
  constexpr size_t kRowSizeMax = 10 + 4 * 8 + 6 * 10 + 10 * 9;
  if (bytes.size() > kRowSizeMax) return RowError(position, "it is too long");
  Row& row = batch.rows.emplace_back();
  if (const char* why = ParseFields(bytes, row)) return RowError(position, why);
  row.offset = static_cast<uint32_t>(bytes.data() - batch.bytes.data());
  row.size_bytes = static_cast<uint16_t>(bytes.size());
  return absl::OkStatus();
}

// Reads one field of the request, key included.
absl::Status ReadRequestField(WireReader& reader, ParsedBatch& batch) {
  uint64_t key = 0;
  absl::string_view value;
  if (!reader.ReadVarint(key)) return RowError(batch.rows.size(), "the request is truncated");
  absl::string_view* text = nullptr;
  switch (key) {
    case Key(1, kBytes):
      if (!reader.ReadBytes(value)) return RowError(batch.rows.size(), "it is truncated");
      return AddRow(value, batch);
    case Key(12, kBytes):
      text = &batch.request_id;
      break;
    case Key(13, kBytes):
      text = &batch.post;
      break;
    default:
      return RowError(batch.rows.size(), "the request has an unknown field or wire type there");
  }
  if (text->data() != nullptr) return absl::InvalidArgumentError("the request repeats a field");
  if (!reader.ReadBytes(*text)) return absl::InvalidArgumentError("the request is truncated");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Row> ParseRow(absl::string_view bytes) {
  Row row;
  if (const char* why = ParseFields(bytes, row)) return absl::InvalidArgumentError(why);
  row.size_bytes = static_cast<uint16_t>(bytes.size());
  return row;
}

absl::StatusOr<ParsedBatch> ParseRows(absl::string_view request) {
  if (request.size() > kCommitBytesMax) {
    return absl::InvalidArgumentError("the request is too long");
  }
  ParsedBatch batch;
  batch.bytes = request;
  // A row is seldom below 32 bytes; one that is makes the vector grow.
  batch.rows.reserve(std::min(kBatchRowsMax, request.size() / 32 + 1));
  WireReader reader(request);
  while (!reader.done()) RETURN_IF_ERROR(ReadRequestField(reader, batch));
  if (batch.rows.empty()) return absl::InvalidArgumentError("the request has no rows");
  if (batch.rows.back().linked) {
    return RowError(batch.rows.size() - 1, "the last row cannot be linked to a next one");
  }
  return batch;
}

absl::StatusOr<ParsedBatch> PrepareBatch(absl::string_view request, const PrepareParts& parts,
                                         const IdIndex& older_ids) {
  ASSIGN_OR_RETURN(ParsedBatch batch, ParseRows(request));
  batch.entries.reserve(batch.rows.size());
  for (size_t i = 0; i < batch.rows.size(); ++i) {
    batch.entries.push_back(MakeEntry(parts.log_id, parts.request_salt,
                                      {.entry_class = EntryClass::kTransfer,
                                       .tag = {},
                                       .row = static_cast<uint32_t>(i + 1),
                                       .payload = batch.payload(batch.rows[i])}));
  }
  RETURN_IF_ERROR(FindOlderIds(older_ids, batch));
  return batch;
}

}  // namespace ch8::books
