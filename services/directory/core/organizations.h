#ifndef CH8_SERVICES_DIRECTORY_CORE_ORGANIZATIONS_H_
#define CH8_SERVICES_DIRECTORY_CORE_ORGANIZATIONS_H_

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "chapter8/directory/v1/organization_record.pb.h"
#include "services/kernel/machine.h"
#include "services/kernel/rows.h"

// Other organizations and the records by which they are trusted. Pure; errors are listed with the
// rpcs.
namespace ch8::directory {

using BundleCheck = std::function<absl::Status(absl::string_view ca_bundle_pem)>;

absl::StatusOr<kernel::Decision> PinOrganization(
    const kernel::Context& context, const chapter8::directory::v1::PinOrganizationRequest& request,
    const kernel::State& state, const BundleCheck& check_ca_bundle);

absl::StatusOr<kernel::Decision> ConfirmOrganization(
    const kernel::Context& context,
    const chapter8::directory::v1::ConfirmOrganizationRequest& request, const kernel::State& state);

absl::StatusOr<chapter8::directory::v1::Organization> GetOrganization(
    const kernel::Context& context, const chapter8::directory::v1::GetOrganizationRequest& request,
    const kernel::State& state);

absl::StatusOr<chapter8::directory::v1::ListOrganizationsResponse> ListOrganizations(
    const kernel::Context& context,
    const chapter8::directory::v1::ListOrganizationsRequest& request, const kernel::State& state);

// What puts a newer record of the own organization in force, for every ledger of it: nothing when
// `newest`, which is verified, is not newer than the one that `rows` have.
std::vector<kernel::Event> OwnRecordEvents(
    const kernel::RowReader& rows, const chapter8::directory::v1::SignedOrganizationRecord& newest);

}  // namespace ch8::directory

#endif  // CH8_SERVICES_DIRECTORY_CORE_ORGANIZATIONS_H_
