#ifndef CH8_CLIENTS_VERIFY_TRANSFER_CHECK_H_
#define CH8_CLIENTS_VERIFY_TRANSFER_CHECK_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "clients/verify/books_model.h"
#include "clients/verify/log_entry.h"

namespace ch8::verify {

// The two-sided transfer (ledger.md §4) as one log tells it: every step of our own rests on what
// must come before it, names the other side's step that was delivered here and no other, and moves
// in the books exactly what it says.
//
//   giver     RESERVE ------------------ POST or VOID ------------ SETTLED
//   receiver            ACCEPT or REJECT --------------- MIRROR
//
// That a step is not taken twice, the tags show (RequestCheck).
//
// Thread safety: none.
class TransferCheck {
 public:
  explicit TransferCheck(std::string origin) : origin_(std::move(origin)) {}

  // The next entry, which `books` have taken already; `request` is the one that it belongs to.
  // Errors: a refusal naming the entry.
  absl::Status Take(const LogEntry& entry, const chapter8::ledger::v1::Request& request,
                    const BooksModel& books);

  // Transfers that were posted here.
  uint64_t posted() const { return posted_; }

 private:
  using Step = chapter8::books::v1::TransferStep;
  using Reference = chapter8::books::v1::StepReference;

  // A step, with the place where it stands in the log of whoever took it.
  struct Placed {
    Reference reference;
    Step step;
  };
  struct Transfer {
    std::optional<Placed> reserve;  // Ours, or the giver's.
    int64_t reserve_time_us = 0;
    std::optional<Placed> own_answer;
    std::optional<Placed> own_terminal;
    std::vector<Placed> answers;  // Delivered and accepted here, as the three below.
    std::vector<Placed> terminals;
    std::vector<Placed> mirrors;
  };
  // One own step on its way through the checks.
  struct Own {
    const LogEntry& entry;
    const Step& step;
    int64_t time_us = 0;
    Transfer& transfer;
    const BooksModel& books;
  };

  absl::Status TakePeerStep(const LogEntry& entry, const chapter8::ledger::v1::Request& request,
                            Transfer& transfer);
  absl::Status TakeOwnStep(const Own& own);
  absl::Status TakeReserve(const Own& own);
  absl::Status TakeAnswer(const Own& own);
  absl::Status TakePost(const Own& own);
  absl::Status TakeVoid(const Own& own);
  absl::Status TakeMirror(const Own& own);
  absl::Status TakeSettled(const Own& own);

  absl::Status CheckHeld(const Own& own, uint64_t quantity) const;
  absl::Status CheckEnded(const Own& own, uint64_t moved) const;
  absl::Status Refuse(uint64_t index, absl::string_view what) const;

  const std::string origin_;
  uint64_t posted_ = 0;
  std::map<std::pair<std::string, std::string>, Transfer> transfers_;  // By giver and id.
};

}  // namespace ch8::verify

#endif  // CH8_CLIENTS_VERIFY_TRANSFER_CHECK_H_
