#include "clients/cli/organizations.h"

#include "absl/algorithm/container.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "chapter8/witness/v1/witness_service.pb.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {

using chapter8::directory::v1::ListOrganizationsRequest;
using chapter8::directory::v1::ListOrganizationsResponse;
using chapter8::directory::v1::Organization;
using chapter8::witness::v1::ListWitnessedHeadsRequest;
using chapter8::witness::v1::ListWitnessedHeadsResponse;
using chapter8::witness::v1::WitnessedHead;

absl::StatusOr<std::vector<Organization>> AllOrganizations(Session& session) {
  std::vector<Organization> organizations;
  RETURN_IF_ERROR(ListAll<ListOrganizationsResponse>(
      session, "directory.v1.DirectoryService.ListOrganizations", ListOrganizationsRequest(),
      [&](const ListOrganizationsResponse& page) {
        organizations.insert(organizations.end(), page.organizations().begin(),
                             page.organizations().end());
      }));
  return organizations;
}

absl::StatusOr<audit::LogKeys> KeysHeldTo(Session& session) {
  ASSIGN_OR_RETURN(const std::vector<Organization> organizations, AllOrganizations(session));
  ASSIGN_OR_RETURN(audit::LogKeys keys, audit::LogKeysOf(organizations));
  if (!absl::c_linear_search(session.services(), "witness")) return keys;
  std::vector<WitnessedHead> heads;
  RETURN_IF_ERROR(ListAll<ListWitnessedHeadsResponse>(
      session, "witness.v1.WitnessService.ListWitnessedHeads", ListWitnessedHeadsRequest(),
      [&](const ListWitnessedHeadsResponse& page) {
        heads.insert(heads.end(), page.heads().begin(), page.heads().end());
      }));
  RETURN_IF_ERROR(audit::KeepCosigned(heads, keys));
  return keys;
}

}  // namespace ch8::cli
