#include "clients/export/survey.h"

#include <algorithm>
#include <initializer_list>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/export/log_folder.h"
#include "clients/export/names.h"
#include "storage/base/bytes.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/seal_row.h"

namespace ch8::audit {
namespace {

using chapter8::books::v1::TransferRow;
using chapter8::books::v1::TransferStep;
using chapter8::ledger::v1::Entry;
using chapter8::ledger::v1::LoggedEntry;
using chapter8::ledger::v1::Request;
using Kind = Selector::Kind;

constexpr size_t kTransferIdSize = 16;

bool InOne(absl::string_view text, std::initializer_list<absl::string_view> collections) {
  return std::any_of(collections.begin(), collections.end(),
                     [&](absl::string_view each) { return absl::StartsWith(text, each); });
}

// Whether a record is of one transfer, whose id it then holds.
bool IsTransferRecord(absl::string_view name) {
  return InOne(name, {"offers/", "bookings/", "slices/"});
}
// Whether a record is of goods on their way, and names the offer that they are of.
bool IsOfOffer(absl::string_view name) { return InOne(name, {"consignments/", "receipts/"}); }

bool OfDomain(absl::string_view origin, absl::string_view domain) {
  return absl::StartsWith(origin, absl::StrCat(domain, "/"));
}

std::string AccountScope(uint32_t account) { return absl::StrCat(kAccountScope, account); }
std::string PeerScope(absl::string_view domain) { return absl::StrCat(kPeerScope, domain); }

std::string RowId(uint64_t high, uint64_t low) { return absl::StrCat(KeyU64(high), KeyU64(low)); }

uint32_t BitOf(size_t selector) { return uint32_t{1} << selector; }

}  // namespace

Survey::Survey(absl::string_view origin, const std::vector<Selector>& selectors)
    : service_(FolderOf(origin)), selectors_(selectors) {
  Check(selectors.size() <= kSelectorsMax, "more selectors than bits");
  std::map<Kind, uint32_t> kinds;
  for (size_t i = 0; i < selectors.size(); ++i) {
    names_.push_back({selectors[i].what});
    kinds[selectors[i].kind] |= BitOf(i);
  }
  for (const auto& [kind, bits] : kinds) kinds_.push_back(bits);
}

absl::Status Survey::Take(const LoggedEntry& logged) {
  const uint64_t index = entries_.size();
  Surveyed at{.request = request_, .met = request_met_};
  const absl::Status broken =
      absl::DataLossError(absl::StrCat("entry ", index, " of the node's answer does not parse"));
  if (IsTransferRow(logged)) {
    TransferRow row;
    if (!row.ParseFromString(logged.payload())) return broken;
    RETURN_IF_ERROR(TakeRow(row, at));
  } else {
    Entry entry;
    if (!entry.ParseFromString(logged.payload())) return broken;
    RETURN_IF_ERROR(TakeEntry(entry, logged.payload(), at));
  }
  entries_.push_back(std::move(at));
  return absl::OkStatus();
}

absl::Status Survey::TakeRow(const TransferRow& row, Surveyed& at) {
  at.row = true;
  AddScope(AccountScope(row.debit_account()), at);
  AddScope(AccountScope(row.credit_account()), at);
  RETURN_IF_ERROR(NeedAccount(row.debit_account(), at));
  RETURN_IF_ERROR(NeedAccount(row.credit_account(), at));
  if (row.kind() == TransferRow::HOLD) {
    held_by_[RowId(row.id_high(), row.id_low())] = entries_.size();
  } else if (row.kind() != TransferRow::POST) {
    const auto held = held_by_.find(RowId(row.hold_id_high(), row.hold_id_low()));
    if (held == held_by_.end()) {
      return absl::DataLossError(absl::StrCat("entry ", entries_.size(), " ends no known hold"));
    }
    at.needs.push_back(held->second);
  }
  return absl::OkStatus();
}

absl::Status Survey::TakeEntry(const Entry& entry, absl::string_view payload, Surveyed& at) {
  if (entry.has_request()) {
    at.request = request_ = entries_.size();
    at.met = request_met_ = MetByRequest(entry.request());
    TakePeriod(entry.request().time_us());
    return absl::OkStatus();
  }
  if (entry.has_seal()) seals_.push_back({entries_.size(), entry.seal().size()});
  for (const auto& opened : entry.accounts()) {
    opened_by_[opened.account()] = entries_.size();
    AddScope(AccountScope(opened.account()), at);
  }
  for (const auto& address : entry.addresses()) AddScope(PeerScope(address.recipient()), at);
  for (const auto& posting : entry.postings()) {
    AddScope(AccountScope(posting.debit_account()), at);
    AddScope(AccountScope(posting.credit_account()), at);
    RETURN_IF_ERROR(NeedAccount(posting.debit_account(), at));
    RETURN_IF_ERROR(NeedAccount(posting.credit_account(), at));
    if (!posting.hold_id().empty()) ids_.insert(posting.hold_id());
  }
  if (entry.has_step()) ids_.insert(entry.step().transfer_id());
  if (entry.has_peer_step()) ids_.insert(entry.peer_step().transfer_id());
  if (entry.administration().has_log_key_changed()) key_changes_.push_back(entries_.size());
  at.met |= MetByAddress(entry);
  if (!entry.has_genesis()) {
    for (const WireRecord& record : RecordsIn(payload)) TakeRecord(record, at);
  }
  return absl::OkStatus();
}

void Survey::TakeRecord(const WireRecord& record, Surveyed& at) {
  for (size_t i = 0; i < selectors_.size(); ++i) {
    const Kind kind = selectors_[i].kind;
    if (kind != Kind::kMandate && kind != Kind::kOperation) continue;
    const auto names_it = [&](const std::string& field) { return names_[i].contains(field); };
    if (!std::any_of(record.fields.begin(), record.fields.end(), names_it)) continue;
    at.met |= BitOf(i);
    // What rests on it later may name only this.
    const bool rests_on = InOne(record.name, {"delegations/"}) ||
                          (kind == Kind::kOperation && InOne(record.name, {"requests/"}));
    if (rests_on) names_[i].insert(record.name);
  }
  for (const std::string& field : record.fields) {
    const bool offer = absl::StartsWith(field, "offers/");
    if (field.size() != kTransferIdSize && !offer && !IsOfOffer(field)) continue;
    const Handle handle = HandleOf(field);
    at.transfers.push_back(handle);
    if ((IsTransferRecord(record.name) && field.size() == kTransferIdSize) ||
        (IsOfOffer(record.name) && offer)) {
      links_.emplace_back(HandleOf(record.name), handle);
    }
  }
}

absl::Status Survey::NeedAccount(uint32_t account, Surveyed& at) const {
  const auto opened = opened_by_.find(account);
  if (opened == opened_by_.end()) {
    return absl::DataLossError(
        absl::StrCat("entry ", entries_.size(), " names an account that was never opened"));
  }
  if (opened->second != entries_.size()) at.needs.push_back(opened->second);
  return absl::OkStatus();
}

uint32_t Survey::MetByRequest(const Request& request) const {
  uint32_t met = 0;
  for (size_t i = 0; i < selectors_.size(); ++i) {
    const Selector& selector = selectors_[i];
    const bool meets = (selector.kind == Kind::kPeriod && selector.from_us <= request.time_us() &&
                        request.time_us() < selector.until_us) ||
                       (selector.kind == Kind::kCounterparty && request.has_delivery() &&
                        OfDomain(request.delivery().origin(), selector.what));
    if (meets) met |= BitOf(i);
  }
  return met;
}

uint32_t Survey::MetByAddress(const Entry& entry) const {
  uint32_t met = 0;
  const TransferStep& step = entry.has_step() ? entry.step() : entry.peer_step();
  for (size_t i = 0; i < selectors_.size(); ++i) {
    const Selector& selector = selectors_[i];
    if (selector.kind != Kind::kCounterparty) continue;
    const bool addressed =
        std::any_of(entry.addresses().begin(), entry.addresses().end(),
                    [&](const auto& address) { return address.recipient() == selector.what; });
    if (addressed || OfDomain(step.giver_origin(), selector.what) ||
        OfDomain(step.receiver_origin(), selector.what)) {
      met |= BitOf(i);
    }
  }
  return met;
}

Survey::Handle Survey::HandleOf(const std::string& text) {
  const auto [at, is_new] = handles_.emplace(text, static_cast<Handle>(joined_to_.size()));
  if (is_new) {
    joined_to_.push_back(at->second);
    handle_texts_.push_back(text);
  }
  return at->second;
}

Survey::Handle Survey::Find(Handle handle) {
  while (joined_to_[handle] != handle) {
    joined_to_[handle] = joined_to_[joined_to_[handle]];
    handle = joined_to_[handle];
  }
  return handle;
}

// Only now is it known which 16 bytes are the id of a transfer or hold: a title of 16 letters, say,
// is none.
void Survey::JoinTransfers() {
  const auto stands_for_one = [this](Handle handle) {
    const std::string& text = handle_texts_[handle];
    return ids_.contains(text) || InOne(text, {"offers/"}) || IsOfOffer(text);
  };
  for (const auto& [name, other] : links_) {
    if (stands_for_one(other)) joined_to_[Find(name)] = Find(other);
  }
  for (uint64_t index = 0; index < entries_.size(); ++index) {
    std::set<Handle> roots;
    for (const Handle handle : entries_[index].transfers) {
      if (stands_for_one(handle)) roots.insert(Find(handle));
    }
    entries_[index].transfers.assign(roots.begin(), roots.end());
    for (const Handle root : roots) of_transfer_[root].push_back(index);
  }
}

void Survey::SpreadOverTransfers() {
  uint32_t spreads = 0;  // All but periods: a transfer lasts as long as it lasts.
  for (size_t i = 0; i < selectors_.size(); ++i) {
    if (selectors_[i].kind != Kind::kPeriod) spreads |= BitOf(i);
  }
  std::map<Handle, uint32_t> met;
  for (const auto& [root, indexes] : of_transfer_) {
    for (const uint64_t index : indexes) met[root] |= entries_[index].met & spreads;
  }
  for (size_t i = 0; i < selectors_.size(); ++i) {
    const auto handle = handles_.find(selectors_[i].what);
    if (selectors_[i].kind != Kind::kTransfer || handle == handles_.end()) continue;
    met[Find(handle->second)] |= BitOf(i);
  }
  for (const auto& [root, indexes] : of_transfer_) {
    for (const uint64_t index : indexes) entries_[index].met |= met[root];
  }
}

bool Survey::IsSelected(const Surveyed& at) const {
  return std::all_of(kinds_.begin(), kinds_.end(),
                     [&](uint32_t kind) { return (at.met & kind) != 0; });
}

void Survey::Disclose(uint64_t index, Selection& selection) {
  std::vector<uint64_t> open = {index};
  while (!open.empty()) {
    const uint64_t at = open.back();
    open.pop_back();
    if (selection.disclosed[at]) continue;
    selection.disclosed[at] = true;
    ++selection.count;
    const Surveyed& entry = entries_[at];
    open.push_back(entry.request);
    open.insert(open.end(), entry.needs.begin(), entry.needs.end());
    for (const Handle root : entry.transfers) {
      if (!whole_transfers_.insert(root).second) continue;
      const std::vector<uint64_t>& all = of_transfer_[root];
      open.insert(open.end(), all.begin(), all.end());
    }
    if (!entry.row || !whole_requests_.insert(entry.request).second) continue;
    for (uint64_t row = entry.request + 1;
         row < entries_.size() && entries_[row].request == entry.request; ++row) {
      open.push_back(row);
    }
  }
}

bool Survey::IsOfAccount(const Selector& selector, absl::string_view scope) const {
  return selector.kind == Kind::kAccount && selector.service == service_ && selector.what == scope;
}

bool Survey::IsNamed(absl::string_view scope) const {
  return std::any_of(selectors_.begin(), selectors_.end(), [&](const Selector& selector) {
    return IsOfAccount(selector, scope) ||
           (selector.kind == Kind::kCounterparty && PeerScope(selector.what) == scope);
  });
}

void Survey::AddScope(std::string scope, Surveyed& at) {
  for (size_t i = 0; i < selectors_.size(); ++i) {
    if (IsOfAccount(selectors_[i], scope)) at.met |= BitOf(i);
  }
  const Handle handle =
      scopes_.emplace(std::move(scope), static_cast<Handle>(scopes_.size())).first->second;
  if (std::find(at.scopes.begin(), at.scopes.end(), handle) != at.scopes.end()) return;
  at.scopes.push_back(handle);
}

void Survey::TakePeriod(int64_t time_us) {
  bool begun = false;
  bool over = true;
  for (const Selector& selector : selectors_) {
    if (selector.kind != Kind::kPeriod) continue;
    begun = begun || time_us >= selector.from_us;
    over = over && time_us >= selector.until_us;
  }
  if (begun && !period_begin_.has_value()) period_begin_ = entries_.size();
  if (begun && over && !period_end_.has_value()) period_end_ = entries_.size();
}

// Seals within the period, for all of what they bound then is in it; without a period, from the
// beginning to the newest.
void Survey::BoundBySeals(Selection& selection) {
  const auto is_period = [](const Selector& selector) { return selector.kind == Kind::kPeriod; };
  const bool in_period = std::any_of(selectors_.begin(), selectors_.end(), is_period);
  const uint64_t begin = in_period ? period_begin_.value_or(entries_.size()) : 0;
  const uint64_t end = period_end_.value_or(entries_.size());
  const FoundSeal* lower = nullptr;
  const FoundSeal* upper = nullptr;
  for (const FoundSeal& seal : seals_) {
    if (lower == nullptr && seal.size >= begin) lower = &seal;
    if (seal.size <= end) upper = &seal;
  }
  // Nothing but the genesis is before the first entry.
  if (begin <= 1) lower = nullptr;
  if (upper == nullptr || (begin > 1 && lower == nullptr)) return;
  const uint64_t from = lower == nullptr ? 0 : lower->size;
  if (from >= upper->size) return;
  std::vector<uint64_t> withheld(scopes_.size());
  std::vector<uint64_t> shown(scopes_.size());
  for (uint64_t index = from; index < upper->size; ++index) {
    for (const Handle scope : entries_[index].scopes) {
      ++(selection.disclosed[index] ? shown : withheld)[scope];
    }
  }
  for (const auto& [scope, handle] : scopes_) {
    if (shown[handle] == 0 || withheld[handle] > 0) continue;
    // The lower seal's row would tell all that the scope had come to before the period.
    if (lower == nullptr || IsNamed(scope)) selection.scopes.push_back(scope);
  }
  if (selection.scopes.empty()) return;
  for (const FoundSeal* seal : {lower, upper}) {
    if (seal == nullptr) continue;
    selection.seals.push_back(seal->index);
    Disclose(seal->index, selection);
  }
}

Survey::Selection Survey::Select() {
  JoinTransfers();
  SpreadOverTransfers();
  Selection selection;
  selection.disclosed.resize(entries_.size());
  for (uint64_t index = 0; index < entries_.size(); ++index) {
    selection.met |= entries_[index].met;
    if (index == 0 || !IsSelected(entries_[index])) continue;
    ++selection.selected;
    Disclose(index, selection);
  }
  Disclose(0, selection);
  for (const uint64_t index : key_changes_) Disclose(index, selection);
  BoundBySeals(selection);
  return selection;
}

}  // namespace ch8::audit
