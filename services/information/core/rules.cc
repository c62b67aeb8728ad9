#include "services/information/core/rules.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "services/kernel/authority.h"
#include "services/kernel/fields.h"
#include "services/kernel/names.h"
#include "services/kernel/refusal.h"
#include "storage/base/status_macros.h"

namespace ch8::information {

using chapter8::directory::v1::Organization;
using chapter8::ledger::v1::Delivery;

std::optional<Organization> MaybePinned(const kernel::RowReader& rows, absl::string_view name) {
  std::optional<Organization> organization = kernel::FindOrganization(rows, name);
  if (!organization.has_value() || organization->state() != Organization::PINNED) {
    return std::nullopt;
  }
  return organization;
}

absl::StatusOr<Organization> FindPinned(const kernel::RowReader& rows, absl::string_view name,
                                        absl::string_view field) {
  RETURN_IF_ERROR(kernel::CheckName(name, "organizations/*", field));
  std::optional<Organization> organization = MaybePinned(rows, name);
  if (organization.has_value()) return *std::move(organization);
  return kernel::NotNow("NOT_PINNED", absl::StrCat(name, " is not pinned here"),
                        {{"organization", std::string(name)}, {"instead", "ch8 org list"}});
}

absl::Status CheckOtherPerson(const kernel::Context& context, uint64_t first,
                              absl::string_view name, absl::string_view instead) {
  if (first != context.actor.person) return absl::OkStatus();
  return kernel::NotNow("SAME_PERSON",
                        absl::StrCat(name, " needs a second person: the first one is you"),
                        {{"rule", "X-3"}, {"instead", std::string(instead)}});
}

std::string DisclosureName(const DisclosureParts& parts) {
  return absl::StrCat(DisclosuresOf(parts.report), kernel::IdOf(parts.giver), "/",
                      kernel::IdOf(parts.recipient));
}

std::string DisclosuresOf(absl::string_view report) {
  return absl::StrCat("disclosures/", kernel::IdOf(report), "/");
}

std::string ErasureName(absl::string_view report) {
  return absl::StrCat("erasures/", kernel::IdOf(report));
}

std::string BodyKey(absl::string_view digest, absl::string_view report) {
  return absl::StrCat("body/", absl::BytesToHexString(digest), "/", kernel::IdOf(report));
}

std::vector<std::string> ReportsWithBody(const kernel::RowReader& rows, absl::string_view digest) {
  std::vector<std::string> reports;
  rows.Scan(Table::kRows, BodyKey(digest, ""), "", [&](absl::string_view, absl::string_view name) {
    reports.emplace_back(name);
    return true;
  });
  return reports;
}

std::string GivenKey(absl::string_view report, absl::string_view giver) {
  return absl::StrCat("given/", kernel::IdOf(report), "/", kernel::IdOf(giver));
}

std::vector<std::string> GiversOf(const kernel::RowReader& rows, absl::string_view report) {
  std::vector<std::string> givers;
  rows.Scan(Table::kRows, GivenKey(report, ""), "", [&](absl::string_view key, absl::string_view) {
    givers.push_back(absl::StrCat("organizations/", kernel::IdOf(key)));
    return true;
  });
  return givers;
}

std::string ConsentKey(absl::string_view report, absl::string_view recipient) {
  return absl::StrCat("consent-for/", kernel::IdOf(report), "/", kernel::IdOf(recipient));
}

std::string RelayKey(absl::string_view report, absl::string_view relay) {
  return absl::StrCat("relay/", kernel::IdOf(report), "/", kernel::IdOf(relay));
}

absl::Status CheckReference(absl::string_view reference, absl::string_view field) {
  constexpr size_t kSizeMax = 63;
  const bool well_formed = std::all_of(reference.begin(), reference.end(), [](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '/' || c == '-';
  });
  if (!reference.empty() && reference.size() <= kSizeMax && well_formed) return absl::OkStatus();
  return kernel::BadField(field, "must be a file's number: 1 to 63 letters, digits, '.', '/', '-'");
}

std::string DayText(int64_t time_us) {
  return absl::FormatCivilTime(kernel::DayOf(absl::FromUnixMicros(time_us)));
}

bool IsReadable(const v1::Report& report) {
  return report.state() == v1::Report::FILED || report.state() == v1::Report::RELEASED ||
         report.state() == v1::Report::SUPERSEDED;
}

absl::string_view TlpText(v1::Tlp tlp) {
  switch (tlp) {
    case v1::CLEAR:
      return "TLP:CLEAR";
    case v1::GREEN:
      return "TLP:GREEN";
    case v1::AMBER:
      return "TLP:AMBER";
    case v1::AMBER_STRICT:
      return "TLP:AMBER+STRICT";
    case v1::RED:
      return "TLP:RED";
    default:
      return "not marked";
  }
}

v1::LedgerEntry ProofOf(const kernel::Context& context, const kernel::Delivered& delivered) {
  v1::LedgerEntry proof;
  proof.set_origin(delivered.origin);
  proof.set_index(delivered.index);
  proof.set_leaf_hash(std::string(delivered.leaf_hash.view()));
  proof.set_time_us(absl::ToUnixMicros(context.time));
  return proof;
}

kernel::Verdict RefuseEntry(absl::string_view reason) {
  return {.verdict = Delivery::REFUSE, .reason = std::string(reason), .events = {}};
}

kernel::Verdict DeferEntry(absl::string_view reason) {
  return {.verdict = Delivery::DEFER, .reason = std::string(reason), .events = {}};
}

}  // namespace ch8::information
