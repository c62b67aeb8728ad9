#include "services/books/test_facts.h"

#include "absl/strings/str_cat.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "storage/base/check.h"

namespace ch8::books {
namespace {

using chapter8::directory::v1::DirectoryEvent;
using chapter8::directory::v1::Officer;
using chapter8::directory::v1::Organization;
using chapter8::directory::v1::Post;

constexpr absl::Duration kActLife = absl::Hours(1);

std::string KeyOf(absl::string_view officer) {
  return std::string(Sha256({"act key of ", officer}).view());
}

kernel::Event FactEvent(const DirectoryEvent& fact) {
  kernel::Event event;
  event.entry.set_fact(fact.SerializeAsString());
  return event;
}

DirectoryEvent PostOf(const TestOfficer& officer) {
  DirectoryEvent fact;
  Post& post = *fact.mutable_post_recorded();
  post.set_name(absl::StrCat("posts/", officer.id));
  post.set_title(absl::StrCat("Post of ", officer.id));
  post.add_roles(officer.role);
  post.set_state(Post::ACTIVE);
  if (officer.limit_minor > 0) {
    post.mutable_approval_limit()->set_currency_code("USD");
    post.mutable_approval_limit()->set_amount_minor(officer.limit_minor);
  }
  return fact;
}

DirectoryEvent OfficerOf(const TestOfficer& officer) {
  DirectoryEvent fact;
  Officer& person = *fact.mutable_officer_recorded();
  person.set_name(absl::StrCat("officers/", officer.id));
  person.set_person(officer.person);
  person.add_posts(absl::StrCat("posts/", officer.post_of.empty() ? officer.id : officer.post_of));
  person.set_act_public_key(KeyOf(officer.id));
  person.set_state(Officer::ACTIVE);
  return fact;
}

DirectoryEvent OrganizationOf(const std::string& id, const std::string& own) {
  DirectoryEvent fact;
  Organization& organization = *fact.mutable_organization_recorded();
  organization.set_name(absl::StrCat("organizations/", id));
  organization.set_trust_domain(absl::StrCat(id, ".example"));
  organization.set_state(Organization::PINNED);
  organization.set_own(id == own);
  return fact;
}

}  // namespace

std::unique_ptr<MemLedger> FirstLedger(const std::string& origin) {
  chapter8::ledger::v1::Entry entry;
  entry.mutable_genesis()->set_format(1);
  entry.mutable_genesis()->set_origin(origin);
  auto ledger = MemLedger::Create({.origin = origin,
                                   .payload = entry.SerializeAsString(),
                                   .salt = Sha256({"genesis salt of ", origin})});
  Check(ledger.ok(), "a test ledger that cannot begin");
  return *std::move(ledger);
}

std::vector<kernel::Event> FactsOf(const TestOrganization& organization) {
  std::vector<kernel::Event> events;
  for (const TestOfficer& officer : organization.officers) {
    events.push_back(FactEvent(PostOf(officer)));
    events.push_back(FactEvent(OfficerOf(officer)));
  }
  for (const std::string& id : organization.pinned) {
    events.push_back(FactEvent(OrganizationOf(id, organization.organization)));
  }
  events.push_back(FactEvent(OrganizationOf(organization.organization, organization.organization)));
  return events;
}

kernel::Command OfficerCommand(const OfficerCommandParts& parts) {
  kernel::Command command;
  command.method = parts.method;
  command.request = parts.request;
  command.request_digest = Sha256(parts.request);
  command.caller = {.kind = chapter8::authz::v1::OFFICER,
                    .trust_domain = std::string(parts.trust_domain),
                    .id = absl::StrCat("officer/", parts.officer)};
  command.request_id = parts.request_id;
  command.act.emplace();
  command.act->set_public_key(KeyOf(parts.officer));
  command.act->set_not_after_unix_seconds(absl::ToUnixSeconds(parts.time + kActLife));
  return command;
}

}  // namespace ch8::books
