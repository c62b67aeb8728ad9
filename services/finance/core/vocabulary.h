#ifndef CH8_SERVICES_FINANCE_CORE_VOCABULARY_H_
#define CH8_SERVICES_FINANCE_CORE_VOCABULARY_H_

#include "absl/strings/string_view.h"
#include "chapter8/finance/v1/finance.pb.h"

// Words that all of finance uses.
namespace ch8::finance {

namespace v1 = chapter8::finance::v1;

// The kinds of spoken ids (services/kernel/spoken_ids.h) that finance makes.
inline constexpr absl::string_view kRequestKind = "REQ";
inline constexpr absl::string_view kOfferKind = "OFF";
inline constexpr absl::string_view kContributionKind = "CON";
inline constexpr absl::string_view kAllotmentKind = "ALT";

}  // namespace ch8::finance

#endif  // CH8_SERVICES_FINANCE_CORE_VOCABULARY_H_
