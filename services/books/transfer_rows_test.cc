#include "services/books/transfer_rows.h"

#include <gtest/gtest.h>

namespace ch8::books {
namespace {

using Record = v1::TransferRecord;

enum class Shown {
  kNothing,
  kReserved,
  kAccepted,
  kRejected,
  kExpired,
  kCancelled,
  kPosted,
  kDone
};
constexpr ResourceStates<Shown> kStates = {.reserved = Shown::kReserved,
                                           .accepted = Shown::kAccepted,
                                           .rejected = Shown::kRejected,
                                           .expired = Shown::kExpired,
                                           .cancelled = Shown::kCancelled,
                                           .posted = Shown::kPosted,
                                           .settled = Shown::kDone};

struct StateCase {
  Record::State state;
  uint64_t quantity_posted;
  v1::Void::Reason void_reason;
  uint64_t quantity_least;
  Shown expected;
};
class StateOfTest : public ::testing::TestWithParam<StateCase> {};

TEST_P(StateOfTest, ShowsWhatTheTransferCameTo) {
  Record record;
  record.set_state(GetParam().state);
  record.set_quantity_posted(GetParam().quantity_posted);
  record.set_void_reason(GetParam().void_reason);
  EXPECT_EQ(StateOf(record, kStates, GetParam().quantity_least), GetParam().expected);
}

constexpr v1::Void::Reason kNotVoided = v1::Void::REASON_UNSPECIFIED;
INSTANTIATE_TEST_SUITE_P(
    EveryEnd, StateOfTest,
    ::testing::Values(StateCase{Record::STATE_UNSPECIFIED, 0, kNotVoided, 1, Shown::kNothing},
                      StateCase{Record::RESERVED, 0, kNotVoided, 1, Shown::kReserved},
                      StateCase{Record::ACCEPTED, 0, kNotVoided, 1, Shown::kAccepted},
                      StateCase{Record::REJECTED, 0, kNotVoided, 1, Shown::kRejected},
                      StateCase{Record::POSTED, 60, kNotVoided, 1, Shown::kPosted},
                      StateCase{Record::POSTED, 60, kNotVoided, 60, Shown::kPosted},
                      // A lying giver posts less than all of what is shown only as a whole.
                      StateCase{Record::POSTED, 60, kNotVoided, 61, Shown::kCancelled},
                      StateCase{Record::VOIDED, 0, v1::Void::CANCELLED, 1, Shown::kCancelled},
                      StateCase{Record::VOIDED, 0, v1::Void::EXPIRED, 1, Shown::kExpired},
                      StateCase{Record::VOIDED, 0, v1::Void::REJECTED, 1, Shown::kRejected},
                      StateCase{Record::SETTLED, 60, kNotVoided, 60, Shown::kDone},
                      StateCase{Record::SETTLED, 60, kNotVoided, 61, Shown::kCancelled},
                      StateCase{Record::SETTLED, 0, v1::Void::EXPIRED, 1, Shown::kExpired}));

TEST(EndReasonTest, ARejectSaysMoreThanTheVoidItLedTo) {
  Record record;
  EXPECT_EQ(EndReason(record), "");
  record.set_void_reason(v1::Void::REJECTED);
  EXPECT_EQ(EndReason(record), "REJECTED");
  record.set_reject_reason(v1::Reject::RULES);
  EXPECT_EQ(EndReason(record), "RULES");
}

}  // namespace
}  // namespace ch8::books
