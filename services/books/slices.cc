#include "services/books/slices.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "services/books/transfer_rows.h"
#include "services/kernel/mandate_facts.h"
#include "services/kernel/names.h"
#include "services/kernel/refusal.h"
#include "storage/base/check.h"
#include "storage/base/hash.h"
#include "storage/base/status_macros.h"

namespace ch8::books {
namespace {

using chapter8::books::v1::AccountOpened;
using chapter8::ledger::v1::Delivery;
using chapter8::mandate::v1::Delegation;
using chapter8::mandate::v1::SliceAccounts;
using chapter8::mandate::v1::SliceTerms;

constexpr absl::string_view kCollection = "sliceAccounts/";
// Of a transfer or a hold.
constexpr size_t kIdSize = 16;
constexpr size_t kReturnsMax = 256;
// Mandate is this organization's own and answers by itself: a return waits, it does not run out.
constexpr int64_t kHoldSeconds = int64_t{366} * 24 * 3600;

std::string NameOf(absl::string_view delegation, absl::string_view unit) {
  return absl::StrCat(kCollection, kernel::IdOf(delegation), "/", unit);
}

std::string MandateOrigin(const kernel::Context& context) {
  return absl::StrCat(context.trust_domain, "/ch8/mandate");
}

// Mandate gives nothing but slices, to own ledgers only, and gets nothing but what they have left.
bool IsMandateOrigin(absl::string_view origin) { return absl::EndsWith(origin, "/ch8/mandate"); }

std::optional<SliceTerms> TermsOf(const v1::TransferStep& step) {
  SliceTerms terms;
  if (!terms.ParseFromString(step.reserve().terms()) || terms.unit().empty() ||
      !kernel::CheckName(terms.delegation(), "delegations/*", "delegation").ok()) {
    return std::nullopt;
  }
  return terms;
}

// The accounts of the slice: those there are, or new ones that `event` opens.
SliceAccounts AccountsFor(const SliceTerms& terms, const kernel::State& state,
                          kernel::Event& event) {
  if (auto known = FindSlice(state.rows, terms.delegation(), terms.unit())) return *known;
  const uint32_t first = state.accounts.next_account();
  OpenAccount({first, terms.unit(), AccountOpened::CREDIT_BALANCE}, event);
  OpenAccount({first + 1, terms.unit(), AccountOpened::NONE}, event);
  OpenAccount({first + 2, terms.unit(), AccountOpened::NONE}, event);
  SliceAccounts opened;
  opened.set_account(first);
  opened.set_source_account(first + 1);
  opened.set_used_account(first + 2);
  return opened;
}

// Ids are used once in a ledger: not the transfer's own.
std::string HoldIdOf(const SliceHold& hold) {
  const Hash digest = Sha256({"chapter8/", hold.service, "/slice-hold/v1\n", hold.transfer_id});
  return std::string(digest.view().substr(0, kIdSize));
}

// What is left of a slice goes back. Its id is used once here and once at the mandate ledger, to
// which other ledgers return slices of the same delegation, and nobody may guess it and be first.
absl::StatusOr<OwnStep> ReserveOfReturn(const kernel::Context& context, const SliceAccounts& slice,
                                        uint64_t quantity) {
  Check(!context.random.empty(), "what is due without random bytes");
  const Hash digest =
      Sha256({"chapter8/books/slice-return/v1\n", context.random, "\n", slice.name()});
  SliceTerms terms;
  terms.set_delegation(slice.delegation());
  terms.set_unit(slice.unit());
  return DecideReserve({.transfer_id = std::string(digest.view().substr(0, kIdSize)),
                        .giver_origin = context.origin,
                        .receiver_origin = MandateOrigin(context),
                        .terms = terms.SerializeAsString(),
                        .quantity = quantity,
                        .quantity_min = quantity,
                        .hold_duration_s = kHoldSeconds,
                        .accounts = {.debit = slice.account(), .credit = slice.source_account()}});
}

kernel::Verdict Refused(absl::string_view reason) {
  return {.verdict = Delivery::REFUSE, .reason = std::string(reason), .events = {}};
}

}  // namespace

std::optional<SliceAccounts> FindSlice(const kernel::RowReader& rows, absl::string_view delegation,
                                       absl::string_view unit) {
  return kernel::TableReader<SliceAccounts>(rows).Find(NameOf(delegation, unit));
}

bool IsSliceStep(const kernel::Context& context, const kernel::Delivered& delivered) {
  return delivered.entry.has_step() && delivered.origin == MandateOrigin(context);
}

kernel::Verdict DecideSliceDelivery(const kernel::Context& context,
                                    const kernel::Delivered& delivered,
                                    const kernel::State& state) {
  StepDelivery delivery = DecideStepDelivery(context, delivered, state.rows);
  if (delivery.accepts) {
    const absl::StatusOr<OwnStep> post =
        DecidePost(delivery.after, delivery.after.quantity_accepted());
    if (post.ok()) delivery.verdict.events.push_back(StepEvent(*post, context.trust_domain));
  }
  if (!delivery.opens) return delivery.verdict;
  const std::optional<SliceTerms> terms = TermsOf(delivered.entry.step());
  if (!terms.has_value()) return Refused("BAD_TERMS");
  const SliceAccounts accounts = AccountsFor(*terms, state, delivery.verdict.events.front());
  const absl::StatusOr<OwnStep> accept =
      DecideAccept(delivery.after, delivered.entry.step().reserve().quantity(),
                   {.debit = accounts.source_account(), .credit = accounts.account()});
  if (!accept.ok()) return Refused("BAD_TERMS");
  delivery.verdict.events.push_back(StepEvent(*accept, context.trust_domain));
  return delivery.verdict;
}

std::vector<kernel::Event> DecideSliceReturns(const kernel::Context& context,
                                              const kernel::State& state) {
  std::vector<kernel::Event> events;
  kernel::TableReader<SliceAccounts>(state.rows).Scan(kCollection, "", [&](const auto& slice) {
    const auto delegation = kernel::FindDelegation(state.rows, slice.delegation());
    const auto balance = state.accounts.Find(slice.account());
    if (!delegation.has_value() || !kernel::IsEnded(*delegation) || !balance.ok() ||
        balance->available() <= 0) {
      return true;
    }
    const absl::StatusOr<OwnStep> reserve =
        ReserveOfReturn(context, slice, static_cast<uint64_t>(balance->available()));
    if (reserve.ok()) events.push_back(StepEvent(*reserve, context.trust_domain));
    return events.size() < kReturnsMax;
  });
  return events;
}

bool ApplySliceStep(const kernel::Applied& applied, kernel::Rows& rows) {
  const bool own = applied.entry.has_step();
  const v1::TransferStep& step = own ? applied.entry.step() : applied.entry.peer_step();
  if (!IsMandateOrigin(step.giver_origin()) && !IsMandateOrigin(step.receiver_origin())) {
    return false;
  }
  if (!own && step.has_reserve() && applied.entry.accounts_size() == 3) {
    const std::optional<SliceTerms> terms = TermsOf(step);
    if (terms.has_value()) {
      SliceAccounts opened;
      opened.set_name(NameOf(terms->delegation(), terms->unit()));
      opened.set_delegation(terms->delegation());
      opened.set_unit(terms->unit());
      opened.set_account(applied.entry.accounts(0).account());
      opened.set_source_account(applied.entry.accounts(1).account());
      opened.set_used_account(applied.entry.accounts(2).account());
      kernel::PutRow(rows, opened);
    }
  }
  ApplyStepEntry(applied, {}, rows);
  return true;
}

absl::StatusOr<SliceAccounts> SliceToSpend(const kernel::Context& context,
                                           const SliceSpending& spending,
                                           const kernel::State& state) {
  ASSIGN_OR_RETURN(const Delegation delegation,
                   kernel::DelegationInForce(context, state.rows, spending.delegation));
  RETURN_IF_ERROR(kernel::CheckDelegate(context, delegation, spending.operation));
  const std::string instead = absl::StrCat("ch8 delegation show ", kernel::IdOf(delegation.name()));
  auto slice = FindSlice(state.rows, spending.delegation, spending.unit);
  if (!slice.has_value()) {
    return kernel::NotNow(
        "NO_SLICE",
        absl::StrCat("no ", spending.unit, " of ", spending.delegation,
                     " is allotted to this ledger"),
        {{"rule", "A-2"}, {"unit", std::string(spending.unit)}, {"instead", instead}});
  }
  ASSIGN_OR_RETURN(const kernel::Balance balance, state.accounts.Find(slice->account()));
  if (static_cast<int64_t>(spending.quantity) <= balance.available()) return *std::move(slice);
  return kernel::NotNow(
      "OVER_CEILING",
      absl::StrCat("the slice of ", spending.delegation, " in this ledger has ",
                   balance.available(), " ", spending.unit, " left, less than ", spending.quantity),
      {{"rule", "A-2"},
       {"available", absl::StrCat(balance.available())},
       {"wanted", absl::StrCat(spending.quantity)},
       {"unit", std::string(spending.unit)},
       {"instead", instead}});
}

void HoldSlice(const SliceHold& hold, kernel::Event& event) {
  if (hold.accounts.debit == 0) return;
  OpenHold(hold.accounts, hold.quantity, HoldIdOf(hold), event);
}

void EndSliceHold(const SliceHold& hold, uint64_t moved, kernel::Event& event) {
  if (hold.accounts.debit == 0) return;
  EndHold(hold.accounts, {.hold_id = HoldIdOf(hold), .held = hold.quantity, .moved = moved}, event);
}

}  // namespace ch8::books
