#include "tests/sim/goods_auditor.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "tests/sim/broken.h"

namespace ch8::sim {
namespace {

using chapter8::logistics::v1::Item;
using chapter8::logistics::v1::LogisticsEvent;
using chapter8::logistics::v1::Receipt;
using chapter8::logistics::v1::SupplyOffer;

}  // namespace

absl::Status GoodsAuditor::Read(const std::string& origin, const chapter8::ledger::v1::Entry& entry,
                                Source source) {
  Ledger& ledger = ledgers_[origin];
  if (entry.has_domain_event()) {
    LogisticsEvent event;
    if (!event.ParseFromString(entry.domain_event())) return Broken("an event that does not parse");
    const absl::Status read = ReadEvent(ledger, event, source);
    if (!read.ok()) return read;
  }
  for (const auto& posting : entry.postings()) {
    const auto amount = static_cast<int64_t>(posting.amount());
    const Account& debit = ledger.accounts[posting.debit_account()];
    const Account& credit = ledger.accounts[posting.credit_account()];
    ledger.sums[{debit.item, debit.place}] -= amount;
    ledger.sums[{credit.item, credit.place}] += amount;
  }
  return absl::OkStatus();
}

absl::Status GoodsAuditor::ReadEvent(Ledger& ledger, const LogisticsEvent& event, Source source) {
  switch (event.kind_case()) {
    case LogisticsEvent::kItemCreated: {
      const Item& item = event.item_created().item();
      ledger.accounts[item.source_account()] = {item.name(), Place::kRecorded};
      ledger.accounts[item.adjusted_account()] = {item.name(), Place::kAdjusted};
      ledger.accounts[item.received_account()] = {item.name(), Place::kReceived};
      ledger.accounts[item.issued_account()] = {item.name(), Place::kIssued};
      ledger.accounts[item.claims_account()] = {item.name(), Place::kClaims};
      return absl::OkStatus();
    }
    case LogisticsEvent::kLotRecorded: {
      const auto& lot = event.lot_recorded().lot();
      ledger.accounts[lot.account()] = {lot.item(), Place::kLot};
      return absl::OkStatus();
    }
    case LogisticsEvent::kOfferRecorded: {
      const SupplyOffer& offer = event.offer_recorded().offer();
      if (offer.side() != SupplyOffer::GIVER) return absl::OkStatus();
      ledger.accounts[offer.staging_account()] = {offer.item(), Place::kStaging};
      ledger.accounts[offer.transit_account()] = {offer.item(), Place::kTransit};
      return absl::OkStatus();
    }
    case LogisticsEvent::kConsignmentRecorded: {
      const auto& consignment = event.consignment_recorded().consignment();
      ledger.items[consignment.name()] = consignment.item();
      if (source == Source::kOwn) ledger.dispatched[consignment.name()] = consignment.quantity();
      return absl::OkStatus();
    }
    case LogisticsEvent::kReceiptRecorded:
      return ReadReceipt(ledger, event.receipt_recorded().receipt(), source);
    default:
      return absl::OkStatus();
  }
}

absl::Status GoodsAuditor::ReadReceipt(Ledger& ledger, const Receipt& receipt, Source source) {
  const Counted counted{.good = receipt.good(),
                        .damaged = receipt.damaged(),
                        .short_of = receipt.short_(),
                        .over = receipt.over()};
  auto& counts = source == Source::kOwn ? ledger.counted : ledger.closed;
  if (!counts.emplace(receipt.consignment(), counted).second) {
    return Broken(receipt.consignment(), " is counted twice");
  }
  return absl::OkStatus();
}

int64_t GoodsAuditor::Sum(const Ledger& ledger, const std::string& item, Place place) {
  const auto sum = ledger.sums.find({item, place});
  return sum == ledger.sums.end() ? 0 : sum->second;
}

std::optional<GoodsAuditor::Counted> GoodsAuditor::CountOf(const std::string& consignment) const {
  for (const auto& [origin, ledger] : ledgers_) {
    const auto counted = ledger.counted.find(consignment);
    if (counted != ledger.counted.end()) return counted->second;
  }
  return std::nullopt;
}

absl::Status GoodsAuditor::CheckConsignments(const std::string& giver, const Ledger& ledger) const {
  for (const auto& [name, closed] : ledger.closed) {
    if (CountOf(name) != closed) {
      return Broken(giver, " has closed ", name, " otherwise than it was counted");
    }
  }
  for (const auto& [name, quantity] : ledger.dispatched) {
    const std::optional<Counted> counted = CountOf(name);
    if (!counted.has_value()) continue;
    if (counted->good + counted->damaged + counted->short_of != quantity) {
      return Broken(name, " was dispatched with ", quantity, ", and the count does not come to it");
    }
  }
  return absl::OkStatus();
}

absl::Status GoodsAuditor::Check() const {
  std::map<std::string, int64_t> surplus;  // By item: what stands somewhere less what came in.
  for (const auto& [origin, ledger] : ledgers_) {
    const absl::Status status = CheckConsignments(origin, ledger);
    if (!status.ok()) return status;
    std::set<std::string> items;
    for (const auto& [number, account] : ledger.accounts) items.insert(account.item);
    for (const std::string& item : items) {
      const auto sum = [&ledger = ledger, &item](Place place) { return Sum(ledger, item, place); };
      const int64_t here = sum(Place::kLot) + sum(Place::kStaging) + sum(Place::kTransit);
      const int64_t gone = sum(Place::kIssued) + sum(Place::kClaims);
      const int64_t came = -sum(Place::kRecorded) - sum(Place::kAdjusted) - sum(Place::kReceived);
      if (here + gone != came) {
        return Broken(origin, ": of ", item, " ", came, " came, and ", here + gone, " are there");
      }
      surplus[item] += here + sum(Place::kClaims) + sum(Place::kRecorded) + sum(Place::kAdjusted);
    }
    for (const auto& [name, counted] : ledger.counted) {
      surplus[ledger.items.at(name)] -= counted.over;
    }
    for (const auto& [name, quantity] : ledger.dispatched) {
      const std::optional<Counted> counted = CountOf(name);
      const bool named_twice = counted.has_value() && !ledger.closed.contains(name);
      if (named_twice) surplus[ledger.items.at(name)] -= counted->good + counted->damaged;
    }
  }
  for (const auto& [item, units] : surplus) {
    if (units != 0) return Broken(units, " units of ", item, " stand in two places, or in none");
  }
  return absl::OkStatus();
}

absl::Status GoodsAuditor::CheckAtRest() const {
  for (const auto& [origin, ledger] : ledgers_) {
    for (const auto& [name, quantity] : ledger.dispatched) {
      if (CountOf(name).has_value() && !ledger.closed.contains(name)) {
        return Broken(origin, ": ", name, " is counted, and in transit for ever");
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace ch8::sim
