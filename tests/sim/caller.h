#ifndef CH8_TESTS_SIM_CALLER_H_
#define CH8_TESTS_SIM_CALLER_H_

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "tests/sim/node.h"
#include "tests/sim/random.h"

namespace ch8::sim {

// Makes the calls of a kind of officers, each under a request id of its own.
//
// Thread safety: none.
class Caller {
 public:
  // `kind` is what the request ids begin with.
  Caller(Random& random, absl::string_view kind) : random_(random), kind_(kind) {}

  template <typename Request>
  Call CallOf(const std::string& officer, const std::string& method, Request request) {
    request.set_request_id(absl::StrCat(kind_, "-", ++calls_));
    return {.officer = officer,
            .method = method,
            .request = request.SerializeAsString(),
            .request_id = request.request_id(),
            .random = std::string(random_.NextHash().view().substr(0, 16))};
  }

 private:
  Random& random_;
  const std::string kind_;
  uint64_t calls_ = 0;
};

// One of those made last: older ones have mostly ended.
template <typename T>
const T& Recent(const std::vector<T>& known, Random& random) {
  constexpr size_t kRecent = 6;
  const size_t span = std::min(known.size(), kRecent);
  return known[known.size() - 1 - static_cast<size_t>(random.Pick(static_cast<int64_t>(span)))];
}

// One of those made first: what is newer may not have arrived yet.
template <typename T>
const T& Older(const std::vector<T>& known, Random& random) {
  const auto count = static_cast<int64_t>(known.size());
  return known[static_cast<size_t>(std::min(random.Pick(count), random.Pick(count)))];
}

inline std::string NameOf(absl::string_view organization) {
  return absl::StrCat("organizations/", organization);
}

}  // namespace ch8::sim

#endif  // CH8_TESTS_SIM_CALLER_H_
