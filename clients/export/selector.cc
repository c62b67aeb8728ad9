#include "clients/export/selector.h"

#include "absl/strings/str_join.h"

namespace ch8::audit {

std::string Describe(const std::vector<Selector>& selectors) {
  return absl::StrJoin(selectors, ", ", [](std::string* out, const Selector& selector) {
    out->append(selector.text);
  });
}

}  // namespace ch8::audit
