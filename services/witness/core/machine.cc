#include "services/witness/core/machine.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "chapter8/witness/v1/witness_service.pb.h"
#include "services/kernel/entry_form.h"
#include "services/kernel/paging.h"
#include "services/witness/core/heads.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/checkpoint.h"

namespace ch8::witness {
namespace {

using chapter8::ledger::v1::Delivery;
using chapter8::witness::v1::ListWitnessedHeadsRequest;
using chapter8::witness::v1::ListWitnessedHeadsResponse;
using chapter8::witness::v1::LoggedHead;
using chapter8::witness::v1::WitnessedHead;
using kernel::Context;
using kernel::Event;
using kernel::State;

constexpr size_t kDueMax = 256;

std::string LoggedName(absl::string_view origin) { return absl::StrCat("heads/", origin); }

bool IsWitnessLedger(absl::string_view origin) { return absl::EndsWith(origin, "/ch8/witness"); }

// Whether `head` is to be logged at `time`.
bool IsDue(const WitnessedHead& head, absl::Time time, const kernel::RowReader& rows) {
  if (IsWitnessLedger(head.origin()) || head.size() == 0) return false;
  const auto logged = kernel::TableReader<LoggedHead>(rows).Find(LoggedName(head.origin()));
  if (!logged.has_value()) return true;
  return head.size() > logged->size() &&
         time - absl::FromUnixMicros(logged->logged_at_us()) >= kLogEvery;
}

absl::StatusOr<ListWitnessedHeadsResponse> ListWitnessedHeads(
    const Context&, const ListWitnessedHeadsRequest& request, const State& state) {
  ASSIGN_OR_RETURN(const int page_size, kernel::PageSize(request.page_size()));
  ASSIGN_OR_RETURN(const std::string last, kernel::LastNameOf(request.page_token()));
  const std::string after = last.empty() ? "" : absl::StrCat(kHeadPrefix, last);
  ListWitnessedHeadsResponse response;
  absl::Status status;
  state.rows.Scan(
      Table::kPeer, kHeadPrefix, after, [&](absl::string_view key, absl::string_view value) {
        if (response.heads_size() == page_size) {
          response.set_next_page_token(kernel::PageToken(response.heads(page_size - 1).origin()));
          return false;
        }
        const absl::StatusOr<WitnessedHead> head =
            HeadFrom(key.substr(kHeadPrefix.size()), std::string(value));
        status = head.status();
        if (head.ok()) *response.add_heads() = *head;
        return head.ok();
      });
  if (!status.ok()) return status;
  return response;
}

}  // namespace

WitnessMachine::WitnessMachine() {
  routes_.AddRead<ListWitnessedHeadsRequest>(
      "/chapter8.witness.v1.WitnessService/ListWitnessedHeads", kernel::ReadPath::kSnapshot,
      ListWitnessedHeads);
}

absl::string_view WitnessMachine::domain() const { return kDomain; }

kernel::Verdict WitnessMachine::DecideDelivery(const Context& context,
                                               const kernel::Delivered& delivered,
                                               const State&) const {
  if (delivered.origin == absl::StrCat(context.trust_domain, "/ch8/directory")) {
    return kernel::FactVerdict(delivered);
  }
  return {.verdict = Delivery::REFUSE, .reason = "NOT_FOR_A_WITNESS", .events = {}};
}

std::vector<Event> WitnessMachine::DecideDue(const Context& context, const State& state) const {
  std::vector<Event> due;
  state.rows.Scan(Table::kPeer, kHeadPrefix, "",
                  [&](absl::string_view key, absl::string_view value) {
                    const absl::StatusOr<WitnessedHead> head =
                        HeadFrom(key.substr(kHeadPrefix.size()), std::string(value));
                    if (head.ok() && IsDue(*head, context.time, state.rows)) {
                      Event event;
                      event.entry.mutable_peer_head()->set_note(head->note());
                      due.push_back(std::move(event));
                    }
                    return due.size() < kDueMax;
                  });
  return due;
}

void WitnessMachine::Apply(const kernel::Applied& applied, kernel::Rows& rows) const {
  if (!applied.entry.has_peer_head()) return;
  const absl::StatusOr<Note> note = ParseNote(applied.entry.peer_head().note());
  Check(note.ok(), "a logged head is not a note");
  const absl::StatusOr<Checkpoint> checkpoint = ParseCheckpoint(note->text);
  Check(checkpoint.ok(), "a logged head is not a checkpoint");
  LoggedHead logged;
  logged.set_name(LoggedName(checkpoint->origin));
  logged.set_size(checkpoint->size);
  logged.set_logged_at_us(applied.request.time_us());
  kernel::PutRow(rows, logged);
}

}  // namespace ch8::witness
