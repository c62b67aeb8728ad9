#include "services/finance/core/events.h"

namespace ch8::finance {
namespace {

chapter8::books::v1::Posting& AddPosting(const AccountPair& pair, kernel::Event& event) {
  chapter8::books::v1::Posting& posting = *event.entry.add_postings();
  posting.set_debit_account(pair.debit);
  posting.set_credit_account(pair.credit);
  return posting;
}

}  // namespace

kernel::Event DomainEvent(const chapter8::finance::v1::FinanceEvent& event) {
  kernel::Event logged;
  logged.entry.set_domain_event(event.SerializeAsString());
  return logged;
}

void OpenAccount(const NewAccount& opened, kernel::Event& event) {
  chapter8::books::v1::AccountOpened& account = *event.entry.add_accounts();
  account.set_account(opened.account);
  account.set_unit(std::string(opened.unit));
  account.set_floor(opened.floor);
}

void Move(const AccountPair& pair, uint64_t amount_minor, kernel::Event& event) {
  AddPosting(pair, event).set_amount(amount_minor);
}

void Hold(const AccountPair& pair, uint64_t amount_minor, absl::string_view hold_id,
          kernel::Event& event) {
  chapter8::books::v1::Posting& posting = AddPosting(pair, event);
  posting.set_hold(amount_minor);
  posting.set_hold_id(std::string(hold_id));
}

void EndHold(const AccountPair& pair, const HoldEnd& end, kernel::Event& event) {
  chapter8::books::v1::Posting& posting = AddPosting(pair, event);
  posting.set_amount(end.moved_minor);
  posting.set_release(end.held_minor);
  posting.set_hold_id(end.hold_id);
}

}  // namespace ch8::finance
