#include <rocksdb/write_batch.h>

#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "storage/base/bytes.h"
#include "storage/base/status_macros.h"
#include "storage/merkle/checkpoint.h"
#include "storage/merkle/leaf.h"
#include "storage/merkle/note.h"
#include "storage/rocks/database.h"
#include "storage/rocks/ledger_keys.h"
#include "storage/rocks/rocks_ledger.h"
#include "storage/rocks/rocks_log.h"
#include "storage/rocks/slice.h"
#include "storage/rocks/status.h"
#include "storage/rocks/view.h"

// Creation and recovery of a RocksLedger.
namespace ch8 {
namespace {

constexpr size_t kProtectionBytes = 8;

Database::Options DatabaseOptions(const RocksLedgerOptions& options) {
  return {.path = options.path, .memtable_bytes = options.memtable_bytes, .env = options.env};
}

// A position stored under `key`, 0 when there is none.
absl::StatusOr<uint64_t> StoredPosition(const Database& database, Family family,
                                        absl::string_view key) {
  ASSIGN_OR_RETURN(const std::optional<std::string> stored, database.Get(family, key));
  if (!stored.has_value()) return 0;
  ByteReader reader(*stored);
  const uint64_t position = reader.ReadU64();
  if (!reader.done()) return absl::DataLossError(absl::StrCat("malformed record ", key));
  return position;
}

// The payload of entry 0.
absl::StatusOr<std::string> GenesisPayload(const RocksLog& log) {
  std::string payload;
  RETURN_IF_ERROR(ReadStoredEntries(log, 0, 1, [&](const Entry& entry) {
    payload = std::string(entry.payload);
    return true;
  }));
  return payload;
}

}  // namespace

RocksLedger::RocksLedger(const RocksLedgerOptions& options, std::unique_ptr<Database> database,
                         std::string origin, const Hash& log_id)
    : origin_(std::move(origin)),
      log_id_(log_id),
      disk_reserve_bytes_(options.disk_reserve_bytes),
      database_(std::move(database)),
      log_(std::make_unique<RocksLog>(*database_)),
      tree_(*log_, log_id),
      batch_(std::make_unique<rocksdb::WriteBatch>(/*reserved_bytes=*/0, /*max_bytes=*/0,
                                                   kProtectionBytes,
                                                   /*default_cf_ts_sz=*/0)),
      written_view_(std::make_unique<View>(*database_, 0, nullptr)) {}

absl::StatusOr<std::unique_ptr<RocksLedger>> RocksLedger::Create(const RocksLedgerOptions& options,
                                                                 const Genesis& genesis) {
  RETURN_IF_ERROR(ValidateGenesis(genesis));
  ASSIGN_OR_RETURN(std::unique_ptr<Database> database,
                   Database::Open(DatabaseOptions(options), Database::IfMissing::kCreate));
  ASSIGN_OR_RETURN(const std::optional<std::string> format,
                   database->Get(Family::kMeta, kFormatKey));
  if (format.has_value()) {
    return absl::AlreadyExistsError(absl::StrCat("a ledger exists at ", options.path));
  }
  std::unique_ptr<RocksLedger> ledger(new RocksLedger(options, std::move(database), genesis.origin,
                                                      LogId(genesis.origin, genesis.payload)));
  RETURN_IF_ERROR(ledger->CheckDiskSpace());

  CommitRequest first;
  first.requests.push_back(GenesisRequest(genesis));
  RETURN_IF_ERROR(ledger->FillBatch(first, /*entry_count=*/1));
  rocksdb::ColumnFamilyHandle* meta = ledger->database_->family(Family::kMeta);
  rocksdb::WriteBatch& batch = *ledger->batch_;
  rocksdb::Status status = batch.Put(meta, ToSlice(kFormatKey), ToSlice(kFormatValue));
  if (status.ok()) status = batch.Put(meta, ToSlice(kOriginKey), genesis.origin);
  rocksdb::WriteOptions synced;
  synced.sync = true;
  if (status.ok()) status = ledger->database_->db().Write(synced, &batch);
  RETURN_IF_ERROR(FromRocks(status, "write the genesis"));
  RETURN_IF_ERROR(ledger->Recover());
  return ledger;
}

absl::StatusOr<std::unique_ptr<RocksLedger>> RocksLedger::Open(const RocksLedgerOptions& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<RocksLedger> ledger,
                   OpenUnrecovered(options, Damage::kReported));
  RETURN_IF_ERROR(ledger->Recover());
  return ledger;
}

absl::StatusOr<std::unique_ptr<RocksLedger>> RocksLedger::OpenAsIs(
    const RocksLedgerOptions& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<RocksLedger> ledger, OpenUnrecovered(options, Damage::kLeft));
  RETURN_IF_ERROR(ledger->TakeAsIs());
  return ledger;
}

absl::StatusOr<std::unique_ptr<RocksLedger>> RocksLedger::OpenUnrecovered(
    const RocksLedgerOptions& options, Damage damage) {
  ASSIGN_OR_RETURN(std::unique_ptr<Database> database,
                   Database::Open(DatabaseOptions(options), Database::IfMissing::kFail));
  ASSIGN_OR_RETURN(const std::optional<std::string> format,
                   database->Get(Family::kMeta, kFormatKey));
  const RocksLog log(*database);
  if (!format.has_value()) {
    ASSIGN_OR_RETURN(const uint64_t end, log.FindEnd(0));
    if (end > 0) {
      return absl::DataLossError(absl::StrCat("ledger ", options.path, " has ", end,
                                              " entries but its own records are missing"));
    }
    return absl::NotFoundError(
        absl::StrCat("the creation of ledger ", options.path, " was not completed"));
  }
  if (absl::string_view(*format) != kFormatValue) {
    return absl::DataLossError(
        absl::StrCat("ledger ", options.path, " has unknown format ", *format));
  }
  ASSIGN_OR_RETURN(const std::optional<std::string> origin,
                   database->Get(Family::kMeta, kOriginKey));
  if (!origin.has_value()) return absl::DataLossError("the ledger's origin is missing");
  const absl::StatusOr<std::string> payload = GenesisPayload(log);
  if (damage == Damage::kReported) RETURN_IF_ERROR(payload.status());
  return std::unique_ptr<RocksLedger>(
      new RocksLedger(options, std::move(database), *origin, LogId(*origin, payload.value_or(""))));
}

absl::Status RocksLedger::TakeAsIs() {
  ASSIGN_OR_RETURN(Version recorded, RecordedHead());
  for (size_t i = 0; i < kSearchIndexCount; ++i) {
    ASSIGN_OR_RETURN(
        const uint64_t through_size,
        StoredPosition(*database_, FamilyOf(static_cast<SearchIndex>(i)), kThroughKey));
    indexed_sizes_[i] = through_size;
  }
  written_view_->set_size(recorded.size);
  recorded.snapshot = NewSnapshot();
  std::lock_guard<std::mutex> lock(mutex_);
  stopped_ =
      absl::FailedPreconditionError(absl::StrCat("ledger ", origin_, " is open for a check only"));
  durable_size_.store(recorded.size, std::memory_order_release);
  published_ = std::move(recorded);
  return absl::OkStatus();
}

absl::Status RocksLedger::Recover() {
  ASSIGN_OR_RETURN(const uint64_t checked, StoredPosition(*database_, Family::kMeta, kCheckedKey));
  ASSIGN_OR_RETURN(const uint64_t end, log_->FindEnd(checked));
  if (end < checked) {
    return absl::DataLossError(
        absl::StrCat("the log ends at ", end, " but had ", checked, " entries when last opened"));
  }
  RETURN_IF_ERROR(tree_.Load(end));
  RETURN_IF_ERROR(CheckAgainstHead(end));
  RETURN_IF_ERROR(CheckAgainstNewestNote(end));
  RETURN_IF_ERROR(RecoverIndexes(end));
  // Synced, because what recovery found is published as durable below.
  rocksdb::WriteOptions synced;
  synced.sync = true;
  RETURN_IF_ERROR(FromRocks(database_->db().Put(synced, database_->family(Family::kMeta),
                                                ToSlice(kCheckedKey), KeyU64(end)),
                            "record the recovery"));
  written_view_->set_size(end);
  std::lock_guard<std::mutex> lock(mutex_);
  published_ = {.size = end, .root = tree_.Root(), .snapshot = NewSnapshot()};
  durable_size_.store(end, std::memory_order_release);
  return absl::OkStatus();
}

absl::StatusOr<RocksLedger::Version> RocksLedger::RecordedHead() const {
  ASSIGN_OR_RETURN(const std::optional<std::string> head, database_->Get(Family::kMeta, kHeadKey));
  if (!head.has_value()) return absl::DataLossError("the record of the last commit is missing");
  ByteReader reader(*head);
  Version recorded{.size = reader.ReadU64(), .root = {}, .snapshot = nullptr};
  const absl::StatusOr<Hash> root = Hash::FromBytes(reader.ReadBytes(Hash::kSize));
  if (!reader.done() || !root.ok()) {
    return absl::DataLossError("the record of the last commit is malformed");
  }
  recorded.root = *root;
  return recorded;
}

absl::Status RocksLedger::CheckAgainstHead(uint64_t end) const {
  ASSIGN_OR_RETURN(const Version recorded, RecordedHead());
  if (recorded.size != end) {
    return absl::DataLossError(absl::StrCat("the last commit made the log ", recorded.size,
                                            " entries long, but it has ", end));
  }
  if (recorded.root != tree_.Root()) {
    return absl::DataLossError(
        absl::StrCat("the log's entries do not give the root recorded for its size ", end));
  }
  return absl::OkStatus();
}

absl::Status RocksLedger::CheckAgainstNewestNote(uint64_t end) const {
  ASSIGN_OR_RETURN(const std::optional<std::string> bytes,
                   log_->NoteAtMost(std::numeric_limits<uint64_t>::max()));
  if (!bytes.has_value()) return absl::OkStatus();
  const absl::StatusOr<Note> note = ParseNote(*bytes);
  const absl::StatusOr<Checkpoint> checkpoint =
      note.ok() ? ParseCheckpoint(note->text) : note.status();
  if (!checkpoint.ok()) return absl::DataLossError("the newest kept note does not parse");
  if (checkpoint->size > end) {
    return absl::DataLossError(absl::StrCat("a head of size ", checkpoint->size,
                                            " was signed, but the log ends at ", end));
  }
  ASSIGN_OR_RETURN(const Hash root, ch8::RootAt(checkpoint->size, tree_));
  if (root != checkpoint->root) {
    return absl::DataLossError(absl::StrCat("the log's root at size ", checkpoint->size,
                                            " is not the one that was signed"));
  }
  return absl::OkStatus();
}

absl::Status RocksLedger::RecoverIndexes(uint64_t end) {
  for (size_t i = 0; i < kSearchIndexCount; ++i) {
    const Family family = FamilyOf(static_cast<SearchIndex>(i));
    ASSIGN_OR_RETURN(const uint64_t through_size, StoredPosition(*database_, family, kThroughKey));
    if (through_size > end) {
      RETURN_IF_ERROR(database_->RecreateFamily(family));
    } else {
      indexed_sizes_[i] = through_size;
    }
  }
  return absl::OkStatus();
}

}  // namespace ch8
