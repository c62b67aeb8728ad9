#include "services/mandate/core/delegations.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chapter8/mandate/v1/mandate_service.pb.h"
#include "services/books/postings.h"
#include "services/books/transfer_rows.h"
#include "services/kernel/authority.h"
#include "services/kernel/due.h"
#include "services/kernel/fields.h"
#include "services/kernel/mandate_facts.h"
#include "services/kernel/paging.h"
#include "services/kernel/spoken_ids.h"
#include "services/mandate/core/decisions.h"
#include "services/mandate/core/scope.h"
#include "storage/base/status_macros.h"

namespace ch8::mandate {
namespace {

using chapter8::books::v1::AccountOpened;
using chapter8::ledger::v1::Delivery;
using kernel::Context;
using kernel::State;
using v1::Delegation;

constexpr absl::string_view kCollection = "delegations/";
constexpr absl::string_view kSpokenKind = "DEL";
constexpr size_t kDueMax = 256;
// A chain is never longer: what rests on what is looked through in one decision.
constexpr int kChainMax = 8;
// Open delegations from one that rests on a decision, itself included. The longest end in less than
// 3 KiB each, postings counted, and one commit holds 1.5 MiB of a request's events.
constexpr size_t kTreeMax = 500;

Delegation Shown(Delegation delegation, const kernel::Accounts& accounts) {
  delegation = kernel::WithEtag(std::move(delegation));
  for (v1::Ceiling& ceiling : *delegation.mutable_ceilings()) {
    const absl::StatusOr<kernel::Balance> balance = accounts.Find(ceiling.account());
    if (!balance.ok()) continue;  // Proposed, or a dry run's own.
    ceiling.set_available(balance->available());
    ceiling.set_held(static_cast<int64_t>(balance->debits_held));
  }
  return delegation;
}

std::string Show(const Delegation& delegation) {
  return kernel::ShowCommand(kDelegation, delegation.name());
}

kernel::Decision Recorded(const Context& context, std::vector<kernel::Event> events,
                          const std::string& name) {
  for (kernel::Event& event : events) event.recipients = {context.trust_domain};
  return kernel::Decision{
      std::move(events), [name](const State& after) {
        const auto row = kernel::TableReader<Delegation>(after.rows).Find(name);
        return Shown(row.value_or(Delegation()), after.accounts).SerializeAsString();
      }};
}

kernel::Event RecordedEvent(const Delegation& delegation) {
  v1::MandateEvent event;
  *event.mutable_delegation_recorded() = delegation;
  return kernel::DomainEvent(event);
}

absl::Status ParentNotInForce(absl::string_view parent, absl::string_view instead) {
  return kernel::NotNow("PARENT_NOT_IN_FORCE", absl::StrCat(parent, " is not in force today"),
                        {{"rule", "A-3"}, {"instead", std::string(instead)}});
}

absl::Status UnknownParent(const std::string& name) {
  return kernel::Unknown("UNKNOWN_PARENT", name, "ch8 mandate list");
}

// What the parent covers. Errors: kNotFound/UNKNOWN_PARENT; kFailedPrecondition/
// PARENT_NOT_IN_FORCE.
absl::StatusOr<Scope> ParentScope(const State& state, const std::string& name, absl::CivilDay day) {
  if (absl::StartsWith(name, "decisions/")) {
    const auto decision = kernel::TableReader<v1::Decision>(state.rows).Find(name);
    if (!decision.has_value()) return UnknownParent(name);
    if (!InForce(*decision, day)) {
      return ParentNotInForce(name, kernel::ShowCommand(kDecision, name));
    }
    return *ScopeOf(*decision);
  }
  if (!absl::StartsWith(name, kCollection)) return UnknownParent(name);
  const auto delegation = kernel::TableReader<Delegation>(state.rows).Find(name);
  if (!delegation.has_value()) return UnknownParent(name);
  const std::optional<Scope> scope = ScopeOf(*delegation);
  if (delegation->state() != Delegation::ACTIVE || day < scope->from || day > scope->to) {
    return ParentNotInForce(name, Show(*delegation));
  }
  return *scope;
}

int DepthOf(const kernel::RowReader& rows, std::string name) {
  int depth = 0;
  while (absl::StartsWith(name, kCollection) && depth < kChainMax) {
    ++depth;
    const auto row = kernel::TableReader<Delegation>(rows).Find(name);
    name = row.has_value() ? row->parent() : "";
  }
  return depth;
}

absl::Status CheckWithin(const Scope& parent, const Delegation& asked) {
  if (!parent.sub_delegable) {
    return kernel::NotNow("NOT_SUB_DELEGABLE",
                          absl::StrCat(parent.name, " may not be delegated further"),
                          {{"rule", "A-2"}, {"instead", "ch8 mandate list"}});
  }
  const std::optional<Excess> excess = ExcessOver(parent, *ScopeOf(asked));
  if (!excess.has_value()) return absl::OkStatus();
  return kernel::NotNow(
      "WIDER_THAN_PARENT",
      absl::StrCat("the delegation is wider than ", parent.name, " in ", excess->dimension, ": ",
                   excess->wanted, ", and it has ", excess->available),
      {{"rule", "A-2"},
       {"dimension", excess->dimension},
       {"held", excess->available},
       {"needed", excess->wanted},
       {"instead",
        absl::StrCat("ch8 ", absl::StartsWith(parent.name, kCollection) ? "delegation" : "mandate",
                     " show ", kernel::IdOf(parent.name))}});
}

absl::Status CheckFields(const Delegation& asked) {
  RETURN_IF_ERROR(kernel::CheckText(asked.purpose(), "resource.purpose"));
  RETURN_IF_ERROR(CheckDates(asked.valid_from(), asked.valid_to()));
  RETURN_IF_ERROR(CheckUseOfForce(asked.use_of_force()));
  RETURN_IF_ERROR(CheckPlaces({asked.places().begin(), asked.places().end()}));
  return CheckCeilings({asked.ceilings().begin(), asked.ceilings().end()});
}

// The delegation and all that rest on it, the deepest first, so that what is left runs up the
// chain. Those that have ended already are left out.
std::vector<Delegation> WithChildren(const kernel::RowReader& rows, const Delegation& top) {
  std::multimap<std::string, Delegation> by_parent;
  kernel::TableReader<Delegation>(rows).Scan(kCollection, "", [&](const Delegation& row) {
    const bool open = row.state() == Delegation::ACTIVE || row.state() == Delegation::PROPOSED;
    if (open) by_parent.emplace(row.parent(), row);
    return true;
  });
  std::vector<Delegation> found = {top};
  for (size_t i = 0; i < found.size(); ++i) {
    const auto [begin, end] = by_parent.equal_range(std::string(found[i].name()));
    for (auto child = begin; child != end; ++child) found.push_back(child->second);
  }
  std::reverse(found.begin(), found.end());
  return found;
}

// A tree is revoked in one commit (rule A-7), so it must fit into one.
absl::Status CheckTree(const kernel::RowReader& rows, const std::string& parent) {
  if (!absl::StartsWith(parent, kCollection)) return absl::OkStatus();
  std::optional<Delegation> top = kernel::TableReader<Delegation>(rows).Find(parent);
  if (!top.has_value()) return absl::OkStatus();
  while (absl::StartsWith(top->parent(), kCollection)) {
    const auto above = kernel::TableReader<Delegation>(rows).Find(top->parent());
    if (!above.has_value()) break;
    top = above;
  }
  const size_t open = WithChildren(rows, *top).size();
  if (open < kTreeMax) return absl::OkStatus();
  return kernel::NotNow("TREE_TOO_LARGE",
                        absl::StrCat(open, " delegations are open from ", top->name(),
                                     " down, and a revocation ends at most ", kTreeMax, " at once"),
                        {{"rule", "A-7"},
                         {"held", absl::StrCat(open)},
                         {"available", "0"},
                         {"wanted", "1"},
                         {"instead", Show(*top)}});
}

absl::StatusOr<kernel::Decision> ProposeDelegation(const Context& context,
                                                   const v1::ProposeDelegationRequest& request,
                                                   const State& state) {
  const Delegation& asked = request.resource();
  RETURN_IF_ERROR(CheckFields(asked));
  RETURN_IF_ERROR(kernel::CheckName(asked.post(), "posts/*", "resource.post"));
  const auto post = kernel::FindPost(state.rows, asked.post());
  if (!post.has_value() || post->state() != chapter8::directory::v1::Post::ACTIVE) {
    return kernel::Unknown("UNKNOWN_POST", asked.post(), "ch8 post list");
  }
  ASSIGN_OR_RETURN(const Scope parent,
                   ParentScope(state, asked.parent(), kernel::DayOf(context.time)));
  RETURN_IF_ERROR(CheckWithin(parent, asked));
  if (DepthOf(state.rows, asked.parent()) >= kChainMax) {
    return kernel::TooMany("CHAIN_TOO_LONG",
                           absl::StrCat("a chain has at most ", kChainMax, " delegations"));
  }
  RETURN_IF_ERROR(CheckTree(state.rows, asked.parent()));
  Delegation delegation;
  delegation.set_name(absl::StrCat(
      kCollection, kernel::NextSpokenId(state.rows, {.kind = kSpokenKind,
                                                     .organization = context.organization,
                                                     .time = context.time})));
  delegation.set_parent(asked.parent());
  delegation.set_post(asked.post());
  delegation.set_operation(parent.operation);
  delegation.set_purpose(asked.purpose());
  *delegation.mutable_valid_from() = asked.valid_from();
  *delegation.mutable_valid_to() = asked.valid_to();
  delegation.set_use_of_force(asked.use_of_force());
  *delegation.mutable_places() = asked.places();
  for (const v1::Ceiling& ceiling : asked.ceilings()) {
    v1::Ceiling& added = *delegation.add_ceilings();
    added.set_unit(ceiling.unit());
    added.set_quantity(ceiling.quantity());
  }
  delegation.set_sub_delegable(asked.sub_delegable());
  delegation.set_state(Delegation::PROPOSED);
  delegation.set_proposed_by(context.actor.person);
  return Recorded(context, {RecordedEvent(delegation)}, delegation.name());
}

// Moves the ceilings out of the parent's accounts into own ones.
absl::Status TakeCeilings(const State& state, const Scope& parent, Delegation& delegation,
                          kernel::Event& event) {
  uint32_t next = state.accounts.next_account();
  for (v1::Ceiling& ceiling : *delegation.mutable_ceilings()) {
    const v1::Ceiling& source = *FindCeiling(parent, ceiling.unit());
    ASSIGN_OR_RETURN(const kernel::Balance balance, state.accounts.Find(source.account()));
    if (static_cast<int64_t>(ceiling.quantity()) > balance.available()) {
      return kernel::NotNow(
          "OVER_CEILING",
          absl::StrCat(parent.name, " has ", FormatQuantity(ceiling.unit(), balance.available()),
                       " left, less than ",
                       FormatQuantity(ceiling.unit(), static_cast<int64_t>(ceiling.quantity()))),
          {{"rule", "A-2"},
           {"available", absl::StrCat(balance.available())},
           {"wanted", absl::StrCat(ceiling.quantity())},
           {"unit", ceiling.unit()},
           {"instead", "ch8 delegation list"}});
    }
    ceiling.set_account(next++);
    ceiling.set_counter_account(next++);
    books::OpenAccount({ceiling.account(), ceiling.unit(), AccountOpened::CREDIT_BALANCE}, event);
    books::OpenAccount({ceiling.counter_account(), ceiling.unit(), AccountOpened::CREDIT_BALANCE},
                       event);
    books::Move({source.account(), ceiling.account()}, ceiling.quantity(), event);
  }
  return absl::OkStatus();
}

kernel::Event WithAccounts(kernel::Event event, const kernel::Event& accounts) {
  *event.entry.mutable_accounts() = accounts.entry.accounts();
  *event.entry.mutable_postings() = accounts.entry.postings();
  return event;
}

absl::StatusOr<kernel::Decision> ConfirmDelegation(const Context& context,
                                                   const v1::ConfirmDelegationRequest& request,
                                                   const State& state) {
  ASSIGN_OR_RETURN(Delegation delegation,
                   kernel::FindResource<Delegation>(state.rows, request.name(), kDelegation));
  if (delegation.state() != Delegation::PROPOSED) {
    return kernel::NotNow(
        "NOT_PROPOSED",
        absl::StrCat(delegation.name(), " is ", Delegation::State_Name(delegation.state())),
        {{"instead", Show(delegation)}});
  }
  if (delegation.proposed_by() == context.actor.person) {
    return kernel::NotNow("SAME_PERSON",
                          absl::StrCat(delegation.name(), " was entered by the same person"),
                          {{"rule", "X-3"}, {"instead", Show(delegation)}});
  }
  ASSIGN_OR_RETURN(const Scope parent,
                   ParentScope(state, delegation.parent(), kernel::DayOf(context.time)));
  RETURN_IF_ERROR(CheckWithin(parent, delegation));
  kernel::Event accounts;
  RETURN_IF_ERROR(TakeCeilings(state, parent, delegation, accounts));
  delegation.set_state(Delegation::ACTIVE);
  delegation.set_confirmed_by(context.actor.person);
  return Recorded(context, {WithAccounts(RecordedEvent(delegation), accounts)}, delegation.name());
}

// The ceilings of what a delegation rests on.
std::vector<v1::Ceiling> CeilingsOf(const kernel::RowReader& rows, const std::string& name) {
  if (absl::StartsWith(name, "decisions/")) {
    const auto decision = kernel::TableReader<v1::Decision>(rows).Find(name);
    if (!decision.has_value()) return {};
    return {decision->ceilings().begin(), decision->ceilings().end()};
  }
  const auto delegation = kernel::TableReader<Delegation>(rows).Find(name);
  if (!delegation.has_value()) return {};
  return {delegation->ceilings().begin(), delegation->ceilings().end()};
}

struct Ending {
  Delegation::State state = Delegation::REVOKED;
  uint64_t person = 0;
  std::string reason;
};

// What earlier events of one decision have put on accounts.
using Returned = std::map<uint32_t, int64_t>;

// Ends one delegation: what is left of its ceilings goes back to the parent. What slices have left
// follows, once their ledgers have logged the end (slices.h).
kernel::Event End(const State& state, Delegation delegation, const Ending& ending,
                  Returned& returned) {
  kernel::Event back;
  const std::vector<v1::Ceiling> parents = CeilingsOf(state.rows, delegation.parent());
  for (const v1::Ceiling& ceiling : delegation.ceilings()) {
    const absl::StatusOr<kernel::Balance> left = state.accounts.Find(ceiling.account());
    const auto of_parent =
        std::find_if(parents.begin(), parents.end(),
                     [&](const v1::Ceiling& other) { return other.unit() == ceiling.unit(); });
    if (!left.ok() || of_parent == parents.end()) continue;
    const int64_t quantity = left->available() + returned[ceiling.account()];
    if (quantity <= 0) continue;
    books::Move({ceiling.account(), of_parent->account()}, static_cast<uint64_t>(quantity), back);
    returned[of_parent->account()] += quantity;
  }
  const bool was_in_force = delegation.state() == Delegation::ACTIVE;
  delegation.set_state(ending.state);
  delegation.set_revoked_by(ending.person);
  delegation.set_revoke_reason(ending.reason);
  if (was_in_force) {
    for (const absl::string_view service : kReaders) {
      delegation.add_acknowledgements()->set_origin(std::string(service));
    }
  }
  return WithAccounts(RecordedEvent(delegation), back);
}

absl::StatusOr<kernel::Decision> RevokeDelegation(const Context& context,
                                                  const v1::RevokeDelegationRequest& request,
                                                  const State& state) {
  ASSIGN_OR_RETURN(Delegation delegation,
                   kernel::FindResource<Delegation>(state.rows, request.name(), kDelegation));
  RETURN_IF_ERROR(kernel::CheckText(request.reason(), "reason"));
  if (delegation.state() != Delegation::ACTIVE && delegation.state() != Delegation::PROPOSED) {
    return kernel::NotNow(
        "NOT_ACTIVE",
        absl::StrCat(delegation.name(), " is ", Delegation::State_Name(delegation.state())),
        {{"instead", Show(delegation)}});
  }
  const Ending ending{
      .state = Delegation::REVOKED, .person = context.actor.person, .reason = request.reason()};
  std::vector<kernel::Event> events;
  Returned returned;
  for (const Delegation& each : WithChildren(state.rows, delegation)) {
    events.push_back(End(state, each, ending, returned));
  }
  return Recorded(context, std::move(events), delegation.name());
}

absl::StatusOr<Delegation> GetDelegation(const Context&, const v1::GetDelegationRequest& request,
                                         const State& state) {
  ASSIGN_OR_RETURN(const Delegation delegation,
                   kernel::FindResource<Delegation>(state.rows, request.name(), kDelegation));
  return Shown(delegation, state.accounts);
}

absl::StatusOr<v1::ListDelegationsResponse> ListDelegations(
    const Context&, const v1::ListDelegationsRequest& request, const State& state) {
  return kernel::ListPage<Delegation, v1::ListDelegationsRequest, v1::ListDelegationsResponse>(
      state.rows, kCollection, request, [](const Delegation&) { return true; },
      [&](const Delegation& row, v1::ListDelegationsResponse& response) {
        *response.add_delegations() = Shown(row, state.accounts);
      });
}

// The first moment after a delegation's last day, UTC.
kernel::Due EndOf(const Delegation& delegation) {
  const absl::CivilDay last = *kernel::DayOf(delegation.valid_to());
  return {.time_us = absl::ToUnixMicros(absl::FromCivil(last + 1, absl::UTCTimeZone())),
          .name = delegation.name()};
}

}  // namespace

void AddDelegationRoutes(kernel::Routes& routes) {
  const std::string service = "/chapter8.mandate.v1.DelegationService/";
  routes.AddCommand<v1::ProposeDelegationRequest>(service + "ProposeDelegation", ProposeDelegation);
  routes.AddCommand<v1::ConfirmDelegationRequest>(service + "ConfirmDelegation", ConfirmDelegation);
  routes.AddCommand<v1::RevokeDelegationRequest>(service + "RevokeDelegation", RevokeDelegation);
  routes.AddRead<v1::GetDelegationRequest>(service + "GetDelegation", kernel::ReadPath::kSequenced,
                                           GetDelegation);
  routes.AddRead<v1::ListDelegationsRequest>(service + "ListDelegations",
                                             kernel::ReadPath::kSequenced, ListDelegations);
}

// One a call: each moves what is left into the account of its parent, which may be due too.
std::vector<kernel::Event> DecideDelegationsDue(const Context& context, const State& state) {
  for (const std::string& name : kernel::DueNames(state.rows, context.time, kDueMax)) {
    const auto due = kernel::TableReader<Delegation>(state.rows).Find(name);
    if (!due.has_value()) continue;
    const Delegation deepest = WithChildren(state.rows, *due).front();
    Returned returned;
    kernel::Event event =
        End(state, deepest, {.state = Delegation::EXPIRED, .person = 0, .reason = ""}, returned);
    event.recipients = {context.trust_domain};
    return {std::move(event)};
  }
  return {};
}

kernel::Verdict DecideAcknowledgement(const kernel::Delivered& delivered, const State& state) {
  v1::MandateEvent fact;
  if (!fact.ParseFromString(delivered.entry.mandate_fact()) || !fact.has_delegation_recorded()) {
    return {.verdict = Delivery::REFUSE, .reason = "UNEXPECTED_ENTRY", .events = {}};
  }
  auto row = kernel::TableReader<Delegation>(state.rows).Find(fact.delegation_recorded().name());
  if (!row.has_value()) {
    return {.verdict = Delivery::REFUSE, .reason = "UNEXPECTED_ENTRY", .events = {}};
  }
  for (v1::Acknowledgement& each : *row->mutable_acknowledgements()) {
    if (!absl::EndsWith(delivered.origin, absl::StrCat("/", each.origin()))) continue;
    each.set_origin(delivered.origin);
    each.set_logged(true);
    each.set_index(delivered.index);
  }
  return {.verdict = Delivery::ACCEPT, .reason = "", .events = {RecordedEvent(*row)}};
}

std::optional<kernel::Event> PassOn(const kernel::RowReader& rows, const Delegation& delegation,
                                    const CameBack& back) {
  std::string holder = delegation.name();
  while (absl::StartsWith(holder, kCollection)) {
    const auto row = kernel::TableReader<Delegation>(rows).Find(holder);
    if (!row.has_value() || !kernel::IsEnded(*row)) break;
    holder = row->parent();
  }
  if (holder == delegation.name()) return std::nullopt;
  for (const v1::Ceiling& ceiling : CeilingsOf(rows, holder)) {
    if (ceiling.unit() != back.unit) continue;
    kernel::Event moved;
    books::Move({back.account, ceiling.account()}, back.quantity, moved);
    return WithAccounts(RecordedEvent(delegation), moved);
  }
  return std::nullopt;
}

void ApplyDelegationRecorded(const Delegation& delegation, kernel::Rows& rows) {
  const auto before = kernel::TableReader<Delegation>(rows).Find(delegation.name());
  if (!before.has_value()) kernel::CountSpokenId(kernel::IdOf(delegation.name()), rows);
  const bool open =
      delegation.state() == Delegation::PROPOSED || delegation.state() == Delegation::ACTIVE;
  if (open) {
    kernel::PutDue(EndOf(delegation), rows);
  } else {
    kernel::DeleteDue(EndOf(delegation), rows);
  }
  kernel::PutRow(rows, delegation);
}

}  // namespace ch8::mandate
