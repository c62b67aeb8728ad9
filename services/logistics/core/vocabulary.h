#ifndef CH8_SERVICES_LOGISTICS_CORE_VOCABULARY_H_
#define CH8_SERVICES_LOGISTICS_CORE_VOCABULARY_H_

#include <cstddef>
#include <cstdint>

#include "absl/strings/string_view.h"
#include "chapter8/logistics/v1/logistics.pb.h"
#include "services/kernel/resources.h"

// Words that all of logistics uses.
namespace ch8::logistics {

namespace v1 = chapter8::logistics::v1;

// The kinds of spoken ids (services/kernel/spoken_ids.h) that logistics makes.
inline constexpr absl::string_view kLotKind = "LOT";
inline constexpr absl::string_view kRequestKind = "LRQ";
inline constexpr absl::string_view kOfferKind = "LOF";
inline constexpr absl::string_view kReceiptKind = "RCP";
inline constexpr absl::string_view kDiscrepancyKind = "DSC";

inline constexpr kernel::ResourceKind kItems{"items/*", "item", "UNKNOWN_ITEM"};
inline constexpr kernel::ResourceKind kDepots{"organizations/*/depots/*", "depot", "UNKNOWN_DEPOT"};
inline constexpr kernel::ResourceKind kLots{"organizations/*/lots/*", "stock", "UNKNOWN_LOT"};
inline constexpr kernel::ResourceKind kRequests{"requests/*", "request", "UNKNOWN_REQUEST",
                                                "ch8 request list --goods"};
inline constexpr kernel::ResourceKind kOffers{"offers/*", "offer", "UNKNOWN_OFFER",
                                              "ch8 offer list --goods"};
inline constexpr kernel::ResourceKind kConsignments{"consignments/*/*", "consignment",
                                                    "UNKNOWN_CONSIGNMENT"};
inline constexpr kernel::ResourceKind kReceipts{"receipts/*", "receipt", "UNKNOWN_RECEIPT"};
inline constexpr kernel::ResourceKind kDiscrepancies{"discrepancies/*", "discrepancy",
                                                     "UNKNOWN_DISCREPANCY"};

// Quantities stay far below what a sum over a ledger could overflow.
inline constexpr int64_t kQuantityMax = 1'000'000'000'000;
// Lots of one offer, so that a transfer's entry stays small.
inline constexpr size_t kPicksMax = 50;

}  // namespace ch8::logistics

#endif  // CH8_SERVICES_LOGISTICS_CORE_VOCABULARY_H_
