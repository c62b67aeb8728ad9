#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "chapter8/books/v1/posting.pb.h"
#include "chapter8/ledger/v1/administration_service.pb.h"
#include "chapter8/ledger/v1/entry.pb.h"
#include "chapter8/ledger/v1/ledger_service.pb.h"
#include "clients/cli/commands.h"
#include "clients/cli/ledger.h"
#include "clients/cli/session.h"
#include "clients/cli/values.h"
#include "clients/export/log_folder.h"
#include "storage/base/status_macros.h"

namespace ch8::cli {
namespace {

using chapter8::books::v1::TransferRow;
using chapter8::books::v1::TransferStep;
using chapter8::ledger::v1::Delivery;
using chapter8::ledger::v1::Entry;
using chapter8::ledger::v1::GetHeadRequest;
using chapter8::ledger::v1::Head;
using chapter8::ledger::v1::LoggedEntry;
using chapter8::ledger::v1::ReadEntriesRequest;
using chapter8::ledger::v1::ReadEntriesResponse;
using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MessageFactory;

// How long the node may wait for an entry before it answers that there is none.
constexpr absl::Duration kWaitMax = absl::Seconds(15);

// What one entry says, in a table's words.
struct Told {
  std::string time;
  std::string what;
  std::string by;
};

// The field that is set of a message's only oneof, e.g. "offer_approved"; its type's name when none
// is.
std::string KindOf(const Message& message) {
  const Descriptor& type = *message.GetDescriptor();
  const FieldDescriptor* field =
      type.oneof_decl_count() == 0
          ? nullptr
          : message.GetReflection()->GetOneofFieldDescriptor(message, type.oneof_decl(0));
  return field == nullptr ? type.name() : field->name();
}

// The kind of an event of `service`, e.g. "finance".
std::string EventKind(absl::string_view service, const std::string& bytes) {
  std::string name(service);
  name[0] = absl::ascii_toupper(static_cast<unsigned char>(name[0]));
  const Descriptor* type = DescriptorPool::generated_pool()->FindMessageTypeByName(
      absl::StrCat("chapter8.", service, ".v1.", name, "Event"));
  if (type == nullptr) return "event";
  const std::unique_ptr<Message> event(
      MessageFactory::generated_factory()->GetPrototype(type)->New());
  return event->ParseFromString(bytes) ? KindOf(*event) : "event";
}

absl::string_view VerdictWord(Delivery::Verdict verdict) {
  switch (verdict) {
    case Delivery::ACCEPT:
      return "accepted";
    case Delivery::REFUSE:
      return "refused";
    case Delivery::DEFER:
      return "deferred";
    default:
      return "of no verdict";
  }
}

Told TellRequest(const chapter8::ledger::v1::Request& request) {
  Told told;
  told.time = TimeText(absl::FromUnixMicros(request.time_us()));
  told.what = std::string(absl::StripPrefix(request.method(), "/chapter8."));
  if (!request.has_delivery()) {
    told.by = absl::StrCat(request.caller(), request.post().empty() ? "" : " ", request.post());
    return told;
  }
  const Delivery& delivery = request.delivery();
  told.what = absl::StrCat("delivery ", VerdictWord(delivery.verdict()));
  if (!delivery.reason().empty()) absl::StrAppend(&told.what, " ", delivery.reason());
  told.by = absl::StrCat(delivery.origin(), " entry ", delivery.index());
  return told;
}

std::string StepText(const TransferStep& step) {
  return absl::StrCat(KindOf(step), " of transfer ", absl::BytesToHexString(step.transfer_id()));
}

Told TellEntry(const Entry& entry, absl::string_view service) {
  switch (entry.kind_case()) {
    case Entry::kGenesis:
      return {.time = {}, .what = "genesis", .by = entry.genesis().origin()};
    case Entry::kRequest:
      return TellRequest(entry.request());
    case Entry::kDomainEvent:
      return {.time = {}, .what = EventKind(service, entry.domain_event()), .by = {}};
    case Entry::kStep:
      return {.time = {}, .what = StepText(entry.step()), .by = {}};
    case Entry::kPeerStep:
      return {.time = {}, .what = StepText(entry.peer_step()), .by = "the other side"};
    case Entry::kFact:
      return {.time = {}, .what = EventKind("directory", entry.fact()), .by = "own directory"};
    case Entry::kMandateFact:
      return {.time = {}, .what = EventKind("mandate", entry.mandate_fact()), .by = "own mandate"};
    case Entry::kPeerHead: {
      // A checkpoint's first two lines.
      const std::vector<std::string> lines = absl::StrSplit(entry.peer_head().note(), '\n');
      if (lines.size() < 2) break;
      return {.time = {}, .what = absl::StrCat("cosigned head of ", lines[1]), .by = lines[0]};
    }
    case Entry::kWitnessedHead:
      return {.time = {},
              .what = absl::StrCat("head of ", entry.witnessed_head().size(), " cosigned by ",
                                   entry.witnessed_head().witness()),
              .by = entry.witnessed_head().origin()};
    case Entry::kSeal:
      return {.time = {},
              .what = absl::StrCat("seal of ", entry.seal().size(), " entries"),
              .by = absl::StrCat(entry.seal().rows(), " rows")};
    case Entry::kAdministration:
      return {.time = {}, .what = KindOf(entry.administration()), .by = {}};
    case Entry::kRefusal:
      return {.time = {}, .what = absl::StrCat("refused ", entry.refusal().reason()), .by = {}};
    case Entry::KIND_NOT_SET:
      break;
  }
  return {.time = {}, .what = "unknown", .by = {}};
}

std::string RowText(const TransferRow& row) {
  const std::string move = absl::StrCat(row.amount(), " from account ", row.debit_account(), " to ",
                                        row.credit_account());
  switch (row.kind()) {
    case TransferRow::HOLD:
      return absl::StrCat("row: holds ", move);
    case TransferRow::POST_HELD:
      return absl::StrCat("row: posts a hold, ", move);
    case TransferRow::VOID_HELD:
      return "row: frees a hold";
    default:
      return absl::StrCat("row: posts ", move);
  }
}

Told Tell(const LoggedEntry& logged, absl::string_view service) {
  if (audit::IsTransferRow(logged)) {
    TransferRow row;
    if (!row.ParseFromString(logged.payload())) return {.time = {}, .what = "unknown", .by = {}};
    return {.time = {}, .what = RowText(row), .by = {}};
  }
  Entry entry;
  if (!entry.ParseFromString(logged.payload())) return {.time = {}, .what = "unknown", .by = {}};
  return TellEntry(entry, service);
}

Table NoRows() {
  Table table;
  table.columns = {{"index", Column::Align::kRight}, {"time"}, {"what"}, {"by"}};
  return table;
}

void AddRows(const ReadEntriesResponse& page, absl::string_view service, Table& table) {
  uint64_t index = page.begin();
  for (const LoggedEntry& logged : page.entries()) {
    Told told = Tell(logged, service);
    table.rows.push_back(
        {absl::StrCat(index++), std::move(told.time), std::move(told.what), std::move(told.by)});
  }
}

absl::StatusOr<uint64_t> SizeOf(const std::string& origin, Session& session) {
  GetHeadRequest request;
  request.set_origin(origin);
  Head head;
  RETURN_IF_ERROR(session.Read("ledger.v1.AdministrationService.GetHead", request, head));
  return head.size();
}

// Adds the next entries to the table, and moves the request past them.
absl::Status ReadOn(ReadEntriesRequest& request, absl::string_view service, Session& session,
                    Table& table) {
  ReadEntriesResponse page;
  RETURN_IF_ERROR(session.Read("ledger.v1.LedgerService.ReadEntries", request, page));
  if (page.entries().empty() && request.wait_ms() == 0) {
    return absl::DataLossError(absl::StrCat(request.origin(), " does not show entry ",
                                            request.begin(), ", which it says it has"));
  }
  AddRows(page, service, table);
  request.set_begin(page.begin() + static_cast<uint64_t>(page.entries_size()));
  return absl::OkStatus();
}

// Until the call fails, or the officer interrupts it.
absl::Status Follow(ReadEntriesRequest request, absl::string_view service, Session& session) {
  request.clear_end();
  // Of half the call's time, so that an empty answer comes before the call is given up.
  const absl::Duration wait = std::min(kWaitMax, session.globals().timeout / 2);
  request.set_wait_ms(static_cast<uint32_t>(absl::ToInt64Milliseconds(wait)));
  for (;;) {
    session.world().out.flush();
    Table table = NoRows();
    RETURN_IF_ERROR(ReadOn(request, service, session, table));
    if (!table.rows.empty()) session.ShowTable(table);
  }
}

absl::Status ShowTail(const Arguments& arguments, Session& session) {
  const std::string service = arguments.Get("service");
  uint64_t lines = 20;
  if (arguments.Has("entries")) {
    ASSIGN_OR_RETURN(lines, ParseNumber(arguments.Get("entries"), "a number of entries"));
  }
  RETURN_IF_ERROR(session.Connect());
  ReadEntriesRequest request;
  request.set_origin(OriginOf(arguments, session));
  ASSIGN_OR_RETURN(const uint64_t size, SizeOf(request.origin(), session));
  request.set_begin(size - std::min(size, lines));
  request.set_end(size);
  Table table = NoRows();
  while (request.begin() < size) {
    RETURN_IF_ERROR(ReadOn(request, service, session, table));
  }
  session.ShowTable(table);
  return arguments.Has("follow") ? Follow(std::move(request), service, session) : absl::OkStatus();
}

}  // namespace

std::vector<Command> LedgerTailCommands() {
  return {{.path = {"ledger", "tail"},
           .summary = "the newest entries of a ledger, and those that come",
           .parameters = {Positional("service", "e.g. finance"),
                          Optional("entries", "N", "how many of the newest, 20 if not given"),
                          Flag("follow", "go on with each that comes, until interrupted")},
           .run = ShowTail,
           .notes = "Needs a post with the role auditor. A line with a time opens a request; those "
                    "below it, up\nto the next, are what was written for it. With --follow each "
                    "new part is a table of its own,\nor a JSON array.\n"}};
}

}  // namespace ch8::cli
