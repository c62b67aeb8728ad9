#ifndef CH8_CLIENTS_EXPORT_SURVEY_H_
#define CH8_CLIENTS_EXPORT_SURVEY_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "chapter8/books/v1/posting.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "clients/export/selector.h"
#include "clients/export/wire_records.h"

namespace ch8::audit {

// Reads a ledger once and says which entries a sample of it discloses: those that the selectors
// meet, and what these need to be understood:
//
//   any entry            the request that it is a row of; the genesis and changes of the log's key
//                        are always disclosed
//   a bare row           its whole request, and that of the row whose hold it ends
//   one of a transfer    all entries of that transfer in this ledger
//   one that moves       the entries that opened the accounts: without them no amount has a unit
//
// A sample that leaves entries out is bounded by seals, if there are any in the right places: the
// newest one, and, of a period, the first and the last within it. Both are disclosed if between
// them all entries of at least one scope (services/books/seal_sums.h) are. Rows of two seals tell
// also what the scope had come to before: then only scopes that a selector names have them.
//
// An entry is of a transfer when it holds the transfer's id, or names its offer, or a consignment
// or receipt of that offer.
//
// Thread safety: none.
class Survey {
 public:
  // Of the ledger `origin`. At most kSelectorsMax, which outlive this object.
  Survey(absl::string_view origin, const std::vector<Selector>& selectors);

  // The next entry, in order. Errors: kDataLoss when it does not parse or rests on what was not
  // there before it.
  absl::Status Take(const chapter8::ledger::v1::LoggedEntry& entry);

  // After the last one, once.
  struct Selection {
    std::vector<bool> disclosed;      // By index.
    uint64_t count = 0;               // How many of them.
    uint64_t selected = 0;            // How many of those the selectors themselves meet.
    uint32_t met = 0;                 // By bit: the selectors that something here meets.
    std::vector<uint64_t> seals;      // Those that bound it, by index; one or two, or none.
    std::vector<std::string> scopes;  // Of which all between them, or before the one, is disclosed.
  };
  Selection Select();

 private:
  using Handle = uint32_t;  // A transfer's id, or a name that stands for one.

  struct Surveyed {
    uint64_t request = 0;  // Its index; a request's own.
    uint32_t met = 0;      // By bit.
    bool row = false;
    std::vector<uint64_t> needs{};    // Entries that opened what it moves.
    std::vector<Handle> transfers{};  // That it may be of, until Select() sorts them out.
    std::vector<Handle> scopes{};     // Of seals.
  };

  absl::Status TakeRow(const chapter8::books::v1::TransferRow& row, Surveyed& at);
  absl::Status TakeEntry(const chapter8::ledger::v1::Entry& entry, absl::string_view payload,
                         Surveyed& at);
  void TakeRecord(const WireRecord& record, Surveyed& at);
  absl::Status NeedAccount(uint32_t account, Surveyed& at) const;
  uint32_t MetByRequest(const chapter8::ledger::v1::Request& request) const;
  uint32_t MetByAddress(const chapter8::ledger::v1::Entry& entry) const;

  Handle HandleOf(const std::string& text);
  Handle Find(Handle handle);
  void JoinTransfers();
  // Hands what one entry of a transfer meets to all others of it.
  void SpreadOverTransfers();
  bool IsSelected(const Surveyed& at) const;
  // Notes that an entry is of a scope of seals.
  void AddScope(std::string scope, Surveyed& at);
  void TakePeriod(int64_t time_us);
  void BoundBySeals(Selection& selection);
  // Whether a selector asks for all of the scope.
  bool IsNamed(absl::string_view scope) const;
  // Whether the selector is of that account, which is a scope, in this ledger.
  bool IsOfAccount(const Selector& selector, absl::string_view scope) const;
  // Adds the entry, and what it needs to be understood.
  void Disclose(uint64_t index, Selection& selection);

  const std::string service_;  // "finance"
  const std::vector<Selector>& selectors_;
  std::vector<std::set<std::string>> names_;  // By selector: what names what it is about.
  std::vector<uint32_t> kinds_;               // The bits of each kind that there is.
  std::vector<Surveyed> entries_;
  std::vector<uint64_t> key_changes_;
  uint64_t request_ = 0;                    // That the next row belongs to.
  uint32_t request_met_ = 0;                // And what its rows meet through it.
  std::map<uint32_t, uint64_t> opened_by_;  // Of accounts.
  struct FoundSeal {
    uint64_t index = 0;
    uint64_t size = 0;
  };
  std::vector<FoundSeal> seals_;
  std::map<std::string, Handle> scopes_;
  std::optional<uint64_t> period_begin_;     // The first entry in any period selected,
  std::optional<uint64_t> period_end_;       // and the first after all of them.
  std::map<std::string, uint64_t> held_by_;  // Of bulk rows' holds, by id.
  std::set<std::string> ids_;                // Of transfers and holds.
  std::map<std::string, Handle> handles_;
  std::vector<std::string> handle_texts_;
  std::vector<Handle> joined_to_;  // A forest: each towards its transfer's root.
  std::vector<std::pair<Handle, Handle>> links_;
  std::map<Handle, std::vector<uint64_t>> of_transfer_;  // By root.
  std::set<Handle> whole_transfers_;                     // Disclosed, by root.
  std::set<uint64_t> whole_requests_;                    // Bulk ones that are disclosed.
};

}  // namespace ch8::audit

#endif  // CH8_CLIENTS_EXPORT_SURVEY_H_
