#include "clients/verify/halves_check.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "clients/verify/refusal.h"
#include "clients/verify/request_check.h"
#include "google/protobuf/util/message_differencer.h"
#include "storage/base/status_macros.h"

namespace ch8::verify {
namespace {

using chapter8::ledger::v1::Delivery;
using chapter8::ledger::v1::Entry;
using google::protobuf::util::MessageDifferencer;

// One ledger's half against those of all others.
class Halves {
 public:
  Halves(OpenedLedger& ledger, const LedgersByOrigin& all)
      : origin_(ledger.head.origin), domain_(DomainOf(origin_)), all_(all) {}

  absl::Status Take(uint64_t index, const BundledEntry& bundled) {
    Entry entry;
    if (!entry.ParseFromString(bundled.payload)) return Unreadable(index);
    if (entry.has_request()) {
      theirs_.reset();
      return entry.request().has_delivery() ? Find(index, entry.request().delivery())
                                            : absl::OkStatus();
    }
    if (!theirs_.has_value()) return absl::OkStatus();
    const bool same_step =
        !entry.has_peer_step() ||
        (theirs_->has_step() && MessageDifferencer::Equals(entry.peer_step(), theirs_->step()));
    const bool same_fact =
        (!entry.has_fact() || entry.fact() == theirs_->domain_event()) &&
        (!entry.has_mandate_fact() || entry.mandate_fact() == theirs_->domain_event());
    if (same_step && same_fact) return absl::OkStatus();
    return RefuseEntry(origin_, index, "says another thing than the entry that was delivered");
  }

  const HalvesFindings& findings() const { return findings_; }

 private:
  absl::Status Unreadable(uint64_t index) const {
    return RefuseEntry(origin_, index, "its payload does not parse");
  }

  // Looks the delivered entry up in the other ledger.
  absl::Status Find(uint64_t index, const Delivery& delivery) {
    const auto other = all_.find(delivery.origin());
    if (other == all_.end()) return absl::OkStatus();
    LogFiles& log = other->second->log;
    if (delivery.index() >= log.size()) {
      ++findings_.beyond;
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(const LogFiles::Read read, log.At(delivery.index()));
    Entry entry;
    if (LeafHash(read.leaf).view() != delivery.leaf_hash() ||
        (read.bundled.has_value() && !entry.ParseFromString(read.bundled->payload))) {
      return RefuseEntry(origin_, index,
                         absl::StrCat("the half in ", delivery.origin(), ", entry ",
                                      delivery.index(), ", has another leaf"));
    }
    if (!read.bundled.has_value()) {
      ++findings_.by_leaf;
      return absl::OkStatus();
    }
    for (const auto& address : entry.addresses()) {
      if (address.recipient() != domain_ || address.number() != delivery.number()) continue;
      theirs_ = entry;
      ++findings_.compared;
      return absl::OkStatus();
    }
    return RefuseEntry(origin_, index,
                       absl::StrCat("the half in ", delivery.origin(), ", entry ", delivery.index(),
                                    ", was not addressed here so"));
  }

  const std::string origin_;
  const std::string domain_;
  const LedgersByOrigin& all_;
  std::optional<Entry> theirs_;  // What the request at hand was delivered.
  HalvesFindings findings_;
};

}  // namespace

absl::StatusOr<HalvesFindings> CheckHalves(OpenedLedger& ledger, const LedgersByOrigin& all) {
  Halves halves(ledger, all);
  RETURN_IF_ERROR(ledger.log.Visit([&](uint64_t index, const LogFiles::Read& read) {
    // Bare rows have no halves; their bytes could be read as anything.
    const bool row = read.leaf.entry_class == EntryClass::kTransfer && read.leaf.tag == Tag{};
    if (row || !read.bundled.has_value()) return absl::OkStatus();
    return halves.Take(index, *read.bundled);
  }));
  return halves.findings();
}

}  // namespace ch8::verify
