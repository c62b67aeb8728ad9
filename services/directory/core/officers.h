#ifndef CH8_SERVICES_DIRECTORY_CORE_OFFICERS_H_
#define CH8_SERVICES_DIRECTORY_CORE_OFFICERS_H_

#include "absl/status/statusor.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "services/kernel/machine.h"

// Officers: persons who act for the organization. Pure; errors are listed with the rpcs.
namespace ch8::directory {

absl::StatusOr<kernel::Decision> CreateOfficer(
    const kernel::Context& context, const chapter8::directory::v1::CreateOfficerRequest& request,
    const kernel::State& state);

absl::StatusOr<kernel::Decision> ConfirmOfficer(
    const kernel::Context& context, const chapter8::directory::v1::ConfirmOfficerRequest& request,
    const kernel::State& state);

absl::StatusOr<kernel::Decision> SuspendOfficer(
    const kernel::Context& context, const chapter8::directory::v1::SuspendOfficerRequest& request,
    const kernel::State& state);

absl::StatusOr<kernel::Decision> AppointActing(
    const kernel::Context& context, const chapter8::directory::v1::AppointActingRequest& request,
    const kernel::State& state);

absl::StatusOr<kernel::Decision> ConfirmActing(
    const kernel::Context& context, const chapter8::directory::v1::ConfirmActingRequest& request,
    const kernel::State& state);

absl::StatusOr<chapter8::directory::v1::Officer> GetOfficer(
    const kernel::Context& context, const chapter8::directory::v1::GetOfficerRequest& request,
    const kernel::State& state);

absl::StatusOr<chapter8::directory::v1::ListOfficersResponse> ListOfficers(
    const kernel::Context& context, const chapter8::directory::v1::ListOfficersRequest& request,
    const kernel::State& state);

// The calling officer with its posts and organization. The caller sets `exercise`.
absl::StatusOr<chapter8::directory::v1::WhoAmIResponse> WhoAmI(
    const kernel::Context& context, const chapter8::directory::v1::WhoAmIRequest& request,
    const kernel::State& state);

}  // namespace ch8::directory

#endif  // CH8_SERVICES_DIRECTORY_CORE_OFFICERS_H_
