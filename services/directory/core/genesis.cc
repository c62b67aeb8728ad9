#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "services/directory/core/machine.h"
#include "services/directory/core/rules.h"
#include "services/kernel/names.h"
#include "services/trust/record/record.h"
#include "storage/base/ed25519.h"
#include "storage/base/status_macros.h"

namespace ch8::directory {
namespace {

using chapter8::directory::v1::DirectoryEvent;
using chapter8::directory::v1::Officer;
using chapter8::directory::v1::Organization;
using chapter8::directory::v1::OrganizationRecord;
using chapter8::directory::v1::Post;
using chapter8::directory::v1::SignedOrganizationRecord;
using chapter8::ledger::v1::Administrator;
using chapter8::ledger::v1::Genesis;

absl::Status Bad(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("directory genesis: ", why));
}

absl::Status CheckAdministrators(const Genesis& genesis) {
  std::set<std::string> officers;
  std::set<std::string> keys;
  std::set<uint64_t> persons;
  for (const Administrator& administrator : genesis.administrators()) {
    if (!kernel::IsResourceId(administrator.officer()) || administrator.person() == 0 ||
        administrator.act_public_key().size() != PublicKey::kSize) {
      return Bad("an administrator needs an id, a person number and a 32-byte key");
    }
    officers.insert(administrator.officer());
    keys.insert(administrator.act_public_key());
    persons.insert(administrator.person());
  }
  const auto count = static_cast<size_t>(genesis.administrators_size());
  if (count < kAdministratorsMin) return Bad("it names fewer than two administrators");
  if (officers.size() != count || keys.size() != count || persons.size() != count) {
    return Bad("two administrators share an id, a person number or a key");
  }
  return absl::OkStatus();
}

DirectoryEvent OwnOrganization(const SignedOrganizationRecord& envelope,
                               const std::string& signed_record, const OrganizationRecord& record) {
  DirectoryEvent event;
  Organization& organization = *event.mutable_organization_recorded();
  organization.set_name(absl::StrCat("organizations/", record.organization()));
  organization.set_trust_domain(record.trust_domain());
  organization.set_display_name(record.display_name());
  organization.set_signed_record(signed_record);
  organization.set_fingerprint(trust::record::Fingerprint(envelope.record()));
  organization.set_state(Organization::PINNED);
  organization.set_own(true);
  SetNextEtag(organization);
  return event;
}

DirectoryEvent AdministratorPost() {
  DirectoryEvent event;
  Post& post = *event.mutable_post_recorded();
  post.set_name(std::string(kAdministratorPost));
  post.set_title("Administrator");
  post.add_roles(chapter8::authz::v1::ADMINISTRATOR);
  post.set_state(Post::ACTIVE);
  SetNextEtag(post);
  return event;
}

DirectoryEvent FirstOfficer(const Administrator& administrator) {
  DirectoryEvent event;
  Officer& officer = *event.mutable_officer_recorded();
  officer.set_name(absl::StrCat("officers/", administrator.officer()));
  officer.set_person(administrator.person());
  officer.add_posts(std::string(kAdministratorPost));
  officer.set_act_public_key(administrator.act_public_key());
  officer.set_state(Officer::ACTIVE);
  SetNextEtag(officer);
  return event;
}

}  // namespace

absl::StatusOr<std::vector<kernel::Event>> GenesisEvents(const Genesis& genesis) {
  const std::string& signed_record = genesis.organization_record();
  SignedOrganizationRecord envelope;
  if (signed_record.size() > kPinnedRecordSizeMax || !envelope.ParseFromString(signed_record)) {
    return Bad("its organization record does not parse or is too large");
  }
  ASSIGN_OR_RETURN(const OrganizationRecord record, trust::record::VerifyFirstContact(envelope));
  if (genesis.origin() != absl::StrCat(record.trust_domain(), "/ch8/directory")) {
    return Bad("its origin is not the directory of the organization in its record");
  }
  RETURN_IF_ERROR(CheckAdministrators(genesis));
  std::vector<kernel::Event> events = {
      FactEvent(OwnOrganization(envelope, signed_record, record), record.trust_domain()),
      FactEvent(AdministratorPost(), record.trust_domain())};
  for (const Administrator& administrator : genesis.administrators()) {
    events.push_back(FactEvent(FirstOfficer(administrator), record.trust_domain()));
  }
  return events;
}

}  // namespace ch8::directory
