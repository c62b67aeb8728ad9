#include "clients/cli/organizations.h"

#include "chapter8/directory/v1/directory_service.pb.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {

using chapter8::directory::v1::ListOrganizationsRequest;
using chapter8::directory::v1::ListOrganizationsResponse;
using chapter8::directory::v1::Organization;

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

}  // namespace ch8::cli
