#include "clients/cli/receipt_level.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {

using chapter8::ledger::v1::CosignedHead;
using chapter8::ledger::v1::ListCosignaturesRequest;
using chapter8::ledger::v1::ListCosignaturesResponse;

absl::StatusOr<std::vector<CosignedHead>> CosignedHeads(const std::string& origin,
                                                        Session& session) {
  ListCosignaturesRequest request;
  request.set_origin(origin);
  std::vector<CosignedHead> heads;
  RETURN_IF_ERROR(ListAll<ListCosignaturesResponse>(
      session, "ledger.v1.LedgerService.ListCosignatures", request,
      [&](const ListCosignaturesResponse& page) {
        heads.insert(heads.end(), page.heads().begin(), page.heads().end());
      }));
  return heads;
}

std::string LevelText(uint64_t index, const std::vector<CosignedHead>& heads,
                      absl::string_view partner, uint64_t witnessed_size) {
  bool by_partner = false;
  std::vector<absl::string_view> others;
  for (const CosignedHead& head : heads) {
    if (index >= head.size()) continue;
    const absl::string_view domain = absl::StripSuffix(head.witness(), "/witness");
    if (domain == partner) {
      by_partner = true;
    } else {
      others.push_back(domain);
    }
  }
  const std::string besides = others.empty() ? ""
                                             : absl::StrCat("; ", absl::StrJoin(others, ", "),
                                                            " would not let us "
                                                            "rewrite it either");
  if (index < witnessed_size) {
    return absl::StrCat("witnessed: enough of the policy's organizations hold us to it", besides);
  }
  if (by_partner) return absl::StrCat("bilateral: ", partner, " holds us to it", besides);
  if (others.empty()) return "logged: here, and no other organization holds us to it yet";
  return absl::StrCat("logged: here; ", absl::StrJoin(others, ", "),
                      " would not let us rewrite it");
}

}  // namespace ch8::cli
