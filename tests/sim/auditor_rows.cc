#include "absl/strings/str_cat.h"
#include "chapter8/books/v1/transfer_service.pb.h"
#include "storage/base/status_macros.h"
#include "tests/sim/auditor.h"
#include "tests/sim/broken.h"

// Rows in bulk, as the log has them and as they were answered.
namespace ch8::sim {
namespace {

using chapter8::books::v1::Posting;
using chapter8::books::v1::PostTransfersRequest;
using chapter8::books::v1::PostTransfersResponse;
using chapter8::books::v1::TransferRow;

std::string RowIdOf(uint64_t high, uint64_t low) { return absl::StrCat("row ", high, " ", low); }

// By row; those that were applied are not there.
using Refusals = std::map<int, PostTransfersResponse::Result>;

// Rows `first` to `last` of a group: none is refused, or all are, one of them for its own fault.
absl::Status CheckGroup(const Refusals& refusals, int first, int last) {
  int refused = 0;
  int at_fault = 0;
  for (int row = first; row <= last; ++row) {
    const auto found = refusals.find(row);
    if (found == refusals.end()) continue;
    ++refused;
    if (found->second != PostTransfersResponse::LINKED_FAILED) ++at_fault;
  }
  if (refused != 0 && refused != last - first + 1) {
    return Broken("splits a linked group at row ", first);
  }
  if (refused != 0 && at_fault != 1)
    return Broken("refuses row ", first, " for ", at_fault, " faults");
  return absl::OkStatus();
}

}  // namespace

absl::Status Auditor::ReadRow(Model& model, const Entry& stored) {
  --model.rows_left;
  TransferRow row;
  if (stored.entry_class != EntryClass::kTransfer || stored.tag != Tag{} ||
      !row.ParseFromString(std::string(stored.payload))) {
    return Broken("no row, where its request has one");
  }
  if (row.linked() && model.rows_left == 0) return Broken("a linked group has no end");
  model.rows[model.request_index].emplace_back(stored.payload);
  const std::string id = RowIdOf(row.id_high(), row.id_low());
  if (!model.row_ids.insert(id).second) return Broken("the id of a row is used twice");
  if (!model.accounts[row.debit_account()].bulk || !model.accounts[row.credit_account()].bulk) {
    return Broken("a row moves what is not open to rows");
  }
  Posting posting;
  posting.set_debit_account(row.debit_account());
  posting.set_credit_account(row.credit_account());
  if (row.kind() == TransferRow::HOLD) {
    posting.set_hold(row.amount());
    posting.set_hold_id(id);
  } else {
    posting.set_amount(row.amount());
  }
  if (row.kind() == TransferRow::POST_HELD || row.kind() == TransferRow::VOID_HELD) {
    posting.set_hold_id(RowIdOf(row.hold_id_high(), row.hold_id_low()));
    const auto hold = model.holds.find(posting.hold_id());
    if (hold == model.holds.end()) return Broken("a row ends a hold that there is not");
    posting.set_release(hold->second.amount);
  }
  RETURN_IF_ERROR(ReadPosting(model, posting));
  if (posting.hold() > 0) model.holds.at(id).of_row = true;
  return absl::OkStatus();
}

absl::Status Auditor::CheckRowsAnswer(const std::string& history, const Model& model,
                                      const Answer& answer) {
  const auto broken = [&](absl::string_view what) {
    return Broken(history, ": ", answer.call.request_id, " ", what);
  };
  PostTransfersRequest request;
  PostTransfersResponse response;
  request.ParseFromString(answer.call.request);
  response.ParseFromString(answer.reply);
  Refusals refusals;
  for (const auto& each : response.refused()) {
    refusals[static_cast<int>(each.row())] = each.result();
  }
  std::vector<std::string> wanted;
  int first = 0;
  for (int row = 0; row < request.rows_size(); ++row) {
    if (!refusals.contains(row)) wanted.push_back(request.rows(row).SerializeAsString());
    if (request.rows(row).linked()) continue;
    const absl::Status group = CheckGroup(refusals, first, row);
    if (!group.ok()) return broken(group.message());
    if (row > first) ++counts_.linked_groups;
    first = row + 1;
  }
  counts_.rows += wanted.size();
  const auto logged = model.rows.find(response.first_index());
  if ((logged == model.rows.end() ? std::vector<std::string>() : logged->second) != wanted) {
    return broken("is answered, and its rows are not those of the log");
  }
  return absl::OkStatus();
}

}  // namespace ch8::sim
