#ifndef CH8_SERVICES_LOGISTICS_CORE_TEST_SCENARIO_H_
#define CH8_SERVICES_LOGISTICS_CORE_TEST_SCENARIO_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/logistics/v1/consignment_service.pb.h"
#include "chapter8/logistics/v1/offer_service.pb.h"
#include "chapter8/logistics/v1/stock_service.pb.h"
#include "google/protobuf/text_format.h"
#include "services/kernel/refusal.h"
#include "services/logistics/core/test_ledger.h"
#include "services/logistics/core/vocabulary.h"
#include "storage/base/check.h"

// What most tests of the logistics core begin with, and short ways to say what they do.
namespace ch8::logistics {

// A message from its text form, as tests write it.
template <typename Message>
Message Parsed(absl::string_view text) {
  Message message;
  ch8::Check(google::protobuf::TextFormat::ParseFromString(std::string(text), &message),
             "a test's text proto does not parse");
  return message;
}

// "OK", or the refusal's reason.
template <typename T>
std::string ReasonOr(const absl::StatusOr<T>& result) {
  return result.ok() ? "OK" : kernel::ReasonOf(result.status());
}

// One row of a table test: a request in text form and the outcome it wants.
struct Case {
  std::string want;
  std::string request;
};

// The UN with depot kemba and the AU with depot sokmu, each with the items tent-10p (ea, USD
// 980.00) and ration (man-day, perishable, USD 9.00). Nothing is in stock.
struct Scenario {
  TestLedger un{"un", {"au"}};
  TestLedger au;

  explicit Scenario(const std::vector<std::string>& third_pinned_by_au = {});

  // Records stock in the depot of `ledger`; returns the lot's name. `fields` are more of the lot.
  std::string Stock(TestLedger& ledger, absl::string_view item, int64_t quantity,
                    absl::string_view fields = "");

  // The AU asks the UN for goods to sokmu; the UN has taken it. Returns its name.
  std::string Request(int64_t quantity, absl::string_view item = "tent-10p");

  // The UN's supply manager offers from kemba.
  struct OfferParts {
    std::string request;
    int64_t quantity = 0;
    std::string item = "tent-10p";
    int64_t hold_seconds = 72 * 3'600;
    std::string delegation{};
  };
  absl::StatusOr<std::string> TryOffer(const OfferParts& parts);
  std::string Offer(const OfferParts& parts);
  // By the giver's approver; `giver` is the UN but for returns.
  absl::Status Approve(const std::string& offer);
  absl::Status Approve(TestLedger& giver, const std::string& offer);
  absl::StatusOr<v1::SupplyOffer> Accept(TestLedger& receiver, const std::string& offer);
  absl::StatusOr<v1::SupplyOffer> Reject(const std::string& offer);
  absl::Status Cancel(const std::string& offer);
  // Made, approved, accepted, and known so on both sides.
  std::string Accepted(const OfferParts& parts);

  // `leg` is more of the leg.
  absl::StatusOr<v1::Consignment> Dispatch(TestLedger& giver, const std::string& offer,
                                           absl::string_view waybill, absl::string_view leg = "");
  // Accepted and dispatched under `waybill`; the AU knows. Returns the consignment's name.
  std::string Dispatched(const OfferParts& parts, absl::string_view waybill);

  struct CountParts {
    int64_t good = 0;
    int64_t damaged = 0;
    int64_t short_of = 0;
    int64_t over = 0;
    std::string item = "tent-10p";
  };
  absl::StatusOr<v1::Receipt> Receive(TestLedger& receiver, const std::string& consignment,
                                      const CountParts& parts);
  absl::StatusOr<v1::SupplyOffer> Return(const std::string& offer, int64_t quantity);

  // Delivers in both directions until nothing is left.
  void Settle();

  // Whether the rows and books of both ledgers come back from their logs alone.
  bool Replays();

  v1::SupplyOffer OfferAt(TestLedger& ledger, const std::string& offer);
  v1::MaterielRequest RequestAt(TestLedger& ledger, const std::string& request);
  v1::Consignment ConsignmentAt(TestLedger& ledger, const std::string& consignment);
  v1::Discrepancy DiscrepancyAt(TestLedger& ledger, const std::string& discrepancy);
  v1::SupplyStatus::Line StatusAt(TestLedger& ledger, absl::string_view depot,
                                  absl::string_view item);
  std::vector<v1::Lot> LotsOf(TestLedger& ledger);
};

// What the books of a ledger say of one item, whatever its rows say: posted balances, account by
// account.
struct GoodsOf {
  int64_t in_lots = 0;
  int64_t staged = 0;
  int64_t in_transit = 0;
  int64_t recorded = 0;   // From the outside world.
  int64_t issued = 0;     // Counted by others.
  int64_t claimed = 0;    // Short.
  int64_t received = 0;   // Counted in from others.
  int64_t expected = 0;   // Memorandum: dispatched to us.
  int64_t announced = 0;  // Memorandum: accepted by us, dispatched or not.
  int64_t adjusted = 0;   // What adjustments added.
};
GoodsOf Goods(TestLedger& ledger, absl::string_view item);

}  // namespace ch8::logistics

#endif  // CH8_SERVICES_LOGISTICS_CORE_TEST_SCENARIO_H_
