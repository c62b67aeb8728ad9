#include "services/node/batch.h"

#include <utility>

#include "services/kernel/refusal.h"
#include "storage/base/check.h"
#include "storage/base/status_macros.h"

namespace ch8::node {

absl::StatusOr<std::unique_ptr<Batch>> Batch::Prepare(std::string request,
                                                      const books::PrepareParts& parts,
                                                      const books::IdIndex& older_ids) {
  auto batch = std::unique_ptr<Batch>(new Batch());
  batch->bytes_ = std::move(request);
  absl::StatusOr<books::ParsedBatch> parsed = books::PrepareBatch(batch->bytes_, parts, older_ids);
  if (absl::IsInvalidArgument(parsed.status())) {
    return kernel::Refuse({.code = absl::StatusCode::kInvalidArgument,
                           .domain = "books.chapter8",
                           .reason = "MALFORMED_REQUEST",
                           .message = std::string(parsed.status().message())});
  }
  RETURN_IF_ERROR(parsed.status());
  batch->parsed_ = *std::move(parsed);
  return batch;
}

absl::Status Batch::Apply(uint64_t first_index) {
  Check(books_ != nullptr, "a batch without books");
  ASSIGN_OR_RETURN(outcome_, books::ApplyBatch(*books_, parsed_, first_index));
  return absl::OkStatus();
}

std::vector<NewEntry> Batch::TakeEntries() {
  std::vector<NewEntry> entries;
  books::AppendApplied(parsed_, outcome_, entries);
  return entries;
}

std::string Batch::Reply(uint64_t request_index) const {
  return books::ResponseOf(outcome_, request_index).SerializeAsString();
}

}  // namespace ch8::node
