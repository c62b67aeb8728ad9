#ifndef CH8_SERVICES_BOOKS_SLICES_H_
#define CH8_SERVICES_BOOKS_SLICES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "chapter8/mandate/v1/mandate.pb.h"
#include "services/books/postings.h"
#include "services/kernel/machine.h"

// Slices of delegated ceilings (ledger.md §4, "Ceilings are accounts"), as the ledger has them that
// acts debit. The organization's mandate ledger gives each by a two-sided transfer, taken here
// without an officer; what acts then spend is held and posted in the same entry as the act. What is
// left when the delegation ends goes back by a transfer the other way, by itself.
//
// Thread safety: none; as the rows.
namespace ch8::books {

// The slice of a delegation in one unit; nothing when this ledger has none.
std::optional<chapter8::mandate::v1::SliceAccounts> FindSlice(const kernel::RowReader& rows,
                                                              absl::string_view delegation,
                                                              absl::string_view unit);

// Whether a delivered step is one of the own mandate ledger's. Steps between other own ledgers
// reach this one too, being addressed to the organization; they are nobody's here.
bool IsSliceStep(const kernel::Context& context, const kernel::Delivered& delivered);
// Decides it: a RESERVE is accepted at once, and its accounts are opened when they are the first of
// its delegation and unit; an ACCEPT of what goes back is answered by POST. Refused: BAD_TERMS and
// what books::OnPeerStep() refuses.
kernel::Verdict DecideSliceDelivery(const kernel::Context& context,
                                    const kernel::Delivered& delivered, const kernel::State& state);

// Slices whose delegation has ended here and that have something left: their return's RESERVE each,
// at most 256. What acts still hold goes back once they free it.
std::vector<kernel::Event> DecideSliceReturns(const kernel::Context& context,
                                              const kernel::State& state);

// For Apply: takes a logged step if it is one of a slice, and says whether it is.
bool ApplySliceStep(const kernel::Applied& applied, kernel::Rows& rows);

// What an act spends of a delegation's slice.
struct SliceSpending {
  absl::string_view delegation;
  absl::string_view operation;
  absl::string_view unit;
  uint64_t quantity = 0;
};
// Whether the actor may do it (rules ), and the slice that the act then holds.
// Errors: those of kernel::DelegationInForce() and kernel::CheckDelegate();
// kFailedPrecondition/NO_SLICE, OVER_CEILING (rule A-2; metadata: available, wanted, unit,
// instead).
absl::StatusOr<chapter8::mandate::v1::SliceAccounts> SliceToSpend(const kernel::Context& context,
                                                                  const SliceSpending& spending,
                                                                  const kernel::State& state);

// What an act has of a slice, under a hold beside that of its transfer: it opens, moves and ends in
// the entries of the act.
struct SliceHold {
  AccountPair accounts;  // The slice and where it is used; account 0 when the act spends none.
  uint64_t quantity = 0;
  absl::string_view service;  // "finance": the ledger's.
  absl::string_view transfer_id;
};
void HoldSlice(const SliceHold& hold, kernel::Event& event);
// `moved` of it is used for good.
void EndSliceHold(const SliceHold& hold, uint64_t moved, kernel::Event& event);

}  // namespace ch8::books

#endif  // CH8_SERVICES_BOOKS_SLICES_H_
