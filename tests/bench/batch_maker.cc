#include "tests/bench/batch_maker.h"

#include <cstring>
#include <random>

#include "absl/strings/str_format.h"
#include "chapter8/books/v1/posting.pb.h"

namespace ch8::bench {
namespace {

namespace v1 = chapter8::books::v1;

constexpr uint64_t kAmountMax = 10'000;

// The wire format of chapter8.books.v1.TransferRow, by hand.
void AppendVarint(uint64_t value, std::string& out) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void AppendField(uint32_t field, uint64_t value, std::string& out) {
  AppendVarint(field << 3, out);
  AppendVarint(value, out);
}

void AppendFixed64(uint32_t field, std::string& out) {
  AppendVarint(field << 3 | 1, out);
  out.append(8, '\0');
}

std::string RequestId(uint64_t caller, uint64_t made) {
  return absl::StrFormat("bench-%08x-%016x", caller, made);
}

}  // namespace

BatchMaker::BatchMaker(const Options& options) : caller_(options.caller) {
  std::mt19937_64 random(options.caller);
  std::uniform_real_distribution<> share;
  while (rows_ < options.rows) {
    Row row{.debit = share(random) < options.skew ? 0 : random() % options.accounts};
    row.credit = (row.debit + 1 + random() % (options.accounts - 1)) % options.accounts;
    row.debit += options.first_account;
    row.credit += options.first_account;
    row.amount = 1 + random() % kAmountMax;
    // Half as often, because each takes two rows.
    const bool held = share(random) * (2 - options.two_phase) < options.two_phase;
    if (held && rows_ + 2 <= options.rows) {
      row.kind = v1::TransferRow::HOLD;
      Add(row);
      row.kind = v1::TransferRow::POST_HELD;
    }
    Add(row);
    amount_ += row.amount;
  }
  const std::string request_id = RequestId(caller_, 0);
  AppendVarint(12 << 3 | 2, bytes_);
  AppendVarint(request_id.size(), bytes_);
  request_id_offset_ = bytes_.size();
  bytes_ += request_id;
}

void BatchMaker::Add(const Row& row) {
  std::string bytes;
  AppendFixed64(1, bytes);
  AppendFixed64(2, bytes);
  AppendField(3, row.debit, bytes);
  AppendField(4, row.credit, bytes);
  AppendField(5, row.amount, bytes);
  if (row.kind != v1::TransferRow::POST) AppendField(6, row.kind, bytes);
  const size_t hold = bytes.size();
  if (row.kind == v1::TransferRow::POST_HELD) {
    AppendFixed64(7, bytes);
    AppendFixed64(8, bytes);
  }
  AppendVarint(1 << 3 | 2, bytes_);
  AppendVarint(bytes.size(), bytes_);
  id_places_.push_back({.offset = bytes_.size() + 1, .row = rows_});
  if (hold < bytes.size()) {
    id_places_.push_back({.offset = bytes_.size() + hold + 1, .row = rows_ - 1});
  }
  bytes_ += bytes;
  ++rows_;
}

std::string BatchMaker::Next() {
  ++made_;
  std::string next = bytes_;
  for (const IdPlace& place : id_places_) {
    const uint64_t high = caller_ + 1;
    const uint64_t low = made_ << 16 | place.row;
    std::memcpy(next.data() + place.offset, &high, sizeof(high));
    std::memcpy(next.data() + place.offset + sizeof(high) + 1, &low, sizeof(low));
  }
  const std::string request_id = RequestId(caller_, made_);
  next.replace(request_id_offset_, request_id.size(), request_id);
  return next;
}

}  // namespace ch8::bench
