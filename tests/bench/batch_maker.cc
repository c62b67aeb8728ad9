#include "tests/bench/batch_maker.h"

#include <cstring>
#include <random>

#include "absl/strings/str_format.h"

namespace ch8::bench {
namespace {

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
  for (uint32_t i = 0; i < options.rows; ++i) {
    const bool skewed = std::uniform_real_distribution<>()(random) < options.skew;
    const uint64_t debit = skewed ? 0 : random() % options.accounts;
    const uint64_t credit = (debit + 1 + random() % (options.accounts - 1)) % options.accounts;
    const uint64_t amount = 1 + random() % kAmountMax;
    std::string row;
    AppendFixed64(1, row);
    AppendFixed64(2, row);
    AppendField(3, options.first_account + debit, row);
    AppendField(4, options.first_account + credit, row);
    AppendField(5, amount, row);
    AppendVarint(1 << 3 | 2, bytes_);
    AppendVarint(row.size(), bytes_);
    id_offsets_.push_back(bytes_.size() + 1);
    bytes_ += row;
    amount_ += amount;
  }
  const std::string request_id = RequestId(caller_, 0);
  AppendVarint(12 << 3 | 2, bytes_);
  AppendVarint(request_id.size(), bytes_);
  request_id_offset_ = bytes_.size();
  bytes_ += request_id;
}

std::string BatchMaker::Next() {
  ++made_;
  std::string next = bytes_;
  for (size_t i = 0; i < id_offsets_.size(); ++i) {
    const uint64_t high = caller_ + 1;
    const uint64_t low = made_ << 16 | i;
    std::memcpy(next.data() + id_offsets_[i], &high, sizeof(high));
    std::memcpy(next.data() + id_offsets_[i] + sizeof(high) + 1, &low, sizeof(low));
  }
  const std::string request_id = RequestId(caller_, made_);
  next.replace(request_id_offset_, request_id.size(), request_id);
  return next;
}

}  // namespace ch8::bench
