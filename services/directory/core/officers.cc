#include "services/directory/core/officers.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "services/directory/core/rules.h"
#include "services/kernel/authority.h"
#include "services/kernel/fields.h"
#include "services/kernel/names.h"
#include "services/kernel/paging.h"
#include "storage/base/ed25519.h"
#include "storage/base/status_macros.h"

namespace ch8::directory {
namespace {

using chapter8::directory::v1::ActingAppointment;
using chapter8::directory::v1::AppointActingRequest;
using chapter8::directory::v1::ConfirmActingRequest;
using chapter8::directory::v1::ConfirmOfficerRequest;
using chapter8::directory::v1::CreateOfficerRequest;
using chapter8::directory::v1::DirectoryEvent;
using chapter8::directory::v1::GetOfficerRequest;
using chapter8::directory::v1::ListOfficersRequest;
using chapter8::directory::v1::ListOfficersResponse;
using chapter8::directory::v1::Officer;
using chapter8::directory::v1::Post;
using chapter8::directory::v1::SuspendOfficerRequest;
using chapter8::directory::v1::WhoAmIRequest;
using chapter8::directory::v1::WhoAmIResponse;

constexpr int kPostsMax = 16;

absl::Status Bad(absl::string_view reason, std::string message) {
  return Deny(absl::StatusCode::kInvalidArgument, reason, std::move(message));
}

absl::Status CheckOfficer(const CreateOfficerRequest& request) {
  RETURN_IF_ERROR(CheckId(request.officer_id(), "officer_id"));
  const Officer& officer = request.resource();
  if (officer.person() == 0) return Bad("BAD_PERSON", "person must be a number above zero");
  if (officer.act_public_key().size() != PublicKey::kSize) {
    return Bad("BAD_KEY", "act_public_key must be 32 bytes");
  }
  if (officer.posts().empty() || officer.posts_size() > kPostsMax) {
    return Bad("BAD_POSTS", "an officer holds 1 to 16 posts");
  }
  std::set<std::string> posts;
  for (const std::string& post : officer.posts()) {
    RETURN_IF_ERROR(kernel::CheckName(post, "posts/*", "posts"));
    if (!posts.insert(post).second) return Bad("BAD_POSTS", absl::StrCat(post, " is named twice"));
  }
  return absl::OkStatus();
}

bool IsOver(const ActingAppointment& acting, absl::Time now) {
  return kernel::DayOf(acting.valid_to()) < kernel::DayOf(now);
}

// Adds the roles of the officer's posts, confirmed or not, those acted in or to be included.
absl::Status AddRoles(const Officer& officer, const kernel::State& state, absl::Time now,
                      RoleSet& roles) {
  for (const std::string& name : officer.posts()) {
    const std::optional<Post> post = kernel::FindPost(state.rows, name);
    if (!post.has_value()) return NotFound("UNKNOWN_POST", name, "ch8 post list");
    roles.insert(post->roles().begin(), post->roles().end());
  }
  for (const ActingAppointment& acting : officer.acting()) {
    if (IsOver(acting, now)) continue;
    const std::optional<Post> post = kernel::FindPost(state.rows, acting.post());
    if (!post.has_value()) return NotFound("UNKNOWN_POST", acting.post(), "ch8 post list");
    roles.insert(post->roles().begin(), post->roles().end());
  }
  return absl::OkStatus();
}

void VisitOfficers(const kernel::State& state, const std::function<bool(const Officer&)>& visit) {
  kernel::TableReader<Officer>(state.rows).Scan("officers/", "", visit);
}

// The roles that `officer`'s person would have, over all its officers not suspended.
absl::Status CheckPersonRoles(const Officer& officer, const kernel::State& state, absl::Time now) {
  RoleSet roles;
  RETURN_IF_ERROR(AddRoles(officer, state, now, roles));
  absl::Status status;
  VisitOfficers(state, [&](const Officer& other) {
    if (other.person() == officer.person() && other.state() != Officer::SUSPENDED) {
      status = AddRoles(other, state, now, roles);
    }
    return status.ok();
  });
  RETURN_IF_ERROR(status);
  return CheckCompatible(roles, absl::StrCat("person ", officer.person()));
}

// A key that was ever an officer's is never another's: a signature must name one officer.
absl::Status CheckKeyIsNew(const Officer& officer, const kernel::State& state) {
  absl::Status status;
  VisitOfficers(state, [&](const Officer& other) {
    if (other.act_public_key() == officer.act_public_key()) {
      status = Deny(absl::StatusCode::kAlreadyExists, "ACT_KEY_TAKEN",
                    absl::StrCat("act_public_key is that of ", other.name()),
                    {{"officer", other.name()}, {"instead", "make a new signing key"}});
    }
    return status.ok();
  });
  return status;
}

bool IsAdministrator(const Officer& officer, const kernel::State& state) {
  if (officer.state() != Officer::ACTIVE) return false;
  return std::any_of(officer.posts().begin(), officer.posts().end(), [&](const std::string& name) {
    const std::optional<Post> post = kernel::FindPost(state.rows, name);
    return post.has_value() && post->state() == Post::ACTIVE &&
           std::find(post->roles().begin(), post->roles().end(),
                     chapter8::authz::v1::ADMINISTRATOR) != post->roles().end();
  });
}

// Two persons must be left who can administer without `leaving`.
absl::Status CheckAdministratorsLeft(const Officer& leaving, const kernel::State& state) {
  if (!IsAdministrator(leaving, state)) return absl::OkStatus();
  std::set<uint64_t> persons;
  VisitOfficers(state, [&](const Officer& officer) {
    if (officer.name() != leaving.name() && IsAdministrator(officer, state)) {
      persons.insert(officer.person());
    }
    return persons.size() < kAdministratorsMin;
  });
  if (persons.size() >= kAdministratorsMin) return absl::OkStatus();
  return Deny(absl::StatusCode::kFailedPrecondition, "LAST_ADMINISTRATORS",
              absl::StrCat("without ", leaving.name(), " only ", persons.size(),
                           " person could administer; two are needed"),
              {{"rule", "X-3"},
               {"left", absl::StrCat(persons.size())},
               {"needed", absl::StrCat(kAdministratorsMin)},
               {"instead", "ch8 officer add --help"}});
}

absl::StatusOr<Officer> RequireOfficer(const kernel::State& state, absl::string_view name) {
  RETURN_IF_ERROR(kernel::CheckName(name, "officers/*", "name"));
  std::optional<Officer> officer = kernel::FindOfficer(state.rows, name);
  if (!officer.has_value()) return NotFound("OFFICER_NOT_FOUND", name, "ch8 officer list");
  return *std::move(officer);
}

absl::Status NotInState(absl::string_view reason, const Officer& officer) {
  return Deny(absl::StatusCode::kFailedPrecondition, reason,
              absl::StrCat(officer.name(), " is ", Officer::State_Name(officer.state())),
              {{"name", officer.name()}, {"state", Officer::State_Name(officer.state())}});
}

// The officer's appointment to act in `post`; null when there is none.
ActingAppointment* FindActing(Officer& officer, absl::string_view post) {
  for (ActingAppointment& acting : *officer.mutable_acting()) {
    if (acting.post() == post) return &acting;
  }
  return nullptr;
}

kernel::Decision Record(Officer officer, const kernel::Context& context) {
  SetNextEtag(officer);
  DirectoryEvent event;
  *event.mutable_officer_recorded() = officer;
  return RecordDecision<Officer>(event, officer.name(), context);
}

}  // namespace

absl::StatusOr<kernel::Decision> CreateOfficer(const kernel::Context& context,
                                               const CreateOfficerRequest& request,
                                               const kernel::State& state) {
  RETURN_IF_ERROR(CheckOfficer(request));
  Officer officer;
  officer.set_name(absl::StrCat("officers/", request.officer_id()));
  officer.set_person(request.resource().person());
  *officer.mutable_posts() = request.resource().posts();
  officer.set_act_public_key(request.resource().act_public_key());
  if (kernel::FindOfficer(state.rows, officer.name()).has_value()) {
    return Deny(absl::StatusCode::kAlreadyExists, "OFFICER_EXISTS",
                absl::StrCat(officer.name(), " exists already"),
                {{"name", officer.name()},
                 {"instead", absl::StrCat("ch8 officer show ", request.officer_id())}});
  }
  RETURN_IF_ERROR(CheckPersonRoles(officer, state, context.time));
  RETURN_IF_ERROR(CheckKeyIsNew(officer, state));
  officer.set_state(Officer::PROPOSED);
  officer.set_proposed_by(context.actor.person);
  return Record(officer, context);
}

absl::StatusOr<kernel::Decision> ConfirmOfficer(const kernel::Context& context,
                                                const ConfirmOfficerRequest& request,
                                                const kernel::State& state) {
  ASSIGN_OR_RETURN(Officer officer, RequireOfficer(state, request.name()));
  if (officer.state() != Officer::PROPOSED) return NotInState("NOT_PROPOSED", officer);
  RETURN_IF_ERROR(CheckSecondPerson(officer.name(), officer.proposed_by(), context));
  officer.set_state(Officer::ACTIVE);
  officer.set_confirmed_by(context.actor.person);
  return Record(officer, context);
}

absl::StatusOr<kernel::Decision> SuspendOfficer(const kernel::Context& context,
                                                const SuspendOfficerRequest& request,
                                                const kernel::State& state) {
  ASSIGN_OR_RETURN(Officer officer, RequireOfficer(state, request.name()));
  if (officer.state() != Officer::ACTIVE) return NotInState("NOT_ACTIVE", officer);
  RETURN_IF_ERROR(CheckAdministratorsLeft(officer, state));
  officer.set_state(Officer::SUSPENDED);
  return Record(officer, context);
}

absl::StatusOr<kernel::Decision> AppointActing(const kernel::Context& context,
                                               const AppointActingRequest& request,
                                               const kernel::State& state) {
  ASSIGN_OR_RETURN(Officer officer, RequireOfficer(state, request.name()));
  const ActingAppointment& asked = request.appointment();
  RETURN_IF_ERROR(kernel::CheckName(asked.post(), "posts/*", "appointment.post"));
  const std::optional<absl::CivilDay> first = kernel::DayOf(asked.valid_from());
  const std::optional<absl::CivilDay> last = kernel::DayOf(asked.valid_to());
  if (!first.has_value() || !last.has_value() || *first > *last) {
    return Bad("BAD_DATES", "valid_from and valid_to must be days of the calendar, in order");
  }
  if (officer.state() != Officer::ACTIVE) return NotInState("NOT_ACTIVE", officer);
  if (std::find(officer.posts().begin(), officer.posts().end(), asked.post()) !=
      officer.posts().end()) {
    return Bad("BAD_POSTS", absl::StrCat(officer.name(), " holds ", asked.post(), " already"));
  }
  auto& all = *officer.mutable_acting();
  all.erase(std::remove_if(all.begin(), all.end(),
                           [&](const auto& each) { return IsOver(each, context.time); }),
            all.end());
  ActingAppointment* acting = FindActing(officer, asked.post());
  if (acting == nullptr) {
    if (officer.acting_size() >= kPostsMax) {
      return Bad("BAD_POSTS", "an officer acts in 16 posts at most");
    }
    acting = officer.add_acting();
  }
  acting->set_post(asked.post());
  *acting->mutable_valid_from() = asked.valid_from();
  *acting->mutable_valid_to() = asked.valid_to();
  acting->set_proposed_by(context.actor.person);
  acting->clear_confirmed_by();
  RETURN_IF_ERROR(CheckPersonRoles(officer, state, context.time));
  return Record(officer, context);
}

absl::StatusOr<kernel::Decision> ConfirmActing(const kernel::Context& context,
                                               const ConfirmActingRequest& request,
                                               const kernel::State& state) {
  RETURN_IF_ERROR(kernel::RequireEtag(request.etag()));
  ASSIGN_OR_RETURN(Officer officer, RequireOfficer(state, request.name()));
  if (request.etag() != officer.etag()) {
    return kernel::StaleEtag(officer.name(),
                             absl::StrCat("ch8 officer show ", kernel::IdOf(officer.name())));
  }
  ActingAppointment* acting = FindActing(officer, request.acting_post());
  if (acting == nullptr || acting->confirmed_by() != 0) return NotInState("NOT_PROPOSED", officer);
  RETURN_IF_ERROR(CheckSecondPerson(officer.name(), acting->proposed_by(), context));
  acting->set_confirmed_by(context.actor.person);
  return Record(officer, context);
}

absl::StatusOr<Officer> GetOfficer(const kernel::Context& /*context*/,
                                   const GetOfficerRequest& request, const kernel::State& state) {
  return RequireOfficer(state, request.name());
}

absl::StatusOr<ListOfficersResponse> ListOfficers(const kernel::Context& /*context*/,
                                                  const ListOfficersRequest& request,
                                                  const kernel::State& state) {
  return kernel::ListPage<Officer, ListOfficersRequest, ListOfficersResponse>(
      state.rows, "officers/", request, [](const Officer&) { return true; },
      [](const Officer& officer, ListOfficersResponse& page) { *page.add_officers() = officer; });
}

absl::StatusOr<WhoAmIResponse> WhoAmI(const kernel::Context& context,
                                      const WhoAmIRequest& /*request*/,
                                      const kernel::State& state) {
  WhoAmIResponse response;
  ASSIGN_OR_RETURN(*response.mutable_officer(), RequireOfficer(state, context.actor.officer));
  for (const std::string& name : kernel::PostsHeld(response.officer(), context.time)) {
    const std::optional<Post> post = kernel::FindPost(state.rows, name);
    if (post.has_value()) *response.add_posts() = *post;
  }
  const auto organization = kernel::FindOrganization(state.rows, context.organization);
  if (organization.has_value()) *response.mutable_organization() = *organization;
  response.set_ledger_time_us(absl::ToUnixMicros(context.time));
  return response;
}

}  // namespace ch8::directory
