#include "tests/sim/bookkeepers.h"

#include "absl/strings/str_cat.h"
#include "chapter8/books/v1/transfer_service.pb.h"

namespace ch8::sim {
namespace {

namespace v1 = chapter8::books::v1;
using v1::TransferRow;

constexpr int64_t kRowsMax = 6;
constexpr int64_t kAmountMax = 400;

}  // namespace

std::string Bookkeepers::NextRequestId() { return absl::StrCat("rows-", ++calls_); }

Call Bookkeepers::Open(uint32_t count, v1::AccountOpened::Floor floor) {
  v1::OpenAccountsRequest request;
  request.set_count(count);
  request.set_unit("USD");
  request.set_floor(floor);
  request.set_request_id(NextRequestId());
  return {.officer = "bookkeeper",
          .method = "TransferService/OpenAccounts",
          .request = request.SerializeAsString(),
          .request_id = request.request_id(),
          .random = std::string(random_.NextHash().view().substr(0, 16))};
}

std::vector<Call> Bookkeepers::FirstCalls() {
  return {Open(1, v1::AccountOpened::NONE), Open(3, v1::AccountOpened::CREDIT_BALANCE)};
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
    const TransferRow& hold = random_.PickOf(known.holds);
    row.set_kind(random_.OneIn(2) ? TransferRow::POST_HELD : TransferRow::VOID_HELD);
    row.set_debit_account(hold.debit_account());
    row.set_credit_account(hold.credit_account());
    row.set_hold_id_high(hold.id_high());
    row.set_hold_id_low(hold.id_low());
    if (row.kind() == TransferRow::POST_HELD) row.set_amount(hold.amount());
    return row;
  }
  // The account without a floor is the first, and mostly pays.
  row.set_debit_account(random_.OneIn(2) ? known.accounts.front() : random_.PickOf(known.accounts));
  row.set_credit_account(random_.PickOf(known.accounts));
  row.set_amount(1 + static_cast<uint64_t>(random_.Pick(kAmountMax)));
  if (random_.OneIn(3)) {
    row.set_kind(TransferRow::HOLD);
    known.holds.push_back(row);
  }
  return row;
}

Call Bookkeepers::Any(const std::string& organization) {
  Known& known = known_[organization];
  if (known.accounts.empty()) return Open(1, v1::AccountOpened::NONE);
  v1::PostTransfersRequest request;
  const int64_t count = 1 + random_.Pick(kRowsMax);
  for (int64_t i = 0; i < count; ++i) {
    TransferRow& row = *request.add_rows();
    row = AnyRow(known);
    row.set_linked(i + 1 < count && random_.OneIn(2));
  }
  request.set_request_id(NextRequestId());
  return {.officer = "bookkeeper",
          .method = "TransferService/PostTransfers",
          .request = request.SerializeAsString(),
          .request_id = request.request_id(),
          .random = {}};
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
