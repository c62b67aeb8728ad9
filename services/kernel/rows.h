#ifndef CH8_SERVICES_KERNEL_ROWS_H_
#define CH8_SERVICES_KERNEL_ROWS_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "storage/ledger/ledger.h"

namespace ch8::kernel {

// The rows that decisions read. A read that fails is remembered (see status()) and looks like an
// absent row: the executor discards everything decided on it and stops the ledger.
//
// Thread safety: none.
class RowReader {
 public:
  virtual ~RowReader() = default;

  virtual std::optional<std::string> Get(Table table, absl::string_view key) const = 0;

  // Visits rows whose key starts with `prefix` and is greater than `after` (empty: from the
  // first), in key order, until `visit` returns false.
  using Visitor = std::function<bool(absl::string_view key, absl::string_view value)>;
  virtual void Scan(Table table, absl::string_view prefix, absl::string_view after,
                    const Visitor& visit) const = 0;

  // The first read error. kDataLoss: the ledger must stop.
  virtual const absl::Status& status() const = 0;
};

// Reads one durable view.
class SnapshotRows final : public RowReader {
 public:
  explicit SnapshotRows(const Snapshot& snapshot) : snapshot_(snapshot) {}

  std::optional<std::string> Get(Table table, absl::string_view key) const override;
  void Scan(Table table, absl::string_view prefix, absl::string_view after,
            const Visitor& visit) const override;
  const absl::Status& status() const override { return status_; }

 private:
  const Snapshot& snapshot_;
  mutable absl::Status status_;
};

// Writes over a reader: later commands of a group see what earlier ones wrote, and a dry run can be
// thrown away.
class Rows final : public RowReader {
 public:
  // `base` must outlive this object.
  explicit Rows(const RowReader& base) : base_(base) {}

  std::optional<std::string> Get(Table table, absl::string_view key) const override;
  void Scan(Table table, absl::string_view prefix, absl::string_view after,
            const Visitor& visit) const override;
  const absl::Status& status() const override { return base_.status(); }

  void Put(Table table, absl::string_view key, std::string value);
  void Delete(Table table, absl::string_view key);

  // Everything written, one write per key, in key order.
  std::vector<RowWrite> TakeWrites();

 private:
  const RowReader& base_;
  std::map<std::pair<Table, std::string>, std::optional<std::string>, std::less<>> writes_;
};

// A typed table of messages keyed by resource name, over the rows of one ledger. Resource names
// carry their collection ("funds/x"), so tables of one ledger do not collide.
template <typename Row>
class TableReader {
 public:
  explicit TableReader(const RowReader& rows, absl::string_view prefix = "")
      : rows_(rows), prefix_(prefix) {}

  // Errors: kNotFound naming the resource.
  absl::StatusOr<Row> Get(absl::string_view name) const {
    std::optional<Row> row = Find(name);
    if (!row.has_value()) return absl::NotFoundError(absl::StrCat(name, " does not exist"));
    return *std::move(row);
  }

  std::optional<Row> Find(absl::string_view name) const {
    const std::optional<std::string> bytes = rows_.Get(Table::kRows, absl::StrCat(prefix_, name));
    Row row;
    if (!bytes.has_value() || !row.ParseFromString(*bytes)) return std::nullopt;
    return row;
  }

  // Visits rows whose name starts with `collection` and is greater than `after`, in name order,
  // until `visit` returns false.
  void Scan(absl::string_view collection, absl::string_view after,
            const std::function<bool(const Row&)>& visit) const {
    const std::string after_key = after.empty() ? "" : absl::StrCat(prefix_, after);
    rows_.Scan(Table::kRows, absl::StrCat(prefix_, collection), after_key,
               [&](absl::string_view, absl::string_view value) {
                 Row row;
                 return !row.ParseFromArray(value.data(), static_cast<int>(value.size())) ||
                        visit(row);
               });
  }

 private:
  const RowReader& rows_;
  std::string prefix_;
};

// Stores `row` under its resource name. For Apply only.
template <typename Row>
void PutRow(Rows& rows, const Row& row, absl::string_view prefix = "") {
  rows.Put(Table::kRows, absl::StrCat(prefix, row.name()), row.SerializeAsString());
}

}  // namespace ch8::kernel

#endif  // CH8_SERVICES_KERNEL_ROWS_H_
