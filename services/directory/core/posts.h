#ifndef CH8_SERVICES_DIRECTORY_CORE_POSTS_H_
#define CH8_SERVICES_DIRECTORY_CORE_POSTS_H_

#include "absl/status/statusor.h"
#include "chapter8/directory/v1/directory_service.pb.h"
#include "services/kernel/machine.h"

// Posts: what roles and limits attach to. Pure; errors are listed with the rpcs.
namespace ch8::directory {

absl::StatusOr<kernel::Decision> CreatePost(
    const kernel::Context& context, const chapter8::directory::v1::CreatePostRequest& request,
    const kernel::State& state);

absl::StatusOr<kernel::Decision> ConfirmPost(
    const kernel::Context& context, const chapter8::directory::v1::ConfirmPostRequest& request,
    const kernel::State& state);

absl::StatusOr<chapter8::directory::v1::Post> GetPost(
    const kernel::Context& context, const chapter8::directory::v1::GetPostRequest& request,
    const kernel::State& state);

absl::StatusOr<chapter8::directory::v1::ListPostsResponse> ListPosts(
    const kernel::Context& context, const chapter8::directory::v1::ListPostsRequest& request,
    const kernel::State& state);

}  // namespace ch8::directory

#endif  // CH8_SERVICES_DIRECTORY_CORE_POSTS_H_
