#include "tests/sim/bookkeepers.h"

#include "chapter8/books/v1/transfer_service.pb.h"

namespace ch8::sim {
namespace {

namespace v1 = chapter8::books::v1;
using v1::TransferRow;

constexpr int64_t kRowsMax = 6;
constexpr int64_t kAmountMax = 400;
// Those of funds, of slices, and some that nobody has opened.
constexpr int64_t kAnyAccountMax = 60;

}  // namespace

Call Bookkeepers::Open(const std::string& unit, uint32_t count, v1::AccountOpened::Floor floor) {
  v1::OpenAccountsRequest request;
  request.set_count(count);
  request.set_unit(unit);
  request.set_floor(floor);
  return caller_.CallOf("bookkeeper", "TransferService/OpenAccounts", request);
}

std::vector<Call> Bookkeepers::FirstCalls() {
  return {Open("USD", 1, v1::AccountOpened::NONE),
          Open("USD", 3, v1::AccountOpened::CREDIT_BALANCE),
          Open("EUR", 1, v1::AccountOpened::NONE)};
}

uint32_t Bookkeepers::AnyAccount(const Known& known) {
  if (random_.OneIn(40)) return static_cast<uint32_t>(random_.Pick(kAnyAccountMax));
  // The last one has another unit.
  const auto in_dollars = static_cast<int64_t>(known.accounts.size()) - 1;
  return random_.OneIn(20) ? known.accounts.back()
                           : known.accounts[static_cast<size_t>(random_.Pick(in_dollars))];
}

// Of POST_HELD and VOID_HELD: mostly as the hold was opened.
void Bookkeepers::EndHold(const TransferRow& hold, TransferRow& row) {
  const bool posts = random_.OneIn(2);
  const bool swapped = random_.OneIn(10);
  row.set_kind(posts ? TransferRow::POST_HELD : TransferRow::VOID_HELD);
  row.set_debit_account(swapped ? hold.credit_account() : hold.debit_account());
  row.set_credit_account(swapped ? hold.debit_account() : hold.credit_account());
  row.set_hold_id_high(hold.id_high());
  row.set_hold_id_low(hold.id_low());
  const auto amount = static_cast<int64_t>(hold.amount());
  if (posts) row.set_amount(static_cast<uint64_t>(random_.Pick(amount + 2)));
}

TransferRow Bookkeepers::AnyRow(Known& known) {
  TransferRow row;
  const bool again = !known.ids.empty() && random_.OneIn(12);
  const RowId fresh = {static_cast<uint64_t>(random_.Pick(kAmountMax)) + 1, known.ids.size() + 1};
  const RowId id = again ? random_.PickOf(known.ids) : fresh;
  if (!again) known.ids.push_back(id);
  row.set_id_high(id.first);
  row.set_id_low(id.second);
  if (!known.holds.empty() && random_.OneIn(4)) {
    EndHold(random_.PickOf(known.holds), row);
    return row;
  }
  // The account without a floor is the first, and mostly pays.
  row.set_debit_account(random_.OneIn(3) ? AnyAccount(known) : known.accounts.front());
  row.set_credit_account(AnyAccount(known));
  if (row.credit_account() == row.debit_account()) row.set_credit_account(AnyAccount(known));
  row.set_amount(static_cast<uint64_t>(random_.Pick(kAmountMax)));
  if (random_.OneIn(3)) {
    row.set_kind(TransferRow::HOLD);
    known.holds.push_back(row);
  }
  return row;
}

Call Bookkeepers::Any(const std::string& organization) {
  Known& known = known_[organization];
  if (known.accounts.size() < 2) return Open("USD", 1, v1::AccountOpened::NONE);
  v1::PostTransfersRequest request;
  const int64_t count = 1 + random_.Pick(kRowsMax);
  for (int64_t i = 0; i < count; ++i) {
    TransferRow& row = *request.add_rows();
    row = AnyRow(known);
    row.set_linked(i + 1 < count && random_.OneIn(2));
  }
  return caller_.CallOf("bookkeeper", "TransferService/PostTransfers", request);
}

void Bookkeepers::Learn(const std::string& organization, const Answer& answer) {
  if (!answer.status.ok() || answer.call.method != "TransferService/OpenAccounts") return;
  v1::OpenAccountsResponse opened;
  opened.ParseFromString(answer.reply);
  for (uint32_t i = 0; i < opened.count(); ++i) {
    known_[organization].accounts.push_back(opened.first_account() + i);
  }
}

}  // namespace ch8::sim
