#include "services/books/postings.h"

namespace ch8::books {
namespace {

chapter8::books::v1::Posting& AddPosting(const AccountPair& pair, kernel::Event& event) {
  chapter8::books::v1::Posting& posting = *event.entry.add_postings();
  posting.set_debit_account(pair.debit);
  posting.set_credit_account(pair.credit);
  return posting;
}

}  // namespace

void OpenAccount(const NewAccount& opened, kernel::Event& event) {
  chapter8::books::v1::AccountOpened& account = *event.entry.add_accounts();
  account.set_account(opened.account);
  account.set_unit(std::string(opened.unit));
  account.set_floor(opened.floor);
}

void Move(const AccountPair& pair, uint64_t quantity, kernel::Event& event) {
  AddPosting(pair, event).set_amount(quantity);
}

void OpenHold(const AccountPair& pair, uint64_t quantity, absl::string_view hold_id,
              kernel::Event& event) {
  chapter8::books::v1::Posting& posting = AddPosting(pair, event);
  posting.set_hold(quantity);
  posting.set_hold_id(std::string(hold_id));
}

void EndHold(const AccountPair& pair, const HoldEnd& end, kernel::Event& event) {
  chapter8::books::v1::Posting& posting = AddPosting(pair, event);
  posting.set_amount(end.moved);
  posting.set_release(end.held);
  posting.set_hold_id(end.hold_id);
}

}  // namespace ch8::books
