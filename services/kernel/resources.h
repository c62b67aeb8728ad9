#ifndef CH8_SERVICES_KERNEL_RESOURCES_H_
#define CH8_SERVICES_KERNEL_RESOURCES_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "services/kernel/fields.h"
#include "services/kernel/machine.h"
#include "services/kernel/names.h"
#include "services/kernel/refusal.h"
#include "services/kernel/rows.h"

// What every kind of resource does in the same way: found by its name, shown with its etag, the
// answer of the command that changed it.
namespace ch8::kernel {

// One kind of resource of a service.
struct ResourceKind {
  absl::string_view pattern;  // "offers/*"
  absl::string_view noun;     // "offer", as the CLI calls it.
  absl::string_view unknown;  // "UNKNOWN_OFFER"
  absl::string_view list{};   // "ch8 offer list --goods", where it is not `ch8 NOUN list`.
};

// "ch8 offer show OFF-UN-26-0107".
inline std::string ShowCommand(const ResourceKind& kind, absl::string_view name) {
  return absl::StrCat("ch8 ", kind.noun, " show ", IdOf(name));
}

// Errors: kInvalidArgument/BAD_NAME; kNotFound with the kind's reason.
template <typename Row>
absl::StatusOr<Row> FindResource(const RowReader& rows, absl::string_view name,
                                 const ResourceKind& kind) {
  const absl::Status named = CheckName(name, kind.pattern, kind.noun);
  if (!named.ok()) return named;
  std::optional<Row> row = TableReader<Row>(rows).Find(name);
  if (!row.has_value()) {
    return Unknown(kind.unknown, name,
                   kind.list.empty() ? absl::StrCat("ch8 ", kind.noun, " list") : kind.list);
  }
  return *std::move(row);
}

// The stored row as callers see it.
template <typename Row>
Row WithEtag(Row row) {
  row.set_etag(EtagOf(row));
  return row;
}

// A decision's reply: the resource `name` as it stands afterwards.
template <typename Row>
std::function<std::string(const State&)> ReplyWith(std::string name) {
  return [name = std::move(name)](const State& after) {
    return WithEtag(TableReader<Row>(after.rows).Find(name).value_or(Row())).SerializeAsString();
  };
}

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_RESOURCES_H_
