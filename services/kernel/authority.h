#ifndef CH8_SERVICES_KERNEL_AUTHORITY_H_
#define CH8_SERVICES_KERNEL_AUTHORITY_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "chapter8/authz/v1/rule.pb.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "services/kernel/machine.h"
#include "services/kernel/rows.h"

// Who may do what, decided from the ledger's own rows, so that it replays. The edge has checked
// kind and certificate; post, roles and signature are checked here.
namespace ch8::kernel {

// The rule that an rpc's proto declares; nothing when it declares none, and then nobody may call
// it. `method` is "/package.Service/Method".
std::optional<chapter8::authz::v1::Rule> RuleOf(absl::string_view method);

// The officer and post that `command` acts in. `time` is what the act's not_after is judged
// by.
//
// Errors, kPermissionDenied unless noted, domain "kernel.chapter8":
//   UNKNOWN_OFFICER       no such officer in this ledger's facts.
//   OFFICER_NOT_ACTIVE    proposed or suspended.
//   POST_NOT_HELD         the officer does not hold the post named.
//   NO_ROLE               no post held, or not the one named, has a role the rule asks for
//                         (metadata: needed, held).
//   AMBIGUOUS_POST        several posts would do; name one (kInvalidArgument).
//   ACT_NOT_SIGNED        the rule asks for the officer's own signature (kUnauthenticated).
//   ACT_KEY_DIFFERS       signed, asked for or not, by another key than the officer's
//                         (kUnauthenticated).
//   EXPIRED               the act's not_after is past (kFailedPrecondition).
absl::StatusOr<Actor> Authorize(const chapter8::authz::v1::Rule& rule, const Command& command,
                                absl::Time time, const RowReader& rows);

// The same for a read: any confirmed officer, or one with a role when the rule names some.
absl::StatusOr<Actor> AuthorizeRead(const chapter8::authz::v1::Rule& rule, const Caller& caller,
                                    absl::Time time, const RowReader& rows);

// The posts that the officer holds at `time`: the officer's own, and those acted in on that UTC
// day by a confirmed appointment.
std::vector<std::string> PostsHeld(const chapter8::directory::v1::Officer& officer,
                                   absl::Time time);

// Facts of the organization's directory, as every ledger of it keeps them.
std::optional<chapter8::directory::v1::Officer> FindOfficer(const RowReader& rows,
                                                            absl::string_view name);
std::optional<chapter8::directory::v1::Post> FindPost(const RowReader& rows,
                                                      absl::string_view name);
std::optional<chapter8::directory::v1::Organization> FindOrganization(const RowReader& rows,
                                                                      absl::string_view name);
// The pinned (or own) organization of a trust domain.
std::optional<chapter8::directory::v1::Organization> FindTrustDomain(
    const RowReader& rows, absl::string_view trust_domain);

// All of them, the own one included, by trust domain.
std::vector<chapter8::directory::v1::Organization> PinnedOrganizations(const RowReader& rows);

// Applies a directory event to the fact rows: in the directory its own events, elsewhere facts.
void ApplyFact(const chapter8::directory::v1::DirectoryEvent& event, Rows& rows);

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_AUTHORITY_H_
