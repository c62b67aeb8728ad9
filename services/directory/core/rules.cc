#include "services/directory/core/rules.h"

#include "absl/strings/str_join.h"
#include "services/kernel/names.h"
#include "services/kernel/refusal.h"

namespace ch8::directory {

using chapter8::authz::v1::Role;

absl::Status Deny(absl::StatusCode code, absl::string_view reason, std::string message,
                  std::vector<std::pair<std::string, std::string>> metadata) {
  return kernel::Refuse({.code = code,
                         .domain = kDomain,
                         .reason = reason,
                         .message = std::move(message),
                         .metadata = std::move(metadata)});
}

absl::Status NotFound(absl::string_view reason, absl::string_view name, absl::string_view instead) {
  return Deny(absl::StatusCode::kNotFound, reason, absl::StrCat(name, " does not exist"),
              {{"name", std::string(name)}, {"instead", std::string(instead)}});
}

absl::Status CheckId(absl::string_view id, absl::string_view field) {
  if (kernel::IsResourceId(id)) return absl::OkStatus();
  return Deny(absl::StatusCode::kInvalidArgument, "BAD_ID",
              absl::StrCat(field, " must match [a-z0-9-]{1,63}"), {{"field", std::string(field)}});
}

absl::Status CheckSecondPerson(absl::string_view name, uint64_t proposed_by,
                               const kernel::Context& context) {
  if (context.actor.person != proposed_by) return absl::OkStatus();
  return Deny(absl::StatusCode::kFailedPrecondition, "SAME_PERSON",
              absl::StrCat(name,
                           " was proposed by the person who wants to confirm it; a second "
                           "person must"),
              {{"rule", "X-3"},
               {"name", std::string(name)},
               {"person", absl::StrCat(proposed_by)},
               {"instead", "ask another administrator to confirm"}});
}

std::string RoleNames(const RoleSet& roles) {
  return absl::StrJoin(roles, ", ", [](std::string* out, int role) {
    absl::StrAppend(out, chapter8::authz::v1::Role_Name(static_cast<Role>(role)));
  });
}

absl::Status CheckCompatible(const RoleSet& roles, absl::string_view who) {
  if (roles.count(chapter8::authz::v1::ADMINISTRATOR) == 0 ||
      (roles.count(chapter8::authz::v1::APPROVER) == 0 &&
       roles.count(chapter8::authz::v1::FUND_MANAGER) == 0 &&
       roles.count(chapter8::authz::v1::SUPPLY_MANAGER) == 0)) {
    return absl::OkStatus();
  }
  return Deny(absl::StatusCode::kInvalidArgument, "INCOMPATIBLE_ROLES",
              absl::StrCat(who, " would have the roles ", RoleNames(roles),
                           "; who administers may neither manage funds or supplies nor approve"),
              {{"rule", "X-3"}, {"roles", RoleNames(roles)}});
}

kernel::Event FactEvent(const chapter8::directory::v1::DirectoryEvent& fact,
                        absl::string_view trust_domain) {
  kernel::Event event;
  event.entry.set_domain_event(fact.SerializeAsString());
  event.recipients = {std::string(trust_domain)};
  return event;
}

}  // namespace ch8::directory
