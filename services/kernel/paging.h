#ifndef CH8_SERVICES_KERNEL_PAGING_H_
#define CH8_SERVICES_KERNEL_PAGING_H_

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "services/kernel/rows.h"
#include "storage/base/limits.h"

namespace ch8::kernel {

// The page size to use: 0 means the default, large wishes are clamped (AIP-158).
// Errors: kInvalidArgument/BAD_PAGE_SIZE for a negative one.
absl::StatusOr<int> PageSize(int wanted);

// Page tokens are the last name of the page before, in URL-safe base64: opaque to callers.
std::string PageToken(absl::string_view last_name);
// Errors: kInvalidArgument/BAD_PAGE_TOKEN.
absl::StatusOr<std::string> LastNameOf(absl::string_view page_token);
// The same, for a last name that is none of the list's.
absl::Status BadPageToken();

// Fills one page of a list: rows of `collection` that `keep` lets through, in name order.
// `Response` is the list response; `add` appends one row to it.
template <typename Row, typename Request, typename Response>
absl::StatusOr<Response> ListPage(const RowReader& rows, absl::string_view collection,
                                  const Request& request,
                                  const std::function<bool(const Row&)>& keep,
                                  const std::function<void(const Row&, Response&)>& add) {
  const absl::StatusOr<int> page_size = PageSize(request.page_size());
  if (!page_size.ok()) return page_size.status();
  const absl::StatusOr<std::string> after = LastNameOf(request.page_token());
  if (!after.ok()) return after.status();
  Response response;
  int count = 0;
  std::string last;
  TableReader<Row>(rows).Scan(collection, *after, [&](const Row& row) {
    if (!keep(row)) return true;
    if (count == *page_size) {
      response.set_next_page_token(PageToken(last));
      return false;
    }
    add(row, response);
    last = row.name();
    ++count;
    return true;
  });
  return response;
}

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_PAGING_H_
