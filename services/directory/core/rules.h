#ifndef CH8_SERVICES_DIRECTORY_CORE_RULES_H_
#define CH8_SERVICES_DIRECTORY_CORE_RULES_H_

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "chapter8/authz/v1/rule.pb.h"
#include "chapter8/directory/v1/directory.pb.h"
#include "services/kernel/machine.h"
#include "services/kernel/rows.h"

// What the decisions on posts, officers and organizations share.
namespace ch8::directory {

inline constexpr absl::string_view kDomain = "directory.chapter8";

// The post that the genesis creates, and the officers it names hold.
inline constexpr absl::string_view kAdministratorPost = "posts/administrator";

// Never fewer than this many persons may administer a node: everything takes two.
inline constexpr size_t kAdministratorsMin = 2;

// The largest signed record that can be pinned. A pinned record and its proposed successor stand in
// one entry, whose payload is at most 32 KiB.
inline constexpr size_t kPinnedRecordSizeMax = 15 * 1024;

// A refusal in the directory's domain.
absl::Status Deny(absl::StatusCode code, absl::string_view reason, std::string message,
                  std::vector<std::pair<std::string, std::string>> metadata = {});

// kNotFound with reason, naming the resource and how to list its kind.
absl::Status NotFound(absl::string_view reason, absl::string_view name, absl::string_view instead);

// kInvalidArgument/BAD_ID unless `id` is a resource id.
absl::Status CheckId(absl::string_view id, absl::string_view field);

// kFailedPrecondition/SAME_PERSON when the caller is the person who proposed `name` (rule X-3).
absl::Status CheckSecondPerson(absl::string_view name, uint64_t proposed_by,
                               const kernel::Context& context);

using RoleSet = std::set<int>;

// The names of roles, joined by ", ".
std::string RoleNames(const RoleSet& roles);

// kInvalidArgument/INCOMPATIBLE_ROLES when `roles` has ADMINISTRATOR beside APPROVER, FUND_MANAGER
// or SUPPLY_MANAGER (rule X-3): whoever appoints may not move value. `who` says whose they are.
absl::Status CheckCompatible(const RoleSet& roles, absl::string_view who);

// One event, addressed to the organization itself.
kernel::Event FactEvent(const chapter8::directory::v1::DirectoryEvent& fact,
                        absl::string_view trust_domain);

// A decision of that one event; the reply is the resource as it stands afterwards.
template <typename Row>
kernel::Decision RecordDecision(const chapter8::directory::v1::DirectoryEvent& fact,
                                const std::string& name, const kernel::Context& context) {
  return kernel::Decision{.events = {FactEvent(fact, context.trust_domain)},
                          .reply = [name](const kernel::State& state) {
                            const auto row = kernel::TableReader<Row>(state.rows).Find(name);
                            return row.has_value() ? row->SerializeAsString() : std::string();
                          }};
}

// Gives a changed resource its next etag: "1", "2", …
template <typename Row>
void SetNextEtag(Row& row) {
  uint64_t version = 0;
  if (!row.etag().empty() && !absl::SimpleAtoi(row.etag(), &version)) version = 0;
  row.set_etag(absl::StrCat(version + 1));
}

}  // namespace ch8::directory

#endif  // CH8_SERVICES_DIRECTORY_CORE_RULES_H_
