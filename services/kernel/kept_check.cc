#include "services/kernel/kept_check.h"

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "chapter8/ledger/v1/answer.pb.h"
#include "services/kernel/entry_form.h"
#include "services/kernel/execute.h"
#include "services/kernel/rows.h"
#include "storage/base/bytes.h"
#include "storage/base/status_macros.h"

namespace ch8::kernel {
namespace {

using chapter8::ledger::v1::Answer;
using chapter8::ledger::v1::Delivery;
using chapter8::ledger::v1::ParkedEntry;
using chapter8::ledger::v1::Request;

// One run over one ledger.
class KeptRows {
 public:
  explicit KeptRows(const Ledger& ledger)
      : ledger_(ledger), snapshot_(ledger.TakeSnapshot()), rows_(*snapshot_) {}

  absl::StatusOr<KeptCheck> Run() {
    time_ = NewestTime(rows_);
    ReadAnswers();
    RETURN_IF_ERROR(ReadLog());
    if (!answers_.empty()) {
      Differs("answer ", answers_.begin()->second.key, " is of no request in the log");
    }
    CompareForgetKeys();
    CompareCursors();
    CompareParked();
    RETURN_IF_ERROR(rows_.status());
    return std::move(result_);
  }

 private:
  struct Kept {
    std::string key;
    Answer answer;  // Without what cannot be checked.
  };
  using Parked = std::map<std::string, Delivery>;  // By key.

  template <typename... Parts>
  void Differs(const Parts&... parts) {
    if (!result_.difference.has_value()) {
      result_.difference = absl::CEscape(absl::StrCat(parts...));
    }
  }

  void ReadAnswers() {
    rows_.Scan(Table::kAnswers, "a/", "", [&](absl::string_view key, absl::string_view value) {
      Kept kept{.key = std::string(key), .answer = {}};
      if (!kept.answer.ParseFromArray(value.data(), static_cast<int>(value.size()))) {
        Differs("answer ", key, " does not parse");
        return false;
      }
      kept.answer.clear_reply();
      kept.answer.clear_refusal_status();
      ++forget_keys_expected_;
      if (!rows_.Get(Table::kAnswers, ForgetKey(kept.answer.not_after_us(), key)).has_value()) {
        Differs("answer ", key, " would never be forgotten");
      }
      const uint64_t index = kept.answer.receipt().index();
      if (!answers_.emplace(index, std::move(kept)).second) {
        Differs("answer ", key, " is of a request that has another answer");
      }
      return true;
    });
  }

  absl::Status ReadLog() {
    return ledger_.ReadEntries(0, snapshot_->size(), [&](const ch8::Entry& stored) {
      if (stored.row != 0) return true;
      chapter8::ledger::v1::Entry entry;
      if (!entry.ParseFromArray(stored.payload.data(), static_cast<int>(stored.payload.size()))) {
        Differs("entry ", stored.index, " does not parse");
      } else if (entry.has_request()) {
        TakeRequest(stored, entry.request());
      }
      return !result_.difference.has_value();
    });
  }

  void TakeRequest(const ch8::Entry& stored, const Request& request) {
    const absl::Time time = absl::FromUnixMicros(request.time_us());
    if (time > time_) Differs("the newest time is before entry ", stored.index);
    if (request.has_delivery()) TakeDelivery(request.delivery());
    const auto found = answers_.find(stored.index);
    if (found == answers_.end()) {
      const bool due = !request.request_id().empty() && time + kAnswerLife >= time_;
      if (due) Differs("the answer to entry ", stored.index, " is missing");
      return;
    }
    const auto& [key, answer] = found->second;
    const bool same =
        absl::EndsWith(key, absl::StrCat("/", request.caller(), "/", request.request_id())) &&
        answer.method() == request.method() &&
        answer.request_digest() == request.request_digest() &&
        absl::FromUnixMicros(answer.not_after_us()) >= time + kAnswerLife &&
        answer.receipt().origin() == ledger_.origin() &&
        answer.receipt().leaf_hash() == EntryLeafHash(ledger_.log_id(), stored).view();
    if (!same) Differs("answer ", key, " is not of entry ", stored.index, ", which it names");
    answers_.erase(found);
  }

  void TakeDelivery(const Delivery& delivery) {
    const std::string key = ParkedKey(delivery.origin(), delivery.number());
    if (delivery.verdict() == Delivery::DEFER) {
      parked_[key] = delivery;
    } else if (parked_.erase(key) > 0) {
      return;  // One of before, decided again.
    }
    result_.last_deliveries[delivery.origin()] = delivery;
  }

  void CompareForgetKeys() {
    uint64_t count = 0;
    rows_.Scan(Table::kAnswers, "x/", "", [&](absl::string_view, absl::string_view) {
      ++count;
      return true;
    });
    if (count != forget_keys_expected_) Differs("answers are to be forgotten that there are not");
  }

  void CompareCursors() {
    size_t count = 0;
    rows_.Scan(
        Table::kPeer, kCursorPrefix, "", [&](absl::string_view key, absl::string_view value) {
          ++count;
          const auto last =
              result_.last_deliveries.find(std::string(absl::StripPrefix(key, kCursorPrefix)));
          const uint64_t number = last == result_.last_deliveries.end() ? 0 : last->second.number();
          if (value != KeyU64(number)) Differs("row ", key, " is not what the log gives: ", number);
          return true;
        });
    if (count != result_.last_deliveries.size()) Differs("a row ", kCursorPrefix, " is missing");
  }

  void CompareParked() {
    rows_.Scan(
        Table::kPeer, kParkedPrefix, "", [&](absl::string_view key, absl::string_view value) {
          const auto found = parked_.find(std::string(key));
          ParkedEntry kept;
          if (found == parked_.end() ||
              !kept.ParseFromArray(value.data(), static_cast<int>(value.size())) ||
              kept.origin() != found->second.origin() || kept.index() != found->second.index() ||
              kept.leaf_hash() != found->second.leaf_hash() ||
              kept.checkpoint_size() != found->second.checkpoint_size()) {
            Differs("row ", key, " is not what the log gives");
            return false;
          }
          parked_.erase(found);
          return true;
        });
    if (!parked_.empty()) Differs("row ", parked_.begin()->first, " is missing");
  }

  const Ledger& ledger_;
  const std::unique_ptr<Snapshot> snapshot_;
  const SnapshotRows rows_;
  absl::Time time_;
  std::map<uint64_t, Kept> answers_;  // By the index of their request; those not seen yet.
  uint64_t forget_keys_expected_ = 0;
  Parked parked_;
  KeptCheck result_;
};

}  // namespace

absl::StatusOr<KeptCheck> CheckKept(const Ledger& ledger) { return KeptRows(ledger).Run(); }

}  // namespace ch8::kernel
