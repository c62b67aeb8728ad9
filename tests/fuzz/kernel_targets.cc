// Requests, page tokens, and the kernel's own rows.
#include "absl/strings/str_cat.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "services/kernel/addresses.h"
#include "services/kernel/entry_form.h"
#include "services/kernel/machine.h"
#include "services/kernel/paging.h"
#include "services/kernel/refusal.h"
#include "storage/base/check.h"
#include "tests/fuzz/target.h"

namespace ch8::fuzz {
namespace {

using chapter8::ledger::v1::Entry;

Entry AddressedEntry() {
  Entry entry;
  entry.set_domain_event("event");
  entry.add_addresses()->set_recipient("un.example");
  entry.mutable_addresses(0)->set_number(3);
  return entry;
}

// The largest message there is. What is accepted has no field that is not read.
Outcome RunStrict(absl::string_view input) {
  Entry entry;
  const absl::Status parsed = kernel::ParseStrict(input, entry);
  if (!parsed.ok()) {
    Check(!kernel::ReasonOf(parsed).empty(), "a refusal has a reason");
    return Refused(parsed);
  }
  Entry again;
  const std::string bytes = entry.SerializeAsString();
  Check(kernel::ParseStrict(bytes, again).ok(), "what it says can be said again");
  Check(again.SerializeAsString() == bytes, "and is the same");
  return Outcome::kAccepted;
}

std::vector<std::string> StrictSeeds() {
  Entry step;
  step.mutable_step()->set_transfer_id(std::string(16, 't'));
  step.mutable_step()->set_giver_origin("un.example/ch8/finance");
  step.mutable_step()->mutable_reserve()->set_quantity(100);
  return {AddressedEntry().SerializeAsString(), step.SerializeAsString(), "\xff",
          std::string("\xf8\x07\x01", 3)};
}

Outcome RunParked(absl::string_view input) {
  const std::optional<kernel::InboundEntry> inbound = kernel::ParseParked(input);
  if (!inbound.has_value()) return Outcome::kRefused;
  const std::string bytes = kernel::FormatParked(*inbound);
  const std::optional<kernel::InboundEntry> again = kernel::ParseParked(bytes);
  Check(again.has_value() && kernel::FormatParked(*again) == bytes, "it is kept as it was");
  Check(again->number == inbound->number && again->delivered.index == inbound->delivered.index &&
            again->delivered.leaf_hash == inbound->delivered.leaf_hash,
        "in its place");
  return Outcome::kAccepted;
}

std::vector<std::string> ParkedSeeds() {
  kernel::InboundEntry inbound;
  inbound.delivered.origin = "un.example/ch8/finance";
  inbound.delivered.index = 8;
  inbound.delivered.entry = AddressedEntry();
  inbound.number = 3;
  return {kernel::FormatParked(inbound), "", "\xff"};
}

// Answers that are kept are given again, word for word.
Outcome RunRefusal(absl::string_view input) {
  const absl::Status status = kernel::StatusFromBytes(input);
  const absl::Status again = kernel::StatusFromBytes(kernel::StatusToBytes(status));
  Check(again.code() == status.code(), "same code");
  Check(again.message() == status.message(), "same text");
  Check(kernel::ReasonOf(again) == kernel::ReasonOf(status), "same reason");
  return absl::IsDataLoss(status) ? Outcome::kRefused : Outcome::kAccepted;
}

std::vector<std::string> RefusalSeeds() {
  return {kernel::StatusToBytes(kernel::Refuse({.code = absl::StatusCode::kFailedPrecondition,
                                                .domain = "finance.chapter8",
                                                .reason = "NOT_ENOUGH",
                                                .message = "the fund has 5",
                                                .metadata = {{"available", "5"}}})),
          "\xff"};
}

Outcome RunPageToken(absl::string_view input) {
  const absl::StatusOr<std::string> name = kernel::LastNameOf(input);
  if (!name.ok()) return Refused(name.status());
  Check(kernel::LastNameOf(kernel::PageToken(*name)).value() == *name, "a token names its name");
  return Outcome::kAccepted;
}

std::vector<std::string> PageTokenSeeds() {
  return {kernel::PageToken("organizations/un/funds/trust"), "", "???"};
}

// Both rows have one form.
Outcome RunAddressRow(absl::string_view input) {
  const std::optional<kernel::Addressed> addressed = kernel::ParseAddressed(input);
  const std::optional<kernel::AddressHead> head = kernel::ParseAddressHead(input);
  Check(addressed.has_value() == head.has_value(), "both have the same form");
  if (!head.has_value()) return Outcome::kRefused;
  SameBytes(input, kernel::FormatAddressed(*addressed));
  return SameBytes(input, kernel::FormatAddressHead(*head));
}

std::vector<std::string> AddressRowSeeds() {
  return {kernel::FormatAddressHead({.number = 4, .leaf_hash = Sha256("leaf")}), "short"};
}

}  // namespace

std::vector<Target> KernelTargets() {
  return {{"kernel_address_row", RunAddressRow, AddressRowSeeds},
          {"kernel_page_token", RunPageToken, PageTokenSeeds},
          {"kernel_parked", RunParked, ParkedSeeds},
          {"kernel_refusal", RunRefusal, RefusalSeeds},
          {"kernel_strict", RunStrict, StrictSeeds}};
}

}  // namespace ch8::fuzz
