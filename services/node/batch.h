#ifndef CH8_SERVICES_NODE_BATCH_H_
#define CH8_SERVICES_NODE_BATCH_H_

#include <string>
#include <vector>

#include "services/books/books.h"
#include "services/books/rows.h"
#include "services/kernel/execute.h"

namespace ch8::node {

// A PostTransfers request between parsing on a gRPC thread and its commit: the executor's RowBatch
// over books' rows.
//
// Thread safety: none; handed from thread to thread.
class Batch final : public kernel::RowBatch {
 public:
  // `request` are the exact bytes received. Errors: as books::PrepareBatch().
  static absl::StatusOr<std::unique_ptr<Batch>> Prepare(std::string request,
                                                        const books::PrepareParts& parts,
                                                        const books::IdIndex& older_ids);

  // The books to apply to. Call it before the executor runs the batch.
  void Bind(books::Books& books) { books_ = &books; }

  absl::string_view request_id() const { return parsed_.request_id; }
  absl::string_view post() const { return parsed_.post; }
  size_t row_count() const { return parsed_.rows.size(); }
  size_t size_bytes() const { return bytes_.size() + parsed_.rows.size() * sizeof(books::Row); }

  absl::Status Apply(uint64_t first_index) override;
  std::vector<NewEntry> TakeEntries() override;
  std::string Reply(uint64_t request_index) const override;

 private:
  Batch() = default;

  std::string bytes_;
  books::ParsedBatch parsed_;
  books::BatchOutcome outcome_;
  books::Books* books_ = nullptr;
};

}  // namespace ch8::node

#endif  // CH8_SERVICES_NODE_BATCH_H_
