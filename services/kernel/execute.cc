#include "services/kernel/execute.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "services/kernel/addresses.h"
#include "services/kernel/authority.h"
#include "services/kernel/entry_form.h"
#include "services/kernel/names.h"
#include "services/kernel/refusal.h"
#include "storage/base/bytes.h"
#include "storage/base/check.h"
#include "storage/base/limits.h"

namespace ch8::kernel {
namespace {

using chapter8::ledger::v1::Answer;
using chapter8::ledger::v1::Delivery;
using chapter8::ledger::v1::Receipt;
using chapter8::ledger::v1::Request;

constexpr absl::string_view kDomain = "kernel.chapter8";
constexpr absl::string_view kTimeKey = "time";
constexpr int kForgetMax = 256;
constexpr size_t kRandomSize = 16;

std::string KeyOf(const Command& command) {
  return AnswerKey(command.caller.trust_domain, command.caller.id, command.request_id);
}

std::vector<Accounts::Change> ChangesOf(const std::vector<Event>& events) {
  std::vector<Accounts::Change> changes;
  for (const Event& event : events) changes.push_back(ChangeOf(event.entry));
  return changes;
}

Outcome Failed(const absl::Status& status) {
  return Outcome{.status = status, .reply = {}, .receipt = {}};
}

// How far the log and its time have come.
struct Position {
  absl::Time time;
  uint64_t size = 0;
};

Context ContextOf(const Executor::Options& options, const Position& position, const Actor& actor,
                  absl::string_view random) {
  return Context{.time = position.time,
                 .origin = options.ledger->origin(),
                 .organization = options.organization,
                 .trust_domain = options.trust_domain,
                 .actor = actor,
                 .random = std::string(random),
                 .log_size = position.size};
}

Outcome ReadFrom(const Executor::Options& options, const Command& command, const Routes::Read& read,
                 const Position& position, const State& state) {
  const std::optional<chapter8::authz::v1::Rule> rule = RuleOf(command.method);
  Check(rule.has_value(), "a read without a rule");
  const absl::StatusOr<Actor> actor =
      AuthorizeRead(*rule, command.caller, position.time, state.rows);
  if (!actor.ok()) return Failed(actor.status());
  absl::StatusOr<std::string> reply =
      read(ContextOf(options, position, *actor, ""), command.request,
           State{state.rows, state.accounts, options.bodies});
  if (!reply.ok()) return Failed(WithDomain(reply.status(), options.machine->domain()));
  return Outcome{.status = absl::OkStatus(), .reply = *std::move(reply), .receipt = {}};
}

Outcome NoSuchMethod(const Command& command) {
  return Failed(absl::UnimplementedError(absl::StrCat("no such method: ", command.method)));
}

}  // namespace

std::string AnswerKey(absl::string_view trust_domain, absl::string_view caller,
                      absl::string_view request_id) {
  return absl::StrCat("a/", trust_domain, "/", caller, "/", request_id);
}

std::string ForgetKey(int64_t not_after_us, absl::string_view answer_key) {
  return absl::StrCat("x/", KeyU64(static_cast<uint64_t>(not_after_us)), answer_key);
}

void KeepTime(absl::Time time, Rows& rows) {
  rows.Put(Table::kMeta, kTimeKey, KeyU64(static_cast<uint64_t>(absl::ToUnixMicros(time))));
}

absl::Time NewestTime(const RowReader& rows) {
  const std::optional<std::string> time = rows.Get(Table::kMeta, kTimeKey);
  if (!time.has_value()) return absl::UnixEpoch();
  return absl::FromUnixMicros(static_cast<int64_t>(ByteReader(*time).ReadU64()));
}

Outcome ReadSnapshot(const Executor::Options& options, const Snapshot& snapshot,
                     const Command& command, absl::Time now) {
  const SnapshotRows rows(snapshot);
  const NoAccounts no_accounts;
  const Routes::ReadRoute* route = options.machine->routes().FindRead(command.method);
  if (route == nullptr) return NoSuchMethod(command);
  Outcome outcome =
      ReadFrom(options, command, route->read, {std::max(now, NewestTime(rows)), snapshot.size()},
               State{rows, no_accounts});
  return rows.status().ok() ? outcome : Failed(rows.status());
}

Executor::Executor(const Options& options) : options_(options) {
  written_ = std::make_unique<SnapshotRows>(options_.ledger->WrittenView());
  time_ = NewestTime(*written_);
}

void Executor::Begin(absl::Time time) {
  Check(time >= time_, "ledger time goes back");
  time_ = time;
  rows_ = std::make_unique<Rows>(*written_);
  next_index_ = options_.ledger->WrittenView().size();
  entries_ = 0;
  payload_bytes_ = 0;
  requests_.clear();
  payloads_.clear();
}

Ledger::CommitRequest Executor::Finish() {
  Ledger::CommitRequest commit;
  if (entries_ > 0) KeepTime(time_, *rows_);
  commit.requests = std::move(requests_);
  commit.rows = rows_->TakeWrites();
  requests_.clear();
  return commit;
}

Context Executor::MakeContext(const Actor& actor, absl::string_view random) const {
  return ContextOf(options_, {time_, next_index_}, actor, random);
}

std::optional<Outcome> Executor::Repeated(const Command& command) const {
  const std::optional<std::string> kept = rows_->Get(Table::kAnswers, KeyOf(command));
  if (!kept.has_value()) return std::nullopt;
  Answer answer;
  Check(answer.ParseFromString(*kept), "a kept answer does not parse");
  Outcome outcome;
  if (answer.request_digest() != command.request_digest.view() ||
      answer.method() != command.method) {
    outcome.status = Refuse({.code = absl::StatusCode::kAlreadyExists,
                             .domain = kDomain,
                             .reason = "REQUEST_ID_REUSED",
                             .message = absl::StrCat("request id ", command.request_id,
                                                     " was used for another request"),
                             .metadata = {{"request_id", command.request_id},
                                          {"instead", "repeat without --request-id"}}});
    return outcome;
  }
  if (absl::FromUnixMicros(answer.not_after_us()) < time_) {
    outcome.status = Refuse({.code = absl::StatusCode::kFailedPrecondition,
                             .domain = kDomain,
                             .reason = "EXPIRED",
                             .message = "the answer to this request is no longer kept"});
    return outcome;
  }
  outcome.receipt = answer.receipt();
  if (answer.refusal_status().empty()) {
    outcome.reply = answer.reply();
  } else {
    outcome.status = StatusFromBytes(answer.refusal_status());
  }
  return outcome;
}

Outcome Executor::Execute(const Command& command) {
  const Routes::Decide* decide = options_.machine->routes().FindCommand(command.method);
  return decide == nullptr ? NoSuchMethod(command) : ExecuteWith(command, *decide);
}

void Executor::SetHead(Head head) {
  if (head != head_) retry_parked_ = true;
  head_ = head;
}

absl::Status Executor::Admit(const std::vector<Event>& events) const {
  const auto is_step = [](const Event& event) { return event.entry.has_step(); };
  if (head_ == Head::kUnvouched && std::any_of(events.begin(), events.end(), is_step)) {
    return Refuse({.code = absl::StatusCode::kUnavailable,
                   .domain = kDomain,
                   .reason = "HEAD_NOT_VOUCHED",
                   .message = "after a restart partners or two administrators must vouch for this "
                              "ledger before it takes part in transfers",
                   .metadata = {{"instead", absl::StrCat("ch8 ledger waive ",
                                                         IdOf(options_.ledger->origin()))}}});
  }
  if (absl::Status fits = CheckFits(events); !fits.ok()) return fits;
  return options_.accounts->Check(ChangesOf(events));
}

Outcome Executor::ExecuteWith(const Command& command, const Routes::Decide& decide) {
  const std::optional<chapter8::authz::v1::Rule> rule = RuleOf(command.method);
  Check(rule.has_value(), "a command without a rule");
  const absl::StatusOr<Actor> actor = Authorize(*rule, command, time_, *rows_);
  if (!actor.ok()) return Failed(actor.status());
  if (std::optional<Outcome> repeated = Repeated(command)) return *std::move(repeated);

  const Context context = MakeContext(*actor, command.random);
  absl::StatusOr<Decision> decision = decide(context, command, CurrentState());
  if (!decision.ok()) {
    return Refused(command, *actor, WithDomain(decision.status(), options_.machine->domain()));
  }
  const absl::Status admitted = Admit(decision->events);
  if (!admitted.ok()) return Refused(command, *actor, admitted);
  if (command.mode == Command::Mode::kValidateOnly) return DryRun(command, context, *decision);

  Outcome outcome;
  outcome.receipt = Append(RequestOf(command, *actor), command.request_salt, decision->events);
  outcome.reply = decision->reply(CurrentState());
  outcome.bodies = std::move(decision->bodies);
  KeepAnswer(command, outcome);
  retry_parked_ = true;
  return outcome;
}

Outcome Executor::ExecuteBatch(const Command& command, RowBatch& batch) {
  const std::optional<chapter8::authz::v1::Rule> rule = RuleOf(command.method);
  Check(rule.has_value(), "a bulk method without a rule");
  const absl::StatusOr<Actor> actor = Authorize(*rule, command, time_, *rows_);
  if (!actor.ok()) return Failed(actor.status());
  if (std::optional<Outcome> repeated = Repeated(command)) return *std::move(repeated);

  const uint64_t request_index = next_index_;
  const absl::Status applied = batch.Apply(request_index + 1);
  if (!applied.ok()) return Failed(applied);
  std::vector<NewEntry> rows = batch.TakeEntries();
  Request request = RequestOf(command, *actor);
  request.set_rows(static_cast<uint32_t>(rows.size()));
  for (const NewEntry& row : rows) payload_bytes_ += row.payload.size();
  entries_ += rows.size();

  Outcome outcome;
  outcome.receipt = Append(std::move(request), command.request_salt, {});
  std::vector<NewEntry>& entries = requests_.back().entries;
  entries.insert(entries.end(), rows.begin(), rows.end());
  next_index_ += rows.size();
  outcome.reply = batch.Reply(request_index);
  KeepAnswer(command, outcome);
  return outcome;
}

Outcome Executor::Read(const Command& command) {
  const Routes::ReadRoute* route = options_.machine->routes().FindRead(command.method);
  return route == nullptr ? NoSuchMethod(command) : ReadWith(command, route->read);
}

Outcome Executor::ReadWith(const Command& command, const Routes::Read& read) {
  return ReadFrom(options_, command, read, {time_, next_index_}, CurrentState());
}

// A refusal for the state's sake of an act that an entitled officer signed is itself worth keeping:
// it is logged, and repeated to whoever asks again. Everything else leaves nothing.
Outcome Executor::Refused(const Command& command, const Actor& actor, const absl::Status& status) {
  Outcome outcome{.status = status, .reply = {}, .receipt = {}};
  if (!command.act.has_value() || command.mode == Command::Mode::kValidateOnly ||
      status.code() != absl::StatusCode::kFailedPrecondition) {
    return outcome;
  }
  Event event;
  auto* refusal = event.entry.mutable_refusal();
  refusal->set_code(static_cast<int32_t>(status.code()));
  refusal->set_reason(ReasonOf(status));
  outcome.receipt = Append(RequestOf(command, actor), command.request_salt, {event});
  KeepAnswer(command, outcome);
  return outcome;
}

// Applies the events to rows that are thrown away, so that the answer is the one a real run gives.
// Balances in it are those before the act.
Outcome Executor::DryRun(const Command& command, const Context& context, const Decision& decision) {
  Rows scratch(*rows_);
  Request request = RequestOf(command, context.actor);
  request.set_rows(static_cast<uint32_t>(decision.events.size()));
  request.set_time_us(absl::ToUnixMicros(time_));
  uint64_t index = next_index_;
  for (const Event& event : decision.events) {
    ++index;
    options_.machine->Apply(
        Applied{.entry = event.entry, .request = request, .index = index, .leaf_hash = Hash()},
        scratch);
  }
  Outcome outcome;
  outcome.reply = decision.reply(State{scratch, *options_.accounts});
  return outcome;
}

void Executor::KeepAnswer(const Command& command, const Outcome& outcome) {
  // In ledger time, as all that is compared with it.
  absl::Time not_after = time_ + kAnswerLife;
  if (command.act.has_value()) {
    not_after = std::max(not_after, absl::FromUnixSeconds(command.act->not_after_unix_seconds()));
  }
  Answer answer;
  answer.set_request_digest(std::string(command.request_digest.view()));
  answer.set_method(command.method);
  answer.set_not_after_us(absl::ToUnixMicros(not_after));
  answer.set_reply(outcome.reply);
  *answer.mutable_receipt() = outcome.receipt;
  if (!outcome.status.ok()) answer.set_refusal_status(StatusToBytes(outcome.status));
  const std::string key = KeyOf(command);
  rows_->Put(Table::kAnswers, ForgetKey(answer.not_after_us(), key), "");
  rows_->Put(Table::kAnswers, key, answer.SerializeAsString());
}

Request Executor::RequestOf(const Command& command, const Actor& actor) const {
  Request request;
  request.set_method(command.method);
  request.set_caller(command.caller.id);
  request.set_post(actor.post);
  request.set_person(actor.person);
  request.set_request_id(command.request_id);
  request.set_request_digest(std::string(command.request_digest.view()));
  if (command.act.has_value()) *request.mutable_act() = *command.act;
  return request;
}

absl::string_view Executor::Store(std::string payload) {
  Check(payload.size() <= kPayloadSizeMax, "a decision made a payload above the limit");
  payload_bytes_ += payload.size();
  return payloads_.emplace_back(std::move(payload));
}

Receipt Executor::Append(Request request, const Hash& request_salt,
                         const std::vector<Event>& events) {
  request.set_time_us(absl::ToUnixMicros(time_));
  if (!events.empty()) request.set_rows(static_cast<uint32_t>(events.size()));
  chapter8::ledger::v1::Entry opening;
  *opening.mutable_request() = request;
  RequestEntries group;
  group.request_salt = request_salt;
  group.entries.push_back(MakeEntry(options_.ledger->log_id(), request_salt,
                                    {.entry_class = EntryClass::kDomain,
                                     .tag = {},
                                     .row = 0,
                                     .payload = Store(opening.SerializeAsString())}));
  Receipt receipt;
  receipt.set_origin(options_.ledger->origin());
  receipt.set_index(next_index_);
  receipt.set_leaf_hash(std::string(group.entries.front().leaf_hash.view()));
  ++next_index_;
  uint32_t row = 0;
  for (const Event& event : events) {
    group.entries.push_back(AppendEvent(request, request_salt, ++row, event));
  }
  entries_ += group.entries.size();
  requests_.push_back(std::move(group));
  return receipt;
}

NewEntry Executor::AppendEvent(const Request& request, const Hash& request_salt, uint32_t row,
                               const Event& event) {
  chapter8::ledger::v1::Entry entry = event.entry;
  const std::set<std::string> recipients(event.recipients.begin(), event.recipients.end());
  for (const std::string& recipient : recipients) {
    const AddressHead head =
        ParseAddressHead(rows_->Get(Table::kRows, AddressHeadKey(recipient)).value_or(""))
            .value_or(AddressHead{});
    auto* address = entry.add_addresses();
    address->set_recipient(recipient);
    address->set_number(head.number + 1);
    if (head.number > 0) address->set_previous_leaf_hash(std::string(head.leaf_hash.view()));
  }
  const NewEntry appended = MakeEntry(options_.ledger->log_id(), request_salt,
                                      {.entry_class = ClassOf(entry),
                                       .tag = TagOf(entry, options_.ledger->origin()),
                                       .row = row,
                                       .payload = Store(entry.SerializeAsString())});
  options_.accounts->Apply(ChangeOf(entry), next_index_);
  ApplyEntry(*options_.machine,
             Applied{.entry = entry,
                     .request = request,
                     .index = next_index_,
                     .leaf_hash = appended.leaf_hash},
             *rows_);
  ++next_index_;
  return appended;
}

Outcome Executor::LogInternal(absl::string_view method, const std::vector<Event>& events) {
  Request request;
  request.set_method(std::string(method));
  Outcome outcome;
  outcome.status = options_.accounts->Check(ChangesOf(events));
  if (outcome.status.ok())
    outcome.receipt = Append(std::move(request), options_.fresh_salt(), events);
  return outcome;
}

Outcome Executor::LogSeal(const SealDraft& draft) {
  Check(draft.seal.size() <= next_index_, "a seal of entries that there are not");
  const std::optional<SealPlace> newest = NewestSeal(*rows_);
  if (newest.has_value() && newest->size >= draft.seal.size()) {
    return Failed(absl::FailedPreconditionError("the newest seal covers as much"));
  }
  Request request;
  request.set_method(std::string(kSealMethod));
  Event event;
  *event.entry.mutable_seal() = draft.seal;
  Outcome outcome;
  outcome.receipt = Append(std::move(request), draft.request_salt, {event});
  return outcome;
}

int Executor::RunDue() {
  const size_t before = entries_;
  ForgetAnswers();
  RetryParked();
  if (head_ == Head::kUnvouched) return static_cast<int>(entries_ - before);
  const Hash random = options_.fresh_salt();
  const std::vector<Event> due = options_.machine->DecideDue(
      MakeContext(Actor{}, random.view().substr(0, kRandomSize)), CurrentState());
  if (!due.empty()) {
    Check(LogInternal("/internal/Due", due).status.ok(), "what is due does not balance");
  }
  return static_cast<int>(entries_ - before);
}

// With the time at which they were too old: it stands in the same commit, or a clock that is set
// back before the next start would let an act be done twice.
void Executor::ForgetAnswers() {
  const uint64_t now_us = static_cast<uint64_t>(absl::ToUnixMicros(time_));
  std::vector<std::string> forget;
  rows_->Scan(Table::kAnswers, "x/", forgotten_, [&](absl::string_view key, absl::string_view) {
    if (ByteReader(key.substr(2)).ReadU64() >= now_us) return false;
    forget.emplace_back(key);
    return forget.size() < kForgetMax;
  });
  if (!forget.empty()) KeepTime(time_, *rows_);
  for (const std::string& key : forget) {
    rows_->Delete(Table::kAnswers, absl::string_view(key).substr(2 + sizeof(uint64_t)));
    rows_->Delete(Table::kAnswers, key);
    forgotten_ = key;
  }
}

}  // namespace ch8::kernel
