#ifndef CH8_STORAGE_BASE_STATUS_MACROS_H_
#define CH8_STORAGE_BASE_STATUS_MACROS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// The project's only two macros. Both return early from a function whose result is an
// absl::Status or absl::StatusOr.

// Evaluates `expr`, an absl::Status, and returns it unless it is OK.
#define RETURN_IF_ERROR(expr)                  \
  do {                                         \
    absl::Status ch8_status_ = (expr);         \
    if (!ch8_status_.ok()) return ch8_status_; \
  } while (false)

// Evaluates `expr`, an absl::StatusOr, and returns its status unless it is OK; else assigns its
// value to `lhs`, which may declare a variable.
#define ASSIGN_OR_RETURN(lhs, expr) \
  CH8_ASSIGN_OR_RETURN_IMPL_(CH8_STATUS_CONCAT_(ch8_statusor_, __LINE__), lhs, expr)

#define CH8_STATUS_CONCAT_INNER_(x, y) x##y
#define CH8_STATUS_CONCAT_(x, y) CH8_STATUS_CONCAT_INNER_(x, y)
#define CH8_ASSIGN_OR_RETURN_IMPL_(statusor, lhs, expr) \
  auto statusor = (expr);                               \
  if (!statusor.ok()) return statusor.status();         \
  lhs = std::move(statusor).value()

#endif  // CH8_STORAGE_BASE_STATUS_MACROS_H_
