#include "services/directory/core/organizations.h"

#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "services/directory/core/rules.h"
#include "services/kernel/authority.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "services/trust/record/record.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"

namespace ch8::directory {
namespace {

using chapter8::directory::v1::ConfirmOrganizationRequest;
using chapter8::directory::v1::DirectoryEvent;
using chapter8::directory::v1::GetOrganizationRequest;
using chapter8::directory::v1::ListOrganizationsRequest;
using chapter8::directory::v1::ListOrganizationsResponse;
using chapter8::directory::v1::Organization;
using chapter8::directory::v1::OrganizationRecord;
using chapter8::directory::v1::PinOrganizationRequest;
using chapter8::directory::v1::SignedOrganizationRecord;

// A record that is whole: signed by the root key it names, every field in order.
struct WholeRecord {
  OrganizationRecord record;
  std::string fingerprint;
};

absl::Status BadRecord(absl::string_view why) {
  return Deny(absl::StatusCode::kInvalidArgument, "BAD_RECORD",
              absl::StrCat("the record cannot be pinned: ", why),
              {{"instead", "ask the organization for its record again"}});
}

absl::StatusOr<WholeRecord> ReadRecord(const std::string& signed_record,
                                       const BundleCheck& check_ca_bundle) {
  if (signed_record.size() > kPinnedRecordSizeMax) {
    return BadRecord(absl::StrCat("it has more than ", kPinnedRecordSizeMax, " bytes"));
  }
  SignedOrganizationRecord envelope;
  if (!kernel::ParseStrict(signed_record, envelope).ok()) {
    return BadRecord("it is not a signed organization record");
  }
  absl::StatusOr<OrganizationRecord> record = trust::record::VerifyFirstContact(envelope);
  if (!record.ok()) return BadRecord(record.status().message());
  const absl::Status bundle = check_ca_bundle(record->ca_bundle_pem());
  if (!bundle.ok()) return BadRecord(bundle.message());
  return WholeRecord{.record = *std::move(record),
                     .fingerprint = trust::record::Fingerprint(envelope.record())};
}

// As people type it: spaces and capitals do not matter.
std::string Normalized(absl::string_view fingerprint) {
  std::string letters;
  for (const char c : fingerprint) {
    const auto byte = static_cast<unsigned char>(c);
    if (!absl::ascii_isspace(byte)) letters.push_back(static_cast<char>(absl::ascii_tolower(byte)));
  }
  return letters;
}

absl::Status CheckFingerprint(absl::string_view typed, absl::string_view actual,
                              absl::string_view name) {
  if (Normalized(typed) == Normalized(actual)) return absl::OkStatus();
  return Deny(absl::StatusCode::kFailedPrecondition, "FINGERPRINT_DIFFERS",
              absl::StrCat("the fingerprint typed is not that of the record of ", name,
                           "; do not trust it before both sides read out the same"),
              {{"name", std::string(name)}, {"fingerprint", std::string(actual)}});
}

absl::Status CheckNotOwn(const OrganizationRecord& record, absl::string_view name,
                         const kernel::Context& context) {
  if (name != context.organization && record.trust_domain() != context.trust_domain) {
    return absl::OkStatus();
  }
  return Deny(absl::StatusCode::kFailedPrecondition, "OWN_ORGANIZATION",
              absl::StrCat(name, " is this node's own organization, which is not pinned"),
              {{"name", std::string(name)}});
}

// One trust domain is one organization: certificates are told apart by it.
absl::Status CheckTrustDomainFree(absl::string_view trust_domain, absl::string_view name,
                                  const kernel::State& state) {
  const auto holder = kernel::FindTrustDomain(state.rows, trust_domain);
  if (!holder.has_value() || holder->name() == name) return absl::OkStatus();
  return Deny(absl::StatusCode::kFailedPrecondition, "TRUST_DOMAIN_TAKEN",
              absl::StrCat("trust domain ", trust_domain, " is that of ", holder->name()),
              {{"trust_domain", std::string(trust_domain)}, {"held", holder->name()}});
}

// Whether the record may replace what is pinned.
absl::Status CheckSuccession(const Organization& pinned, const WholeRecord& whole) {
  const OrganizationRecord& next = whole.record;
  SignedOrganizationRecord envelope;
  OrganizationRecord before;
  if (!envelope.ParseFromString(pinned.signed_record()) ||
      !before.ParseFromString(envelope.record())) {
    return absl::DataLossError(absl::StrCat("the pinned record of ", pinned.name(), " is broken"));
  }
  if (next.trust_domain() != before.trust_domain()) {
    return Deny(absl::StatusCode::kFailedPrecondition, "OTHER_TRUST_DOMAIN",
                absl::StrCat(pinned.name(), " is pinned with trust domain ", before.trust_domain(),
                             ", and keeps it"),
                {{"name", pinned.name()},
                 {"held", before.trust_domain()},
                 {"wanted", next.trust_domain()}});
  }
  if (next.root_public_key() != before.root_public_key()) {
    return Deny(absl::StatusCode::kFailedPrecondition, "OTHER_ROOT_KEY",
                absl::StrCat("the record is not signed by the pinned root key of ", pinned.name()),
                {{"name", pinned.name()}});
  }
  if (next.sequence() == before.sequence() && whole.fingerprint != pinned.fingerprint()) {
    return Deny(
        absl::StatusCode::kFailedPrecondition, "RECORD_FORKED",
        absl::StrCat("the root key of ", pinned.name(), " has signed two records of number ",
                     next.sequence(), "; keep both files and ask by telephone"),
        {{"name", pinned.name()},
         {"held", pinned.fingerprint()},
         {"wanted", whole.fingerprint},
         {"instead", absl::StrCat("ch8 org show ", kernel::IdOf(pinned.name()))}});
  }
  if (next.sequence() <= before.sequence()) {
    return Deny(absl::StatusCode::kFailedPrecondition, "STALE_RECORD",
                absl::StrCat("record ", next.sequence(), " of ", pinned.name(),
                             " does not follow the pinned record ", before.sequence()),
                {{"name", pinned.name()},
                 {"held", absl::StrCat(before.sequence())},
                 {"wanted", absl::StrCat(next.sequence())}});
  }
  const absl::Status keys = trust::record::CheckKeySuccession(before, next);
  if (keys.ok()) return absl::OkStatus();
  return Deny(absl::StatusCode::kFailedPrecondition, "LOG_KEYS_DO_NOT_FOLLOW",
              std::string(keys.message()),
              {{"name", pinned.name()}, {"instead", "ask the organization for its record again"}});
}

void SetRecord(const WholeRecord& whole, const std::string& signed_record,
               Organization& organization) {
  organization.set_trust_domain(whole.record.trust_domain());
  organization.set_display_name(whole.record.display_name());
  organization.set_signed_record(signed_record);
  organization.set_fingerprint(whole.fingerprint);
}

absl::StatusOr<Organization> RequireOrganization(const kernel::State& state,
                                                 absl::string_view name) {
  RETURN_IF_ERROR(kernel::CheckName(name, "organizations/*", "name"));
  std::optional<Organization> organization = kernel::FindOrganization(state.rows, name);
  if (!organization.has_value()) {
    return NotFound("ORGANIZATION_NOT_FOUND", name, "ch8 org list");
  }
  return *std::move(organization);
}

kernel::Decision Record(Organization organization, const kernel::Context& context) {
  SetNextEtag(organization);
  DirectoryEvent event;
  *event.mutable_organization_recorded() = organization;
  return RecordDecision<Organization>(event, organization.name(), context);
}

// Moves the proposed record into force.
absl::Status AdoptProposedRecord(Organization& organization) {
  SignedOrganizationRecord envelope;
  WholeRecord whole;
  if (!envelope.ParseFromString(organization.proposed_record()) ||
      !whole.record.ParseFromString(envelope.record())) {
    return absl::DataLossError(
        absl::StrCat("the proposed record of ", organization.name(), " is broken"));
  }
  whole.fingerprint = organization.proposed_fingerprint();
  SetRecord(whole, std::string(organization.proposed_record()), organization);
  organization.set_proposed_by(organization.proposed_record_by());
  organization.clear_proposed_record();
  organization.clear_proposed_fingerprint();
  organization.clear_proposed_record_by();
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<kernel::Decision> PinOrganization(const kernel::Context& context,
                                                 const PinOrganizationRequest& request,
                                                 const kernel::State& state,
                                                 const BundleCheck& check_ca_bundle) {
  ASSIGN_OR_RETURN(const WholeRecord whole, ReadRecord(request.signed_record(), check_ca_bundle));
  const std::string name = absl::StrCat("organizations/", whole.record.organization());
  RETURN_IF_ERROR(CheckNotOwn(whole.record, name, context));
  RETURN_IF_ERROR(CheckFingerprint(request.fingerprint(), whole.fingerprint, name));
  RETURN_IF_ERROR(CheckTrustDomainFree(whole.record.trust_domain(), name, state));
  Organization organization =
      kernel::FindOrganization(state.rows, name).value_or(Organization::default_instance());
  if (organization.state() == Organization::PINNED) {
    RETURN_IF_ERROR(CheckSuccession(organization, whole));
    organization.set_proposed_record(request.signed_record());
    organization.set_proposed_fingerprint(whole.fingerprint);
    organization.set_proposed_record_by(context.actor.person);
    return Record(organization, context);
  }
  organization.set_name(name);
  SetRecord(whole, request.signed_record(), organization);
  organization.set_state(Organization::PROPOSED);
  organization.set_proposed_by(context.actor.person);
  return Record(organization, context);
}

absl::StatusOr<kernel::Decision> ConfirmOrganization(const kernel::Context& context,
                                                     const ConfirmOrganizationRequest& request,
                                                     const kernel::State& state) {
  ASSIGN_OR_RETURN(Organization organization, RequireOrganization(state, request.name()));
  const bool replaces = organization.state() == Organization::PINNED;
  if (replaces && organization.proposed_record().empty()) {
    return Deny(absl::StatusCode::kFailedPrecondition, "NOT_PROPOSED",
                absl::StrCat(organization.name(), " is PINNED and no new record is proposed"),
                {{"name", organization.name()}, {"state", "PINNED"}});
  }
  RETURN_IF_ERROR(CheckSecondPerson(
      organization.name(),
      replaces ? organization.proposed_record_by() : organization.proposed_by(), context));
  RETURN_IF_ERROR(
      CheckFingerprint(request.fingerprint(),
                       replaces ? organization.proposed_fingerprint() : organization.fingerprint(),
                       organization.name()));
  RETURN_IF_ERROR(CheckTrustDomainFree(organization.trust_domain(), organization.name(), state));
  if (replaces) RETURN_IF_ERROR(AdoptProposedRecord(organization));
  organization.set_state(Organization::PINNED);
  organization.set_confirmed_by(context.actor.person);
  return Record(organization, context);
}

absl::StatusOr<Organization> GetOrganization(const kernel::Context& /*context*/,
                                             const GetOrganizationRequest& request,
                                             const kernel::State& state) {
  return RequireOrganization(state, request.name());
}

absl::StatusOr<ListOrganizationsResponse> ListOrganizations(const kernel::Context& /*context*/,
                                                            const ListOrganizationsRequest& request,
                                                            const kernel::State& state) {
  return kernel::ListPage<Organization, ListOrganizationsRequest, ListOrganizationsResponse>(
      state.rows, "organizations/", request, [](const Organization&) { return true; },
      [](const Organization& organization, ListOrganizationsResponse& page) {
        *page.add_organizations() = organization;
      });
}

std::vector<kernel::Event> OwnRecordEvents(const kernel::RowReader& rows,
                                           const SignedOrganizationRecord& newest) {
  WholeRecord whole;
  Check(whole.record.ParseFromString(newest.record()), "a verified record does not parse");
  whole.fingerprint = trust::record::Fingerprint(newest.record());
  std::optional<Organization> own = kernel::FindTrustDomain(rows, whole.record.trust_domain());
  SignedOrganizationRecord held;
  OrganizationRecord in_force;
  if (!own.has_value() || !held.ParseFromString(own->signed_record()) ||
      !in_force.ParseFromString(held.record()) || in_force.sequence() >= whole.record.sequence()) {
    return {};
  }
  SetRecord(whole, newest.SerializeAsString(), *own);
  SetNextEtag(*own);
  DirectoryEvent event;
  *event.mutable_organization_recorded() = *std::move(own);
  return {FactEvent(event, whole.record.trust_domain())};
}

}  // namespace ch8::directory
